//! Food that is ready calls whoever serves the table, until they say that they know.

use comanda::domain::ids::FireId;
use reqwest::StatusCode;
use serde_json::json;

use crate::support::{Placed, TestApp, dish};

async fn fire_of(house: &TestApp, placed: &Placed) -> FireId {
    FireId(house.ask("select fire_id from fires where check_id = $1", placed.check().0).await)
}

#[tokio::test]
async fn ready_food_calls_until_it_was_seen_and_calls_again_after_a_recall() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let placed = waiter.order("3", &[dish("Sardines")]).await;
    let (fire, grill) = (fire_of(&house, &placed).await, placed.ticket("grill"));
    let seen = format!("/fires/{fire}/ready-seen");
    let calls = async || waiter.get("/floor").await.body.contains(&format!("data-fire=\"{fire}\""));
    assert!(!calls().await, "nothing is ready");
    let early = waiter.post(&seen, &json!({})).await;
    assert_eq!((early.status, early.words().contains("still being cooked")), (StatusCode::CONFLICT, true));

    cook.bump(grill, 1).await;
    let floor = waiter.get("/floor").await.body;
    let call = floor.split("<form class=\"tile-call\"").find(|form| form.contains(&fire.to_string()));
    assert!(call.is_some_and(|form| form.contains("data-waiter=\"Inês\"")), "whose table it is: {floor}");
    // It outlives a sign-out: another device of theirs is called, too.
    let again = house.as_waiter().await;
    assert!(again.get("/floor").await.body.contains(&fire.to_string()));

    assert_eq!(again.post(&seen, &json!({})).await.status, StatusCode::NO_CONTENT);
    assert!(!calls().await, "on every device");
    let before = house.rows().await;
    assert_eq!(waiter.post(&seen, &json!({})).await.status, StatusCode::NO_CONTENT, "twice is once");
    assert_eq!(house.rows().await, before);

    house.pass(time::Duration::minutes(1));
    assert_eq!(cook.ticket(grill, "recall", 1).await.status, StatusCode::NO_CONTENT);
    assert!(!calls().await, "it was taken back");
    assert_eq!(waiter.post(&seen, &json!({})).await.status, StatusCode::CONFLICT);
    cook.bump(grill, 1).await;
    assert!(calls().await, "and is ready again");
    assert_eq!(waiter.post(&format!("/fires/{fire}/bump"), &json!({})).await.status, StatusCode::NO_CONTENT);
    assert!(!calls().await, "it is served");
    let late = waiter.post(&seen, &json!({})).await;
    assert_eq!(
        (late.status, late.words().contains("handed it over")),
        (StatusCode::CONFLICT, true),
        "{}",
        late.body
    );
}

#[tokio::test]
async fn a_browser_without_scripts_says_so_on_the_tile() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let placed = waiter.order("3", &[dish("Sardines")]).await;
    cook.bump(placed.ticket("grill"), 1).await;
    let fire = fire_of(&house, &placed).await;
    let answer = waiter.form(&format!("/fires/{fire}/ready-seen"), &[]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/floor"));
}
