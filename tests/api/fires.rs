//! The pass: a fire is handed over whole.

use comanda::domain::ids::FireId;
use reqwest::StatusCode;
use serde_json::json;
use time::Duration;
use uuid::Uuid;

use crate::support::{Answer, Client, Placed, TestApp, dish};

/// The fire of an order of one course.
async fn fire_of(house: &TestApp, placed: &Placed) -> FireId {
    FireId(house.ask("select fire_id from fires where check_id = $1", placed.check().0).await)
}

async fn act(client: &Client, fire: FireId, verb: &str) -> Answer {
    client.post(&format!("/fires/{fire}/{verb}"), &json!({})).await
}

#[tokio::test]
async fn what_is_ready_is_handed_over_and_leaves_the_pass() {
    let house = TestApp::spawn().await;
    let (waiter, cook, expo) = (house.as_waiter().await, house.as_cook().await, house.as_expo().await);
    let placed = waiter.order("3", &[dish("Sardines")]).await;
    let fire = fire_of(&house, &placed).await;
    let mut screen = expo.open_screen("expo").await;
    assert!(screen.cards.contains_key(&format!("f-{fire}")));
    cook.bump(placed.ticket("grill"), 1).await;
    screen.next_cards().await;

    assert_eq!(act(&expo, fire, "bump").await.status, StatusCode::NO_CONTENT);

    while screen.cards.contains_key(&format!("f-{fire}")) {
        screen.next_cards().await;
    }
    let served = "select bool_and(served_at = '2099-11-20 21:40Z') from order_lines where fire_id = $1";
    assert!(house.ask::<bool>(served, fire.0).await);
    let check = waiter.get(&format!("/checks/{}", placed.check())).await;
    assert!(check.body.contains("Handed over"), "{}", check.body);
}

#[tokio::test]
async fn what_is_still_cooked_is_not_handed_over() {
    let house = TestApp::spawn().await;
    let (waiter, cook, expo) = (house.as_waiter().await, house.as_cook().await, house.as_expo().await);
    let placed = waiter.order("3", &[dish("Cod à lagareiro")]).await;
    let fire = fire_of(&house, &placed).await;
    cook.bump(placed.ticket("grill"), 1).await;
    let before = house.rows().await;
    let refused = act(&expo, fire, "bump").await;
    assert_eq!((refused.status, refused.words().contains("1 of its tickets")), (StatusCode::CONFLICT, true));
    assert_eq!(house.rows().await, before);
}

#[tokio::test]
async fn a_hand_over_twice_is_one_and_a_second_runner_is_told_who_was_faster() {
    let house = TestApp::spawn().await;
    let (waiter, cook, expo) = (house.as_waiter().await, house.as_cook().await, house.as_expo().await);
    let placed = waiter.order("3", &[dish("Sardines")]).await;
    let fire = fire_of(&house, &placed).await;
    cook.bump(placed.ticket("grill"), 1).await;
    act(&expo, fire, "bump").await;
    let before = house.rows().await;
    assert_eq!(act(&expo, fire, "bump").await.status, StatusCode::NO_CONTENT);
    let late = act(&waiter, fire, "bump").await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.words().contains("Catarina handed it over"), "{}", late.words());
    assert_eq!(late.json()["at"], "2099-11-20T21:40:00Z", "{}", late.body);
    assert_eq!(house.rows().await, before);
}

#[tokio::test]
async fn a_hand_over_is_taken_back_within_five_seconds() {
    let house = TestApp::spawn().await;
    let (waiter, cook, expo) = (house.as_waiter().await, house.as_cook().await, house.as_expo().await);
    let placed = waiter.order("3", &[dish("Sardines")]).await;
    let fire = fire_of(&house, &placed).await;
    cook.bump(placed.ticket("grill"), 1).await;
    act(&expo, fire, "bump").await;
    house.pass(Duration::seconds(5));
    assert_eq!(act(&waiter, fire, "undo").await.status, StatusCode::CONFLICT, "it is not theirs");
    assert_eq!(act(&expo, fire, "undo").await.status, StatusCode::NO_CONTENT);
    let back = "select handed_over_at is null and (select bool_and(served_at is null) from order_lines l
        where l.fire_id = f.fire_id) from fires f where fire_id = $1";
    assert!(house.ask::<bool>(back, fire.0).await);
    let before = house.rows().await;
    assert_eq!(act(&expo, fire, "undo").await.status, StatusCode::NO_CONTENT, "twice is once");
    assert_eq!(house.rows().await, before);

    act(&expo, fire, "bump").await;
    house.pass(Duration::milliseconds(5001));
    let late = act(&expo, fire, "undo").await;
    assert_eq!((late.status, late.words().contains("Too late")), (StatusCode::CONFLICT, true));
    let recalled = expo.post("/kitchen/expo/recall", &json!({})).await;
    assert_eq!(recalled.status, StatusCode::NO_CONTENT, "{}", recalled.body);
    assert!(house.ask::<bool>(back, fire.0).await);
}

#[tokio::test]
async fn a_fire_that_nobody_knows_is_not_handed_over() {
    let house = TestApp::spawn().await;
    let expo = house.as_expo().await;
    let before = house.rows().await;
    assert_eq!(act(&expo, FireId(Uuid::nil()), "bump").await.status, StatusCode::NOT_FOUND);
    assert_eq!(house.rows().await, before);
}
