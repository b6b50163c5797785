//! `comanda serve`: from settings to an open port, and down again in order.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::ListenerExt as _;
use sqlx::PgPool;
use tokio::net::{TcpListener, TcpSocket};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::board::bell::Bell;
use crate::board::hub::Hub;
use crate::clock::Clock;
use crate::config::{MetricsListen, Settings};
use crate::domain::ids::{LocationId, ProcessId};
use crate::errands::{Failure, seed};
use crate::house_database::{HouseDatabase, keep};
use crate::metrics::Metrics;
use crate::this_process::ThisProcess;
use crate::web::assets::BUILD;
use crate::web::limits::Limits;
use crate::web::pins::Pins;
use crate::web::session_store::SessionCache;
use crate::web::sockets::Sockets;
use crate::web::state::{App, Houses, Parts, Phase};
use crate::web::tokens::TokenCache;
use crate::{app, chores, store, supervisor};

/// Open requests and sockets get this long to end.
const DRAIN_WITHIN: Duration = Duration::from_secs(8);

/// The last word to a screen gets this long to arrive.
const GOODBYE_WITHIN: Duration = Duration::from_secs(2);

/// How often it is asked whether screens have left.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Connections that may wait until they are accepted. After a restart all screens knock at once, and one that finds
/// no room is heard a second later, or three. The system may allow fewer (`net.core.somaxconn`).
const WAITING_MAX: u32 = 4096;

/// What the system keeps for a screen that does not take it (Linux doubles it, for its own use). Left alone it would
/// grow to megabytes of frames, each older than the next.
const UNTAKEN_BYTES: u32 = 64 * 1024;

/// Opens the port, with room for everybody who comes back at once.
pub fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?; // a port whose last connections still linger is free
    socket.set_send_buffer_size(UNTAKEN_BYTES)?; // accepted connections inherit it
    socket.bind(address)?;
    socket.listen(WAITING_MAX)
}

/// Takes over a port that somebody opened ahead, under the same rules.
pub fn take_over(port: std::net::TcpListener) -> std::io::Result<TcpListener> {
    port.set_nonblocking(true)?;
    rustix::net::sockopt::set_socket_send_buffer_size(&port, UNTAKEN_BYTES as usize)?;
    rustix::net::listen(&port, WAITING_MAX.cast_signed())?; // again: with our room to wait in
    TcpListener::from_std(port)
}

/// Serves until it is told to stop, on the port that was `handed` over or on one of its own.
pub async fn serve(settings: Settings, handed: Option<std::net::TcpListener>) -> Result<(), Failure> {
    // First, so that a port that is taken leaves no database running behind it.
    let listener = match handed {
        Some(port) => take_over(port).map_err(|err| format!("the port that was handed over: {err}"))?,
        None => listen(settings.listen).map_err(|err| {
            format!("{} cannot be listened on ({err}). Is another Comanda running?", settings.listen)
        })?,
    };
    supervisor::status("opening the database");
    let mut house = HouseDatabase::open(&settings, false).await?;
    let served = run(&settings, &mut house, listener).await;
    house.close().await?;
    served
}

async fn run(settings: &Settings, house: &mut HouseDatabase, listener: TcpListener) -> Result<(), Failure> {
    let location_id = match store::menu::first_location(&house.db).await? {
        Some(location_id) => location_id,
        None if settings.demo || house.private.is_some() => {
            tracing::info!("the database is empty: seeding the demo restaurant");
            seed(house).await?;
            store::menu::first_location(&house.db).await?.ok_or("the demo was not written")?
        }
        None => return Err("this database holds no restaurant. Seed the demo with: comanda demo".into()),
    };
    let pins = Pins::open(&house.data)?;
    let (app, phase) = wire(settings.clone(), house.db.clone(), location_id, Clock::System, pins);
    let restaurant = app.house(location_id).await?;
    let mut chores = chores::start(&app);
    let _metrics = tell_metrics(&app);
    let address = listener.local_addr()?;
    announce(&restaurant.name, restaurant.is_demo, address, house);

    let closing = Phase::Closing.reached(app.phase.clone());
    let keeper = house.private.take().map(|private| tokio::spawn(keep(private, closing)));
    let words = format!("{} is open on {address}", restaurant.name);
    let watch = supervisor::watch(address, &words, || chores.try_join_next().is_none());
    let served = until_told(&app, listener, &phase, watch).await;
    phase.send_replace(Phase::Closing);
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

async fn until_told(
    app: &App,
    listener: TcpListener,
    phase: &watch::Sender<Phase>,
    watched: impl Future<Output = ()>,
) -> Result<(), Failure> {
    let mut serving = tokio::spawn(answer(listener, app.clone()));
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
        sockets: Sockets::default(),
        phase,
    });
    (app, ahead)
}

/// Answers on that port until the parts are told to stop, and every request has its answer.
pub async fn answer(listener: TcpListener, app: App) -> std::io::Result<()> {
    let leaving = Phase::Draining.reached(app.phase.clone());
    let listener = listener.tap_io(|line| {
        // A frame is small and urgent: it does not wait for the next one. Failing is only slower.
        if let Err(err) = line.set_nodelay(true) {
            tracing::debug!(error = &err as &dyn std::error::Error, "a line keeps its delay");
        }
    });
    let service = app::router(app).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(leaving).await
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

/// Says where it is, and what to try.
fn announce(name: &str, is_demo: bool, address: SocketAddr, house: &HouseDatabase) {
    let host = if address.ip().is_loopback() { "localhost".to_owned() } else { address.ip().to_string() };
    let port = address.port();
    println!("\n  {name} is open: http://{host}:{port}\n");
    if is_demo {
        println!("  Try it:");
        println!(
            "    1. Open http://{host}:{port}/kitchen/grill in one window and sign in as a cook (the PIN is on the tile)."
        );
        println!(
            "    2. Open http://{host}:{port}/floor in another browser, or a private window, and sign in as a waiter."
        );
        println!("    3. Tap a table, tap a dish, tap Send: the card is on the grill. Tap it to bump it.\n");
    }
    if let Some(private) = &house.private {
        if let Some(refused) = private.instead_of() {
            println!(
                "  {} cannot be reached by PostgreSQL's user, so the data is in {}.",
                refused.display(),
                private.data().display()
            );
        }
        println!("  Data: {} (a private PostgreSQL; it stops with this program)\n", private.data().display());
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpStream;
    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn a_crowd_that_knocks_at_once_finds_room_to_wait() {
        let listener = listen(([127, 0, 0, 1], 0).into()).expect("a port");
        let address = listener.local_addr().expect("an address");
        let allowed = std::fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap_or_default();
        let mut crowd = Vec::new();
        for n in 0..allowed.trim().parse().unwrap_or(100).min(500) {
            // Nobody accepts. Who found no room would be asked to come again a second later.
            let knock = timeout(Duration::from_millis(500), TcpStream::connect(address)).await;
            crowd.push(knock.unwrap_or_else(|_| panic!("no room for number {n}")).expect("a connection"));
        }
    }
}
