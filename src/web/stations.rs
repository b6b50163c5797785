//! Stations: whose screen shows their cards.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

use super::auth::SignedIn;
use super::command::act;
use super::error::{AppError, Result};
use super::extract::{Back, Form, Path, answer};
use super::state::App;
use crate::domain::ids::StationId;
use crate::domain::staff::Action;
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
    let is_party = |slug: &str| {
        slug == "expo"
            || slug == station.slug
            || to.is_some_and(|to| to.slug == slug)
            || station.shown_at.and_then(|id| house.station_by_id(id)).is_some_and(|at| at.slug == slug)
    };
    if cook.who.station.as_deref().is_some_and(|bound| !is_party(bound)) {
        return Err(AppError::Forbidden);
    }
    let to = to.map(|station| station.station_id);
    act(&app, &cook, move |turn, actor| Box::pin(store::stations::lend(turn, station_id, to, actor))).await?;
    app.houses.forget(house.location_id); // the page after it shows it
    Ok(answer(&headers, &slip.back.or("/kitchen")))
}
