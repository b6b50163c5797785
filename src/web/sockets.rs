//! How many live sockets there are, by session and by location: a limit on everything.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::ids::LocationId;

/// Counts live sockets. A place is given up when its guard is dropped.
#[derive(Debug, Clone, Default)]
pub struct Sockets(Arc<Mutex<Counts>>);

#[derive(Debug, Default)]
struct Counts {
    by_holder: HashMap<String, usize>,
    by_location: HashMap<LocationId, usize>,
}

/// One counted socket.
#[derive(Debug)]
pub struct Place {
    sockets: Sockets,
    holder: String,
    location_id: LocationId,
}

impl Sockets {
    /// A place for one more socket, unless the holder (a session or a key) or the location has too many.
    pub fn enter(
        &self,
        holder: &str,
        location_id: LocationId,
        holder_max: usize,
        location_max: usize,
    ) -> Option<Place> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of = |count: Option<&usize>| count.copied().unwrap_or(0);
        if of(counts.by_holder.get(holder)) >= holder_max
            || of(counts.by_location.get(&location_id)) >= location_max
        {
            return None;
        }
        *counts.by_holder.entry(holder.to_owned()).or_default() += 1;
        *counts.by_location.entry(location_id).or_default() += 1;
        Some(Place { sockets: self.clone(), holder: holder.to_owned(), location_id })
    }

    /// All of them.
    pub fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).by_location.values().sum()
    }

    /// Whether nobody is connected.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.sockets.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Counts { by_holder, by_location } = &mut *counts;
        less(by_holder, &self.holder);
        less(by_location, &self.location_id);
    }
}

fn less<K: Hash + Eq>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_is_given_up_can_be_taken_again() {
        let (sockets, here) = (Sockets::default(), LocationId::new());
        let first = sockets.enter("tablet", here, 1, 10);
        assert!(first.is_some());
        assert!(sockets.enter("tablet", here, 1, 10).is_none());
        drop(first);
        assert!(sockets.is_empty());
        assert!(sockets.enter("tablet", here, 1, 10).is_some());
    }

    #[test]
    fn a_full_house_takes_no_more_screens() {
        let (sockets, here) = (Sockets::default(), LocationId::new());
        let _grill = sockets.enter("grill", here, 4, 1);
        assert!(sockets.enter("fry", here, 4, 1).is_none());
    }
}
