//! A station's card, and the card of an item that is off the menu.
//!
//! # Cues
//!
//! `data-cues` lists what a screen should sound for, each once. A stamp changes with every command, so a cue is made of
//! what does not: `new@<fired_at in ms>` for each open ticket, `come@<n>` once the n-th line came from the station before,
//! `changed@<version>` once the floor changed it, `allergy@<n>` for the n-th telling of what its guests must not eat,
//! `refire@<ms>` where it is cooked again, `rush@<ms>` once it is in a hurry, `recalled@<n>` once it came back. The list of
//! a card only grows or moves on; a screen remembers what it has played by card and cue.

use askama::Template;

use super::{millis, sort_key, times, utc};
use crate::domain::allergy::Allergen;
use crate::domain::card::{Header, ItemCard, TicketCard, TicketLine};
use crate::domain::message::MessageCard;
use crate::domain::station::LentCard;
use crate::domain::ticket::{LineState, TicketState};
use crate::domain::zone::Zone;

/// What a station's screen adds to its cards; the same for every screen of that station.
#[derive(Debug, Clone, Copy)]
pub struct StationView<'a> {
    /// Whose clocks its times are read from.
    pub zone: &'a Zone,
    /// `/kitchen/{slug}`: where a form without JavaScript comes back to.
    pub back: &'a str,
    /// Its cards are several stations': each says whose it is.
    pub of_several: bool,
}

/// A station's card as its article.
///
/// # Errors
///
/// None but askama's own; writing to a string does not fail.
pub fn ticket_article(ticket: &TicketCard, view: StationView<'_>) -> Result<String, askama::Error> {
    TicketArticle { ticket, view }.render()
}

/// An 86'd item's card as its article.
///
/// # Errors
///
/// None but askama's own; writing to a string does not fail.
pub fn item_article(item: &ItemCard) -> Result<String, askama::Error> {
    ItemArticle { item }.render()
}

/// What stands on a station's own screen while another one shows its cards; `back` is its page.
///
/// # Errors
///
/// None but askama's own; writing to a string does not fail.
pub fn lent_article(lent: &LentCard, back: &str, zone: &Zone) -> Result<String, askama::Error> {
    LentArticle { lent, back, zone }.render()
}

/// The article of [`lent_article`].
#[derive(Debug, Template)]
#[template(path = "kitchen/_lent_card.html")]
pub struct LentArticle<'a> {
    /// Which station, and where it is shown.
    pub lent: &'a LentCard,
    /// Where a form without scripts comes back to.
    pub back: &'a str,
    /// Whose clocks its times are read from.
    pub zone: &'a Zone,
}

impl LentArticle<'_> {
    fn sort(&self) -> String {
        sort_key(0, self.lent.since, self.lent.station_id)
    }
}

/// A message's card as its article; `back` is the page of the screen that it stands on.
///
/// # Errors
///
/// None but askama's own; writing to a string does not fail.
pub fn message_article(message: &MessageCard, back: &str, zone: &Zone) -> Result<String, askama::Error> {
    MessageArticle { message, back, zone }.render()
}

/// The article of [`message_article`].
#[derive(Debug, Template)]
#[template(path = "kitchen/_message_card.html")]
pub struct MessageArticle<'a> {
    /// What it says.
    pub message: &'a MessageCard,
    /// Where a form without scripts comes back to.
    pub back: &'a str,
    /// Whose clocks its times are read from.
    pub zone: &'a Zone,
}

impl MessageArticle<'_> {
    /// With what is void, the oldest first.
    fn sort(&self) -> String {
        sort_key(0, self.message.said_at, self.message.message_id)
    }

    fn said_ms(&self) -> i64 {
        millis(self.message.said_at)
    }
}

/// The article of [`ticket_article`].
#[derive(Debug, Template)]
#[template(path = "kitchen/_ticket_card.html")]
pub struct TicketArticle<'a> {
    /// The card.
    pub ticket: &'a TicketCard,
    /// Where it stands.
    pub view: StationView<'a>,
}

