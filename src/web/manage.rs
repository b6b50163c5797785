//! The manager's page: what is 86'd, what the cut-off cleared, keys for machine clients.

use askama::Template;
use time::{Date, OffsetDateTime};

use crate::domain::ids::{ItemId, TicketId, TokenId};
use crate::fragments::times;

use super::frame::Frame;

/// `GET /manage`.
#[derive(Template)]
#[template(path = "manage/page.html")]
pub struct ManagePage {
    /// What surrounds it.
    pub frame: Frame,
    /// What is off the menu just now, longest first.
    pub eighty_sixed: Vec<EightySixed>,
    /// What is on the menu, in its order.
    pub items: Vec<ItemRow>,
    /// What the last business day's cut-off cleared; none before the first one.
    pub cleared: Option<ClearedDay>,
    /// Keys for machine clients, newest first.
    pub tokens: Vec<TokenRow>,
    /// The one just made: shown this once.
    pub made: Option<MadeToken>,
    /// What was refused, when a plain form comes back.
    pub failure: Option<String>,
}

/// An item that is off the menu.
#[derive(Debug, Clone)]
pub struct EightySixed {
    /// Its id.
    pub item_id: ItemId,
    /// Its name.
    pub name: String,
    /// Since when.
    pub since: OffsetDateTime,
}

/// An item that is on the menu.
#[derive(Debug, Clone)]
pub struct ItemRow {
    /// Its id.
    pub item_id: ItemId,
    /// Its name.
    pub name: String,
    /// Its page of the menu.
    pub category: String,
}

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
    /// When its clock started.
    pub fired_at: OffsetDateTime,
    /// `2 × Burger, 1 × Fries`.
    pub lines: String,
}

/// A machine client's key.
#[derive(Debug, Clone)]
pub struct TokenRow {
    /// Its id.
    pub token_id: TokenId,
    /// What it is for.
    pub name: String,
    /// Whose name its orders carry.
    pub staff: String,
    /// When it was made.
    pub made_at: OffsetDateTime,
    /// When it was revoked.
    pub revoked_at: Option<OffsetDateTime>,
}

/// A key that was just made.
#[derive(Clone)]
pub struct MadeToken {
    /// What it is for.
    pub name: String,
    /// The key itself; only its hash is kept.
    pub token: String,
}
