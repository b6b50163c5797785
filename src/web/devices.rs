//! `/manage/devices`: the house's tablets and screens, and the codes that bring them in.

use askama::Template;
use axum::Json;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;
use time::OffsetDateTime;

use super::auth::SignedIn;
use super::error::{AppError, Result, wants_json};
use super::extract::{Form, Path, answer};
use super::frame::Frame;
use super::outside::Outside;
use super::pins::{self, PinError};
use super::state::App;
use crate::domain::device::{self, CODE_LASTS, NAME_WORDS, Scope};
use crate::domain::ids::DeviceId;
use crate::domain::menu::House;
use crate::domain::staff::Action;
use crate::fragments::times;
use crate::lan;
use crate::store;
use crate::store::By;
use crate::store::devices::{Device, Plan};

/// `GET /manage/devices`.
#[derive(Template)]
#[template(path = "manage/devices.html")]
pub struct DevicesPage {
    /// What surrounds it.
    pub frame: Frame,
    /// What a screen can show: its slug and its name.
    pub views: Vec<(String, String)>,
    /// What is paired, by name.
    pub devices: Vec<Row>,
    /// The code just made: shown this once.
    pub made: Option<MadeCode>,
    /// What was refused, when a plain form comes back.
    pub failure: Option<String>,
}

/// A device in the list.
pub struct Row {
    /// Its id.
    pub device_id: DeviceId,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub words: String,
    /// When it was last heard of.
    pub seen_at: OffsetDateTime,
}

/// A code that was just made.
pub struct MadeCode {
    /// For which device.
    pub name: String,
    /// The code; only its hash is kept.
    pub code: String,
    /// Where it is typed.
    pub address: String,
    /// The same with the code in it, as a QR code: an `svg` element.
    pub picture: Option<String>,
}

/// `GET /manage/devices`.
pub async fn show(manager: SignedIn, State(app): State<App>) -> Result<Html<String>> {
    page(&app, &manager, None, None).await
}

async fn page(
    app: &App,
    manager: &SignedIn,
    made: Option<MadeCode>,
    failure: Option<String>,
) -> Result<Html<String>> {
    manager.may(Action::Manage)?;
    let house = app.house(manager.who.location_id).await?;
    let views = views(&house);
    let words = |device: &Device| match &device.scope {
        Scope::Tablet => "Tablet".to_owned(),
        Scope::Screen(view) => {
            let name = views.iter().find(|(slug, _)| slug == view).map_or(view.as_str(), |(_, name)| name);
            format!("Screen of {name}")
        }
    };
    let devices = store::devices::all(&app.db, house.location_id).await?;
    let row = |device: Device| Row {
        words: words(&device),
        device_id: device.device_id,
        name: device.name,
        seen_at: device.seen_at,
    };
    let devices = devices.into_iter().map(row).collect();
    let frame = Frame::of(&house, Some(&manager.who));
    Ok(Html(DevicesPage { frame, views, devices, made, failure }.render()?))
}

fn views(house: &House) -> Vec<(String, String)> {
    let stations = house.stations.iter().map(|station| (station.slug.clone(), station.name.clone()));
    let screens = house.screens.iter().map(|screen| (screen.slug.clone(), screen.query.name.clone()));
    stations.chain(screens).chain([("expo".to_owned(), "Expo".to_owned())]).collect()
}

/// What a new device will be.
#[derive(Deserialize)]
pub struct CodeSlip {
    #[serde(default)]
    name: String,
    /// `tablet`, or what a screen shows.
    #[serde(default)]
    shows: String,
}

