//! Allergies: told on a check, seen at a station and at the pass, and the chain of names to print.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;
use serde_json::Value;

use super::auth::SignedIn;
use super::checks;
use super::command::act;
use super::error::{AppError, Result, wants_json};
use super::extract::{Back, Form, Path, answer};
use super::frame::Frame;
use super::state::App;
use super::tickets::worker;
use crate::domain::allergy::{Allergen, Allergies, Allergy};
use crate::domain::check_view::{AllergyStep, AllergyVerb, CheckView};
use crate::domain::ids::{CheckId, FireId, TicketId};
use crate::domain::order::Refusal;
use crate::domain::staff::Action;
use crate::fragments::times;
use crate::store::{self, allergies};

/// Where a plain form leads that does not say where it stands.
const HOME: &str = "/kitchen";

/// What is told: `seat`, none for the whole table, and each allergen under its own name: `milk=on`, or `{"milk": true}`.
#[derive(Debug, Deserialize)]
pub struct AllergySlip {
    #[serde(default, deserialize_with = "super::extract::number")]
    seat: Option<i64>,
    /// From a page that adds to the check: only while it is open, so that nobody tells it of a party that has left.
    #[serde(default)]
    still_open: bool,
    #[serde(flatten)]
    said: BTreeMap<String, Value>,
}

impl AllergySlip {
    fn allergy(&self) -> Result<Allergy> {
        let is_said = |allergen: &Allergen| match self.said.get(allergen.key()) {
            Some(Value::Bool(said)) => *said,
            Some(Value::String(text)) => !text.is_empty(),
            _ => false,
        };
        let allergens: Vec<_> = Allergen::ALL.into_iter().filter(is_said).collect();
        if allergens.is_empty() {
            let known = Allergen::words(&Allergen::ALL);
            return Err(refused("allergens", format!("Say which allergen: {known}.")));
        }
        let seat = self
            .seat
            .map(i16::try_from)
            .transpose()
            .ok()
            .filter(|seat| seat.is_none_or(|seat| (1..=99).contains(&seat)));
        let seat = seat.ok_or_else(|| refused("seat", "Seats are counted from 1 to 99.".to_owned()))?;
        Ok(Allergy { seat, allergens })
    }
}

fn refused(field: &'static str, message: String) -> AppError {
    AppError::Refused(vec![Refusal::of_order(field, message)])
}

/// `POST /checks/{check_id}/allergies`: a guest says what they must not eat.
pub async fn tell(
    waiter: SignedIn,
    Path(check_id): Path<CheckId>,
    State(app): State<App>,
    headers: HeaderMap,
    Form(slip): Form<AllergySlip>,
) -> Result<Response> {
    waiter.may(Action::TellAllergy)?;
    let still_open = slip.still_open;
    let told = match slip.allergy() {
        Ok(allergy) => Allergies::from(vec![allergy]),
        Err(err) => return on_the_check(&app, &waiter, &headers, check_id, Err(err)).await,
    };
    let done = act(&app, &waiter, move |turn, actor| {
        Box::pin(async move { allergies::tell(turn, check_id, &told, still_open, actor).await })
    })
    .await;
    on_the_check(&app, &waiter, &headers, check_id, done).await
}

/// `POST /checks/{check_id}/allergies/take-back`: it was a mistake.
pub async fn take_back(
    waiter: SignedIn,
    Path(check_id): Path<CheckId>,
    State(app): State<App>,
    headers: HeaderMap,
    Form(slip): Form<AllergySlip>,
) -> Result<Response> {
    waiter.may(Action::TellAllergy)?;
    let wrong = match slip.allergy() {
        Ok(allergy) => allergy,
        Err(err) => return on_the_check(&app, &waiter, &headers, check_id, Err(err)).await,
    };
    let done = act(&app, &waiter, move |turn, actor| {
        Box::pin(async move { allergies::take_back(turn, check_id, &wrong, actor).await })
    })
    .await;
    on_the_check(&app, &waiter, &headers, check_id, done).await
}

