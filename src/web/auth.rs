//! Who asks. An argument is a guard: a handler that names one cannot be reached by anyone else.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use tower_sessions::Session;

use super::device::{Device, Paired};
use super::error::AppError;
use super::session_store::AWAY;
use super::state::App;
use crate::domain::ids::{DeviceId, LocationId, StaffId};
use crate::domain::staff::{Action, Role};
use crate::store::{self, Actor};

/// Where a session keeps [`Who`].
pub const SESSION_KEY: &str = "who";

/// Who is signed in, as the session remembers it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Who {
    /// The restaurant.
    pub location_id: LocationId,
    /// The person; none where a paired screen acts with nobody signed in.
    pub staff_id: Option<StaffId>,
    /// Their name, or the screen's.
    pub name: String,
    /// Their part in the house.
    pub role: Role,
    /// The station page (`grill`, `expo`) that the session is bound to, if it was signed in on one.
    pub station: Option<String>,
    /// The paired device that they signed in on: the session holds on no other, and ends with it.
    #[serde(default)]
    pub device_id: Option<DeviceId>,
    /// When they signed in.
    #[serde(with = "time::serde::timestamp")]
    pub since: OffsetDateTime,
}

/// A person, or a machine that speaks for one.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// Who.
    pub who: Who,
    /// On which device.
    pub device_id: DeviceId,
    /// The cookie of the paired device, by its hash, if it is one.
    pub paired: Option<[u8; 32]>,
    /// What limits are counted by: the session, or the key.
    pub holder: Holder,
}

/// What carries a sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// A browser's session.
    Session(Option<tower_sessions::session::Id>),
    /// A machine's key, by its hash.
    Token([u8; 32]),
    /// A screen's own cookie, by its hash.
    Device([u8; 32]),
}

impl SignedIn {
    /// Refuses who may not do that. A session that is bound to a station's page may do there what a cook does, whoever
    /// signed it in (in a small house the waiter is the cook), and nothing else; a saved screen is as many such pages as it
    /// has stations. The pass hands over to guests: there it may do what the person's own part allows.
    pub fn may(&self, action: Action) -> Result<(), AppError> {
        let bound_may = |station: &str| match action {
            Action::WatchKitchen => true,
            Action::WorkStation => station != "expo" || self.who.role.may(action),
            Action::WorkPass | Action::RecallServed | Action::FireCourse | Action::TellKitchen => {
                station == "expo" && self.who.role.may(action)
            }
            Action::Serve
            | Action::VoidLine
            | Action::TellAllergy
            | Action::CloseCheck
            | Action::EightySix
            | Action::Manage => false,
        };
        let allowed = match &self.who.station {
            Some(station) => bound_may(station),
            None => self.who.role.may(action),
        };
        if allowed { Ok(()) } else { Err(AppError::Forbidden) }
    }

    /// Refuses a session that is bound to another station page.
    pub fn at_station(&self, slug: &str) -> Result<(), AppError> {
        match &self.who.station {
            Some(station) if station != slug => Err(AppError::Forbidden),
            _ => Ok(()),
        }
    }

    /// The person who asks; a machine speaks for one, a screen is nobody.
    pub fn person(&self) -> Result<StaffId, AppError> {
        self.who.staff_id.ok_or(AppError::Forbidden)
    }

    /// What the audit needs to know.
    pub fn actor(&self, now: OffsetDateTime) -> Actor {
        Actor {
            location_id: self.who.location_id,
            staff_id: self.who.staff_id,
            name: self.who.name.clone(),
            device_id: self.device_id,
            at: now,
        }
    }

    /// What socket limits are counted by.
    pub fn holder_name(&self) -> String {
        match &self.holder {
            Holder::Session(Some(id)) => id.to_string(),
            Holder::Session(None) => self.device_id.to_string(),
            Holder::Token(hash) | Holder::Device(hash) => format!("{:02x?}", &hash[..8]),
        }
    }
}

impl FromRequestParts<App> for SignedIn {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, AppError> {
        let signed_in = Self::of(parts, app).await?;
        if let Some(holder) = signed_in.holder.number() {
            let counted = app.limits.ask(holder, app.clock.now());
            counted.map_err(|retry_after_s| AppError::TooMany { retry_after_s })?;
        }
        Ok(signed_in)
    }
}

impl SignedIn {
    async fn of(parts: &Parts, app: &App) -> Result<Self, AppError> {
        if let Some(token) = bearer(&parts.headers) {
            return by_token(app, token).await;
        }
        let device = parts.extensions.get::<Device>().ok_or(AppError::SignedOut)?;
        if device.is_revoked() {
            return Err(AppError::Revoked);
        }
        let session = parts.extensions.get::<Session>().cloned().ok_or(AppError::SignedOut)?;
        let who: Option<Who> = session.get(SESSION_KEY).await.map_err(session_error)?;
        let hours_max = time::Duration::hours(i64::from(app.settings.session_hours_max));
        let now = app.clock.now();
        let holds = |who: &Who| {
            let row = device.member().map(|paired| &paired.row);
            let is_here = who.device_id == row.map(|row| row.device_id)
                && row.is_none_or(|row| row.location_id == who.location_id);
            is_here && (who.station.is_some() || now - who.since <= hours_max)
        };
        let Some(who) = who.filter(holds) else {
            return device.member().and_then(|paired| by_screen(paired, now)).ok_or(AppError::SignedOut);
        };
        Ok(Self {
            who,
            device_id: device.id,
            paired: device.member().map(|paired| paired.hash),
            holder: Holder::Session(session.id()),
        })
    }
}

impl OptionalFromRequestParts<App> for SignedIn {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Option<Self>, AppError> {
        match <Self as FromRequestParts<App>>::from_request_parts(parts, app).await {
            Ok(signed_in) => Ok(Some(signed_in)),
            Err(AppError::SignedOut) => Ok(None),
            Err(err) => Err(err),
        }
    }
}

/// What went wrong with a session: the database may just be away.
#[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
pub fn session_error(err: tower_sessions::session::Error) -> AppError {
    if err.to_string().contains(AWAY) {
        return AppError::Away;
    }
    tracing::error!(error = &err as &dyn std::error::Error, "a session could not be used");
    AppError::Broken
}

/// The key of a machine client, if it sent one.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

/// What the database keeps of a key.
pub fn token_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// A screen by itself: it may do at its own view what a session that is bound there may, and nothing else.
fn by_screen(paired: &Paired, now: OffsetDateTime) -> Option<SignedIn> {
    let row = &paired.row;
    let who = Who {
        location_id: row.location_id,
        staff_id: None,
        name: row.name.clone(),
        role: row.scope.role()?,
        station: row.scope.view().map(str::to_owned),
        device_id: Some(row.device_id),
        since: now,
    };
    Some(SignedIn {
        who,
        device_id: row.device_id,
        paired: Some(paired.hash),
        holder: Holder::Device(paired.hash),
    })
}

async fn by_token(app: &App, token: &str) -> Result<SignedIn, AppError> {
    let hash = token_hash(token);
    let holder = if let Some(holder) = app.tokens.get(&hash) {
        holder
    } else {
        let holder = store::tokens::holder(&app.db, hash).await?.ok_or(AppError::SignedOut)?;
        app.tokens.put(hash, holder.clone());
        holder
    };
    let who = Who {
        location_id: holder.location_id,
        staff_id: Some(holder.staff_id),
        name: holder.name,
        role: holder.role,
        station: None,
        device_id: None,
        since: app.clock.now(),
    };
    Ok(SignedIn { who, device_id: DeviceId(holder.token_id.0), paired: None, holder: Holder::Token(hash) })
}
