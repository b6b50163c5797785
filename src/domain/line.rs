//! An order line after its Send: what may still be taken off, and by whom.

use std::collections::BTreeSet;

use thiserror::Error;

use super::card::ChosenModifier;
use super::check::CheckState;
use super::course::CourseRefusal;
use super::money::{LINE_MINOR_MAX, Money};
use super::staff::Role;
use super::ticket::LineState;

/// Characters in a void's reason, at most.
pub const REASON_CHARS_MAX: usize = 200;

/// How far a line is: read from its fire, its ticket lines and what happened to it; stored nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LineStanding {
    /// Its course waits for somebody to fire it.
    Held,
    /// The kitchen has it.
    Fired,
    /// Somebody cooks it.
    Started,
    /// Cooked at every station it needs, or at one where one will do.
    Ready,
    /// The guest has it.
    Served,
    /// Taken off as a whole.
    Voided,
}

impl LineStanding {
    /// Every standing, in the order of a line's life.
    pub const ALL: [Self; 6] =
        [Self::Held, Self::Fired, Self::Started, Self::Ready, Self::Served, Self::Voided];

    /// From the facts that it is read from; `made` is how far its stations are together.
    pub fn of(live: bool, fired: bool, served: bool, made: LineState) -> Self {
        match (live, fired, made) {
            (false, ..) => Self::Voided,
            (true, false, _) => Self::Held,
            (true, true, _) if served => Self::Served,
            (true, true, LineState::Ready) => Self::Ready,
            (true, true, LineState::Started) => Self::Started,
            (true, true, LineState::Waiting) => Self::Fired,
        }
    }

    /// The word on pages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Held => "On hold",
            Self::Fired => "Fired",
            Self::Started => "Cooking",
            Self::Ready => "Ready",
            Self::Served => "Served",
            Self::Voided => "Void",
        }
    }

    /// The token behind its colour.
    pub fn token(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Fired | Self::Voided => "waiting",
            Self::Started | Self::Served => "done",
            Self::Ready => "ready",
        }
    }
}

/// What the rules need to know of a line, read under the turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// Units asked for.
    pub quantity: i32,
    /// Units voided so far.
    pub voided: i32,
    /// Nobody has fired it: the kitchen does not cook it yet.
    pub held: bool,
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
        let said = self.held || !reason.is_empty(); // what nobody cooks needs no excuse
        if !said || reason.chars().any(char::is_control) || reason.chars().count() > REASON_CHARS_MAX {
            return Err(VoidRefusal::NoReason);
        }
        match role {
            Role::Waiter | Role::Cook | Role::Expo if self.made => Err(VoidRefusal::NeedsManager),
            Role::Waiter | Role::Cook | Role::Expo | Role::Manager | Role::Owner => Ok(()),
        }
    }
}

/// What the rules need to know of a line that is to be another one, read under the turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// Units that still count.
    pub live: i32,
    /// The guest has it.
    pub served: bool,
    /// Its station was through with it on an earlier day, or is gone: nobody would make it.
    pub over: bool,
    /// Where its check stands.
    pub check_state: CheckState,
    /// How often it was changed so far.
    pub changed: i32,
}

/// Why a line stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ChangeRefusal {
    /// Two people at one line: the second has not seen what the first wanted.
    #[error("Somebody changed this line meanwhile. Look at it again.")]
    Overtaken,
    /// Another station would have to begin, or stop, with something.
    #[error("{0} is made at a station of its own. Take the line off, and send it anew.")]
    MadeElsewhere(String),
    /// There is nothing left of it.
    #[error("This line is void.")]
    Void,
    /// It is on the guest's table.
    #[error("It is served. Refire it, if it is to be another one.")]
    Served,
    /// Nobody would make it.
    #[error("The kitchen was through with it and cannot take it back. Order it anew.")]
    Over,
    /// Money that was taken is not changed.
    #[error("The check is closed.")]
    CheckClosed,
    /// Choices that make it cost less than nothing, or more than a line may.
    #[error("This line's price is out of bounds.")]
    Price,
}

