//! Who watches: screens attach, pull, prove, acknowledge and go.

use std::collections::HashSet;

use super::view::Drawn;
use super::{
    Ask, Attached, Beat, Core, Cursor, Output, Picture, Pull, Seen, Seq, Shown, Snapshot, Waiting, Why,
};

/// How what a screen has relates to what we have.
enum Reach {
    /// We have it all.
    Covered,
    Wait(Waiting),
    /// The database itself is behind the screen.
    Behind,
    /// The screen's cards are of another history.
    Elsewhere,
}

impl<P: Picture> Core<P> {
    /// A screen comes. `waited` is what an earlier call with the same question told to wait for.
    ///
    /// A screen may follow the ring from where our board once stood. One that comes from another process
    /// may stand between two of our reads and show a card that came and went within one: no frame of ours
    /// names it, so that screen is caught up with all ids instead.
    pub fn attach(
        &mut self,
        ask: &Ask<P::View>,
        waited: Option<Waiting>,
        now_ms: u64,
    ) -> (Attached<P::View>, Vec<Output<P::View>>) {
        let mut out = Vec::new();
        let attached = match self.reach(ask, waited, &mut out) {
            Reach::Wait(waiting) => Attached::Wait(waiting),
            Reach::Behind => Attached::Reset(Why::Behind),
            Reach::Elsewhere => Attached::Reset(Why::Epoch),
            Reach::Covered => {
                let at = ask.since.max(0);
                let stood_here = self.heads.binary_search(&at).is_ok();
                let generation = self.generation;
                let drawn = self.open(&ask.view, now_ms);
                drawn.cursors += 1;
                let exact = stood_here && drawn.ring().floor() <= at;
                self.idle_since = None;
                Attached::Live(Cursor { view: ask.view.clone(), generation, at, exact })
            }
        };
        (attached, out)
    }

    /// A view's cards, for a page, a snapshot or a screen that polls: everything newer than what the
    /// caller has, or everything. Never older than what the caller has, unless the database is.
    pub fn snapshot(
        &mut self,
        ask: &Ask<P::View>,
        waited: Option<Waiting>,
        now_ms: u64,
    ) -> (Shown<P::Wire>, Vec<Output<P::View>>) {
        let mut out = Vec::new();
        let from = match self.reach(ask, waited, &mut out) {
            Reach::Wait(waiting) => return (Shown::Wait(waiting), out),
            Reach::Covered if ask.epoch.is_some() => ask.since.max(0),
            Reach::Covered | Reach::Behind | Reach::Elsewhere => 0,
        };
        let Some(epoch) = self.epoch.clone() else {
            return (Shown::Wait(Waiting { read: None }), out); // covered means loaded: not reached
        };
        let (head, proved_ms) = (self.head, self.proved_ms);
        let drawn = self.open(&ask.view, now_ms);
        let frame = drawn.since(from, head);
        let (last, sum) = (drawn.last(), drawn.sum());
        if self.idle_since.is_some() {
            self.idle_since = Some(now_ms);
        }
        (Shown::Ready(Snapshot { epoch, head, last, sum, proved_ms, frame }), out)
    }

    /// What the cursor has coming; moves it.
    pub fn pull(&mut self, cursor: &mut Cursor<P::View>) -> Pull<P::Wire> {
        if cursor.generation != self.generation {
            return Pull::Reset(Why::Epoch);
        }
        let head = self.head;
        let Some(drawn) = self.views.get_mut(&cursor.view) else {
            return Pull::Reset(Why::Behind); // a caller that detached twice: better late than silent
        };
        if cursor.exact && drawn.last() <= cursor.at {
            return Pull::Idle;
        }
        if cursor.exact && drawn.ring().floor() <= cursor.at {
            let frames = drawn.ring().after(cursor.at);
            cursor.at = drawn.last();
            return Pull::Frames(frames);
        }
        let catch_up = drawn.since(cursor.at, head);
        if self.limits.catch_up_bytes_max < catch_up.bytes() {
            return Pull::Reset(if cursor.exact { Why::Slow } else { Why::Behind });
        }
        cursor.at = head;
        cursor.exact = true;
        Pull::Frames(vec![catch_up])
    }

