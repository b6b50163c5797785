//! How old a ticket may get: which rule wins, what keeps its own, and what is told once it is late.

use comanda::domain::ids::TicketId;
use reqwest::StatusCode;
use serde_json::json;
use time::Duration;

use crate::support::{Client, TestApp, dish, slip};

/// Two rounds of the chore that looks.
const TWO_LOOKS: std::time::Duration = std::time::Duration::from_millis(2_200);
const TOLD: &str = "select late_told_at is not null from tickets where ticket_id = $1";

async fn rule(manager: &Client, of: &str, warn: i64, late: i64) {
    let slip = json!({ "of": of, "warn_after_min": warn, "late_after_min": late });
    let made = manager.post("/manage/ages", &slip).await;
    assert_eq!(made.status, StatusCode::NO_CONTENT, "{of}: {}", made.body);
}

async fn late_after(house: &TestApp, ticket: TicketId) -> i32 {
    house.ask("select late_after_s / 60 from tickets where ticket_id = $1", ticket.0).await
}

#[tokio::test]
async fn the_most_particular_rule_is_decided_at_the_fire_and_kept() {
    let house = TestApp::spawn().await;
    let (waiter, cook, manager) = (house.as_waiter().await, house.as_cook().await, house.as_manager().await);
    let mut grill = cook.open_screen("station-grill").await;
    let first = waiter.order("3", &[dish("Sardines")]).await.ticket("grill");
    let station: String = house.ask("select station_id::text from stations where slug = 'grill'", None).await;
    let sardines: String = house.ask("select item_id::text from items where name = 'Sardines'", None).await;
    assert_eq!(late_after(&house, first).await, 14, "the demo's grill");
    let card = grill.until_shown(first).await.html;
    assert!(card.contains("data-warn-s=\"480\" data-late-s=\"840\""), "{card}");

    for (of, late) in [
        (format!("station:{station}"), 21),
        ("order_type:dine_in".to_owned(), 22),
        ("course:1".to_owned(), 23),
        (format!("item:{sardines}"), 24),
    ] {
        rule(&manager, &of, 2, late).await;
        let next = waiter.order("4", &[dish("Sardines")]).await.ticket("grill");
        assert_eq!(i64::from(late_after(&house, next).await), late, "{of}");
        assert!(grill.until_shown(next).await.html.contains(&format!("data-late-s=\"{}\"", late * 60)));
    }
    assert_eq!(late_after(&house, first).await, 14, "what stands keeps its own");

    // A ticket is as patient as its slowest dish; the pass as the slowest station.
    let mixed = waiter.order("5", &[dish("Cauliflower from the embers"), dish("Sardines")]).await;
    assert_eq!(late_after(&house, mixed.ticket("grill")).await, 24);
    let expo = house.as_expo().await.get("/kitchen/expo").await.body;
    assert!(expo.contains("data-warn-s=\"120\" data-late-s=\"1440\""), "{expo}");

    // What holds is decided when it is fired.
    let held = waiter.order("6", &[dish("Cauliflower from the embers"), dish("Sardines").in_course(2)]).await;
    rule(&manager, &format!("item:{sardines}"), 3, 30).await;
    let (line, fire) = (house.line(&held, "Sardines").await, house.held(&held, 2).await);
    let fired = waiter.post(&format!("/fires/{fire}/fire"), &json!({})).await;
    assert_eq!(fired.status, StatusCode::NO_CONTENT, "{}", fired.body);
    assert_eq!(late_after(&house, house.ticket_of(line, "grill").await).await, 30);

    // An add-on to a takeaway is a takeaway's, though it does not say so.
    rule(&manager, "order_type:takeaway", 1, 7).await;
    let mut loose = slip("1", &[dish("Presunto")]);
    loose.as_object_mut().expect("a slip").remove("table_id");
    loose["order_type"] = json!("takeaway");
    let placed = waiter.post("/orders", &loose).await.json();
    let mut more = slip("1", &[dish("Presunto").in_course(3)]);
    more.as_object_mut().expect("a slip").remove("table_id");
    more["check_id"] = placed["check_id"].clone();
    let more = waiter.post("/orders", &more).await.json();
    let ticket: TicketId =
        more["tickets"][0]["ticket_id"].as_str().expect("a ticket").parse().expect("an id");
    assert_eq!(late_after(&house, ticket).await, 7);

    // Taken back, the next rule counts; every one that ever was is still there.
    let none = json!({ "of": format!("item:{sardines}"), "warn_after_min": "", "late_after_min": "" });
    assert_eq!(manager.post("/manage/ages", &none).await.status, StatusCode::NO_CONTENT);
    let last = waiter.order("9", &[dish("Sardines")]).await.ticket("grill");
    assert_eq!(late_after(&house, last).await, 23);
    let kept: i64 = house.ask("select count(*) from age_limits where item_id is not null", None).await;
    assert_eq!(kept, 3);
}

