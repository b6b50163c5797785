//! `comanda serve`: from settings to an open port, and down again in order.

use std::time::Duration;

use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::board::hub::Hub;
use crate::clock::Clock;
use crate::config::Settings;
use crate::errands::{Failure, seed};
use crate::house_database::HouseDatabase;
use crate::web::pins::Pins;
use crate::web::session_store::SessionCache;
use crate::web::sockets::Sockets;
use crate::web::state::{App, Houses, Parts};
use crate::web::tokens::TokenCache;
use crate::{app, chores, store};

/// Open requests and sockets get this long to end.
const DRAIN_WITHIN: Duration = Duration::from_secs(8);

/// Serves until it is told to stop.
pub async fn serve(settings: Settings) -> Result<(), Failure> {
    // First, so that a port that is taken leaves no database running behind it.
    let listener = TcpListener::bind(settings.listen).await.map_err(|err| {
        format!(
            "{} cannot be listened on ({err}). Is another Comanda running?",
            settings.listen
        )
    })?;
    let house = HouseDatabase::open(&settings, false).await?;
    let served = run(&settings, &house, listener).await;
    house.close().await?;
    served
}

async fn run(settings: &Settings, house: &HouseDatabase, listener: TcpListener) -> Result<(), Failure> {
    let location_id = match store::menu::first_location(&house.db).await? {
        Some(location_id) => location_id,
        None if settings.demo || house.private.is_some() => {
            tracing::info!("the database is empty: seeding the demo restaurant");
            seed(house).await?;
            store::menu::first_location(&house.db)
                .await?
                .ok_or("the demo was not written")?
        }
        None => return Err("this database holds no restaurant. Seed the demo with: comanda demo".into()),
    };
    let (stop, stopping) = watch::channel(false);
    let clock = Clock::System;
    let app = App::new(Parts {
        db: house.db.clone(),
        hub: Hub::new(house.db.clone(), clock.clone()),
        clock,
        settings: settings.clone(),
        location_id,
        houses: Houses::default(),
        sessions: SessionCache::default(),
        tokens: TokenCache::default(),
        pins: Pins::open(&house.data)?,
        sockets: Sockets::default(),
        stopping: stopping.clone(),
    });
    let served = app.house(location_id).await?;
    let _chores = chores::start(&app);
    let address = listener.local_addr()?;
    announce(&served.name, served.is_demo, address, house);

    let router = app::router(app.clone());
    let listener = listener.tap_io(|line| {
        // A frame is small and urgent: it does not wait for the next one. Failing is only slower.
        if let Err(err) = line.set_nodelay(true) {
            tracing::debug!(error = &err as &dyn std::error::Error, "a line keeps its delay");
        }
    });
    let server = axum::serve(listener, router.into_make_service());
    let mut told = stopping.clone();
    let server = server.with_graceful_shutdown(async move {
        let _ = told.wait_for(|stopping| *stopping).await; // an error is an end as well
    });
    let mut server = tokio::spawn(async move { server.await });
    tokio::select! {
        ended = &mut server => return Ok(ended??),
        () = told_to_stop() => {}
    }
    tracing::info!(
        sockets = app.sockets.len(),
        "stopping: screens are told to come back"
    );
    stop.send_replace(true);
    if timeout(DRAIN_WITHIN, &mut server).await.is_err() {
        tracing::warn!("some requests did not end in time");
        server.abort();
    }
    Ok(())
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
fn announce(name: &str, is_demo: bool, address: std::net::SocketAddr, house: &HouseDatabase) {
    let host = if address.ip().is_loopback() {
        "localhost".to_owned()
    } else {
        address.ip().to_string()
    };
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
        println!(
            "  Data: {} (a private PostgreSQL; it stops with this program)\n",
            private.data().display()
        );
    }
}
