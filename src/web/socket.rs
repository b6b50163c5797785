//! `GET /board/{view}/live`: the socket. See docs/board-protocol.md.
//!
//! One task a socket. It sleeps while all goes well: frames are written by the callers of the view (`outlet`).
//! The task hears the screen, sends it beats, writes what a caller could not, and closes a screen that takes nothing
//! for ten seconds.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use tokio::sync::watch;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, timeout};
use tokio_tungstenite::tungstenite::Message;

use super::assets::BUILD;
use super::auth::{Holder, SignedIn};
use super::boards::{Asked, view_for};
use super::error::{AppError, Result};
use super::extract::Path;
use super::outlet::{Outlet, count_reset, hello, reset};
use super::pipe::{Socket, Upgrade};
use super::security;
use super::sockets::{Place, Watcher};
use super::state::{App, Phase};
use crate::board::callers::{Listing, Screen};
use crate::board::core::Ask;
use crate::board::hub::Arrival;
use crate::board::picture::View;
use crate::board::wire::{BEAT_MS, Heard, SUBPROTOCOL};
use crate::config::FailPoint;

/// No write gets through for so long: the screen is as good as gone.
const STALLED_AFTER: Duration = Duration::from_secs(10);
/// No word from the screen for so long: it is gone.
const SILENT_AFTER: Duration = Duration::from_secs(45);
/// The last word gets so long.
const CLOSE_WITHIN: Duration = Duration::from_secs(1);
/// Messages of a client in one second, at most.
const MESSAGES_A_SECOND_MAX: u32 = 10;
/// Beats fall on moments that are so far apart.
const SLOT_MS: u64 = 25;
/// A station's session is prolonged this often while it beats.
const PROLONG_EVERY: Duration = Duration::from_hours(1);

/// Why the server closes. Codes from 4400 on are ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Close {
    Restart,
    Overloaded,
    SignIn,
    Unpaired,
    NoProgress,
    Protocol,
}

