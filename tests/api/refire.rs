//! Cooked again, first and for nothing; and whether what was voided was made.

use comanda::domain::ids::LineId;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{Answer, Client, TestApp, dish};

async fn refire(client: &Client, line: LineId, again: LineId, units: i64, reason: &str) -> Answer {
    let slip = json!({ "id": again, "quantity": units, "reason": reason });
    client.post(&format!("/lines/{line}/refire"), &slip).await
}

#[tokio::test]
async fn a_dropped_plate_is_cooked_again_first_and_nobody_pays_twice() {
    let house = TestApp::spawn().await;
    let (waiter, cook, expo) = (house.as_waiter().await, house.as_cook().await, house.as_expo().await);
    let mut grill = cook.open_screen("station-grill").await;
    let order = crate::support::slip("3", &[dish("Sardines").times(2).saying("no salt")]);
    let first = waiter.post("/orders", &order).await;
    let placed = crate::support::Placed(first.json());
    let line = house.line(&placed, "Sardines").await;
    let cooking = refire(&waiter, line, LineId::new(), 1, "Dropped").await;
    assert_eq!((cooking.status, cooking.words().contains("not cooked yet")), (StatusCode::CONFLICT, true));
    cook.bump(placed.ticket("grill"), 1).await;
    let before_it = waiter.order("4", &[dish("Sardines")]).await.ticket("grill");
    house.pass(time::Duration::minutes(2));

    let again = LineId::new();
    let done = refire(&expo, line, again, 1, "Dropped").await;
    assert_eq!(done.status, StatusCode::NO_CONTENT, "{}", done.body);

    let ticket = house.ticket_of(again, "grill").await;
    let card = grill.until_shown(ticket).await;
    for words in ["REFIRE", "AGAIN</strong> Dropped", "no salt", "<span class=\"line-quantity\">1</span>"] {
        assert!(card.html.contains(words), "{words}: {}", card.html);
    }
    assert!(card.attribute("data-cues").contains("refire@"));
    let sort = |id| grill.shows(id).expect("a card").attribute("data-sort").to_owned();
    assert!(sort(ticket) < sort(before_it), "it goes first");
    let total: i64 = house
        .ask(
            "select sum((quantity - voided) * unit_price_minor)::bigint from order_lines l
            join orders o using (location_id, order_id) where o.check_id = $1",
            placed.check().0,
        )
        .await;
    let paid_once: i64 =
        house.ask("select unit_price_minor * 2 from order_lines where line_id = $1", line.0).await;
    assert_eq!(total, paid_once);
    let before = house.rows().await;
    assert_eq!(
        refire(&expo, line, again, 1, "Dropped").await.status,
        StatusCode::NO_CONTENT,
        "twice is once"
    );
    assert_eq!(house.rows().await, before);
    let repeated = waiter.post("/orders", &order).await;
    assert_eq!(
        (repeated.status, repeated.json()),
        (StatusCode::OK, first.json()),
        "the Send's answer is its own"
    );
    assert_eq!(cook.bump(ticket, 1).await.status, StatusCode::NO_CONTENT);
    let page = waiter.get(&format!("/checks/{}", placed.check())).await.body;
    assert!(page.contains("Cooked again</strong>: Dropped"), "{page}");
}

#[tokio::test]
async fn a_refire_says_what_is_wrong_with_it() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let placed = waiter.order("3", &[dish("Sardines"), dish("Caldo verde").in_course(2)]).await;
    let (line, held) = (house.line(&placed, "Sardines").await, house.line(&placed, "Caldo verde").await);
    cook.bump(placed.ticket("grill"), 1).await;
    let before = house.rows().await;
    let field = |answer: &Answer| answer.json()["fields"][0]["field"].as_str().unwrap_or("").to_owned();
    for (units, reason, wrong) in [(0, "Dropped", "quantity"), (2, "Dropped", "quantity"), (1, " ", "reason")]
    {
        let refused = refire(&waiter, line, LineId::new(), units, reason).await;
        assert_eq!(
            (refused.status, field(&refused).as_str()),
            (StatusCode::UNPROCESSABLE_ENTITY, wrong),
            "{}",
            refused.body
        );
    }
    let no_id = waiter.post(&format!("/lines/{line}/refire"), &json!({ "reason": "Dropped" })).await;
    assert_eq!(field(&no_id), "id", "{}", no_id.body);
    assert_eq!(refire(&waiter, held, LineId::new(), 1, "Cold").await.status, StatusCode::CONFLICT);
    let taken = refire(&waiter, line, held, 1, "Cold").await;
    assert_eq!(
        (taken.status, taken.words().contains("new one")),
        (StatusCode::CONFLICT, true),
        "{}",
        taken.body
    );
    assert_eq!(refire(&cook, line, LineId::new(), 1, "Cold").await.status, StatusCode::FORBIDDEN);
    assert_eq!(house.rows().await, before);
}

