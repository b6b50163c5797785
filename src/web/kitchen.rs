//! The kitchen's screens: the list of stations, a station's board, the pass.

use askama::Template;

use super::frame::Frame;
use crate::domain::station::Station;
use crate::fragments::slot::Slot;

/// `GET /kitchen`: every station, and expo.
#[derive(Debug, Template)]
#[template(path = "kitchen/index.html")]
pub struct KitchenIndexPage<'a> {
    /// What surrounds the page.
    pub frame: Frame,
    /// In the kitchen's order.
    pub stations: &'a [Station],
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
    /// How many of its cards are being worked on: what is held has no clock.
    fn open(&self) -> usize {
        self.slots.iter().filter(|slot| slot.age.is_some()).count()
    }

    /// How many of its cards are past their second limit.
    fn late(&self) -> usize {
        self.slots.iter().filter(|slot| slot.is_late()).count()
    }
}
