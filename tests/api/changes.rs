//! Another choice or another word after the Send: the kitchen sees what it was and what it is, and says that it has read it.

use reqwest::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Client, Placed, TestApp, dish, slip};

async fn modifier(house: &TestApp, name: &str) -> Uuid {
    house.ask(&format!("select modifier_id from modifiers where name = '{name}' limit 1"), None).await
}

/// A steak, rare, with fries: what comes of it.
async fn steak(waiter: &Client, table: &str) -> Placed {
    let mut order =
        slip(table, &[dish("Bitoque").with("Rare").with("Fries").saying("no salt"), dish("Sardines")]);
    order["lines"][1]["course"] = json!(1);
    let sent = waiter.post("/orders", &order).await;
    assert_eq!(sent.status, StatusCode::CREATED, "{}", sent.body);
    Placed(sent.json())
}

#[tokio::test]
async fn a_change_shows_before_and_after_until_it_was_read() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let mut grill = cook.open_screen("station-grill").await;
    let placed = steak(&waiter, "3").await;
    let (line, ticket) = (house.line(&placed, "Bitoque").await, placed.ticket("grill"));
    grill.until_shown(ticket).await;
    let before: i64 = house.ask("select unit_price_minor from order_lines where line_id = $1", line.0).await;
    let (medium, sweet) = (modifier(&house, "Medium").await, modifier(&house, "Sweet potato fries").await);
    let path = format!("/lines/{line}/change");
    let wanted = json!({ "seen": 0, "note": "well salted", "modifiers": [medium, sweet] });
    let done = waiter.post(&path, &wanted).await;
    assert_eq!(done.status, StatusCode::NO_CONTENT, "{}", done.body);

    let turn = house.ask::<i64>("select seq from boards", None).await;
    grill.until_turn(turn).await;
    let card = grill.shows(ticket).expect("there").clone();
    assert!(
        card.html.contains("<s>Rare, Fries, “no salt”</s>") && card.html.contains("Inês"),
        "{}",
        card.html
    );
    assert!(
        card.html.contains("Medium") && card.html.contains("well salted") && card.html.contains("CHANGED")
    );
    assert!(card.html.contains("changed@2"), "with a sound: {}", card.html);
    let price: i64 = house.ask("select unit_price_minor from order_lines where line_id = $1", line.0).await;
    assert_eq!(price, before + 150, "its price follows its choices");
    let expo = house.as_expo().await.get("/kitchen/expo").await.body;
    assert!(expo.contains(">CHANGED</strong>"), "the pass knows that it was not read yet");

    // What has not seen it is refused, and nothing is begun before it was read.
    let stale = cook.bump(ticket, 1).await;
    assert_eq!(stale.status, StatusCode::CONFLICT, "{}", stale.body);
    let begun = cook.ticket(ticket, "start", 2).await;
    assert!(begun.words().contains("voided or changed"), "{}", begun.body);
    // A second change shows what was read, not what nobody ever saw.
    let again = json!({ "seen": 1, "note": "" });
    assert_eq!(waiter.post(&path, &again).await.status, StatusCode::NO_CONTENT);
    grill.until_turn(turn + 1).await;
    let card = grill.shows(ticket).expect("there").html.clone();
    assert!(card.contains("<s>Rare, Fries, “no salt”</s>") && !card.contains("well salted"), "{card}");
    assert_eq!(cook.ticket(ticket, "acknowledge", 3).await.status, StatusCode::NO_CONTENT);
    grill.until_turn(turn + 2).await;
    let card = grill.shows(ticket).expect("there").html.clone();
    assert!(!card.contains("CHANGED") && card.contains("Medium"), "{card}");
    assert_eq!(cook.ticket(ticket, "start", 3).await.status, StatusCode::NO_CONTENT);
    let told: i64 = house.ask("select count(*) from line_changes where line_id = $1", line.0).await;
    assert_eq!(told, 2, "who wanted what, and when");
}

