//! `GET /manage/status`: every screen, what nobody has seen, how fast cards are seen, and what it all runs on.

mod plot;

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::response::Html;
use time::OffsetDateTime;
use tokio::time::{Instant, timeout};

use super::auth::SignedIn;
use super::error::Result;
use super::frame::Frame;
use super::report;
use super::state::App;
use crate::board::bell::BellState;
use crate::disk::{DUMPS_STOP_BELOW, LOW_BELOW, Room};
use crate::domain::age::Late;
use crate::domain::backup::{Backup, STALE_AFTER};
use crate::domain::ids::LocationId;
use crate::domain::incident::Incident;
use crate::domain::staff::Action;
use crate::domain::unseen::{UnseenTicket, whom};
use crate::domain::watch::{Minute, ProcessReport, ScreenReport};
use crate::fragments::times;
use crate::store::processes::DatabaseFacts;
use crate::store::{self, StoreError};
pub use plot::Plot;

/// A page about what is slow must not be: what the database has not said by then is left out.
const ANSWERS_WITHIN: Duration = Duration::from_secs(2);
/// A screen says something every fifteen seconds at least.
const QUIET_AFTER: time::Duration = time::Duration::seconds(30);
/// Clocks further apart than that are worth a word.
const CLOCK_OFF_MAX_MS: u64 = 500;
/// What screens showed wrongly is told for so long.
const INCIDENTS_SINCE: time::Duration = time::Duration::days(7);

/// `GET /manage/status`.
#[derive(Template)]
#[template(path = "manage/status.html")]
pub struct StatusPage {
    /// What surrounds it.
    pub frame: Frame,
    /// When it was drawn.
    pub now: OffsetDateTime,
    /// Every screen of the house, with the process that holds it.
    pub screens: Vec<ScreenRow>,
    /// What the database says; none: it does not answer.
    pub database: Option<DatabaseStatus>,
    /// How much room is left, where this process knows.
    pub free: Option<u64>,
    /// Whether this process dumps its database every night.
    pub nightly: bool,
    /// How other processes are heard.
    pub bell: BellState,
    /// The programs that serve, this one first.
    pub processes: Vec<ProcessReport>,
}

/// A screen, and where its socket is.
#[derive(Debug, Clone)]
pub struct ScreenRow {
    /// How it stands.
    pub screen: ScreenReport,
    /// Which process holds it.
    pub process: String,
}

/// What only the database knows.
#[derive(Debug, Clone)]
pub struct DatabaseStatus {
    /// Version and size.
    pub facts: DatabaseFacts,
    /// The last good dump of it.
    pub backup: Option<Backup>,
    /// A question and its answer, in milliseconds.
    pub round_trip_ms: f64,
    /// Live tickets that no screen has shown.
    pub unseen: Vec<UnseenTicket>,
    /// Live tickets that are late.
    pub late: Vec<Late>,
    /// How fast Sends were seen in the last hour.
    pub hour: Option<Minute>,
    /// The same by minute, drawn.
    pub plot: Plot,
    /// Screens that showed something else than was held, in the last week.
    pub incidents: Vec<Incident>,
}

impl ScreenRow {
    /// How it stands, in one word.
    fn word(&self, now: &OffsetDateTime) -> (&'static str, &'static str) {
        if self.screen.heard_at + QUIET_AFTER < *now {
            return ("late", "Silent");
        }
        match self.screen.behind {
            0 => ("ready", "Current"),
            _ => ("warn", "Behind"),
        }
    }
}

impl StatusPage {
    /// What somebody should do something about, worst first.
    pub fn troubles(&self) -> Vec<String> {
        let mut troubles = Vec::new();
        if self.database.is_none() {
            troubles.push("The database does not answer.".to_owned());
        }
        let unseen = self.database.iter().flat_map(|database| &database.unseen);
        for ticket in unseen.filter(|ticket| ticket.alarmed) {
            troubles.push(format!(
                "No screen shows {}: go and tell {}.",
                ticket.header.words(),
                ticket.whom()
            ));
        }
        for row in &self.screens {
            if let ("late", _) = row.word(&self.now) {
                troubles.push(format!("A screen of {} says nothing any more.", row.screen.view));
            }
        }
        troubles.extend(self.provisions());
        for process in self.processes.iter().filter(|process| Self::is_off(process)) {
            let ms = process.clock_off_ms;
            troubles.push(format!("The clock of {} is {ms} ms off the database's.", process.name()));
        }
        if self.bell == BellState::Away {
            troubles.push("Redis is away: other processes are heard a quarter second late.".to_owned());
        }
        troubles
    }

    /// What is missing for a bad day: a dump, room.
    fn provisions(&self) -> Vec<String> {
        let mut missing = Vec::new();
        match self.database.as_ref().map(|database| &database.backup) {
            Some(Some(backup)) if backup.is_stale(self.now) => {
                let hours = (self.now - backup.taken_at).whole_hours();
                missing.push(format!(
                    "The last good backup is {hours} hours old: the log says why there is no newer one."
                ));
            }
            Some(None)
                if self.nightly && self.serves_since().is_some_and(|at| at + STALE_AFTER < self.now) =>
            {
                missing.push("There is no good backup: the log says why.".to_owned());
            }
            _ => {}
        }
        if let (Room::Low | Room::NoDumps, Some(free)) = (self.room(), self.free) {
            let dumps = if self.room() == Room::NoDumps { " No backup is made any more." } else { "" };
            let free = free / 1_000_000;
            missing.push(format!("The disk is nearly full: {free} MB are free.{dumps}"));
        }
        missing
    }

