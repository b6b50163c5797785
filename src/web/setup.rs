//! `/setup`: the first restaurant of an empty database. Somebody who can read the program's terminal has a code; once it
//! is used there is no such page any more.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use askama::Template;
use axum::Json;
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;
use time::Duration;
use tower_sessions::Session;

use super::device::{Device, Paired, give, secret_hash};
use super::error::{AppError, Result, navigates, wants_json};
use super::extract::Form;
use super::frame::Frame;
use super::outside::Outside;
use super::pairing::{secret, strangers};
use super::sign_in::{begin, unproved};
use super::state::App;
use crate::domain::device;
use crate::domain::location::{Fault, Opening};
use crate::domain::order::Refusal;
use crate::domain::sign_in::{in_seconds, is_pin};
use crate::domain::staff::Role;
use crate::store;
use crate::store::StoreError;
use crate::store::locations::OpenError;
use crate::store::setup::{FirstDevice, Tried};
use crate::store::staff::Person;

/// How long a set-up code can be used.
pub const CODE_LASTS: Duration = Duration::hours(24);

/// Whether this database was seen to hold a restaurant. It never goes back: no restaurant is deleted.
#[derive(Debug, Default)]
pub struct SetUp(AtomicBool);

impl App {
    /// Whether there is a restaurant; asked of the database only as long as there is none.
    async fn is_set_up(&self) -> Result<bool, StoreError> {
        if !self.set_up.0.load(Ordering::Relaxed) && store::setup::is_done(&self.db).await? {
            self.set_up.0.store(true, Ordering::Relaxed);
        }
        Ok(self.set_up.0.load(Ordering::Relaxed))
    }
}

/// While there is no restaurant every page leads to where one is set up.
pub async fn lead(State(app): State<App>, request: Request, next: Next) -> Response {
    let opens = *request.method() == Method::GET && navigates(request.headers());
    if !opens || request.uri().path() == "/setup" {
        return next.run(request).await;
    }
    match app.is_set_up().await {
        Ok(true) => next.run(request).await,
        Ok(false) => Redirect::to("/setup").into_response(),
        Err(err) => AppError::from(err).into_response(),
    }
}

/// `GET /setup`, and the answer to what will not do.
#[derive(Template)]
#[template(path = "setup/page.html")]
pub struct SetUpPage {
    /// What surrounds it; there is no restaurant yet.
    pub frame: Frame,
    /// What was entered, but the PIN.
    pub entry: Entry,
    /// Zones to choose from.
    pub time_zones: Vec<String>,
    /// What is wrong with it.
    pub failures: Vec<String>,
}

/// What somebody says of a new restaurant.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Entry {
    /// The code from the terminal.
    pub code: String,
    /// The restaurant's name.
    pub name: String,
    /// IANA name of its zone.
    pub time_zone: String,
    /// ISO 4217.
    pub currency: String,
    /// The first manager's name.
    pub manager: String,
    /// Their PIN.
    pub pin: String,
}

/// `GET /setup`.
pub async fn show(State(app): State<App>) -> Result<Html<String>> {
    if app.is_set_up().await? {
        return Err(AppError::NotFound);
    }
    page(&app, Entry::default(), Vec::new()).await
}

async fn page(app: &App, mut entry: Entry, failures: Vec<String>) -> Result<Html<String>> {
    entry.pin.clear();
    let time_zones = store::setup::time_zones(&app.db).await?;
    Ok(Html(SetUpPage { frame: Frame::bare(), entry, time_zones, failures }.render()?))
}

/// `POST /setup`.
pub async fn enter(
    State(app): State<App>,
    Extension(device): Extension<Device>,
    Extension(outside): Extension<Outside>,
    session: Session,
    headers: HeaderMap,
    Form(entry): Form<Entry>,
) -> Result<Response> {
    if app.is_set_up().await? {
        return Err(AppError::NotFound);
    }
    let strangers = strangers("setup", &device, outside.address);
    match open(&app, &entry, &strangers, &session).await {
        Ok((home, secret)) => {
            let mut response = if wants_json(&headers) {
                Json(serde_json::json!({ "next": home })).into_response()
            } else {
                Redirect::to(&home).into_response()
            };
            give(&mut response, app.settings.insecure_http, &secret);
            Ok(response)
        }
        Err(err @ (AppError::Refused(_) | AppError::TooMany { .. })) if !wants_json(&headers) => {
            let words = match &err {
                AppError::Refused(refusals) => refusals.iter().map(|one| one.message.clone()).collect(),
                err => vec![err.to_string()],
            };
            let status = err.status();
            Ok((status, page(&app, entry, words).await?).into_response())
        }
        Err(err) => Err(err),
    }
}

/// Where the first manager goes, and the cookie of their browser.
async fn open(
    app: &App,
    entry: &Entry,
    strangers: &[String; 2],
    session: &Session,
) -> Result<(String, String)> {
    let opening = read(entry)?;
    let code_hash = device::read(&entry.code).map(|code| app.pins.setup_hash(&code));
    let now = app.clock.now();
    let code_hash = match (store::setup::try_code(&app.db, code_hash, strangers, now).await?, code_hash) {
        (Tried::Right, Some(code_hash)) => code_hash,
        (Tried::Wait(wait), _) => {
            let retry_after_s = in_seconds(wait);
            return Err(AppError::TooMany { retry_after_s });
        }
        _ => return Err(AppError::field("code", WRONG)),
    };
    let pin_hash = app.pins.hash(&entry.pin).await.map_err(unproved)?;
    let (secret, name) = (secret()?, first_name(&opening));
    let first = FirstDevice { name: &name, secret_hash: secret_hash(&secret) };
    let opened = match store::setup::open(&app.db, code_hash, &opening, &pin_hash, first, now).await {
        Err(OpenError::Refused(fault)) => return Err(refused(vec![fault])),
        Err(OpenError::Store(err)) => return Err(err.into()),
        Ok(opened) => opened,
    };
    let (opened, row) = opened.ok_or(AppError::NotFound)?; // somebody was faster
    let paired = Paired { hash: first.secret_hash, row: Arc::new(row) };
    let device = Device { id: paired.row.device_id, paired: Some(paired) };
    let manager =
        Person { staff_id: opened.manager_id, name: opening.manager, role: Role::Manager, demo_pin: None };
    let home = begin(app, opened.location_id, session, &device, &manager, None).await?;
    Ok((home, secret))
}

const WRONG: &str =
    "That code does not work. The program's terminal or log says it; comanda setup-code prints a new one.";

fn read(entry: &Entry) -> Result<Opening> {
    let opening = Opening::parse(&entry.name, &entry.time_zone, &entry.currency, &entry.manager);
    let mut faults = opening.as_ref().err().cloned().unwrap_or_default();
    if !is_pin(&entry.pin) {
        faults.push(Fault { field: "pin", words: "A PIN is 4 to 8 digits.".to_owned() });
    }
    match opening {
        Ok(opening) if faults.is_empty() => Ok(opening),
        _ => Err(refused(faults)),
    }
}

fn refused(faults: Vec<Fault>) -> AppError {
    let refusal = |fault: Fault| Refusal::of_order(fault.field, fault.words);
    AppError::Refused(faults.into_iter().map(refusal).collect())
}

/// What the browser of the first manager is called.
fn first_name(opening: &Opening) -> String {
    let chars = opening.manager.chars().take(device::NAME_CHARS_MAX - "'s browser".len());
    format!("{}'s browser", chars.collect::<String>())
}
