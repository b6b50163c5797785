//! A fire at the pass: handed over to the guest, or taken back.

use thiserror::Error;
use time::{Duration, OffsetDateTime};

use super::ids::DeviceId;
use super::ticket::{Step, UNDO_WITHIN};

/// How long a rush can be taken back.
pub const CALM_WITHIN: Duration = Duration::seconds(3);

/// What the rules need to know of a fire, read under the turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fire {
    /// Whether the kitchen has it: else it is on hold.
    pub fired: bool,
    /// When it was rushed and on which device, if it was.
    pub rushed: Option<(OffsetDateTime, DeviceId)>,
    /// Tickets that stations still work on.
    pub tickets_open: i64,
    /// When and by whom it was handed over, if it was.
    pub handed_over: Option<HandOver>,
    /// It left the board without being served, or on an earlier business day.
    pub cleared: bool,
    /// An allergy stands on it that nobody at the pass has seen.
    pub allergy: bool,
}

/// Who handed a fire over, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandOver {
    /// When.
    pub at: OffsetDateTime,
    /// On which device.
    pub on: DeviceId,
    /// The person's name.
    pub by: String,
}

/// Why expo may not do that to a fire.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FireRefusal {
    /// Stations still work on it.
    #[error("{0} of its tickets are still being cooked.")]
    NotReady(i64),
    /// Someone was faster.
    #[error("{by} handed it over already.")]
    HandedOverBy {
        /// Who.
        by: String,
        /// When.
        at: OffsetDateTime,
    },
    /// The five seconds are over.
    #[error("Too late to undo. Recall it instead.")]
    UndoTooLate,
    /// It left the board for good.
    #[error("This order was cleared.")]
    Cleared,
    /// Nothing to bring back.
    #[error("This order is still at the pass.")]
    NotHandedOver,
    /// Nobody cooks it yet.
    #[error("This course is on hold. Fire it first.")]
    NotFired,
    /// No plate leaves before the pass has read what a guest must not eat.
    #[error("An allergy: say that you have seen it first.")]
    AllergyUnseen,
    /// There is nothing left to hurry.
    #[error("It is cooked already.")]
    Cooked,
    /// The three seconds are over, or it was another device's.
    #[error("Too late to take the rush back: the kitchen has it.")]
    CalmTooLate,
}

impl Fire {
    /// Bump at the pass: the whole fire goes to the guest.
    pub fn bump(&self, on: DeviceId) -> Result<Step, FireRefusal> {
        match &self.handed_over {
            Some(first) if first.on == on => Ok(Step::Already),
            Some(first) => Err(FireRefusal::HandedOverBy { by: first.by.clone(), at: first.at }),
            None if self.cleared => Err(FireRefusal::Cleared),
            None if !self.fired => Err(FireRefusal::NotFired),
            None if self.tickets_open > 0 => Err(FireRefusal::NotReady(self.tickets_open)),
            None if self.allergy => Err(FireRefusal::AllergyUnseen),
            None => Ok(Step::Do),
        }
    }

    /// Whether it waits at the pass, ready: only then somebody can know it.
    pub fn is_waiting(&self) -> Result<(), FireRefusal> {
        match &self.handed_over {
            Some(first) => Err(FireRefusal::HandedOverBy { by: first.by.clone(), at: first.at }),
            None if self.cleared => Err(FireRefusal::Cleared),
            None if !self.fired => Err(FireRefusal::NotFired),
            None if self.tickets_open > 0 => Err(FireRefusal::NotReady(self.tickets_open)),
            None => Ok(()),
        }
    }

    /// Recall: the guest has it, and it comes back to the pass.
    pub fn recall(&self) -> Result<Step, FireRefusal> {
        match &self.handed_over {
            _ if self.cleared => Err(FireRefusal::Cleared),
            None => Err(FireRefusal::NotHandedOver),
            Some(_) => Ok(Step::Do),
        }
    }

