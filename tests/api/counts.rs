//! What is left: a portion is taken at the Send, the last one is sold once, and every tablet sees it.

use std::sync::Arc;

use reqwest::StatusCode;
use serde_json::json;

use crate::support::{Answer, Client, TestApp, dish, slip};

fn item(name: &'static str) -> String {
    dish(name).json()["item_id"].as_str().expect("an id").to_owned()
}

async fn count(client: &Client, name: &'static str, remaining: serde_json::Value) -> Answer {
    client.post(&format!("/items/{}/count", item(name)), &json!({ "remaining": remaining })).await
}

async fn left(house: &TestApp, name: &'static str) -> Option<i32> {
    house
        .ask(
            "select remaining from items where item_id = $1",
            item(name).parse::<uuid::Uuid>().expect("an id"),
        )
        .await
}

#[tokio::test]
async fn a_portion_is_taken_at_the_send_and_every_tablet_sees_what_is_left() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let mut tablet = waiter.open_screen("items").await;
    assert_eq!(count(&cook, "Sardines", json!(5)).await.status, StatusCode::NO_CONTENT);
    let said = |frame: crate::support::screen::Frame| {
        frame.articles.iter().map(|article| article.attribute("data-left").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(said(tablet.next_cards().await), ["5"]);

    // Held lines take theirs too.
    let placed = waiter.order("3", &[dish("Sardines").times(2), dish("Sardines").in_course(2)]).await;
    assert_eq!(said(tablet.next_cards().await), ["2"]);
    let too_many = waiter.post("/orders", &slip("4", &[dish("Sardines"), dish("Sardines").times(2)])).await;
    assert_eq!(too_many.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", too_many.body);
    let field = &too_many.json()["fields"][0];
    assert_eq!((&field["line"], &field["field"]), (&json!(1), &json!("quantity")), "{}", too_many.body);
    assert!(too_many.words().contains("Only 1 left of Sardines"), "{}", too_many.body);
    assert_eq!(left(&house, "Sardines").await, Some(2), "nothing was written");

    let last = slip("4", &[dish("Sardines").times(2)]);
    assert_eq!(waiter.post("/orders", &last).await.status, StatusCode::CREATED);
    assert_eq!(said(tablet.next_cards().await), ["0"]);
    assert_eq!(waiter.post("/orders", &last).await.status, StatusCode::OK, "the same Send twice takes once");
    let none = waiter.post("/orders", &slip("5", &[dish("Caldo verde"), dish("Sardines")])).await;
    assert_eq!(none.json()["fields"][0]["field"], "item_id", "{}", none.body);
    assert!(none.words().contains("86"), "{}", none.body);

    // The portion of a course on hold is its own, though nothing is left: nobody is asked.
    let fired = waiter.post(&format!("/fires/{}/fire", house.held(&placed, 2).await), &json!({})).await;
    assert_eq!(fired.status, StatusCode::NO_CONTENT, "{}", fired.body);
    assert_eq!(count(&waiter, "Sardines", json!("")).await.status, StatusCode::NO_CONTENT);
    tablet.next_cards().await;
    assert!(tablet.cards.is_empty(), "nobody counts any more");
    waiter.order("5", &[dish("Sardines").times(9)]).await;
}

#[tokio::test]
async fn the_last_portion_is_sold_once_whoever_asks_for_it() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (Arc::new(house.as_waiter().await), house.as_cook().await);
    count(&cook, "Sardines", json!(3)).await;
    let asking = (1..=8).map(|table| {
        let waiter = Arc::clone(&waiter);
        tokio::spawn(async move {
            waiter.post("/orders", &slip(&table.to_string(), &[dish("Sardines")])).await.status
        })
    });
    let mut sold = 0;
    for answer in asking.collect::<Vec<_>>() {
        match answer.await.expect("an answer") {
            StatusCode::CREATED => sold += 1,
            status => assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY),
        }
    }
    assert_eq!((sold, left(&house, "Sardines").await), (3, Some(0)));
    let lines: i64 = house
        .ask(
            "select count(*) from order_lines where item_id = $1 and voided = 0",
            item("Sardines").parse::<uuid::Uuid>().expect("an id"),
        )
        .await;
    assert!(lines >= 3, "{lines}");
}

#[tokio::test]
async fn what_nobody_began_is_sold_again_when_it_is_voided() {
    let house = TestApp::spawn().await;
    let (waiter, cook, manager) = (house.as_waiter().await, house.as_cook().await, house.as_manager().await);
    count(&cook, "Sardines", json!(6)).await;
    let placed = waiter.order("3", &[dish("Sardines").times(3)]).await;
    let line = house.line(&placed, "Sardines").await;
    let void = json!({ "quantity": 1, "reason": "Entered wrong" });
    waiter.post(&format!("/lines/{line}/void"), &void).await;
    assert_eq!(left(&house, "Sardines").await, Some(4));
    cook.ticket(placed.ticket("grill"), "acknowledge", 2).await;
    assert_eq!(cook.ticket(placed.ticket("grill"), "start", 2).await.status, StatusCode::NO_CONTENT);
    assert_eq!(manager.post(&format!("/lines/{line}/void"), &void).await.status, StatusCode::NO_CONTENT);
    assert_eq!(left(&house, "Sardines").await, Some(4), "it lies on the fire");
}

