//! Frames: a view's steps from one committed state to the next, and the bounded ring that keeps them.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};

use super::{Article, Limits, Seq};

/// One `cards` message: what a screen that stands at `from` (or later, short of `seq`) must do to show
/// the view as of `seq`.
pub struct Frame<W> {
    /// The view's previous frame; for a catch-up where the screen stands; 0 with [`Frame::all`] for a
    /// snapshot, which holds every article.
    pub from: Seq,
    /// The turn the view stands at afterwards.
    pub seq: Seq,
    /// Ids that left. Empty when `all` is given.
    pub gone: Vec<Arc<str>>,
    /// In catch-ups and snapshots: every id of the view; what is not in it has left.
    pub all: Option<Vec<Arc<str>>>,
    /// What changed, drawn.
    pub articles: Vec<Arc<Article>>,
    bytes: usize,
    wire: OnceLock<W>,
}

impl<W> Frame<W> {
    /// What a header line costs at most, ids not counted.
    const HEADER_BYTES: usize = 128;
    /// What an id costs in a header besides itself: two quotes and a comma.
    const ID_BYTES: usize = 3;

    pub(super) fn new(
        from: Seq,
        seq: Seq,
        gone: Vec<Arc<str>>,
        all: Option<Vec<Arc<str>>>,
        articles: Vec<Arc<Article>>,
    ) -> Self {
        let ids = gone.iter().chain(all.iter().flatten()).map(|id| id.len() + Self::ID_BYTES);
        let bodies = articles.iter().map(|article| article.html().len() + 1);
        let bytes = Self::HEADER_BYTES + ids.sum::<usize>() + bodies.sum::<usize>();
        Self { from, seq, gone, all, articles, bytes, wire: OnceLock::new() }
    }

    /// About how long the frame is on the wire.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The frame as it goes over the wire; `encode` runs for the first screen, the others share its work.
    pub fn wire(&self, encode: impl FnOnce(&Self) -> W) -> &W {
        self.wire.get_or_init(|| encode(self))
    }
}

/// A view's latest frames, each beginning where the one before ends.
pub(super) struct Ring<W> {
    frames: VecDeque<Arc<Frame<W>>>,
    bytes: usize,
    /// The oldest place from where the ring can be followed: the first frame's `from`, or, with no frame
    /// in it, where the next one will begin.
    floor: Seq,
}

impl<W> Ring<W> {
    pub(super) fn new(base: Seq) -> Self {
        Self { frames: VecDeque::new(), bytes: 0, floor: base }
    }

    pub(super) fn floor(&self) -> Seq {
        self.floor
    }

    /// Adds a frame; the oldest make room. A frame above the limit goes at once, and with it everything:
    /// big bodies go by HTTP.
    pub(super) fn push(&mut self, frame: Arc<Frame<W>>, limits: &Limits) {
        self.bytes += frame.bytes();
        self.frames.push_back(frame);
        while limits.frames_max < self.frames.len() || limits.ring_bytes_max < self.bytes {
            let Some(oldest) = self.frames.pop_front() else {
                break;
            };
            self.bytes -= oldest.bytes();
            self.floor = oldest.seq;
        }
    }

    /// Everything that ends above `at`.
    pub(super) fn after(&self, at: Seq) -> Vec<Arc<Frame<W>>> {
        let first = self.frames.partition_point(|frame| frame.seq <= at);
        self.frames.range(first..).map(Arc::clone).collect()
    }
}