    fn serves_since(&self) -> Option<OffsetDateTime> {
        self.processes.first().map(|process| process.started_at)
    }

    fn room(&self) -> Room {
        self.free.map_or(Room::Enough, |free| Room::of(free, LOW_BELOW, DUMPS_STOP_BELOW))
    }

    /// How the last good dump stands, in a word.
    fn backup_word(&self) -> (&'static str, &'static str) {
        match self.database.as_ref().map(|database| &database.backup) {
            None => ("held", "Not known"),
            Some(None) if self.nightly => ("warn", "None yet"),
            Some(None) => ("held", "None known"),
            Some(Some(backup)) if backup.is_stale(self.now) => ("late", "Too old"),
            Some(Some(_)) => ("ready", "Good"),
        }
    }

    fn is_off(process: &ProcessReport) -> bool {
        CLOCK_OFF_MAX_MS < process.clock_off_ms.unsigned_abs()
    }

    /// `4.5 MB`.
    fn size(bytes: i64) -> String {
        #[expect(clippy::cast_precision_loss, reason = "it is rounded anyway")]
        let megabytes = bytes as f64 / 1e6;
        if megabytes < 1000.0 { format!("{megabytes:.1} MB") } else { format!("{:.1} GB", megabytes / 1e3) }
    }

    /// `4.5 GB`, of what is free.
    fn room_words(&self) -> Option<String> {
        self.free.map(|free| Self::size(i64::try_from(free).unwrap_or(i64::MAX)))
    }

    /// The first digits of an id: enough to tell two tablets apart.
    fn short(id: &impl ToString) -> String {
        let id = id.to_string();
        id[id.len().saturating_sub(6)..].to_owned()
    }

    fn bell_word(&self) -> (&'static str, &'static str) {
        match self.bell {
            BellState::Alone => ("held", "Off: one process needs none"),
            BellState::Up => ("ready", "Connected"),
            BellState::Away => ("late", "Away"),
        }
    }
}

/// `GET /manage/status`.
pub async fn show(manager: SignedIn, State(app): State<App>) -> Result<Html<String>> {
    manager.may(Action::Manage)?;
    let here = manager.who.location_id;
    let house = app.house(here).await?;
    let asked = timeout(ANSWERS_WITHIN, ask(&app, here)).await;
    let (database, off_ms, others) = match asked {
        Ok(Ok((database, off_ms, others))) => (Some(database), off_ms, others),
        Ok(Err(StoreError::Away(_))) | Err(_) => (None, 0, Vec::new()),
        Ok(Err(err)) => return Err(err.into()),
    };
    let ours = report::process(&app, off_ms);
    let mut screens: Vec<ScreenRow> = Vec::new();
    let mut add = |process: &ProcessReport, held: Vec<ScreenReport>| {
        screens.extend(held.into_iter().map(|screen| ScreenRow { screen, process: process.name() }));
    };
    let watched = report::watched(&app).remove(&here).unwrap_or_default();
    add(&ours, report::screens(&app, &watched));
    let mut processes = vec![ours];
    for (process, held) in others {
        add(&process, held);
        processes.push(process);
    }
    screens.sort_by(|a, b| (&a.screen.view, a.screen.since).cmp(&(&b.screen.view, b.screen.since)));
    let page = StatusPage {
        frame: Frame::of(&house, Some(&manager.who)),
        now: app.clock.now(),
        screens,
        database,
        free: app.disks.free(),
        nightly: app.settings.database_url.is_none() && app.settings.backups_kept > 0,
        bell: app.bell.state(),
        processes,
    };
    Ok(Html(page.render()?))
}

type Others = Vec<(ProcessReport, Vec<ScreenReport>)>;

async fn ask(app: &App, here: LocationId) -> std::result::Result<(DatabaseStatus, i64, Others), StoreError> {
    let (off_ms, _) = report::clock_off(app).await?;
    let asked_at = Instant::now();
    store::processes::clock(&app.db).await?;
    let round_trip_ms = asked_at.elapsed().as_secs_f64() * 1e3;
    let (minutes, hour) = store::paints::last_hour(&app.db, here, app.clock.now()).await?;
    let database = DatabaseStatus {
        facts: store::processes::database(&app.db).await?,
        backup: store::backups::last(&app.db).await?,
        round_trip_ms,
        unseen: store::unseen::all(&app.db, here).await?,
        late: store::ages::late(&app.db, here).await?,
        hour,
        plot: Plot::of(&minutes),
        incidents: store::incidents::since(&app.db, here, app.clock.now() - INCIDENTS_SINCE).await?,
    };
    Ok((database, off_ms, store::processes::others(&app.db, here, app.process.process_id).await?))
}
