//! The boards of this process, and tokio around their cores.
//!
//! One std mutex a location guards its [`Core`]; nothing is awaited under it, and what is drawn is drawn once under
//! it, so no screen can see half a step. A screen holds an [`Attachment`], a cursor, and is called by its view's
//! [callers](super::callers) when there is something to pull. There is no queue a screen: who is slow gets fewer,
//! fresher frames.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sqlx::PgPool;
use time::OffsetDateTime;
use tokio::sync::watch;
use tokio::time::timeout;

use self::reading::{own_commands, read, wait};
use super::attachment::Attachment;
use super::callers::Callers;
use super::core::{Ask, Attached, Core, Epoch, Limits, Output, Seq, Shown, Snapshot, Why};
use super::picture::{Kitchen, View};
use super::stamps::Stamps;
use super::wire::Message;
use crate::clock::{Clock, Stopwatch};
use crate::domain::card::{Card, CardKey, Tile};
use crate::domain::ids::LocationId;
use crate::metrics::Metrics;
use crate::store::Committed;
use crate::store::boards::Head;
use crate::store::receipts::Receipt;

mod reading;

/// How long a screen waits for the read that answers it.
const WAIT_MAX: Duration = Duration::from_secs(1);
/// A board is kept this long after its last screen left.
const BOARD_IDLE_MS: u64 = 5 * 60_000;
/// Receipts that may wait for the database; beyond it the oldest screens' words are asked for again by nobody, so
/// the newest are dropped and the screen's next stamp carries them.
const RECEIPTS_MAX: usize = 10_000;

/// The boards of this process.
#[derive(Clone)]
pub struct Hub(Arc<Inner>);

struct Inner {
    db: PgPool,
    clock: Clock,
    watch: Stopwatch,
    boards: Mutex<HashMap<LocationId, Arc<Board>>>,
    receipts: Mutex<Vec<(LocationId, Receipt)>>,
    metrics: Arc<Metrics>,
}

pub(super) struct Board {
    pub(super) location_id: LocationId,
    pub(super) core: Mutex<Core<Kitchen>>,
    /// Who calls a view's screens. They go home with its last screen.
    pub(super) callers: Mutex<HashMap<View, Callers>>,
    pub(super) stamps: Stamps,
    settled: watch::Sender<()>,
    /// The newest turn that a command of this process committed, and the history it was rung in.
    rung: Mutex<(Epoch, Seq)>,
}

/// The database did not answer in time: nothing is known about who is behind. 503, or close 1013.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Busy;

/// How an attach ended.
pub enum Arrival {
    /// Say hello and pull.
    Live(Attachment),
    /// Say hello, then reset.
    Reset {
        /// The board's history.
        epoch: Arc<str>,
        /// The board's turn.
        seq: Seq,
        /// What the reset says.
        why: Why,
    },
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hub").finish_non_exhaustive()
    }
}