/// What was refused stands on the check's own page, where a browser without scripts asked.
async fn on_the_check(
    app: &App,
    waiter: &SignedIn,
    headers: &HeaderMap,
    check_id: CheckId,
    done: Result<()>,
) -> Result<Response> {
    let words = match done {
        Ok(()) => return Ok(answer(headers, &format!("/checks/{check_id}"))),
        Err(AppError::Refused(refusals)) if !wants_json(headers) => {
            refusals.into_iter().next().map(|refusal| refusal.message)
        }
        Err(err) => return Err(err),
    };
    let page = checks::page(app, waiter, check_id, words).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

/// What a card carries that was read: which telling it printed.
#[derive(Debug, Deserialize)]
pub struct Told {
    #[serde(default, deserialize_with = "super::extract::number")]
    told: Option<i64>,
    #[serde(flatten)]
    back: Back,
}

impl Told {
    fn told(&self) -> Result<i32> {
        self.told
            .and_then(|told| i32::try_from(told).ok())
            .ok_or_else(|| AppError::field("told", "Say which telling of allergies the card showed."))
    }
}

/// `POST /tickets/{ticket_id}/allergy-seen`: the station has read it.
pub async fn seen_at_station(
    cook: SignedIn,
    Path(ticket_id): Path<TicketId>,
    State(app): State<App>,
    headers: HeaderMap,
    Form(slip): Form<Told>,
) -> Result<Response> {
    worker(&app, &cook, ticket_id).await?;
    let told = slip.told()?;
    act(&app, &cook, move |turn, actor| Box::pin(allergies::seen_at_station(turn, ticket_id, told, actor)))
        .await?;
    Ok(answer(&headers, &slip.back.or(HOME)))
}

/// `POST /fires/{fire_id}/allergy-seen`: the pass has read it.
pub async fn seen_at_pass(
    runner: SignedIn,
    Path(fire_id): Path<FireId>,
    State(app): State<App>,
    headers: HeaderMap,
    Form(slip): Form<Told>,
) -> Result<Response> {
    runner.may(Action::WorkPass)?;
    let told = slip.told()?;
    act(&app, &runner, move |turn, actor| Box::pin(allergies::seen_at_pass(turn, fire_id, told, actor)))
        .await?;
    Ok(answer(&headers, &slip.back.or(HOME)))
}

/// `GET /checks/{check_id}/allergies`: who knew what, and when. Prints cleanly.
#[derive(Template)]
#[template(path = "check/allergies.html")]
pub struct ChainPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The check.
    pub check: CheckView,
    /// In the order in which it happened.
    pub steps: Vec<AllergyStep>,
}

impl ChainPage {
    /// What happened, in words.
    fn words(step: &AllergyStep) -> String {
        let whose = step.seat.map_or_else(|| "the whole table".to_owned(), |seat| format!("seat {seat}"));
        let course = step.course.filter(|course| *course > 1).map(|course| format!(", course {course}"));
        let (what, course) = (Allergen::words(&step.allergens), course.unwrap_or_default());
        match step.verb {
            AllergyVerb::Told => format!("Told for {whose}: {what}"),
            AllergyVerb::TakenBack => format!("Taken back for {whose}: {what}"),
            AllergyVerb::Seen => format!("Seen at {}{course}", step.place.as_deref().unwrap_or("the pass")),
            AllergyVerb::OrderedAnyway => format!(
                "Ordered for {whose}{course}: {}, although it contains {what}. The kitchen leaves it out",
                step.dish.as_deref().unwrap_or("a dish"),
            ),
        }
    }
}

/// Draws the chain.
pub async fn chain(
    waiter: SignedIn,
    Path(check_id): Path<CheckId>,
    State(app): State<App>,
) -> Result<Html<String>> {
    waiter.may(Action::TellAllergy)?;
    let house = app.house(waiter.who.location_id).await?;
    let check = store::checks::find(&app.db, house.location_id, check_id).await?;
    let steps = allergies::chain(&app.db, house.location_id, check_id).await?;
    let frame = Frame::of(&house, Some(&waiter.who));
    Ok(Html(ChainPage { frame, check, steps }.render()?))
}
