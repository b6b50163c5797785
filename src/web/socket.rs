//! `GET /board/{view}/live`: the socket. See docs/board-protocol.md.
//!
//! One task a socket, one cursor, no queue: the task sleeps until its view has a frame, writes all that it has
//! coming in one go, and closes a screen that takes nothing for ten seconds.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use bytes::Bytes;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

use super::assets::BUILD;
use super::auth::{Holder, SignedIn};
use super::boards::{Asked, view_for};
use super::error::{AppError, Result};
use super::extract::Path;
use super::security;
use super::sockets::Place;
use super::state::App;
use crate::board::attachment::Attachment;
use crate::board::core::{Ask, Frame, Pull, Why};
use crate::board::hub::{Arrival, Hub};
use crate::board::picture::View;
use crate::board::wire::{BEAT_MS, CLIENT_MESSAGE_BYTES_MAX, Heard, SUBPROTOCOL, Said, encode_frame};

/// No write gets through for so long: the screen is as good as gone.
const STALLED_AFTER: Duration = Duration::from_secs(10);
/// No word from the screen for so long: it is gone.
const SILENT_AFTER: Duration = Duration::from_secs(45);
/// Messages of a client in one second, at most.
const MESSAGES_A_SECOND_MAX: u32 = 10;
/// The window in which reset screens spread their requests.
const RESET_WITHIN_MS: u64 = 800;
/// A station's session is prolonged this often while it beats.
const PROLONG_EVERY: Duration = Duration::from_hours(1);

/// Why the server closes. Codes from 4400 on are ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Close {
    Restart,
    Overloaded,
    SignIn,
    NoProgress,
    Protocol,
}

impl Close {
    fn code(self) -> u16 {
        match self {
            Self::Restart => 1012,
            Self::Overloaded => 1013,
            Self::SignIn => 4401,
            Self::NoProgress => 4408,
            Self::Protocol => 4409,
        }
    }
}

/// `GET /board/{view}/live?epoch=E&since=N&build=B`. Refused before the upgrade: a foreign page, nobody signed in,
/// a view that is not theirs, too many sockets.
pub async fn live(
    screen: SignedIn,
    Path(name): Path<String>,
    State(app): State<App>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Result<Response> {
    if !security::upgrade_is_ours(&headers) {
        return Err(AppError::CrossSite);
    }
    let view = view_for(&app, &screen, &name).await?;
    let (of_session, of_location) = (app.settings.sockets_per_session, app.settings.sockets_per_location);
    let place = app
        .sockets
        .enter(&screen.holder_name(), screen.who.location_id, of_session, of_location)
        .ok_or(AppError::TooMany { retry_after_s: 10 })?;
    let ask = asked.ask(view);
    Ok(upgrade
        .protocols([SUBPROTOCOL])
        .read_buffer_size(1024)
        .write_buffer_size(0)
        .max_write_buffer_size(2 * 1024 * 1024)
        .max_message_size(CLIENT_MESSAGE_BYTES_MAX)
        .max_frame_size(CLIENT_MESSAGE_BYTES_MAX)
        .on_upgrade(move |socket| serve(app, screen, ask, socket, place)))
}

/// One socket, from hello to close.
async fn serve(app: App, screen: SignedIn, ask: Ask<View>, mut socket: WebSocket, place: Place) {
    let close = match Line::open(&app, &screen, ask, &mut socket).await {
        Ok(mut line) => line.run(&mut socket).await,
        Err(close) => Some(close),
    };
    drop(place);
    if let Some(close) = close {
        let frame = CloseFrame { code: close.code(), reason: Utf8Bytes::default() };
        let _ = timeout(Duration::from_secs(1), socket.send(Message::Close(Some(frame)))).await; // it may be gone
    }
}

/// A screen's line: what it is attached to, and how it behaves.
struct Line<'app> {
    app: &'app App,
    screen: &'app SignedIn,
    view: View,
    attachment: Option<Attachment>,
    heard_at: Instant,
    messages: u32,
    messages_since: Instant,
    prolonged_at: Instant,
}

