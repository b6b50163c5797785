//! Stations, and whose screen shows what.

use serde::Deserialize;
use thiserror::Error;
use time::OffsetDateTime;

use super::ids::{BoardSeq, StationId};

/// A part of the kitchen with a screen of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Station {
    /// Its id.
    pub station_id: StationId,
    /// Its name in addresses: `/kitchen/grill`.
    pub slug: String,
    /// Its name on screens.
    pub name: String,
    /// The station whose screen shows its cards meanwhile; none: its own.
    pub shown_at: Option<StationId>,
}

/// What stands on a station's own screen while another one shows its cards.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct LentCard {
    /// The station.
    pub station_id: StationId,
    /// Its stamp.
    pub board_seq: BoardSeq,
    /// Its name.
    pub name: String,
    /// Whose screen shows its cards.
    pub shown_at: String,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
    /// Who said so.
    pub by: String,
}

/// Why a station's cards stay where they are.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LendRefusal {
    /// It is shown there anyway.
    #[error("A station cannot be shown on itself.")]
    Itself,
    /// The other one's cards are elsewhere.
    #[error("{0} is itself shown elsewhere. Choose another station.")]
    Elsewhere(String),
    /// Others are shown here: they would be nowhere.
    #[error("{0} is shown here. Take it back first.")]
    ShowsOthers(String),
}
