//! What only time can do: the poll behind the bell, receipts in batches, the day's roll, sessions that have ended.
//!
//! The writing chores go through the same door as every command: turn, work, commit, ring. Any number of processes
//! may run them: who comes second finds nothing to do.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::config::FailPoint;
use crate::disk::Room;
use crate::domain::unseen::ALARM_AFTER;
use crate::metrics::seconds;
use crate::store::{self, StoreError};
use crate::web::command::{self, Done, command};
use crate::web::courses;
use crate::web::report;
use crate::web::state::App;

/// How often heads are asked for: the most that a lost ring delays anybody.
const POLL_EVERY: Duration = Duration::from_millis(250);
/// How long receipts are gathered before they take a turn.
const RECEIPTS_EVERY: Duration = Duration::from_millis(400);
/// How many restaurants' receipts are written at once: each has its turn as long as all of them take.
const HOUSES_A_COMMIT: usize = 32;
/// How often it is asked whether a day is over.
const DAY_EVERY: Duration = Duration::from_secs(1);
/// How often it is asked whether a ticket stands somewhere that no screen has shown.
const UNSEEN_EVERY: Duration = Duration::from_secs(1);
/// How often it is asked whether a ticket has become late.
const LATE_EVERY: Duration = Duration::from_secs(1);
/// How often it is asked whether a held course is due by its house's rule.
const COURSES_EVERY: Duration = Duration::from_secs(1);
/// How often it is measured how long a connection of the pool is waited for.
const POOL_EVERY: Duration = Duration::from_secs(1);
/// How often processes add up what they were asked for.
const SHARE_EVERY: Duration = Duration::from_secs(1);
/// How often a process tells the others how it stands.
const REPORT_EVERY: Duration = Duration::from_secs(5);
/// Restaurants whose screens are told of in one statement.
const HOUSES_A_REPORT: usize = 16;
/// Devices that were ended so lately are looked for among our screens, whenever a house's people moved.
const REVOKED_SINCE: Duration = Duration::from_mins(10);
/// How often what nobody uses any more is forgotten.
const SWEEP_EVERY: Duration = Duration::from_mins(1);

/// How often it is looked how much room is left, and when the last good dump was made.
const PROVISIONS_EVERY: Duration = Duration::from_secs(20);

/// Starts every chore. They end when the set is dropped.
pub fn start(app: &App) -> JoinSet<()> {
    let mut chores = JoinSet::new();
    chores.spawn(every(POLL_EVERY, app.clone(), poll));
    chores.spawn(every(RECEIPTS_EVERY, app.clone(), receive));
    chores.spawn(every(DAY_EVERY, app.clone(), roll));
    chores.spawn(every(UNSEEN_EVERY, app.clone(), alarm));
    chores.spawn(every(LATE_EVERY, app.clone(), late));
    chores.spawn(every(COURSES_EVERY, app.clone(), next_courses));
    chores.spawn(every(POOL_EVERY, app.clone(), queue));
    chores.spawn(every(SHARE_EVERY, app.clone(), share));
    chores.spawn(every(REPORT_EVERY, app.clone(), report));
    chores.spawn(every(SWEEP_EVERY, app.clone(), sweep));
    chores.spawn(every(PROVISIONS_EVERY, app.clone(), provisions));
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
    locations.extend(app.devices.locations());
    locations.sort_unstable();
    locations.dedup();
    app.bell.listen_for(boards.iter().map(|(location_id, _)| *location_id));
    if locations.is_empty() || app.settings.fail_point == Some(FailPoint::NoPoll) {
        return Ok(());
    }
    let heads = store::boards::heads(&app.db, &locations).await?;
    let (mut moved, mut set_up) = (Vec::new(), Vec::new());
    for head in &heads {
        if app.houses.heard(head.location_id, head.menu_version) {
            set_up.push(head.location_id);
        }
        app.sessions.heard(head.location_id, head.people_version);
        app.tokens.heard(head.location_id, head.people_version);
        if app.devices.heard(head.location_id, head.people_version) {
            moved.push(head.location_id);
        }
    }
    if app.hub.polled(&heads, &boards, asked_ms) {
        app.bell.was_beaten();
    }
    if !set_up.is_empty() {
        let app = app.clone();
        tokio::spawn(async move {
            // Read once, before every screen asks for it. Where that fails, each finds out by itself.
            for location_id in &set_up {
                let _ = app.house(*location_id).await;
            }
            app.sockets.look_again(&set_up);
        });
    }
    if !moved.is_empty() {
        let revoked = store::devices::revoked(&app.db, &moved, app.clock.now() - REVOKED_SINCE).await?;
        app.sockets.turn_out(&revoked);
    }
    Ok(())
}

