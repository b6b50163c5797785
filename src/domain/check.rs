//! The bill of a party.

use serde::{Deserialize, Serialize};

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
