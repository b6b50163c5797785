//! Courses on hold: fired whole or a line at a time, moved, and the house's rule for the next one.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::auth::SignedIn;
use super::command::{Done, command};
use super::error::{AppError, Result, wants_json};
use super::extract::{Back, Form, Path, answer};
use super::state::App;
use super::{checks, manage};
use crate::domain::course::{CourseRefusal, NEXT_COURSE_AFTER_S_MAX};
use crate::domain::ids::{FireId, LineId, LocationId};
use crate::domain::menu::House;
use crate::domain::staff::Action;
use crate::domain::ticket::Step;
use crate::store::courses::{self, Again, Anyway, CourseError, Release};
use crate::store::{Actor, StoreError, Turn};

/// Where a plain form leads that does not say where it stands.
const HOME: &str = "/kitchen/expo";
/// How often a course is routed again because the menu moved under it.
const MENUS_MAX: usize = 8;

/// What a Fire carries.
#[derive(Debug, Deserialize)]
pub struct FireSlip {
    /// Although something of it was 86'd since, or is against an allergy: whoever fires it was asked.
    #[serde(default, deserialize_with = "said")]
    anyway: bool,
    /// The telling of allergies that the page showed.
    #[serde(default, deserialize_with = "super::extract::number")]
    told: Option<i64>,
    #[serde(flatten)]
    back: Back,
}

impl FireSlip {
    fn anyway(&self) -> Anyway {
        let told = self.told.and_then(|told| i32::try_from(told).ok()).unwrap_or(0);
        if self.anyway { Anyway::Yes(told) } else { Anyway::No }
    }
}

/// A form's `true`, or a machine's.
fn said<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Said {
        Plain(bool),
        Text(String),
    }
    Ok(match Option::<Said>::deserialize(deserializer)? {
        Some(Said::Plain(said)) => said,
        Some(Said::Text(text)) => text == "true",
        None => false,
    })
}

/// One verb of a held course, decided on the menu as it is under the turn.
#[derive(Debug, Clone)]
enum Verb {
    Fire(FireId, Actor, Anyway),
    FireLine(LineId, Actor, Anyway),
    MoveLine(LineId, i16, Actor),
    Refire(LineId, Again, Actor),
}

impl Verb {
    async fn work(&self, turn: &mut Turn, house: &House) -> Result<Step, CourseError> {
        match self {
            Self::Fire(fire_id, actor, anyway) => {
                courses::fire(turn, house, *fire_id, Release::Hand(actor, *anyway)).await
            }
            Self::FireLine(line_id, actor, anyway) => {
                courses::fire_line(turn, house, *line_id, Release::Hand(actor, *anyway)).await
            }
            Self::Refire(line_id, again, actor) => courses::refire(turn, house, *line_id, again, actor).await,
            Self::MoveLine(line_id, course, actor) => {
                courses::move_line(turn, house, *line_id, *course, actor).await
            }
        }
    }
}

async fn work(app: &App, here: LocationId, verb: Verb) -> Result<Step> {
    for _ in 0..MENUS_MAX {
        let (house, verb) = (app.house(here).await?, verb.clone());
        let done = command(app, here, move |turn| {
            Box::pin(async move {
                match verb.work(turn, &house).await {
                    Ok(step) => Ok::<_, AppError>(Done::by(step, Some(step))),
                    Err(CourseError::MenuMoved) => Ok(Done::Already(None)),
                    Err(err) => Err(err.into()),
                }
            })
        })
        .await?;
        match done {
            Some(step) => return Ok(step),
            None => app.houses.forget(here),
        }
    }
    Err(AppError::Away)
}

/// Back to the page it stands on, with the refusal in words where no script reads it.
async fn told(
    app: &App,
    waiter: &SignedIn,
    headers: &HeaderMap,
    back: Back,
    done: Result<Step>,
) -> Result<Response> {
    let back = back.or(HOME);
    match done {
        Ok(_) => Ok(answer(headers, &back)),
        Err(err @ (AppError::Conflict { .. } | AppError::Refused(_))) if !wants_json(headers) => {
            let check_id = back.strip_prefix("/checks/").and_then(|id| id.parse().ok());
            match check_id {
                Some(check_id) => {
                    let words = match &err {
                        AppError::Refused(refusals) => {
                            refusals.first().map(|refusal| refusal.message.clone())
                        }
                        _ => Some(err.to_string()),
                    };
                    let page = checks::page(app, waiter, check_id, words).await?;
                    Ok((err.status(), page).into_response())
                }
                None => Err(err),
            }
        }
        Err(err) => Err(err),
    }
}

/// `POST /fires/{fire_id}/fire`: a held course goes to the kitchen.
pub async fn fire(
    waiter: SignedIn,
    Path(fire_id): Path<FireId>,
    State(app): State<App>,
    headers: HeaderMap,
    Form(slip): Form<FireSlip>,
) -> Result<Response> {
    waiter.may(Action::FireCourse)?;
    let verb = Verb::Fire(fire_id, waiter.actor(app.clock.now()), slip.anyway());
    let done = work(&app, waiter.who.location_id, verb).await;
    told(&app, &waiter, &headers, slip.back, done).await
}

/// `POST /lines/{line_id}/fire`: one held line goes ahead of its course.
pub async fn fire_line(
    waiter: SignedIn,
    Path(line_id): Path<LineId>,
    State(app): State<App>,
    headers: HeaderMap,
    Form(slip): Form<FireSlip>,
) -> Result<Response> {
    waiter.may(Action::FireCourse)?;
    let verb = Verb::FireLine(line_id, waiter.actor(app.clock.now()), slip.anyway());
    let done = work(&app, waiter.who.location_id, verb).await;
    told(&app, &waiter, &headers, slip.back, done).await
}

