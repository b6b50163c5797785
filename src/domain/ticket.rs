//! A ticket's life at its station: bump, undo, recall, acknowledge. Rules are refusals, not bools.

use serde::{Deserialize, Serialize};
use thiserror::Error;
use time::{Duration, OffsetDateTime};

use super::ids::{DeviceId, Version};

/// How long one's own bump can be undone without leaving a badge.
pub const UNDO_WITHIN: Duration = Duration::seconds(5);

/// Where a ticket stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum TicketState {
    /// Known, not to be cooked yet.
    Held,
    /// On the station's board.
    Open,
    /// The station is through with it.
    Bumped,
    /// Taken off: all void and acknowledged, or the day ended.
    Cleared,
}

/// How far a station is with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum LineState {
    /// Not begun.
    Waiting,
    /// Being cooked.
    Started,
    /// Cooked here.
    Ready,
}

/// What the rules need to know of a ticket, read under the turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// Where it stands.
    pub state: TicketState,
    /// What the floor changed so far.
    pub version: Version,
    /// When and by whom it was bumped, while it is.
    pub bumped: Option<Bump>,
    /// Whether the fire was already handed to the guest.
    pub served: bool,
    /// Whether it is over for good: the fire has left the pass (the day's cut-off, or every line of it is void) and nobody
    /// would ever hand it over, or it was bumped on an earlier business day.
    pub over: bool,
    /// What somebody here must read first.
    pub asks: Asks,
    /// A station before this one that still has something of it.
    pub waits_for: Option<String>,
}

/// What stands on a ticket that nobody at its station has confirmed to have read: the gravest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// Nothing.
    Nothing,
    /// Something of it was voided, or is to be another one.
    Void,
    /// What a guest must not eat.
    Allergy,
}

/// A line of a ticket, as the rules need it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TicketLine {
    /// How far this station is.
    pub state: LineState,
    /// Whether anything of it is still wanted.
    pub live: bool,
    /// Whether it is here: the stations before this one are through with it.
    pub here: bool,
}

/// Who bumped a ticket, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bump {
    /// When.
    pub at: OffsetDateTime,
    /// On which device.
    pub on: DeviceId,
    /// The person's name.
    pub by: String,
}

/// Why the kitchen may not do that to a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TicketRefusal {
    /// The floor changed it after this card was drawn.
    #[error("The floor changed this ticket. Look at it again, then bump.")]
    ChangedSince(Version),
    /// Someone was faster.
    #[error("{by} bumped it already.")]
    BumpedBy {
        /// Who.
        by: String,
        /// When.
        at: OffsetDateTime,
    },
    /// What was taken off comes first: else somebody cooks it.
    #[error("Something was voided or changed: acknowledge that first.")]
    Struck,
    /// Nobody cooks, and nothing leaves, before the station has read what a guest must not eat.
    #[error("An allergy: say that you have seen it first.")]
    AllergyUnseen,
    /// Nobody wants it any more.
    #[error("This line is void: do not make it.")]
    LineVoid,
    /// One station after the other.
    #[error("{0} still has some of it. It comes here when they are through.")]
    StillAt(String),
    /// What is begun is finished, and what is finished is not begun again.
    #[error("A line is begun, then ready; a tick that was wrong is taken back first.")]
    NoSuchStep,
    /// It was never released.
    #[error("This ticket is on hold. Fire it first.")]
    NotFired,
    /// It left the board for good.
    #[error("This ticket was cleared.")]
    Cleared,
    /// Nothing to bring back.
    #[error("This ticket is still on the board.")]
    NotBumped,
    /// The five seconds are over.
    #[error("Too late to undo. Recall it instead.")]
    UndoTooLate,
    /// Another screen's bump cannot be undone from here.
    #[error("{0} bumped it. Recall it instead.")]
    NotYours(String),
    /// The guest has it.
    #[error("It was handed over. Expo or a manager can recall it.")]
    Served,
}

/// What a command found to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Write it.
    Do,
    /// It is so already: the same answer twice.
    Already,
}

impl Ticket {
    /// Bump: this station is through with the ticket. `seen` is the version on the cook's card.
    pub fn bump(&self, seen: Version, on: DeviceId) -> Result<Step, TicketRefusal> {
        match (self.state, &self.bumped) {
            (TicketState::Open, _) if seen < self.version => Err(TicketRefusal::ChangedSince(self.version)),
            (TicketState::Open, _) if self.asks == Asks::Allergy => Err(TicketRefusal::AllergyUnseen),
            (TicketState::Open, _) => self.is_here().map(|()| Step::Do),
            (TicketState::Bumped, Some(first)) if first.on != on => {
                Err(TicketRefusal::BumpedBy { by: first.by.clone(), at: first.at })
            }
            (TicketState::Bumped, _) => Ok(Step::Already),
            (TicketState::Held, _) => Err(TicketRefusal::NotFired),
            (TicketState::Cleared, _) => Err(TicketRefusal::Cleared),
        }
    }

