//! `/pair`: how a new device comes into a house. Whoever holds a code types it once, or scans it.

use std::net::IpAddr;

use askama::Template;
use axum::Json;
use axum::extract::{Extension, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use tower_sessions::Session;

use super::auth::session_error;
use super::device::{Device, give, secret_hash};
use super::error::{AppError, Result, wants_json};
use super::extract::Form;
use super::frame::Frame;
use super::outside::Outside;
use super::pins;
use super::state::App;
use crate::domain::device;
use crate::domain::sign_in::in_seconds;
use crate::store;
use crate::store::devices::Pairing;

/// `GET /pair`, and the answer to a wrong code.
#[derive(Template)]
#[template(path = "pair/page.html")]
pub struct PairPage {
    /// What surrounds it.
    pub frame: Frame,
    /// What a scanned address has brought along.
    pub code: String,
    /// Why the last try failed.
    pub failure: Option<String>,
    /// Whether somebody has ended what this device was.
    pub is_revoked: bool,
    /// What it is paired as, and where its work is.
    pub paired: Option<(String, String)>,
}

/// What a scanned address says.
#[derive(Deserialize)]
pub struct Scanned {
    #[serde(default)]
    code: String,
}

/// `GET /pair`. It changes nothing: a page that was only looked at burns no code.
pub async fn show(
    State(app): State<App>,
    Extension(device): Extension<Device>,
    Query(scanned): Query<Scanned>,
) -> Result<Html<String>> {
    page(&app, &device, device::read(&scanned.code).unwrap_or_default(), None).await
}

async fn page(app: &App, device: &Device, code: String, failure: Option<String>) -> Result<Html<String>> {
    let member = device.member().map(|paired| &paired.row);
    let frame = match member {
        Some(row) => Frame::of(&*app.house(row.location_id).await?, None),
        None => Frame::bare(),
    };
    let paired = member.map(|row| (row.name.clone(), row.scope.home()));
    Ok(Html(PairPage { frame, code, failure, is_revoked: device.is_revoked(), paired }.render()?))
}

/// Said of every code that does not work: who guesses learns nothing.
const WRONG: &str = "That code does not work. It may be mistyped, used, or older than ten minutes: a manager makes a new one.";

/// `POST /pair`: burns the code, and this browser is the device from now on. Whoever was signed in on it is not any more.
pub async fn enter(
    State(app): State<App>,
    Extension(device): Extension<Device>,
    Extension(outside): Extension<Outside>,
    session: Session,
    headers: HeaderMap,
    Form(entry): Form<Scanned>,
) -> Result<Response> {
    let secret = secret()?;
    let code_hash = device::read(&entry.code).map(|code| app.pins.code_hash(&code));
    let who = strangers("pair", &device, outside.address);
    let paired =
        store::devices::pair(&app.db, code_hash, secret_hash(&secret), &who, app.clock.now()).await?;
    match paired {
        Pairing::Paired(row) => {
            session.flush().await.map_err(session_error)?;
            let home = row.scope.home();
            let mut response = if wants_json(&headers) {
                Json(serde_json::json!({ "name": row.name, "next": home })).into_response()
            } else {
                Redirect::to(&home).into_response()
            };
            give(&mut response, app.settings.insecure_http, &secret);
            Ok(response)
        }
        Pairing::Wait(wait) => {
            let seconds = in_seconds(wait);
            if wants_json(&headers) {
                return Err(AppError::TooMany { retry_after_s: seconds });
            }
            let words = format!("Too many codes that do not work. Try again in {seconds} seconds.");
            let page = page(&app, &device, String::new(), Some(words)).await?;
            Ok((StatusCode::TOO_MANY_REQUESTS, page).into_response())
        }
        Pairing::Wrong if wants_json(&headers) => Err(AppError::field("code", WRONG)),
        Pairing::Wrong => {
            let page = page(&app, &device, String::new(), Some(WRONG.to_owned())).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

/// A cookie that nobody guesses.
pub(super) fn secret() -> Result<String> {
    let bytes: [u8; 32] = pins::random().map_err(super::sign_in::unproved)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// What a stranger's tries are counted as: the browser, and where it asks from. Of IPv6 the network counts, for its
/// addresses are free to draw.
pub(super) fn strangers(what: &str, device: &Device, address: IpAddr) -> [String; 2] {
    let place = match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    };
    [format!("{what} browser {}", device.id), format!("{what} address {place}")]
}
