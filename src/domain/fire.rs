//! A fire at the pass: handed over to the guest, or taken back.

use thiserror::Error;
use time::OffsetDateTime;

use super::ids::DeviceId;
use super::ticket::{Step, UNDO_WITHIN};

/// What the rules need to know of a fire, read under the turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fire {
    /// Tickets that stations still work on.
    pub tickets_open: i64,
    /// When and by whom it was handed over, if it was.
    pub handed_over: Option<HandOver>,
    /// It left the board without being served.
    pub cleared: bool,
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
}

impl Fire {
    /// Bump at the pass: the whole fire goes to the guest.
    pub fn bump(&self, on: DeviceId) -> Result<Step, FireRefusal> {
        match &self.handed_over {
            Some(first) if first.on == on => Ok(Step::Already),
            Some(first) => Err(FireRefusal::HandedOverBy { by: first.by.clone(), at: first.at }),
            None if self.cleared => Err(FireRefusal::Cleared),
            None if self.tickets_open > 0 => Err(FireRefusal::NotReady(self.tickets_open)),
            None => Ok(Step::Do),
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

    #[test]
    fn what_is_still_cooked_is_not_handed_over() {
        let fire = Fire { tickets_open: 2, handed_over: None, cleared: false };
        assert_eq!(fire.bump(DeviceId::new()), Err(FireRefusal::NotReady(2)));
    }

    #[test]
    fn two_people_at_the_pass_are_told_apart() {
        let (left, right) = (DeviceId::new(), DeviceId::new());
        let at = OffsetDateTime::UNIX_EPOCH;
        let handed_over = Some(HandOver { at, on: left, by: "Marta".to_owned() });
        let fire = Fire { tickets_open: 0, handed_over, cleared: false };
        assert_eq!(fire.bump(left), Ok(Step::Already));
        assert_eq!(fire.bump(right), Err(FireRefusal::HandedOverBy { by: "Marta".to_owned(), at }));
        assert_eq!(fire.undo(left, at + UNDO_WITHIN), Ok(Step::Do));
    }
}
