//! What left a station's board, or the pass, during this business day: to be looked at, and to be brought back.

use serde::Deserialize;
use time::OffsetDateTime;

use super::card::{ChosenModifier, Header};
use super::ids::{FireId, TicketId};

/// Characters of a search, at most.
pub const SEARCH_CHARS_MAX: usize = 60;

/// A ticket or a whole fire that left.
#[derive(Debug, Clone)]
pub struct Recent {
    /// Which.
    pub id: RecentId,
    /// What its card was headed with.
    pub header: Header,
    /// When its clock started.
    pub fired_at: OffsetDateTime,
    /// When it left.
    pub left_at: OffsetDateTime,
    /// Who took it off: a person, or a screen with nobody signed in.
    pub by: String,
    /// Of a ticket: whether the guest has it.
    pub served: bool,
    /// How often it came back.
    pub recalled: i32,
    /// What stood on it, in the order of the slip.
    pub lines: Vec<RecentLine>,
}

/// A station's ticket, or at the pass a fire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecentId {
    /// It was bumped.
    Ticket(TicketId),
    /// It was handed over.
    Fire(FireId),
}

/// A line as it left.
#[derive(Debug, Clone, Deserialize)]
pub struct RecentLine {
    /// The dish, by its kitchen name.
    pub name: String,
    /// Units that were wanted.
    pub live: i32,
    /// Whose plate.
    pub seat: Option<i16>,
    /// Free words to the kitchen.
    pub note: Option<String>,
    /// Choices, as they were when ordered.
    pub modifiers: Vec<ChosenModifier>,
}

impl RecentId {
    /// Where it is brought back.
    pub fn recall_address(self) -> String {
        match self {
            Self::Ticket(id) => format!("/tickets/{id}/recall"),
            Self::Fire(id) => format!("/fires/{id}/recall"),
        }
    }

    /// The element id of its row.
    pub fn element_id(self) -> String {
        match self {
            Self::Ticket(id) => format!("rt-{id}"),
            Self::Fire(id) => format!("rf-{id}"),
        }
    }
}
