//! `kill -9`, of the program and of its database, in the middle of a rush.

use std::time::Duration;

use rustix::process::Signal;
use tokio::time::sleep;

use super::house::{House, PLAIN, SURELY, send, until};
use super::screen::Screen;
use super::tablet::{Tablet, Taken, cards_of, orders};

/// Long enough to be anywhere in some order.
async fn a_moment() {
    sleep(Duration::from_millis(400 + u64::from(rand::random::<u16>() % 900))).await;
}

async fn all_on_the_screen(screen: &mut Screen, taken: &[Taken]) {
    let cards: Vec<String> = taken.iter().flat_map(|taken| cards_of(&taken.answer)).collect();
    screen.wait_for(SURELY, &cards).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_that_is_killed_in_a_rush_loses_no_order_and_doubles_none() {
    let mut house = House::open().await;
    let tablet = Tablet::of(&house).await;
    let mut screen = Screen::open(&tablet).await;
    let before = orders(&house).await;
    let rush = tablet.rush();
    for _ in 0..4 {
        a_moment().await;
        house.kill();
        house.serve(PLAIN).await;
    }
    let taken = rush.end().await;
    assert!(taken.len() > 20, "it was a rush: {}", taken.len());
    tablet.expect_once(&house, before, &taken).await;
    all_on_the_screen(&mut screen, &taken).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_private_database_that_is_killed_comes_back_while_the_program_runs() {
    let house = House::open().await;
    let tablet = Tablet::of(&house).await;
    let mut screen = Screen::open(&tablet).await;
    let before = orders(&house).await;
    let (program, mut server) = (house.pid(), house.postmaster().expect("a server"));
    let rush = tablet.rush();
    let mut taken = Vec::new();
    for how in [Signal::KILL, Signal::QUIT] {
        a_moment().await;
        send(server, how);
        until("another server", async || house.postmaster().is_some_and(|pid| pid != server)).await;
        server = house.postmaster().expect("a server");
        taken.push(tablet.send_until_taken(tablet.slip()).await);
    }
    taken.extend(rush.end().await);
    assert!(taken.len() > 20, "it was a rush: {}", taken.len());
    assert_eq!(house.pid(), program, "nobody restarted the program");
    tablet.expect_once(&house, before, &taken).await;
    all_on_the_screen(&mut screen, &taken).await;
}
