//! Who holds a live socket: how many there may be, by session and by location, and how far each screen has got.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use time::OffsetDateTime;
use tokio::sync::Notify;

use crate::board::core::Seq;
use crate::board::picture::View;
use crate::domain::ids::{DeviceId, LocationId};

/// The live sockets of this process. A place is given up when its guard is dropped.
#[derive(Debug, Clone, Default)]
pub struct Sockets(Arc<Mutex<Held>>);

#[derive(Debug, Default)]
struct Held {
    by_holder: HashMap<String, usize>,
    by_location: HashMap<LocationId, usize>,
    watchers: HashMap<u64, Arc<Watcher>>,
    /// Places have numbers, and never the same twice.
    numbered: u64,
}

/// A screen that watches. How far it has got is written by its own socket and read by whoever watches over the house:
/// nobody waits for anybody, and no promise is made that the numbers belong to one moment.
#[derive(Debug)]
pub struct Watcher {
    /// Whose board.
    pub location_id: LocationId,
    /// What it shows: a saved screen's query may be changed under it.
    view: Mutex<View>,
    /// Who signed in on it, or the key's name giver.
    pub who: String,
    /// The browser.
    pub device_id: DeviceId,
    /// Since when.
    pub since: OffsetDateTime,
    heard_ms: AtomicI64,
    written: AtomicI64,
    painted: AtomicI64,
    painted_ms: AtomicI64,
    /// Rung when its device has been ended.
    out: Notify,
    /// Rung when its view may be another one now.
    moved: Notify,
    /// What it has but not painted: cards of later pages.
    but: Mutex<Vec<String>>,
}

/// How far a screen has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// When it last said anything, in milliseconds since 1970.
    pub heard_ms: i64,
    /// The turn of the newest frame that was written to it, or where it attached.
    pub written: Seq,
    /// The turn it last confirmed, and when, in milliseconds since 1970. Floors and menus confirm nothing.
    pub painted: Option<(Seq, i64)>,
}

impl Watcher {
    /// A screen that has just come.
    pub fn new(
        location_id: LocationId,
        view: View,
        who: String,
        device_id: DeviceId,
        since: OffsetDateTime,
    ) -> Self {
        let heard_ms = i64::try_from(since.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX);
        Self {
            location_id,
            view: Mutex::new(view),
            who,
            device_id,
            since,
            heard_ms: AtomicI64::new(heard_ms),
            written: AtomicI64::new(0),
            painted: AtomicI64::new(0),
            painted_ms: AtomicI64::new(0),
            out: Notify::new(),
            moved: Notify::new(),
            but: Mutex::default(),
        }
    }

    /// Waits until its device has been ended.
    pub(super) async fn turned_out(&self) {
        self.out.notified().await;
    }

