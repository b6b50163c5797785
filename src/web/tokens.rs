//! Keys of machine clients, kept in the process until the location's people move.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::ids::LocationId;
use crate::store::tokens::TokenHolder;

/// Keys in memory, at most; beyond it they are read again.
const CACHED_MAX: usize = 10_000;

/// Keys this process has read.
#[derive(Debug, Default)]
pub struct TokenCache(Mutex<Cached>);

#[derive(Debug, Default)]
struct Cached {
    holders: HashMap<[u8; 32], TokenHolder>,
    people: HashMap<LocationId, i64>,
}

impl TokenCache {
    fn lock(&self) -> MutexGuard<'_, Cached> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The people of a location stand at `people_version`: its keys are read again.
    pub fn heard(&self, location_id: LocationId, people_version: i64) {
        let mut cached = self.lock();
        if cached.people.insert(location_id, people_version) != Some(people_version) {
            cached.holders.retain(|_, holder| {
                holder.location_id != location_id || holder.people_version >= people_version
            });
        }
    }

    /// Locations with keys here: the poll asks about them too.
    pub fn locations(&self) -> Vec<LocationId> {
        let mut locations: Vec<_> = self.lock().holders.values().map(|holder| holder.location_id).collect();
        locations.sort_unstable();
        locations.dedup();
        locations
    }

    /// Whom a key speaks for, if it is known.
    pub fn get(&self, hash: &[u8; 32]) -> Option<TokenHolder> {
        self.lock().holders.get(hash).cloned()
    }

    /// Keeps what was read, unless people moved since.
    pub fn put(&self, hash: [u8; 32], holder: TokenHolder) {
        let mut cached = self.lock();
        if cached.holders.len() >= CACHED_MAX {
            cached.holders.clear();
        }
        if cached.people.get(&holder.location_id).is_none_or(|known| *known <= holder.people_version) {
            cached.holders.insert(hash, holder);
        }
    }
}
