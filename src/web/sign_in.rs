//! Signing in: people as tiles, a PIN pad, and the kitchen's screens.

use askama::Template;
use axum::Json;
use axum::extract::{Extension, Query, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;
use time::Duration;
use tower_sessions::{Expiry, Session};

use super::auth::{SESSION_KEY, SignedIn, Who, session_error};
use super::device::Device;
use super::error::{AppError, Here, Result, wants_json};
use super::extract::Form;
use super::frame::Frame;
use super::pins::PinError;
use super::state::App;
use super::trust::Invitation;
use crate::domain::ids::{DeviceId, LocationId, StaffId};
use crate::domain::sign_in::{self, is_pin};
use crate::domain::staff::Role;
use crate::store;
use crate::store::staff::Person;

/// `GET /sign-in`, and the answer to a wrong PIN.
#[derive(Template)]
#[template(path = "sign_in/page.html")]
pub struct SignInPage {
    /// What surrounds it; nobody is signed in.
    pub frame: Frame,
    /// Who works here, by role, in the order of [`Role::ALL`]; roles without people are left out.
    pub roles: Vec<RoleTiles>,
    /// The kitchen's screens.
    pub stations: Vec<StationLink>,
    /// Where to go afterwards: a local path.
    pub next: Option<String>,
    /// Why the last try failed.
    pub failure: Option<SignInFailure>,
    /// Who tried, so that the tile stays chosen.
    pub picked: Option<StaffId>,
    /// How another device comes in, where the house serves its own network.
    pub invitation: Option<Invitation>,
}

/// The people of one role.
#[derive(Debug, Clone)]
pub struct RoleTiles {
    /// Their part in the house.
    pub role: Role,
    /// By name.
    pub people: Vec<PersonTile>,
}

/// One person on the sign-in page.
#[derive(Debug, Clone)]
pub struct PersonTile {
    /// Their id.
    pub staff_id: StaffId,
    /// Their name.
    pub name: String,
    /// Printed on the tile in a demo, nowhere else.
    pub demo_pin: Option<String>,
}

/// A kitchen screen to go to.
#[derive(Debug, Clone)]
pub struct StationLink {
    /// `grill`; `expo` for the pass.
    pub slug: String,
    /// Its name.
    pub name: String,
}

/// Why nobody was signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInFailure {
    /// No tile was chosen, or no PIN given.
    Incomplete,
    /// The PIN is another one.
    WrongPin,
    /// Too many wrong PINs: nothing is tried for so many seconds.
    Wait {
        /// Whole seconds left.
        seconds: u32,
    },
}

impl SignInFailure {
    /// What to do about it.
    pub fn words(self) -> String {
        match self {
            Self::Incomplete => "Choose your name and enter your PIN.".to_owned(),
            Self::WrongPin => "That PIN is not right. Try again.".to_owned(),
            Self::Wait { seconds: 1 } => "Too many wrong PINs. Try again in 1 second.".to_owned(),
            Self::Wait { seconds } => format!("Too many wrong PINs. Try again in {seconds} seconds."),
        }
    }

    /// How long the pad stays closed, in seconds.
    pub fn wait_s(self) -> u32 {
        match self {
            Self::Wait { seconds } => seconds,
            Self::Incomplete | Self::WrongPin => 0,
        }
    }
}

impl RoleTiles {
    /// "Waiters", "Cooks": the heading over the tiles.
    pub fn heading(&self) -> &'static str {
        match self.role {
            Role::Waiter => "Waiters",
            Role::Cook => "Kitchen",
            Role::Expo => "Pass",
            Role::Manager => "Managers",
            Role::Owner => "Owners",
        }
    }
}

impl SignInPage {
    fn is_picked(&self, staff_id: &StaffId) -> bool {
        self.picked == Some(*staff_id)
    }

    fn is_demo(&self) -> bool {
        self.roles.iter().flat_map(|tiles| &tiles.people).any(|person| person.demo_pin.is_some())
    }

    fn wait_s(&self) -> u32 {
        self.failure.map_or(0, SignInFailure::wait_s)
    }
}

/// How long a station's session lasts without a beat of its screen.
pub const STATION_SESSION: Duration = Duration::days(30);

/// Where to go afterwards.
#[derive(Debug, Default, Deserialize)]
pub struct Wish {
    pub(super) next: Option<String>,
}

