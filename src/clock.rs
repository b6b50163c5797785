//! The only place that asks what time it is. Everyone else is handed `now`.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use time::OffsetDateTime;

/// Where `now` comes from.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// A clock that a test sets.
    Fixed(Arc<Mutex<OffsetDateTime>>),
}

impl Clock {
    /// A clock that stands at `at` until it is set.
    pub fn fixed(at: OffsetDateTime) -> Self {
        Self::Fixed(Arc::new(Mutex::new(at)))
    }

    /// The time, in UTC, as PostgreSQL keeps it: whole microseconds.
    pub fn now(&self) -> OffsetDateTime {
        let now = match self {
            #[expect(clippy::disallowed_methods, reason = "this is the one place")]
            Self::System => OffsetDateTime::now_utc(),
            Self::Fixed(at) => *at.lock().unwrap_or_else(PoisonError::into_inner),
        };
        now.replace_nanosecond(now.nanosecond() / 1000 * 1000).unwrap_or(now)
    }

    /// Sets a fixed clock; the machine's is left alone.
    pub fn set(&self, to: OffsetDateTime) {
        if let Self::Fixed(at) = self {
            *at.lock().unwrap_or_else(PoisonError::into_inner) = to;
        }
    }

    /// Milliseconds since 1970: what frames carry.
    pub fn now_ms(&self) -> i64 {
        let ms = self.now().unix_timestamp_nanos() / 1_000_000;
        i64::try_from(ms).unwrap_or(i64::MAX)
    }
}

/// Counts milliseconds since it was started; never goes back.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts at zero.
    #[expect(clippy::new_without_default, reason = "starting a watch is an act")]
    pub fn new() -> Self {
        Self(Instant::now())
    }

    /// Milliseconds since the start.
    pub fn ms(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Microseconds since the start.
    pub fn us(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}
