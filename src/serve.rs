//! `comanda serve`: from settings to an open port, and down again in order.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::ListenerExt as _;
use sqlx::PgPool;
use time::OffsetDateTime;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::backup::nightly::Nightly;
use crate::backup::{Place, shelf};
use crate::board::bell::Bell;
use crate::board::hub::Hub;
use crate::clock::Clock;
use crate::config::{MetricsListen, Settings};
use crate::disk::Disks;
use crate::domain::ids::ProcessId;
use crate::entrance::{self, Entrance, Ports, listen};
use crate::errands::{Failure, draw_pins, new_setup_code, seed};
use crate::house_database::{As, HouseDatabase, keep};
use crate::lan::Lan;
use crate::metrics::Metrics;
use crate::this_process::ThisProcess;
use crate::tls::Door;
use crate::web::assets::BUILD;
use crate::web::device::Devices;
use crate::web::limits::Limits;
use crate::web::pins::Pins;
use crate::web::session_store::SessionCache;
use crate::web::setup::SetUp;
use crate::web::sockets::Sockets;
use crate::web::state::{App, Houses, Parts, Phase};
use crate::web::tokens::TokenCache;
use crate::{app, chores, lines, store, supervisor, welcome};

/// PINs that stand on the sign-in page, or in a README, are for one machine.
const NO_DEMO: &str = "the demo restaurant is not shown on a network: everybody knows its PINs. With --lan-demo it gets \
    new ones, which only this terminal says";

/// A clock may stand so far before what the database has seen: another machine's may have been a little ahead.
const CLOCK_BEHIND_MAX: time::Duration = time::Duration::minutes(1);

/// Open requests and sockets get this long to end.
const DRAIN_WITHIN: Duration = Duration::from_secs(8);

/// The last word to a screen gets this long to arrive.
const GOODBYE_WITHIN: Duration = Duration::from_secs(2);

/// How often it is asked whether screens have left.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Serves until it is told to stop, on the port that was `handed` over or on one of its own.
pub async fn serve(mut settings: Settings, handed: Option<std::net::TcpListener>) -> Result<(), Failure> {
    // First, so that a port that is taken leaves no database running behind it.
    let ports = entrance::open(&mut settings, handed)?;
    supervisor::status("opening the database");
    let mut house = HouseDatabase::open(&settings, As::Keeper).await?;
    let served = run(&settings, &mut house, ports).await;
    house.close().await?;
    served
}

async fn run(settings: &Settings, house: &mut HouseDatabase, ports: Ports) -> Result<(), Failure> {
    if store::locations::all(&house.db).await?.is_empty() {
        let wants_demo = settings.demo || house.private.is_some() && !settings.no_demo;
        if wants_demo && (!settings.lan || settings.lan_demo) {
            tracing::info!("the database is empty: seeding the demo restaurant");
            seed(house).await?;
        }
    }
    let restaurants = store::locations::all(&house.db).await?;
    let demo = restaurants.iter().find(|one| one.is_demo).map(|demo| demo.location_id);
    refuse_old_clock(settings, house, Clock::System.now()).await?;
    let Entrance { address, door, plain, lan, asks, keepers: _keepers } =
        ports.furnish(settings, &house.data, Clock::System.now())?;
    let pins = Pins::open(&house.data)?;
    let (app, phase) = wire(settings.clone(), house.db.clone(), Clock::System, pins, lan.clone());
    let drawn = match demo.filter(|_| settings.lan) {
        Some(demo) if settings.lan_demo => draw_pins(house, demo).await?,
        Some(_) => return Err(NO_DEMO.into()),
        None => Vec::new(),
    };
    let setup_code = if restaurants.is_empty() { Some(new_setup_code(house).await?) } else { None };
    app.disks.watch(disks(settings, house));
    let mut chores = chores::start(&app);
    let nightly = back_up_nightly(&app, house);
    let _metrics = tell_metrics(&app);
    let _trust = plain.map(|listener| hand_out_trust(listener, &app));
    let base = welcome::base(address, asks.is_some());
    welcome::say(&restaurants, &base, lan.as_deref(), &drawn, house);
    if let Some(code) = setup_code {
        welcome::say_setup(&base, &code);
    }

    let closing = Phase::Closing.reached(app.phase.clone());
    let keeper = house.private.take().map(|private| tokio::spawn(keep(private, closing)));
    let words = format!("{} open on {address}", welcome::names(&restaurants));
    let watch = supervisor::watch(address, asks.as_ref(), &words, || chores.try_join_next().is_none());
    let served = until_told(&app, door, &phase, watch).await;
    phase.send_replace(Phase::Closing);
    drop((chores, nightly));
    // Whoever looks at the others' status page needs not wait until this process has been silent for long enough.
    let _ = timeout(GOODBYE_WITHIN, store::processes::leave(&app.db, app.process.process_id)).await;
    if let Some(keeper) = keeper {
        house.private = Some(keeper.await?);
    }
    served
}

/// Refuses to write the times of a clock that has forgotten its own: orders would stand before those of yesterday.
async fn refuse_old_clock(
    settings: &Settings,
    house: &HouseDatabase,
    now: OffsetDateTime,
) -> Result<(), Failure> {
    let newest = store::days::newest_story(&house.db).await?;
    match newest.filter(|newest| now + CLOCK_BEHIND_MAX < *newest) {
        Some(newest) if !settings.trust_clock => Err(format!(
            "this machine's clock says {now}, and the database has seen {newest} already: set the clock, then start \
             again; or start with --trust-clock (COMANDA_TRUST_CLOCK) if it is right"
        )
        .into()),
        Some(newest) => {
            tracing::warn!(%now, %newest, "the clock stands before what the database has seen, and is trusted");
            Ok(())
        }
        None => Ok(()),
    }
}

