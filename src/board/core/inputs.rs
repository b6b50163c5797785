//! What is heard and what is read: how the board moves from one committed state to the next.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use super::view::Changes;
use super::{Core, Epoch, Output, Picture, Seq};

/// One statement's answer: the board as of `seq`, with the bodies of what is stamped above `asked_at`.
#[derive(Debug, Clone)]
pub struct Delta<K, R> {
    /// The history it was read from.
    pub epoch: Epoch,
    /// The turn it was read at.
    pub seq: Seq,
    /// `since` of the [`Output::Read`] it answers.
    pub asked_at: Seq,
    /// When the question left, in milliseconds of the caller's clock.
    pub asked_ms: u64,
    /// Everything on the board. What is not in it is gone, whatever the reason.
    pub ids: Vec<K>,
    /// The bodies of what is stamped above `asked_at`.
    pub rows: Vec<R>,
}

impl<P: Picture> Core<P> {
    /// A command committed somewhere: here, or behind the bell. May be lost, doubled, late.
    pub fn ring(&mut self, epoch: &str, seq: Seq) -> Vec<Output<P::View>> {
        let mut out = Vec::new();
        self.hear(epoch, seq, &mut out);
        out
    }

    /// A poll answered `seq`. `asked_at` and `asked_ms` are [`Core::head`] and the time when it left. A
    /// database that stands below what we knew then has gone back, and the board is dropped at once: by
    /// the time a read looks, new commits may have hidden it.
    pub fn polled(&mut self, epoch: &str, seq: Seq, asked_at: Seq, asked_ms: u64) -> Vec<Output<P::View>> {
        let mut out = Vec::new();
        let went_back = self.is_ours(epoch) && seq < asked_at && asked_at <= self.head;
        if went_back && let Some(epoch) = self.epoch.clone() {
            self.start_over(&epoch, &mut out);
        }
        if !self.is_ours(epoch) || self.reads.is_owed() {
            let begin = self.reads.doubt();
            self.read_if(begin, &mut out);
        } else {
            self.hear(epoch, seq, &mut out);
        }
        if self.is_ours(epoch) && asked_at <= seq && seq <= self.head {
            self.prove(asked_ms);
        }
        out
    }

    /// A command of this process committed turn `seq`, by which nothing leaves. If that is the next turn, `rows` may
    /// say which rows it wrote, given the board as it stood before, and the read is saved; else it is a ring.
    pub fn placed(
        &mut self,
        epoch: &str,
        seq: Seq,
        rows: impl FnOnce(&Self) -> Option<Vec<P::Row>>,
    ) -> Vec<Output<P::View>> {
        let mut out = Vec::new();
        let is_next = self.is_ours(epoch) && self.head.checked_add(1) == Some(seq);
        match is_next.then(|| rows(self)).flatten() {
            Some(rows) => {
                let changed = self.upsert(rows);
                self.step(seq, &Changes { changed, left: Vec::new() }, &mut out);
            }
            None => self.hear(epoch, seq, &mut out),
        }
        out
    }

    /// The read came back.
    pub fn loaded(&mut self, delta: Delta<P::Key, P::Row>) -> Vec<Output<P::View>> {
        let mut out = Vec::new();
        let Delta { asked_at, asked_ms, .. } = delta;
        if self.went_back(&delta) {
            self.start_over(&delta.epoch, &mut out);
        }
        let older = self.loaded && delta.seq <= self.head;
        let held = if self.loaded { self.head } else { 0 };
        // What was read above `asked_at` completes what is held only up to there.
        let whole = asked_at <= held && (older || self.take(delta, &mut out));
        let more = self.reads.land(self.head);
        if whole {
            self.prove(asked_ms);
            out.push(Output::Settle);
        }
        // A full read that contradicts itself is not asked for again before the next poll.
        if more || (!whole && 0 < asked_at) {
            let begin = self.reads.begin();
            self.read_if(begin, &mut out);
        }
        out
    }