/// A PIN, as the pad sends it.
#[derive(Deserialize)]
pub struct Entry {
    #[serde(default)]
    staff_id: Option<StaffId>,
    #[serde(default)]
    pin: String,
    #[serde(default)]
    next: Option<String>,
}

/// `GET /sign-in`.
pub async fn show(
    State(app): State<App>,
    Extension(device): Extension<Device>,
    Query(wish): Query<Wish>,
) -> Result<Html<String>> {
    let here = place(&app, &device).await?;
    page(&app, here, local(wish.next), None, None).await
}

/// Where PINs are asked on the device that asks: where it is paired, or in a demo that is alone here, where any browser
/// will do.
async fn place(app: &App, device: &Device) -> Result<LocationId> {
    if device.is_revoked() {
        return Err(AppError::Revoked);
    }
    if let Some(paired) = device.member() {
        return Ok(paired.row.location_id);
    }
    let only = store::locations::only(&app.db).await?.ok_or(AppError::Unpaired)?;
    if app.house(only).await?.is_demo { Ok(only) } else { Err(AppError::Unpaired) }
}

/// `POST /sign-in`: a new session with a new id, or words that say why not.
pub async fn enter(
    State(app): State<App>,
    Extension(device): Extension<Device>,
    session: Session,
    headers: HeaderMap,
    Form(entry): Form<Entry>,
) -> Result<Response> {
    let next = local(entry.next);
    let here = place(&app, &device).await?;
    let tried = match entry.staff_id {
        Some(staff_id) if is_pin(&entry.pin) => prove(&app, here, device.id, staff_id, &entry.pin).await?,
        _ => Err(SignInFailure::Incomplete),
    };
    match tried {
        Ok(person) => {
            let home = begin(&app, here, &session, &device, &person, next.as_deref()).await?;
            Ok(if wants_json(&headers) {
                Json(serde_json::json!({ "next": home })).into_response()
            } else {
                Redirect::to(&home).into_response()
            })
        }
        Err(SignInFailure::Wait { seconds }) if wants_json(&headers) => {
            Err(AppError::TooMany { retry_after_s: seconds })
        }
        Err(failure) if wants_json(&headers) => Err(AppError::field("pin", failure.words())),
        Err(failure) => {
            let page = page(&app, here, next, Some(failure), entry.staff_id).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

/// `POST /sign-out`.
pub async fn leave(session: Session) -> Result<Redirect> {
    session.flush().await.map_err(session_error)?;
    Ok(Redirect::to("/sign-in"))
}

/// `GET /`: to the screen of one's work.
pub async fn home(signed_in: SignedIn) -> Redirect {
    Redirect::to(&home_of(&signed_in.who))
}

fn home_of(who: &Who) -> String {
    match (&who.station, who.role) {
        (Some(station), _) => format!("/kitchen/{station}"),
        (None, Role::Waiter) => "/floor".to_owned(),
        (None, Role::Cook) => "/kitchen".to_owned(),
        (None, Role::Expo) => "/kitchen/expo".to_owned(),
        (None, Role::Manager | Role::Owner) => "/manage".to_owned(),
    }
}

/// A right PIN, or why not. What nobody has is as slow and as silent as a wrong one.
pub(super) async fn prove(
    app: &App,
    here: LocationId,
    device_id: DeviceId,
    staff_id: StaffId,
    pin: &str,
) -> Result<std::result::Result<Person, SignInFailure>> {
    let now = app.clock.now();
    let place = app.pins.place().await.map_err(unproved)?;
    let counted_as = store::sign_ins::counted_as(&app.db, here, device_id).await?;
    let (of_person, of_device) = store::sign_ins::failures(&app.db, here, counted_as, staff_id).await?;
    let wait = sign_in::wait(of_person, of_device, now);
    if wait.is_positive() {
        let seconds = sign_in::in_seconds(wait);
        return Ok(Err(SignInFailure::Wait { seconds }));
    }
    let credentials = store::staff::credentials(&app.db, here, staff_id).await?;
    let pin_hash = credentials.as_ref().map_or(NOBODYS_HASH, |found| found.pin_hash.as_str());
    let is_right = app.pins.is_right(&place, pin, pin_hash).await.map_err(unproved)?;
    match credentials {
        Some(credentials) if is_right => {
            store::sign_ins::succeeded(&app.db, here, device_id, staff_id, now).await?;
            Ok(Ok(credentials.person))
        }
        _ => {
            store::sign_ins::failed(&app.db, here, counted_as, staff_id, now).await?;
            Ok(Err(SignInFailure::WrongPin))
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
pub(super) fn unproved(err: PinError) -> AppError {
    tracing::error!(error = &err as &dyn std::error::Error, "a PIN could not be proved");
    AppError::Broken
}

/// An argon2id hash of the same cost that no PIN has.
pub(super) const NOBODYS_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5LW5vYm9keQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Starts a session under a new id. Signed in on the way to a station's page or a saved screen, it is bound to that page; on a screen, to
/// what the screen shows, whatever the way was.
pub(super) async fn begin(
    app: &App,
    here: LocationId,
    session: &Session,
    device: &Device,
    person: &Person,
    next: Option<&str>,
) -> Result<String> {
    let house = app.house(here).await?;
    let screen =
        device.member().and_then(|paired| paired.row.scope.view()).map(|view| format!("/kitchen/{view}"));
    let next = screen.as_deref().or(next);
    let slug = next.and_then(|next| next.strip_prefix("/kitchen/"));
    let station = slug.filter(|slug| house.wall(slug).is_some()).map(str::to_owned);
    let who = Who {
        location_id: here,
        staff_id: Some(person.staff_id),
        name: person.name.clone(),
        role: person.role,
        station,
        device_id: device.member().map(|paired| paired.row.device_id),
        since: app.clock.now(),
    };
    let lasts = match who.station {
        Some(_) => STATION_SESSION,
        None => Duration::minutes(i64::from(app.settings.session_idle_min)),
    };
    if session.id().is_some() {
        // Whoever was signed in here is not any more. To flush would not do: the next record would keep the old id.
        session.clear().await;
        session.cycle_id().await.map_err(session_error)?;
    }
    session.set_expiry(Some(Expiry::AtDateTime(app.clock.now() + lasts)));
    session.insert(SESSION_KEY, &who).await.map_err(session_error)?;
    Ok(match next {
        Some(next) => next.to_owned(),
        None => home_of(&who),
    })
}

/// Keeps a person signed in who works: past a quarter of the idle time the session's end moves. Once in so many
/// minutes, so a page costs no write.
pub async fn keep(State(app): State<App>, session: Session, request: Request, next: Next) -> Response {
    let who = session.get::<Who>(SESSION_KEY).await.ok().flatten();
    if let Some(who) = &who {
        let lasts = match who.station {
            Some(_) => STATION_SESSION,
            None => Duration::minutes(i64::from(app.settings.session_idle_min)),
        };
        // The session itself does not know when it ends: its record does.
        let ends_at = session.id().and_then(|id| app.sessions.ends_at(id));
        if ends_at.is_some_and(|ends_at| ends_at - app.clock.now() < lasts * 3 / 4) {
            session.set_expiry(Some(Expiry::AtDateTime(app.clock.now() + lasts)));
        }
    }
    let mut response = next.run(request).await;
    if let Some(who) = who {
        response.extensions_mut().insert(Here(who.location_id));
    }
    response
}

async fn page(
    app: &App,
    here: LocationId,
    next: Option<String>,
    failure: Option<SignInFailure>,
    picked: Option<StaffId>,
) -> Result<Html<String>> {
    let house = app.house(here).await?;
    let people = store::staff::all(&app.db, here).await?;
    let roles = Role::ALL
        .into_iter()
        .map(|role| RoleTiles {
            role,
            people: people
                .iter()
                .filter(|person| person.role == role)
                .map(|person| PersonTile {
                    staff_id: person.staff_id,
                    name: person.name.clone(),
                    demo_pin: person.demo_pin.clone(),
                })
                .collect(),
        })
        .filter(|tiles| !tiles.people.is_empty())
        .collect();
    let link = |slug: &str, name: &str| StationLink { slug: slug.to_owned(), name: name.to_owned() };
    let mut stations: Vec<_> =
        house.stations.iter().map(|station| link(&station.slug, &station.name)).collect();
    stations.extend(house.screens.iter().map(|screen| link(&screen.slug, &screen.query.name)));
    stations.push(link("expo", "Expo"));
    let invitation = app.lan.as_deref().map(Invitation::of);
    let page =
        SignInPage { frame: Frame::of(&house, None), roles, stations, next, failure, picked, invitation };
    Ok(Html(page.render()?))
}

/// A path of ours, or nothing: never the way to another site.
pub fn local(path: Option<String>) -> Option<String> {
    path.filter(|path| {
        let plain = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        path.starts_with('/') && !path.starts_with("//") && plain && path.len() <= 512
    })
}
