//! What the pass does with its cards: hand over, take back.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use super::auth::SignedIn;
use super::command::{Done, command};
use super::error::Result;
use super::extract::{Back, Form, Path, answer};
use super::state::App;
use crate::domain::ids::FireId;
use crate::domain::staff::Action;
use crate::store;
use crate::store::fires::FireError;

/// Where a plain form leads that does not say where it stands.
const HOME: &str = "/kitchen/expo";

/// `POST /fires/{fire_id}/bump`: the whole fire goes to the guest.
pub async fn bump(
    runner: SignedIn,
    Path(fire_id): Path<FireId>,
    State(app): State<App>,
    headers: HeaderMap,
    Form(form): Form<Back>,
) -> Result<Response> {
    runner.may(Action::WorkPass)?;
    let actor = runner.actor(app.clock.now());
    command(&app, runner.who.location_id, move |turn| {
        Box::pin(async move {
            let step = store::fires::bump(turn, fire_id, &actor).await?;
            Ok::<_, FireError>(Done::by(step, ()))
        })
    })
    .await?;
    Ok(answer(&headers, &form.or(HOME)))
}

/// `POST /fires/{fire_id}/undo`.
pub async fn undo(
    runner: SignedIn,
    Path(fire_id): Path<FireId>,
    State(app): State<App>,
    headers: HeaderMap,
    Form(form): Form<Back>,
) -> Result<Response> {
    runner.may(Action::WorkPass)?;
    let actor = runner.actor(app.clock.now());
    command(&app, runner.who.location_id, move |turn| {
        Box::pin(async move {
            let step = store::fires::undo(turn, fire_id, &actor).await?;
            Ok::<_, FireError>(Done::by(step, ()))
        })
    })
    .await?;
    Ok(answer(&headers, &form.or(HOME)))
}
