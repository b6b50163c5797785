//! A fire at the pass: handed over to the guest, or taken back.

use serde::Deserialize;
use thiserror::Error;
use time::{Duration, OffsetDateTime};

use super::ids::DeviceId;
use super::ticket::{Step, UNDO_WITHIN};

/// How long a rush can be taken back.
pub const CALM_WITHIN: Duration = Duration::seconds(3);

/// How the pass of a house works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct PassRules {
    /// Nothing is handed over before every station is through with it, unless a manager says so.
    pub waits: bool,
    /// Two levels: plated, then handed over.
    pub plates: bool,
}

impl PassRules {
    /// What a new house begins with.
    pub const DEFAULT: Self = Self { waits: true, plates: false };
}

/// Who says that a fire goes to the guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandedBy {
    /// Whoever works the pass, by the house's rules.
    Rules,
    /// A manager, although stations still work on it.
    Manager,
}

/// What the rules need to know of a fire, read under the turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fire {
    /// Whether the kitchen has it: else it is on hold.
    pub fired: bool,
    /// When it was rushed and on which device, if it was.
    pub rushed: Option<(OffsetDateTime, DeviceId)>,
    /// Tickets that stations still work on.
    pub tickets_open: i64,
    /// What a guest must not eat, and who has not read it.
    pub unread: Unread,
    /// Whether it stands on plates, ready to be carried.
    pub plated: bool,
    /// When and by whom it was handed over, if it was.
    pub handed_over: Option<HandOver>,
    /// It left the board without being served, or on an earlier business day.
    pub cleared: bool,
    /// The house's.
    pub rules: PassRules,
}

/// Who has not read what a guest must not eat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unread {
    /// Everybody has, or there is nothing to read.
    Nobody,
    /// The pass.
    Pass,
    /// A station that still works on it.
    Station(String),
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
    /// Not even a manager hands over what a station has not read.
    #[error("{0} has not said that it has seen the allergy. Ask there first.")]
    UnreadAt(String),
    /// The house has one level.
    #[error("This pass hands over with one tap: nothing is plated before.")]
    NoPlates,
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
    /// Bump at the pass: the whole fire goes to the guest, and stations that still work on it are through with it.
    pub fn bump(&self, on: DeviceId, by: HandedBy) -> Result<Step, FireRefusal> {
        let waits = self.rules.waits && by == HandedBy::Rules;
        match (&self.handed_over, &self.unread) {
            (Some(first), _) if first.on == on => Ok(Step::Already),
            (Some(first), _) => Err(FireRefusal::HandedOverBy { by: first.by.clone(), at: first.at }),
            (None, _) if self.cleared => Err(FireRefusal::Cleared),
            (None, _) if !self.fired => Err(FireRefusal::NotFired),
            (None, _) if self.tickets_open > 0 && waits => Err(FireRefusal::NotReady(self.tickets_open)),
            (None, Unread::Station(station)) => Err(FireRefusal::UnreadAt(station.clone())),
            (None, Unread::Pass) => Err(FireRefusal::AllergyUnseen),
            (None, Unread::Nobody) => Ok(Step::Do),
        }
    }

    /// It stands on plates: somebody may carry it.
    pub fn plate(&self) -> Result<Step, FireRefusal> {
        self.is_waiting()?;
        match () {
            () if !self.rules.plates => Err(FireRefusal::NoPlates),
            () if self.plated => Ok(Step::Already),
            () if self.unread != Unread::Nobody => Err(FireRefusal::AllergyUnseen),
            () => Ok(Step::Do),
        }
    }

    /// It does not stand on plates after all.
    pub fn unplate(&self) -> Result<Step, FireRefusal> {
        match &self.handed_over {
            Some(first) => Err(FireRefusal::HandedOverBy { by: first.by.clone(), at: first.at }),
            None if self.plated => Ok(Step::Do),
            None => Ok(Step::Already),
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
        unread: Unread::Nobody,
        plated: false,
        handed_over: None,
        cleared: false,
        rules: PassRules::DEFAULT,
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
        let bump = |fire: &Fire, by| fire.bump(DeviceId::new(), by);
        assert_eq!(bump(&COOKING, HandedBy::Rules), Err(FireRefusal::NotReady(2)));
        assert_eq!(bump(&COOKING, HandedBy::Manager), Ok(Step::Do));
        let hurried = Fire { rules: PassRules { waits: false, plates: false }, ..COOKING };
        assert_eq!(bump(&hurried, HandedBy::Rules), Ok(Step::Do));
        let held = Fire { fired: false, tickets_open: 0, ..COOKING };
        assert_eq!(bump(&held, HandedBy::Manager), Err(FireRefusal::NotFired));
        let unread = Fire { tickets_open: 0, unread: Unread::Pass, ..COOKING };
        assert_eq!(bump(&unread, HandedBy::Manager), Err(FireRefusal::AllergyUnseen));
        let grill = || "Grill".to_owned();
        let unread = Fire { unread: Unread::Station(grill()), ..COOKING };
        assert_eq!(bump(&unread, HandedBy::Manager), Err(FireRefusal::UnreadAt(grill())));
    }

    #[test]
    fn what_is_ready_is_plated_where_the_house_does_that() {
        let ready = Fire { tickets_open: 0, ..COOKING };
        assert_eq!(ready.plate(), Err(FireRefusal::NoPlates));
        let two = PassRules { plates: true, ..PassRules::DEFAULT };
        let ready = Fire { rules: two, ..ready };
        assert_eq!(ready.plate(), Ok(Step::Do));
        assert_eq!(Fire { rules: two, ..COOKING }.plate(), Err(FireRefusal::NotReady(2)));
        assert_eq!(Fire { unread: Unread::Pass, ..ready.clone() }.plate(), Err(FireRefusal::AllergyUnseen));
        let plated = Fire { plated: true, ..ready };
        assert_eq!((plated.plate(), plated.unplate()), (Ok(Step::Already), Ok(Step::Do)));
        let carried = plated.bump(DeviceId::new(), HandedBy::Rules);
        assert_eq!(carried, Ok(Step::Do));
    }

    #[test]
    fn two_people_at_the_pass_are_told_apart() {
        let (left, right) = (DeviceId::new(), DeviceId::new());
        let at = OffsetDateTime::UNIX_EPOCH;
        let handed_over = Some(HandOver { at, on: left, by: "Marta".to_owned() });
        let fire = Fire { tickets_open: 0, handed_over, ..COOKING };
        assert_eq!(fire.bump(left, HandedBy::Rules), Ok(Step::Already));
        assert_eq!(
            fire.bump(right, HandedBy::Rules),
            Err(FireRefusal::HandedOverBy { by: "Marta".to_owned(), at })
        );
        assert_eq!(fire.undo(left, at + UNDO_WITHIN), Ok(Step::Do));
    }
}
