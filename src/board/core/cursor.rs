//! What passes between the board and whoever serves a screen.

use std::sync::Arc;

use super::{Epoch, Frame, Seq};

/// Where one screen stands. A plain value: whoever serves the screen keeps it and hands it back through
/// [`super::Core::detach`].
#[derive(Debug)]
pub struct Cursor<V> {
    pub(super) view: V,
    pub(super) generation: u64,
    /// Up to where the screen was served.
    pub(super) at: Seq,
    /// Whether our board stood at `at` once, so that the frames after it fit. A screen may come from
    /// another process with a turn this one went past in the middle of a read.
    pub(super) exact: bool,
}

impl<V> Cursor<V> {
    /// The view the screen shows.
    pub fn view(&self) -> &V {
        &self.view
    }

    /// Up to where the screen was served.
    pub fn at(&self) -> Seq {
        self.at
    }
}

/// Who comes, and what they have.
#[derive(Debug, Clone)]
pub struct Ask<V> {
    /// The view asked for.
    pub view: V,
    /// The epoch the screen's cards belong to; `None` when it has none.
    pub epoch: Option<Epoch>,
    /// The turn the screen stands at; 0 when it has nothing.
    pub since: Seq,
}

/// Wait for [`super::Output::Settle`], then ask again with this in hand: at most a second. Without an
/// answer until then the database cannot be reached, and nothing is known about who is behind: turn the
/// screen away for now (1013, 503) instead of resetting it to something older.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// The read that must have come back; `None` while the board's first read is awaited.
    pub(super) read: Option<u64>,
}

/// The answer to an attach.
#[derive(Debug)]
pub enum Attached<V> {
    /// Say hello and pull.
    Live(Cursor<V>),
    /// Not yet known.
    Wait(Waiting),
    /// Say hello, then reset.
    Reset(Why),
}

/// Why a screen must fetch the snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The database went back or is another.
    Epoch,
    /// Too much happened since the screen's cards, or the database is behind them.
    Behind,
    /// The screen took too long to take what it was sent.
    Slow,
}

impl Why {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Epoch => "epoch",
            Self::Behind => "behind",
            Self::Slow => "slow",
        }
    }
}

/// What a cursor has coming.
pub enum Pull<W> {
    /// Nothing new.
    Idle,
    /// To be sent in this order, in one write if you like; the cursor has moved past them. A screen that
    /// fell off the ring, or comes from elsewhere, gets one frame with [`Frame::all`]: a catch-up.
    Frames(Vec<Arc<Frame<W>>>),
    /// Detach the cursor and tell the screen to fetch the snapshot.
    Reset(Why),
}

/// Proof that a screen lacks nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Beat {
    /// The view's last frame, or its first draw.
    pub from: Seq,
    /// The board's turn: nothing for this view in `(from, seq]`.
    pub seq: Seq,
    /// The view's checksum.
    pub sum: u32,
    /// When the database was asked, in milliseconds of the caller's clock.
    pub proved_ms: Option<u64>,
}

/// The answer to a request for a view's cards.
pub enum Shown<W> {
    /// Here they are.
    Ready(Snapshot<W>),
    /// Not yet known.
    Wait(Waiting),
}

/// A view as it stands.
pub struct Snapshot<W> {
    /// The history it belongs to.
    pub epoch: Epoch,
    /// The board's turn.
    pub head: Seq,
    /// The view's last frame: with the view and the build it names the content.
    pub last: Seq,
    /// The view's checksum.
    pub sum: u32,
    /// When the database was asked, in milliseconds of the caller's clock.
    pub proved_ms: Option<u64>,
    /// Everything (`from` 0), or everything newer than what was asked with, and all ids.
    pub frame: Arc<Frame<W>>,
}

/// A stamp of a row was on a screen for the first time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen<K> {
    /// The row.
    pub key: K,
    /// Its stamp.
    pub seq: Seq,
}
