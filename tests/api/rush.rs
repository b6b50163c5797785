//! Somebody is in a hurry: every station of the fire makes it first.

use comanda::domain::ids::FireId;
use reqwest::StatusCode;
use serde_json::json;
use time::Duration;

use crate::support::{Answer, Client, Placed, TestApp, dish};

async fn fire_of(house: &TestApp, placed: &Placed) -> FireId {
    FireId(house.ask("select fire_id from fires where check_id = $1", placed.check().0).await)
}

async fn act(client: &Client, fire: FireId, verb: &str) -> Answer {
    client.post(&format!("/fires/{fire}/{verb}"), &json!({})).await
}

#[tokio::test]
async fn a_rush_reaches_every_station_and_goes_before_what_is_older() {
    let house = TestApp::spawn().await;
    let (waiter, cook, expo) = (house.as_waiter().await, house.as_cook().await, house.as_expo().await);
    let mut grill = cook.open_screen("station-grill").await;
    let older = waiter.order("4", &[dish("Sardines")]).await.ticket("grill");
    house.pass(Duration::minutes(3));
    let placed = waiter.order("3", &[dish("Cod à lagareiro")]).await;
    let (fire, ticket) = (fire_of(&house, &placed).await, placed.ticket("grill"));
    let calm = grill.until_shown(ticket).await;
    let sort = |id| grill.shows(id).expect("a card").attribute("data-sort").to_owned();
    assert!(sort(older) < sort(ticket), "the older first");

    assert_eq!(act(&waiter, fire, "rush").await.status, StatusCode::NO_CONTENT);

    let card = grill.next_cards().await.brings(ticket).expect("the card").clone();
    assert!(card.html.contains("RUSH") && card.attribute("data-cues").contains("rush@"), "{}", card.html);
    assert_eq!(card.version(), calm.version(), "a header's news refuses no bump");
    let sort = |id| grill.shows(id).expect("a card").attribute("data-sort").to_owned();
    assert!(sort(ticket) < sort(older), "the hurried first");
    let mut fry = cook.open_screen("station-fry").await;
    assert!(fry.until_shown(placed.ticket("fry")).await.html.contains("RUSH"));
    let before = house.rows().await;
    assert_eq!(act(&expo, fire, "rush").await.status, StatusCode::NO_CONTENT, "twice is once");
    assert_eq!(house.rows().await, before);
    assert!(waiter.get(&format!("/checks/{}", placed.check())).await.body.contains("<strong>RUSH</strong>"));
}

#[tokio::test]
async fn a_rush_is_taken_back_within_three_seconds_on_its_own_device() {
    let house = TestApp::spawn().await;
    let (waiter, expo) = (house.as_waiter().await, house.as_expo().await);
    let placed = waiter.order("3", &[dish("Sardines")]).await;
    let fire = fire_of(&house, &placed).await;
    act(&waiter, fire, "rush").await;
    house.pass(Duration::seconds(3));
    let theirs = act(&expo, fire, "calm").await;
    assert_eq!((theirs.status, theirs.words().contains("Too late")), (StatusCode::CONFLICT, true));
    assert_eq!(act(&waiter, fire, "calm").await.status, StatusCode::NO_CONTENT);
    assert!(house.ask::<bool>("select rushed_at is null from fires where fire_id = $1", fire.0).await);
    let before = house.rows().await;
    assert_eq!(act(&waiter, fire, "calm").await.status, StatusCode::NO_CONTENT, "twice is once");
    assert_eq!(house.rows().await, before);
    act(&waiter, fire, "rush").await;
    house.pass(Duration::milliseconds(3_001));
    assert_eq!(act(&waiter, fire, "calm").await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn what_waits_or_is_cooked_is_not_hurried() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let placed = waiter.order("3", &[dish("Sardines"), dish("Caldo verde").in_course(2)]).await;
    let held = act(&waiter, house.held(&placed, 2).await, "rush").await;
    assert_eq!((held.status, held.words().contains("on hold")), (StatusCode::CONFLICT, true));
    cook.bump(placed.ticket("grill"), 1).await;
    let line = house.line(&placed, "Sardines").await;
    let fire = FireId(house.ask("select fire_id from order_lines where line_id = $1", line.0).await);
    let cooked = act(&waiter, fire, "rush").await;
    assert_eq!((cooked.status, cooked.words().contains("cooked already")), (StatusCode::CONFLICT, true));
    assert_eq!(act(&cook, fire, "rush").await.status, StatusCode::FORBIDDEN);
}