#[tokio::test]
async fn of_what_is_cooked_that_line_alone_comes_back() {
    let house = TestApp::spawn().await;
    let (waiter, cook, expo) = (house.as_waiter().await, house.as_cook().await, house.as_expo().await);
    let placed = steak(&waiter, "3").await;
    let (line, ticket) = (house.line(&placed, "Bitoque").await, placed.ticket("grill"));
    assert_eq!(cook.bump(ticket, 1).await.status, StatusCode::NO_CONTENT);
    let path = format!("/lines/{line}/change");
    assert_eq!(waiter.post(&path, &json!({ "seen": 0, "note": "now" })).await.status, StatusCode::NO_CONTENT);
    assert_eq!(house.state_of(ticket).await, "open");
    let card = cook.get("/kitchen/grill").await.body;
    let card =
        card.split("<article").find(|card| card.contains(&ticket.to_string())).expect("back").to_owned();
    assert_eq!(card.matches("line-done").count(), 1, "the sardines are ready still: {card}");
    assert!(card.contains("CHANGED") && !card.contains("RECALLED"), "{card}");

    // It was cooked once: that a waiter wants it otherwise takes it off nobody's plate.
    let void = json!({ "quantity": 1, "reason": "x" });
    assert_eq!(
        waiter.post(&format!("/lines/{line}/void"), &void).await.blames(),
        ["line_id"],
        "a manager decides"
    );

    // Through with it, it leaves again; served, it stays as it is.
    assert_eq!(cook.bump(ticket, 2).await.status, StatusCode::NO_CONTENT);
    assert_eq!(cook.bump(placed.ticket("fry"), 2).await.status, StatusCode::NO_CONTENT);
    let fire: Uuid = house.ask("select fire_id from order_lines where line_id = $1", line.0).await;
    assert_eq!(expo.post(&format!("/fires/{fire}/bump"), &json!({})).await.status, StatusCode::NO_CONTENT);
    let late = waiter.post(&path, &json!({ "seen": 1, "note": "" })).await;
    assert_eq!(
        (late.status, late.words().contains("Refire it")),
        (StatusCode::CONFLICT, true),
        "{}",
        late.body
    );
}

#[tokio::test]
async fn where_one_station_will_do_both_know_and_either_makes_it() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let placed = waiter.order("3", &[dish("Pastel de nata").times(2)]).await;
    let (line, cold, pizza) =
        (house.line(&placed, "Pastel de nata").await, placed.ticket("cold"), placed.ticket("pizza"));
    assert_eq!(cook.bump(cold, 1).await.status, StatusCode::NO_CONTENT);
    assert_eq!(house.state_of(pizza).await, "bumped", "relieved of it");
    let change = json!({ "seen": 0, "note": "no cinnamon" });
    assert_eq!(waiter.post(&format!("/lines/{line}/change"), &change).await.status, StatusCode::NO_CONTENT);
    assert_eq!(
        (house.state_of(cold).await, house.state_of(pizza).await),
        ("open".to_owned(), "open".to_owned())
    );
    assert_eq!(cook.bump(pizza, 2).await.status, StatusCode::NO_CONTENT);
    assert_eq!(house.state_of(cold).await, "bumped", "and the other one is relieved of it now");

    // On the next day the plate is nobody's any more.
    house.pass(time::Duration::hours(24));
    house.until("select business_day > '2099-11-20' from boards", None).await;
    let next_day = house.as_waiter().await;
    let late = next_day.post(&format!("/lines/{line}/change"), &json!({ "seen": 1, "note": "" })).await;
    assert_eq!(
        (late.status, late.words().contains("Order it anew")),
        (StatusCode::CONFLICT, true),
        "{}",
        late.body
    );
}

