//! From outside the house: a manager's long password, where no device is paired.

use askama::Template;
use axum::Json;
use axum::extract::{Extension, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;
use tower_sessions::Session;

use super::auth::{Holder, SignedIn};
use super::device::Device;
use super::error::{AppError, Result, wants_json};
use super::extract::Form;
use super::frame::Frame;
use super::outside::Outside;
use super::pairing::strangers;
use super::sign_in::{NOBODYS_HASH, Wish, begin, local, prove, unproved};
use super::state::App;
use crate::domain::location::Location;
use crate::domain::sign_in::{PASSWORD_WORDS, in_seconds, is_password};
use crate::domain::staff::Action;
use crate::store;
use crate::store::staff::Credentials;
use crate::store::{By, StoreError};

/// `GET /sign-in/password`, and the answer to a wrong one.
#[derive(Template)]
#[template(path = "sign_in/password.html")]
pub struct PasswordPage {
    /// What surrounds it; it belongs to no restaurant.
    pub frame: Frame,
    /// Where to go afterwards: a local path.
    pub next: Option<String>,
    /// What was entered besides the password.
    pub restaurant: String,
    /// Likewise.
    pub name: String,
    /// Why the last try failed.
    pub failure: Option<String>,
}

/// A sign-in from outside.
#[derive(Deserialize)]
pub struct Entry {
    #[serde(default)]
    restaurant: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: Option<String>,
}

/// Said of everything that is wrong: who guesses learns neither restaurants nor people.
const WRONG: &str = "No manager of that restaurant has that name and password.";

/// `GET /sign-in/password`.
pub async fn show(Query(wish): Query<Wish>) -> Result<Html<String>> {
    let (restaurant, name) = (String::new(), String::new());
    let page = PasswordPage { frame: Frame::bare(), next: local(wish.next), restaurant, name, failure: None };
    Ok(Html(page.render()?))
}

/// `POST /sign-in/password`.
pub async fn enter(
    State(app): State<App>,
    Extension(device): Extension<Device>,
    Extension(outside): Extension<Outside>,
    session: Session,
    headers: HeaderMap,
    Form(entry): Form<Entry>,
) -> Result<Response> {
    if device.is_revoked() {
        return Err(AppError::Revoked);
    }
    let who = strangers("password", &device, outside.address);
    let wait = store::devices::try_as_stranger(&app.db, &who, app.clock.now()).await?;
    let (status, words) = if wait.is_positive() {
        let seconds = in_seconds(wait);
        if wants_json(&headers) {
            return Err(AppError::TooMany { retry_after_s: seconds });
        }
        let words = format!("Too many tries. Try again in {seconds} seconds.");
        (StatusCode::TOO_MANY_REQUESTS, words)
    } else {
        let is_elsewhere = |here: &Location| {
            device.member().is_some_and(|paired| paired.row.location_id != here.location_id)
        };
        let found = manager(&app, &entry).await?.filter(|(here, _)| !is_elsewhere(here));
        if let Some((here, found)) = found {
            let next = local(entry.next);
            let home =
                begin(&app, here.location_id, &session, &device, &found.person, next.as_deref()).await?;
            return Ok(if wants_json(&headers) {
                Json(serde_json::json!({ "next": home })).into_response()
            } else {
                Redirect::to(&home).into_response()
            });
        }
        (StatusCode::UNPROCESSABLE_ENTITY, WRONG.to_owned())
    };
    if wants_json(&headers) {
        return Err(AppError::field("password", words));
    }
    let Entry { restaurant, name, next, .. } = entry;
    let page =
        PasswordPage { frame: Frame::bare(), next: local(next), restaurant, name, failure: Some(words) };
    Ok((status, Html(page.render()?)).into_response())
}

/// Whose password that is. Whatever is wrong, it takes as long.
async fn manager(app: &App, entry: &Entry) -> Result<Option<(Location, Credentials)>> {
    let place = app.pins.place().await.map_err(unproved)?;
    let found = named(app, entry).await?;
    let hash = found.as_ref().and_then(|(_, found)| found.password_hash.as_deref());
    let is_right =
        app.pins.is_right(&place, &entry.password, hash.unwrap_or(NOBODYS_HASH)).await.map_err(unproved)?;
    Ok(found.filter(|_| is_right && is_password(&entry.password)))
}

/// The manager or owner of that name, in the restaurant of that name; it need not be named where there is one.
async fn named(app: &App, entry: &Entry) -> Result<Option<(Location, Credentials)>> {
    let wanted = entry.restaurant.trim().to_lowercase();
    let is_meant = |here: &Location| {
        wanted.is_empty() || here.name.to_lowercase() == wanted || here.location_id.to_string() == wanted
    };
    let mut meant = store::locations::all(&app.db).await?.into_iter().filter(is_meant);
    let (Some(here), None) = (meant.next(), meant.next()) else { return Ok(None) };
    let person = match store::staff::by_name(&app.db, here.location_id, entry.name.trim()).await {
        Err(StoreError::NotFound) => return Ok(None),
        person => person?,
    };
    if !person.role.may(Action::Manage) {
        return Ok(None);
    }
    let found = store::staff::credentials(&app.db, here.location_id, person.staff_id).await?;
    Ok(found.map(|found| (here, found)))
}

/// A password of one's own.
#[derive(Deserialize)]
pub struct NewPassword {
    #[serde(default)]
    pin: String,
    #[serde(default)]
    password: String,
}

/// `POST /manage/password`: one's own, and one's PIN proves that one is still there.
pub async fn set(
    manager: SignedIn,
    State(app): State<App>,
    headers: HeaderMap,
    Form(new): Form<NewPassword>,
) -> Result<Response> {
    manager.may(Action::Manage)?;
    let Holder::Session(session) = manager.holder else {
        return Err(AppError::Forbidden); // a machine has no PIN
    };
    let (here, staff_id) = (manager.who.location_id, manager.person()?);
    if !is_password(&new.password) {
        return Err(AppError::field("password", PASSWORD_WORDS));
    }
    if let Err(failure) = prove(&app, here, manager.device_id, staff_id, &new.pin).await? {
        return Err(AppError::field("pin", failure.words()));
    }
    let hash = app.pins.hash(&new.password).await.map_err(unproved)?;
    let by = manager.actor(app.clock.now());
    let session = session.map(|id| id.to_string());
    let kept = session.as_deref();
    store::staff::set_password(&app.db, here, staff_id, &hash, kept, By::Person(&by)).await?;
    Ok(super::extract::answer(&headers, "/manage"))
}