    /// Whether all of it is here, or still at a station before this one.
    pub fn is_here(&self) -> Result<(), TicketRefusal> {
        self.waits_for.clone().map_or(Ok(()), |station| Err(TicketRefusal::StillAt(station)))
    }

    /// How far the station is with one line: begun, done, or after all not done. `seen` is the version on the cook's card.
    pub fn work(
        &self,
        line: TicketLine,
        to: LineState,
        seen: Version,
        on: DeviceId,
    ) -> Result<Step, TicketRefusal> {
        match (self.state, &self.bumped) {
            (TicketState::Open, _) if seen < self.version => Err(TicketRefusal::ChangedSince(self.version)),
            (TicketState::Open, _) if !line.live => Err(TicketRefusal::LineVoid),
            (TicketState::Open, _) if line.state == to => Ok(Step::Already),
            (TicketState::Open, _) if !line.here && to != LineState::Waiting => {
                self.is_here().map(|()| Step::Do)
            }
            (TicketState::Open, _) if self.asks == Asks::Allergy && to != LineState::Waiting => {
                Err(TicketRefusal::AllergyUnseen)
            }
            (TicketState::Open, _) if self.asks == Asks::Void && to == LineState::Started => {
                Err(TicketRefusal::Struck)
            }
            (TicketState::Open, _) => match (line.state, to) {
                (LineState::Started, LineState::Waiting) | (LineState::Ready, LineState::Started) => {
                    Err(TicketRefusal::NoSuchStep)
                }
                _ => Ok(Step::Do),
            },
            // The last line took the ticket along, and the same tap comes again.
            (TicketState::Bumped, Some(first)) if first.on == on && line.state == to => Ok(Step::Already),
            (TicketState::Bumped, Some(first)) => {
                Err(TicketRefusal::BumpedBy { by: first.by.clone(), at: first.at })
            }
            (TicketState::Held, _) => Err(TicketRefusal::NotFired),
            (TicketState::Bumped | TicketState::Cleared, _) => Err(TicketRefusal::Cleared),
        }
    }

    /// Undo: one's own bump, within five seconds, without a badge.
    pub fn undo(&self, on: DeviceId, now: OffsetDateTime) -> Result<Step, TicketRefusal> {
        match (self.state, &self.bumped) {
            (TicketState::Bumped, _) if self.over => Err(TicketRefusal::Cleared),
            (TicketState::Bumped, Some(first)) if first.on != on => {
                Err(TicketRefusal::NotYours(first.by.clone()))
            }
            (TicketState::Bumped, Some(first)) if first.at + UNDO_WITHIN < now => {
                Err(TicketRefusal::UndoTooLate)
            }
            (TicketState::Bumped, _) if self.served => Err(TicketRefusal::Served),
            (TicketState::Bumped, _) => Ok(Step::Do),
            (TicketState::Open | TicketState::Held, _) => Ok(Step::Already),
            (TicketState::Cleared, _) => Err(TicketRefusal::Cleared),
        }
    }

    /// Recall: bring a bumped ticket back with its old clock. `at_pass`: expo or a manager asks.
    pub fn recall(&self, at_pass: bool) -> Result<Step, TicketRefusal> {
        match self.state {
            TicketState::Bumped if self.over => Err(TicketRefusal::Cleared),
            TicketState::Bumped if self.served && !at_pass => Err(TicketRefusal::Served),
            TicketState::Bumped => Ok(Step::Do),
            TicketState::Open | TicketState::Held => Err(TicketRefusal::NotBumped),
            TicketState::Cleared => Err(TicketRefusal::Cleared),
        }
    }

