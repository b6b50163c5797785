//! Whose party it is, and whether it is an important one: every card says so, quietly.

use comanda::domain::demo::staff_id;
use reqwest::StatusCode;
use serde_json::json;

use crate::support::{TestApp, dish};

#[tokio::test]
async fn important_guests_go_before_what_is_older() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let mut grill = cook.open_screen("station-grill").await;
    let older = waiter.order("3", &[dish("Sardines")]).await;
    house.pass(time::Duration::minutes(1));
    let placed = waiter.order("4", &[dish("Sardines")]).await;
    let (first, second) = (older.ticket("grill"), placed.ticket("grill"));
    let sorts = |grill: &crate::support::Screen| {
        [first, second].map(|ticket| grill.shows(ticket).expect("there").attribute("data-sort").to_owned())
    };
    grill.until_shown(second).await;
    let [old, new] = sorts(&grill);
    assert!(old < new);
    let path = format!("/checks/{}/vip", placed.check());
    assert_eq!(waiter.post(&path, &json!({ "vip": true })).await.status, StatusCode::NO_CONTENT);
    let turn = house.ask::<i64>("select seq from boards", None).await;
    grill.until_turn(turn).await;
    let [old, new] = sorts(&grill);
    assert!(new < old);
    let card = grill.shows(second).expect("there").clone();
    assert!(card.html.contains(">VIP</strong>") && card.version() == 1, "{}", card.html);
    assert!(!card.attribute("data-cues").contains("changed"), "without a sound: {}", card.html);
    let rows = house.rows().await;
    assert_eq!(waiter.post(&path, &json!({ "vip": true })).await.status, StatusCode::NO_CONTENT);
    assert_eq!(house.rows().await, rows, "twice is once");

    // What is added later knows it, and so do the floor and the pass.
    let more = waiter.order("4", &[dish("Sardines")]).await;
    assert!(grill.until_shown(more.ticket("grill")).await.html.contains(">VIP</strong>"));
    let kept = "select coalesce((header -> 'vip')::boolean, false) from tickets where ticket_id = $1";
    assert!(house.ask::<bool>(kept, more.ticket("grill").0).await, "on its row, too");
    assert!(house.as_expo().await.get("/kitchen/expo").await.body.contains(">VIP</strong>"));
    assert!(waiter.get("/floor").await.body.contains("tile-vip"));
    assert_eq!(waiter.form(&path, &[("vip", "false")]).await.status, StatusCode::SEE_OTHER);
    assert!(!waiter.get("/floor").await.body.contains("tile-vip"));
    assert_eq!(waiter.post(&path, &json!({})).await.blames(), ["vip"]);
    assert_eq!(cook.post(&path, &json!({ "vip": true })).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_party_is_handed_to_another_waiter_whom_its_food_then_calls() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let placed = waiter.order("3", &[dish("Sardines")]).await;
    let ticket = placed.ticket("grill");
    let path = format!("/checks/{}/server", placed.check());
    for nobody in [staff_id("Rui"), comanda::domain::ids::StaffId::new()] {
        assert_eq!(waiter.post(&path, &json!({ "staff_id": nobody })).await.blames(), ["staff_id"]);
    }
    let to = json!({ "staff_id": staff_id("Tiago") });
    assert_eq!(waiter.post(&path, &to).await.status, StatusCode::NO_CONTENT);
    let rows = house.rows().await;
    assert_eq!(waiter.post(&path, &to).await.status, StatusCode::NO_CONTENT);
    assert_eq!(house.rows().await, rows, "twice is once");
    let card = cook.get("/kitchen/grill").await.body;
    let card =
        card.split("<article").find(|card| card.contains(&ticket.to_string())).expect("the card").to_owned();
    assert!(
        card.contains("<span class=\"ticket-waiter\">Tiago</span>") && card.contains("data-version=\"1\""),
        "{card}"
    );
    assert_eq!(cook.bump(ticket, 1).await.status, StatusCode::NO_CONTENT, "no version moved");
    let floor = waiter.get("/floor").await.body;
    let call = floor.split("<form class=\"tile-call\"").nth(1).expect("a call");
    assert!(call.contains("data-waiter=\"Tiago\""), "{call}");
    assert!(waiter.get(&format!("/checks/{}", placed.check())).await.body.contains("Tiago"));
}
