//! The floor's tile.

use serde::Deserialize;
use time::OffsetDateTime;

use crate::domain::check::{CheckState, OrderType};
use crate::domain::ids::{BoardSeq, CheckId, FireId, TableId, TicketId};
use crate::domain::money::Money;
use crate::domain::unseen::Alarm;

/// The floor's tile: a table with its open checks, or a check that has no table.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Tile {
    /// None for a check without one.
    pub table: Option<TileTable>,
    /// Where it stands in the floor's order.
    pub position: i32,
    /// Its stamp.
    pub board_seq: BoardSeq,
    /// Its checks, oldest first: open, or closed while something of it is still to be handed over.
    pub checks: Vec<TileCheck>,
}

/// The table of a tile.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct TileTable {
    /// Its id.
    pub table_id: TableId,
    /// What the house calls it.
    pub label: String,
    /// Seats at it.
    pub seats: i16,
    /// The section's name.
    pub section: String,
}

/// A check on a tile.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct TileCheck {
    /// Its id.
    pub check_id: CheckId,
    /// Its number of the business day.
    pub check_no: i32,
    /// How the guests eat.
    pub order_type: OrderType,
    /// Open or printed; closed: paid, and its guests wait for their food.
    pub state: CheckState,
    /// Guests, if somebody said.
    pub covers: Option<i16>,
    /// Whose table it is.
    pub waiter: String,
    /// Important guests.
    pub vip: bool,
    /// When the first order was sent.
    #[serde(with = "time::serde::rfc3339")]
    pub opened_at: OffsetDateTime,
    /// Tickets the kitchen still works on.
    pub tickets_open: i64,
    /// Of those, the ones that no screen has shown in time: longest first.
    pub alarms: Vec<Alarm>,
    /// Tickets that are late by the server's clock: longest first.
    pub late: Vec<LateTicket>,
    /// Fires that are cooked and wait to be handed over: longest first.
    pub ready: Vec<ReadyFire>,
    /// Courses that wait for somebody to fire them.
    pub fires_held: i64,
    /// What it comes to, voids taken off.
    pub total_minor: Money,
}

/// A ticket that is late, until its station is through with it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct LateTicket {
    /// The ticket.
    pub ticket_id: TicketId,
    /// The station's name; none: it waits at the pass.
    pub station: Option<String>,
    /// Since when it is late.
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
    /// Whether a manager said that they know.
    pub seen: bool,
}

/// Food that waits at the pass.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ReadyFire {
    /// The fire.
    pub fire_id: FireId,
    /// Its course.
    pub course: i16,
    /// When the last of its stations was through with it.
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
    /// Whether it stands on plates by now.
    pub plated: bool,
    /// Whether whoever serves the table said that they know.
    pub seen: bool,
}

/// How a tile stands, worst news first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TileState {
    /// Nobody sits there.
    Free,
    /// Everything ordered was handed over.
    Seated,
    /// The kitchen is at work.
    Ordered,
    /// Something is cooked and waits.
    FoodReady,
    /// The bill is on the table.
    BillPrinted,
}

impl TileState {
    /// The word printed on the tile.
    pub fn word(self) -> &'static str {
        match self {
            Self::Free => "Free",
            Self::Seated => "Seated",
            Self::Ordered => "Ordered",
            Self::FoodReady => "Food ready",
            Self::BillPrinted => "Bill printed",
        }
    }

    /// The token behind its colour.
    pub fn token(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Seated => "seated",
            Self::Ordered => "ordered",
            Self::FoodReady => "ready",
            Self::BillPrinted => "printed",
        }
    }
}

impl Tile {
    /// Where checks without a table begin in the floor's order: behind every table. `delta.sql` adds the same.
    pub const LOOSE_FROM: i32 = 1_000_000;

    /// What stands on it in large: the table's label, or how the guests eat who have none.
    pub fn label(&self) -> &str {
        match (&self.table, self.checks.first()) {
            (Some(table), _) => &table.label,
            (None, Some(check)) => check.order_type.word(),
            (None, None) => "", // the store reads none such
        }
    }

    /// How it stands: what needs a waiter first wins.
    pub fn state(&self) -> TileState {
        if self.checks.iter().any(|check| !check.ready.is_empty()) {
            return TileState::FoodReady;
        }
        if self.checks.iter().any(|check| check.state == CheckState::Printed) {
            return TileState::BillPrinted;
        }
        if self.checks.iter().any(|check| check.tickets_open > 0) {
            return TileState::Ordered;
        }
        if self.checks.is_empty() { TileState::Free } else { TileState::Seated }
    }

    /// When the longest-sitting party's first order was sent.
    pub fn since(&self) -> Option<OffsetDateTime> {
        self.checks.iter().map(|check| check.opened_at).min()
    }
}
