//! The kitchen's screens: the list of stations, a station's board, the pass.

use askama::Template;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Redirect, Response};

use super::ages::Pace;
use super::auth::{Holder, SignedIn};
use super::error::{AppError, Result};
use super::extract::Path;
use super::frame::Frame;
use super::state::App;
use crate::board::picture::View;
use crate::board::wire::BEAT_MS;
use crate::domain::age::AgeRules;
use crate::domain::card::Header;
use crate::domain::menu::House;
use crate::domain::screen::{Screen, Wall};
use crate::domain::staff::Action;
use crate::domain::station::Station;
use crate::fragments::about::empty_words;
use crate::fragments::slot::{self, Slot};
use crate::store;

/// `GET /kitchen`: every station, saved screens, and expo.
#[derive(Debug, Template)]
#[template(path = "kitchen/index.html")]
pub struct KitchenIndexPage<'a> {
    /// What surrounds the page.
    pub frame: Frame,
    /// In the kitchen's order.
    pub stations: &'a [Station],
    /// What managers saved.
    pub screens: &'a [Screen],
    /// How old their tickets may get.
    pub ages: &'a AgeRules,
    /// Whether whoever looks may show one station's orders on another's screen.
    pub lends: bool,
}

impl KitchenIndexPage<'_> {
    fn shown_at(&self, station: &Station) -> Option<&Station> {
        self.stations.iter().find(|other| station.shown_at == Some(other.station_id))
    }

    /// Whose tickets a saved screen shows.
    fn what(&self, screen: &Screen) -> String {
        screen.words(self.stations)
    }

    fn late_after_min(&self, station: &Station) -> i32 {
        self.ages.station(station.station_id).late_after_min()
    }
}

/// `GET /kitchen/{slug}`: a station's board.
#[derive(Debug, Template)]
#[template(path = "kitchen/station.html")]
pub struct StationPage<'a> {
    /// What surrounds the page.
    pub frame: Frame,
    /// Whose board it is.
    pub station: &'a Station,
    /// The board as drawn.
    pub board: Board,
    /// What this person may take back without JavaScript.
    pub undo: Option<UndoOffer>,
}

/// `GET /kitchen/{slug}`: a saved screen.
#[derive(Debug, Template)]
#[template(path = "kitchen/screen.html")]
pub struct SavedPage<'a> {
    /// What surrounds the page.
    pub frame: Frame,
    /// Which screen.
    pub screen: &'a Screen,
    /// The board as drawn.
    pub board: Board,
    /// What this person may take back without JavaScript.
    pub undo: Option<UndoOffer>,
}

/// `GET /kitchen/expo`: the pass.
#[derive(Debug, Template)]
#[template(path = "expo/page.html")]
pub struct ExpoPage {
    /// What surrounds the page.
    pub frame: Frame,
    /// The board as drawn.
    pub board: Board,
    /// What this person may take back without JavaScript.
    pub undo: Option<UndoOffer>,
}

/// A view as a page prints it: where its socket may begin, and every article.
#[derive(Debug)]
pub struct Board {
    /// `station-grill`, `expo`: the name in `/board/{view}`.
    pub view: String,
    /// Which history the cards belong to.
    pub epoch: String,
    /// The turn they stand at.
    pub seq: i64,
    /// How often the server proves itself, in milliseconds.
    pub beat_ms: u32,
    /// Server time, in milliseconds since 1970.
    pub now_ms: i64,
    /// The cards in the order of their `data-sort`.
    pub slots: Vec<Slot>,
    /// The all-day article.
    pub all_day: String,
    /// How long the day's tickets took here.
    pub pace: String,
    /// Whether whoever looks may bring back what left it last.
    pub recalls: bool,
    /// Whether they may say something to the kitchen.
    pub tells: bool,
}

/// A bump of the last five seconds.
#[derive(Debug)]
pub struct UndoOffer {
    /// Where it is taken back: `/tickets/{id}/undo`, `/fires/{id}/undo`.
    pub action: String,
    /// What was done: `12 #42 bumped`.
    pub words: String,
}

impl Board {
    /// Its name in kitchen addresses.
    fn slug(&self) -> &str {
        let saved = || self.view.strip_prefix("screen-");
        self.view.strip_prefix("station-").or_else(saved).unwrap_or(&self.view)
    }

