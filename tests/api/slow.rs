//! Screens whose line is narrow: they miss nothing, and they hold nobody up.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::support::screen::request;
use crate::support::{Client, Screen, TestApp, dish};

/// More than a narrow line takes at once, less than a view's ring holds: 512 KiB.
const ORDERS: usize = 28;

/// A screen whose machine takes four kilobytes at a time, from its snapshot.
async fn narrow(client: &Client) -> Screen {
    let there = client.open_screen("station-grill").await;
    let origin = format!("http://{}", client.address());
    let request = request(client, "station-grill", &there.epoch, there.seq, Some(&origin));
    let mut screen = Screen::connect_narrow(client.address(), request, 4 * 1024).await;
    (screen.cards, screen.seq) = (there.cards.clone(), there.seq);
    screen
}

/// A slip of some thirteen kilobytes of HTML at the grill; its turn.
async fn long_order(waiter: &Client, table: usize) -> i64 {
    let note = "no salt, no oil, no hurry; ".repeat(5);
    let lines: Vec<_> = (0..40).map(|_| dish("Sardines").saying(note.trim())).collect();
    waiter.order(&(1 + table % 8).to_string(), &lines).await.seq()
}

#[tokio::test]
async fn a_screen_whose_line_is_full_goes_on_where_it_stopped_and_misses_nothing() {
    // A beat delivers what waits: here nothing may depend on it.
    let house = TestApp::with(&["--insecure-http", "--fail-point", "no-beats"]).await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let mut slow = narrow(&cook).await;
    let mut quick = house.sign_in("Nuno").await.open_screen("station-grill").await;
    let mut last = 0;
    for table in 0..ORDERS {
        last = long_order(&waiter, table).await;
        quick.until_turn(last).await; // nobody waits for the slow one
    }
    let bytes: usize = quick.cards.values().map(|card| card.html.len()).sum();
    assert!((250_000..500_000).contains(&bytes), "{bytes} bytes on the board");
    slow.until_turn(last).await;
    assert_eq!(slow.cards, quick.cards);
    // And it is called again like everybody else.
    last = long_order(&waiter, 0).await;
    slow.until_turn(last).await;
    quick.until_turn(last).await;
    assert_eq!(slow.cards, quick.cards);
}

#[tokio::test]
async fn a_screen_that_is_too_far_behind_starts_over_instead_of_reading_old_news() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let mut slow = narrow(&cook).await;
    for table in 0..2 * ORDERS {
        long_order(&waiter, table).await; // more than the ring holds
    }
    let mut frames = 0;
    let why = loop {
        let frame = slow.next_frame().await;
        match frame.kind() {
            "reset" => break frame.header["why"].as_str().expect("a reason").to_owned(),
            _ => frames += 1,
        }
    };
    assert_eq!(why, "slow");
    assert!(frames < 2 * ORDERS, "{frames} frames were kept for it");
}

#[tokio::test]
async fn a_screen_that_takes_nothing_for_ten_seconds_gives_up_its_place() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let stuck = narrow(&cook).await;
    for table in 0..ORDERS {
        long_order(&waiter, table).await;
    }
    let since = Instant::now();
    while !house.app.sockets.is_empty() {
        assert!(since.elapsed() < Duration::from_mins(1), "it still has its place");
        sleep(Duration::from_millis(100)).await;
    }
    drop(stuck);
}
