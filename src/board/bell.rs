//! The doorbell between processes: a commit here is heard there within a millisecond, through Redis.
//!
//! A ring says which board moved, in which history and to which turn, and nothing else: whoever can publish cannot
//! paint a card, and two builds may run side by side. Nothing waits for Redis and nothing is lost with it: rings may
//! be dropped, doubled or late, and the poll finds within a quarter second what the bell did not say. So there is one
//! rule here: never slow anybody down.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig, SendError};
use redis::{Client, ErrorKind, PushInfo, PushKind, RedisError, Value};
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::core::Seq;
use super::hub::Hub;
use crate::domain::ids::LocationId;

/// Rings that may wait for Redis. More is no use: each board's newest is what counts.
const RINGS_MAX: usize = 1024;
/// Rings that go out at once, at most.
const RINGS_AT_ONCE: usize = 128;
/// What Redis has not answered by then is given up: the poll is quicker.
const ANSWERS_WITHIN: Duration = Duration::from_millis(500);
/// What a line that is being laid anew gets.
const LAID_WITHIN: Duration = Duration::from_secs(2);
/// How often Redis is asked whether it is still there.
const PING_EVERY: Duration = Duration::from_secs(2);
/// The longest pause while Redis is away.
const PAUSE_MAX: Duration = Duration::from_secs(1);
/// Polls in a row that knew before the bell: the line is up and mute.
const BEATEN_MAX: u32 = 3;

/// The bell of this process. Without Redis it is still, and nothing is missing: there is one process.
#[derive(Clone, Default)]
pub struct Bell(Option<Arc<Hung>>);

struct Hung {
    rings: mpsc::Sender<Ring>,
    boards: watch::Sender<BTreeSet<LocationId>>,
    heard: Arc<Heard>,
    /// They end with the bell.
    _tasks: JoinSet<()>,
}

/// What the listener knows of the line.
#[derive(Default)]
struct Heard {
    is_up: AtomicBool,
    beaten: AtomicU32,
    mute: Notify,
}

struct Ring {
    location_id: LocationId,
    epoch: Arc<str>,
    seq: Seq,
}

/// How the bell hangs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BellState {
    /// There is no Redis to ring through.
    Alone,
    /// Other processes are heard.
    Up,
    /// Redis is away: the poll does its work, a quarter second later.
    Away,
}

impl std::fmt::Debug for Bell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Bell").field(&self.state()).finish()
    }
}

impl Bell {
    /// Hangs the bell: rings of other processes reach that hub, and [`Bell::ring`] reaches theirs. That Redis is away
    /// is no error: it is listened for until it is there. `redis` speaks RESP3.
    pub fn hang(redis: &Client, prefix: &str, hub: Hub) -> Self {
        let (rings, rung) = mpsc::channel(RINGS_MAX);
        let (boards, wanted) = watch::channel(BTreeSet::new());
        let heard = Arc::new(Heard::default());
        let channels = Channels(format!("{prefix}:board:").into());
        let listener =
            Listener { redis: redis.clone(), channels: channels.clone(), heard: Arc::clone(&heard), hub };
        let mut tasks = JoinSet::new();
        tasks.spawn(publish(redis.clone(), channels, rung));
        tasks.spawn(listener.listen(wanted));
        Self(Some(Arc::new(Hung { rings, boards, heard, _tasks: tasks })))
    }

    /// Tells the other processes. Never waits: a ring that finds no room is left to their poll.
    pub fn ring(&self, location_id: LocationId, epoch: Arc<str>, seq: Seq) {
        if let Some(hung) = &self.0 {
            let _ = hung.rings.try_send(Ring { location_id, epoch, seq });
        }
    }

    /// The boards of this process: only they are listened for.
    pub fn listen_for(&self, boards: impl Iterator<Item = LocationId>) {
        if let Some(hung) = &self.0 {
            let boards: BTreeSet<_> = boards.collect();
            hung.boards.send_if_modified(|wanted| {
                let moved = *wanted != boards;
                *wanted = boards;
                moved
            });
        }
    }

    /// A poll knew something before the bell said it. Now and then that is chance; three times in a row it is a line
    /// that is up and mute, and it is laid anew.
    pub fn was_beaten(&self) {
        if let Some(hung) = &self.0
            && hung.heard.beaten.fetch_add(1, Ordering::Relaxed) + 1 == BEATEN_MAX
        {
            hung.heard.mute.notify_one();
        }
    }

