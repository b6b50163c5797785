//! One process after the other is replaced while the house is open.

use std::time::Duration;

use rustix::process::Signal;
use tokio::time::sleep;

use super::figures;
use super::house::{House, SURELY, send};
use super::nginx::Nginx;
use super::redis_server::RedisServer;
use super::screen::{Screen, watch};
use super::tablet::{Tablet, cards_of, orders};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolling_restart_under_load_loses_no_order_and_no_screen_is_without_a_line() {
    let redis = RedisServer::open().await;
    let url = redis.url();
    let settings = [("REDIS_URL", url.as_str()), ("COMANDA_DRAIN_MS", "20000")];
    let database = House::open().await; // it stays: the database is its own
    let (mut one, mut two) = (House::beside(&database), House::beside(&database));
    one.serve(&settings).await;
    two.serve(&settings).await;
    let nginx = Nginx::before(&[&one, &two]).await;
    let tablet = Tablet::with(&database, database.token().await).await.at(nginx.address);
    let before = orders(&database).await;
    let mut screens = Vec::new();
    for _ in 0..3 {
        screens.push(Screen::open(&tablet).await);
    }
    let (enough, watching) = watch(screens);

    let rush = tablet.rush();
    for house in [&mut one, &mut two] {
        sleep(Duration::from_millis(500)).await;
        send(house.pid(), Signal::TERM);
        assert_eq!(house.ended().await.code(), Some(0), "{}", house.log());
        house.serve(&settings).await;
    }
    let taken = rush.end().await;
    drop(enough);
    let mut screens = watching.join_all().await;
    for screen in &screens {
        // Asked now: while the rest is looked at nobody listens on these lines, and the house hangs up on the silent.
        assert_eq!(screen.breaks, 0, "a new line before the old one ends; closed with {:?}", screen.closed);
    }
    assert!(taken.len() > 20, "the house was open: {}", taken.len());
    tablet.expect_once(&database, before, &taken).await;
    for screen in &mut screens {
        for taken in &taken {
            screen.wait_for(SURELY, &cards_of(&taken.answer)).await;
        }
    }
    figures::say("a rolling restart behind nginx", &taken, &screens.iter().collect::<Vec<_>>());
    assert!(screens.iter().any(|screen| screen.changes > 0), "somebody watched the one that was replaced");
}
