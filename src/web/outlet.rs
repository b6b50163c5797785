//! A screen's socket and what it has coming, shared by the screen's own task and the callers of its view.
//!
//! Whoever finds something to write writes it: a caller when the board has moved, the screen's task for everything
//! else. Only the task waits. A caller that finds the line full leaves the rest to it, and until the task has written
//! that rest nothing new is pulled: a slow screen gets fewer, fresher frames, and no queue of its own.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use axum::extract::ws::{Message, Utf8Bytes, WebSocket};
use bytes::Bytes;
use futures_util::{Sink as _, Stream as _};
use tokio::sync::Notify;

use super::sockets::Watcher;
use crate::board::attachment::Attachment;
use crate::board::callers::Screen;
use crate::board::core::{Pull, Seq, Why};
use crate::board::hub::Hub;
use crate::board::wire::{BEAT_MS, Said, encode_frame};
use crate::metrics::{Metrics, seconds};

/// The window in which reset screens spread their requests.
const RESET_WITHIN_MS: u64 = 800;

/// Room for so many frames is kept between pulls; what a burst took is given back.
const UNSENT_KEPT: usize = 4;

/// A screen's socket.
pub(super) struct Outlet {
    hub: Hub,
    watcher: Arc<Watcher>,
    open: Mutex<Open>,
    /// A caller was here and could not finish.
    left_over: Notify,
}

struct Open {
    socket: WebSocket,
    attachment: Option<Attachment>,
    /// What was said and pulled and is not with the socket yet.
    unsent: VecDeque<Bytes>,
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

/// The other side is gone.
#[derive(Debug)]
pub(super) struct Gone;

impl Outlet {
    pub(super) fn new(socket: WebSocket, hub: Hub, watcher: Arc<Watcher>) -> Self {
        let unsent = VecDeque::new();
        let open = Open { socket, attachment: None, unsent, full: false, pulled: None, unconfirmed: None };
        Self { hub, watcher, open: Mutex::new(open), left_over: Notify::new() }
    }

    /// The next message of the screen; none when it is gone.
    pub(super) async fn hear(&self) -> Option<Result<Message, axum::Error>> {
        poll_fn(|context| Pin::new(&mut self.open().socket).poll_next(context)).await
    }

    /// Waits until a caller left something to the screen's task.
    pub(super) async fn left_over(&self) {
        self.left_over.notified().await;
    }

    /// Says hello: from now on the screen stands where the attachment does, or is told to start over. What was sent
    /// before is counted from elsewhere, and a screen that comes from a snapshot takes none of it.
    pub(super) fn greet(&self, hello: &Said<'_>, arrival: Result<Attachment, Bytes>) {
        let mut open = self.open();
        open.unconfirmed = None;
        open.unsent.push_back(hello.encode());
        match arrival {
            Ok(attachment) => open.attachment = Some(attachment),
            Err(reset) => open.unsent.push_back(reset),
        }
    }

    /// The screen stands nowhere any more.
    pub(super) fn detach(&self) {
        self.open().attachment = None;
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
        open.unsent.push_back(said.encode());
    }

    /// Asks the screen to change over to another process: to be delivered after all that it has coming.
    pub(super) fn drain(&self, within_ms: u64) {
        self.open().unsent.push_back(Said::Drain { within_ms }.encode());
    }

    /// Says the last word.
    pub(super) async fn close(&self, code: u16) -> Result<(), Gone> {
        use axum::extract::ws::CloseFrame;
        self.detach();
        let mut last = Some(Message::Close(Some(CloseFrame { code, reason: Utf8Bytes::default() })));
        poll_fn(|context| {
            let mut open = self.open();
            ready!(open.write(self, context))?;
            if let Some(last) = last.take() {
                Pin::new(&mut open.socket).start_send(last).map_err(|_| Gone)?;
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
        if self.unsent.is_empty()
            && !self.full
            && let Some(attachment) = &mut self.attachment
        {
            match attachment.pull() {
                Pull::Idle => {}
                Pull::Frames(frames) => {
                    let metrics = hub.metrics();
                    let encoded = frames.iter().map(|frame| {
                        frame.wire(|frame| {
                            metrics.frames_rendered.inc();
                            encode_frame(frame, hub.now_ms())
                        })
                    });
                    self.unsent.extend(encoded.cloned());
                    metrics.frames_written.inc_by(frames.len() as u64);
                    if let (Some(oldest), Some(newest)) = (frames.first(), frames.last()) {
                        metrics.catch_ups.inc_by(u64::from(oldest.all.is_some()));
                        let committed_us = attachment.committed_us(oldest.seq);
                        self.pulled = Some(Pulled { seq: newest.seq, committed_us });
                    }
                }
                Pull::Reset(why) => {
                    count_reset(hub.metrics(), why);
                    self.unsent.push_back(reset(&attachment.standing().0, why.as_str()));
                    self.attachment = None;
                }
            }
        }
        !self.unsent.is_empty()
    }

    /// Hands everything to the network, in as few writes as it takes.
    fn write(&mut self, outlet: &Outlet, context: &mut Context<'_>) -> Poll<Result<(), Gone>> {
        self.full = true; // unless we come to the end
        let mut socket = Pin::new(&mut self.socket);
        while !self.unsent.is_empty() {
            ready!(socket.as_mut().poll_ready(context)).map_err(|_| Gone)?;
            if let Some(bytes) = self.unsent.pop_front() {
                outlet.hub.metrics().bytes_written.inc_by(bytes.len() as u64);
                socket.as_mut().start_send(text(bytes)).map_err(|_| Gone)?;
            }
        }
        ready!(socket.poll_flush(context)).map_err(|_| Gone)?;
        self.full = false;
        self.unsent.shrink_to(UNSENT_KEPT);
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

/// A screen starts over.
pub(super) fn count_reset(metrics: &Metrics, why: Why) {
    match why {
        Why::Epoch => metrics.resets.epoch.inc(),
        Why::Behind => metrics.resets.behind.inc(),
        Why::Slow => metrics.resets.slow.inc(),
    }
}

/// Fetch the snapshot, after a random part of a short while.
pub(super) fn reset(epoch: &str, why: &str) -> Bytes {
    Said::Reset { epoch, why, within_ms: RESET_WITHIN_MS }.encode()
}

/// Our own bytes are JSON and HTML that was a string: always UTF-8.
fn text(bytes: Bytes) -> Message {
    Message::Text(Utf8Bytes::try_from(bytes).unwrap_or_default())
}

/// What opens a socket.
pub(super) fn hello<'a>(hub: &Hub, epoch: &'a str, seq: i64, build: &'a str) -> Said<'a> {
    Said::Hello { epoch, seq, beat_ms: BEAT_MS, now_ms: hub.now_ms(), build }
}