#[tokio::test]
async fn what_is_held_changes_quietly() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let held = waiter.order("3", &[dish("Cauliflower from the embers"), dish("Sardines").in_course(2)]).await;
    let line = house.line(&held, "Sardines").await;
    let ticket = house.ticket_of(line, "grill").await;
    let done =
        waiter.post(&format!("/lines/{line}/change"), &json!({ "seen": 0, "note": "two lemons" })).await;
    assert_eq!(done.status, StatusCode::NO_CONTENT, "{}", done.body);
    let fire = house.held(&held, 2).await;
    assert_eq!(waiter.post(&format!("/fires/{fire}/fire"), &json!({})).await.status, StatusCode::NO_CONTENT);
    let page = cook.get("/kitchen/grill").await.body;
    let card =
        page.split("<article").find(|card| card.contains(&ticket.to_string())).expect("fired").to_owned();
    assert!(card.contains("two lemons") && !card.contains("CHANGED") && !card.contains("changed@"), "{card}");
}

#[tokio::test]
async fn a_change_that_cannot_be_names_why_and_two_people_do_not_overwrite_each_other() {
    let house = TestApp::spawn().await;
    let waiter = house.as_waiter().await;
    let placed = steak(&waiter, "3").await;
    let line = house.line(&placed, "Bitoque").await;
    let path = format!("/lines/{line}/change");
    let (rare, medium) = (modifier(&house, "Rare").await, modifier(&house, "Medium").await);
    let fries = modifier(&house, "Fries").await;
    let before = house.rows().await;
    for (wanted, field) in [
        (json!({ "note": "x" }), "seen"),
        (json!({ "seen": 0, "note": "x".repeat(141) }), "note"),
        (json!({ "seen": 0, "modifiers": [rare, medium, fries] }), "modifiers"),
        (json!({ "seen": 0, "modifiers": [] }), "modifiers"),
        (json!({ "seen": 0, "modifiers": [rare, fries, Uuid::nil()] }), "modifiers"),
    ] {
        assert_eq!(waiter.post(&path, &wanted).await.blames(), [field], "{wanted}");
    }
    assert_eq!(
        waiter.post(&path, &json!({ "seen": 0, "modifiers": [fries, rare] })).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(house.rows().await, before, "the same again is nothing");

    let first = json!({ "seen": 0, "modifiers": [medium, fries] });
    assert_eq!(waiter.post(&path, &first).await.status, StatusCode::NO_CONTENT);
    assert_eq!(waiter.post(&path, &first).await.status, StatusCode::NO_CONTENT, "twice is once");
    let second = waiter.post(&path, &json!({ "seen": 0, "note": "mine" })).await;
    assert_eq!(
        (second.status, second.words().contains("meanwhile")),
        (StatusCode::CONFLICT, true),
        "{}",
        second.body
    );

    // The form of a browser: what stands there is ticked, and what is sent is what is wanted.
    let page = waiter.get(&path).await.body;
    assert!(
        page.contains(&format!("value=\"{medium}\" checked")) && page.contains("value=\"no salt\""),
        "{page}"
    );
    let group = |id: Uuid| {
        let radio = page.split("<input type=\"radio\" name=\"").find(|radio| radio.contains(&id.to_string()));
        radio.expect("a radio").split('"').next().unwrap_or_default().to_owned()
    };
    let (doneness, side) = (group(rare), group(fries));
    let (rare_id, fries_id) = (rare.to_string(), fries.to_string());
    let fields =
        [("seen", "1"), ("choices", "shown"), ("note", ""), (&*doneness, &*rare_id), (&*side, &*fries_id)];
    let saved = waiter.form(&path, &fields).await;
    assert_eq!(saved.location(), format!("/checks/{}", placed.check()), "{}", saved.body);
    let now: Value = house.ask("select jsonb_build_object('note', note, 'first', modifiers -> 0 ->> 'name') from order_lines where line_id = $1", line.0).await;
    assert_eq!(now, json!({ "note": null, "first": "Rare" }));
    let stale = waiter.form(&path, &fields[..3]).await;
    assert_eq!(stale.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(stale.body.contains("choose 1"), "{}", stale.body);
}