type Going<T = ()> = std::result::Result<T, Option<Close>>;

impl<'app> Line<'app> {
    async fn open(
        app: &'app App,
        screen: &'app SignedIn,
        ask: Ask<View>,
        socket: &mut WebSocket,
    ) -> std::result::Result<Self, Close> {
        let now = Instant::now();
        let mut line = Self {
            app,
            screen,
            view: ask.view.clone(),
            attachment: None,
            heard_at: now,
            messages: 0,
            messages_since: now,
            prolonged_at: now,
        };
        match line.attach(ask, socket).await {
            Ok(()) => Ok(line),
            Err(close) => Err(close.unwrap_or(Close::NoProgress)),
        }
    }

    /// Puts the cursor where the screen stands, and says hello: what was sent before it was counted from elsewhere,
    /// and a screen that comes from a snapshot takes none of it.
    async fn attach(&mut self, ask: Ask<View>, socket: &mut WebSocket) -> Going {
        self.attachment = None;
        let arrival = self
            .app
            .hub
            .attach(self.screen.who.location_id, &ask)
            .await
            .map_err(|_| Some(Close::Overloaded))?;
        let (epoch, seq, reset) = match arrival {
            Arrival::Live(attachment) => {
                let (epoch, seq) = attachment.standing();
                self.attachment = Some(attachment);
                (epoch, seq, None)
            }
            Arrival::Reset { epoch, seq, why } => (epoch, seq, Some(why)),
        };
        let hello =
            Said::Hello { epoch: &epoch, seq, beat_ms: BEAT_MS, now_ms: self.app.hub.now_ms(), build: BUILD };
        send(socket, hello.encode()).await?;
        match reset {
            Some(why) => self.reset(&epoch, why, socket).await,
            None => self.deliver(socket).await,
        }
    }

    async fn reset(&mut self, epoch: &str, why: Why, socket: &mut WebSocket) -> Going {
        self.attachment = None;
        send(socket, Said::Reset { epoch, why: why.as_str(), within_ms: RESET_WITHIN_MS }.encode()).await
    }

    /// Everything that the screen has coming.
    async fn deliver(&mut self, socket: &mut WebSocket) -> Going {
        let Some(attachment) = &mut self.attachment else {
            return Ok(());
        };
        match attachment.pull() {
            Pull::Idle => Ok(()),
            Pull::Frames(frames) => send_frames(socket, &frames, &self.app.hub).await,
            Pull::Reset(why) => {
                let (epoch, _) = attachment.standing();
                self.reset(&epoch, why, socket).await
            }
        }
    }

