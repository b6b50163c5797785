//! Which browser asks: a device that was paired with a restaurant, or anybody's. A paired one carries a long random
//! secret of which only the hash is kept; any other is known by a cookie that says nothing but "the same as before".

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use uuid::Uuid;

use super::error::{AppError, Here};
use super::state::App;
use crate::domain::ids::{DeviceId, LocationId};
use crate::store::devices::Device as Row;
use crate::store::{self, StoreError};

/// Devices in memory, at most; beyond it they are read again.
const CACHED_MAX: usize = 20_000;
const YEAR_S: u32 = 365 * 24 * 60 * 60;

/// The device of a request.
#[derive(Debug, Clone)]
pub struct Device {
    /// Its id.
    pub id: DeviceId,
    /// What it was paired as, if it was.
    pub paired: Option<Paired>,
}

/// A browser with a device's cookie. Somebody may have ended it since.
#[derive(Debug, Clone)]
pub struct Paired {
    /// What the database keeps of its cookie.
    pub hash: [u8; 32],
    /// What it was paired as.
    pub row: Arc<Row>,
}

impl Device {
    /// What it is paired as, if it still is.
    pub fn member(&self) -> Option<&Paired> {
        self.paired.as_ref().filter(|paired| !paired.row.revoked)
    }

    /// Whether somebody has ended it.
    pub fn is_revoked(&self) -> bool {
        self.paired.as_ref().is_some_and(|paired| paired.row.revoked)
    }
}

/// The name of the cookie of any browser: `__Host-` wherever the browser honours it, so that no neighbour can plant one.
pub fn cookie_name(insecure_http: bool) -> &'static str {
    if insecure_http { "comanda_device" } else { "__Host-comanda_device" }
}

/// The name of a paired device's cookie; likewise.
fn paired_name(insecure_http: bool) -> &'static str {
    if insecure_http { "comanda_paired" } else { "__Host-comanda_paired" }
}

/// Finds out which device asks, for every handler.
pub async fn identify(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let insecure = app.settings.insecure_http;
    let secret = cookie(request.headers(), paired_name(insecure)).map(str::to_owned);
    let paired = match &secret {
        Some(secret) => app.device(secret_hash(secret)).await,
        None => Ok(None),
    };
    let paired = match paired {
        Ok(paired) => paired,
        Err(err) => return AppError::from(err).into_response(),
    };
    let known = cookie(request.headers(), cookie_name(insecure)).and_then(|value| value.parse::<Uuid>().ok());
    let id = paired.as_ref().map(|paired| paired.row.device_id);
    let device = Device { id: id.or(known.map(DeviceId)).unwrap_or_else(DeviceId::new), paired };
    let (is_new, id) = (known.is_none() && device.paired.is_none(), device.id);
    let here = device.member().map(|paired| Here(paired.row.location_id));
    // A browser forgets a cookie after a year or so: whoever opens a page keeps it.
    let keeps =
        secret.filter(|_| here.is_some() && *request.method() == Method::GET && opens(request.headers()));
    if let Some(paired) = device.member() {
        app.devices.saw(&paired.row, app.clock.now());
    }
    request.extensions_mut().insert(device);
    let mut response = next.run(request).await;
    if let Some(here) = here {
        response.extensions_mut().get_or_insert(here);
    }
    if is_new {
        set_cookie(&mut response, insecure, cookie_name(insecure), &id.to_string());
    }
    if let Some(secret) = keeps {
        give(&mut response, insecure, &secret);
    }
    response
}

/// Hands a paired device its cookie.
pub(super) fn give(response: &mut Response, insecure: bool, secret: &str) {
    set_cookie(response, insecure, paired_name(insecure), secret);
}

fn set_cookie(response: &mut Response, insecure: bool, name: &str, value: &str) {
    let secure = if insecure { "" } else { "; Secure" };
    let cookie = format!("{name}={value}; Path=/; Max-Age={YEAR_S}; HttpOnly; SameSite=Strict{secure}");
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

/// What the database keeps of a device's cookie.
pub(super) fn secret_hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// Whether somebody opens a page, as far as the browser says.
fn opens(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-mode").is_some_and(|mode| mode == "navigate")
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}

/// Paired devices this process has read, each until its location's people move; and when each was last heard of.
#[derive(Debug, Default)]
pub struct Devices(Mutex<Cached>);

#[derive(Debug, Default)]
struct Cached {
    rows: HashMap<[u8; 32], (Arc<Row>, i64)>,
    people: HashMap<LocationId, i64>,
    seen: HashMap<DeviceId, (LocationId, OffsetDateTime)>,
}

impl Devices {
    fn lock(&self) -> MutexGuard<'_, Cached> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The people of a location stand at `people_version`: its devices are read again. Answers whether they moved.
    pub fn heard(&self, location_id: LocationId, people_version: i64) -> bool {
        let mut cached = self.lock();
        if cached.people.insert(location_id, people_version) == Some(people_version) {
            return false;
        }
        cached.rows.retain(|_, (row, read_at)| row.location_id != location_id || *read_at >= people_version);
        true
    }

    /// Locations with devices here: the poll asks about them too.
    pub fn locations(&self) -> Vec<LocationId> {
        let mut locations: Vec<_> = self.lock().rows.values().map(|(row, _)| row.location_id).collect();
        locations.sort_unstable();
        locations.dedup();
        locations
    }

    fn get(&self, hash: &[u8; 32]) -> Option<Arc<Row>> {
        self.lock().rows.get(hash).map(|(row, _)| Arc::clone(row))
    }

    fn put(&self, hash: [u8; 32], row: Arc<Row>, people_version: i64) {
        let mut cached = self.lock();
        if cached.rows.len() >= CACHED_MAX {
            cached.rows.clear();
        }
        if cached.people.get(&row.location_id).is_none_or(|known| *known <= people_version) {
            cached.rows.insert(hash, (row, people_version));
        }
    }

    /// The device gave a sign of itself. Written by a chore, once a minute for all.
    pub fn saw(&self, row: &Row, now: OffsetDateTime) {
        self.lock().seen.insert(row.device_id, (row.location_id, now));
    }

    /// Its screen beats: that is a sign as well.
    pub(super) fn heard_from(&self, hash: [u8; 32], now: OffsetDateTime) {
        if let Some(row) = self.get(&hash) {
            self.saw(&row, now);
        }
    }

    /// What was seen since the last time.
    pub fn take_seen(&self) -> Vec<(LocationId, DeviceId, OffsetDateTime)> {
        let seen = std::mem::take(&mut self.lock().seen);
        seen.into_iter().map(|(device_id, (location_id, at))| (location_id, device_id, at)).collect()
    }
}

impl App {
    /// The device with that cookie: from memory, else read again.
    pub(super) async fn device(&self, hash: [u8; 32]) -> Result<Option<Paired>, StoreError> {
        if let Some(row) = self.devices.get(&hash) {
            return Ok(Some(Paired { hash, row }));
        }
        let Some((row, people_version)) = store::devices::find(&self.db, hash).await? else {
            return Ok(None);
        };
        let row = Arc::new(row);
        self.devices.put(hash, Arc::clone(&row), people_version);
        Ok(Some(Paired { hash, row }))
    }

    /// Whether a device still belongs to its restaurant. While the database is away nobody is turned out.
    pub(super) async fn device_holds(&self, hash: [u8; 32]) -> bool {
        match self.device(hash).await {
            Ok(Some(paired)) => !paired.row.revoked,
            Ok(None) => false,
            Err(_) => true,
        }
    }
}
