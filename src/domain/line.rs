//! An order line after its Send: what may still be taken off, and by whom.

use thiserror::Error;

use super::check::CheckState;
use super::staff::Role;

/// Characters in a void's reason, at most.
pub const REASON_CHARS_MAX: usize = 200;

/// What the rules need to know of a line, read under the turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// Units asked for.
    pub quantity: i32,
    /// Units voided so far.
    pub voided: i32,
    /// Cooked at every station it needs, or handed over.
    pub made: bool,
    /// Where its check stands.
    pub check_state: CheckState,
}

/// Why a line is not voided.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum VoidRefusal {
    /// The kitchen and the audit need one.
    #[error("Say why, in at most 200 characters.")]
    NoReason,
    /// Nothing, or more than there is.
    #[error("Between 1 and {0} units of this line can be voided.")]
    Units(i32),
    /// All of it is void already.
    #[error("This line is void already.")]
    AllVoid,
    /// It is cooked: a manager decides.
    #[error("It is cooked already: a manager can void it.")]
    NeedsManager,
    /// Money that was taken is not changed.
    #[error("The check is closed.")]
    CheckClosed,
}

impl VoidRefusal {
    /// The field that is to blame.
    pub fn field(&self) -> &'static str {
        match self {
            Self::NoReason => "reason",
            Self::Units(_) | Self::AllVoid => "quantity",
            Self::NeedsManager | Self::CheckClosed => "line_id",
        }
    }
}

impl Line {
    /// Void `units` of it, for a reason. What is cooked only a manager takes off.
    pub fn void(&self, units: i32, reason: &str, role: Role) -> Result<(), VoidRefusal> {
        let left = self.quantity - self.voided;
        if !self.check_state.takes_orders() {
            return Err(VoidRefusal::CheckClosed);
        }
        if left == 0 {
            return Err(VoidRefusal::AllVoid);
        }
        if !(1..=left).contains(&units) {
            return Err(VoidRefusal::Units(left));
        }
        let reason = reason.trim();
        let plain = !reason.is_empty() && !reason.chars().any(char::is_control);
        if !plain || reason.chars().count() > REASON_CHARS_MAX {
            return Err(VoidRefusal::NoReason);
        }
        match role {
            Role::Waiter | Role::Cook | Role::Expo if self.made => Err(VoidRefusal::NeedsManager),
            Role::Waiter | Role::Cook | Role::Expo | Role::Manager | Role::Owner => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: Line = Line { quantity: 3, voided: 1, made: false, check_state: CheckState::Open };

    #[test]
    fn a_void_takes_off_what_is_left_and_no_more() {
        assert_eq!(LINE.void(2, "sent back", Role::Waiter), Ok(()));
        assert_eq!(LINE.void(3, "sent back", Role::Waiter), Err(VoidRefusal::Units(2)));
        assert_eq!(Line { voided: 3, ..LINE }.void(1, "again", Role::Waiter), Err(VoidRefusal::AllVoid));
    }

    #[test]
    fn a_void_without_a_reason_is_refused() {
        assert_eq!(LINE.void(1, "  ", Role::Owner), Err(VoidRefusal::NoReason));
        assert_eq!(LINE.void(1, "two\nlines", Role::Owner), Err(VoidRefusal::NoReason));
    }

    #[test]
    fn what_is_cooked_only_a_manager_voids() {
        let cooked = Line { made: true, ..LINE };
        assert_eq!(cooked.void(1, "cold", Role::Waiter), Err(VoidRefusal::NeedsManager));
        assert_eq!(cooked.void(1, "cold", Role::Manager), Ok(()));
    }

    #[test]
    fn a_closed_check_keeps_its_lines() {
        let closed = Line { check_state: CheckState::Closed, ..LINE };
        assert_eq!(closed.void(1, "late", Role::Owner), Err(VoidRefusal::CheckClosed));
    }
}