impl TicketArticle<'_> {
    fn is_held(&self) -> bool {
        self.ticket.state == TicketState::Held
    }

    /// Whose it is, where that does not go without saying.
    fn station(&self) -> Option<&str> {
        self.ticket.station.as_deref().filter(|_| self.view.of_several || self.ticket.lent)
    }

    /// Void, then recalled, then what is cooked again, then rush, then VIP, then the rest by age, then what is still at stations
    /// before this one; what is held comes last, by check and course.
    fn sort(&self) -> String {
        if self.is_held() {
            let Header { check_no, course, .. } = &self.ticket.header;
            return format!("9-{check_no:013}-{course}-{}", self.ticket.ticket_id);
        }
        let rank = match self.ticket {
            ticket if ticket.has_void() || ticket.has_change() => 0,
            ticket if ticket.recalled > 0 => 1,
            ticket if ticket.is_refire() => 2,
            ticket if ticket.rushed_at.is_some() => 3,
            ticket if ticket.is_coming() => 6,
            ticket if ticket.header.vip => 4,
            _ => 5,
        };
        sort_key(rank, self.ticket.fired_at, self.ticket.ticket_id)
    }

    fn cues(&self) -> String {
        if self.is_held() {
            return String::new();
        }
        let come = self.ticket.lines.iter().filter(|line| line.comes_later && !line.is_coming()).count();
        let mut cues = Vec::new();
        if self.ticket.lines.iter().any(|line| !line.comes_later) {
            cues.push(format!("new@{}", self.fired_ms()));
        }
        if come > 0 {
            cues.push(format!("come@{come}"));
        }
        if self.ticket.version.0 > 1 {
            cues.push(format!("changed@{}", self.ticket.version));
        }
        if !self.ticket.header.allergies.is_empty() {
            cues.push(format!("allergy@{}", self.ticket.header.allergies_told));
        }
        if self.ticket.is_refire() {
            cues.push(format!("refire@{}", self.fired_ms()));
        }
        if let Some(at) = self.ticket.rushed_at {
            cues.push(format!("rush@{}", millis(at)));
        }
        if self.ticket.recalled > 0 {
            cues.push(format!("recalled@{}", self.ticket.recalled));
        }
        cues.join(" ")
    }

    /// Somebody has begun, and something is left to do.
    fn is_cooking(&self) -> bool {
        !self.is_held() && self.ticket.lines.iter().any(|line| line.state != LineState::Waiting)
    }

    /// Everything that is still wanted waits: it may be begun with.
    fn can_start(&self) -> bool {
        let must_see = self.must_read() || self.ticket.has_void() || self.ticket.has_change();
        !must_see && !self.is_held() && !self.is_cooking() && !self.ticket.is_coming()
    }

    /// Whether a tap on a line says how far it is.
    fn can_tap(&self, line: &TicketLine) -> bool {
        !self.is_held() && !self.must_read() && line.live() > 0 && !line.is_coming()
    }

    /// Nothing is begun before somebody here has read what a guest must not eat.
    fn must_read(&self) -> bool {
        !self.is_held() && !self.ticket.is_all_void() && self.ticket.has_unseen_allergy()
    }

    /// What a line contains that its guest must not eat.
    fn against(&self, line: &TicketLine) -> Vec<Allergen> {
        self.ticket.header.allergies.against(line.seat, &line.allergens)
    }

    /// What is said once the ticket has left.
    fn bumped_words(&self) -> String {
        format!("{} {} bumped", self.ticket.header.place(), self.ticket.header.number())
    }

    /// What a tap on a line makes of it.
    fn tap(line: &TicketLine) -> &'static str {
        match line.state {
            LineState::Waiting | LineState::Started => "ready",
            LineState::Ready => "waiting",
        }
    }

    fn fired_ms(&self) -> i64 {
        millis(self.ticket.fired_at)
    }

    fn fired_at(&self) -> String {
        utc(self.ticket.fired_at)
    }

    fn stamped_ms(&self) -> i64 {
        millis(self.ticket.stamped_at)
    }

    /// What stands in the corner for the state: a word, never a colour alone.
    fn class(&self) -> &'static str {
        match self.ticket {
            ticket if ticket.has_void() => " is-void",
            _ if self.is_held() => " is-held",
            ticket if ticket.has_change() => " is-changed",
            ticket if ticket.recalled > 0 => " is-recalled",
            ticket if ticket.is_refire() => " is-refire",
            ticket if ticket.rushed_at.is_some() => " is-rush",
            ticket if ticket.is_coming() => " is-held",
            _ => "",
        }
    }
}

/// The article of [`item_article`].
#[derive(Debug, Template)]
#[template(path = "kitchen/_item_card.html")]
pub struct ItemArticle<'a> {
    /// The card.
    pub item: &'a ItemCard,
}

impl ItemArticle<'_> {
    fn since(&self) -> String {
        self.item.eighty_sixed_at.map(utc).unwrap_or_default()
    }
}

/// How a line stands, for the class beside its word.
fn line_class(line: &TicketLine) -> &'static str {
    match line.state {
        _ if line.live() == 0 => " is-void",
        _ if line.is_coming() => " is-coming",
        LineState::Ready => " is-ready",
        LineState::Started => " is-started",
        LineState::Waiting => "",
    }
}
