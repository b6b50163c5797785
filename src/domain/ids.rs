//! Typed ids: a ticket's id cannot be passed where a line's is meant.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type)]
        #[serde(transparent)]
        #[sqlx(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id that sorts after the earlier ones (UUID version 7).
            #[expect(clippy::new_without_default, reason = "a default that differs every time would surprise")]
            #[expect(clippy::disallowed_methods, reason = "this is the one place")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                text.parse().map(Self)
            }
        }
    )*};
}

id! {
    /// One restaurant. Every row belongs to one.
    LocationId
    /// A person who works there.
    StaffId
    /// Words to the kitchen, as one station has them
    MessageId
    /// A screen that showed other cards than the server held
    IncidentId
    /// A tablet or kitchen display that was paired, or any browser's long-lived random cookie.
    DeviceId
    /// A waiter's group of tables.
    SectionId
    /// A seating unit.
    TableId
    /// A part of the kitchen: grill, fry, bar.
    StationId
    /// A screen that a manager saved.
    ScreenId
    /// A page of the menu.
    CategoryId
    /// A menu entry.
    ItemId
    /// A set of choices of an item.
    GroupId
    /// One choice of a group.
    ModifierId
    /// Which stations an item or a category goes to.
    RouteId
    /// The bill of a party.
    CheckId
    /// One Send; made on the tablet, the idempotency key.
    OrderId
    /// One item asked for.
    LineId
    /// One course of a check, released to the kitchen.
    FireId
    /// One fire at one station.
    TicketId
    /// One payment; made on the tablet, the idempotency key.
    TenderId
    /// A machine client's key.
    TokenId
    /// A pairing code.
    CodeId
    /// A program that serves: each start is another.
    ProcessId
    /// A dump of the database that has passed its proof.
    BackupId
}

/// A location's turn number: hole-free, in commit order.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type,
)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct BoardSeq(pub i64);

impl fmt::Display for BoardSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Counts what the floor changed on a ticket: lines, voids, notes. A bump carries the one its card showed.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type,
)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct Version(pub i32);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