#[tokio::test]
async fn a_void_says_whether_it_was_made_and_only_what_was_not_is_sold_again() {
    let house = TestApp::spawn().await;
    let (waiter, cook, manager) = (house.as_waiter().await, house.as_cook().await, house.as_manager().await);
    let item = dish("Sardines").json()["item_id"].as_str().expect("an id").to_owned();
    cook.post(&format!("/items/{item}/count"), &json!({ "remaining": 9 })).await;
    let placed = waiter.order("3", &[dish("Sardines").times(5)]).await;
    let line = house.line(&placed, "Sardines").await;
    let left = async || {
        house
            .ask::<Option<i32>>(
                "select remaining from items where item_id = $1",
                item.parse::<uuid::Uuid>().expect("an id"),
            )
            .await
    };
    let wasted = async || house.ask::<i32>("select wasted from order_lines where line_id = $1", line.0).await;
    let void = async |client: &Client, made: Value| {
        let slip = json!({ "quantity": 1, "reason": "Entered wrong", "made": made });
        let answer = client.post(&format!("/lines/{line}/void"), &slip).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.body);
    };
    void(&waiter, json!(null)).await;
    assert_eq!((left().await, wasted().await), (Some(5), 0), "nobody had begun");
    void(&waiter, json!("yes")).await;
    assert_eq!((left().await, wasted().await), (Some(5), 1), "somebody says that it was made");
    cook.bump(placed.ticket("grill"), 3).await;
    void(&manager, json!(null)).await;
    assert_eq!((left().await, wasted().await), (Some(5), 2), "it was ready");
    void(&manager, json!("no")).await;
    assert_eq!((left().await, wasted().await), (Some(6), 2));
    let page = waiter.get(&format!("/checks/{}", placed.check())).await.body;
    assert!(page.contains("2 made, thrown away"), "{page}");
    // Of a counted dish a refire takes a portion, too.
    assert_eq!(refire(&waiter, line, LineId::new(), 1, "Cold").await.status, StatusCode::NO_CONTENT);
    assert_eq!(left().await, Some(5));
}

#[tokio::test]
async fn a_refire_asks_what_a_send_would_ask() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let placed = waiter.order("3", &[dish("Sardines")]).await;
    let line = house.line(&placed, "Sardines").await;
    cook.bump(placed.ticket("grill"), 1).await;
    let allergies = format!("/checks/{}/allergies", placed.check());
    waiter.post(&allergies, &json!({ "fish": true })).await;
    let before = house.rows().await;
    let unasked = refire(&waiter, line, LineId::new(), 1, "Cold").await;
    assert_eq!(
        (unasked.status, unasked.words().contains("ask the guest")),
        (StatusCode::CONFLICT, true),
        "{}",
        unasked.body
    );
    assert_eq!(house.rows().await, before);
    let page = waiter.get(&format!("/checks/{}", placed.check())).await.body;
    assert!(page.contains("name=\"asked\" value=\"1\""), "{page}");
    let again = LineId::new();
    let slip = json!({ "id": again, "quantity": 1, "reason": "Cold", "asked": "1" });
    let asked = waiter.post(&format!("/lines/{line}/refire"), &slip).await;
    assert_eq!(asked.status, StatusCode::NO_CONTENT, "{}", asked.body);
    let known: i32 = house
        .ask(
            "select (header ->> 'allergies_told')::integer from tickets where ticket_id = $1",
            house.ticket_of(again, "grill").await.0,
        )
        .await;
    assert_eq!(known, 1, "its station has to read it");
    let other = json!({ "id": again, "quantity": 1, "reason": "Dropped", "asked": "1" });
    assert_eq!(
        waiter.post(&format!("/lines/{line}/refire"), &other).await.status,
        StatusCode::CONFLICT,
        "another one under a spent id"
    );
    let chain = waiter.get(&allergies).await.body;
    assert_eq!(chain.matches("although it contains fish").count(), 1, "{chain}");

    let item = dish("Sardines").json()["item_id"].as_str().expect("an id").to_owned();
    cook.post(&format!("/items/{item}/86"), &json!({})).await;
    let out = waiter
        .post(&format!("/lines/{line}/refire"), &json!({ "id": LineId::new(), "reason": "Cold", "asked": 1 }))
        .await;
    assert_eq!((out.status, out.words().contains("86")), (StatusCode::CONFLICT, true), "{}", out.body);
}
