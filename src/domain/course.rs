//! A course on hold: released to the kitchen, or moved to another one, while nobody cooks it yet.

use thiserror::Error;

use super::check::CheckState;
use super::ticket::Step;

/// Courses are counted from one to this.
pub const COURSES_MAX: i16 = 9;
/// The house's rule may wait that long for the next course, in seconds.
pub const NEXT_COURSE_AFTER_S_MAX: i32 = 7_200;

/// What the rules need to know of a fire that may be on hold, read under the turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Course {
    /// Which one.
    pub course: i16,
    /// Whether the kitchen has it already.
    pub fired: bool,
    /// Whether the day's cut-off or a void of everything has taken it off.
    pub cleared: bool,
    /// Whether anything of it is still wanted.
    pub live: bool,
    /// Where its check stands.
    pub check_state: CheckState,
    /// Its dishes that were 86'd since they were ordered, by their names for guests.
    pub eighty_sixed: Vec<String>,
    /// Its dishes that contain what their guest must not eat, where nobody has asked them.
    pub against: Vec<String>,
}

/// Why a held course stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CourseRefusal {
    /// Nothing on it is wanted any more.
    #[error("There is nothing left of it to cook.")]
    Nothing,
    /// Money that was taken is not changed.
    #[error("The check is closed.")]
    CheckClosed,
    /// It left the board for good.
    #[error("This course was cleared.")]
    Cleared,
    /// Asked once: the kitchen is out of something.
    #[error("{} 86'd since. Fire it anyway, or take it off first.", is_or_are(.0))]
    EightySixed(Vec<String>),
    /// Asked once: somebody must not eat that.
    #[error("Allergy: ask the guest about {}. Fire it anyway, or take it off first.", .0.join(", "))]
    Against(Vec<String>),
    /// The kitchen has it: what was fired stays in its course for good.
    #[error("It was fired already: the kitchen has it.")]
    Fired,
    /// To be cooked again: its station has it still.
    #[error("It is not cooked yet: tell its station.")]
    StillCooked,
    /// To be cooked again: nothing, or more than there is.
    #[error("Between 1 and {0} units of this line can be cooked again.")]
    Units(i32),
    /// To be cooked again: the kitchen wants to know.
    #[error("Say why, in at most 200 characters.")]
    NoReason,
    /// To be cooked again: there is nothing left of it.
    #[error("{0} is 86'd: too few portions are left.")]
    SoldOut(String),
    /// Another line has this id.
    #[error("Another line has this id. Send it under a new one.")]
    KeyTaken,
    /// There is no such course.
    #[error("Courses are counted from 1 to 9.")]
    NoSuchCourse,
}

impl CourseRefusal {
    /// The field that is to blame.
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Self::EightySixed(_) | Self::Against(_) => Some("anyway"),
            Self::NoSuchCourse => Some("course"),
            Self::Units(_) => Some("quantity"),
            Self::NoReason => Some("reason"),
            Self::KeyTaken => Some("id"),
            Self::Nothing
            | Self::CheckClosed
            | Self::Cleared
            | Self::Fired
            | Self::StillCooked
            | Self::SoldOut(_) => None,
        }
    }
}

fn is_or_are(dishes: &[String]) -> String {
    format!("{} {}", dishes.join(", "), if dishes.len() == 1 { "was" } else { "were" })
}

impl Course {
    /// Fire: the kitchen cooks it now, and its clock starts. `anyway`: somebody was asked about what is 86'd, or against an
    /// allergy; `asked_guest`: of every allergy that is known now.
    pub fn fire(&self, anyway: bool, asked_guest: bool) -> Result<Step, CourseRefusal> {
        if self.fired {
            return Ok(Step::Already);
        }
        self.is_changeable()?;
        if !self.live {
            return Err(CourseRefusal::Nothing);
        }
        if !anyway && !self.eighty_sixed.is_empty() {
            return Err(CourseRefusal::EightySixed(self.eighty_sixed.clone()));
        }
        if !(self.against.is_empty() || anyway && asked_guest) {
            return Err(CourseRefusal::Against(self.against.clone()));
        }
        Ok(Step::Do)
    }

    /// Move a line of it to another course.
    pub fn give(&self, to: i16) -> Result<Step, CourseRefusal> {
        if !(1..=COURSES_MAX).contains(&to) {
            return Err(CourseRefusal::NoSuchCourse);
        }
        if self.fired {
            return Err(CourseRefusal::Fired);
        }
        self.is_changeable()?;
        if !self.live {
            return Err(CourseRefusal::Nothing);
        }
        Ok(if self.course == to { Step::Already } else { Step::Do })
    }

    fn is_changeable(&self) -> Result<(), CourseRefusal> {
        if !self.check_state.takes_orders() {
            return Err(CourseRefusal::CheckClosed);
        }
        if self.cleared { Err(CourseRefusal::Cleared) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held() -> Course {
        Course {
            course: 2,
            fired: false,
            cleared: false,
            live: true,
            check_state: CheckState::Open,
            eighty_sixed: Vec::new(),
            against: Vec::new(),
        }
    }

    #[test]
    fn a_course_fires_once_and_says_so_the_second_time() {
        assert_eq!(held().fire(false, false), Ok(Step::Do));
        assert_eq!(Course { fired: true, ..held() }.fire(false, false), Ok(Step::Already));
    }

    #[test]
    fn what_is_against_an_allergy_is_asked_about_once() {
        let sardines = Course { against: vec!["Sardines".to_owned()], ..held() };
        assert_eq!(sardines.fire(false, false), Err(CourseRefusal::Against(vec!["Sardines".to_owned()])));
        assert_eq!(sardines.fire(true, true), Ok(Step::Do));
    }

    #[test]
    fn what_is_86d_is_asked_about_once() {
        let out = Course { eighty_sixed: vec!["Octopus".to_owned(), "Sea bass".to_owned()], ..held() };
        let refused = out.fire(false, false).expect_err("somebody has to decide");
        assert_eq!(
            refused.to_string(),
            "Octopus, Sea bass were 86'd since. Fire it anyway, or take it off first."
        );
        assert_eq!(out.fire(true, true), Ok(Step::Do));
    }

    #[test]
    fn nothing_is_fired_of_a_void_course_a_closed_check_or_a_day_that_is_over() {
        assert_eq!(Course { live: false, ..held() }.fire(true, true), Err(CourseRefusal::Nothing));
        let closed = Course { check_state: CheckState::Closed, ..held() };
        assert_eq!(closed.fire(true, true), Err(CourseRefusal::CheckClosed));
        assert_eq!(Course { cleared: true, ..held() }.fire(true, true), Err(CourseRefusal::Cleared));
    }

    #[test]
    fn a_line_moves_while_it_is_held_and_not_after() {
        assert_eq!(held().give(3), Ok(Step::Do));
        assert_eq!(held().give(2), Ok(Step::Already));
        assert_eq!(held().give(10), Err(CourseRefusal::NoSuchCourse));
        assert_eq!(Course { fired: true, ..held() }.give(3), Err(CourseRefusal::Fired));
        assert_eq!(Course { live: false, ..held() }.give(3), Err(CourseRefusal::Nothing));
    }
}
