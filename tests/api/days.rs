//! The end of the business day.

use reqwest::StatusCode;
use serde_json::json;
use time::macros::datetime;

use crate::support::{TestApp, dish};

#[tokio::test]
async fn the_cut_off_clears_the_screens_and_the_manager_sees_what_was_left() {
    let house = TestApp::spawn().await;
    let (waiter, machine) = (house.as_waiter().await, house.as_machine().await); // a key outlasts the night
    let placed = waiter.order("3", &[dish("Sardines").times(2)]).await;
    let (mut grill, mut expo) =
        (machine.open_screen("station-grill").await, machine.open_screen("expo").await);
    grill.until_shown(placed.ticket("grill")).await;

    house.clock.set(datetime!(2099-11-21 03:59 UTC));
    let rolled: i64 = house.ask("select count(*) from audit where verb = 'day_rolled'", None).await;
    assert_eq!(rolled, 0);
    house.clock.set(datetime!(2099-11-21 04:00 UTC));

    grill.until_gone(placed.ticket("grill")).await;
    while expo.cards.keys().any(|id| id.starts_with("f-")) {
        expo.next_cards().await;
    }
    assert!(grill.cards.keys().all(|id| id == "all-day"), "{:?}", grill.cards.keys());
    let manager = house.as_manager().await;
    let page = manager.get("/manage").await.body;
    assert!(page.contains("2099-11-20") && page.contains("2 × Sardines"), "{page}");
    let morning = house.as_waiter().await;
    let first = morning.order("5", &[dish("Bica")]).await;
    assert_eq!(first.0["check_no"], 1, "numbers begin again");
    let open: String = house.ask("select state from checks where check_id = $1", placed.check().0).await;
    assert_eq!(open, "open", "its money is still owed");
    assert!(morning.get(&format!("/checks/{}", placed.check())).await.body.contains("Cleared"));
    tokio::time::sleep(std::time::Duration::from_millis(1200)).await; // the next time somebody asks
    let rolled: i64 = house.ask("select count(*) from audit where verb = 'day_rolled'", None).await;
    assert_eq!(rolled, 1);
}

#[tokio::test]
async fn what_was_bumped_yesterday_is_recalled_by_nobody() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let placed = waiter.order("3", &[dish("Sardines")]).await;
    let ticket = placed.ticket("grill");
    assert_eq!(cook.ticket(ticket, "bump", 1).await.status, StatusCode::NO_CONTENT);
    let mut expo = house.as_machine().await.open_screen("expo").await; // a key outlasts the night
    house.clock.set(datetime!(2099-11-21 04:00 UTC));
    while expo.cards.keys().any(|id| id.starts_with("f-")) {
        expo.next_cards().await;
    }

    let (cook, manager) = (house.as_cook().await, house.as_manager().await);
    let last = cook.post("/kitchen/grill/recall", &json!({})).await;
    assert_eq!(last.status, StatusCode::CONFLICT, "{}", last.body);
    for person in [&cook, &manager] {
        let refused = person.ticket(ticket, "recall", 1).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        assert!(refused.body.contains("cleared"), "{}", refused.body);
    }
    let state: String = house.ask("select state from tickets where ticket_id = $1", ticket.0).await;
    assert_eq!(state, "bumped");
}

#[tokio::test]
async fn the_pass_recalls_what_was_handed_over_today_and_nothing_of_yesterday() {
    let house = TestApp::spawn().await;
    let (waiter, cook, expo) = (house.as_waiter().await, house.as_cook().await, house.as_expo().await);
    let fire_of = "select fire_id from tickets where ticket_id = $1";
    let yesterday = waiter.order("3", &[dish("Sardines")]).await;
    let ticket = yesterday.ticket("grill");
    cook.bump(ticket, 1).await;
    let fire: uuid::Uuid = house.ask(fire_of, ticket.0).await;
    assert_eq!(expo.post(&format!("/fires/{fire}/bump"), &json!({})).await.status, StatusCode::NO_CONTENT);
    house.clock.set(datetime!(2099-11-21 04:00 UTC));
    let today = "select exists (select from boards where business_day = '2099-11-21')";
    house.until(today, None).await;

    let (waiter, cook, expo) = (house.as_waiter().await, house.as_cook().await, house.as_expo().await);
    for station in ["grill", "expo"] {
        let nothing = expo.post(&format!("/kitchen/{station}/recall"), &json!({})).await;
        assert_eq!(nothing.status, StatusCode::CONFLICT, "{station}: {}", nothing.body);
    }
    // The same check, still open after the night.
    let morning = waiter.order("3", &[dish("Sardines")]).await;
    assert_eq!(morning.check(), yesterday.check());
    let ticket = morning.ticket("grill");
    cook.bump(ticket, 1).await;
    let fire: uuid::Uuid = house.ask(fire_of, ticket.0).await;
    assert_eq!(expo.post(&format!("/fires/{fire}/bump"), &json!({})).await.status, StatusCode::NO_CONTENT);
    assert_eq!(expo.post("/kitchen/expo/recall", &json!({})).await.status, StatusCode::NO_CONTENT);
}
