//! Display receipts: the waiter sees that the kitchen has seen it.

use time::Duration;

use crate::support::{TestApp, dish};

#[tokio::test]
async fn what_a_screen_has_painted_is_shown_on_the_check_and_the_tile() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let (mut grill, mut floor) = (cook.open_screen("station-grill").await, waiter.open_screen("floor").await);
    let placed = waiter.order("3", &[dish("Sardines")]).await;
    let ticket = placed.ticket("grill");
    grill.until_shown(ticket).await;
    floor.next_cards().await; // the order
    assert!(waiter.get(&format!("/checks/{}", placed.check())).await.body.contains("Not shown yet"));

    grill.say(format!(r#"{{"t":"ack","seq":{}}}"#, grill.seq)).await;

    let tile = floor.next_cards().await.articles.pop().expect("the tile again");
    assert_eq!(tile.attribute("data-state"), "ordered", "{}", tile.html);
    let check = waiter.get(&format!("/checks/{}", placed.check())).await.body;
    assert!(check.contains("Shown on Grill <time") && !check.contains("Not shown yet"), "{check}");
    let on: String = house.ask("select shown_on from tickets where ticket_id = $1", ticket.0).await;
    assert_eq!(on, "Grill");
    let stamps: bool =
        house.ask("select shown_seq = board_seq from tickets where ticket_id = $1", ticket.0).await;
    assert!(stamps);
}

#[tokio::test]
async fn a_card_on_a_later_page_is_not_shown_yet() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let mut grill = cook.open_screen("station-grill").await;
    let first = waiter.order("1", &[dish("Sardines")]).await.ticket("grill");
    let second = waiter.order("2", &[dish("Sardines")]).await.ticket("grill");
    grill.until_shown(second).await;
    grill.say(format!(r#"{{"t":"ack","seq":{},"but":["t-{second}"]}}"#, grill.seq)).await;
    house.until("select shown_at is not null from tickets where ticket_id = $1", first.0).await;
    let seen: bool =
        house.ask("select shown_at is not null from tickets where ticket_id = $1", second.0).await;
    assert!(!seen);
}

#[tokio::test]
async fn the_first_receipt_is_kept() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let mut grill = cook.open_screen("station-grill").await;
    let ticket = waiter.order("1", &[dish("Sardines")]).await.ticket("grill");
    grill.until_shown(ticket).await;
    grill.say(format!(r#"{{"t":"ack","seq":{}}}"#, grill.seq)).await;
    let shown =
        "select shown_at = '2099-11-20 21:40Z' from tickets where ticket_id = $1 and shown_at is not null
        union all select false limit 1";
    house.until(shown, ticket.0).await;
    house.pass(Duration::minutes(1));
    let seq = house.ask::<i64>("select seq from boards", None).await;
    let mut again = cook.open_screen("station-grill").await;
    again.say(format!(r#"{{"t":"ack","seq":{}}}"#, again.seq)).await;
    tokio::time::sleep(std::time::Duration::from_millis(900)).await; // two batches' time
    assert!(house.ask::<bool>(shown, ticket.0).await);
    assert_eq!(
        house.ask::<i64>("select seq from boards", None).await,
        seq,
        "what changes nothing takes no turn"
    );
}
