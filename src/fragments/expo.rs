//! Expo's card: a fire whole, with every station's progress.
//!
//! Its cues are `new@<fired_at in ms>`, `unrouted@<fired_at in ms>` while a ticket of it matched no station, and
//! `ready@<fired_at in ms>` once every station is through. A screen forgets a cue that left a card it still shows:
//! what is recalled and ready again sounds again.

use askama::Template;

use super::{millis, sort_key, utc};
use crate::domain::card::{FireCard, FireLine, FireTicket};
use crate::domain::station::AgeLimits;
use crate::domain::ticket::TicketState;

/// Where expo's forms come back to without JavaScript.
pub const BACK: &str = "/kitchen/expo";

/// Expo's card as its article; `limits` are the house's.
///
/// # Errors
///
/// None but askama's own; writing to a string does not fail.
pub fn fire_article(fire: &FireCard, limits: AgeLimits) -> Result<String, askama::Error> {
    FireArticle { fire, limits }.render()
}

/// The article of [`fire_article`].
#[derive(Debug, Template)]
#[template(path = "expo/_fire_card.html")]
pub struct FireArticle<'a> {
    /// The card.
    pub fire: &'a FireCard,
    /// When a fire turns warn, then late.
    pub limits: AgeLimits,
}

impl FireArticle<'_> {
    /// What nobody cooks comes first, then what the guest could have, then the rest by age.
    fn sort(&self) -> String {
        let rank = match self.fire {
            fire if fire.is_unrouted() => 0,
            _ if self.can_leave() => 1,
            _ => 2,
        };
        sort_key(rank, self.fire.fired_at, self.fire.fire_id)
    }

    fn cues(&self) -> String {
        let fired_ms = self.fired_ms();
        let mut cues = vec![format!("new@{fired_ms}")];
        if self.fire.is_unrouted() {
            cues.push(format!("unrouted@{fired_ms}"));
        }
        if self.fire.is_ready() {
            cues.push(format!("ready@{fired_ms}"));
        }
        cues.join(" ")
    }

    fn fired_ms(&self) -> i64 {
        millis(self.fire.fired_at)
    }

    fn fired_at(&self) -> String {
        utc(self.fire.fired_at)
    }

    /// No station has anything left to do: ready, or void as a whole.
    fn can_leave(&self) -> bool {
        self.fire.tickets.iter().all(|ticket| ticket.state != TicketState::Open)
    }

    fn class(&self) -> &'static str {
        match self.fire {
            fire if fire.is_unrouted() => " is-unrouted",
            fire if fire.is_all_void() => " is-void",
            fire if fire.is_ready() => " is-ready",
            _ => "",
        }
    }
}

/// A station's progress in one word.
fn progress(ticket: &FireTicket) -> &'static str {
    match ticket.state {
        TicketState::Held => "held",
        TicketState::Open => "cooking",
        TicketState::Bumped => "ready",
        TicketState::Cleared => "cleared",
    }
}

/// Units the guest still gets.
fn live(line: &FireLine) -> i32 {
    line.quantity - line.voided
}
