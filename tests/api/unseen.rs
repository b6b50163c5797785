//! A live ticket that no screen has shown: the floor is told, once, until a screen shows it.

use time::Duration;

use crate::support::{TestApp, dish};

/// Two rounds of the chore that looks.
const TWO_LOOKS: std::time::Duration = std::time::Duration::from_millis(2_200);
const ALARMED: &str = "select alarmed_at is not null from tickets where ticket_id = $1";

#[tokio::test]
async fn a_ticket_that_no_screen_shows_is_told_to_the_floor_once_and_until_a_screen_shows_it() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let mut floor = waiter.open_screen("floor").await;
    let placed = waiter.order("3", &[dish("Sardines")]).await;
    let ticket = placed.ticket("grill");
    floor.next_cards().await; // the order
    house.pass(Duration::seconds(6));

    let tile = floor.next_cards().await.articles.pop().expect("the tile");
    assert!(tile.html.contains("go and tell Grill <time"), "{}", tile.html);
    assert!(
        tile.html.contains("datetime=\"2099-11-20T21:40:00Z\" data-ago"),
        "since its Send: {}",
        tile.html
    );
    let check = waiter.get(&format!("/checks/{}", placed.check())).await.body;
    assert!(check.contains("Not seen by any screen <time") && check.contains("go and tell Grill"), "{check}");

    house.pass(Duration::minutes(1));
    tokio::time::sleep(TWO_LOOKS).await;
    let told = "select count(*) from audit where verb = 'unseen' and subject = $1";
    assert_eq!(house.ask::<i64>(told, ticket.0).await, 1, "once a ticket");

    let mut grill = cook.open_screen("station-grill").await;
    grill.say(format!(r#"{{"t":"ack","seq":{}}}"#, grill.seq)).await;
    let tile = floor.next_cards().await.articles.pop().expect("the tile again");
    assert!(!tile.html.contains("go and tell"), "{}", tile.html);
    let check = waiter.get(&format!("/checks/{}", placed.check())).await.body;
    assert!(check.contains("Shown on Grill") && !check.contains("go and tell"), "{check}");
}

#[tokio::test]
async fn what_is_shown_in_time_or_not_due_yet_alarms_nobody() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let mut grill = cook.open_screen("station-grill").await;
    let shown = waiter.order("1", &[dish("Sardines")]).await.ticket("grill");
    grill.until_shown(shown).await;
    grill.say(format!(r#"{{"t":"ack","seq":{}}}"#, grill.seq)).await;
    house.until("select shown_at is not null from tickets where ticket_id = $1", shown.0).await;
    house.pass(Duration::minutes(1));
    let young = waiter.order("2", &[dish("Sardines")]).await.ticket("grill");
    house.pass(Duration::milliseconds(4_900));
    tokio::time::sleep(TWO_LOOKS).await;
    assert!(!house.ask::<bool>(ALARMED, shown.0).await);
    assert!(!house.ask::<bool>(ALARMED, young.0).await);
    house.pass(Duration::milliseconds(100));
    house.until(ALARMED, young.0).await;
}

#[tokio::test]
async fn an_alarm_ends_with_the_ticket_though_no_screen_ever_showed_it() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let mut floor = waiter.open_screen("floor").await;
    let ticket = waiter.order("4", &[dish("Sardines")]).await.ticket("grill");
    house.pass(Duration::seconds(6));
    house.until(ALARMED, ticket.0).await;
    let bumped = cook.ticket(ticket, "bump", 1).await;
    assert_eq!(bumped.status, 204, "{}", bumped.body);
    let turn = house.ask::<i64>("select seq from boards", None).await;
    floor.until_turn(turn).await;
    let tiles: Vec<_> = floor.cards.values().filter(|tile| tile.html.contains("go and tell")).collect();
    assert!(tiles.is_empty(), "{tiles:?}");
}
