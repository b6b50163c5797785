//! The database stands still: it takes every question and answers none.

use rustix::process::Signal;
use serde_json::Value;
use tokio::time::Instant;

use super::house::{House, SURELY};
use super::screen::Screen;
use super::tablet::{Tablet, cards_of, orders};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_database_stands_still_everyone_is_told_and_afterwards_all_goes_on() {
    let house = House::open().await;
    let tablet = Tablet::of(&house).await;
    let mut screen = Screen::open(&tablet).await;
    let (program, before) = (house.pid(), orders(&house).await);
    tablet.send_until_taken(tablet.slip()).await;
    screen.wait(SURELY, "a first beat", |screen| !screen.beats.is_empty()).await;

    house.signal_server(Signal::STOP);
    let (slip, since) = (tablet.slip(), Instant::now());
    let refused = tablet.send(&slip).await.expect("an answer, not a broken line");
    assert_eq!(refused.status(), 503, "after {:?}", since.elapsed());
    assert!(refused.headers().contains_key("retry-after"), "{:?}", refused.headers());
    let words: Value = refused.json().await.expect("an error of ours");
    assert!(words["error"].as_str().is_some_and(|words| words.contains("try again")), "{words}");

    // The line is alive and says how old its truth is.
    screen.beats.clear();
    screen.wait(SURELY, "two beats", |screen| screen.beats.len() > 1).await;
    assert!(screen.beats[0] + 3_000 < screen.beats[1], "{:?}", screen.beats);

    house.signal_server(Signal::CONT);
    let taken = tablet.send_until_taken(slip).await;
    assert_eq!(orders(&house).await, before + 2, "the same key, the same order");
    screen.wait_for(SURELY, &cards_of(&taken.answer)).await;
    screen.beats.clear();
    screen.wait(SURELY, "a fresh proof", |screen| screen.beats.last().is_some_and(|ms| *ms < 4_000)).await;
    assert_eq!(house.pid(), program, "nobody restarted the program");
}
