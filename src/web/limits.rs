//! How much one session or key may ask for in a minute: a limit on everything, also on a script gone wild.
//!
//! Each process counts by itself and never waits. With Redis the processes add up what they counted, once a second and
//! only for who has asked for a tenth of the limit: a house that works as houses do costs Redis nothing, and while
//! Redis is away each process holds to the limit alone.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::aio::ConnectionManager;
use redis::{Client, RedisError};
use time::OffsetDateTime;
use tokio::time::timeout;

use super::auth::Holder;
use crate::board::bell;

/// Who is counted, at most, in one minute; beyond it strangers to the book are not.
const HOLDERS_MAX: usize = 100_000;
/// Who has asked for less than this part of the limit is nobody else's business.
const TOLD_FROM: u32 = 10;
/// Redis gets this long for the sums of a second.
const ANSWERS_WITHIN: Duration = Duration::from_millis(500);
/// How long Redis keeps a minute's sum, in seconds: until nobody asks for it any more.
const KEPT_S: i64 = 120;

/// Requests of this minute, by who asked.
pub struct Limits {
    a_minute: u32,
    book: Mutex<Book>,
    shared: Option<(ConnectionManager, String)>,
}

#[derive(Default)]
struct Book {
    minute: i64,
    asked: HashMap<u128, Asked>,
}

#[derive(Default, Clone, Copy)]
struct Asked {
    /// Here and, as far as was heard, elsewhere.
    all: u32,
    /// Here, since the sum was last told.
    untold: u32,
}

impl std::fmt::Debug for Limits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Limits").field("a_minute", &self.a_minute).finish_non_exhaustive()
    }
}

impl Limits {
    /// So many requests a minute each; `redis` and a prefix where processes share them.
    pub fn new(a_minute: u32, redis: Option<(&Client, &str)>) -> Self {
        let shared = redis.and_then(|(redis, prefix)| {
            let line = ConnectionManager::new_lazy_with_config(redis.clone(), bell::patient());
            let told = |err| tracing::error!(error = &err as &dyn std::error::Error, "limits are not shared");
            line.map_err(told).ok().map(|line| (line, format!("{prefix}:asked:")))
        });
        Self { a_minute, book: Mutex::default(), shared }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one request.
    ///
    /// # Errors
    /// It is one too many: how many seconds until the next minute.
    pub fn ask(&self, holder: u128, now: OffsetDateTime) -> Result<(), u32> {
        let mut book = self.book();
        book.turn_to(now);
        if book.asked.len() >= HOLDERS_MAX && !book.asked.contains_key(&holder) {
            return Ok(());
        }
        let asked = book.asked.entry(holder).or_default();
        if asked.all >= self.a_minute {
            return Err(60 - u32::from(now.second()));
        }
        asked.all += 1;
        asked.untold += 1;
        Ok(())
    }

    /// Adds up with the other processes. A chore, once a second.
    pub async fn share(&self, now: OffsetDateTime) {
        let Some((line, prefix)) = &self.shared else { return };
        let (minute, news) = self.news(now);
        if news.is_empty() {
            return;
        }
        let mut pipeline = redis::pipe();
        for (holder, untold) in &news {
            let key = format!("{prefix}{minute}:{holder:032x}");
            pipeline.cmd("INCRBY").arg(&key).arg(*untold).cmd("EXPIRE").arg(&key).arg(KEPT_S).ignore();
        }
        let sums = timeout(ANSWERS_WITHIN, pipeline.query_async(&mut line.clone())).await;
        // What Redis did not take is counted here all the same.
        let sums: Vec<u32> = sums.unwrap_or(Ok(Vec::new())).unwrap_or_else(|_: RedisError| Vec::new());
        let mut book = self.book();
        if book.minute != minute {
            return;
        }
        for ((holder, _), sum) in news.iter().zip(sums) {
            if let Some(asked) = book.asked.get_mut(holder) {
                asked.all = asked.all.max(sum.saturating_add(asked.untold));
            }
        }
    }

    /// What is to be told; from here on it counts as told.
    fn news(&self, now: OffsetDateTime) -> (i64, Vec<(u128, u32)>) {
        let (mut book, worth_telling) = (self.book(), self.a_minute / TOLD_FROM);
        book.turn_to(now);
        let minute = book.minute;
        let grown = book.asked.iter_mut().filter(|(_, asked)| asked.all >= worth_telling && asked.untold > 0);
        (minute, grown.map(|(holder, asked)| (*holder, std::mem::take(&mut asked.untold))).collect())
    }
}

impl Book {
    /// Every minute begins on an empty page.
    fn turn_to(&mut self, now: OffsetDateTime) {
        let minute = now.unix_timestamp().div_euclid(60);
        if self.minute != minute {
            *self = Self { minute, asked: HashMap::new() };
        }
    }
}

impl Holder {
    /// What requests are counted by; none for a browser whose session has no name yet.
    pub(super) fn number(&self) -> Option<u128> {
        match self {
            Self::Session(id) => id.map(|id| id.0.cast_unsigned()),
            Self::Token(hash) | Self::Device(hash) => {
                hash.first_chunk().map(|first| u128::from_be_bytes(*first))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn who_asks_too_often_waits_for_the_next_minute_and_nobody_else_does() {
        let (limits, at) = (Limits::new(3, None), datetime!(2026-11-27 19:30:48 UTC));
        for _ in 0..3 {
            assert_eq!(limits.ask(1, at), Ok(()));
        }
        assert_eq!(limits.ask(1, at), Err(12));
        assert_eq!(limits.ask(2, at), Ok(()));
        assert_eq!(limits.ask(1, at + Duration::from_secs(12)), Ok(()));
    }

    #[test]
    fn only_who_has_asked_for_a_good_part_of_the_limit_is_told_of_and_each_request_once() {
        let (limits, at) = (Limits::new(100, None), datetime!(2026-11-27 19:30:00 UTC));
        for _ in 0..9 {
            limits.ask(1, at).expect("far from it");
        }
        assert_eq!(limits.news(at).1, []);
        limits.ask(1, at).expect("far from it");
        assert_eq!(limits.news(at).1, [(1, 10)]);
        assert_eq!(limits.news(at).1, []);
        limits.ask(1, at).expect("far from it");
        assert_eq!(limits.news(at).1, [(1, 1)]);
    }
}
