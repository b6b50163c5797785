//! A screen whose checksum is not ours says what it shows: both are kept for the status page.

use reqwest::StatusCode;
use serde_json::json;
use time::Duration;

use crate::support::{TestApp, dish};

#[tokio::test]
async fn what_a_screen_shows_wrongly_is_kept_beside_what_is_held() {
    let house = TestApp::spawn().await;
    let (waiter, cook, manager) = (house.as_waiter().await, house.as_cook().await, house.as_manager().await);
    let page = manager.get("/manage/status").await.body;
    assert!(page.contains("every screen showed what the server held"), "{page}");
    let mut grill = cook.open_screen("station-grill").await;
    let lost = waiter.order("3", &[dish("Sardines")]).await.ticket("grill");
    let card = grill.until_shown(lost).await;
    let stood: Vec<_> = grill.cards.iter().map(|(id, card)| json!([id, card.seq])).collect();
    let with = |wrong: serde_json::Value| {
        let shown: Vec<_> = stood
            .iter()
            .filter(|card| card[0] != json!(format!("t-{lost}")))
            .cloned()
            .chain([wrong])
            .collect();
        json!({ "epoch": grill.epoch, "seq": grill.seq, "shown": shown })
    };
    let report = with(json!(["t-ghost", 1]));
    let told = cook.post("/board/station-grill/differs", &report).await;
    assert_eq!(told.status, StatusCode::NO_CONTENT, "{}", told.body);
    let page = manager.get("/manage/status").await.body;
    assert!(page.contains(&format!("t-{lost} was not shown, held as of turn {}", card.seq)), "{page}");
    assert!(page.contains("t-ghost was shown and is gone") && page.contains("Rui"), "{page}");

    // Once a minute from one device; what believes in a history that is over teaches nothing.
    let kept = "select count(*) from incidents";
    house.pass(Duration::seconds(59));
    cook.post("/board/station-grill/differs", &report).await;
    assert_eq!(house.ask::<i64>(kept, None).await, 1);
    house.pass(Duration::seconds(2));
    let mut old = report.clone();
    old["epoch"] = json!("elsewhere");
    assert_eq!(cook.post("/board/station-grill/differs", &old).await.status, StatusCode::NO_CONTENT);
    assert_eq!(house.ask::<i64>(kept, None).await, 1);
    cook.post("/board/station-grill/differs", &report).await;
    assert_eq!(house.ask::<i64>(kept, None).await, 2);

    // No more than a wall can show, and of one's own views only.
    let many: Vec<_> = (0..1_001).map(|n| json!([format!("t-{n}"), n])).collect();
    let report = json!({ "epoch": grill.epoch, "seq": 1, "shown": many });
    assert_eq!(cook.post("/board/station-grill/differs", &report).await.blames(), ["shown"]);
    let long = cook.post("/board/station-grill/differs", &with(json!(["x".repeat(61), 1]))).await;
    assert_eq!(long.blames(), ["shown"]);
    let bound = house.sign_in_at("Rui", "/kitchen/fry").await;
    assert_eq!(bound.post("/board/station-grill/differs", &json!({})).await.status, StatusCode::NOT_FOUND);

    // A week later nobody is told any more.
    house.pass(Duration::days(8));
    let later = house.as_manager().await;
    assert!(later.get("/manage/status").await.body.contains("every screen showed what the server held"));
}

#[tokio::test]
async fn the_newest_two_hundred_are_kept() {
    let house = TestApp::spawn().await;
    let cook = house.as_cook().await;
    house
        .ask::<i64>(
            "with made as (
                insert into incidents (location_id, incident_id, at, view, device_id, who, shown_turn, shown, held_turn, held)
                select location_id, gen_random_uuid(), now() - n * interval '1 hour', 'expo', gen_random_uuid(), 'x', 1, '[]', 1, '[]'
                from boards, generate_series(1, 230) as n returning 1)
            select count(*) from made",
            None,
        )
        .await;
    let grill = cook.open_screen("station-grill").await;
    let report = json!({ "epoch": grill.epoch, "seq": 1, "shown": [] });
    assert_eq!(cook.post("/board/station-grill/differs", &report).await.status, StatusCode::NO_CONTENT);
    assert_eq!(house.ask::<i64>("select count(*) from incidents", None).await, 200);
    assert_eq!(
        house.ask::<i64>("select count(*) from incidents where view = 'station-grill'", None).await,
        1
    );
}
