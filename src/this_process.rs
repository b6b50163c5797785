//! This process, as the system sees it: since when, how much memory, how many files, how much of the processor.

use std::fs;
use std::time::Duration;

use time::OffsetDateTime;

use crate::domain::ids::ProcessId;

/// The kernel counts a process' time in hundredths of a second for everybody who asks, whatever its own clock.
const TICK_MS: u64 = 10;

/// Who this is, among the processes of a database.
#[derive(Debug, Clone, Copy)]
pub struct ThisProcess {
    /// Drawn at the start.
    pub process_id: ProcessId,
    /// When it started.
    pub started_at: OffsetDateTime,
}

/// Bytes of memory in use; 0 where the system does not say.
pub fn memory_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

/// What this machine is called; empty where the system does not say.
pub fn host() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    name.trim().chars().take(60).collect()
}

/// Open files and sockets; 0 where the system does not say.
pub fn open_files() -> usize {
    fs::read_dir("/proc/self/fd").map_or(0, |files| files.count().saturating_sub(1)) // but the list itself
}

/// Time that the processor spent on us so far.
pub fn cpu() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name stands in parentheses and may hold anything: fields are counted from behind it.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let ticks = fields.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok());
    Duration::from_millis(ticks.sum::<u64>() * TICK_MS)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_system_says_what_a_process_takes() {
        assert!((1 << 20..1 << 33).contains(&memory_bytes()), "{}", memory_bytes());
        // Other tests of this process open and close files meanwhile: only what this one holds is sure.
        let files = [(); 100].map(|()| fs::File::open("/proc/self/stat").expect("a file"));
        assert!(open_files() >= files.len(), "{}", open_files());
        let begun = std::time::Instant::now();
        while cpu() == Duration::ZERO {
            assert!(begun.elapsed() < Duration::from_secs(20), "all that work and no time spent");
        }
    }
}