    /// What it shows.
    pub fn view(&self) -> View {
        self.view.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From now on it shows that.
    pub(super) fn shows(&self, view: View) {
        *self.view.lock().unwrap_or_else(PoisonError::into_inner) = view;
    }

    /// Waits until its view may be another one.
    pub(super) async fn moved(&self) {
        self.moved.notified().await;
    }

    pub(super) fn heard(&self, now_ms: i64) {
        self.heard_ms.store(now_ms, Ordering::Relaxed);
    }

    pub(super) fn written(&self, seq: Seq) {
        self.written.store(seq, Ordering::Relaxed);
    }

    /// It has painted all up to `seq`, but those; it cannot have painted what it was not sent.
    pub(super) fn painted(&self, seq: Seq, but: Vec<String>, now_ms: i64) {
        *self.but.lock().unwrap_or_else(PoisonError::into_inner) = but;
        self.painted.store(seq.min(self.written.load(Ordering::Relaxed)), Ordering::Relaxed);
        self.painted_ms.store(now_ms, Ordering::Relaxed);
    }

    /// Cards that it has and did not paint, by element id.
    pub fn but(&self) -> Vec<String> {
        self.but.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How far it has got.
    pub fn reach(&self) -> Reach {
        let painted_ms = self.painted_ms.load(Ordering::Relaxed);
        Reach {
            heard_ms: self.heard_ms.load(Ordering::Relaxed),
            written: self.written.load(Ordering::Relaxed),
            painted: (painted_ms != 0).then(|| (self.painted.load(Ordering::Relaxed), painted_ms)),
        }
    }
}

/// One counted socket.
#[derive(Debug)]
pub struct Place {
    sockets: Sockets,
    holder: String,
    number: u64,
    /// Who has it.
    pub watcher: Arc<Watcher>,
}

impl Sockets {
    /// A place for one more socket, unless the holder (a session or a key) or the location has too many.
    pub fn enter(
        &self,
        watcher: Watcher,
        holder: &str,
        holder_max: usize,
        location_max: usize,
    ) -> Option<Place> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of = |count: Option<&usize>| count.copied().unwrap_or(0);
        if of(held.by_holder.get(holder)) >= holder_max
            || of(held.by_location.get(&watcher.location_id)) >= location_max
        {
            return None;
        }
        *held.by_holder.entry(holder.to_owned()).or_default() += 1;
        *held.by_location.entry(watcher.location_id).or_default() += 1;
        held.numbered += 1;
        let (number, watcher) = (held.numbered, Arc::new(watcher));
        held.watchers.insert(number, Arc::clone(&watcher));
        Some(Place { sockets: self.clone(), holder: holder.to_owned(), number, watcher })
    }

    /// Everybody who watches, in no order.
    pub fn watchers(&self) -> Vec<Arc<Watcher>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).watchers.values().map(Arc::clone).collect()
    }

    /// Devices have been ended: their screens go now, not at their next beat.
    pub fn turn_out(&self, devices: &[DeviceId]) {
        for watcher in self.watchers().iter().filter(|watcher| devices.contains(&watcher.device_id)) {
            watcher.out.notify_one();
        }
    }

    /// The kitchens of these restaurants may be set up otherwise: saved screens look what they show now.
    pub fn look_again(&self, locations: &[LocationId]) {
        let is_saved = |watcher: &Watcher| matches!(watcher.view(), View::Saved { .. });
        for watcher in self.watchers().iter().filter(|watcher| locations.contains(&watcher.location_id)) {
            if is_saved(watcher) {
                watcher.moved.notify_one();
            }
        }
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
        let mut held = self.sockets.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Held { by_holder, by_location, watchers, .. } = &mut *held;
        less(by_holder, &self.holder);
        less(by_location, &self.watcher.location_id);
        watchers.remove(&self.number);
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

    fn somebody(here: LocationId) -> Watcher {
        Watcher::new(here, View::Items, "Inês".to_owned(), DeviceId::new(), OffsetDateTime::UNIX_EPOCH)
    }

    #[test]
    fn a_place_that_is_given_up_can_be_taken_again() {
        let (sockets, here) = (Sockets::default(), LocationId::new());
        let first = sockets.enter(somebody(here), "tablet", 1, 10);
        assert!(first.is_some());
        assert!(sockets.enter(somebody(here), "tablet", 1, 10).is_none());
        assert_eq!(sockets.watchers().len(), 1);
        drop(first);
        assert!(sockets.is_empty() && sockets.watchers().is_empty());
        assert!(sockets.enter(somebody(here), "tablet", 1, 10).is_some());
    }

    #[test]
    fn a_full_house_takes_no_more_screens() {
        let (sockets, here) = (Sockets::default(), LocationId::new());
        let _grill = sockets.enter(somebody(here), "grill", 4, 1);
        assert!(sockets.enter(somebody(here), "fry", 4, 1).is_none());
    }

    #[test]
    fn nobody_has_painted_what_was_not_sent() {
        let screen = somebody(LocationId::new());
        assert_eq!(screen.reach(), Reach { heard_ms: 0, written: 0, painted: None });
        screen.written(7);
        screen.painted(i64::MAX, Vec::new(), 1_000);
        assert_eq!(screen.reach().painted, Some((7, 1_000)));
    }
}