/// Writes what screens have confirmed since the last time.
async fn receive(app: App) -> Result<(), StoreError> {
    let mut receipts = app.hub.take_receipts();
    receipts.sort_unstable_by_key(|(location_id, _)| *location_id);
    let houses: Vec<_> = receipts.chunk_by(|one, other| one.0 == other.0).collect();
    for few in houses.chunks(HOUSES_A_COMMIT) {
        let batch = few.concat();
        match command::receive(&app, batch.clone()).await {
            Ok(busy) if busy.is_empty() => {}
            Ok(busy) => {
                app.hub
                    .keep_receipts(batch.into_iter().filter(|(location_id, _)| busy.contains(location_id)));
            }
            Err(_) => app.hub.keep_receipts(batch), // said in the door already
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

/// Writes down which tickets have become late, and tells the floor.
async fn late(app: App) -> Result<(), StoreError> {
    for location_id in store::ages::due(&app.db, app.clock.now()).await? {
        let now = app.clock.now();
        // Said by the door if it fails: those that are left are asked for again in a second.
        let _told = command(&app, location_id, move |turn| {
            Box::pin(async move {
                let late = store::ages::tell(turn, now).await?;
                let done = if late == 0 { Done::Already } else { Done::Changed };
                Ok::<_, StoreError>(done(late))
            })
        })
        .await;
    }
    Ok(())
}

/// Fires the courses whose time has come by their house's rule.
async fn next_courses(app: App) -> Result<(), StoreError> {
    for (location_id, fire_id) in store::courses::due(&app.db, app.clock.now()).await? {
        if let Ok(true) = courses::fire_due(&app, location_id, fire_id).await {
            tracing::info!(location = %location_id, fire = %fire_id, "the next course was fired by the house's rule");
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

/// Tells the other processes how this one stands, and which screens it has: of a few restaurants at a time, so that a
/// thousand of them make nobody wait.
async fn report(app: App) -> Result<(), StoreError> {
    let (clock_off_ms, _) = report::clock_off(&app).await?;
    app.metrics.clock_is_off(clock_off_ms);
    let watched: Vec<_> = report::watched(&app).into_iter().collect();
    let locations: Vec<_> = watched.iter().map(|(location_id, _)| *location_id).collect();
    store::processes::tell(&app.db, &report::process(&app, clock_off_ms), &locations).await?;
    let groups = watched.chunks(HOUSES_A_REPORT);
    let pause = REPORT_EVERY / 2 / u32::try_from(groups.len()).unwrap_or(u32::MAX).max(1);
    for few in groups {
        let screens = few.iter().map(|(here, watchers)| (*here, report::screens(&app, watchers)));
        store::processes::tell_screens(&app.db, app.process.process_id, &screens.collect::<Vec<_>>()).await?;
        sleep(pause).await;
    }
    Ok(())
}

/// Looks what there is for bad days: room on the disks, and a dump.
async fn provisions(app: App) -> Result<(), StoreError> {
    let before = app.disks.room();
    app.disks.look();
    if let (Room::Low | Room::NoDumps, Some(free)) = (app.disks.room(), app.disks.free())
        && before != app.disks.room()
    {
        tracing::warn!(free_mb = free / 1_000_000, "the disk is nearly full: managers are told");
    }
    app.metrics.disk_has(app.disks.free());
    if let Some(backup) = store::backups::last(&app.db).await? {
        app.metrics.backed_up(backup.taken_at.unix_timestamp());
    }
    Ok(())
}

async fn sweep(app: App) -> Result<(), StoreError> {
    app.hub.tick();
    store::sessions::sweep(&app.db, app.clock.now()).await?;
    store::devices::saw(&app.db, &app.devices.take_seen()).await?;
    store::devices::sweep(&app.db, app.clock.now()).await?;
    Ok(())
}