impl Close {
    fn code(self) -> u16 {
        match self {
            Self::Restart => 1012,
            Self::Overloaded => 1013,
            Self::SignIn => 4401,
            Self::Unpaired => 4403,
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
    upgrade: Upgrade,
) -> Result<Response> {
    if !security::upgrade_is_ours(&headers) {
        return Err(AppError::CrossSite);
    }
    // A screen that comes to a program which leaves is sent on, to whoever has its address now.
    if *app.phase.borrow() != Phase::Open {
        return Err(AppError::Leaving);
    }
    let view = view_for(&app, &screen, &name).await?;
    let (of_session, of_location) = (app.settings.sockets_per_session, app.settings.sockets_per_location);
    let (who, since) = (screen.who.name.clone(), app.clock.now());
    let watcher = Watcher::new(screen.who.location_id, view.clone(), who, screen.device_id, since);
    let place = app
        .sockets
        .enter(watcher, &screen.holder_name(), of_session, of_location)
        .ok_or(AppError::TooMany { retry_after_s: 10 })?;
    let ask = asked.ask(view);
    Ok(upgrade
        .serve(SUBPROTOCOL, move |socket| Line::new(app, screen, ask.view.clone(), socket, place).serve(ask)))
}

/// A screen's line: what it is attached to, and how it behaves.
struct Line {
    app: App,
    screen: SignedIn,
    outlet: Arc<Outlet>,
    view: View,
    /// While the screen is attached, callers call it.
    listing: Option<Listing>,
    heard_at: Instant,
    messages: u32,
    messages_since: Instant,
    prolonged_at: Instant,
    place: Place,
}

/// An error is the end of the line: what to close with; nothing when the screen is gone already.
type Going<T = ()> = std::result::Result<T, Option<Close>>;

impl Line {
    fn new(app: App, screen: SignedIn, view: View, socket: Socket, place: Place) -> Box<Self> {
        let now = Instant::now();
        Box::new(Self {
            outlet: Arc::new(Outlet::new(socket, app.hub.clone(), Arc::clone(&place.watcher))),
            app,
            screen,
            view,
            listing: None,
            heard_at: now,
            messages: 0,
            messages_since: now,
            prolonged_at: now,
            place,
        })
    }

    /// From hello to close.
    async fn serve(mut self: Box<Self>, ask: Ask<View>) {
        // Boxed, like everything here that happens now and then: a screen that watches pays for its task in memory.
        let close = match Box::pin(self.attach(ask)).await {
            Ok(()) => self.run().await,
            Err(close) => close,
        };
        let outlet = Arc::clone(&self.outlet);
        drop(self);
        if let Some(close) = close {
            let _ = timeout(CLOSE_WITHIN, outlet.close(close.code())).await; // it may be gone
        }
    }

    /// Puts the cursor where the screen stands, and says hello.
    async fn attach(&mut self, ask: Ask<View>) -> Going {
        self.outlet.detach();
        let hub = &self.app.hub;
        match hub.attach(self.screen.who.location_id, &ask).await.map_err(|_| Some(Close::Overloaded))? {
            Arrival::Live(attachment) => {
                let (epoch, seq) = attachment.standing();
                self.place.watcher.written(ask.since);
                self.listing = attachment.list(Arc::clone(&self.outlet) as Arc<dyn Screen>);
                self.outlet.greet(&hello(hub, &epoch, seq, BUILD), Ok(attachment));
            }
            Arrival::Reset { epoch, seq, why } => {
                count_reset(hub.metrics(), why);
                self.outlet.greet(&hello(hub, &epoch, seq, BUILD), Err(reset(&epoch, why.as_str())));
            }
        }
        self.deliver().await
    }

    async fn deliver(&self) -> Going {
        match timeout(STALLED_AFTER, self.outlet.deliver()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(None),
            Err(_) => Err(Some(Close::NoProgress)),
        }
    }

    /// Until either side ends it. Answers what to close with.
    async fn run(&mut self) -> Option<Close> {
        let mut phase = self.app.phase.clone();
        let mut beats = beats();
        loop {
            let going = tokio::select! {
                message = self.outlet.hear() => match message {
                    Some(Ok(message)) => Box::pin(self.hear(message)).await,
                    // Too long, or no WebSocket any more: whoever still listens is told.
                    Some(Err(_)) => Err(Some(Close::Protocol)),
                    None => Err(None),
                },
                () = self.outlet.left_over() => Box::pin(self.deliver()).await,
                _ = beats.tick() => Box::pin(self.beat()).await,
                () = self.place.watcher.turned_out() => Err(Some(Close::Unpaired)),
                () = self.place.watcher.moved() => Box::pin(self.look_again()).await,
                next = later(&mut phase) => Box::pin(self.leave(next)).await,
            };
            if let Err(close) = going {
                return close;
            }
        }
    }

    /// The program is on its way out.
    async fn leave(&self, phase: Phase) -> Going {
        match phase {
            Phase::Open => Ok(()),
            Phase::Draining => {
                self.outlet.drain(self.app.settings.drain_ms.into());
                self.deliver().await
            }
            Phase::Closing => Err(Some(Close::Restart)),
        }
    }

    async fn beat(&mut self) -> Going {
        if self.app.settings.fail_point == Some(FailPoint::NoBeats) {
            return Ok(());
        }
        if self.heard_at.elapsed() > SILENT_AFTER {
            return Err(Some(Close::NoProgress));
        }
        self.still_signed_in().await?;
        self.look_again().await?;
        self.outlet.beat();
        self.deliver().await
    }

    /// A saved screen whose query was changed starts over with the other one. If it was taken away, the snapshot says so.
    async fn look_again(&mut self) -> Going {
        if !self.view_now().await {
            return Ok(());
        }
        self.outlet.detach();
        self.listing = None;
        let epoch = self.view.told(self.app.hub.epoch(self.screen.who.location_id));
        self.outlet.start_over(&epoch);
        self.deliver().await
    }

    /// Whether the view that it shows is another one now, or none any more. Only a saved screen's is ever changed under it; while
    /// the database is away it stays what it was.
    async fn view_now(&mut self) -> bool {
        if !matches!(self.view, View::Saved { .. }) {
            return false;
        }
        match view_for(&self.app, &self.screen, &self.view.name()).await {
            Ok(view) if view == self.view => false,
            Ok(view) => {
                self.place.watcher.shows(view.clone());
                self.view = view;
                true
            }
            Err(err) => matches!(err, AppError::NotFound),
        }
    }

    /// Revocation closes a screen within a beat. While the database is away nobody is signed out.
    async fn still_signed_in(&self) -> Going {
        let holds = match &self.screen.holder {
            Holder::Session(Some(id)) => self.app.session_holds(*id).await,
            Holder::Session(None) => true,
            Holder::Token(hash) => self.app.token_holds(hash).await,
            Holder::Device(hash) => self.app.device_holds(*hash).await,
        };
        if let Some(hash) = self.screen.paired {
            self.app.devices.heard_from(hash, self.app.clock.now());
        }
        match self.screen.paired {
            _ if holds => Ok(()),
            Some(hash) if !self.app.device_holds(hash).await => Err(Some(Close::Unpaired)),
            _ => Err(Some(Close::SignIn)),
        }
    }

    async fn hear(&mut self, message: Message) -> Going {
        let text = match message {
            Message::Text(text) => text,
            Message::Ping(_) | Message::Pong(_) => return Ok(()), // answered below us
            Message::Close(_) => return Err(None),
            Message::Binary(_) | Message::Frame(_) => return Err(Some(Close::Protocol)),
        };
        self.heard_at = Instant::now();
        self.place.watcher.heard(self.app.hub.now_ms());
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
                self.outlet.ack(seq, but);
                Ok(())
            }
            Heard::Attach { epoch, since } => {
                self.view_now().await;
                let ask = Ask { view: self.view.clone(), epoch: Some(epoch.into()), since };
                self.attach(ask).await
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

/// A screen's beats, in a slot of its own choice: ten thousand that came back at once would all beat at once ever after,
/// and a card wait behind them. Who shares a slot is woken together, for waking is most of what a beat costs.
fn beats() -> Interval {
    static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
    let beat = Duration::from_millis(BEAT_MS);
    let first_ms = (BEGAN.elapsed() + beat.mul_f64(rand::random())).as_millis();
    let slot = u64::try_from(first_ms).unwrap_or(u64::MAX).div_ceil(SLOT_MS);
    let mut beats = interval_at(*BEGAN + Duration::from_millis(slot * SLOT_MS), beat);
    beats.set_missed_tick_behavior(MissedTickBehavior::Skip);
    beats
}

/// Waits until the program is further on its way out than it was.
async fn later(phase: &mut watch::Receiver<Phase>) -> Phase {
    match phase.changed().await {
        Ok(()) => *phase.borrow_and_update(),
        Err(_) => Phase::Closing, // the one who would tell is gone: then the program is ending too
    }
}
