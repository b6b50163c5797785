//! Stations: whose screen shows their cards; added, named, put in order, taken away.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::auth::SignedIn;
use super::command::act;
use super::error::{AppError, Result, wants_json};
use super::extract::{Back, Form, Path, answer};
use super::routes;
use super::state::App;
use crate::domain::ids::StationId;
use crate::domain::staff::Action;
use crate::domain::station::name_and_slug;
use crate::store;

/// Where its cards are to be shown.
#[derive(Debug, Deserialize)]
pub struct LendSlip {
    /// A station's name in addresses; empty: on its own screen again.
    #[serde(default)]
    to: String,
    #[serde(flatten)]
    back: Back,
}

/// `POST /stations/{station_id}/lend`: whoever works a station may take over another one's cards, or give its own away.
pub async fn lend(
    cook: SignedIn,
    Path(station_id): Path<StationId>,
    State(app): State<App>,
    headers: HeaderMap,
    Form(slip): Form<LendSlip>,
) -> Result<Response> {
    cook.may(Action::WorkStation)?;
    let house = app.house(cook.who.location_id).await?;
    let station = house.station_by_id(station_id).ok_or(AppError::NotFound)?;
    let to = match slip.to.as_str() {
        "" => None,
        slug => {
            Some(house.station(slug).ok_or_else(|| AppError::field("to", "There is no such station here."))?)
        }
    };
    let parties = [Some(station_id), to.map(|to| to.station_id), station.shown_at];
    let is_party = |slug: &str| {
        house.wall(slug).is_some_and(|wall| parties.iter().any(|of| of.is_some() && wall.has(*of)))
    };
    if cook.who.station.as_deref().is_some_and(|bound| !is_party(bound)) {
        return Err(AppError::Forbidden);
    }
    let to = to.map(|station| station.station_id);
    act(&app, &cook, move |turn, actor| Box::pin(store::stations::lend(turn, station_id, to, actor))).await?;
    app.houses.forget(house.location_id); // the page after it shows it
    Ok(answer(&headers, &slip.back.or("/kitchen")))
}

/// A station as it is written.
#[derive(Debug, Deserialize)]
pub struct NameSlip {
    #[serde(default)]
    name: String,
}

/// `POST /manage/stations`: one more.
pub async fn add(
    manager: SignedIn,
    State(app): State<App>,
    headers: HeaderMap,
    Form(slip): Form<NameSlip>,
) -> Result<Response> {
    set_up(&app, &manager, &headers, Verb::Add(slip.name)).await
}

/// `POST /stations/{station_id}/rename`.
pub async fn rename(
    manager: SignedIn,
    Path(station_id): Path<StationId>,
    State(app): State<App>,
    headers: HeaderMap,
    Form(slip): Form<NameSlip>,
) -> Result<Response> {
    set_up(&app, &manager, &headers, Verb::Rename(station_id, slip.name)).await
}

/// `POST /stations/{station_id}/forward`: one place further to the front.
pub async fn forward(
    manager: SignedIn,
    Path(station_id): Path<StationId>,
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response> {
    set_up(&app, &manager, &headers, Verb::Forward(station_id)).await
}

/// `POST /stations/{station_id}/retire`: it goes.
pub async fn retire(
    manager: SignedIn,
    Path(station_id): Path<StationId>,
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response> {
    set_up(&app, &manager, &headers, Verb::Retire(station_id)).await
}

/// What a manager does to the kitchen.
enum Verb {
    Add(String),
    Rename(StationId, String),
    Forward(StationId),
    Retire(StationId),
}

/// Does it; a plain form comes back with what was refused.
async fn set_up(app: &App, manager: &SignedIn, headers: &HeaderMap, verb: Verb) -> Result<Response> {
    manager.may(Action::Manage)?;
    let done = carry_out(app, manager, verb).await;
    app.houses.forget(manager.who.location_id); // the page after it shows it
    let words = match done {
        Ok(()) => return Ok(answer(headers, routes::HOME)),
        Err(refused) if wants_json(headers) => return Err(refused),
        Err(AppError::Refused(refusals)) => refusals.into_iter().map(|refusal| refusal.message).collect(),
        Err(AppError::Conflict { words, .. }) => words,
        Err(other) => return Err(other),
    };
    let page = routes::page(app, manager, None, Some(words)).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

async fn carry_out(app: &App, manager: &SignedIn, verb: Verb) -> Result<()> {
    let named = |name: &str| name_and_slug(name).map_err(|words| AppError::field("name", words));
    match verb {
        Verb::Add(name) => {
            let (name, slug) = named(&name)?;
            act(app, manager, move |turn, actor| {
                Box::pin(async move { store::stations::add(turn, &name, &slug, actor).await })
            })
            .await
        }
        Verb::Rename(station_id, name) => {
            let (name, _) = named(&name)?;
            act(app, manager, move |turn, actor| {
                Box::pin(async move { store::stations::rename(turn, station_id, &name, actor).await })
            })
            .await
        }
        Verb::Forward(station_id) => {
            act(app, manager, move |turn, actor| Box::pin(store::stations::forward(turn, station_id, actor)))
                .await
        }
        Verb::Retire(station_id) => {
            act(app, manager, move |turn, actor| Box::pin(store::stations::retire(turn, station_id, actor)))
                .await
        }
    }
}