    /// How many of its cards are being worked on: what is held has no clock.
    fn open(&self) -> usize {
        self.slots.iter().filter(|slot| slot.age.is_some()).count()
    }

    /// How many of its cards are past their second limit.
    fn late(&self) -> usize {
        self.slots.iter().filter(|slot| slot.is_late()).count()
    }
}

/// `GET /kitchen`.
pub async fn index(cook: SignedIn, State(app): State<App>) -> Result<Response> {
    cook.may(Action::WatchKitchen)?;
    if let (Holder::Device(_), Some(slug)) = (&cook.holder, &cook.who.station) {
        return Ok(Redirect::to(&format!("/kitchen/{slug}")).into_response()); // a screen has one view
    }
    let house = app.house(cook.who.location_id).await?;
    let page = KitchenIndexPage {
        frame: Frame::of(&house, Some(&cook.who)),
        stations: &house.stations,
        screens: &house.screens,
        ages: &house.ages,
        lends: cook.may(Action::WorkStation).is_ok(),
    };
    Ok(Html(page.render()?).into_response())
}

/// `GET /kitchen/{slug}`: a station's board, a saved screen, or the pass.
pub async fn show(cook: SignedIn, Path(slug): Path<String>, State(app): State<App>) -> Result<Html<String>> {
    cook.may(Action::WatchKitchen)?;
    cook.at_station(&slug)?;
    let house = app.house(cook.who.location_id).await?;
    let frame = Frame::of(&house, Some(&cook.who));
    let wall = house.wall(&slug).ok_or(match cook.who.station {
        Some(_) => AppError::SignedOut, // what this session is bound to is gone: whoever it is chooses anew
        None => AppError::NotFound,
    })?;
    let undo = undo_offer(&app, &cook, &house, wall).await?;
    let board = board(&app, &cook, &house, wall).await?;
    let html = match wall {
        Wall::Expo => ExpoPage { frame, board, undo }.render()?,
        Wall::Station(station) => StationPage { frame, station, board, undo }.render()?,
        Wall::Saved(screen) => SavedPage { frame, screen, board, undo }.render()?,
    };
    Ok(Html(html))
}

/// A view from the hub's memory: a page is never ahead of its board.
async fn board(app: &App, cook: &SignedIn, house: &House, wall: Wall<'_>) -> Result<Board> {
    let (view, recalls) = (
        View::wall(house, wall),
        match wall {
            Wall::Expo => Action::RecallServed,
            Wall::Station(_) | Wall::Saved(_) => Action::WorkStation,
        },
    );
    let pace = Pace::of(app, house, wall).await?;
    let (snapshot, _) = app.hub.page(cook.who.location_id, &view).await?;
    let now_ms = app.hub.now_ms();
    let articles = snapshot.frame.articles.iter().map(|article| article.html().clone());
    let (slots, all_day) = slot::wall(articles, now_ms);
    Ok(Board {
        view: view.name(),
        epoch: snapshot.epoch.to_string(),
        seq: snapshot.frame.seq,
        beat_ms: u32::try_from(BEAT_MS).unwrap_or(u32::MAX),
        now_ms,
        slots,
        pace: pace.words(),
        all_day: all_day.map(|html| html.to_string()).unwrap_or_default(),
        recalls: cook.may(recalls).is_ok(),
        tells: cook.may(Action::TellKitchen).is_ok(),
    })
}

/// What a page without scripts offers to take back.
async fn undo_offer(app: &App, cook: &SignedIn, house: &House, wall: Wall<'_>) -> Result<Option<UndoOffer>> {
    let (here, now) = (cook.who.location_id, app.clock.now());
    let shown = wall.tickets_shown(house);
    let bumped = store::tickets::undoable(&app.db, here, shown.as_ref(), cook.device_id, now).await?;
    let offer = |action: String, header: &Header, verb: &str| UndoOffer {
        action,
        words: format!("{} {} {verb}", header.place(), header.number()),
    };
    if let Some(bumped) = bumped {
        return Ok(Some(offer(format!("/tickets/{}/undo", bumped.ticket_id), &bumped.header, "bumped")));
    }
    if wall != Wall::Expo {
        return Ok(None);
    }
    let handed_over = store::fires::undoable(&app.db, here, cook.device_id, now).await?;
    Ok(handed_over.map(|(fire_id, header)| offer(format!("/fires/{fire_id}/undo"), &header, "handed over")))
}
