//! At most one read at a time; what is heard meanwhile asks for one more.

use super::Seq;

#[derive(Default)]
pub(super) struct Reads {
    /// How many reads were begun; the last one's number.
    begun: u64,
    /// The latest read that came back.
    done: u64,
    /// The latest read somebody waits for.
    awaited: u64,
    flying: bool,
    /// The highest turn heard of during the flight.
    heard: Option<Seq>,
    /// During the flight something was heard that only a later read can answer.
    doubted: bool,
}

impl Reads {
    /// Something at `seq` is to be read. True: begin now.
    pub(super) fn hear(&mut self, seq: Seq) -> bool {
        if self.flying {
            self.heard = self.heard.max(Some(seq));
            return false;
        }
        self.begin()
    }

    /// Something no turn tells: another epoch, a database that seems to have gone back. True: begin now.
    pub(super) fn doubt(&mut self) -> bool {
        self.doubted |= self.flying;
        self.begin()
    }

    /// Somebody waits for a read that begins after now. True: begin now.
    pub(super) fn wait(&mut self) -> (u64, bool) {
        let begin = self.doubt();
        self.awaited = self.begun + u64::from(!begin);
        (self.awaited, begin)
    }

    /// True: begin now. During a flight it is enough to wait for its end.
    pub(super) fn begin(&mut self) -> bool {
        if self.flying {
            return false;
        }
        self.flying = true;
        self.begun += 1;
        true
    }

    /// The read came back, and the board now stands at `head`. True: one more is wanted. What was heard
    /// is forgotten with it: a read that begins now sees it, or it is not there.
    pub(super) fn land(&mut self, head: Seq) -> bool {
        self.done = self.begun;
        let more = self.doubted || self.heard.is_some_and(|heard| head < heard);
        self.fail();
        more
    }

    /// The read did not come back. Nothing retries at once: the next ring or poll does.
    pub(super) fn fail(&mut self) {
        self.flying = false;
        self.doubted = false;
        self.heard = None;
    }

    /// Whether somebody still waits though no read is under way: the one they waited for failed.
    pub(super) fn is_owed(&self) -> bool {
        !self.flying && self.done < self.awaited
    }

    pub(super) fn is_done(&self, number: u64) -> bool {
        number <= self.done
    }
}