    /// Acknowledge: the station has seen what was voided. `seen` is the version on its card.
    pub fn acknowledge(&self, seen: Version) -> Result<Step, TicketRefusal> {
        match self.state {
            TicketState::Open | TicketState::Held if seen < self.version => {
                Err(TicketRefusal::ChangedSince(self.version))
            }
            TicketState::Open | TicketState::Held => Ok(Step::Do),
            TicketState::Bumped | TicketState::Cleared => Ok(Step::Already),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: OffsetDateTime = time::macros::datetime!(2026-11-20 12:00 UTC);

    fn ticket(state: TicketState) -> Ticket {
        Ticket {
            state,
            version: Version(2),
            bumped: None,
            served: false,
            over: false,
            asks: Asks::Nothing,
            waits_for: None,
        }
    }

    fn bumped_on(on: DeviceId) -> Ticket {
        let bumped = Some(Bump { at: NOON, on, by: "Ines".to_owned() });
        Ticket { bumped, ..ticket(TicketState::Bumped) }
    }

    #[test]
    fn a_bump_of_an_unseen_change_is_refused() {
        let refused = ticket(TicketState::Open).bump(Version(1), DeviceId::new());
        assert_eq!(refused, Err(TicketRefusal::ChangedSince(Version(2))));
    }

    #[test]
    fn the_same_screen_bumping_twice_gets_the_same_answer() {
        let screen = DeviceId::new();
        assert_eq!(bumped_on(screen).bump(Version(2), screen), Ok(Step::Already));
    }

    #[test]
    fn another_screen_is_told_who_was_faster() {
        let refused = bumped_on(DeviceId::new()).bump(Version(2), DeviceId::new());
        assert_eq!(refused, Err(TicketRefusal::BumpedBy { by: "Ines".to_owned(), at: NOON }));
    }

    #[test]
    fn a_cook_begins_only_what_is_still_wanted() {
        let line = TicketLine { state: LineState::Waiting, live: true, here: true };
        let (seen, open, screen) = (Version(2), ticket(TicketState::Open), DeviceId::new());
        assert_eq!(open.work(line, LineState::Started, seen, screen), Ok(Step::Do));
        let struck = Ticket { asks: Asks::Void, ..open.clone() };
        assert_eq!(struck.work(line, LineState::Started, seen, screen), Err(TicketRefusal::Struck));
        assert_eq!(struck.work(line, LineState::Ready, seen, screen), Ok(Step::Do), "what is done is done");
        let void = TicketLine { live: false, ..line };
        assert_eq!(open.work(void, LineState::Started, seen, screen), Err(TicketRefusal::LineVoid));
        let unseen = open.work(line, LineState::Ready, Version(1), screen);
        assert_eq!(unseen, Err(TicketRefusal::ChangedSince(Version(2))));
        assert_eq!(open.work(line, LineState::Waiting, seen, screen), Ok(Step::Already));
        let held = ticket(TicketState::Held).work(line, LineState::Started, seen, screen);
        assert_eq!(held, Err(TicketRefusal::NotFired));
        let ready = TicketLine { state: LineState::Ready, live: true, here: true };
        assert_eq!(open.work(ready, LineState::Started, seen, screen), Err(TicketRefusal::NoSuchStep));
        assert_eq!(open.work(ready, LineState::Waiting, seen, screen), Ok(Step::Do), "a wrong tick");
        assert_eq!(bumped_on(screen).work(ready, LineState::Ready, seen, screen), Ok(Step::Already));
        let other = bumped_on(screen).work(ready, LineState::Ready, seen, DeviceId::new());
        assert!(matches!(other, Err(TicketRefusal::BumpedBy { .. })));
    }

    #[test]
    fn nothing_begins_or_leaves_before_its_allergy_was_seen() {
        let line = TicketLine { state: LineState::Waiting, live: true, here: true };
        let (seen, screen) = (Version(2), DeviceId::new());
        let unread = Ticket { asks: Asks::Allergy, ..ticket(TicketState::Open) };
        assert_eq!(unread.bump(seen, screen), Err(TicketRefusal::AllergyUnseen));
        for to in [LineState::Started, LineState::Ready] {
            assert_eq!(unread.work(line, to, seen, screen), Err(TicketRefusal::AllergyUnseen));
        }
        let ready = TicketLine { state: LineState::Ready, live: true, here: true };
        assert_eq!(unread.work(ready, LineState::Waiting, seen, screen), Ok(Step::Do), "a wrong tick");
    }

    #[test]
    fn an_undo_ends_after_five_seconds() {
        let screen = DeviceId::new();
        assert_eq!(bumped_on(screen).undo(screen, NOON + UNDO_WITHIN), Ok(Step::Do));
        let late = NOON + UNDO_WITHIN + Duration::milliseconds(1);
        assert_eq!(bumped_on(screen).undo(screen, late), Err(TicketRefusal::UndoTooLate));
    }

    #[test]
    fn what_the_guest_has_only_the_pass_recalls() {
        let served = Ticket { served: true, ..bumped_on(DeviceId::new()) };
        assert_eq!(served.recall(false), Err(TicketRefusal::Served));
        assert_eq!(served.recall(true), Ok(Step::Do));
    }

    #[test]
    fn what_the_night_has_cleared_comes_back_to_nobody() {
        let screen = DeviceId::new();
        let over = Ticket { over: true, ..bumped_on(screen) };
        assert_eq!(over.recall(true), Err(TicketRefusal::Cleared));
        assert_eq!(over.undo(screen, NOON), Err(TicketRefusal::Cleared));
    }
}
