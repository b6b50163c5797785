//! The bill: taken off it, paid, closed for good.

use comanda::domain::ids::{CheckId, LineId, OrderId, TenderId};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{Answer, Client, Placed, TestApp, dish, slip};

async fn line_of(house: &TestApp, placed: &Placed) -> LineId {
    let order: OrderId = placed.0["id"].as_str().expect("an id").parse().expect("an id");
    LineId(house.ask("select line_id from order_lines where order_id = $1", order.0).await)
}

async fn void(client: &Client, line: LineId, slip: Value) -> Answer {
    client.post(&format!("/lines/{line}/void"), &slip).await
}

async fn close(client: &Client, check: CheckId, tender: TenderId, amount_minor: i64) -> Answer {
    let slip = json!({ "tender_id": tender, "amount_minor": amount_minor });
    client.post(&format!("/checks/{check}/close"), &slip).await
}

#[tokio::test]
async fn a_void_takes_units_off_for_a_reason() {
    let house = TestApp::spawn().await;
    let waiter = house.as_waiter().await;
    let placed = waiter.order("3", &[dish("Sardines").times(3)]).await;
    let line = line_of(&house, &placed).await;
    let voided = void(&waiter, line, json!({ "quantity": 2, "reason": "Guest changed their mind" })).await;
    assert_eq!(voided.status, StatusCode::NO_CONTENT, "{}", voided.body);
    let page = waiter.get(&format!("/checks/{}", placed.check())).await.body;
    assert!(
        page.contains("2 of 3") && page.contains("Guest changed their mind") && page.contains("12.90"),
        "{page}"
    );
}

#[tokio::test]
async fn a_void_without_a_reason_or_of_more_than_there_is_is_refused() {
    let house = TestApp::spawn().await;
    let waiter = house.as_waiter().await;
    let placed = waiter.order("3", &[dish("Sardines").times(2)]).await;
    let line = line_of(&house, &placed).await;
    let before = house.rows().await;
    for (slip, blamed) in [
        (json!({ "quantity": 1 }), "reason"),
        (json!({ "quantity": 1, "reason": "  " }), "reason"),
        (json!({ "quantity": 1, "reason": "two\nlines" }), "reason"),
        (json!({ "quantity": 1, "reason": "x".repeat(201) }), "reason"),
        (json!({ "quantity": 3, "reason": "Took too long" }), "quantity"),
        (json!({ "quantity": 0, "reason": "Took too long" }), "quantity"),
        (json!({ "quantity": i64::MAX, "reason": "Took too long" }), "quantity"),
    ] {
        let refused = void(&waiter, line, slip.clone()).await;
        assert_eq!(
            (refused.status, refused.blames()),
            (StatusCode::UNPROCESSABLE_ENTITY, vec![blamed.to_owned()]),
            "{slip}"
        );
    }
    let form = waiter.form(&format!("/lines/{line}/void"), &[("quantity", "1"), ("reason", "")]).await;
    assert_eq!(form.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(form.body.contains("Say why") && form.body.contains("Sardines"), "the check's page says it");
    assert_eq!(void(&waiter, LineId::new(), json!({ "reason": "x" })).await.status, StatusCode::NOT_FOUND);
    assert_eq!(house.rows().await, before);
}

#[tokio::test]
async fn a_cook_voids_nothing_and_what_is_cooked_is_the_managers() {
    let house = TestApp::spawn().await;
    let (waiter, cook, manager) = (house.as_waiter().await, house.as_cook().await, house.as_manager().await);
    let placed = waiter.order("3", &[dish("Sardines")]).await;
    let line = line_of(&house, &placed).await;
    let why = json!({ "quantity": 1, "reason": "Not as ordered" });
    assert_eq!(void(&cook, line, why.clone()).await.status, StatusCode::FORBIDDEN);
    cook.bump(placed.ticket("grill"), 1).await;
    let before = house.rows().await;
    let refused = void(&waiter, line, why.clone()).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.words().contains("manager"), "{}", refused.words());
    assert_eq!(house.rows().await, before);
    assert_eq!(void(&manager, line, why.clone()).await.status, StatusCode::NO_CONTENT);
    let again = void(&manager, line, why).await;
    assert_eq!(
        (again.status, again.blames()),
        (StatusCode::UNPROCESSABLE_ENTITY, vec!["quantity".to_owned()])
    );
}

