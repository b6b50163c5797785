//! A station's cards on another one's screen: the ones that stand there, those to come, and back.

use comanda::domain::ids::StationId;
use reqwest::StatusCode;
use serde_json::json;

use crate::support::{Placed, Screen, TestApp, dish};

async fn id(house: &TestApp, slug: &str) -> StationId {
    StationId(house.ask(&format!("select station_id from stations where slug = '{slug}'"), None).await)
}

/// Everything that was committed until now.
async fn settle(house: &TestApp, screens: &mut [&mut Screen]) {
    let turn = house.ask::<i64>("select seq from boards", None).await;
    for screen in screens {
        screen.until_turn(turn).await;
    }
}

#[tokio::test]
async fn one_tap_shows_a_stations_cards_on_another_screen_and_one_brings_them_back() {
    let house = TestApp::spawn().await;
    let waiter = house.as_waiter().await;
    let grill = house.sign_in_at("Rui", "/kitchen/grill").await;
    let fry = house.sign_in_at("Fernanda", "/kitchen/fry").await;
    let (mut wall, mut dark) =
        (grill.open_screen("station-grill").await, fry.open_screen("station-fry").await);
    let (fry_id, bar) = (id(&house, "fry").await, id(&house, "bar").await);
    let order = async |table| -> Placed { waiter.order(table, &[dish("Fries"), dish("Sardines")]).await };
    let before = order("3").await;
    let clock = dark.until_shown(before.ticket("fry")).await.html;
    let clock = clock.split("data-fired-ms=\"").nth(1).expect("a clock")[..13].to_owned();
    let lend = format!("/stations/{fry_id}/lend");

    assert_eq!(grill.post(&lend, &json!({ "to": "grill" })).await.status, StatusCode::NO_CONTENT);
    settle(&house, &mut [&mut wall, &mut dark]).await;
    let card = wall.shows(before.ticket("fry")).expect("on the grill").html.clone();
    assert!(card.contains("tag-lent\">FRY<") && card.contains(&clock), "with its old clock: {card}");
    assert!(dark.shows(before.ticket("fry")).is_none());
    let notice = dark.cards.get(&format!("s-{fry_id}")).expect("not an empty wall").html.clone();
    assert!(notice.contains("Fry’s orders are shown on Grill") && notice.contains("Rui"), "{notice}");
    let all_day = &wall.cards["all-day"].html;
    assert!(all_day.contains("Fries"), "all day is the sum of the cards: {all_day}");

    let rows = house.rows().await;
    assert_eq!(grill.post(&lend, &json!({ "to": "grill" })).await.status, StatusCode::NO_CONTENT);
    assert_eq!(house.rows().await, rows, "twice is once");

    // What comes goes there, too, and is worked there.
    let after = order("4").await;
    assert!(wall.until_shown(after.ticket("fry")).await.html.contains("FRY"));
    assert!(dark.shows(after.ticket("fry")).is_none());
    for ticket in [before.ticket("fry"), after.ticket("fry")] {
        let bumped = grill.bump(ticket, 1).await;
        assert_eq!(bumped.status, StatusCode::NO_CONTENT, "{}", bumped.body);
    }
    assert!(grill.get("/kitchen/grill/recent").await.body.contains(&after.ticket("fry").to_string()));
    let recalled = grill.post("/kitchen/grill/recall", &json!({})).await;
    assert_eq!(recalled.status, StatusCode::NO_CONTENT, "{}", recalled.body);
    settle(&house, &mut [&mut wall]).await;
    assert!(wall.shows(after.ticket("fry")).expect("back").html.contains("RECALLED"));
    // The station that has no screen may not touch what stands on the other one.
    let reached = fry.bump(after.ticket("fry"), 1).await;
    assert_eq!(reached.status, StatusCode::FORBIDDEN, "{}", reached.body);

    assert_eq!(
        grill.post(&format!("/stations/{bar}/lend"), &json!({ "to": "cold" })).await.status,
        StatusCode::FORBIDDEN
    );
    let back = fry.form(&lend, &[("to", ""), ("back", "/kitchen/fry")]).await;
    assert_eq!((back.status, back.location()), (StatusCode::SEE_OTHER, "/kitchen/fry"));
    settle(&house, &mut [&mut wall, &mut dark]).await;
    assert!(wall.shows(after.ticket("fry")).is_none());
    let card = dark.shows(after.ticket("fry")).expect("home again").html.clone();
    assert!(!card.contains("tag-lent"), "{card}");
    assert!(!dark.cards.contains_key(&format!("s-{fry_id}")));
    let told: i64 = house.ask("select count(*) from audit where verb = 'lend_station'", None).await;
    assert_eq!(told, 2);
}

