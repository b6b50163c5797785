//! A party sits down elsewhere: its cards say so, quietly.

use comanda::domain::demo::table_id;
use comanda::domain::ids::{OrderId, TableId};
use reqwest::StatusCode;
use serde_json::json;

use crate::support::{Answer, Client, Placed, TestApp, dish};

async fn go(client: &Client, placed: &Placed, table: TableId) -> Answer {
    client.post(&format!("/checks/{}/move", placed.check()), &json!({ "table_id": table })).await
}

#[tokio::test]
async fn a_move_changes_headers_and_nothing_else_on_every_screen() {
    let house = TestApp::spawn().await;
    let (waiter, cook, expo) = (house.as_waiter().await, house.as_cook().await, house.as_expo().await);
    let (mut grill, mut pass) = (cook.open_screen("station-grill").await, expo.open_screen("expo").await);
    let mut floor = waiter.open_screen("floor").await;
    let placed = waiter.order("3", &[dish("Sardines"), dish("Sardines").in_course(2)]).await;
    let ticket = placed.ticket("grill");
    let before = grill.until_shown(ticket).await;
    floor.next_cards().await;
    pass.next_cards().await;
    house.pass(time::Duration::minutes(2));

    assert_eq!(go(&waiter, &placed, table_id("9")).await.status, StatusCode::NO_CONTENT);

    let card = grill.next_cards().await.brings(ticket).expect("the card").clone();
    assert_eq!(card.attribute("data-place"), "9");
    for same in ["data-version", "data-cues", "data-sort"] {
        assert_eq!(card.attribute(same), before.attribute(same), "{same}: no sound, no clock, no version");
    }
    assert!(
        pass.next_cards().await.articles.iter().all(|fire| fire.attribute("data-place") == "9"),
        "held ones too"
    );
    let tiles = floor.next_cards().await.articles;
    let states: Vec<_> = tiles.iter().map(|tile| tile.attribute("data-state").to_owned()).collect();
    assert_eq!(
        (tiles.len(), states.contains(&"free".to_owned()), states.contains(&"ordered".to_owned())),
        (2, true, true)
    );
    assert_eq!(
        cook.bump(ticket, before.version()).await.status,
        StatusCode::NO_CONTENT,
        "no bump is refused for it"
    );
    // What was sent to the old table in the meantime is refused by name; what is sent to the new one joins.
    let stale = json!({ "id": OrderId::new(), "table_id": table_id("3"), "check_id": placed.check(), "lines": [dish("Sardines").json()] });
    assert_eq!(waiter.post("/orders", &stale).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(waiter.order("9", &[dish("Sardines")]).await.check(), placed.check());
    let rows = house.rows().await;
    assert_eq!(go(&waiter, &placed, table_id("9")).await.status, StatusCode::NO_CONTENT, "twice is once");
    assert_eq!(house.rows().await, rows);
}

#[tokio::test]
async fn a_move_to_where_somebody_sits_or_nowhere_changes_nothing() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let placed = waiter.order("3", &[dish("Sardines")]).await;
    waiter.order("4", &[dish("Sardines")]).await;
    let before = house.rows().await;
    let taken = go(&waiter, &placed, table_id("4")).await;
    assert_eq!(
        (taken.status, taken.words().contains("table 4")),
        (StatusCode::CONFLICT, true),
        "{}",
        taken.body
    );
    assert_eq!(go(&waiter, &placed, TableId::new()).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(go(&cook, &placed, table_id("9")).await.status, StatusCode::FORBIDDEN);
    let page = waiter
        .form(&format!("/checks/{}/move", placed.check()), &[("table_id", &table_id("4").to_string())])
        .await;
    assert_eq!((page.status, page.body.contains("Somebody sits at table 4")), (StatusCode::CONFLICT, true));
    assert_eq!(house.rows().await, before);
}

#[tokio::test]
async fn a_takeaway_that_stays_gets_a_table() {
    let house = TestApp::spawn().await;
    let waiter = house.as_waiter().await;
    let loose = json!({ "id": OrderId::new(), "order_type": "bar_tab", "lines": [dish("Sardines").json()] });
    let placed = Placed(waiter.post("/orders", &loose).await.json());
    let mut floor = waiter.open_screen("floor").await;
    assert_eq!(go(&waiter, &placed, table_id("9")).await.status, StatusCode::NO_CONTENT);
    floor.next_cards().await;
    let tile = format!("c-{}", placed.check());
    assert!(!floor.cards.contains_key(&tile), "it stands on the table's tile now");
    let page = waiter.get(&format!("/checks/{}", placed.check())).await.body;
    assert!(page.contains("Table 9"), "{page}");
}