    /// How it hangs.
    pub fn state(&self) -> BellState {
        match &self.0 {
            None => BellState::Alone,
            Some(hung) if hung.heard.is_up.load(Ordering::Relaxed) => BellState::Up,
            Some(_) => BellState::Away,
        }
    }
}

/// What channels are called, up to the board's location.
#[derive(Clone)]
struct Channels(Arc<str>);

impl Channels {
    fn of(&self, location_id: LocationId) -> String {
        format!("{}{location_id}", self.0)
    }

    /// What was published: whose board, in which history (empty: the publisher does not know), to which turn.
    fn read(&self, push: &PushInfo) -> Option<Ring> {
        let [Value::BulkString(channel), Value::BulkString(message)] = push.data.as_slice() else {
            return None;
        };
        let location_id = std::str::from_utf8(channel).ok()?.strip_prefix(&*self.0)?;
        let (epoch, seq) = std::str::from_utf8(message).ok()?.split_once(' ')?;
        Some(Ring { location_id: location_id.parse().ok()?, epoch: epoch.into(), seq: seq.parse().ok()? })
    }
}

/// Lets rings out, the newest of each board, as fast as Redis takes them.
async fn publish(redis: Client, channels: Channels, mut rung: mpsc::Receiver<Ring>) {
    let mut line = match ConnectionManager::new_lazy_with_config(redis, patient()) {
        Ok(line) => line,
        Err(err) => {
            return tracing::error!(error = &err as &dyn std::error::Error, "the bell cannot be rung");
        }
    };
    let mut rings = Vec::with_capacity(RINGS_AT_ONCE);
    while rung.recv_many(&mut rings, RINGS_AT_ONCE).await > 0 {
        let mut pipeline = redis::pipe();
        for (location_id, ring) in newest(rings.drain(..)) {
            pipeline.publish(channels.of(location_id), format!("{} {}", ring.epoch, ring.seq)).ignore();
        }
        // The first word after an outage fails, and lays the line anew.
        for _ in 0..2 {
            if matches!(timeout(ANSWERS_WITHIN, pipeline.exec_async(&mut line)).await, Ok(Ok(()))) {
                break;
            }
        }
    }
}

/// The newest ring of each board. Commands that commit close together may ring in another order than they committed in.
fn newest(rings: impl Iterator<Item = Ring>) -> HashMap<LocationId, Ring> {
    let mut newest: HashMap<LocationId, Ring> = HashMap::new();
    for ring in rings {
        let is_older = |held: &Ring| held.epoch == ring.epoch && ring.seq < held.seq;
        if !newest.get(&ring.location_id).is_some_and(is_older) {
            newest.insert(ring.location_id, ring);
        }
    }
    newest
}

struct Listener {
    redis: Client,
    channels: Channels,
    heard: Arc<Heard>,
    hub: Hub,
}

impl Listener {
    /// Listens for as long as the bell hangs: a line that fails, or is mute, is laid anew.
    async fn listen(self, mut boards: watch::Receiver<BTreeSet<LocationId>>) {
        let mut is_told = false;
        loop {
            let Err(err) = self.hear(&mut boards, &mut is_told).await else { continue };
            self.heard.is_up.store(false, Ordering::Relaxed);
            if !std::mem::replace(&mut is_told, true) {
                let error = &err as &dyn std::error::Error;
                tracing::warn!(error, "Redis is away: other processes are heard a quarter second late");
            }
            sleep(PAUSE_MAX).await;
        }
    }

