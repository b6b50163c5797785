//! The bill of a party.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::money::Money;

/// How the guests eat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum OrderType {
    /// At a table.
    DineIn,
    /// Fetched.
    Takeaway,
    /// Brought.
    Delivery,
    /// At the bar, without a table.
    BarTab,
}

impl OrderType {
    /// Every one, for pages that list them.
    pub const ALL: [Self; 4] = [Self::DineIn, Self::Takeaway, Self::Delivery, Self::BarTab];

    /// How the database and machines spell it.
    pub fn key(self) -> &'static str {
        match self {
            Self::DineIn => "dine_in",
            Self::Takeaway => "takeaway",
            Self::Delivery => "delivery",
            Self::BarTab => "bar_tab",
        }
    }

    /// The word on cards and tiles.
    pub fn word(self) -> &'static str {
        match self {
            Self::DineIn => "Dine-in",
            Self::Takeaway => "Takeaway",
            Self::Delivery => "Delivery",
            Self::BarTab => "Bar tab",
        }
    }
}

/// Where a check stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum CheckState {
    /// The party may still order.
    Open,
    /// The bill is on the table; ordering again is allowed.
    Printed,
    /// Tenders cover it.
    Paid,
    /// The table is free; no more changes.
    Closed,
    /// Opened by mistake.
    Voided,
}

impl CheckState {
    /// Whose party it is, and whether it is an important one, is said while it sits there.
    pub fn change_party(self) -> Result<(), PartyRefusal> {
        if self.takes_orders() { Ok(()) } else { Err(PartyRefusal::CheckClosed) }
    }

    /// Whether lines may still be added or voided.
    pub fn takes_orders(self) -> bool {
        match self {
            Self::Open | Self::Printed => true,
            Self::Paid | Self::Closed | Self::Voided => false,
        }
    }

    /// The word on pages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "Open",
            Self::Printed => "Bill printed",
            Self::Paid => "Paid",
            Self::Closed => "Closed",
            Self::Voided => "Voided",
        }
    }
}

/// Why a check is not closed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CloseRefusal {
    /// It is closed, or was voided.
    #[error("This check is closed already.")]
    Closed,
    /// Too little, too much, or the check changed meanwhile.
    #[error("The check comes to {due}: take exactly that.")]
    NotExact {
        /// What is owed now.
        due: Money,
    },
    /// Nobody could fire it afterwards.
    #[error("A course is still on hold: fire it, or take it off first.")]
    CourseHeld,
    /// That payment's id was used for another one.
    #[error("This payment was already used for another check.")]
    TenderKeyTaken,
}

/// Why a check stays at its table.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MoveRefusal {
    /// There is no such table here.
    #[error("There is no such table here.")]
    NoSuchTable,
    /// Another party sits there.
    #[error("Somebody sits at table {0} already.")]
    Taken(String),
    /// Nobody sits anywhere with it.
    #[error("The check is closed.")]
    Closed,
}

impl CheckState {
    /// Go to another table: one where nobody sits.
    pub fn go_to(self, label: &str, taken: bool) -> Result<(), MoveRefusal> {
        match self {
            Self::Open | Self::Printed if taken => Err(MoveRefusal::Taken(label.to_owned())),
            Self::Open | Self::Printed => Ok(()),
            Self::Paid | Self::Closed | Self::Voided => Err(MoveRefusal::Closed),
        }
    }

    /// Close with one exact payment. `held`: a course of it waits for somebody to fire it.
    pub fn close(self, amount: Money, due: Money, held: bool) -> Result<(), CloseRefusal> {
        match self {
            Self::Open | Self::Printed if held => Err(CloseRefusal::CourseHeld),
            Self::Open | Self::Printed if amount == due => Ok(()),
            Self::Open | Self::Printed => Err(CloseRefusal::NotExact { due }),
            Self::Paid | Self::Closed | Self::Voided => Err(CloseRefusal::Closed),
        }
    }
}

/// Why a party stays whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PartyRefusal {
    /// They have left.
    #[error("The check is closed.")]
    CheckClosed,
    /// Nobody of that id serves here.
    #[error("Nobody like that serves here.")]
    NoServer,
}