    /// Proof for a screen that lacks nothing; `None` for one that has something coming.
    pub fn beat(&self, cursor: &Cursor<P::View>) -> Option<Beat> {
        let drawn = self.views.get(&cursor.view).filter(|_| cursor.generation == self.generation)?;
        if !cursor.exact || cursor.at < drawn.last() {
            return None;
        }
        let (from, sum) = (drawn.last(), drawn.sum());
        Some(Beat { from, seq: self.head, sum, proved_ms: self.proved_ms })
    }

    /// The screen has painted every card up to `seq` but those named. Says what was never reported
    /// before, by any screen of the location. A screen cannot confirm what it was not served.
    pub fn ack(&mut self, cursor: &Cursor<P::View>, seq: Seq, but: &[&str]) -> Vec<Seen<P::Key>> {
        let mut seen = Vec::new();
        let Some(drawn) = self.views.get(&cursor.view) else {
            return seen;
        };
        if cursor.generation != self.generation {
            return seen;
        }
        let but: HashSet<&str> = but.iter().copied().collect();
        let upto = seq.min(cursor.at);
        let painted =
            drawn.cards().iter().filter(|(_, card)| card.seq() <= upto && !but.contains(card.id().as_ref()));
        for (key, card) in painted {
            let Some(stored) = self.rows.get(key).and_then(P::shown_seq) else {
                continue;
            };
            let known = self.reported.get(key).map_or(stored, |reported| stored.max(*reported));
            if known < card.seq() {
                self.reported.insert(key.clone(), card.seq());
                seen.push(Seen { key: key.clone(), seq: card.seq() });
            }
        }
        seen
    }

    /// The screen goes.
    pub fn detach(&mut self, cursor: Cursor<P::View>, now_ms: u64) {
        let Cursor { view, generation, .. } = cursor;
        if generation == self.generation
            && let Some(drawn) = self.views.get_mut(&view)
        {
            drawn.cursors = drawn.cursors.saturating_sub(1);
            drawn.idle_since = now_ms;
        }
        if self.views.values().all(|drawn| drawn.cursors == 0) {
            self.idle_since = Some(now_ms);
        }
    }

    /// A screen that is ahead of us, or has cards of another history, may know better than we do: it is
    /// answered only after a read that began after it came.
    fn reach(
        &mut self,
        ask: &Ask<P::View>,
        waited: Option<Waiting>,
        out: &mut Vec<Output<P::View>>,
    ) -> Reach {
        if !self.loaded {
            let begin = self.reads.begin();
            self.read_if(begin, out);
            return Reach::Wait(Waiting { read: None });
        }
        let elsewhere = ask.epoch.is_some() && ask.epoch != self.epoch;
        if !elsewhere && ask.since <= self.head {
            return Reach::Covered;
        }
        let number = match waited.and_then(|waiting| waiting.read) {
            Some(number) if self.reads.is_done(number) => {
                return if elsewhere { Reach::Elsewhere } else { Reach::Behind };
            }
            Some(number) => number,
            None => {
                let (number, begin) = self.reads.wait();
                self.read_if(begin, out);
                number
            }
        };
        Reach::Wait(Waiting { read: Some(number) })
    }

    /// The view, drawn now if it was not.
    fn open(&mut self, view: &P::View, now_ms: u64) -> &mut Drawn<P> {
        if !self.views.contains_key(view) && self.limits.views_max <= self.views.len() {
            let idle = self.views.iter().filter(|(_, drawn)| drawn.cursors == 0);
            let oldest = idle.min_by_key(|(_, drawn)| drawn.idle_since).map(|(view, _)| view.clone());
            if let Some(oldest) = oldest {
                self.views.remove(&oldest);
            }
        }
        let drawn =
            self.views.entry(view.clone()).or_insert_with(|| Drawn::new(view, &self.rows, self.head, now_ms));
        drawn.idle_since = now_ms;
        drawn
    }
}
