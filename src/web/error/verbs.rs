//! What the verbs of the store refuse, as a browser or a machine reads it: which field, since when.

use super::AppError;
use crate::domain::check::{MoveRefusal, PartyRefusal};
use crate::domain::course::CourseRefusal;
use crate::domain::fire::FireRefusal;
use crate::domain::line::ChangeRefusal;
use crate::domain::screen::ScreenRefusal;
use crate::domain::station::SetUpRefusal;
use crate::domain::ticket::TicketRefusal;
use crate::store::allergies::AllergyError;
use crate::store::checks::{CloseError, MoveError, PartyError};
use crate::store::courses::CourseError;
use crate::store::fires::FireError;
use crate::store::items::CountError;
use crate::store::lines::{ChangeError, VoidError};
use crate::store::messages::MessageError;
use crate::store::screens::ScreenError;
use crate::store::stations::{LendError, SetUpError};
use crate::store::tickets::TicketError;

impl From<TicketError> for AppError {
    fn from(err: TicketError) -> Self {
        match err {
            TicketError::Refused(refusal) => {
                let at = match &refusal {
                    TicketRefusal::BumpedBy { at, .. } => Some(*at),
                    _ => None,
                };
                Self::Conflict { words: refusal.to_string(), field: None, at }
            }
            TicketError::Store(err) => err.into(),
        }
    }
}

impl From<AllergyError> for AppError {
    fn from(err: AllergyError) -> Self {
        match err {
            AllergyError::Refused(refusal) => Self::conflict(refusal.to_string()),
            AllergyError::Store(err) => err.into(),
        }
    }
}

impl From<MoveError> for AppError {
    fn from(err: MoveError) -> Self {
        match err {
            MoveError::Refused(refusal @ MoveRefusal::NoSuchTable) => {
                Self::field("table_id", refusal.to_string())
            }
            MoveError::Refused(refusal) => {
                Self::Conflict { words: refusal.to_string(), field: Some("table_id"), at: None }
            }
            MoveError::Store(err) => err.into(),
        }
    }
}

impl From<ChangeError> for AppError {
    fn from(err: ChangeError) -> Self {
        match err {
            ChangeError::Refused(refusal @ ChangeRefusal::Price) => {
                Self::field("modifiers", refusal.to_string())
            }
            ChangeError::Refused(refusal) => Self::conflict(refusal.to_string()),
            ChangeError::Store(err) => err.into(),
        }
    }
}

impl From<LendError> for AppError {
    fn from(err: LendError) -> Self {
        match err {
            LendError::Refused(refusal) => {
                Self::Conflict { words: refusal.to_string(), field: Some("to"), at: None }
            }
            LendError::Store(err) => err.into(),
        }
    }
}

impl From<SetUpError> for AppError {
    fn from(err: SetUpError) -> Self {
        match err {
            SetUpError::Refused(refusal @ SetUpRefusal::Taken(_)) => Self::field("name", refusal.to_string()),
            SetUpError::Refused(refusal) => Self::conflict(refusal.to_string()),
            SetUpError::Store(err) => err.into(),
        }
    }
}

impl From<ScreenError> for AppError {
    fn from(err: ScreenError) -> Self {
        match err {
            ScreenError::Refused(refusal @ ScreenRefusal::Taken(_)) => {
                Self::field("name", refusal.to_string())
            }
            ScreenError::Refused(refusal) => Self::conflict(refusal.to_string()),
            ScreenError::Store(err) => err.into(),
        }
    }
}

impl From<MessageError> for AppError {
    fn from(err: MessageError) -> Self {
        match err {
            MessageError::KeyTaken => Self::Conflict { words: err.to_string(), field: Some("id"), at: None },
            MessageError::TooMany => Self::conflict(err.to_string()),
            MessageError::Store(err) => err.into(),
        }
    }
}

impl From<PartyError> for AppError {
    fn from(err: PartyError) -> Self {
        match err {
            PartyError::Refused(refusal @ PartyRefusal::NoServer) => {
                Self::field("staff_id", refusal.to_string())
            }
            PartyError::Refused(refusal) => Self::conflict(refusal.to_string()),
            PartyError::Store(err) => err.into(),
        }
    }
}

impl From<CountError> for AppError {
    fn from(err: CountError) -> Self {
        match err {
            CountError::Moved(_) => Self::field("remaining", err.to_string()),
            CountError::Store(err) => err.into(),
        }
    }
}

impl From<FireError> for AppError {
    fn from(err: FireError) -> Self {
        match err {
            FireError::Refused(refusal) => {
                let at = match &refusal {
                    FireRefusal::HandedOverBy { at, .. } => Some(*at),
                    _ => None,
                };
                Self::Conflict { words: refusal.to_string(), field: None, at }
            }
            FireError::Store(err) => err.into(),
        }
    }
}

impl From<CourseError> for AppError {
    fn from(err: CourseError) -> Self {
        match err {
            CourseError::Refused(
                refusal @ (CourseRefusal::NoSuchCourse | CourseRefusal::Units(_) | CourseRefusal::NoReason),
            ) => Self::field(refusal.field().unwrap_or("line_id"), refusal.to_string()),
            CourseError::Refused(refusal) => {
                Self::Conflict { words: refusal.to_string(), field: refusal.field(), at: None }
            }
            // Whoever decides on a menu decides again, and only the house's rule asks whether something is due.
            CourseError::MenuMoved | CourseError::NotDue => Self::Away,
            CourseError::Store(err) => err.into(),
        }
    }
}

impl From<VoidError> for AppError {
    fn from(err: VoidError) -> Self {
        match err {
            VoidError::Refused(refusal) => Self::field(refusal.field(), refusal.to_string()),
            VoidError::Store(err) => err.into(),
        }
    }
}

impl From<CloseError> for AppError {
    fn from(err: CloseError) -> Self {
        match err {
            CloseError::Refused(refusal) => Self::conflict(refusal.to_string()),
            CloseError::Store(err) => err.into(),
        }
    }
}
