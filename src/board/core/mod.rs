//! The live board of one location as a value: no task, no clock, no socket, so that thousands of
//! interleavings run in a test.
//!
//! The bargain. In: what was heard (rings, polls), what was read (deltas), who watches (attach, pull,
//! acknowledge, detach). Inputs may come twice, late, out of order or not at all. Out: at most one read
//! at a time, and per view a ring of shared frames in which every frame leads from one committed state to
//! a later one. A screen is a [`Cursor`] into that ring, a plain value: a slow screen costs its cursor and
//! nothing more, and gets fewer, fresher frames or a reset, never a silent skip.
//!
//! What the caller owes: one lock around a [`Core`], every [`Output`] acted upon, every
//! [`Output::Read`] answered by [`Core::loaded`] or [`Core::load_failed`], and every cursor handed back
//! through [`Core::detach`].

mod article;
mod cursor;
mod frame;
mod inputs;
mod reads;
mod screens;
mod view;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::Hash;
use std::sync::Arc;

pub use article::{Article, digest, fnv1a};
pub use cursor::{Ask, Attached, Beat, Cursor, Pull, Seen, Shown, Snapshot, Waiting, Why};
pub use frame::Frame;
pub use inputs::Delta;

use reads::Reads;
use view::Drawn;

/// A location's turn number: hole-free, in commit order.
pub type Seq = i64;

/// Names one history of the database; a restore or a fail-over that lost commits begins another.
pub type Epoch = Arc<str>;

/// What a location's rows look like, and how a view draws them.
///
/// Everything here must be a function of its arguments alone: two processes that hold the same rows must
/// draw the same bytes, or a screen that moves from one to the other would have to start over.
pub trait Picture: Sized {
    /// Names a row for as long as it lives. Its order is the order of a view's articles. Two keys never
    /// draw articles of one id.
    type Key: Clone + Eq + Hash + Ord;
    /// One stamped row with all that its card prints.
    type Row;
    /// A saved query: station, expo, floor, items, with filter, grouping, locale and card options.
    type View: Clone + Eq + Hash;
    /// A frame as it goes over the wire, encoded once and shared (see [`Frame::wire`]).
    type Wire;

    /// Names the row.
    fn key(row: &Self::Row) -> Self::Key;

    /// The turn that last changed anything the row's card prints.
    fn seq(row: &Self::Row) -> Seq;

    /// Whether the row has a card in the view.
    fn shows(view: &Self::View, row: &Self::Row) -> bool;

    /// The row's card. Its [`Article::seq`] must be the row's stamp.
    fn draw(view: &Self::View, row: &Self::Row) -> Article;

    /// What the view says about all its rows together (all-day, open and late counts), drawn over exactly
    /// the rows it shows, in the order of their keys. Make it with [`Article::fold`].
    fn fold<'rows>(view: &Self::View, rows: impl Iterator<Item = &'rows Self::Row>) -> Option<Article>
    where
        Self::Row: 'rows;

    /// The stamp up to which a display receipt for the row is already stored; `None` for rows nobody
    /// keeps receipts of.
    fn shown_seq(row: &Self::Row) -> Option<Seq>;
}

/// The bounds of one location's board.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Frames kept for each view.
    pub frames_max: usize,
    /// Bytes of frames kept for each view.
    pub ring_bytes_max: usize,
    /// Bytes of a catch-up; a screen that needs more fetches a snapshot over HTTP.
    pub catch_up_bytes_max: usize,
    /// How long a view is kept after its last screen left.
    pub view_idle_ms: u64,
    /// Views kept; above it the one longest without a screen makes room.
    pub views_max: usize,
    /// Turns remembered as places from where a screen may follow the ring.
    pub heads_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            frames_max: 256,
            ring_bytes_max: 512 * 1024,
            catch_up_bytes_max: 8 * 1024,
            view_idle_ms: 60_000,
            views_max: 512,
            heads_max: 1024,
        }
    }
}

/// What the core asks of its caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output<V> {
    /// Read the delta of what is stamped above `since`. There is never more than one under way.
    Read {
        /// Goes back as [`Delta::asked_at`].
        since: Seq,
    },
    /// The view has a new frame: its sockets pull.
    Wake(V),
    /// A read came back: whoever got a [`Waiting`] asks again.
    Settle,
    /// The database went back or became another: every socket pulls, and hears [`Pull::Reset`].
    ResetAll,
}

/// The board of one location.
pub struct Core<P: Picture> {
    limits: Limits,
    /// Counts how often the board was dropped; cursors of an older generation are reset.
    generation: u64,
    /// The history the board belongs to; known before the first full read after a drop.
    epoch: Option<Epoch>,
    /// Whether `rows` are the whole board as of `head`.
    loaded: bool,
    /// The turn the rows stand at.
    head: Seq,
    /// The turns `head` stood at, oldest first: only there do a screen's cards equal ours (see
    /// [`Core::attach`]).
    heads: VecDeque<Seq>,
    rows: BTreeMap<P::Key, P::Row>,
    views: HashMap<P::View, Drawn<P>>,
    reads: Reads,
    /// Stamps reported as shown since the row was loaded.
    reported: HashMap<P::Key, Seq>,
    /// When the database was last asked something whose answer this board covers, in milliseconds.
    proved_ms: Option<u64>,
    /// Since when no screen is attached, in milliseconds.
    idle_since: Option<u64>,
}

impl<P: Picture> Core<P> {
    /// A board that knows nothing yet; the first attach, snapshot, ring or poll asks for its first read.
    pub fn new(limits: Limits, now_ms: u64) -> Self {
        Self {
            limits,
            generation: 0,
            epoch: None,
            loaded: false,
            head: 0,
            heads: VecDeque::new(),
            rows: BTreeMap::new(),
            views: HashMap::new(),
            reads: Reads::default(),
            reported: HashMap::new(),
            proved_ms: None,
            idle_since: Some(now_ms),
        }
    }

    /// The history the board belongs to, once known.
    pub fn epoch(&self) -> Option<&Epoch> {
        self.epoch.as_ref()
    }

    /// The turn the board stands at: what a poll is asked at, and what `hello` carries.
    pub fn head(&self) -> Seq {
        self.head
    }

    /// Whether the board can be shown.
    pub fn is_loaded(&self) -> bool {
        self.loaded
    }

    /// When the database was last asked something whose answer this board covers, in milliseconds: what
    /// `checked_ms` counts from.
    pub fn proved_ms(&self) -> Option<u64> {
        self.proved_ms
    }

    /// Since when no screen is attached, in milliseconds; `None` while one is. The caller drops the board
    /// when that is long ago.
    pub fn idle_since(&self) -> Option<u64> {
        self.idle_since
    }

    /// A row as it stands on the board.
    pub fn row(&self, key: &P::Key) -> Option<&P::Row> {
        self.rows.get(key)
    }

    /// The rows that a view shows, in the order of their keys.
    pub fn rows<'a>(&'a self, view: &'a P::View) -> impl Iterator<Item = &'a P::Row> {
        self.rows.values().filter(|row| P::shows(view, row))
    }

    /// The turn of a view's newest frame, or of its first draw; none while it is not kept.
    pub fn last(&self, view: &P::View) -> Option<Seq> {
        self.views.get(view).map(Drawn::last)
    }

    /// How many views are kept.
    pub fn views(&self) -> usize {
        self.views.len()
    }
}