#[tokio::test]
async fn a_rule_that_makes_no_sense_names_its_field() {
    let house = TestApp::spawn().await;
    let manager = house.as_manager().await;
    let before = house.rows().await;
    for (slip, field) in [
        (json!({ "of": "the moon", "warn_after_min": 1, "late_after_min": 2 }), "of"),
        (
            json!({ "of": "station:0193e4a0-0000-7000-8000-000000000000", "warn_after_min": 1, "late_after_min": 2 }),
            "of",
        ),
        (json!({ "of": "course:10", "warn_after_min": 1, "late_after_min": 2 }), "of"),
        (json!({ "of": "order_type:picnic", "warn_after_min": 1, "late_after_min": 2 }), "of"),
        (json!({ "of": "house" }), "late_after_min"),
        (json!({ "of": "course:1", "warn_after_min": 5 }), "late_after_min"),
        (json!({ "of": "course:1", "late_after_min": 5 }), "warn_after_min"),
        (json!({ "of": "course:1", "warn_after_min": 5, "late_after_min": 5 }), "late_after_min"),
        (json!({ "of": "course:1", "warn_after_min": 0, "late_after_min": 5 }), "warn_after_min"),
        (json!({ "of": "course:1", "warn_after_min": 5, "late_after_min": 241 }), "late_after_min"),
    ] {
        assert_eq!(manager.post("/manage/ages", &slip).await.blames(), [field], "{slip}");
    }
    assert_eq!(house.rows().await, before);

    let plain =
        manager.form("/manage/ages", &[("of", "house"), ("warn_after_min", "6"), ("late_after_min", "5")]);
    let page = plain.await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.body.contains("Late comes after the warning"), "{}", page.body);
    let plain = [("of", "house"), ("warn_after_min", "6"), ("late_after_min", "11")];
    let saved = manager.form("/manage/ages", &plain).await;
    assert_eq!((saved.status, saved.location()), (StatusCode::SEE_OTHER, "/manage/ages"));
    assert!(manager.get("/manage/ages").await.body.contains("value=\"11\""));
    let rows = house.rows().await;
    assert_eq!(manager.form("/manage/ages", &plain).await.status, StatusCode::SEE_OTHER);
    assert_eq!(house.rows().await, rows, "the same again is nothing");
}

