//! What the floor takes off a card that the kitchen has: struck until somebody has seen it.

use comanda::domain::ids::OrderId;
use reqwest::StatusCode;
use serde_json::json;

use crate::support::{Client, Placed, TestApp, dish};

/// Voids all of the order's lines that are of this dish.
async fn void(house: &TestApp, client: &Client, placed: &Placed, dish: &str) {
    let order: OrderId = placed.0["id"].as_str().expect("an id").parse().expect("an id");
    let line = format!("select line_id from order_lines where order_id = $1 and item_name = '{dish}'");
    let line: uuid::Uuid = house.ask(&line, order.0).await;
    let slip = json!({ "quantity": 1, "reason": "Entered wrong" });
    let voided = client.post(&format!("/lines/{line}/void"), &slip).await;
    assert_eq!(voided.status, StatusCode::NO_CONTENT, "{}", voided.body);
}

#[tokio::test]
async fn a_bump_that_has_not_seen_the_void_is_refused() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let placed = waiter.order("3", &[dish("Sardines"), dish("Cauliflower from the embers")]).await;
    let ticket = placed.ticket("grill");
    let mut screen = cook.open_screen("station-grill").await;
    let seen = screen.until_shown(ticket).await.version();
    void(&house, &waiter, &placed, "Sardines").await;
    let before = house.rows().await;

    let refused = cook.bump(ticket, seen).await;

    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.words().contains("changed"), "{}", refused.words());
    assert_eq!(house.rows().await, before);
    let card = screen.next_cards().await.brings(ticket).expect("the changed card").clone();
    assert!(card.html.contains("VOID: part of this") && card.html.contains("Entered wrong"), "{}", card.html);
    assert_eq!(cook.bump(ticket, card.version()).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_void_card_stays_until_somebody_has_seen_it() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let mut screen = cook.open_screen("station-grill").await;
    let placed = waiter.order("3", &[dish("Sardines")]).await;
    let ticket = placed.ticket("grill");
    let unseen = screen.until_shown(ticket).await.version();
    void(&house, &waiter, &placed, "Sardines").await;
    let card = screen.next_cards().await.brings(ticket).expect("the void card").clone();
    assert!(card.html.contains("VOID: do not make"), "{}", card.html);

    let stale = cook.ticket(ticket, "acknowledge", unseen).await;
    assert_eq!(stale.status, StatusCode::CONFLICT, "that version is from before the void");
    assert_eq!(cook.ticket(ticket, "acknowledge", card.version()).await.status, StatusCode::NO_CONTENT);

    assert!(screen.next_cards().await.drops(ticket));
    assert_eq!(
        house.ask::<String>("select state from tickets where ticket_id = $1", ticket.0).await,
        "cleared"
    );
    let cleared = "select f.cleared_at is not null from fires f join tickets t using (location_id, fire_id) where ticket_id = $1";
    assert!(house.ask::<bool>(cleared, ticket.0).await, "the pass does not wait for it");
    let before = house.rows().await;
    assert_eq!(cook.ticket(ticket, "acknowledge", card.version()).await.status, StatusCode::NO_CONTENT);
    assert_eq!(house.rows().await, before);
    let refused = cook.ticket(ticket, "recall", 1).await;
    assert_eq!((refused.status, refused.words().contains("cleared")), (StatusCode::CONFLICT, true));
}

#[tokio::test]
async fn a_seen_void_leaves_the_rest_to_be_cooked() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let placed = waiter.order("3", &[dish("Sardines"), dish("Cauliflower from the embers")]).await;
    let ticket = placed.ticket("grill");
    void(&house, &waiter, &placed, "Sardines").await;
    assert_eq!(cook.ticket(ticket, "acknowledge", 2).await.status, StatusCode::NO_CONTENT);
    let mut screen = cook.open_screen("station-grill").await;
    let card = screen.until_shown(ticket).await;
    assert!(!card.html.contains("Sardines") && card.html.contains("Cauliflower"), "{}", card.html);
}
