//! The kitchen as a manager sets it up: stations come, are named, put in order and go; dishes go where they are sent, and
//! what a change would have done can be tried on a day.

use reqwest::StatusCode;
use serde_json::{Value, json};
use time::Duration;

use crate::support::{Client, TestApp, dish};

async fn id(house: &TestApp, statement: &str) -> uuid::Uuid {
    house.ask(statement, None).await
}

async fn station(house: &TestApp, slug: &str) -> uuid::Uuid {
    id(house, &format!("select station_id from stations where slug = '{slug}'")).await
}

async fn done(manager: &Client, path: &str, body: Value) {
    let answer = manager.post(path, &body).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{path}: {}", answer.body);
}

#[tokio::test]
async fn a_station_comes_cooks_and_goes() {
    let house = TestApp::spawn().await;
    let (waiter, manager) = (house.as_waiter().await, house.as_manager().await);
    done(&manager, "/manage/stations", json!({ "name": "Wood oven" })).await;
    assert_eq!(manager.post("/manage/stations", &json!({ "name": "WOOD OVEN" })).await.blames(), ["name"]);
    for no_name in ["", "Expo", &"x".repeat(41)] {
        assert_eq!(manager.post("/manage/stations", &json!({ "name": no_name })).await.blames(), ["name"]);
    }
    let oven = station(&house, "wood-oven").await;
    let sardines = id(&house, "select item_id from items where name = 'Sardines'").await;
    let route =
        |stations: Value| json!({ "of": format!("item:{sardines}"), "mode": "each", "stations": stations });
    let old = waiter.order("3", &[dish("Sardines")]).await.ticket("grill");
    done(&manager, "/manage/routes", route(json!(["grill", "wood-oven"]))).await;
    let rows = house.rows().await;
    done(&manager, "/manage/routes", route(json!(["wood-oven", "grill"]))).await;
    assert_eq!(house.rows().await, rows, "the same again is nothing");

    let mut screen = house.as_cook().await.open_screen("station-wood-oven").await;
    let placed = waiter.order("4", &[dish("Sardines")]).await;
    assert!(screen.until_shown(placed.ticket("wood-oven")).await.html.contains("Sardines"));
    assert_eq!(house.state_of(placed.ticket("grill")).await, "open", "each does its part");
    assert_eq!(house.state_of(old).await, "open", "what stands there stays where it is");

    // Its name, and its place at the pass.
    done(&manager, &format!("/stations/{oven}/rename"), json!({ "name": "Forno" })).await;
    assert_eq!(
        manager.post(&format!("/stations/{oven}/rename"), &json!({ "name": "" })).await.blames(),
        ["name"]
    );
    let expo = house.as_expo().await;
    let chips = async || {
        let page = expo.get("/kitchen/expo").await.body;
        let card = page
            .split("<article")
            .find(|card| card.contains("data-place=\"4\""))
            .expect("the fire")
            .to_owned();
        let names = card
            .split("station-name\">")
            .skip(1)
            .map(|rest| rest.split('<').next().unwrap_or_default().to_owned());
        names.collect::<Vec<_>>()
    };
    assert_eq!(chips().await, ["Grill", "Forno"]);
    for _ in 0..5 {
        done(&manager, &format!("/stations/{oven}/forward"), json!({})).await;
    }
    assert_eq!(chips().await, ["Forno", "Grill"], "on a card that stood there already");
    let rows = house.rows().await;
    done(&manager, &format!("/stations/{oven}/forward"), json!({})).await;
    assert_eq!(house.rows().await, rows, "the first one stays the first");

    // It goes when nothing of it is left, and its dishes go on as they would without it.
    let busy = manager.form(&format!("/stations/{oven}/retire"), &[]).await;
    assert_eq!(busy.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(busy.body.contains("Forno still has 1 tickets"), "{}", busy.body);
    let cook = house.as_cook().await;
    cook.bump(placed.ticket("wood-oven"), 1).await;
    let plates = manager.post(&format!("/stations/{oven}/retire"), &json!({})).await;
    assert_eq!(plates.status, StatusCode::CONFLICT, "they could come back: {}", plates.body);
    cook.bump(placed.ticket("grill"), 1).await;
    let fire =
        house.ask::<uuid::Uuid>("select fire_id from fires where check_id = $1", placed.check().0).await;
    done(&waiter, &format!("/fires/{fire}/bump"), json!({})).await;
    done(&manager, &format!("/stations/{oven}/retire"), json!({})).await;
    let recalled = expo.post(&format!("/tickets/{}/recall", placed.ticket("wood-oven")), &json!({})).await;
    assert_eq!(recalled.status, StatusCode::CONFLICT, "nobody would see it: {}", recalled.body);
    let turn = house.ask::<i64>("select seq from boards", None).await;
    screen.until_turn(turn).await;
    assert!(
        screen.cards[&format!("s-{oven}")].html.contains("no station Forno any more"),
        "its wall says so"
    );
    assert_eq!(manager.get("/kitchen/wood-oven").await.status, StatusCode::NOT_FOUND);
    let next = waiter.order("5", &[dish("Sardines")]).await;
    assert_eq!(
        house
            .ask::<i64>(
                "select count(*) from tickets join fires using (location_id, fire_id) where check_id = $1",
                next.check().0
            )
            .await,
        1
    );
    assert_eq!(house.state_of(next.ticket("grill")).await, "open");
    let gone = manager.post(&format!("/stations/{oven}/retire"), &json!({})).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    done(&manager, "/manage/stations", json!({ "name": "Wood Oven" })).await;
    assert_eq!(station(&house, "wood-oven").await, oven, "it comes back as itself");
    waiter.order("6", &[dish("Sardines")]).await.ticket("wood-oven"); // and with its routes
    done(&manager, &format!("/stations/{oven}/rename"), json!({ "name": "Forno" })).await;
    let grill = station(&house, "grill").await;
    assert_eq!(
        manager.post(&format!("/stations/{grill}/rename"), &json!({ "name": "forno" })).await.blames(),
        ["name"]
    );
    done(&manager, "/manage/stations", json!({ "name": "Wood oven" })).await;
    assert_eq!(house.ask::<i64>("select count(*) from stations where slug = 'wood-oven-2'", None).await, 1);
}

#[tokio::test]
async fn a_dish_says_why_it_goes_where_it_goes_and_one_that_goes_nowhere_is_told() {
    let house = TestApp::spawn().await;
    let (waiter, manager) = (house.as_waiter().await, house.as_manager().await);
    let page = manager.get("/manage/stations").await.body;
    let row = |page: &str, dish: &str| {
        let row = page
            .split("<li class=\"row route-row\">")
            .find(|row| row.contains(&format!("<strong>{dish}</strong>")));
        row.expect("the dish").split("</summary>").next().unwrap_or_default().to_owned()
    };
    assert!(row(&page, "Presunto").contains("as everything of Salads"), "{}", row(&page, "Presunto"));
    assert!(
        row(&page, "Pastel de nata").contains("Cold or Pizza, any of them"),
        "{}",
        row(&page, "Pastel de nata")
    );
    assert!(row(&page, "Pastel de nata").contains("its own route"));
    assert!(!page.contains("No station cooks"));

    let cold = id(&house, "select category_id from categories where name = 'Salads & cold plates'").await;
    done(&manager, "/manage/routes", json!({ "of": format!("category:{cold}"), "stations": [] })).await;
    let page = manager.get("/manage/stations").await.body;
    assert!(page.contains("No station cooks") && row(&page, "Presunto").contains("Unrouted lane"), "{page}");
    let placed = waiter.order("3", &[dish("Presunto")]).await;
    let unrouted: bool = house
        .ask("select bool_and(station_id is null) from tickets join fires using (location_id, fire_id) where check_id = $1", placed.check().0)
        .await;
    assert!(unrouted, "never dropped");
}

#[tokio::test]
async fn a_change_is_tried_on_the_last_day_and_changes_nothing() {
    let house = TestApp::spawn().await;
    let waiter = house.as_waiter().await;
    waiter.order("3", &[dish("Sardines").times(4), dish("Presunto").times(2)]).await;
    house.pass(Duration::hours(24));
    house.until("select business_day > '2099-11-20' from boards", None).await;
    let (waiter, manager) = (house.as_waiter().await, house.as_manager().await);
    waiter.order("5", &[dish("Sardines").times(9)]).await; // today is not the last day
    let sardines = id(&house, "select item_id from items where name = 'Sardines'").await;
    let of = format!("item:{sardines}");
    let before = house.rows().await;
    let tried = manager.post("/manage/routes", &json!({ "of": of, "stations": ["cold"], "try": true })).await;
    assert_eq!(tried.status, StatusCode::OK, "{}", tried.body);
    let run = tried.json();
    assert_eq!(
        (&run["moved"], &run["dishes"][0]["name"], &run["dishes"][0]["to"]),
        (&json!(4), &json!("Sardines"), &json!("Cold"))
    );
    let load = |name: &str| {
        let all = run["stations"].as_array().expect("stations");
        let load = all.iter().find(|load| load["station"] == name).expect("that station").clone();
        load["after"].as_i64().expect("a number") - load["before"].as_i64().expect("a number")
    };
    assert_eq!((load("Grill"), load("Cold"), load("Bar")), (-4, 4, 0));
    assert_eq!(house.rows().await, before, "nothing is changed");

    let page = manager.form("/manage/routes", &[("of", &of), ("at-cold", "on"), ("try", "yes")]).await.body;
    assert!(page.contains("tried on 2099-11-20") && page.contains("<strong>4</strong> of"), "{page}");
    assert!(page.contains("name=\"at-cold\" value=\"on\"") && page.contains("Do it"), "{page}");
    let saved = manager.form("/manage/routes", &[("of", &of), ("mode", "any"), ("at-cold", "on")]).await;
    assert_eq!((saved.status, saved.location()), (StatusCode::SEE_OTHER, "/manage/stations"));
    waiter.order("6", &[dish("Sardines")]).await.ticket("cold");

    for (slip, field) in [
        (json!({ "of": "item:nothing", "stations": ["grill"] }), "of"),
        (json!({ "of": of, "stations": ["the moon"] }), "stations"),
        (json!({ "of": of, "mode": "some", "stations": ["grill"] }), "mode"),
    ] {
        assert_eq!(manager.post("/manage/routes", &slip).await.blames(), [field], "{slip}");
    }
}
