//! Stations, and how old a ticket may get there.

use serde::Serialize;

use super::ids::StationId;

/// A part of the kitchen with a screen of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Station {
    /// Its id.
    pub station_id: StationId,
    /// Its name in addresses: `/kitchen/grill`.
    pub slug: String,
    /// Its name on screens.
    pub name: String,
    /// When its tickets turn warn, then late.
    pub limits: AgeLimits,
}

/// The two ages of a ticket, in seconds from its fire: on time, then warn, then late.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct AgeLimits {
    /// Seconds until it warns.
    pub warn_after_s: i32,
    /// Seconds until it is late.
    pub late_after_s: i32,
}