#[tokio::test]
async fn no_stations_cards_are_shown_nowhere() {
    let house = TestApp::spawn().await;
    let cook = house.as_cook().await;
    let lend = async |from: StationId, to: &str| {
        let answer = cook.post(&format!("/stations/{from}/lend"), &json!({ "to": to })).await;
        (answer.status, answer.body)
    };
    let (fry, grill, cold) = (id(&house, "fry").await, id(&house, "grill").await, id(&house, "cold").await);
    assert_eq!(lend(fry, "fry").await.0, StatusCode::CONFLICT, "on itself");
    assert_eq!(cook.post(&format!("/stations/{fry}/lend"), &json!({ "to": "moon" })).await.blames(), ["to"]);
    assert_eq!(lend(fry, "grill").await.0, StatusCode::NO_CONTENT);
    let (status, words) = lend(grill, "cold").await;
    assert_eq!((status, words.contains("Fry is shown here")), (StatusCode::CONFLICT, true), "{words}");
    let (status, words) = lend(cold, "fry").await;
    assert_eq!(
        (status, words.contains("Fry is itself shown elsewhere")),
        (StatusCode::CONFLICT, true),
        "{words}"
    );
    assert_eq!(lend(fry, "cold").await.0, StatusCode::NO_CONTENT, "from one to the next");
    assert_eq!(lend(grill, "cold").await.0, StatusCode::NO_CONTENT, "and now nobody is there");
    let page = cook.get("/kitchen").await.body;
    assert!(page.contains("Shown on Cold") && page.contains("On Pizza"), "{page}");
    assert!(!page.contains("value=\"fry\""), "nothing is offered a screen that shows nothing: {page}");
}

#[tokio::test]
async fn an_alarm_names_the_screen_to_look_at() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let fry = id(&house, "fry").await;
    let ticket = waiter.order("3", &[dish("Fries")]).await.ticket("fry");
    house.pass(time::Duration::seconds(6));
    house.until("select alarmed_at is not null from tickets where ticket_id = $1", ticket.0).await;
    assert!(waiter.get("/floor").await.body.contains("go and tell Fry"));
    assert_eq!(
        cook.post(&format!("/stations/{fry}/lend"), &json!({ "to": "bar" })).await.status,
        StatusCode::NO_CONTENT
    );
    assert!(waiter.get("/floor").await.body.contains("go and tell Bar"));
    let check: uuid::Uuid = house
        .ask(
            "select check_id from fires join tickets using (location_id, fire_id) where ticket_id = $1",
            ticket.0,
        )
        .await;
    let check = waiter.get(&format!("/checks/{check}")).await.body;
    assert!(check.contains("go and tell Bar") && !check.contains("go and tell Fry"), "{check}");
    // What is said to the dark screen's station stands there, too, and is read there.
    let said = json!({ "to": "fry", "words": "No more prawns" });
    assert_eq!(waiter.post("/messages", &said).await.status, StatusCode::NO_CONTENT);
    let bar = house.sign_in_at("Rui", "/kitchen/bar").await;
    assert!(bar.get("/kitchen/bar").await.body.contains("No more prawns"));
    let message: uuid::Uuid = house.ask("select message_id from messages", None).await;
    let read = bar.post(&format!("/messages/{message}/read"), &json!({})).await;
    assert_eq!(read.status, StatusCode::NO_CONTENT, "{}", read.body);
}

#[tokio::test]
async fn a_station_without_any_screen_has_its_tickets_on_paper() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let placed = waiter.order("3", &[dish("Sardines").saying("no lemon"), dish("Fries")]).await;
    let paper = cook.get("/kitchen/grill/print").await.body;
    assert!(
        paper.contains(&format!("t-{}", placed.ticket("grill"))) && paper.contains("no lemon"),
        "{paper}"
    );
    assert!(!paper.contains(&format!("t-{}", placed.ticket("fry"))), "that is the fryer's");
    assert!(
        house
            .ask::<bool>(
                "select bool_and(shown_at is null) from tickets where ticket_id = $1",
                placed.ticket("grill").0
            )
            .await,
        "paper confirms nothing"
    );
    assert_eq!(cook.get("/kitchen/roof/print").await.status, StatusCode::NOT_FOUND);
}
