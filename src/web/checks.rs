//! A check: what was sent, what the kitchen did with it, what it comes to.

use askama::Template;

use crate::domain::check_view::CheckView;
use crate::domain::ids::TenderId;
use crate::domain::staff::Action;
use crate::domain::ticket::TicketState;
use crate::fragments::times;

use super::frame::{BoardStart, Frame};

/// `GET /checks/{check_id}`.
#[derive(Template)]
#[template(path = "check/page.html")]
pub struct CheckPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The floor's view: the page fetches itself again when its tile changes.
    pub board: BoardStart,
    /// The check.
    pub check: CheckView,
    /// The key that a payment carries.
    pub tender_id: TenderId,
    /// What was refused, when a plain form comes back.
    pub failure: Option<String>,
}

/// Reasons that cover nearly every void; the rest is written.
pub const VOID_REASONS: [&str; 5] = [
    "Entered wrong",
    "Guest changed their mind",
    "Took too long",
    "Kitchen is out of it",
    "Not as ordered",
];

impl CheckPage {
    fn may_void(&self) -> bool {
        self.check.is_open() && self.frame.may(Action::VoidLine)
    }

    fn may_close(&self) -> bool {
        self.check.is_open() && self.frame.may(Action::CloseCheck)
    }

    fn may_hand_over(&self) -> bool {
        self.frame.may(Action::WorkPass)
    }
}
