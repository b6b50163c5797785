//! Sessions over PostgreSQL, kept in the process until the location's `people_version` moves: no query on the hot
//! path, and a sign-out or a new PIN holds in every process within a second.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use sqlx::PgPool;
use time::OffsetDateTime;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result, SessionStore};

use super::auth::{SESSION_KEY, Who};
use crate::clock::Clock;
use crate::domain::ids::LocationId;
use crate::store::sessions::SessionRow;
use crate::store::{self, StoreError};

/// Sessions in memory, at most; beyond it they are read again.
const CACHED_MAX: usize = 20_000;

/// Sessions this process has read, and how the people of each location stand.
#[derive(Debug, Clone, Default)]
pub struct SessionCache(Arc<Mutex<Cached>>);

#[derive(Debug, Default)]
struct Cached {
    records: HashMap<Id, Entry>,
    people: HashMap<LocationId, i64>,
}

#[derive(Debug)]
struct Entry {
    record: Record,
    location_id: LocationId,
    people_version: i64,
}

impl SessionCache {
    fn lock(&self) -> MutexGuard<'_, Cached> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The people of a location stand at `people_version`: sessions read before are read again.
    pub fn heard(&self, location_id: LocationId, people_version: i64) {
        let mut cached = self.lock();
        if cached.people.insert(location_id, people_version) != Some(people_version) {
            cached.records.retain(|_, entry| {
                entry.location_id != location_id || entry.people_version >= people_version
            });
        }
    }

    /// Locations with sessions here: the poll asks about them too.
    pub fn locations(&self) -> Vec<LocationId> {
        let cached = self.lock();
        let mut locations: Vec<_> = cached.records.values().map(|entry| entry.location_id).collect();
        locations.sort_unstable();
        locations.dedup();
        locations
    }

    fn get(&self, id: Id, now: OffsetDateTime) -> Option<Record> {
        let mut cached = self.lock();
        let entry = cached.records.get(&id)?;
        if entry.record.expiry_date <= now {
            cached.records.remove(&id);
            return None;
        }
        Some(entry.record.clone())
    }

    fn put(&self, record: Record, location_id: LocationId, people_version: i64) {
        let mut cached = self.lock();
        if cached.records.len() >= CACHED_MAX {
            cached.records.clear();
        }
        if cached.people.get(&location_id).is_none_or(|known| *known <= people_version) {
            cached.records.insert(record.id, Entry { record, location_id, people_version });
        }
    }

    /// When a session ends, as it was last read.
    pub fn ends_at(&self, id: Id) -> Option<OffsetDateTime> {
        self.lock().records.get(&id).map(|entry| entry.record.expiry_date)
    }

    /// A session is read again when next asked for.
    pub fn forget(&self, id: Id) {
        self.lock().records.remove(&id);
    }

    /// Whether a session still holds, without a query when it is known.
    pub fn holds(&self, id: Id, now: OffsetDateTime) -> bool {
        self.get(id, now).is_some()
    }
}

/// tower-sessions' store of ours.
#[derive(Debug, Clone)]
pub struct Sessions {
    db: PgPool,
    cache: SessionCache,
    clock: Clock,
}

impl Sessions {
    /// Sessions of that database.
    pub fn new(db: PgPool, cache: SessionCache, clock: Clock) -> Self {
        Self { db, cache, clock }
    }
}

#[async_trait]
impl SessionStore for Sessions {
    /// A new id never overwrites another session: it is drawn again.
    async fn create(&self, record: &mut Record) -> Result<()> {
        for _ in 0..8 {
            if store::sessions::create(&self.db, &row_of(record)?).await.map_err(backend)? {
                return Ok(());
            }
            record.id = Id::default();
        }
        Err(Error::Backend("eight new session ids were taken".to_owned()))
    }

    async fn save(&self, record: &Record) -> Result<()> {
        store::sessions::save(&self.db, &row_of(record)?).await.map_err(backend)?;
        self.cache.forget(record.id);
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        if let Some(record) = self.cache.get(*id, self.clock.now()) {
            return Ok(Some(record));
        }
        let loaded = store::sessions::load(&self.db, &id.to_string(), self.clock.now()).await;
        let Some((row, people_version)) = loaded.map_err(backend)? else {
            return Ok(None);
        };
        let data = rmp_serde::from_slice(&row.data).map_err(|err| Error::Decode(err.to_string()))?;
        let record = Record { id: *id, data, expiry_date: row.expires_at };
        if let Some((location_id, people_version)) = row.location_id.zip(people_version) {
            self.cache.put(record.clone(), location_id, people_version);
        }
        Ok(Some(record))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.cache.forget(*id);
        store::sessions::delete(&self.db, &id.to_string()).await.map_err(backend)
    }
}

fn row_of(record: &Record) -> Result<SessionRow> {
    let who: Option<Who> =
        record.data.get(SESSION_KEY).and_then(|value| serde_json::from_value(value.clone()).ok());
    Ok(SessionRow {
        session_id: record.id.to_string(),
        location_id: who.as_ref().map(|who| who.location_id),
        staff_id: who.as_ref().and_then(|who| who.staff_id),
        device_id: who.as_ref().and_then(|who| who.device_id),
        data: rmp_serde::to_vec_named(&record.data).map_err(|err| Error::Encode(err.to_string()))?,
        expires_at: record.expiry_date,
    })
}

fn backend(err: StoreError) -> Error {
    match err {
        StoreError::Away(_) => Error::Backend(AWAY.to_owned()),
        StoreError::Broken(source) => Error::Backend(format!("{source}")),
        StoreError::NotFound => Error::Backend("not found".to_owned()),
    }
}

/// What an error of this store says when the database is away: 503, not 500.
pub const AWAY: &str = "the database is away";
