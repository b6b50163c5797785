//! How the pass works: plates, a manager's word for what is not ready, and the house's rules.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;

use super::auth::SignedIn;
use super::command::{Done, act, command};
use super::error::{AppError, Result, wants_json};
use super::extract::{Back, Form, Path, answer};
use super::frame::Frame;
use super::manage;
use super::state::App;
use super::vouch::{Voucher, vouch, vouchers};
use crate::domain::fire::PassRules;
use crate::domain::ids::FireId;
use crate::domain::staff::Action;
use crate::store::fires::{FireError, Waiting};
use crate::store::staff::Person;
use crate::store::{self, StoreError};

/// Where a plain form leads that does not say where it stands.
const HOME: &str = "/kitchen/expo";

/// `POST /fires/{fire_id}/plate`: it stands on plates, somebody may carry it.
pub async fn plate(
    runner: SignedIn,
    Path(fire_id): Path<FireId>,
    State(app): State<App>,
    headers: HeaderMap,
    Form(form): Form<Back>,
) -> Result<Response> {
    runner.may(Action::WorkPass)?;
    act(&app, &runner, move |turn, actor| Box::pin(store::fires::plate(turn, fire_id, actor))).await?;
    Ok(answer(&headers, &form.or(HOME)))
}

/// `POST /fires/{fire_id}/unplate`: it does not, after all.
pub async fn unplate(
    runner: SignedIn,
    Path(fire_id): Path<FireId>,
    State(app): State<App>,
    headers: HeaderMap,
    Form(form): Form<Back>,
) -> Result<Response> {
    runner.may(Action::WorkPass)?;
    act(&app, &runner, move |turn, actor| Box::pin(store::fires::unplate(turn, fire_id, actor))).await?;
    Ok(answer(&headers, &form.or(HOME)))
}

/// What a manager's word carries.
#[derive(Debug, Deserialize)]
pub struct OverrideSlip {
    #[serde(flatten)]
    who: Voucher,
    #[serde(flatten)]
    back: Back,
}

/// `GET /fires/{fire_id}/override`: what is not ready yet, and who may say that it goes all the same.
#[derive(Template)]
#[template(path = "expo/override.html")]
pub struct OverridePage {
    /// What surrounds it.
    pub frame: Frame,
    /// What stands at the pass.
    pub fire: Waiting,
    /// Managers, where whoever is signed in is none.
    pub people: Vec<Person>,
    /// What was refused.
    pub failure: Option<String>,
}

/// Draws the page on which a manager hands over what is not ready.
pub async fn show_override(
    runner: SignedIn,
    Path(fire_id): Path<FireId>,
    State(app): State<App>,
) -> Result<Html<String>> {
    page(&app, &runner, fire_id, None).await
}

async fn page(
    app: &App,
    runner: &SignedIn,
    fire_id: FireId,
    failure: Option<String>,
) -> Result<Html<String>> {
    runner.may(Action::WorkPass)?;
    let house = app.house(runner.who.location_id).await?;
    let page = OverridePage {
        frame: Frame::of(&house, Some(&runner.who)),
        fire: store::fires::waiting(&app.db, house.location_id, fire_id).await?,
        people: vouchers(app, runner, Action::Manage).await?,
        failure,
    };
    Ok(Html(page.render()?))
}

/// `POST /fires/{fire_id}/override`: it goes to the guest although stations still work on it. A manager says so, signed in or
/// with their PIN.
pub async fn hand_over_anyway(
    runner: SignedIn,
    Path(fire_id): Path<FireId>,
    State(app): State<App>,
    headers: HeaderMap,
    Form(slip): Form<OverrideSlip>,
) -> Result<Response> {
    match overridden(&app, &runner, fire_id, &slip.who).await {
        Ok(()) => Ok(answer(&headers, &slip.back.or(HOME))),
        Err(err @ (AppError::Refused(_) | AppError::Conflict { .. })) if !wants_json(&headers) => {
            let words = match &err {
                AppError::Refused(refusals) => refusals.first().map(|refusal| refusal.message.clone()),
                _ => Some(err.to_string()),
            };
            Ok((err.status(), page(&app, &runner, fire_id, words).await?).into_response())
        }
        Err(err) => Err(err),
    }
}

async fn overridden(app: &App, runner: &SignedIn, fire_id: FireId, who: &Voucher) -> Result<()> {
    let manager = vouch(app, runner, Action::Manage, who, runner.may(Action::WorkPass)).await?;
    let (here, asked_by) = (runner.who.location_id, runner.who.staff_id);
    command(app, here, move |turn| {
        Box::pin(async move {
            let step = store::fires::hand_over_anyway(turn, fire_id, &manager, asked_by).await?;
            Ok::<_, FireError>(Done::by(step, ()))
        })
    })
    .await
}

/// How a house's pass is to work: each `true` or `false`.
#[derive(Debug, Deserialize)]
pub struct PassSlip {
    #[serde(default)]
    waits: String,
    #[serde(default)]
    plates: String,
}

fn is_so(field: &'static str, said: &str) -> Result<bool> {
    said.parse().map_err(|_| AppError::field(field, "Say true or false."))
}

/// `POST /manage/pass`: whether the pass waits for its stations, and whether it plates.
pub async fn set(
    manager: SignedIn,
    State(app): State<App>,
    headers: HeaderMap,
    Form(slip): Form<PassSlip>,
) -> Result<Response> {
    manager.may(Action::Manage)?;
    let rules = PassRules { waits: is_so("waits", &slip.waits)?, plates: is_so("plates", &slip.plates)? };
    let (here, actor) = (manager.who.location_id, manager.actor(app.clock.now()));
    command(&app, here, move |turn| {
        Box::pin(async move {
            let step = store::fires::set_pass(turn, rules, &actor).await?;
            Ok::<_, StoreError>(Done::by(step, ()))
        })
    })
    .await?;
    app.houses.forget(here); // the page after it shows it
    Ok(answer(&headers, manage::HOME))
}
