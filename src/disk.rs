//! How much room is left on the disks that the house lives on, and what is given up first where there is little: dumps,
//! never an order.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// Below this managers are told.
pub const LOW_BELOW: u64 = 2_000_000_000;
/// Below this no dump is made: what is left is for orders.
pub const DUMPS_STOP_BELOW: u64 = 500_000_000;

/// What a number of free bytes means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// Nothing to say.
    Enough,
    /// Somebody should make room.
    Low,
    /// And no dump is made any more.
    NoDumps,
}

impl Room {
    /// What so many free bytes mean, under these limits.
    pub fn of(free: u64, low_below: u64, dumps_stop_below: u64) -> Self {
        match free {
            free if free < dumps_stop_below => Self::NoDumps,
            free if free < low_below => Self::Low,
            _ => Self::Enough,
        }
    }
}

/// Bytes that are free for us on the disk under a path.
pub fn free_bytes(path: &Path) -> io::Result<u64> {
    let disk = rustix::fs::statvfs(path)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// The folders that are watched, and what was free under the fullest of them when somebody last looked.
#[derive(Debug, Clone, Default)]
pub struct Disks(Arc<Watched>);

#[derive(Debug, Default)]
struct Watched {
    folders: OnceLock<Vec<PathBuf>>,
    /// Bytes and one: 0 is "nobody looked".
    free: AtomicU64,
}

impl Disks {
    /// Says which folders; once.
    pub fn watch(&self, folders: Vec<PathBuf>) {
        let _ = self.0.folders.set(folders); // the first word counts
        self.look();
    }

    /// Looks at them. A folder that cannot be asked tells nothing.
    pub fn look(&self) {
        let folders = self.0.folders.get().map(Vec::as_slice).unwrap_or_default();
        let least = folders.iter().filter_map(|folder| free_bytes(folder).ok()).min();
        self.0.free.store(least.map_or(0, |free| free.saturating_add(1)), Ordering::Relaxed);
    }

    /// What was free; none: nobody looked.
    pub fn free(&self) -> Option<u64> {
        self.0.free.load(Ordering::Relaxed).checked_sub(1)
    }

    /// What that means.
    pub fn room(&self) -> Room {
        self.free().map_or(Room::Enough, |free| Room::of(free, LOW_BELOW, DUMPS_STOP_BELOW))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_free_here_is_enough_or_low_as_the_limits_say() {
        let here = std::env::temp_dir();
        let free = free_bytes(&here).expect("a disk");
        assert!(free > 0);
        assert_eq!(Room::of(free, 0, 0), Room::Enough);
        assert_eq!(Room::of(free, free + 1, 0), Room::Low);
        assert_eq!(Room::of(free, free + 1, free + 1), Room::NoDumps);
        assert!(free_bytes(Path::new("/nowhere/at/all")).is_err());
    }

    #[test]
    fn nothing_is_said_before_anybody_looked() {
        let disks = Disks::default();
        assert_eq!((disks.free(), disks.room()), (None, Room::Enough));
        disks.watch(vec![std::env::temp_dir(), "/nowhere/at/all".into()]);
        assert!(disks.free().is_some());
    }
}
