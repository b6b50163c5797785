//! When the newest turns of a board were committed by this process: what "commit to write" is counted from.
//!
//! Written once a command, read once a write and screen: so no lock, and no promise either. A turn that is 64 turns
//! old, or was committed elsewhere, is not known.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use super::core::Seq;

const TURNS_KEPT: usize = 64;

/// Commits by turn, and how far the database was when it was last asked.
pub(super) struct Stamps {
    commits: [Commit; TURNS_KEPT],
    /// The turn that the last poll saw.
    polled: AtomicI64,
    /// Since when polls find the board behind, in milliseconds of the hub's clock; 0: they don't.
    behind_since_ms: AtomicU64,
}

#[derive(Default)]
struct Commit {
    seq: AtomicI64,
    at_us: AtomicU64,
}

impl Default for Stamps {
    fn default() -> Self {
        Self {
            commits: std::array::from_fn(|_| Commit::default()),
            polled: AtomicI64::new(0),
            behind_since_ms: AtomicU64::new(0),
        }
    }
}

impl Stamps {
    /// The turn was committed here, at that time of the hub's clock.
    pub(super) fn committed(&self, seq: Seq, at_us: u64) {
        if let Some(commit) = self.place(seq) {
            commit.at_us.store(at_us, Ordering::Relaxed);
            commit.seq.store(seq, Ordering::Release);
        }
    }

    /// When that turn was committed, if it was here and not long ago.
    pub(super) fn committed_us(&self, seq: Seq) -> Option<u64> {
        let commit = self.place(seq)?;
        (commit.seq.load(Ordering::Acquire) == seq).then(|| commit.at_us.load(Ordering::Relaxed))
    }

    fn place(&self, seq: Seq) -> Option<&Commit> {
        self.commits.get(usize::try_from(seq).ok()? % TURNS_KEPT)
    }

    /// A poll that was asked at `asked_ms` saw that turn, and the board stood at `head`.
    pub(super) fn polled(&self, seq: Seq, head: Seq, asked_ms: u64) {
        self.polled.store(seq, Ordering::Relaxed);
        if seq <= head {
            self.behind_since_ms.store(0, Ordering::Relaxed);
        } else {
            let since = asked_ms.max(1);
            let _ = self.behind_since_ms.compare_exchange(0, since, Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    /// How many turns a board at `head` is behind the last poll, and for how many milliseconds. None if it is not.
    pub(super) fn behind(&self, head: Seq, now_ms: u64) -> Option<(i64, u64)> {
        let turns = self.polled.load(Ordering::Relaxed) - head;
        let since = self.behind_since_ms.load(Ordering::Relaxed);
        (0 < turns && 0 < since).then(|| (turns, now_ms.saturating_sub(since)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_known_until_another_takes_its_place() {
        let stamps = Stamps::default();
        stamps.committed(7, 100);
        assert_eq!((stamps.committed_us(7), stamps.committed_us(8)), (Some(100), None));
        stamps.committed(7 + 64, 900);
        assert_eq!((stamps.committed_us(7), stamps.committed_us(71)), (None, Some(900)));
        assert_eq!(stamps.committed_us(-1), None);
    }

    #[test]
    fn a_board_is_behind_from_the_first_poll_that_says_so_until_it_has_caught_up() {
        let stamps = Stamps::default();
        stamps.polled(9, 7, 1_000);
        stamps.polled(10, 7, 1_250);
        assert_eq!(stamps.behind(7, 1_400), Some((3, 400)));
        assert_eq!(stamps.behind(10, 1_400), None);
        stamps.polled(10, 10, 1_500);
        stamps.polled(11, 10, 2_000);
        assert_eq!(stamps.behind(10, 2_100), Some((1, 100)));
    }
}
