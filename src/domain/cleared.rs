//! What the end of a business day took off the boards.

use time::{Date, OffsetDateTime};

use super::ids::TicketId;

/// What the end of a business day took off the kitchen's screens.
#[derive(Debug, Clone)]
pub struct ClearedDay {
    /// The day that ended.
    pub business_day: Date,
    /// When it was cleared.
    pub at: OffsetDateTime,
    /// The tickets that were still open.
    pub tickets: Vec<ClearedTicket>,
}

/// A ticket that nobody bumped before the day ended.
#[derive(Debug, Clone)]
pub struct ClearedTicket {
    /// Its id.
    pub ticket_id: TicketId,
    /// `#42-2`.
    pub number: String,
    /// "T12", "Takeaway".
    pub place: String,
    /// None: unrouted.
    pub station: Option<String>,
    /// When its clock started; none: it was on hold.
    pub fired_at: Option<OffsetDateTime>,
    /// `2 × Burger, 1 × Fries`.
    pub lines: String,
}
