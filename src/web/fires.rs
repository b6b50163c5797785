//! What the pass does with its cards: hand over, take back, hurry.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use super::auth::SignedIn;
use super::command::act;
use super::error::Result;
use super::extract::{Back, Form, Path, answer};
use super::state::App;
use crate::domain::ids::FireId;
use crate::domain::staff::Action;
use crate::store;

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
    act(&app, &runner, move |turn, actor| Box::pin(store::fires::bump(turn, fire_id, actor))).await?;
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
    act(&app, &runner, move |turn, actor| Box::pin(store::fires::undo(turn, fire_id, actor))).await?;
    Ok(answer(&headers, &form.or(HOME)))
}

/// `POST /fires/{fire_id}/ready-seen`: whoever serves the table knows that it is ready.
pub async fn ready_seen(
    waiter: SignedIn,
    Path(fire_id): Path<FireId>,
    State(app): State<App>,
    headers: HeaderMap,
    Form(form): Form<Back>,
) -> Result<Response> {
    waiter.may(Action::Serve)?;
    act(&app, &waiter, move |turn, actor| Box::pin(store::fires::ready_seen(turn, fire_id, actor))).await?;
    Ok(answer(&headers, &form.or("/floor")))
}

/// `POST /fires/{fire_id}/rush`: every station of it makes it first.
pub async fn rush(
    runner: SignedIn,
    Path(fire_id): Path<FireId>,
    State(app): State<App>,
    headers: HeaderMap,
    Form(form): Form<Back>,
) -> Result<Response> {
    runner.may(Action::FireCourse)?;
    act(&app, &runner, move |turn, actor| Box::pin(store::fires::rush(turn, fire_id, actor))).await?;
    Ok(answer(&headers, &form.or(HOME)))
}

/// `POST /fires/{fire_id}/calm`: one's own rush is taken back.
pub async fn calm(
    runner: SignedIn,
    Path(fire_id): Path<FireId>,
    State(app): State<App>,
    headers: HeaderMap,
    Form(form): Form<Back>,
) -> Result<Response> {
    runner.may(Action::FireCourse)?;
    act(&app, &runner, move |turn, actor| Box::pin(store::fires::calm(turn, fire_id, actor))).await?;
    Ok(answer(&headers, &form.or(HOME)))
}

/// `POST /fires/{fire_id}/recall`: what the guest has comes back to the pass.
pub async fn recall(
    runner: SignedIn,
    Path(fire_id): Path<FireId>,
    State(app): State<App>,
    headers: HeaderMap,
    Form(form): Form<Back>,
) -> Result<Response> {
    runner.may(Action::RecallServed)?;
    act(&app, &runner, move |turn, actor| Box::pin(store::fires::recall(turn, fire_id, actor))).await?;
    Ok(answer(&headers, &form.or(HOME)))
}