#[tokio::test]
async fn the_exact_amount_closes_the_check_and_frees_the_table() {
    let house = TestApp::spawn().await;
    let waiter = house.as_waiter().await;
    let mut floor = waiter.open_screen("floor").await;
    let placed = waiter.order("3", &[dish("Sardines"), dish("Bica").times(2)]).await;
    floor.until_turn(placed.seq()).await;
    let before = house.rows().await;
    for wrong in [0, 1529, 1531, -1530] {
        let refused = close(&waiter, placed.check(), TenderId::new(), wrong).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        assert!(refused.words().contains("15.30"), "{}", refused.words());
    }
    assert_eq!(house.rows().await, before);

    let closed = close(&waiter, placed.check(), TenderId::new(), 1530).await;

    assert_eq!(closed.status, StatusCode::NO_CONTENT, "{}", closed.body);
    let tile = floor
        .next_cards()
        .await
        .articles
        .into_iter()
        .find(|tile| tile.html.contains(">3<"))
        .expect("the tile");
    assert!(!tile.html.contains("Check #"), "{}", tile.html);
    let state: String = house.ask("select state from checks where check_id = $1", placed.check().0).await;
    assert_eq!(state, "closed");
    assert_eq!(
        house.ask::<String>("select state from tickets where ticket_id = $1", placed.ticket("grill").0).await,
        "open",
        "payment touches no ticket"
    );
}

#[tokio::test]
async fn one_payment_twice_is_one_payment() {
    let house = TestApp::spawn().await;
    let waiter = house.as_waiter().await;
    let placed = waiter.order("3", &[dish("Bica")]).await;
    let tender = TenderId::new();
    let (left, right) = tokio::join!(
        close(&waiter, placed.check(), tender, 120),
        close(&waiter, placed.check(), tender, 120)
    );
    assert_eq!(
        (left.status, right.status),
        (StatusCode::NO_CONTENT, StatusCode::NO_CONTENT),
        "{} {}",
        left.body,
        right.body
    );
    assert_eq!(house.ask::<i64>("select count(*) from tenders", None).await, 1);
    let other = close(&waiter, placed.check(), TenderId::new(), 120).await;
    assert_eq!((other.status, other.words().contains("closed already")), (StatusCode::CONFLICT, true));
    let elsewhere = waiter.order("4", &[dish("Bica")]).await;
    let used = close(&waiter, elsewhere.check(), tender, 120).await;
    assert_eq!(used.status, StatusCode::CONFLICT, "{}", used.body);
    assert_eq!(house.ask::<i64>("select count(*) from tenders", None).await, 1);
}

#[tokio::test]
async fn a_payment_needs_an_id_and_an_amount() {
    let house = TestApp::spawn().await;
    let waiter = house.as_waiter().await;
    let placed = waiter.order("3", &[dish("Bica")]).await;
    let path = format!("/checks/{}/close", placed.check());
    let before = house.rows().await;
    let nameless = waiter.post(&path, &json!({ "amount_minor": 120 })).await;
    assert_eq!(
        (nameless.status, nameless.blames()),
        (StatusCode::UNPROCESSABLE_ENTITY, vec!["tender_id".to_owned()])
    );
    let empty = waiter.post(&path, &json!({ "tender_id": TenderId::new() })).await;
    assert_eq!(
        (empty.status, empty.blames()),
        (StatusCode::UNPROCESSABLE_ENTITY, vec!["amount_minor".to_owned()])
    );
    assert_eq!(house.rows().await, before);
}

#[tokio::test]
async fn a_closed_check_changes_no_more() {
    let house = TestApp::spawn().await;
    let (waiter, manager) = (house.as_waiter().await, house.as_manager().await);
    let placed = waiter.order("3", &[dish("Bica")]).await;
    let line = line_of(&house, &placed).await;
    close(&waiter, placed.check(), TenderId::new(), 120).await;
    let before = house.rows().await;
    let voided = void(&manager, line, json!({ "quantity": 1, "reason": "late" })).await;
    assert_eq!((voided.status, voided.words().contains("closed")), (StatusCode::UNPROCESSABLE_ENTITY, true));
    let mut order = slip("3", &[dish("Bica")]);
    order["check_id"] = json!(placed.check());
    assert_eq!(waiter.post("/orders", &order).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(house.rows().await, before);
    let page = waiter.get(&format!("/checks/{}", placed.check())).await.body;
    assert!(page.contains("Closed") && !page.contains("Take payment"), "{page}");
}