/// The disks that a full one of would be noticed too late: the private database's, and that of the dumps.
fn disks(settings: &Settings, house: &HouseDatabase) -> Vec<PathBuf> {
    let ours = house.private.as_ref().map(|_| house.data.clone());
    ours.into_iter().chain(settings.backup_dir.clone()).collect()
}

/// Dumps a private database every night. Whoever names a database has a supervisor's timer for that.
fn back_up_nightly(app: &App, house: &HouseDatabase) -> JoinSet<()> {
    let mut nights = JoinSet::new();
    if let (Some(private), 1..) = (&house.private, app.settings.backups_kept) {
        let nightly = Nightly {
            place: Place::of_private(private),
            db: app.db.clone(),
            clock: app.clock.clone(),
            folder: shelf::folder(&app.settings, &house.data),
            kept: app.settings.backups_kept as usize,
            after_cut_off_min: app.settings.backup_after_cut_off_min,
            catch_up: Duration::from_secs(app.settings.backup_catch_up_s.into()),
        };
        nights.spawn(nightly.keep());
    }
    nights
}

/// Opens the metrics' own port. One that is taken costs the metrics and nothing else.
fn tell_metrics(app: &App) -> JoinSet<()> {
    let mut listening = JoinSet::new();
    let MetricsListen::At(address) = app.settings.metrics_listen else { return listening };
    match listen(address) {
        Ok(listener) => {
            let router = app::metrics(app.clone());
            listening.spawn(lines::answer(listener, router, std::future::pending()));
        }
        Err(err) => {
            let error = &err as &dyn std::error::Error;
            tracing::warn!(error, %address, "metrics are not told: their port cannot be listened on");
        }
    }
    listening
}

/// Opens the plain port of the house's own network.
fn hand_out_trust(listener: TcpListener, app: &App) -> JoinSet<()> {
    let (mut listening, router) = (JoinSet::new(), app::trust(app.clone()));
    listening.spawn(lines::answer(listener, router, std::future::pending()));
    listening
}

async fn until_told(
    app: &App,
    door: Door,
    phase: &watch::Sender<Phase>,
    watched: impl Future<Output = ()>,
) -> Result<(), Failure> {
    let mut serving = tokio::spawn(answer(door, app.clone()));
    tokio::select! {
        ended = &mut serving => return Ok(ended?),
        () = told_to_stop() => {}
        () = watched => {}
    }
    let sockets = app.sockets.len();
    tokio::spawn(async move {
        supervisor::stopping(&format!("{sockets} screens are told to come back")).await;
    });
    let drain = Duration::from_millis(app.settings.drain_ms.into());
    if !drain.is_zero() {
        tracing::info!(sockets, ?drain, "stopping: screens change over to another process");
        phase.send_replace(Phase::Draining);
        nobody_watches(app, drain).await;
    }
    tracing::info!(sockets = app.sockets.len(), "stopping: screens are told to come back");
    phase.send_replace(Phase::Closing);
    nobody_watches(app, GOODBYE_WITHIN).await;
    if timeout(DRAIN_WITHIN, &mut serving).await.is_err() {
        tracing::warn!("some requests did not end in time");
        serving.abort();
    }
    Ok(())
}

/// Until the last screen has left, or so long.
async fn nobody_watches(app: &App, within: Duration) {
    let last_has_left = async {
        while !app.sockets.is_empty() {
            sleep(LOOK_EVERY).await;
        }
    };
    let _ = timeout(within, last_has_left).await; // whoever stays is told to go
}

/// Puts the parts together over a database that is ready. Who holds the sender leads them out.
pub fn wire(
    settings: Settings,
    db: PgPool,
    clock: Clock,
    pins: Pins,
    lan: Option<Arc<Lan>>,
) -> (App, watch::Sender<Phase>) {
    let (ahead, phase) = watch::channel(Phase::Open);
    let process = ThisProcess { process_id: ProcessId::new(), started_at: clock.now() };
    let metrics = Arc::new(Metrics::new(BUILD, process.started_at.unix_timestamp()));
    let hub = Hub::new(db.clone(), clock.clone(), Arc::clone(&metrics));
    let redis = settings.redis_url.as_ref().map(|redis| (&redis.0, settings.redis_prefix.as_str()));
    let bell = redis.map(|(redis, prefix)| Bell::hang(redis, prefix, hub.clone())).unwrap_or_default();
    let limits = Limits::new(settings.requests_a_minute, redis);
    let app = App::new(Parts {
        hub,
        bell,
        limits,
        metrics,
        process,
        db,
        clock,
        settings,
        set_up: SetUp::default(),
        houses: Houses::default(),
        sessions: SessionCache::default(),
        devices: Devices::default(),
        tokens: TokenCache::default(),
        pins,
        lan,
        disks: Disks::default(),
        sockets: Sockets::default(),
        phase,
    });
    (app, ahead)
}

/// Answers at that door until the parts are told to stop, and every request has its answer.
pub async fn answer(door: impl Into<Door>, app: App) {
    let leaving = Phase::Draining.reached(app.phase.clone());
    lines::answer(door.into().tap_io(lines::furnish), app::router(app), leaving).await;
}

/// Ctrl-C, or a supervisor's SIGTERM.
async fn told_to_stop() {
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminate => {}
    }
}
