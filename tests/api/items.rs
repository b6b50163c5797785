//! 86: off the menu on every tablet, and back.

use comanda::domain::ids::ItemId;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::{Answer, Client, TestApp, dish, slip};

fn sardines() -> String {
    dish("Sardines").json()["item_id"].as_str().expect("an id").to_owned()
}

async fn set(client: &Client, item: &str, verb: &str) -> Answer {
    client.post(&format!("/items/{item}/{verb}"), &json!({})).await
}

#[tokio::test]
async fn an_86_reaches_every_tablet_and_is_taken_back() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let mut tablet = waiter.open_screen("items").await;
    assert_eq!(set(&cook, &sardines(), "86").await.status, StatusCode::NO_CONTENT);
    let frame = tablet.next_cards().await;
    assert_eq!(
        frame.articles.first().map(|article| article.attribute("data-item").to_owned()),
        Some(sardines())
    );
    assert_eq!(
        waiter.post("/orders", &slip("3", &[dish("Sardines")])).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );

    assert_eq!(set(&waiter, &sardines(), "back").await.status, StatusCode::NO_CONTENT);
    tablet.next_cards().await;
    assert!(tablet.cards.is_empty(), "{:?}", tablet.cards);
    waiter.order("3", &[dish("Sardines")]).await;
}

#[tokio::test]
async fn a_second_86_or_back_changes_nothing() {
    let house = TestApp::spawn().await;
    let waiter = house.as_waiter().await;
    for verb in ["86", "back"] {
        set(&waiter, &sardines(), verb).await;
        let before = house.rows().await;
        assert_eq!(set(&waiter, &sardines(), verb).await.status, StatusCode::NO_CONTENT, "{verb}");
        assert_eq!(house.rows().await, before, "{verb}");
    }
    let before = house.rows().await;
    assert_eq!(set(&waiter, &ItemId::new().to_string(), "86").await.status, StatusCode::NOT_FOUND);
    assert_eq!(house.rows().await, before);
}

#[tokio::test]
async fn a_send_that_races_an_86_is_taken_before_it_or_refused_after_it() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    for round in 0..8 {
        let order = slip("3", &[dish("Sardines")]);
        let item = sardines();
        let (sent, off) = if round % 2 == 0 {
            tokio::join!(waiter.post("/orders", &order), set(&cook, &item, "86"))
        } else {
            let (off, sent) = tokio::join!(set(&cook, &item, "86"), waiter.post("/orders", &order));
            (sent, off)
        };
        assert_eq!(off.status, StatusCode::NO_CONTENT, "{}", off.body);
        let count = "select count(*) from orders where order_id = $1";
        let id: uuid::Uuid = order["id"].as_str().expect("an id").parse().expect("an id");
        let written: i64 = house.ask(count, id).await;
        match sent.status {
            StatusCode::CREATED => assert_eq!(written, 1),
            StatusCode::UNPROCESSABLE_ENTITY => {
                assert_eq!((written, sent.blames()), (0, vec!["0.item_id".to_owned()]));
            }
            other => panic!("{other}: {}", sent.body),
        }
        let late = waiter.post("/orders", &slip("3", &[dish("Sardines")])).await;
        assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY, "what is off is off");
        set(&cook, &sardines(), "back").await;
    }
}

#[tokio::test]
async fn a_machine_that_has_nothing_to_add_sends_no_body() {
    let house = TestApp::spawn().await;
    let machine = house.as_machine().await;
    let bare = |path: String| machine.send(machine.ask(Method::POST, &path));
    assert_eq!(bare(format!("/items/{}/86", sardines())).await.status, StatusCode::NO_CONTENT);
    let ticket = machine.order("3", &[dish("Presunto")]).await.ticket("cold");
    let refused = bare(format!("/tickets/{ticket}/bump")).await;
    assert_eq!(
        (refused.status, refused.blames()),
        (StatusCode::UNPROCESSABLE_ENTITY, vec!["version".to_owned()])
    );
    let nameless = machine.ask(Method::POST, &format!("/items/{}/back", sardines())).body("{}");
    let refused = machine.send(nameless).await;
    assert!(
        refused.status == StatusCode::BAD_REQUEST && refused.words().contains("Content-Type"),
        "{}",
        refused.body
    );
}