/// `POST /manage/devices`: a code, shown this once.
pub async fn make_code(
    manager: SignedIn,
    State(app): State<App>,
    Extension(outside): Extension<Outside>,
    headers: HeaderMap,
    Form(slip): Form<CodeSlip>,
) -> Result<Response> {
    manager.may(Action::Manage)?;
    let house = app.house(manager.who.location_id).await?;
    let made = match plan(&house, &slip) {
        Ok(scope) => code_for(&app, &manager, slip.name.trim(), &scope).await,
        Err(err) => Err(err),
    };
    let code = match made {
        Ok(code) => code,
        Err(err @ (AppError::Refused(_) | AppError::Conflict { .. })) if !wants_json(&headers) => {
            let page = page(&app, &manager, None, Some(err.to_string())).await?;
            return Ok((err.status(), page).into_response());
        }
        Err(err) => return Err(err),
    };
    let name = slip.name.trim().to_owned();
    if wants_json(&headers) {
        return Ok(
            (StatusCode::CREATED, Json(serde_json::json!({ "name": name, "code": code }))).into_response()
        );
    }
    let address = address(&app, outside, &headers);
    let picture = lan::picture(&format!("{address}?code={code}"));
    let made = MadeCode { name, code, address, picture };
    Ok((StatusCode::CREATED, page(&app, &manager, Some(made), None).await?).into_response())
}

fn plan(house: &House, slip: &CodeSlip) -> Result<Scope> {
    if !device::is_name(&slip.name) {
        return Err(AppError::field("name", NAME_WORDS));
    }
    match slip.shows.as_str() {
        "tablet" => Ok(Scope::Tablet),
        view if views(house).iter().any(|(slug, _)| slug == view) => Ok(Scope::Screen(view.to_owned())),
        _ => Err(AppError::field(
            "shows",
            "Say what it is: a tablet, the screen of a station or of expo, or a saved one.",
        )),
    }
}

async fn code_for(app: &App, manager: &SignedIn, name: &str, scope: &Scope) -> Result<String> {
    let code = draw_code().map_err(super::sign_in::unproved)?;
    let by = manager.actor(app.clock.now());
    let plan = Plan { name, scope, expires_at: by.at + CODE_LASTS };
    let hash = app.pins.code_hash(&code);
    if store::devices::make_code(&app.db, manager.who.location_id, hash, &plan, By::Person(&by)).await? {
        Ok(code)
    } else {
        Err(AppError::conflict("This restaurant has as many devices as there may be. Revoke one first."))
    }
}

/// A code that was never a code.
pub fn draw_code() -> Result<String, PinError> {
    loop {
        if let Some(code) = device::code(&pins::random::<32>()?) {
            return Ok(code);
        }
    }
}

/// Where this house is for the one who asks, as far as their browser says.
fn address(app: &App, outside: Outside, headers: &HeaderMap) -> String {
    let encrypted = outside.https || app.lan.is_some() || app.settings.tls_cert.is_some();
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    format!("{}://{host}/pair", if encrypted { "https" } else { "http" })
}

/// Another name.
#[derive(Deserialize)]
pub struct Renaming {
    #[serde(default)]
    name: String,
}

/// Where a plain form leads.
const HOME: &str = "/manage/devices";

/// `POST /manage/devices/{device_id}/rename`.
pub async fn rename(
    manager: SignedIn,
    Path(device_id): Path<DeviceId>,
    State(app): State<App>,
    headers: HeaderMap,
    Form(slip): Form<Renaming>,
) -> Result<Response> {
    manager.may(Action::Manage)?;
    if !device::is_name(&slip.name) {
        return Err(AppError::field("name", NAME_WORDS));
    }
    let (here, by) = (manager.who.location_id, manager.actor(app.clock.now()));
    store::devices::rename(&app.db, here, device_id, slip.name.trim(), By::Person(&by)).await?;
    Ok(answer(&headers, HOME))
}

/// Somebody means it.
#[derive(Deserialize)]
pub struct Ending {
    #[serde(default)]
    confirm: String,
}

/// `POST /manage/devices/{device_id}/revoke`.
pub async fn revoke(
    manager: SignedIn,
    Path(device_id): Path<DeviceId>,
    State(app): State<App>,
    headers: HeaderMap,
    Form(slip): Form<Ending>,
) -> Result<Response> {
    manager.may(Action::Manage)?;
    if slip.confirm != "yes" {
        return Err(AppError::field("confirm", "Confirm it: the device will show nothing any more."));
    }
    let (here, by) = (manager.who.location_id, manager.actor(app.clock.now()));
    store::devices::revoke(&app.db, here, device_id, By::Person(&by)).await?;
    Ok(answer(&headers, HOME))
}
