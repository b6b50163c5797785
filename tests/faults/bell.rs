//! Between the commit and the ring: the program dies, the bell is mute, the tablet hangs up.

use std::time::Duration;

use serde_json::{Value, json};
use sqlx::Connection as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::sleep;
use uuid::Uuid;

use super::house::{House, PLAIN, SURELY, until};
use super::screen::Screen;
use super::tablet::{Tablet, cards_of, key_of, orders};

#[tokio::test]
async fn an_order_whose_program_died_between_commit_and_ring_is_there_once_and_on_the_screen() {
    let mut house = House::open().await;
    let tablet = Tablet::of(&house).await;
    let mut screen = Screen::open(&tablet).await;
    let before = orders(&house).await;
    house.kill();

    house.serve(&[("COMANDA_FAIL_POINT", "exit-after-commit")]).await;
    let slip = tablet.slip();
    tablet.send(&slip).await.expect_err("the line breaks: nobody was told");
    assert_eq!(house.ended().await.code(), Some(86), "it died of its fail-point");
    assert_eq!(orders(&house).await, before + 1, "it had committed, and the database outlived it");

    house.serve(PLAIN).await;
    assert!(house.log().contains("adopted"), "the server that was left is used again");
    let again = tablet.send(&slip).await.expect("an answer");
    assert_eq!(again.status(), 200, "the first result, not a second order");
    let answer: Value = again.json().await.expect("JSON");
    assert_eq!(orders(&house).await, before + 1);
    screen.leave();
    screen.wait_for(SURELY, &cards_of(&answer)).await; // with the cursor that it had before
}

#[tokio::test]
async fn a_mute_bell_delays_a_card_and_loses_none() {
    let mut house = House::new();
    house.serve(&[("COMANDA_FAIL_POINT", "mute-bell")]).await;
    let tablet = Tablet::of(&house).await;
    let mut screen = Screen::open(&tablet).await;
    for _ in 0..3 {
        let taken = tablet.send_until_taken(tablet.slip()).await;
        screen.wait_for(SURELY, &cards_of(&taken.answer)).await;
    }
}

#[tokio::test]
async fn a_tablet_that_hangs_up_while_its_order_commits_cancels_nothing() {
    const HANG_UPS: usize = 60;
    let house = House::open().await;
    let tablet = Tablet::of(&house).await;
    let mut screen = Screen::open(&tablet).await;
    let before = orders(&house).await;

    let slips: Vec<Value> = (0..HANG_UPS).map(|_| tablet.slip()).collect();
    for (n, slip) in slips.iter().enumerate() {
        hang_up_after(&house, &tablet, slip, n % 2 == 0).await;
    }
    // Whatever is under way comes to its end.
    let mut arrived = -1;
    while arrived != orders(&house).await {
        arrived = orders(&house).await;
        sleep(Duration::from_millis(500)).await;
    }
    assert!(arrived - before > 10, "most of them were under way: {}", arrived - before);

    let mut db = house.db().await;
    for slip in &slips {
        let placed: bool = sqlx::query_scalar("select exists (select from orders where order_id = $1)")
            .bind(key_of(slip))
            .fetch_one(&mut db)
            .await
            .expect("an answer");
        if placed {
            let order = tablet.get(&format!("/api/orders/{}", key_of(slip))).await.expect("an answer");
            let order: Value = order.json().await.expect("JSON");
            screen.wait_for(SURELY, &cards_of(&order)).await;
        }
        let again = tablet.send(slip).await.expect("an answer");
        assert_eq!(again.status(), if placed { 200 } else { 201 }, "{slip}");
    }
    assert_eq!(orders(&house).await - before, i64::try_from(HANG_UPS).expect("few"));
}

/// Sends a whole request and breaks the line within a few milliseconds: reset, or only this half of it.
async fn hang_up_after(house: &House, tablet: &Tablet, slip: &Value, reset: bool) {
    let mut line = post(house, tablet, "/orders", slip).await;
    sleep(Duration::from_micros(u64::from(rand::random::<u16>() % 12_000))).await;
    if reset {
        line.set_zero_linger().expect("a reset");
    } else {
        line.shutdown().await.expect("half of it");
    }
}

/// Sends a whole request and reads nothing.
async fn post(house: &House, tablet: &Tablet, path: &str, body: &Value) -> TcpStream {
    let body = body.to_string();
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        house.address,
        tablet.token,
        body.len(),
    );
    let mut line = TcpStream::connect(house.address).await.expect("a line");
    line.write_all(request.as_bytes()).await.expect("it is sent");
    line
}

#[tokio::test]
async fn a_command_whose_sender_hung_up_while_it_waited_for_its_turn_is_done_all_the_same() {
    let house = House::open().await;
    let tablet = Tablet::of(&house).await;
    let taken = tablet.send_until_taken(tablet.slip()).await;
    let (mut held, mut db) = (house.db().await, house.db().await);
    let line_id: Uuid = sqlx::query_scalar("select line_id from order_lines where order_id = $1 limit 1")
        .bind(key_of(&taken.slip))
        .fetch_one(&mut db)
        .await
        .expect("a line");

    let mut turn = held.begin().await.expect("a transaction");
    sqlx::query("select from boards for update").execute(&mut *turn).await.expect("the turn is held");
    let slip = json!({ "quantity": 1, "reason": "Entered wrong" });
    let line = post(&house, &tablet, &format!("/lines/{line_id}/void"), &slip).await;
    let waiting = "select exists (select from pg_locks where not granted)";
    until("the void waits for its turn", async || {
        sqlx::query_scalar(waiting).fetch_one(&mut db).await.expect("an answer")
    })
    .await;
    line.set_zero_linger().expect("a reset");
    drop(line);
    sleep(Duration::from_millis(300)).await; // the program notices, well within its wait for the turn
    turn.rollback().await.expect("the turn is free");

    until("it is voided", async || {
        let voided = sqlx::query_scalar::<_, i32>("select voided from order_lines where line_id = $1");
        voided.bind(line_id).fetch_one(&mut db).await.expect("a line") == 1
    })
    .await;
}