    /// Until the line fails, or is found to be mute. `is_told`: somebody who reads the log believes that it is down.
    async fn hear(
        &self,
        boards: &mut watch::Receiver<BTreeSet<LocationId>>,
        is_told: &mut bool,
    ) -> Result<(), RedisError> {
        let config = patient().set_push_sender(self.ear()).set_automatic_resubscription();
        let mut line = in_time(ConnectionManager::new_with_config(self.redis.clone(), config)).await?;
        let mut known: BTreeSet<LocationId> = BTreeSet::new();
        boards.mark_changed();
        loop {
            tokio::select! {
                // An error would mean that nobody holds the bell any more: then this task ends too.
                _ = boards.changed() => {
                    let wanted = boards.borrow_and_update().clone();
                    for location_id in wanted.difference(&known) {
                        in_time(line.subscribe(self.channels.of(*location_id))).await?;
                    }
                    for location_id in known.difference(&wanted) {
                        in_time(line.unsubscribe(self.channels.of(*location_id))).await?;
                    }
                    known = wanted;
                }
                () = self.heard.mute.notified() => {
                    tracing::warn!("Redis is there and says nothing: the line is laid anew");
                    self.heard.beaten.store(0, Ordering::Relaxed);
                    return Ok(());
                }
                () = sleep(PING_EVERY) => in_time(redis::cmd("PING").exec_async(&mut line)).await?,
            }
            self.heard.is_up.store(true, Ordering::Relaxed);
            if std::mem::take(is_told) {
                tracing::info!("Redis is back");
            }
        }
    }

    /// What hears the line. It tells the hub itself: there is no queue that could grow.
    fn ear(&self) -> impl Fn(PushInfo) -> Result<(), SendError> + Send + Sync + 'static {
        let (heard, channels, hub) = (Arc::clone(&self.heard), self.channels.clone(), self.hub.clone());
        move |push| {
            match push.kind {
                PushKind::Message => {
                    if let Some(ring) = channels.read(&push) {
                        heard.beaten.store(0, Ordering::Relaxed);
                        hub.rung_elsewhere(ring.location_id, &ring.epoch, ring.seq);
                    }
                }
                PushKind::Disconnection => heard.is_up.store(false, Ordering::Relaxed),
                _ => {}
            }
            Ok(())
        }
    }
}

async fn in_time<T>(answer: impl Future<Output = Result<T, RedisError>>) -> Result<T, RedisError> {
    timeout(LAID_WITHIN, answer).await.unwrap_or_else(|_| Err((ErrorKind::Io, "no answer in time").into()))
}

/// How a line to Redis behaves: it comes back by itself, however long Redis was away.
pub fn patient() -> ConnectionManagerConfig {
    ConnectionManagerConfig::new()
        .set_number_of_retries(usize::MAX)
        .set_min_delay(Duration::from_millis(50))
        .set_max_delay(PAUSE_MAX)
        .set_connection_timeout(Some(PAUSE_MAX))
        .set_response_timeout(Some(ANSWERS_WITHIN))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(channel: &str, message: &str) -> PushInfo {
        let data = [channel, message].map(|text| Value::BulkString(text.as_bytes().to_vec())).to_vec();
        PushInfo { kind: PushKind::Message, data }
    }

    #[test]
    fn a_ring_says_whose_board_moved_and_nothing_else_is_believed() {
        let (channels, here) = (Channels("house:board:".into()), LocationId::new());
        let ring = channels.read(&push(&channels.of(here), "e1 7"));
        assert_eq!(
            ring.map(|ring| (ring.location_id, ring.epoch.to_string(), ring.seq)),
            Some((here, "e1".into(), 7))
        );
        let of_unknown_history = channels.read(&push(&channels.of(here), " 7"));
        assert_eq!(of_unknown_history.map(|ring| ring.epoch.to_string()), Some(String::new()));
        for message in ["", "7", "e1", "e1 x", "e1 7 8", "<b>e1</b>"] {
            assert!(channels.read(&push(&channels.of(here), message)).is_none(), "{message:?}");
        }
        assert!(channels.read(&push("other:board:x", "e1 7")).is_none());
    }

    #[test]
    fn of_many_rings_the_newest_of_each_board_goes_out_in_whatever_order_they_came() {
        let (here, there) = (LocationId::new(), LocationId::new());
        let ring = |location_id, epoch: &str, seq| Ring { location_id, epoch: epoch.into(), seq };
        let rings = [ring(here, "e1", 8), ring(there, "e1", 3), ring(here, "e1", 7)];
        let out = newest(rings.into_iter());
        assert_eq!((out[&here].seq, out[&there].seq), (8, 3));
        let restored = newest([ring(here, "e1", 8), ring(here, "e2", 2)].into_iter());
        assert_eq!((&*restored[&here].epoch, restored[&here].seq), ("e2", 2), "another history begins lower");
    }
}
