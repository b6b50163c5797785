//! A screen's socket and what it has coming, shared by the screen's own task and the callers of its view.
//!
//! Whoever finds something to write writes it: a caller when the board has moved, the screen's task for everything
//! else. Only the task waits. A caller that finds the line full leaves the rest to it, and until the task has written
//! that rest nothing new is pulled: a slow screen gets fewer, fresher frames, and no queue of its own.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::pipe::{Gone, Socket};
use super::sockets::Watcher;
use crate::board::attachment::Attachment;
use crate::board::callers::Screen;
use crate::board::core::{Pull, Seq, Why};
use crate::board::hub::Hub;
use crate::board::wire::{self, BEAT_MS, Said, encode_frame};
use crate::metrics::{Metrics, seconds};

/// The window in which reset screens spread their requests.
const RESET_WITHIN_MS: u64 = 800;

/// A screen's socket.
pub(super) struct Outlet {
    hub: Hub,
    watcher: Arc<Watcher>,
    open: Mutex<Open>,
    /// A caller was here and could not finish.
    left_over: Notify,
}

struct Open {
    socket: Socket,
    attachment: Option<Attachment>,
    /// The line is full, and the screen's task waits for it: its turn, nobody else's.
    full: bool,
    /// Frames that are on their way to the network.
    pulled: Option<Pulled>,
    /// The first frame that was written after the last one that the screen confirmed, and when.
    unconfirmed: Option<(Seq, u64)>,
}

/// The newest frame of a pull, and when the oldest one's turn was committed, if it was here.
struct Pulled {
    seq: Seq,
    committed_us: Option<u64>,
}

impl Outlet {
    pub(super) fn new(socket: Socket, hub: Hub, watcher: Arc<Watcher>) -> Self {
        let open = Open { socket, attachment: None, full: false, pulled: None, unconfirmed: None };
        Self { hub, watcher, open: Mutex::new(open), left_over: Notify::new() }
    }

    /// The next message of the screen; none when it is gone.
    pub(super) async fn hear(&self) -> Option<Result<Message, Error>> {
        poll_fn(|context| self.open().socket.poll_hear(context)).await
    }

    /// Waits until a caller left something to the screen's task.
    pub(super) async fn left_over(&self) {
        self.left_over.notified().await;
    }

    /// Says hello: from now on the screen stands where the attachment does, or is told to start over. What was sent
    /// before is counted from elsewhere, and a screen that comes from a snapshot takes none of it.
    pub(super) fn greet(&self, hello: &Said<'_>, arrival: Result<Attachment, wire::Message>) {
        let mut open = self.open();
        open.unconfirmed = None;
        put(&mut open.socket, &hello.encode(), self.hub.metrics());
        match arrival {
            Ok(attachment) => open.attachment = Some(attachment),
            Err(reset) => put(&mut open.socket, &reset, self.hub.metrics()),
        }
    }

    /// The screen stands nowhere any more.
    pub(super) fn detach(&self) {
        self.open().attachment = None;
    }

    /// Tells a screen that stands nowhere any more to fetch everything: to be delivered after all that it has coming.
    pub(super) fn start_over(&self, epoch: &str) {
        count_reset(self.hub.metrics(), Why::Epoch);
        put(&mut self.open().socket, &reset(epoch, Why::Epoch.as_str()), self.hub.metrics());
    }

    /// The screen says that every card up to `seq` is painted, but those.
    pub(super) fn ack(&self, seq: Seq, but: Vec<String>) {
        let mut open = self.open();
        let Some(attachment) = &open.attachment else { return };
        attachment.ack(seq, &but);
        if let Some((_, written_us)) = open.unconfirmed.take_if(|(written, _)| *written <= seq) {
            let took_us = self.hub.watch_us().saturating_sub(written_us);
            self.hub.metrics().write_to_ack.observe(seconds(took_us));
        }
        drop(open);
        self.watcher.painted(seq, but, self.hub.now_ms());
    }

    /// Writes all that the screen has coming, and waits while its line is full.
    pub(super) async fn deliver(&self) -> Result<(), Gone> {
        poll_fn(|context| {
            let mut open = self.open();
            // Until nothing is left that could be pulled: a caller that came by meanwhile went away again.
            loop {
                ready!(open.write(self, context))?;
                if !open.has_more(&self.hub) {
                    return Poll::Ready(Ok(()));
                }
            }
        })
        .await
    }

