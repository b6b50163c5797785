//! Who watches and who serves: what the processes of a house tell each other, and the manager's page shows.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::ids::{DeviceId, ProcessId};

/// A screen of this restaurant, and how far it has got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScreenReport {
    /// What it shows: "Grill", "Floor".
    pub view: String,
    /// Who signed in on it.
    pub who: String,
    /// The browser.
    pub device_id: DeviceId,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
    /// When it last said anything.
    #[serde(with = "time::serde::rfc3339")]
    pub heard_at: OffsetDateTime,
    /// What it confirmed last; a floor or a menu confirms nothing.
    pub painted: Option<Painted>,
    /// Turns that its view has and it has not: painted where it confirms, else written.
    pub behind: i64,
}

/// What a screen has confirmed to be painted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Painted {
    /// Every card up to this turn.
    pub seq: i64,
    /// When it said so.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// The newest order among them that is still on the screen: `table 3 #42`.
    pub newest: Option<String>,
    /// Cards that it has and nobody sees: they stand on a later page.
    pub elsewhere: usize,
}

/// A program that serves, as it told of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessReport {
    /// Which.
    pub process_id: ProcessId,
    /// Its build.
    pub build: String,
    /// The machine.
    pub host: String,
    /// Its number there.
    pub pid: i32,
    /// When it started.
    pub started_at: OffsetDateTime,
    /// Memory in use.
    pub memory_bytes: i64,
    /// Live sockets, of all restaurants.
    pub sockets: i32,
    /// How it hears others: off, connected, away.
    pub bell: String,
    /// How far its clock is ahead of the database's, in milliseconds.
    pub clock_off_ms: i64,
}

impl ProcessReport {
    /// A short name for a person: the machine and the number there.
    pub fn name(&self) -> String {
        format!("{} · {}", self.host, self.pid)
    }
}

/// How long Sends took to be seen, in one minute of the last hour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Minute {
    /// How many minutes ago; 0 is the present one.
    pub ago: i32,
    /// Tickets shown.
    pub tickets: i64,
    /// Half of them were on a screen within so many milliseconds of their order's arrival.
    pub p50_ms: f64,
    /// All but a hundredth were.
    pub p99_ms: f64,
}