impl Change {
    /// Whether it may be another one, at that price a unit. `seen`: how often it had been changed when somebody looked.
    pub fn check(&self, seen: i32, price: Money) -> Result<(), ChangeRefusal> {
        let units = self.live.unsigned_abs();
        match () {
            () if !self.check_state.takes_orders() => Err(ChangeRefusal::CheckClosed),
            () if self.live == 0 => Err(ChangeRefusal::Void),
            () if self.served => Err(ChangeRefusal::Served),
            () if self.over => Err(ChangeRefusal::Over),
            () if seen != self.changed => Err(ChangeRefusal::Overtaken),
            () if price < Money::ZERO || price.times(units).0 > LINE_MINOR_MAX => Err(ChangeRefusal::Price),
            () => Ok(()),
        }
    }
}

/// What the rules need to know of a line that is to be cooked again, read under the turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refire {
    /// Units that still count.
    pub live: i32,
    /// Cooked, or with the guest: what is still cooked is told to its station.
    pub made: bool,
    /// Where its check stands.
    pub check_state: CheckState,
}

impl Refire {
    /// Cook `units` of it again, for a reason that the kitchen reads.
    pub fn check(&self, units: i32, reason: &str) -> Result<(), CourseRefusal> {
        if !self.check_state.takes_orders() {
            return Err(CourseRefusal::CheckClosed);
        }
        if !self.made {
            return Err(CourseRefusal::StillCooked);
        }
        if !(1..=self.live).contains(&units) {
            return Err(CourseRefusal::Units(self.live));
        }
        let reason = reason.trim();
        let is_said = !reason.is_empty() && !reason.chars().any(char::is_control);
        if is_said && reason.chars().count() <= REASON_CHARS_MAX {
            Ok(())
        } else {
            Err(CourseRefusal::NoReason)
        }
    }
}

/// A choice of those that other stations make, by its words, which comes or goes: their work does not follow a change.
pub fn moves_work(
    before: &[ChosenModifier],
    after: &[ChosenModifier],
    made_elsewhere: &[&str],
) -> Option<String> {
    let of = |choices: &[ChosenModifier]| {
        let words = choices.iter().map(ChosenModifier::words);
        words.filter(|words| made_elsewhere.contains(&words.as_str())).collect::<BTreeSet<_>>()
    };
    of(before).symmetric_difference(&of(after)).next().cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: Line =
        Line { quantity: 3, voided: 1, held: false, made: false, check_state: CheckState::Open };

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
    fn what_nobody_cooks_yet_goes_without_a_reason() {
        assert_eq!(Line { held: true, ..LINE }.void(1, "", Role::Waiter), Ok(()));
    }

    #[test]
    fn what_is_cooked_only_a_manager_voids() {
        let cooked = Line { made: true, ..LINE };
        assert_eq!(cooked.void(1, "cold", Role::Waiter), Err(VoidRefusal::NeedsManager));
        assert_eq!(cooked.void(1, "cold", Role::Manager), Ok(()));
    }

    #[test]
    fn what_is_cooked_is_cooked_again_for_a_reason() {
        let plate = Refire { live: 2, made: true, check_state: CheckState::Open };
        assert_eq!(plate.check(2, "dropped"), Ok(()));
        assert_eq!(plate.check(3, "dropped"), Err(CourseRefusal::Units(2)));
        assert_eq!(plate.check(0, "dropped"), Err(CourseRefusal::Units(2)));
        assert_eq!(plate.check(1, " "), Err(CourseRefusal::NoReason));
        assert_eq!(plate.check(1, &"x".repeat(201)), Err(CourseRefusal::NoReason));
        assert_eq!(Refire { made: false, ..plate }.check(1, "dropped"), Err(CourseRefusal::StillCooked));
        let closed = Refire { check_state: CheckState::Closed, ..plate };
        assert_eq!(closed.check(1, "dropped"), Err(CourseRefusal::CheckClosed));
    }

    #[test]
    fn a_closed_check_keeps_its_lines() {
        let closed = Line { check_state: CheckState::Closed, ..LINE };
        assert_eq!(closed.void(1, "late", Role::Owner), Err(VoidRefusal::CheckClosed));
    }
}
