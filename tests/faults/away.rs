//! The database stands still: it takes every question and answers none.

use rustix::process::Signal;
use serde_json::Value;
use tokio::time::Instant;
use uuid::Uuid;

use super::browser::{Browser, hidden};
use super::house::{House, SURELY, until};
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_that_got_no_answer_comes_back_whole_and_is_one_order_however_often_it_is_sent() {
    let house = House::open().await;
    let browser = Browser::sign_in(&house, "Inês", "1407").await;
    let mut db = house.db().await;
    let table: Uuid = sqlx::query_scalar("select table_id from tables where label = '9'")
        .fetch_one(&mut db)
        .await
        .expect("a table");
    let dish: Uuid = sqlx::query_scalar("select item_id from items where name = 'Sardines'")
        .fetch_one(&mut db)
        .await
        .expect("a dish");
    let before = orders(&house).await;
    let page = browser.get(&house, &format!("/tables/{table}")).await.text().await.expect("a page");
    let form = [
        ("id".to_owned(), hidden(&page, "id")),
        ("table_id".to_owned(), table.to_string()),
        ("order_type".to_owned(), hidden(&page, "order_type")),
        (format!("quantity.{dish}"), "2".to_owned()),
        (format!("note.{dish}"), "no lemon".to_owned()),
    ];

    house.signal_server(Signal::STOP);
    let unsure = browser.post(&house, "/orders", &form).await;
    assert_eq!(unsure.status(), 503);
    assert!(unsure.headers().contains_key("retry-after"), "{:?}", unsure.headers());
    let page = unsure.text().await.expect("a page");
    assert!(page.contains("Not confirmed") && page.contains("no lemon"), "{page}");
    assert_eq!(hidden(&page, "id"), form[0].1, "the same key");
    assert!(!page.contains("name=\"check_id\""), "the same slip");

    house.signal_server(Signal::CONT);
    until("the same form is taken", async || browser.post(&house, "/orders", &form).await.status() == 303)
        .await;
    assert_eq!(browser.post(&house, "/orders", &form).await.status(), 303);
    assert_eq!(orders(&house).await, before + 1, "one order");
}