    /// Proof that the screen lacks nothing: to be delivered after all that it has coming.
    pub(super) fn beat(&self) {
        let mut open = self.open();
        open.has_more(&self.hub);
        // A screen that hears no beat on a busy board would say nothing, and be taken for gone: so what is coming goes
        // first, and the beat is counted from there.
        let Some(beat) = open.attachment.as_ref().and_then(Attachment::beat) else { return };
        let Some(proved_ms) = beat.proved_ms else { return };
        let checked_ms = self.hub.watch_ms().saturating_sub(proved_ms);
        let now_ms = self.hub.now_ms();
        let said = Said::Beat { from: beat.from, seq: beat.seq, checked_ms, now_ms, sum: beat.sum };
        put(&mut open.socket, &said.encode(), self.hub.metrics());
    }

    /// Asks the screen to change over to another process: to be delivered after all that it has coming.
    pub(super) fn drain(&self, within_ms: u64) {
        put(&mut self.open().socket, &Said::Drain { within_ms }.encode(), self.hub.metrics());
    }

    /// Says the last word.
    pub(super) async fn close(&self, code: u16) -> Result<(), Gone> {
        self.detach();
        let mut last = Some(code);
        poll_fn(|context| {
            let mut open = self.open();
            ready!(open.write(self, context))?;
            if let Some(last) = last.take() {
                open.socket.put_close(last)?;
            }
            open.write(self, context)
        })
        .await
    }

    /// Somebody who panicked here left a socket that is still good for the last word.
    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Screen for Outlet {
    fn call(&self) {
        let nobody = &mut Context::from_waker(Waker::noop());
        let done = self.open.try_lock().is_ok_and(|mut open| {
            !open.full
                && (!open.has_more(&self.hub) || matches!(open.write(self, nobody), Poll::Ready(Ok(()))))
        });
        if !done {
            self.left_over.notify_one();
        }
    }
}

impl Open {
    /// Pulls, if nothing waits to be written. False if there is nothing to write.
    fn has_more(&mut self, hub: &Hub) -> bool {
        if self.socket.is_empty()
            && !self.full
            && let Some(attachment) = &mut self.attachment
        {
            match attachment.pull() {
                Pull::Idle => {}
                Pull::Frames(frames) => {
                    let metrics = hub.metrics();
                    for frame in &frames {
                        let message = frame.wire(|frame| {
                            metrics.frames_rendered.inc();
                            encode_frame(frame, hub.now_ms())
                        });
                        put(&mut self.socket, message, metrics);
                    }
                    metrics.frames_written.inc_by(frames.len() as u64);
                    if let (Some(oldest), Some(newest)) = (frames.first(), frames.last()) {
                        metrics.catch_ups.inc_by(u64::from(oldest.all.is_some()));
                        let committed_us = attachment.committed_us(oldest.seq);
                        self.pulled = Some(Pulled { seq: newest.seq, committed_us });
                    }
                }
                Pull::Reset(why) => {
                    count_reset(hub.metrics(), why);
                    let reset = reset(&attachment.standing().0, why.as_str());
                    put(&mut self.socket, &reset, hub.metrics());
                    self.attachment = None;
                }
            }
        }
        !self.socket.is_empty()
    }

    /// Hands everything to the network, in as few writes as it takes.
    fn write(&mut self, outlet: &Outlet, context: &mut Context<'_>) -> Poll<Result<(), Gone>> {
        self.full = true; // unless we come to the end
        ready!(self.socket.poll_flush(context))?;
        self.full = false;
        if let Some(pulled) = self.pulled.take() {
            let now_us = outlet.hub.watch_us();
            if let Some(committed_us) = pulled.committed_us {
                let took_us = now_us.saturating_sub(committed_us);
                outlet.hub.metrics().commit_to_write.observe(seconds(took_us));
            }
            self.unconfirmed.get_or_insert((pulled.seq, now_us));
            outlet.watcher.written(pulled.seq);
        }
        Poll::Ready(Ok(()))
    }
}

/// To be written soon.
fn put(socket: &mut Socket, message: &wire::Message, metrics: &Metrics) {
    let framed = message.framed();
    metrics.bytes_written.inc_by(framed.len() as u64);
    socket.put(framed);
}

/// A screen starts over.
pub(super) fn count_reset(metrics: &Metrics, why: Why) {
    match why {
        Why::Epoch => metrics.resets.epoch.inc(),
        Why::Behind => metrics.resets.behind.inc(),
        Why::Slow => metrics.resets.slow.inc(),
    }
}

/// Fetch the snapshot, after a random part of a short while.
pub(super) fn reset(epoch: &str, why: &str) -> wire::Message {
    Said::Reset { epoch, why, within_ms: RESET_WITHIN_MS }.encode()
}

/// What opens a socket.
pub(super) fn hello<'a>(hub: &Hub, epoch: &'a str, seq: i64, build: &'a str) -> Said<'a> {
    Said::Hello { epoch, seq, beat_ms: BEAT_MS, now_ms: hub.now_ms(), build }
}
