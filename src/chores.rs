//! What only time can do: the poll behind the bell, receipts in batches, the day's roll, sessions that have ended.
//!
//! The writing chores go through the same door as every command: turn, work, commit, ring. Any number of processes
//! may run them: who comes second finds nothing to do.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use crate::config::FailPoint;
use crate::domain::unseen::ALARM_AFTER;
use crate::metrics::seconds;
use crate::store::{self, StoreError};
use crate::web::command::{Done, command};
use crate::web::report;
use crate::web::state::App;

/// How often heads are asked for: the most that a lost ring delays anybody.
const POLL_EVERY: Duration = Duration::from_millis(250);
/// How long receipts are gathered before they take a turn.
const RECEIPTS_EVERY: Duration = Duration::from_millis(400);
/// How often it is asked whether a day is over.
const DAY_EVERY: Duration = Duration::from_secs(1);
/// How often it is asked whether a ticket stands somewhere that no screen has shown.
const UNSEEN_EVERY: Duration = Duration::from_secs(1);
/// How often it is measured how long a connection of the pool is waited for.
const POOL_EVERY: Duration = Duration::from_secs(1);
/// How often processes add up what they were asked for.
const SHARE_EVERY: Duration = Duration::from_secs(1);
/// How often a process tells the others how it stands.
const REPORT_EVERY: Duration = Duration::from_secs(5);
/// How often what nobody uses any more is forgotten.
const SWEEP_EVERY: Duration = Duration::from_mins(1);

/// Starts every chore. They end when the set is dropped.
pub fn start(app: &App) -> JoinSet<()> {
    let mut chores = JoinSet::new();
    chores.spawn(every(POLL_EVERY, app.clone(), poll));
    chores.spawn(every(RECEIPTS_EVERY, app.clone(), receive));
    chores.spawn(every(DAY_EVERY, app.clone(), roll));
    chores.spawn(every(UNSEEN_EVERY, app.clone(), alarm));
    chores.spawn(every(POOL_EVERY, app.clone(), queue));
    chores.spawn(every(SHARE_EVERY, app.clone(), share));
    chores.spawn(every(REPORT_EVERY, app.clone(), report));
    chores.spawn(every(SWEEP_EVERY, app.clone(), sweep));
    chores
}

async fn every<F, Fut>(period: Duration, app: App, chore: F)
where
    F: Fn(App) -> Fut,
    Fut: Future<Output = Result<(), StoreError>>,
{
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut failing = false;
    loop {
        ticks.tick().await;
        match chore(app.clone()).await {
            Ok(()) => failing = false,
            // Said once, not four times a second: whoever waits for an answer is told in their own request.
            Err(err) if !failing => {
                failing = true;
                tracing::warn!(error = &err as &dyn std::error::Error, "a chore failed; it is tried again");
            }
            Err(_) => {}
        }
    }
}

/// One question about every location with screens, sessions or keys here: where its board, menu and people stand.
async fn poll(app: App) -> Result<(), StoreError> {
    let (boards, asked_ms) = (app.hub.asked(), app.hub.watch_ms());
    let mut locations: Vec<_> = boards.iter().map(|(location_id, _)| *location_id).collect();
    locations.extend(app.sessions.locations());
    locations.extend(app.tokens.locations());
    locations.sort_unstable();
    locations.dedup();
    app.bell.listen_for(boards.iter().map(|(location_id, _)| *location_id));
    if locations.is_empty() || app.settings.fail_point == Some(FailPoint::NoPoll) {
        return Ok(());
    }
    let heads = store::boards::heads(&app.db, &locations).await?;
    for head in &heads {
        app.houses.heard(head.location_id, head.menu_version);
        app.sessions.heard(head.location_id, head.people_version);
        app.tokens.heard(head.location_id, head.people_version);
    }
    if app.hub.polled(&heads, &boards, asked_ms) {
        app.bell.was_beaten();
    }
    Ok(())
}

/// Writes what screens have confirmed since the last time.
async fn receive(app: App) -> Result<(), StoreError> {
    for (location_id, receipts) in app.hub.take_receipts() {
        let batch = receipts.clone();
        let written = command(&app, location_id, move |turn| {
            Box::pin(async move {
                let step = store::boards::receive(turn, &batch).await?;
                Ok::<_, StoreError>(Done::by(step, ()))
            })
        })
        .await;
        if written.is_err() {
            app.hub.keep_receipts(location_id, receipts); // said in the door already
        }
    }
    Ok(())
}

/// Begins the new business day where the old one is over.
async fn roll(app: App) -> Result<(), StoreError> {
    for location_id in store::days::due(&app.db, app.clock.now()).await? {
        let now = app.clock.now();
        let rolled = command(&app, location_id, move |turn| {
            Box::pin(async move {
                let step = store::days::roll(turn, now).await?;
                Ok::<_, StoreError>(Done::by(step, step))
            })
        })
        .await;
        if rolled.is_ok() {
            tracing::info!(location = %location_id, "a new business day began");
        }
    }
    Ok(())
}

/// Tells the floor of tickets that no screen has shown in time.
async fn alarm(app: App) -> Result<(), StoreError> {
    for location_id in store::unseen::due(&app.db, app.clock.now() - ALARM_AFTER).await? {
        let now = app.clock.now();
        let alarmed = command(&app, location_id, move |turn| {
            Box::pin(async move {
                let alarmed = store::unseen::alarm(turn, now - ALARM_AFTER, now).await?;
                let done = if alarmed == 0 { Done::Already } else { Done::Changed };
                Ok::<_, StoreError>(done(alarmed))
            })
        })
        .await;
        if let Ok(alarmed @ 1..) = alarmed {
            app.metrics.alarms.inc_by(alarmed.unsigned_abs());
            tracing::warn!(location = %location_id, tickets = alarmed, "no screen shows them: the floor is told");
        }
    }
    Ok(())
}

/// Waits for a connection as a command would, and says how long that took.
async fn queue(app: App) -> Result<(), StoreError> {
    let asked_us = app.hub.watch_us();
    let line = app.db.acquire().await;
    app.metrics.pool_acquire.observe(seconds(app.hub.watch_us().saturating_sub(asked_us)));
    drop(line?);
    Ok(())
}

async fn share(app: App) -> Result<(), StoreError> {
    app.limits.share(app.clock.now()).await;
    Ok(())
}

/// Tells the other processes how this one stands, and which screens it has.
async fn report(app: App) -> Result<(), StoreError> {
    let (clock_off_ms, _) = report::clock_off(&app).await?;
    let screens: Vec<_> = report::screens(&app).into_iter().collect();
    store::processes::tell(&app.db, &report::process(&app, clock_off_ms), &screens).await
}

async fn sweep(app: App) -> Result<(), StoreError> {
    app.hub.tick();
    store::sessions::sweep(&app.db, app.clock.now()).await?;
    Ok(())
}
