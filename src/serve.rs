//! `comanda serve`: from settings to an open port, and down again in order.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::ListenerExt as _;
use sqlx::PgPool;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::board::bell::Bell;
use crate::board::hub::Hub;
use crate::clock::Clock;
use crate::config::{MetricsListen, Settings};
use crate::domain::ids::{LocationId, ProcessId};
use crate::entrance::{self, Entrance, Ports, listen};
use crate::errands::{Failure, draw_pins, seed};
use crate::house_database::{HouseDatabase, keep};
use crate::lan::Lan;
use crate::metrics::Metrics;
use crate::this_process::ThisProcess;
use crate::tls::{self, Door};
use crate::web::assets::BUILD;
use crate::web::limits::Limits;
use crate::web::pins::Pins;
use crate::web::session_store::SessionCache;
use crate::web::sockets::Sockets;
use crate::web::state::{App, Houses, Parts, Phase};
use crate::web::tokens::TokenCache;
use crate::{app, chores, store, supervisor, welcome};

/// PINs that stand on the sign-in page, or in a README, are for one machine.
const NO_DEMO: &str = "the demo restaurant is not shown on a network: everybody knows its PINs. With --lan-demo it gets \
    new ones, which only this terminal says";

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
    let mut house = HouseDatabase::open(&settings, false).await?;
    let served = run(&settings, &mut house, ports).await;
    house.close().await?;
    served
}

async fn run(settings: &Settings, house: &mut HouseDatabase, ports: Ports) -> Result<(), Failure> {
    let location_id = match store::menu::first_location(&house.db).await? {
        Some(location_id) => location_id,
        None if settings.lan && !settings.lan_demo => return Err(NO_DEMO.into()),
        None if settings.demo || house.private.is_some() => {
            tracing::info!("the database is empty: seeding the demo restaurant");
            seed(house).await?;
            store::menu::first_location(&house.db).await?.ok_or("the demo was not written")?
        }
        None => return Err("this database holds no restaurant. Seed the demo with: comanda demo".into()),
    };
    let Entrance { address, door, plain, lan, asks, keepers: _keepers } =
        ports.furnish(settings, &house.data, Clock::System.now())?;
    let pins = Pins::open(&house.data)?;
    let (app, phase) =
        wire(settings.clone(), house.db.clone(), location_id, Clock::System, pins, lan.clone());
    let restaurant = app.house(location_id).await?;
    let drawn = match (settings.lan && restaurant.is_demo, settings.lan_demo) {
        (true, true) => draw_pins(house, location_id).await?,
        (true, false) => return Err(NO_DEMO.into()),
        (false, _) => Vec::new(),
    };
    let mut chores = chores::start(&app);
    let _metrics = tell_metrics(&app);
    let _trust = plain.map(|listener| hand_out_trust(listener, &app));
    welcome::say(&restaurant, &welcome::base(address, asks.is_some()), lan.as_deref(), &drawn, house);

    let closing = Phase::Closing.reached(app.phase.clone());
    let keeper = house.private.take().map(|private| tokio::spawn(keep(private, closing)));
    let words = format!("{} is open on {address}", restaurant.name);
    let watch = supervisor::watch(address, asks.as_ref(), &words, || chores.try_join_next().is_none());
    let served = until_told(&app, door, &phase, watch).await;
    phase.send_replace(Phase::Closing);
    drop(chores);
    // Whoever looks at the others' status page needs not wait until this process has been silent for long enough.
    let _ = timeout(GOODBYE_WITHIN, store::processes::leave(&app.db, app.process.process_id)).await;
    if let Some(keeper) = keeper {
        house.private = Some(keeper.await?);
    }
    served
}

/// Opens the metrics' own port. One that is taken costs the metrics and nothing else.
fn tell_metrics(app: &App) -> JoinSet<()> {
    let mut listening = JoinSet::new();
    let MetricsListen::At(address) = app.settings.metrics_listen else { return listening };
    match listen(address) {
        Ok(listener) => {
            let router = app::metrics(app.clone());
            listening.spawn(async move {
                if let Err(err) = axum::serve(listener, router).await {
                    tracing::warn!(error = &err as &dyn std::error::Error, "metrics are told no more");
                }
            });
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
    listening.spawn(async move {
        if let Err(err) = axum::serve(listener, router).await {
            let error = &err as &dyn std::error::Error;
            tracing::warn!(error, "new devices are not told any more how to trust the house");
        }
    });
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
        ended = &mut serving => return Ok(ended??),
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
    location_id: LocationId,
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
        location_id,
        houses: Houses::default(),
        sessions: SessionCache::default(),
        tokens: TokenCache::default(),
        pins,
        lan,
        sockets: Sockets::default(),
        phase,
    });
    (app, ahead)
}

/// Answers at that door until the parts are told to stop, and every request has its answer.
pub async fn answer(door: impl Into<Door>, app: App) -> std::io::Result<()> {
    let leaving = Phase::Draining.reached(app.phase.clone());
    let door = door.into().tap_io(|line| {
        // A frame is small and urgent: it does not wait for the next one. Failing is only slower.
        if let Err(err) = tls::tcp(line).set_nodelay(true) {
            tracing::debug!(error = &err as &dyn std::error::Error, "a line keeps its delay");
        }
    });
    let service = app::router(app).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(door, service).with_graceful_shutdown(leaving).await
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
