//! One view as drawn: its cards, its fold, its checksum and its ring.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::frame::Ring;
use super::{Article, Frame, Limits, Picture, Seq};

/// What one step of the board did to its rows.
pub(super) struct Changes<K> {
    pub(super) changed: Vec<K>,
    pub(super) left: Vec<K>,
}

pub(super) struct Drawn<P: Picture> {
    cards: BTreeMap<P::Key, Arc<Article>>,
    fold: Option<Arc<Article>>,
    sum: u32,
    last: Seq,
    ring: Ring<P::Wire>,
    /// The latest snapshot and the latest catch-up: a herd of screens shares them.
    whole: Option<Arc<Frame<P::Wire>>>,
    catch_up: Option<Arc<Frame<P::Wire>>>,
    /// Screens attached.
    pub(super) cursors: usize,
    /// When the view was last wanted while no screen was attached, in milliseconds.
    pub(super) idle_since: u64,
}

impl<P: Picture> Drawn<P> {
    /// Draws the view for the first time.
    pub(super) fn new(view: &P::View, rows: &BTreeMap<P::Key, P::Row>, head: Seq, now_ms: u64) -> Self {
        let cards = rows
            .iter()
            .filter(|(_, row)| P::shows(view, row))
            .map(|(key, row)| (key.clone(), Arc::new(P::draw(view, row))))
            .collect();
        let mut drawn = Self {
            cards,
            fold: None,
            sum: 0,
            last: head,
            ring: Ring::new(head),
            whole: None,
            catch_up: None,
            cursors: 0,
            idle_since: now_ms,
        };
        drawn.fold = drawn.draw_fold(view, rows);
        drawn.sum = drawn.articles().fold(0, |sum, article| sum.wrapping_add(article.mark()));
        drawn
    }

    /// Draws what changed; false if nothing of it concerns this view.
    pub(super) fn apply(
        &mut self,
        view: &P::View,
        rows: &BTreeMap<P::Key, P::Row>,
        changes: &Changes<P::Key>,
        seq: Seq,
        limits: &Limits,
    ) -> bool {
        let mut gone = Vec::new();
        let mut articles = Vec::new();
        for key in &changes.left {
            gone.extend(self.take_out(key));
        }
        for key in &changes.changed {
            match rows.get(key).filter(|row| P::shows(view, row)) {
                Some(row) => articles.push(self.put(key, P::draw(view, row))),
                None => gone.extend(self.take_out(key)),
            }
        }
        if gone.is_empty() && articles.is_empty() {
            return false;
        }
        self.refold(view, rows, &mut gone, &mut articles);
        let frame = Arc::new(Frame::new(self.last, seq, gone, None, articles));
        self.last = seq;
        self.whole = None;
        self.catch_up = None;
        self.ring.push(frame, limits);
        true
    }

    fn put(&mut self, key: &P::Key, article: Article) -> Arc<Article> {
        let article = Arc::new(article);
        self.sum = self.sum.wrapping_add(article.mark());
        if let Some(old) = self.cards.insert(key.clone(), Arc::clone(&article)) {
            self.sum = self.sum.wrapping_sub(old.mark());
        }
        article
    }

    fn take_out(&mut self, key: &P::Key) -> Option<Arc<str>> {
        let old = self.cards.remove(key)?;
        self.sum = self.sum.wrapping_sub(old.mark());
        Some(Arc::clone(old.id()))
    }

    /// The fold goes out only when what it says has changed.
    fn refold(
        &mut self,
        view: &P::View,
        rows: &BTreeMap<P::Key, P::Row>,
        gone: &mut Vec<Arc<str>>,
        articles: &mut Vec<Arc<Article>>,
    ) {
        let old = self.fold.take();
        self.fold = self.draw_fold(view, rows);
        let mark = |fold: &Option<Arc<Article>>| fold.as_ref().map_or(0, |fold| fold.mark());
        self.sum = self.sum.wrapping_sub(mark(&old)).wrapping_add(mark(&self.fold));
        match (old, &self.fold) {
            (Some(old), Some(new)) if old.id() == new.id() => {
                if old.seq() != new.seq() {
                    articles.push(Arc::clone(new));
                }
            }
            (old, new) => {
                gone.extend(old.map(|old| Arc::clone(old.id())));
                articles.extend(new.clone());
            }
        }
    }

    fn draw_fold(&self, view: &P::View, rows: &BTreeMap<P::Key, P::Row>) -> Option<Arc<Article>> {
        P::fold(view, self.cards.keys().filter_map(|key| rows.get(key))).map(Arc::new)
    }

    fn articles(&self) -> impl Iterator<Item = &Arc<Article>> {
        self.cards.values().chain(&self.fold)
    }

    /// Everything above `from`, and all ids: for a screen that cannot follow the ring, or has nothing
    /// (`from` 0).
    pub(super) fn since(&mut self, from: Seq, head: Seq) -> Arc<Frame<P::Wire>> {
        let kept = if from == 0 { &self.whole } else { &self.catch_up };
        if let Some(frame) = kept
            && frame.from == from
            && frame.seq == head
        {
            return Arc::clone(frame);
        }
        let all = self.articles().map(|article| Arc::clone(article.id())).collect();
        let newer = self.cards.values().filter(|card| from == 0 || from < card.seq());
        let articles = newer.chain(&self.fold).map(Arc::clone).collect();
        let frame = Arc::new(Frame::new(from, head, Vec::new(), Some(all), articles));
        let kept = if from == 0 { &mut self.whole } else { &mut self.catch_up };
        *kept = Some(Arc::clone(&frame));
        frame
    }

    pub(super) fn cards(&self) -> &BTreeMap<P::Key, Arc<Article>> {
        &self.cards
    }

    pub(super) fn ring(&self) -> &Ring<P::Wire> {
        &self.ring
    }

    pub(super) fn last(&self) -> Seq {
        self.last
    }

    pub(super) fn sum(&self) -> u32 {
        self.sum
    }
}
