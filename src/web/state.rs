//! What every handler can ask for.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sqlx::PgPool;
use tokio::sync::watch;

use super::device::Devices;
use super::limits::Limits;
use super::pins::Pins;
use super::session_store::SessionCache;
use super::setup::SetUp;
use super::sockets::Sockets;
use super::tokens::TokenCache;
use crate::board::bell::Bell;
use crate::board::hub::Hub;
use crate::clock::Clock;
use crate::config::Settings;
use crate::disk::Disks;
use crate::domain::ids::LocationId;
use crate::domain::menu::House;
use crate::lan::Lan;
use crate::metrics::Metrics;
use crate::store::{self, StoreError};
use crate::this_process::ThisProcess;

/// The program's parts; cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What [`App`] shares.
pub struct Parts {
    /// The serving pool.
    pub db: PgPool,
    /// Who is watching.
    pub hub: Hub,
    /// What tells other processes, and hears them.
    pub bell: Bell,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Who this process is among those of its database.
    pub process: ThisProcess,
    /// The only `now`.
    pub clock: Clock,
    /// Every setting.
    pub settings: Settings,
    /// Whether there is any restaurant.
    pub set_up: SetUp,
    /// Houses read so far.
    pub houses: Houses,
    /// Sessions read so far.
    pub sessions: SessionCache,
    /// Paired devices read so far.
    pub devices: Devices,
    /// Keys read so far.
    pub tokens: TokenCache,
    /// PINs and what proves them.
    pub pins: Pins,
    /// The house's own network, if it serves one.
    pub lan: Option<Arc<Lan>>,
    /// How much room is left.
    pub disks: Disks,
    /// Requests of this minute, counted.
    pub limits: Limits,
    /// Live sockets, counted.
    pub sockets: Sockets,
    /// How far the program is on its way out.
    pub phase: watch::Receiver<Phase>,
}

/// From open to gone; only forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// It serves.
    Open,
    /// No new lines: another process has the address, and screens change over to it one by one.
    Draining,
    /// Whoever is still here is told to come back.
    Closing,
}

impl Phase {
    /// Waits until the program is as far as that.
    pub async fn reached(self, mut phase: watch::Receiver<Self>) {
        let _ = phase.wait_for(|phase| *phase >= self).await; // an error is an end as well
    }
}

impl App {
    /// Puts the parts together.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// The house of that location, as of the newest menu this process has heard of.
    pub async fn house(&self, location_id: LocationId) -> Result<Arc<House>, StoreError> {
        if let Some(house) = self.houses.get(location_id) {
            return Ok(house);
        }
        let house = Arc::new(store::menu::house(&self.db, location_id).await?);
        self.houses.put(Arc::clone(&house));
        Ok(house)
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("process", &self.process.process_id).finish_non_exhaustive()
    }
}

/// Houses in memory, each until its menu moves.
#[derive(Debug, Default)]
pub struct Houses(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    houses: HashMap<LocationId, Arc<House>>,
    /// Where each menu stood when the poll heard of it last.
    heard: HashMap<LocationId, i64>,
}

impl Houses {
    fn get(&self, location_id: LocationId) -> Option<Arc<House>> {
        self.lock().houses.get(&location_id).map(Arc::clone)
    }

    fn put(&self, house: Arc<House>) {
        let houses = &mut self.lock().houses;
        let older = houses.get(&house.location_id).is_none_or(|held| held.menu_version <= house.menu_version);
        if older {
            houses.insert(house.location_id, house);
        }
    }

    /// The menu of a location stands at `menu_version`: an older house is read again when next asked for. Answers whether
    /// it moved since the last time.
    pub fn heard(&self, location_id: LocationId, menu_version: i64) -> bool {
        let known = &mut *self.lock();
        let is_stale = known.houses.get(&location_id).is_some_and(|held| held.menu_version != menu_version);
        if is_stale {
            known.houses.remove(&location_id);
        }
        known.heard.insert(location_id, menu_version) != Some(menu_version) || is_stale
    }

    /// Whether this is still the newest house we know of.
    pub fn is_current(&self, house: &House) -> bool {
        self.get(house.location_id).is_some_and(|held| held.menu_version == house.menu_version)
    }

    /// Somebody knows that the menu moved.
    pub fn forget(&self, location_id: LocationId) {
        self.lock().houses.remove(&location_id);
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl App {
    /// Whether a session still holds: from memory, else read again. While the database is away nobody is signed out.
    pub async fn session_holds(&self, id: tower_sessions::session::Id) -> bool {
        use tower_sessions::SessionStore as _;
        if self.sessions.holds(id, self.clock.now()) {
            return true;
        }
        let store =
            super::session_store::Sessions::new(self.db.clone(), self.sessions.clone(), self.clock.clone());
        !matches!(store.load(&id).await, Ok(None))
    }

    /// Whether a machine's key still works; likewise.
    pub async fn token_holds(&self, hash: &[u8; 32]) -> bool {
        if self.tokens.get(hash).is_some() {
            return true;
        }
        match store::tokens::holder(&self.db, *hash).await {
            Ok(Some(holder)) => {
                self.tokens.put(*hash, holder);
                true
            }
            Ok(None) => false,
            Err(_) => true,
        }
    }

    /// Moves the end of a station's session: its screen beats.
    pub async fn prolong_station(&self, id: tower_sessions::session::Id) {
        let expires_at = self.clock.now() + super::sign_in::STATION_SESSION;
        if let Err(err) = store::sessions::prolong(&self.db, &id.to_string(), expires_at).await {
            tracing::warn!(error = &err as &dyn std::error::Error, "a station's session was not prolonged");
        }
        self.sessions.forget(id);
    }
}
