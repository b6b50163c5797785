//! Expo's card: a fire whole, with every station's progress.
//!
//! Its cues are `new@<fired_at in ms>`, `allergy@<n>` for the n-th telling of what its guests must not eat,
//! `unrouted@<fired_at in ms>` while a ticket of it matched no station, and `ready@<fired_at in ms>` once every station is through. A screen forgets a cue that left a card it still shows:
//! what is recalled and ready again sounds again.

use askama::Template;

use super::{millis, sort_key, times, utc};
use crate::domain::allergy::Allergen;
use crate::domain::card::{FireCard, FireLine, FireTicket, Header};
use crate::domain::ticket::TicketState;
use crate::domain::zone::Zone;

/// Where expo's forms come back to without JavaScript.
pub const BACK: &str = "/kitchen/expo";

/// Expo's card as its article; `zone` is the house's.
///
/// # Errors
///
/// None but askama's own; writing to a string does not fail.
pub fn fire_article(fire: &FireCard, zone: &Zone) -> Result<String, askama::Error> {
    FireArticle { fire, zone }.render()
}

/// The article of [`fire_article`].
#[derive(Debug, Template)]
#[template(path = "expo/_fire_card.html")]
pub struct FireArticle<'a> {
    /// The card.
    pub fire: &'a FireCard,
    /// Whose clocks its times are read from.
    pub zone: &'a Zone,
}

impl FireArticle<'_> {
    /// What nobody cooks comes first, then what the guest could have, then rush, then VIP, then the rest by age; what is held comes last, by
    /// check and course.
    fn sort(&self) -> String {
        let Some(fired_at) = self.fire.fired_at else {
            let Header { check_no, course, .. } = &self.fire.header;
            return format!("9-{check_no:013}-{course}-{}", self.fire.fire_id);
        };
        let rank = match self.fire {
            fire if fire.is_unrouted() => 0,
            fire if fire.can_leave() => 1,
            fire if fire.rushed_at.is_some() || fire.is_refire() => 2,
            fire if fire.header.vip => 3,
            _ => 4,
        };
        sort_key(rank, fired_at, self.fire.fire_id)
    }

    fn cues(&self) -> String {
        let Some(fired_ms) = self.fire.fired_at.map(millis) else {
            return String::new();
        };
        let mut cues = vec![format!("new@{fired_ms}")];
        if !self.fire.header.allergies.is_empty() {
            cues.push(format!("allergy@{}", self.fire.header.allergies_told));
        }
        if self.fire.is_unrouted() {
            cues.push(format!("unrouted@{fired_ms}"));
            if let Some(ticket) = self.fire.unrouted().filter(|ticket| ticket.version.0 > 1) {
                cues.push(format!("changed@{}", ticket.version));
            }
        }
        if self.fire.is_ready() {
            cues.push(format!("ready@{fired_ms}"));
        }
        cues.join(" ")
    }

    /// When its clock started, for machines and in milliseconds; none while it is held.
    fn clock(&self) -> Option<(String, i64)> {
        self.fire.fired_at.map(|at| (utc(at), millis(at)))
    }

    /// What whoever fires a held course is asked about: dishes that were 86'd since, and what is against an allergy.
    fn doubts(&self) -> Vec<String> {
        let doubt = |line: &FireLine| {
            let unasked =
                self.fire.header.allergies.unasked(line.seat, &line.allergens, &line.despite_allergy);
            match (live(line), line.eighty_sixed, unasked.as_slice()) {
                (0, ..) | (_, false, []) => None,
                (_, true, _) => Some(format!("86: {}", line.name)),
                (_, false, unasked) => Some(format!("allergy: {}, {}", line.name, Allergen::words(unasked))),
            }
        };
        self.fire.lines.iter().filter_map(doubt).collect()
    }

    /// Nothing leaves before somebody at the pass has read what a guest must not eat.
    fn must_read(&self) -> bool {
        !self.fire.is_held() && !self.fire.is_all_void() && self.fire.has_unseen_allergy()
    }

    /// What a line contains that its guest must not eat.
    fn against(&self, line: &FireLine) -> Vec<Allergen> {
        self.fire.header.allergies.against(line.seat, &line.allergens)
    }

    fn class(&self) -> &'static str {
        match self.fire {
            fire if fire.is_held() => " is-held",
            fire if fire.is_unrouted() => " is-unrouted",
            fire if fire.is_all_void() => " is-void",
            fire if fire.is_ready() => " is-ready",
            fire if fire.is_refire() => " is-refire",
            fire if fire.rushed_at.is_some() => " is-rush",
            _ => "",
        }
    }
}

/// A station's progress in one word.
fn progress(ticket: &FireTicket) -> &'static str {
    match ticket.state {
        TicketState::Held => "held",
        TicketState::Open if ticket.started => "cooking",
        TicketState::Open => "fired",
        TicketState::Bumped => "ready",
        TicketState::Cleared => "cleared",
    }
}

/// Units the guest still gets.
fn live(line: &FireLine) -> i32 {
    line.quantity - line.voided
}