    /// Rush: every station of it makes it first.
    pub fn rush(&self) -> Result<Step, FireRefusal> {
        match &self.handed_over {
            _ if self.cleared => Err(FireRefusal::Cleared),
            _ if !self.fired => Err(FireRefusal::NotFired),
            None if self.rushed.is_some() => Ok(Step::Already),
            None if self.tickets_open > 0 => Ok(Step::Do),
            None | Some(_) => Err(FireRefusal::Cooked),
        }
    }

    /// Take one's own rush back, within three seconds.
    pub fn calm(&self, on: DeviceId, now: OffsetDateTime) -> Result<Step, FireRefusal> {
        match self.rushed {
            None => Ok(Step::Already),
            Some((at, first)) if first == on && now <= at + CALM_WITHIN => Ok(Step::Do),
            Some(_) => Err(FireRefusal::CalmTooLate),
        }
    }

    /// Undo: one's own hand-over, within five seconds.
    pub fn undo(&self, on: DeviceId, now: OffsetDateTime) -> Result<Step, FireRefusal> {
        match &self.handed_over {
            None => Ok(Step::Already),
            Some(first) if first.on != on => {
                Err(FireRefusal::HandedOverBy { by: first.by.clone(), at: first.at })
            }
            Some(first) if first.at + UNDO_WITHIN < now => Err(FireRefusal::UndoTooLate),
            Some(_) => Ok(Step::Do),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COOKING: Fire = Fire {
        fired: true,
        rushed: None,
        tickets_open: 2,
        handed_over: None,
        cleared: false,
        allergy: false,
    };

    #[test]
    fn what_is_cooked_or_on_hold_is_not_rushed() {
        assert_eq!(COOKING.rush(), Ok(Step::Do));
        assert_eq!(Fire { tickets_open: 0, ..COOKING }.rush(), Err(FireRefusal::Cooked));
        assert_eq!(Fire { fired: false, ..COOKING }.rush(), Err(FireRefusal::NotFired));
        assert_eq!(Fire { cleared: true, ..COOKING }.rush(), Err(FireRefusal::Cleared));
    }

    #[test]
    fn a_rush_is_taken_back_on_its_own_device_within_three_seconds() {
        let (mine, at) = (DeviceId::new(), OffsetDateTime::UNIX_EPOCH);
        let rushed = Fire { rushed: Some((at, mine)), ..COOKING };
        assert_eq!(rushed.rush(), Ok(Step::Already));
        assert_eq!(rushed.calm(mine, at + CALM_WITHIN), Ok(Step::Do));
        let late = at + CALM_WITHIN + Duration::milliseconds(1);
        assert_eq!(rushed.calm(mine, late), Err(FireRefusal::CalmTooLate));
        assert_eq!(rushed.calm(DeviceId::new(), at), Err(FireRefusal::CalmTooLate));
        assert_eq!(COOKING.calm(mine, at), Ok(Step::Already));
    }

    #[test]
    fn what_is_still_cooked_is_not_handed_over() {
        let fire = COOKING;
        assert_eq!(fire.bump(DeviceId::new()), Err(FireRefusal::NotReady(2)));
        let held = Fire { fired: false, tickets_open: 0, ..COOKING };
        assert_eq!(held.bump(DeviceId::new()), Err(FireRefusal::NotFired));
        let unread = Fire { tickets_open: 0, allergy: true, ..COOKING };
        assert_eq!(unread.bump(DeviceId::new()), Err(FireRefusal::AllergyUnseen));
    }

    #[test]
    fn two_people_at_the_pass_are_told_apart() {
        let (left, right) = (DeviceId::new(), DeviceId::new());
        let at = OffsetDateTime::UNIX_EPOCH;
        let handed_over = Some(HandOver { at, on: left, by: "Marta".to_owned() });
        let fire = Fire { tickets_open: 0, handed_over, ..COOKING };
        assert_eq!(fire.bump(left), Ok(Step::Already));
        assert_eq!(fire.bump(right), Err(FireRefusal::HandedOverBy { by: "Marta".to_owned(), at }));
        assert_eq!(fire.undo(left, at + UNDO_WITHIN), Ok(Step::Do));
    }
}
