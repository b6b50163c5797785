//! Tickets that no screen has shown: after five seconds the floor is told, once a ticket, to go and tell the station.

use serde::Deserialize;
use time::{Duration, OffsetDateTime};

use super::card::Header;
use super::ids::TicketId;

/// A screen confirms a card within a second or two of its Send. Longer than that, and nobody may be looking.
pub const ALARM_AFTER: Duration = Duration::seconds(5);

/// An alarm on a tile: a live ticket that no screen has shown.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Alarm {
    /// The station's name; none: it waits at the pass.
    pub station: Option<String>,
    /// When it was sent.
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
}

/// A live ticket that no screen has shown, as the manager's page lists it.
#[derive(Debug, Clone)]
pub struct UnseenTicket {
    /// Its id.
    pub ticket_id: TicketId,
    /// What its card is headed with.
    pub header: Header,
    /// The station's name; none: it waits at the pass.
    pub station: Option<String>,
    /// When it was sent.
    pub since: OffsetDateTime,
    /// Whether the floor was told.
    pub alarmed: bool,
}

impl UnseenTicket {
    /// Whom to go and tell.
    pub fn whom(&self) -> &str {
        whom(self.station.as_deref())
    }
}

/// Whom to go and tell.
pub fn whom(station: Option<&str>) -> &str {
    station.unwrap_or("the pass")
}