    /// Until either side ends it. Answers what to close with; nothing when the screen is gone already.
    async fn run(&mut self, socket: &mut WebSocket) -> Option<Close> {
        let mut stopping = self.app.stopping.clone();
        let beat = Duration::from_millis(BEAT_MS);
        let mut beats = interval_at(Instant::now() + beat, beat);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let going = tokio::select! {
                message = socket.recv() => match message {
                    Some(Ok(message)) => self.hear(message, socket).await,
                    // Too long, or no WebSocket any more: whoever still listens is told.
                    Some(Err(_)) => Err(Some(Close::Protocol)),
                    None => Err(None),
                },
                () = woken(&mut self.attachment) => self.deliver(socket).await,
                _ = beats.tick() => self.beat(socket).await,
                () = stopped(&mut stopping) => Err(Some(Close::Restart)),
            };
            if let Err(close) = going {
                return close;
            }
        }
    }

    async fn beat(&mut self, socket: &mut WebSocket) -> Going {
        if self.heard_at.elapsed() > SILENT_AFTER {
            return Err(Some(Close::NoProgress));
        }
        self.still_signed_in().await?;
        // What is coming first: a beat goes only to a screen that lacks nothing, and a screen that hears no beat on a
        // busy board would say nothing, and be taken for gone.
        self.deliver(socket).await?;
        let Some(beat) = self.attachment.as_ref().and_then(Attachment::beat) else {
            return Ok(());
        };
        let Some(proved_ms) = beat.proved_ms else {
            return Ok(());
        };
        let checked_ms = self.app.hub.watch_ms().saturating_sub(proved_ms);
        let now_ms = self.app.hub.now_ms();
        let said = Said::Beat { from: beat.from, seq: beat.seq, checked_ms, now_ms, sum: beat.sum };
        send(socket, said.encode()).await
    }

    /// Revocation closes a screen within a beat. While the database is away nobody is signed out.
    async fn still_signed_in(&self) -> Going {
        let holds = match &self.screen.holder {
            Holder::Session(Some(id)) => self.app.session_holds(*id).await,
            Holder::Session(None) => true,
            Holder::Token(hash) => self.app.token_holds(hash).await,
        };
        if holds { Ok(()) } else { Err(Some(Close::SignIn)) }
    }

    async fn hear(&mut self, message: Message, socket: &mut WebSocket) -> Going {
        let text = match message {
            Message::Text(text) => text,
            Message::Ping(_) | Message::Pong(_) => return Ok(()), // answered below us
            Message::Close(_) => return Err(None),
            Message::Binary(_) => return Err(Some(Close::Protocol)),
        };
        self.heard_at = Instant::now();
        if self.messages_since.elapsed() >= Duration::from_secs(1) {
            (self.messages, self.messages_since) = (0, self.heard_at);
        }
        self.messages += 1;
        if self.messages > MESSAGES_A_SECOND_MAX {
            return Err(Some(Close::Protocol));
        }
        match Heard::parse(&text).ok_or(Some(Close::Protocol))? {
            Heard::Here => {
                self.prolong().await;
                Ok(())
            }
            Heard::Ack { seq, but } => {
                if let Some(attachment) = &self.attachment {
                    attachment.ack(seq, &but);
                }
                Ok(())
            }
            Heard::Attach { epoch, since } => {
                let ask = Ask { view: self.view.clone(), epoch: Some(epoch.into()), since };
                self.attach(ask, socket).await
            }
        }
    }

    /// A session that is bound to a station does not end while its screen beats.
    async fn prolong(&mut self) {
        let Holder::Session(Some(id)) = &self.screen.holder else {
            return;
        };
        if self.screen.who.station.is_some() && self.prolonged_at.elapsed() > PROLONG_EVERY {
            self.prolonged_at = Instant::now();
            self.app.prolong_station(*id).await;
        }
    }
}

async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // An error means that the one who would tell is gone: then the program is ending too.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

async fn woken(attachment: &mut Option<Attachment>) {
    match attachment {
        Some(attachment) => attachment.woken().await,
        None => std::future::pending().await,
    }
}

/// Several frames in one write: fed one by one, flushed once.
async fn send_frames(socket: &mut WebSocket, frames: &[Arc<Frame<Bytes>>], hub: &Hub) -> Going {
    use futures_util::SinkExt as _;
    let writing = async {
        for frame in frames {
            let bytes = frame.wire(|frame| encode_frame(frame, hub.now_ms())).clone();
            socket.feed(text(bytes)).await?;
        }
        socket.flush().await
    };
    finish(&timeout(STALLED_AFTER, writing).await)
}

async fn send(socket: &mut WebSocket, bytes: Bytes) -> Going {
    finish(&timeout(STALLED_AFTER, socket.send(text(bytes))).await)
}

fn finish(
    written: &std::result::Result<std::result::Result<(), axum::Error>, tokio::time::error::Elapsed>,
) -> Going {
    match written {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(None),
        Err(_) => Err(Some(Close::NoProgress)),
    }
}

/// Our own bytes are JSON and HTML that was a string: always UTF-8.
fn text(bytes: Bytes) -> Message {
    Message::Text(Utf8Bytes::try_from(bytes).unwrap_or_default())
}