#[tokio::test]
async fn a_count_puts_a_dish_back_and_says_what_is_no_count() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    cook.post(&format!("/items/{}/86", item("Sardines")), &json!({})).await;
    assert_eq!(count(&cook, "Sardines", json!(1)).await.status, StatusCode::NO_CONTENT);
    waiter.order("3", &[dish("Sardines")]).await;
    let before = house.rows().await;
    for wrong in [json!(-1), json!(1000), json!("many"), json!(1.5), json!([1])] {
        let refused = count(&cook, "Sardines", wrong.clone()).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}: {}", refused.body);
        assert_eq!(refused.json()["fields"][0]["field"], "remaining", "{}", refused.body);
    }
    assert_eq!(house.rows().await, before);
    // None left, said by hand, is an 86: a course that waits asks before it is fired.
    assert_eq!(count(&cook, "Sardines", json!(0)).await.status, StatusCode::NO_CONTENT);
    let off: bool = house
        .ask(
            "select eighty_sixed_at is not null from items where item_id = $1",
            item("Sardines").parse::<uuid::Uuid>().expect("an id"),
        )
        .await;
    assert!(off);
    cook.post(&format!("/items/{}/back", item("Sardines")), &json!({})).await;
    assert_eq!(left(&house, "Sardines").await, None, "on the menu, and nobody counts");
}

#[tokio::test]
async fn a_count_that_somebody_overtook_is_made_again() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let set = async |was: serde_json::Value, remaining: i32| {
        let slip = json!({ "remaining": remaining, "was": was });
        cook.post(&format!("/items/{}/count", item("Sardines")), &slip).await
    };
    assert_eq!(set(json!(""), 5).await.status, StatusCode::NO_CONTENT);
    waiter.order("3", &[dish("Sardines").times(2)]).await;
    let before = house.rows().await;
    let overtaken = set(json!("5"), 9).await;
    assert_eq!(overtaken.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", overtaken.body);
    assert!(overtaken.words().contains("3 left now"), "{}", overtaken.body);
    assert_eq!(house.rows().await, before);
    assert_eq!(set(json!("3"), 9).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn what_came_back_from_a_guest_is_not_sold_again() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    count(&cook, "Sardines", json!(1)).await;
    let placed = waiter.order("3", &[dish("Sardines")]).await;
    cook.bump(placed.ticket("grill"), 1).await;
    assert_eq!(cook.ticket(placed.ticket("grill"), "recall", 1).await.status, StatusCode::NO_CONTENT);
    let line = house.line(&placed, "Sardines").await;
    let void = json!({ "quantity": 1, "reason": "Not as ordered" });
    assert_eq!(waiter.post(&format!("/lines/{line}/void"), &void).await.status, StatusCode::NO_CONTENT);
    assert_eq!(left(&house, "Sardines").await, Some(0), "it was cooked once");
}

#[tokio::test]
async fn on_a_wall_whoever_has_a_pin_says_what_is_left() {
    let house = TestApp::spawn().await;
    // Bound to the grill's page, a session may do what a cook does at it: the menu is nobody's there.
    let grill = house.sign_in_at("Rui", "/kitchen/grill").await;
    let page = grill.get("/kitchen/grill/items").await.body;
    assert!(page.contains("Sardines") && !page.contains("Arroz doce") && page.contains("PIN"), "{page}");
    let address = format!("/items/{}/count", item("Sardines"));
    let rui = comanda::domain::demo::staff_id("Rui").to_string();
    let said = |pin: &'static str| json!({ "staff_id": rui, "pin": pin, "remaining": "7" });
    assert_eq!(grill.post(&address, &json!({ "remaining": 7 })).await.status, StatusCode::FORBIDDEN);
    for (body, field) in [(said(""), "pin"), (said("0000"), "pin")] {
        let refused = grill.post(&address, &body).await;
        assert_eq!(refused.json()["fields"][0]["field"], field, "{}", refused.body);
    }
    let form = [("slug", "grill"), ("staff_id", &rui), ("pin", "9999"), ("remaining", "7")];
    let back = grill.form(&address, &form).await;
    assert_eq!(back.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(back.body.contains("what is left") && back.body.contains("role=\"alert\""), "{}", back.body);
    assert_eq!(left(&house, "Sardines").await, None);

    assert_eq!(grill.post(&address, &said("6093")).await.status, StatusCode::NO_CONTENT);
    assert_eq!(left(&house, "Sardines").await, Some(7));
    let by: String = house
        .ask("select s.name from audit a join staff s using (location_id, staff_id) where a.verb = 'count' and a.subject = $1", item("Sardines").parse::<uuid::Uuid>().expect("an id"))
        .await;
    assert_eq!(by, "Rui");
    assert_eq!(grill.get("/kitchen/fry/items").await.status, StatusCode::FORBIDDEN);
}
