//! How the pass works: plates before the guest, and a manager's word for what is not ready.

use comanda::domain::ids::FireId;
use reqwest::StatusCode;
use serde_json::{Value, json};
use time::Duration;
use uuid::Uuid;

use crate::support::{Answer, Client, Placed, TestApp, dish};

async fn fire_of(house: &TestApp, placed: &Placed) -> FireId {
    FireId(house.ask("select fire_id from fires where check_id = $1", placed.check().0).await)
}

async fn act(client: &Client, fire: FireId, verb: &str) -> Answer {
    client.post(&format!("/fires/{fire}/{verb}"), &json!({})).await
}

async fn set(manager: &Client, waits: bool, plates: bool) {
    let rules = json!({ "waits": waits.to_string(), "plates": plates.to_string() });
    let answer = manager.post("/manage/pass", &rules).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.body);
}

#[tokio::test]
async fn where_the_house_plates_a_fire_is_plated_then_handed_over() {
    let house = TestApp::spawn().await;
    let (waiter, cook, expo) = (house.as_waiter().await, house.as_cook().await, house.as_expo().await);
    let manager = house.as_manager().await;
    let placed = waiter.order("3", &[dish("Sardines")]).await;
    let fire = fire_of(&house, &placed).await;
    let key = format!("f-{fire}");
    let mut pass = expo.open_screen("expo").await;
    let mut floor = waiter.open_screen("floor").await;

    let refused = act(&expo, fire, "plate").await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "still cooking");
    cook.bump(placed.ticket("grill"), 1).await;
    let refused = act(&expo, fire, "plate").await;
    assert!(refused.words().contains("one tap"), "{}", refused.body);

    // The rule reaches what stands there already.
    set(&manager, true, true).await;
    let card = pass.until(|cards| cards.get(&key).is_some_and(|card| card.html.contains("/plate"))).await;
    assert!(!card[&key].html.contains("Hand over"), "{}", card[&key].html);
    let rows = house.rows().await;
    set(&manager, true, true).await;
    assert_eq!(house.rows().await, rows, "twice is once");

    let other = waiter.order("4", &[dish("Sardines")]).await;
    let cooking = act(&expo, fire_of(&house, &other).await, "plate").await;
    assert!(cooking.words().contains("1 of its tickets"), "{}", cooking.body);

    assert_eq!(act(&expo, fire, "plate").await.status, StatusCode::NO_CONTENT);
    let rows = house.rows().await;
    assert_eq!(act(&waiter, fire, "plate").await.status, StatusCode::NO_CONTENT, "it is so already");
    assert_eq!(house.rows().await, rows);
    let card = pass.until(|cards| cards.get(&key).is_some_and(|card| card.html.contains("PLATED"))).await;
    assert!(card[&key].html.contains("Hand over"), "{}", card[&key].html);
    floor.until(|tiles| tiles.values().any(|tile| tile.html.contains(" plated\""))).await;
    let served = "select count(*) from order_lines where served_at is not null and fire_id = $1";
    assert_eq!(house.ask::<i64>(served, fire.0).await, 0, "nobody has it yet");
    let check = waiter.get(&format!("/checks/{}", placed.check())).await.body;
    assert!(check.contains("Plated"), "{check}");

    // Who knew that it was ready is called again, now that it can be carried.
    let call = async || waiter.get("/floor").await.body.contains(&format!("/fires/{fire}/ready-seen"));
    assert!(call().await);
    assert_eq!(act(&waiter, fire, "ready-seen").await.status, StatusCode::NO_CONTENT);
    assert!(!call().await);
    assert_eq!(act(&expo, fire, "unplate").await.status, StatusCode::NO_CONTENT);
    house.pass(Duration::seconds(30));
    assert_eq!(act(&expo, fire, "plate").await.status, StatusCode::NO_CONTENT);
    assert!(call().await);

    // Not after all, and again.
    assert_eq!(act(&expo, fire, "unplate").await.status, StatusCode::NO_CONTENT);
    pass.until(|cards| cards.get(&key).is_some_and(|card| !card.html.contains("PLATED"))).await;
    act(&expo, fire, "plate").await;

    // What is cooked again stands on no plate.
    let recalled = cook.post(&format!("/tickets/{}/recall", placed.ticket("grill")), &json!({})).await;
    assert_eq!(recalled.status, StatusCode::NO_CONTENT, "{}", recalled.body);
    assert!(house.ask::<bool>("select plated_at is null from fires where fire_id = $1", fire.0).await);
    cook.bump(placed.ticket("grill"), 1).await;
    act(&expo, fire, "plate").await;
    assert_eq!(act(&waiter, fire, "bump").await.status, StatusCode::NO_CONTENT);
    assert_eq!(house.ask::<i64>(served, fire.0).await, 1);
    pass.until(|cards| !cards.contains_key(&key)).await;
    let late = act(&expo, fire, "unplate").await;
    assert_eq!(late.status, StatusCode::CONFLICT, "{}", late.body);
}

