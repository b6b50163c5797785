//! Whose party it is, and whether it is an important one.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::Value;

use super::auth::SignedIn;
use super::checks;
use super::command::act;
use super::error::{AppError, Result, wants_json};
use super::extract::{Form, Path, answer};
use super::state::App;
use crate::domain::ids::{CheckId, StaffId};
use crate::domain::staff::Action;
use crate::store;

/// Whether its guests are important.
#[derive(Debug, Deserialize)]
pub struct VipSlip {
    #[serde(default)]
    vip: Value,
}

/// `POST /checks/{check_id}/vip`.
pub async fn set_vip(
    waiter: SignedIn,
    Path(check_id): Path<CheckId>,
    State(app): State<App>,
    headers: HeaderMap,
    Form(slip): Form<VipSlip>,
) -> Result<Response> {
    waiter.may(Action::Serve)?;
    let vip = match &slip.vip {
        Value::Bool(vip) => *vip,
        Value::String(text) if text == "true" => true,
        Value::String(text) if text == "false" => false,
        _ => return Err(AppError::field("vip", "Say true or false.")),
    };
    let done =
        act(&app, &waiter, move |turn, actor| Box::pin(store::checks::set_vip(turn, check_id, vip, actor)))
            .await;
    answered(&app, &waiter, &headers, check_id, done).await
}

/// Who serves it from now on.
#[derive(Debug, Deserialize)]
pub struct ServerSlip {
    #[serde(default)]
    staff_id: Option<StaffId>,
}

/// `POST /checks/{check_id}/server`: somebody else's party from now on.
pub async fn hand_to(
    waiter: SignedIn,
    Path(check_id): Path<CheckId>,
    State(app): State<App>,
    headers: HeaderMap,
    Form(slip): Form<ServerSlip>,
) -> Result<Response> {
    waiter.may(Action::Serve)?;
    let staff_id =
        slip.staff_id.ok_or_else(|| AppError::field("staff_id", "Say who serves it from now on."))?;
    let done = act(&app, &waiter, move |turn, actor| {
        Box::pin(store::checks::hand_to(turn, check_id, staff_id, actor))
    })
    .await;
    answered(&app, &waiter, &headers, check_id, done).await
}

/// A plain form comes back to the check, with what was refused.
async fn answered(
    app: &App,
    waiter: &SignedIn,
    headers: &HeaderMap,
    check_id: CheckId,
    done: Result<()>,
) -> Result<Response> {
    match done {
        Ok(()) => Ok(answer(headers, &format!("/checks/{check_id}"))),
        Err(AppError::Conflict { words, .. }) if !wants_json(headers) => {
            let page = checks::page(app, waiter, check_id, Some(words)).await?;
            Ok((StatusCode::CONFLICT, page).into_response())
        }
        Err(err) => Err(err),
    }
}
