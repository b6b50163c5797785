//! Stations.

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
}