#[tokio::test]
async fn a_manager_hands_over_what_is_not_ready_and_both_names_are_kept() {
    let house = TestApp::spawn().await;
    let (waiter, cook, expo) = (house.as_waiter().await, house.as_cook().await, house.as_expo().await);
    let placed = waiter.order("3", &[dish("Cod à lagareiro")]).await;
    let fire = fire_of(&house, &placed).await;
    cook.bump(placed.ticket("grill"), 1).await;
    let mut wall = cook.open_screen("station-fry").await;
    assert!(wall.shows(placed.ticket("fry")).is_some());

    house.pass(Duration::minutes(1));

    // Nobody else's word is enough.
    let alone = act(&expo, fire, "override").await;
    assert_eq!(alone.status, StatusCode::FORBIDDEN);
    let staff = async |name: &str| -> Uuid {
        house.ask(&format!("select staff_id from staff where name = '{name}'"), None).await
    };
    let (sofia, rui) = (staff("Sofia").await, staff("Rui").await);
    let word = |who: Uuid, pin: &str| json!({ "staff_id": who, "pin": pin });
    let override_ = format!("/fires/{fire}/override");
    let wrong = expo.post(&override_, &word(sofia, "0000")).await;
    assert_eq!(
        (wrong.status, wrong.json()["fields"][0]["field"].clone()),
        (StatusCode::UNPROCESSABLE_ENTITY, json!("pin")),
        "{}",
        wrong.body
    );
    let cooks = expo.post(&override_, &word(rui, "6093")).await;
    assert_eq!(cooks.status, StatusCode::FORBIDDEN, "{}", cooks.body);
    let left = "select count(*) from tickets where fire_id = $1 and state = 'open'";
    assert_eq!(house.ask::<i64>(left, fire.0).await, 1);
    let page = expo.get(&override_).await.body;
    assert!(page.contains("Fry") && page.contains("1 Cod") && page.contains("Sofia"), "{page}");

    let done = expo.post(&override_, &word(sofia, "8316")).await;
    assert_eq!(done.status, StatusCode::NO_CONTENT, "{}", done.body);
    wall.until(|cards| !cards.contains_key(&format!("t-{}", placed.ticket("fry")))).await;
    let served = "select bool_and(served_at is not null) from order_lines where fire_id = $1";
    assert!(house.ask::<bool>(served, fire.0).await);
    let ready = "select bool_and(state = 'ready') from ticket_lines where fire_id = $1";
    assert!(house.ask::<bool>(ready, fire.0).await, "its stations are through with it");
    let story = "select jsonb_build_object('by', m.name, 'asked_by', a.name) from audit
        join staff m on m.location_id = audit.location_id and m.staff_id = audit.staff_id
        join staff a on a.location_id = audit.location_id and a.staff_id = (audit.detail ->> 'asked_by')::uuid
        where verb = 'override' and subject = $1";
    assert_eq!(house.ask::<Value>(story, fire.0).await, json!({ "by": "Sofia", "asked_by": "Catarina" }));

    // Taken back, the station has its card again, as far as it was.
    assert_eq!(act(&expo, fire, "undo").await.status, StatusCode::NO_CONTENT);
    wall.until(|cards| cards.contains_key(&format!("t-{}", placed.ticket("fry")))).await;
    let states = "select string_agg(s.slug || ' ' || t.state, ', ' order by s.slug) from tickets t
        join stations s using (location_id, station_id) where t.fire_id = $1";
    assert_eq!(house.ask::<String>(states, fire.0).await, "fry open, grill bumped");
    house.pass(Duration::seconds(6));
    let manager = house.as_manager().await;
    assert_eq!(act(&manager, fire, "override").await.status, StatusCode::NO_CONTENT, "signed in: no PIN");

    // Noticed too late for an undo: what nobody had cooked is cooked, and what was cooked stays so.
    house.pass(Duration::minutes(1));
    assert_eq!(act(&manager, fire, "recall").await.status, StatusCode::NO_CONTENT);
    assert_eq!(house.ask::<String>(states, fire.0).await, "fry open, grill bumped");
}

