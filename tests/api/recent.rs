//! What left a screen today: found again, looked at, brought back.

use comanda::domain::ids::FireId;
use reqwest::StatusCode;
use serde_json::json;
use time::Duration;
use time::macros::datetime;

use crate::support::{TestApp, dish};

#[tokio::test]
async fn what_left_today_is_found_by_table_check_dish_and_waiter() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    for (table, what) in [("3", "Sardines"), ("12", "Cauliflower from the embers")] {
        let ticket = waiter.order(table, &[dish(what)]).await.ticket("grill");
        cook.bump(ticket, 1).await;
    }
    let found = async |search: &str| {
        let page = cook.get(&format!("/kitchen/grill/recent?q={search}")).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        (page.body.contains("1 Sardines"), page.body.contains("1 Cauliflower"))
    };
    assert_eq!(found("").await, (true, true));
    assert_eq!(found("sard").await, (true, false));
    assert_eq!(found("12").await, (false, true), "a table");
    assert_eq!(found("%233").await, (false, true), "a check: #3");
    assert_eq!(found("In%C3%AAs").await, (true, true), "a waiter");
    assert_eq!(found("%25").await, (false, false), "a per cent sign is one");
    assert_eq!(found("unicorn").await, (false, false));
    assert_eq!(cook.get("/kitchen/nowhere/recent").await.status, StatusCode::NOT_FOUND);
    let cold = cook.get("/kitchen/cold/recent").await.body;
    assert!(!cold.contains("Sardines"), "another station's");
}

#[tokio::test]
async fn any_ticket_of_the_day_comes_back_with_its_old_clock() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let first = waiter.order("3", &[dish("Sardines")]).await.ticket("grill");
    cook.bump(first, 1).await;
    house.pass(Duration::hours(3));
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await); // nobody stays signed in that long
    let second = waiter.order("4", &[dish("Sardines")]).await.ticket("grill");
    cook.bump(second, 1).await;
    let page = cook.get("/kitchen/grill/recent").await.body;
    assert!(page.contains(&format!("/tickets/{first}/recall")), "{page}");
    let before = house.rows().await;
    cook.get("/kitchen/grill/recent?q=3").await;
    assert_eq!(house.rows().await, before, "looking changes nothing");

    let back = cook.form(&format!("/tickets/{first}/recall"), &[("back", "/kitchen/grill")]).await;

    assert_eq!((back.status, back.location()), (StatusCode::SEE_OTHER, "/kitchen/grill"));
    let mut grill = cook.open_screen("station-grill").await;
    let card = grill.until_shown(first).await;
    let fired_ms = datetime!(2099-11-20 21:40 UTC).unix_timestamp() * 1_000;
    assert!(card.html.contains("RECALLED ×1") && card.html.contains(&fired_ms.to_string()), "{}", card.html);
    assert!(!cook.get("/kitchen/grill/recent").await.body.contains(&format!("rt-{first}")));
}

#[tokio::test]
async fn what_the_guest_has_comes_back_over_the_pass() {
    let house = TestApp::spawn().await;
    let (waiter, cook, expo) = (house.as_waiter().await, house.as_cook().await, house.as_expo().await);
    let mut fires = Vec::new();
    for table in ["3", "4"] {
        let placed = waiter.order(table, &[dish("Sardines")]).await;
        cook.bump(placed.ticket("grill"), 1).await;
        let fire = FireId(house.ask("select fire_id from fires where check_id = $1", placed.check().0).await);
        let recall = format!("/fires/{fire}/recall");
        let early = expo.post(&recall, &json!({})).await;
        assert_eq!((early.status, early.words().contains("still at the pass")), (StatusCode::CONFLICT, true));
        expo.post(&format!("/fires/{fire}/bump"), &json!({})).await;
        fires.push((fire, placed.ticket("grill"), recall));
    }
    let (first, ticket, recall) = &fires[0];
    let page = cook.get("/kitchen/grill/recent").await.body;
    assert!(page.contains("Served") && !page.contains("/recall\""), "a cook looks, the pass recalls: {page}");
    let page = expo.get("/kitchen/expo/recent?q=sardines").await.body;
    assert!(page.contains(recall.as_str()), "{page}");
    assert_eq!(cook.post(recall, &json!({})).await.status, StatusCode::FORBIDDEN);

    assert_eq!(expo.post(recall, &json!({})).await.status, StatusCode::NO_CONTENT);

    let mut pass = expo.open_screen("expo").await;
    while !pass.cards.contains_key(&format!("f-{first}")) {
        pass.next_cards().await;
    }
    let page = cook.get("/kitchen/grill/recent").await.body;
    assert!(page.contains(&format!("/tickets/{ticket}/recall")), "and now the cook may: {page}");
}

#[tokio::test]
async fn yesterday_is_over() {
    let house = TestApp::spawn().await;
    let (waiter, cook, expo) = (house.as_waiter().await, house.as_cook().await, house.as_expo().await);
    let placed = waiter.order("3", &[dish("Sardines")]).await;
    let ticket = placed.ticket("grill");
    cook.bump(ticket, 1).await;
    let fire = FireId(house.ask("select fire_id from fires where check_id = $1", placed.check().0).await);
    expo.post(&format!("/fires/{fire}/bump"), &json!({})).await;
    house.clock.set(datetime!(2099-11-21 04:00 UTC));
    house.until("select count(*) = 1 from audit where verb = 'day_rolled'", None).await;
    let cook = house.as_cook().await;
    let expo = house.as_expo().await;
    for address in [format!("/tickets/{ticket}/recall"), format!("/fires/{fire}/recall")] {
        let over = expo.post(&address, &json!({})).await;
        assert_eq!(
            (over.status, over.words().contains("cleared")),
            (StatusCode::CONFLICT, true),
            "{address}"
        );
    }
    assert!(cook.get("/kitchen/grill/recent").await.body.contains("Nothing has left this screen today"));
}