/// What a refire carries.
#[derive(Debug, Deserialize)]
pub struct RefireSlip {
    /// The new line's id, made by whoever asks.
    #[serde(default)]
    id: Option<LineId>,
    #[serde(default, deserialize_with = "super::extract::number")]
    quantity: Option<i64>,
    #[serde(default)]
    reason: String,
    /// Written when no usual reason fits (`reason` then says "other"), or beside one.
    #[serde(default)]
    reason_words: String,
    /// The telling of allergies about which the guest was asked.
    #[serde(default, deserialize_with = "super::extract::number")]
    asked: Option<i64>,
    #[serde(flatten)]
    back: Back,
}

/// `POST /lines/{line_id}/refire`: it is cooked again, at once and first.
pub async fn refire(
    waiter: SignedIn,
    Path(line_id): Path<LineId>,
    State(app): State<App>,
    headers: HeaderMap,
    Form(slip): Form<RefireSlip>,
) -> Result<Response> {
    waiter.may(Action::FireCourse)?;
    let again =
        slip.id.ok_or_else(|| AppError::field("id", "A refire needs an id: a UUID made on the tablet."))?;
    let units = i32::try_from(slip.quantity.unwrap_or(1))
        .map_err(|_| AppError::field("quantity", "That is not a number of units."))?;
    let reason = checks::reason(&slip.reason, &slip.reason_words);
    let asked = slip.asked.and_then(|told| i32::try_from(told).ok());
    let again = Again { line_id: again, units, reason, asked };
    let verb = Verb::Refire(line_id, again, waiter.actor(app.clock.now()));
    let done = work(&app, waiter.who.location_id, verb).await;
    told(&app, &waiter, &headers, slip.back, done).await
}

/// What a move carries.
#[derive(Debug, Deserialize)]
pub struct MoveSlip {
    #[serde(default, deserialize_with = "super::extract::number")]
    course: Option<i64>,
    #[serde(flatten)]
    back: Back,
}

/// `POST /lines/{line_id}/course`: a held line moves to another course.
pub async fn move_line(
    waiter: SignedIn,
    Path(line_id): Path<LineId>,
    State(app): State<App>,
    headers: HeaderMap,
    Form(slip): Form<MoveSlip>,
) -> Result<Response> {
    waiter.may(Action::FireCourse)?;
    let course = slip.course.and_then(|course| i16::try_from(course).ok());
    let course = course.ok_or_else(|| AppError::field("course", CourseRefusal::NoSuchCourse.to_string()))?;
    let verb = Verb::MoveLine(line_id, course, waiter.actor(app.clock.now()));
    let done = work(&app, waiter.who.location_id, verb).await;
    told(&app, &waiter, &headers, slip.back, done).await
}

/// What the house's rule is set with.
#[derive(Debug, Deserialize)]
pub struct RuleSlip {
    /// Empty: by hand.
    #[serde(default, deserialize_with = "super::extract::number")]
    minutes: Option<i64>,
}

/// `POST /manage/courses`: how long after a course is ready the next one fires by itself.
pub async fn set_rule(
    manager: SignedIn,
    State(app): State<App>,
    headers: HeaderMap,
    Form(slip): Form<RuleSlip>,
) -> Result<Response> {
    manager.may(Action::Manage)?;
    let after_s = slip.minutes.map(|minutes| {
        let seconds = i32::try_from(minutes).ok().and_then(|minutes| minutes.checked_mul(60));
        seconds.filter(|seconds| (0..=NEXT_COURSE_AFTER_S_MAX).contains(seconds))
    });
    let after_s = match after_s {
        None => None,
        Some(Some(seconds)) => Some(seconds),
        Some(None) => {
            let words = "Between 0 and 120 minutes, or nothing: then courses fire by hand.";
            if wants_json(&headers) {
                return Err(AppError::field("minutes", words));
            }
            let page = manage::page(&app, &manager, None, Some(words.to_owned())).await?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    let actor = manager.actor(app.clock.now());
    command(&app, manager.who.location_id, move |turn| {
        Box::pin(async move {
            let step = courses::set_rule(turn, after_s, &actor).await?;
            Ok::<_, StoreError>(Done::by(step, ()))
        })
    })
    .await?;
    app.houses.forget(manager.who.location_id); // the page after it shows it
    Ok(answer(&headers, manage::HOME))
}

/// Fires what is due by the house's rule, and gives what has no time yet one; what cannot go waits for a person. Answers
/// whether it was fired.
pub async fn fire_due(app: &App, here: LocationId, fire_id: FireId) -> Result<bool> {
    let (house, now) = (app.house(here).await?, app.clock.now());
    let done = command(app, here, move |turn| {
        Box::pin(async move {
            match courses::fire(turn, &house, fire_id, Release::Rule(now)).await {
                Ok(step) => Ok::<_, AppError>(Done::by(step, Some(step == Step::Do))),
                Err(CourseError::MenuMoved) => Ok(Done::Already(None)),
                Err(CourseError::NotDue) => Ok(Done::Changed(Some(false))),
                Err(CourseError::Refused(_)) => {
                    courses::leave(turn, fire_id, now).await?;
                    Ok(Done::Changed(Some(false)))
                }
                Err(CourseError::Store(err)) => Err(err.into()),
            }
        })
    })
    .await?;
    Ok(done.unwrap_or_else(|| {
        app.houses.forget(here); // decided on the new menu in a second
        false
    }))
}