#[tokio::test]
async fn what_a_cook_has_not_read_is_still_there_when_it_comes_back() {
    let house = TestApp::spawn().await;
    let (waiter, expo, manager) = (house.as_waiter().await, house.as_expo().await, house.as_manager().await);
    set(&manager, false, false).await;
    let placed = waiter.order("3", &[dish("Sardines").times(2), dish("Fries")]).await;
    let fire = fire_of(&house, &placed).await;
    for name in ["Sardines", "Fries"] {
        let line = house.line(&placed, name).await;
        let void = json!({ "quantity": 1, "reason": "too much" });
        assert_eq!(waiter.post(&format!("/lines/{line}/void"), &void).await.status, StatusCode::NO_CONTENT);
    }
    assert_eq!(act(&expo, fire, "bump").await.status, StatusCode::NO_CONTENT);
    assert_eq!(act(&expo, fire, "undo").await.status, StatusCode::NO_CONTENT);
    let cook = house.as_cook().await;
    assert!(cook.get("/kitchen/grill").await.body.contains("VOID 1"), "part of it");
    assert!(cook.get("/kitchen/fry").await.body.contains("VOID: do not make"), "and all of that");
}

#[tokio::test]
async fn nothing_comes_back_to_a_station_that_is_gone() {
    let house = TestApp::spawn().await;
    let (waiter, manager) = (house.as_waiter().await, house.as_manager().await);
    let placed = waiter.order("3", &[dish("Cod à lagareiro")]).await;
    let fire = fire_of(&house, &placed).await;
    assert_eq!(act(&manager, fire, "override").await.status, StatusCode::NO_CONTENT);
    let gone = "update stations set retired_at = now(), retired_by = 'Sofia' where slug = 'fry'";
    house.say(gone, sqlx::postgres::PgArguments::default()).await;
    assert_eq!(act(&manager, fire, "recall").await.status, StatusCode::NO_CONTENT);
    let states = "select string_agg(s.slug || ' ' || t.state, ', ' order by s.slug) from tickets t
        join stations s using (location_id, station_id) where t.fire_id = $1";
    assert_eq!(house.ask::<String>(states, fire.0).await, "fry bumped, grill open");
}

#[tokio::test]
async fn not_even_a_manager_hands_over_what_a_station_has_not_read() {
    let house = TestApp::spawn().await;
    let (waiter, manager) = (house.as_waiter().await, house.as_manager().await);
    let placed = waiter.order("3", &[dish("Sardines")]).await;
    let fire = fire_of(&house, &placed).await;
    let told = waiter.post(&format!("/checks/{}/allergies", placed.check()), &json!({ "milk": true })).await;
    assert_eq!(told.status, StatusCode::NO_CONTENT, "{}", told.body);
    let refused = act(&manager, fire, "override").await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.body);
    assert!(refused.words().contains("Grill has not said"), "{}", refused.body);
}

#[tokio::test]
async fn a_pass_that_waits_for_nobody_hands_over_at_once() {
    let house = TestApp::spawn().await;
    let (waiter, expo, manager) = (house.as_waiter().await, house.as_expo().await, house.as_manager().await);
    set(&manager, false, false).await;
    let placed = waiter.order("3", &[dish("Cod à lagareiro")]).await;
    let fire = fire_of(&house, &placed).await;
    assert!(expo.get("/kitchen/expo").await.body.contains(&format!("/fires/{fire}/bump")));
    assert_eq!(act(&expo, fire, "bump").await.status, StatusCode::NO_CONTENT);
    let open = "select count(*) from tickets where fire_id = $1 and state = 'open'";
    assert_eq!(house.ask::<i64>(open, fire.0).await, 0);

    let wrong = manager.post("/manage/pass", &json!({ "waits": "perhaps", "plates": "true" })).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(wrong.json()["fields"][0]["field"], "waits", "{}", wrong.body);
    let nobodys = expo.post("/manage/pass", &json!({ "waits": "true", "plates": "true" })).await;
    assert_eq!(nobodys.status, StatusCode::FORBIDDEN);
}