/// A thread that panicked under a lock of ours was drawing; the board's own state is only replaced whole.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Hub {
    /// A hub without boards: each comes with its first screen.
    pub fn new(db: PgPool, clock: Clock, metrics: Arc<Metrics>) -> Self {
        Self(Arc::new(Inner {
            db,
            metrics,
            clock,
            watch: Stopwatch::new(),
            boards: Mutex::new(HashMap::new()),
            receipts: Mutex::new(Vec::new()),
        }))
    }

    /// Milliseconds of the hub's own clock: what proofs are counted in.
    pub fn watch_ms(&self) -> u64 {
        self.0.watch.ms()
    }

    /// The same clock in microseconds.
    pub fn watch_us(&self) -> u64 {
        self.0.watch.us()
    }

    /// What is counted.
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// The server's clock.
    pub fn now(&self) -> OffsetDateTime {
        self.0.clock.now()
    }

    /// The server's clock, milliseconds since 1970.
    pub fn now_ms(&self) -> i64 {
        self.0.clock.now_ms()
    }

    /// A command committed: whoever watches that location is told. Nobody watching is fine. The turn did not ask
    /// the database which history it belongs to (that costs as much as the turn itself): the read that follows, or
    /// the next poll, does.
    pub fn ring(&self, committed: &Committed) {
        self.heard(committed, Core::ring);
    }

    /// A Send committed: a ring that brings its own cards, so that nobody reads what this process has just written.
    /// `cards` draws them up from the tile that the board holds under `tile`.
    pub fn sent(
        &self,
        committed: &Committed,
        tile: CardKey,
        cards: impl FnOnce(Option<&Tile>) -> Option<Vec<Card>>,
    ) {
        self.heard(committed, |core, epoch, seq| {
            core.placed(epoch, seq, |core| match core.row(&tile) {
                Some(Card::Tile(tile)) => cards(Some(tile)),
                Some(Card::Ticket(_) | Card::Fire(_) | Card::Item(_) | Card::Message(_) | Card::Lent(_))
                | None => cards(None),
            })
        });
    }

    /// Receipts were committed that stamped those tiles and changed nothing else that a card prints: nobody reads them
    /// either, as long as the board holds them.
    pub fn stamped(&self, committed: &Committed, tiles: &[CardKey]) {
        self.heard(committed, |core, epoch, seq| {
            core.placed(epoch, seq, |core| {
                let stamp = |key: &CardKey| match core.row(key)? {
                    Card::Tile(tile) => Some(Card::Tile(Tile { board_seq: committed.seq, ..tile.clone() })),
                    Card::Ticket(_) | Card::Fire(_) | Card::Item(_) | Card::Message(_) | Card::Lent(_) => {
                        None
                    }
                };
                tiles.iter().map(stamp).collect()
            })
        });
    }

    fn heard(
        &self,
        committed: &Committed,
        hear: impl FnOnce(&mut Core<Kitchen>, &str, Seq) -> Vec<Output<View>>,
    ) {
        self.0.metrics.rings.own.inc();
        if let Some(board) = self.known(committed.location_id) {
            board.stamps.committed(committed.seq.0, self.watch_us());
            let outputs = {
                let mut core = lock(&board.core);
                let epoch = core.epoch().cloned().unwrap_or_default();
                let mut rung = lock(&board.rung);
                if rung.0 != epoch || rung.1 < committed.seq.0 {
                    *rung = (Arc::clone(&epoch), committed.seq.0);
                }
                drop(rung);
                hear(&mut core, &epoch, committed.seq.0)
            };
            self.act(&board, outputs);
        }
    }

    /// Another process says that a board stands at `seq` of that history (empty: it does not know which).
    pub fn rung_elsewhere(&self, location_id: LocationId, epoch: &str, seq: Seq) {
        self.0.metrics.rings.bell.inc();
        if let Some(board) = self.known(location_id) {
            let outputs = {
                let mut core = lock(&board.core);
                let own = core.epoch().cloned().unwrap_or_default();
                core.ring(if epoch.is_empty() { &own } else { epoch }, seq)
            };
            self.act(&board, outputs);
        }
    }

    /// The history that a location's board belongs to; empty where there is none to ask.
    pub fn epoch(&self, location_id: LocationId) -> Arc<str> {
        self.known(location_id).and_then(|board| lock(&board.core).epoch().cloned()).unwrap_or_default()
    }

    /// Locations with a board, and where each stands: what the poll asks about.
    pub fn asked(&self) -> Vec<(LocationId, Seq)> {
        let boards = lock(&self.0.boards);
        boards.iter().map(|(location_id, board)| (*location_id, lock(&board.core).head())).collect()
    }

    /// The poll's answer. `asked` is what [`Hub::asked`] said when the question left, at `asked_ms`. Answers whether it
    /// brought news of a board: something that no bell had said.
    pub fn polled(&self, heads: &[Head], asked: &[(LocationId, Seq)], asked_ms: u64) -> bool {
        let mut is_news = false;
        let asked: HashMap<LocationId, Seq> = asked.iter().copied().collect();
        for head in heads {
            let Some(asked_at) = asked.get(&head.location_id) else { continue };
            if let Some(board) = self.known(head.location_id) {
                let (outputs, stands_at) = {
                    let mut core = lock(&board.core);
                    (core.polled(&head.epoch, head.seq.0, *asked_at, asked_ms), core.head())
                };
                board.stamps.polled(head.seq.0, stands_at, asked_ms);
                let reads = outputs.iter().any(|output| matches!(output, Output::Read { .. }));
                if reads && 0 < *asked_at && *asked_at < head.seq.0 {
                    is_news = true;
                    self.0.metrics.rings.poll.inc();
                }
                self.act(&board, outputs);
            }
        }
        is_news
    }

    /// Time passes: views and boards that nobody looks at are forgotten.
    pub fn tick(&self) {
        let now_ms = self.watch_ms();
        lock(&self.0.boards).retain(|_, board| {
            let mut core = lock(&board.core);
            core.tick(now_ms);
            lock(&board.callers).retain(|_, callers| callers.have_screens());
            let idle = core.idle_since().is_some_and(|since| since.saturating_add(BOARD_IDLE_MS) <= now_ms);
            // Somebody else who holds it is just arriving: a board that left the list is never rung again.
            !idle || 1 < Arc::strong_count(board)
        });
    }

    /// A screen comes. Waits for the database when the screen knows more than we do.
    pub async fn attach(&self, location_id: LocationId, ask: &Ask<View>) -> Result<Arrival, Busy> {
        let board = self.board(location_id);
        let ask = &ask.meant();
        let mut settled = board.settled.subscribe();
        let mut waited = None;
        loop {
            settled.mark_unchanged();
            let (attached, outputs) = lock(&board.core).attach(ask, waited, self.watch_ms());
            self.act(&board, outputs);
            match attached {
                Attached::Live(cursor) => {
                    let cursor = Some(cursor);
                    return Ok(Arrival::Live(Attachment { hub: self.clone(), board, cursor }));
                }
                Attached::Reset(why) => {
                    let core = lock(&board.core);
                    let epoch = ask.view.told(core.epoch().cloned().unwrap_or_default());
                    return Ok(Arrival::Reset { epoch, seq: core.head(), why });
                }
                Attached::Wait(waiting) => waited = Some(waiting),
            }
            wait(&mut settled).await?;
        }
    }

    /// A view's cards, for a snapshot or a screen that polls.
    pub async fn snapshot(
        &self,
        location_id: LocationId,
        ask: &Ask<View>,
    ) -> Result<Snapshot<Message>, Busy> {
        self.look(location_id, ask, |_| ()).await.map(|(snapshot, ())| snapshot)
    }

    /// A view's articles with the rows they were drawn from, of the same moment: for a page that arranges them.
    pub async fn page(
        &self,
        location_id: LocationId,
        view: &View,
    ) -> Result<(Snapshot<Message>, Vec<Card>), Busy> {
        let ask = Ask { view: view.clone(), epoch: None, since: 0 };
        self.look(location_id, &ask, |core| core.rows(view).cloned().collect()).await
    }

    async fn look<T>(
        &self,
        location_id: LocationId,
        ask: &Ask<View>,
        take: impl Fn(&Core<Kitchen>) -> T,
    ) -> Result<(Snapshot<Message>, T), Busy> {
        let board = self.board(location_id);
        let ask = &ask.meant();
        let mut settled = board.settled.subscribe();
        // Late is better than never: who draws after a second draws what there is.
        let _ = timeout(WAIT_MAX, own_commands(&board, &mut settled)).await;
        let mut waited = None;
        loop {
            settled.mark_unchanged();
            let (shown, outputs) = {
                let mut core = lock(&board.core);
                let (shown, outputs) = core.snapshot(ask, waited, self.watch_ms());
                let shown = match shown {
                    Shown::Ready(mut snapshot) => {
                        snapshot.epoch = ask.view.told(snapshot.epoch);
                        Ok((snapshot, take(&core)))
                    }
                    Shown::Wait(waiting) => Err(waiting),
                };
                (shown, outputs)
            };
            self.act(&board, outputs);
            match shown {
                Ok(shown) => return Ok(shown),
                Err(waiting) => waited = Some(waiting),
            }
            wait(&mut settled).await?;
        }
    }

    /// Receipts that screens gave since the last call.
    pub fn take_receipts(&self) -> Vec<(LocationId, Receipt)> {
        std::mem::take(&mut *lock(&self.0.receipts))
    }

    /// Receipts that wait to be written, again or for the first time.
    pub fn keep_receipts(&self, receipts: impl IntoIterator<Item = (LocationId, Receipt)>) {
        let mut waiting = lock(&self.0.receipts);
        let room = RECEIPTS_MAX.saturating_sub(waiting.len());
        waiting.extend(receipts.into_iter().take(room));
    }

    pub(super) fn known(&self, location_id: LocationId) -> Option<Arc<Board>> {
        lock(&self.0.boards).get(&location_id).map(Arc::clone)
    }

    pub(super) fn boards(&self) -> Vec<Arc<Board>> {
        lock(&self.0.boards).values().map(Arc::clone).collect()
    }

    fn board(&self, location_id: LocationId) -> Arc<Board> {
        let mut boards = lock(&self.0.boards);
        let board = boards.entry(location_id).or_insert_with(|| {
            Arc::new(Board {
                location_id,
                core: Mutex::new(Core::new(Limits::default(), self.watch_ms())),
                callers: Mutex::new(HashMap::new()),
                stamps: Stamps::default(),
                settled: watch::Sender::new(()),
                rung: Mutex::new((Arc::from(""), 0)),
            })
        });
        Arc::clone(board)
    }

    /// Does what a core asks for.
    fn act(&self, board: &Arc<Board>, outputs: Vec<Output<View>>) {
        for output in outputs {
            match output {
                Output::Read { since } => {
                    tokio::spawn(read(self.clone(), Arc::clone(board), since));
                }
                Output::Wake(view) => {
                    if let Some(callers) = lock(&board.callers).get(&view) {
                        callers.wake();
                    }
                }
                Output::Settle => {
                    board.settled.send_replace(());
                }
                Output::ResetAll => {
                    for callers in lock(&board.callers).values() {
                        callers.wake();
                    }
                }
            }
        }
    }
}