#[tokio::test]
async fn a_late_ticket_is_a_fact_once_and_calls_the_manager_until_it_was_seen() {
    let house = TestApp::spawn().await;
    let (waiter, cook, manager) = (house.as_waiter().await, house.as_cook().await, house.as_manager().await);
    let mut floor = waiter.open_screen("floor").await;
    let ticket = waiter.order("3", &[dish("Sardines")]).await.ticket("grill");
    let held = waiter.order("4", &[dish("Cauliflower from the embers"), dish("Sardines").in_course(2)]).await;
    let waits = house.ticket_of(house.line(&held, "Sardines").await, "grill").await;
    let gone = waiter.order("5", &[dish("Sardines")]).await;
    let line = house.line(&gone, "Sardines").await;
    let void = json!({ "quantity": 1, "reason": "They left" });
    assert_eq!(waiter.post(&format!("/lines/{line}/void"), &void).await.status, StatusCode::NO_CONTENT);
    house.pass(Duration::minutes(14) - Duration::seconds(1));
    tokio::time::sleep(TWO_LOOKS).await;
    assert!(!house.ask::<bool>(TOLD, ticket.0).await, "a second is missing");
    house.pass(Duration::seconds(1));
    house.until(TOLD, ticket.0).await;
    let turn = house.ask::<i64>("select seq from boards", None).await;
    floor.until_turn(turn).await;
    let tile = floor.cards.values().find(|tile| tile.html.contains(&format!("/tickets/{ticket}/late-seen")));
    let tile = tile.expect("the floor was told").html.clone();
    assert!(tile.contains("Late at Grill <time datetime=\"2099-11-20T21:54:00Z\""), "{tile}");
    assert!(!house.ask::<bool>(TOLD, waits.0).await, "what is held has no clock");
    assert!(!house.ask::<bool>(TOLD, gone.ticket("grill").0).await, "what nobody makes is not late");
    let status = manager.get("/manage/status").await.body;
    assert!(
        status.contains("<strong>3</strong> #") && !status.contains("No live ticket is late"),
        "{status}"
    );

    house.pass(Duration::minutes(5));
    tokio::time::sleep(TWO_LOOKS).await;
    let facts = "select count(*) from audit where verb = 'late' and subject = $1";
    assert_eq!(house.ask::<i64>(facts, ticket.0).await, 1, "once a ticket");
    let at: bool = house
        .ask("select at = '2099-11-20T21:54:00Z' from audit where verb = 'late' and subject = $1", ticket.0)
        .await;
    assert!(at, "when it became late, not when somebody looked");

    let seen = format!("/tickets/{ticket}/late-seen");
    assert_eq!(waiter.post(&seen, &json!({})).await.status, StatusCode::FORBIDDEN);
    assert_eq!(manager.post(&seen, &json!({})).await.status, StatusCode::NO_CONTENT);
    let page = manager.get("/floor").await.body;
    assert!(
        page.contains("data-manages") && !page.contains(&seen) && page.contains("Late at Grill"),
        "{page}"
    );
    let rows = house.rows().await;
    assert_eq!(manager.post(&seen, &json!({})).await.status, StatusCode::NO_CONTENT, "twice is once");
    assert_eq!(house.rows().await, rows);

    cook.bump(ticket, 1).await;
    let there = format!("data-fire=\"{ticket}\"");
    let page = manager.get("/floor").await.body;
    assert!(!page.contains(&there), "{page}");
    // Back with its old clock, it is late still, and nobody is told again.
    assert_eq!(cook.ticket(ticket, "recall", 1).await.status, StatusCode::NO_CONTENT);
    tokio::time::sleep(TWO_LOOKS).await;
    assert_eq!(house.ask::<i64>(facts, ticket.0).await, 1);
    assert!(manager.get("/floor").await.body.contains("Late at Grill"));
}

#[tokio::test]
async fn a_screen_says_how_long_the_days_tickets_took() {
    let house = TestApp::spawn().await;
    let (waiter, cook, expo) = (house.as_waiter().await, house.as_cook().await, house.as_expo().await);
    let pace = async |slug: &str| expo.get(&format!("/kitchen/{slug}/pace")).await.json();
    assert_eq!(pace("grill").await, json!({ "median_s": null, "count": 0 }), "nobody has bumped there");
    let mut bumped = Vec::new();
    for (table, minutes) in [("3", 2), ("4", 4), ("5", 3)] {
        let placed = waiter.order(table, &[dish("Sardines")]).await;
        house.pass(Duration::minutes(minutes));
        assert_eq!(cook.bump(placed.ticket("grill"), 1).await.status, StatusCode::NO_CONTENT);
        bumped.push(placed);
    }
    assert_eq!(pace("grill").await, json!({ "median_s": 180, "count": 3 }));
    let wall = cook.get("/kitchen/grill").await.body;
    let words = "<strong id=\"pace\" data-pace=\"/kitchen/grill/pace\">3:00</strong> median today";
    assert!(wall.contains(words), "{wall}");
    // At the pass: until the guest has it.
    let at_pass = pace("expo").await["count"].as_i64().expect("a number");
    let fire: uuid::Uuid =
        house.ask("select fire_id from fires where check_id = $1", bumped[0].check().0).await;
    assert_eq!(expo.post(&format!("/fires/{fire}/bump"), &json!({})).await.status, StatusCode::NO_CONTENT);
    assert_eq!(pace("expo").await["count"].as_i64(), Some(at_pass + 1));
    assert_eq!(expo.get("/kitchen/nowhere/pace").await.status, StatusCode::NOT_FOUND);
    house.pass(Duration::hours(24));
    house.until("select business_day > '2099-11-20' from boards", None).await;
    let next_day = house.as_expo().await.get("/kitchen/grill/pace").await.json();
    assert_eq!(next_day, json!({ "median_s": null, "count": 0 }), "another day");
}
