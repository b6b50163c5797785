//! How this process stands, for the other processes and for the manager's page.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;
use tokio::time::Instant;

use super::assets::BUILD;
use super::health::bell_word;
use super::sockets::Watcher;
use super::state::App;
use crate::board::core::Seq;
use crate::domain::ids::LocationId;
use crate::domain::watch::{Painted, ProcessReport, ScreenReport};
use crate::store::{self, StoreError};
use crate::this_process::{host, memory_bytes};

/// Screens of one restaurant that a process tells of, at most; the setting for sockets a restaurant may be higher.
const SCREENS_TOLD_MAX: usize = 500;

/// How this process stands. Its clock was found so far ahead of the database's.
pub fn process(app: &App, clock_off_ms: i64) -> ProcessReport {
    ProcessReport {
        process_id: app.process.process_id,
        build: BUILD.to_owned(),
        host: host(),
        pid: i32::try_from(std::process::id()).unwrap_or(0),
        started_at: app.process.started_at,
        memory_bytes: i64::try_from(memory_bytes()).unwrap_or(i64::MAX),
        sockets: i32::try_from(app.sockets.len()).unwrap_or(i32::MAX),
        bell: bell_word(app.bell.state()).to_owned(),
        clock_off_ms,
    }
}

/// Who watches here by restaurant, those longest here first.
pub fn watched(app: &App) -> BTreeMap<LocationId, Vec<Arc<Watcher>>> {
    let mut watchers = app.sockets.watchers();
    watchers.sort_by_key(|watcher| watcher.since);
    let mut watched: BTreeMap<LocationId, Vec<Arc<Watcher>>> = BTreeMap::new();
    for watcher in watchers {
        let here = watched.entry(watcher.location_id).or_default();
        if here.len() < SCREENS_TOLD_MAX {
            here.push(watcher);
        }
    }
    watched
}

/// How the screens of a restaurant stand.
pub fn screens(app: &App, watchers: &[Arc<Watcher>]) -> Vec<ScreenReport> {
    watchers.iter().map(|watcher| screen(app, watcher)).collect()
}

/// One screen, as it stands.
fn screen(app: &App, watcher: &Watcher) -> ScreenReport {
    let (here, view, reach) = (watcher.location_id, &watcher.view(), watcher.reach());
    let but = watcher.but();
    let newest = |upto: Seq| app.hub.newest_card(here, view, upto, &but).map(|header| header.words());
    let has = match reach.painted {
        Some((seq, _)) if view.confirms() => seq,
        _ => reach.written,
    };
    ScreenReport {
        view: view.screen().to_owned(),
        who: watcher.who.clone(),
        device_id: watcher.device_id,
        since: watcher.since,
        heard_at: moment(reach.heard_ms),
        painted: reach.painted.filter(|_| view.confirms()).map(|(seq, at_ms)| Painted {
            seq,
            at: moment(at_ms),
            newest: newest(seq),
            elsewhere: but.len(),
        }),
        behind: app.hub.last_of(here, view).map_or(0, |last| (last - has).max(0)),
    }
}

fn moment(ms: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// How far our clock is ahead of the database's, in milliseconds, and how long the database took to say so. Half of
/// that time is what the difference may be wrong by.
pub async fn clock_off(app: &App) -> Result<(i64, Duration), StoreError> {
    let (asked, asked_at) = (app.clock.now(), Instant::now());
    let theirs = store::processes::clock(&app.db).await?;
    let took = asked_at.elapsed();
    let off = asked + took / 2 - theirs;
    Ok((i64::try_from(off.whole_milliseconds()).unwrap_or(i64::MAX), took))
}