    /// The read failed. Nothing retries at once: the next ring or poll does.
    pub fn load_failed(&mut self) {
        self.reads.fail();
    }

    /// Time passes: views nobody looked at for long enough are forgotten.
    pub fn tick(&mut self, now_ms: u64) {
        let idle_ms = self.limits.view_idle_ms;
        self.views.retain(|_, drawn| 0 < drawn.cursors || now_ms < drawn.idle_since.saturating_add(idle_ms));
    }

    fn is_ours(&self, epoch: &str) -> bool {
        self.loaded && self.epoch.as_deref() == Some(epoch)
    }

    fn hear(&mut self, epoch: &str, seq: Seq, out: &mut Vec<Output<P::View>>) {
        let begin = if !self.is_ours(epoch) {
            self.reads.doubt()
        } else if self.head < seq {
            self.reads.hear(seq)
        } else {
            false
        };
        self.read_if(begin, out);
    }

    pub(super) fn read_if(&self, begin: bool, out: &mut Vec<Output<P::View>>) {
        if begin {
            let since = if self.loaded { self.head } else { 0 };
            out.push(Output::Read { since });
        }
    }

    fn prove(&mut self, asked_ms: u64) {
        self.proved_ms = self.proved_ms.max(Some(asked_ms));
    }

    /// Another history, or less of ours than there was.
    fn went_back(&self, delta: &Delta<P::Key, P::Row>) -> bool {
        self.loaded && (self.epoch.as_ref() != Some(&delta.epoch) || delta.seq < delta.asked_at)
    }

    /// Drops the board: every screen starts over.
    fn start_over(&mut self, epoch: &Epoch, out: &mut Vec<Output<P::View>>) {
        self.generation += 1;
        self.epoch = Some(Epoch::clone(epoch));
        self.loaded = false;
        self.head = 0;
        self.heads = VecDeque::new();
        self.rows = BTreeMap::new();
        self.views = HashMap::new();
        self.reported = HashMap::new();
        self.proved_ms = None;
        out.push(Output::ResetAll);
    }

    /// The delta becomes the board. False if it names a row nobody has a body of: then what we hold is
    /// not what this database held (its disk was put back), and the board was dropped.
    fn take(&mut self, delta: Delta<P::Key, P::Row>, out: &mut Vec<Output<P::View>>) -> bool {
        let mut ids: HashSet<P::Key> = delta.ids.into_iter().collect();
        let left: Vec<P::Key> = self.rows.keys().filter(|key| !ids.contains(key)).cloned().collect();
        for key in &left {
            self.rows.remove(key);
            self.reported.remove(key);
        }
        let rows = delta.rows.into_iter().filter(|row| ids.contains(&P::key(row))).collect();
        let changed = self.upsert(rows);
        ids.retain(|key| !self.rows.contains_key(key));
        if !ids.is_empty() {
            self.start_over(&delta.epoch, out);
            return false;
        }
        self.epoch = Some(delta.epoch);
        self.loaded = true;
        self.step(delta.seq, &Changes { changed, left }, out);
        true
    }

    /// Puts what is newer than what we hold; says which rows that were.
    fn upsert(&mut self, rows: Vec<P::Row>) -> Vec<P::Key> {
        let mut changed = Vec::with_capacity(rows.len());
        for row in rows {
            let key = P::key(&row);
            if self.rows.get(&key).is_none_or(|held| P::seq(held) < P::seq(&row)) {
                self.rows.insert(key.clone(), row);
                changed.push(key);
            }
        }
        changed
    }

    /// The rows stand at `seq`: every view draws what of it concerns it.
    fn step(&mut self, seq: Seq, changes: &Changes<P::Key>, out: &mut Vec<Output<P::View>>) {
        self.head = seq;
        self.heads.push_back(seq);
        if self.limits.heads_max < self.heads.len() {
            self.heads.pop_front();
        }
        for (view, drawn) in &mut self.views {
            if drawn.apply(view, &self.rows, changes, seq, &self.limits) {
                out.push(Output::Wake(view.clone()));
            }
        }
    }
}
