//! Expo's card.

use serde::Deserialize;
use time::OffsetDateTime;

use super::{ChangedFrom, ChosenModifier, Header};
use crate::domain::age::AgeLimits;
use crate::domain::allergy::Allergen;
use crate::domain::fire::PassRules;
use crate::domain::ids::{BoardSeq, CheckId, FireId, LineId, TicketId, Version};
use crate::domain::ticket::TicketState;

/// Expo's card: a fire whole, with every station's progress.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct FireCard {
    /// Its own id.
    pub fire_id: FireId,
    /// The check it belongs to.
    pub check_id: CheckId,
    /// Its stamp.
    pub board_seq: BoardSeq,
    /// When its clock started; none: held.
    #[serde(with = "time::serde::rfc3339::option")]
    pub fired_at: Option<OffsetDateTime>,
    /// Held, and the house's rule will fire it: when.
    #[serde(with = "time::serde::rfc3339::option")]
    pub due_at: Option<OffsetDateTime>,
    /// Since when it is to be made first, if it is.
    #[serde(with = "time::serde::rfc3339::option")]
    pub rushed_at: Option<OffsetDateTime>,
    /// Since when it stands on plates, if it does.
    #[serde(with = "time::serde::rfc3339::option")]
    pub plated_at: Option<OffsetDateTime>,
    /// How the house's pass works.
    pub pass: PassRules,
    /// It leaves without the pass, which does not show it.
    pub skips_pass: bool,
    /// The telling of allergies that the pass has seen.
    pub allergies_seen: i32,
    /// When it turns warn, then late: those of the ticket that may take longest.
    pub limits: AgeLimits,
    /// What it borrows.
    pub header: Header,
    /// Its tickets, in the stations' order; the unrouted one last.
    pub tickets: Vec<FireTicket>,
    /// Its lines, in the order of the slip.
    pub lines: Vec<FireLine>,
}

/// One station's part of a fire, as expo sees it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct FireTicket {
    /// The station's ticket.
    pub ticket_id: TicketId,
    /// None: unrouted.
    pub station: Option<String>,
    /// Held, open or bumped.
    pub state: TicketState,
    /// Whether somebody there has begun.
    pub started: bool,
    /// What a bump from expo (of an unrouted ticket) must carry.
    pub version: Version,
    /// Its stamp.
    pub board_seq: BoardSeq,
    /// The newest stamp that a screen confirmed.
    pub shown_seq: BoardSeq,
}

/// An order line as expo sees it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "a card prints each of them by itself")]
pub struct FireLine {
    /// The order line.
    pub line_id: LineId,
    /// The dish, by its kitchen name.
    pub name: String,
    /// Units asked for.
    pub quantity: i32,
    /// Units voided since.
    pub voided: i32,
    /// Why they were voided.
    pub void_reason: Option<String>,
    /// It is cooked again: why.
    pub refire: Option<String>,
    /// Whose plate.
    pub seat: Option<i16>,
    /// Free words to the kitchen.
    pub note: Option<String>,
    /// Choices, as they were when ordered.
    pub modifiers: Vec<ChosenModifier>,
    /// What the dish contains, choices aside.
    pub allergens: Vec<Allergen>,
    /// Of these the guest was asked, and the kitchen leaves them out.
    pub despite_allergy: Vec<Allergen>,
    /// Held, and its dish was 86'd since.
    pub eighty_sixed: bool,
    /// Somebody wanted it otherwise, and a station has not read that yet.
    pub changed: bool,
    /// What the pass read last, where no station cooks it.
    pub changed_from: Option<ChangedFrom>,
    /// No station makes it: the pass has it.
    pub from_pass: bool,
    /// Whether every station it needs is through with it.
    pub ready: bool,
    /// The stations it needs, by name; empty: unrouted.
    pub stations: Vec<String>,
}

impl FireCard {
    /// Whether something of it is cooked again: that goes first.
    pub fn is_refire(&self) -> bool {
        self.lines.iter().any(|line| line.refire.is_some() && line.voided < line.quantity)
    }

    /// Whether an allergy stands on it that nobody at the pass has seen.
    pub fn has_unseen_allergy(&self) -> bool {
        self.header.has_allergy_after(self.allergies_seen)
    }

    /// Nobody has fired it yet.
    pub fn is_held(&self) -> bool {
        self.fired_at.is_none()
    }

    /// No station has anything left to do: ready, or void as a whole.
    pub fn can_leave(&self) -> bool {
        let is_through = |ticket: &FireTicket| match ticket.state {
            TicketState::Bumped | TicketState::Cleared => true,
            TicketState::Held | TicketState::Open => false,
        };
        !self.is_held() && self.tickets.iter().all(is_through)
    }

    /// Every station is through with it: it can be handed over.
    pub fn is_ready(&self) -> bool {
        !self.is_all_void() && self.can_leave()
    }

    /// Ready, and the pass puts it on plates before somebody carries it.
    pub fn is_to_plate(&self) -> bool {
        self.pass.plates && self.plated_at.is_none() && self.is_ready()
    }

    /// Every line voided.
    pub fn is_all_void(&self) -> bool {
        self.lines.iter().all(|line| line.voided == line.quantity)
    }

    /// Lines that no route sent anywhere.
    pub fn is_unrouted(&self) -> bool {
        self.unrouted().is_some()
    }

    /// The open ticket of the Unrouted lane, if there is one.
    pub fn unrouted(&self) -> Option<&FireTicket> {
        self.tickets.iter().find(|ticket| ticket.station.is_none() && ticket.state == TicketState::Open)
    }
}
