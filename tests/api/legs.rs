//! Who makes what of a line: choices with a station of their own, stations one after the other, what only the pass has, and
//! what leaves without it.

use comanda::domain::ids::FireId;
use reqwest::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Client, TestApp, dish, slip};

async fn done(client: &Client, path: &str, body: Value) {
    let answer = client.post(path, &body).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{path}: {}", answer.body);
}

async fn item(house: &TestApp, name: &str) -> Uuid {
    house.ask(&format!("select item_id from items where name = '{name}'"), None).await
}

/// Another route for a dish.
async fn route(house: &TestApp, manager: &Client, name: &str, mode: &str, stations: &[&str], pass: &str) {
    let of = format!("item:{}", item(house, name).await);
    let body = json!({ "of": of, "mode": mode, "stations": stations, "pass": pass });
    done(manager, "/manage/routes", body).await;
}

async fn fires(house: &TestApp, check: Uuid) -> Vec<FireId> {
    let ids: Vec<Uuid> = house
        .ask("select array_agg(fire_id order by skips_pass, fire_id) from fires where check_id = $1", check)
        .await;
    ids.into_iter().map(FireId).collect()
}

#[tokio::test]
async fn a_choice_with_a_station_of_its_own_is_made_there() {
    let house = TestApp::spawn().await;
    let (waiter, manager, cook) = (house.as_waiter().await, house.as_manager().await, house.as_cook().await);
    route(&house, &manager, "Bitoque", "each", &["grill"], "send").await;
    let salad: Uuid = house.ask("select modifier_id from modifiers where name = 'Green salad'", None).await;
    let maker = format!("/modifiers/{salad}/station");
    assert_eq!(manager.post(&maker, &json!({ "station": "roof" })).await.blames(), ["station"]);
    assert_eq!(waiter.post(&maker, &json!({ "station": "cold" })).await.status, StatusCode::FORBIDDEN);
    done(&manager, &maker, json!({ "station": "cold" })).await;
    let rows = house.rows().await;
    done(&manager, &maker, json!({ "station": "cold" })).await;
    assert_eq!(house.rows().await, rows, "twice is once");

    let (mut grill, mut cold) =
        (cook.open_screen("station-grill").await, cook.open_screen("station-cold").await);
    let mut pass = house.as_expo().await.open_screen("expo").await;
    let placed = waiter.order("3", &[dish("Bitoque").with("Medium").with("Green salad")]).await;
    let steak = grill.until_shown(placed.ticket("grill")).await.html;
    assert!(
        steak.contains(">Bitoque<") && steak.contains("Medium") && steak.contains("Green salad"),
        "{steak}"
    );
    let side = cold.until_shown(placed.ticket("cold")).await.html;
    assert!(side.contains("line-name\">Green salad<") && side.contains("for Bitoque"), "{side}");
    assert!(!side.contains("Medium"), "what others make is not theirs to read: {side}");
    let all_day = &cold.cards["all-day"].html;
    assert!(all_day.contains("Green salad") && !all_day.contains("Bitoque"), "{all_day}");

    // Another doneness is the grill's business alone; another side is nobody's.
    let line = house.line(&placed, "Bitoque").await;
    let change = format!("/lines/{line}/change");
    let choices = async |names: &[&str]| -> Vec<Uuid> {
        let names = names.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ");
        let of = "select array_agg(modifier_id) from modifiers m join item_modifier_groups g using (location_id, group_id)
            join items i using (location_id, item_id) where i.name = 'Bitoque' and m.name in";
        house.ask(&format!("{of} ({names})"), None).await
    };
    let refused =
        waiter.post(&change, &json!({ "seen": 0, "modifiers": choices(&["Medium", "Fries"]).await })).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.body);
    assert!(refused.words().contains("Green salad is made at a station of its own"), "{}", refused.body);
    done(&waiter, &change, json!({ "seen": 0, "modifiers": choices(&["Rare", "Green salad"]).await })).await;
    let steak =
        grill.until(|cards| cards[&format!("t-{}", placed.ticket("grill"))].html.contains("CHANGED")).await;
    let version = steak[&format!("t-{}", placed.ticket("grill"))].version();
    assert!(!cold.shows(placed.ticket("cold")).expect("still there").html.contains("CHANGED"));

    // It is ready when both are.
    assert_eq!(cook.bump(placed.ticket("grill"), version).await.status, StatusCode::NO_CONTENT);
    let key = format!("f-{}", fires(&house, placed.check().0).await[0]);
    pass.until(|cards| cards.get(&key).is_some_and(|card| card.html.contains("station is-ready"))).await;
    assert!(!pass.cards[&key].html.contains("READY"), "{}", pass.cards[&key].html);
    assert_eq!(cook.bump(placed.ticket("cold"), 1).await.status, StatusCode::NO_CONTENT);
    pass.until(|cards| cards.get(&key).is_some_and(|card| card.html.contains("READY"))).await;

    // And on hold it is decided at the fire, by what the choice is called.
    let placed = waiter
        .order("4", &[dish("Sardines"), dish("Bitoque").with("Rare").with("Green salad").in_course(2)])
        .await;
    done(&manager, &maker, json!({ "station": "fry" })).await;
    let held: Uuid = house
        .ask("select fire_id from fires where check_id = $1 and fired_at is null", placed.check().0)
        .await;
    done(&waiter, &format!("/fires/{held}/fire"), json!({})).await;
    let at = "select string_agg(s.slug || coalesce(' ' || tl.part, ''), ', ' order by s.slug) from ticket_lines tl
        join tickets t using (location_id, ticket_id) join stations s using (location_id, station_id) where tl.fire_id = $1";
    assert_eq!(house.ask::<String>(at, held).await, "fry Green salad, grill");
}

#[tokio::test]
async fn stations_one_after_the_other() {
    let house = TestApp::spawn().await;
    let (waiter, manager, cook) = (house.as_waiter().await, house.as_manager().await, house.as_cook().await);
    route(&house, &manager, "Sardines", "then", &["cold", "grill"], "send").await;
    let rows = house.rows().await;
    route(&house, &manager, "Sardines", "then", &["cold", "grill"], "send").await;
    assert_eq!(house.rows().await, rows, "twice is once");
    let (mut grill, mut cold) =
        (cook.open_screen("station-grill").await, cook.open_screen("station-cold").await);
    let placed = waiter.order("3", &[dish("Sardines")]).await;
    let (first, second) = (placed.ticket("cold"), placed.ticket("grill"));
    let key = format!("t-{second}");

    // The second sees what is coming, and can do nothing with it.
    assert!(!cold.until_shown(first).await.html.contains("COMING"));
    let card = grill.until_shown(second).await;
    assert!(
        card.html.contains("COMING") && card.html.contains("at Cold") && !card.html.contains("button-bump"),
        "{}",
        card.html
    );
    assert_eq!(card.attribute("data-cues"), "", "nothing to begin, nothing to hear");
    let line = house.line(&placed, "Sardines").await;
    for (verb, body) in [
        ("bump", json!({ "version": 1 })),
        ("start", json!({ "version": 1 })),
        ("line", json!({ "version": 1, "line": format!("{line}:ready") })),
    ] {
        let refused = cook.post(&format!("/tickets/{second}/{verb}"), &body).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{verb}: {}", refused.body);
        assert!(refused.words().contains("Cold still has some of it"), "{verb}: {}", refused.body);
    }

    assert_eq!(cook.bump(first, 1).await.status, StatusCode::NO_CONTENT);
    grill.until(|cards| cards.get(&key).is_some_and(|card| !card.html.contains("COMING"))).await;
    assert_eq!(grill.cards[&key].attribute("data-cues"), "come@1", "now it is heard");
    // Taken back, it is only coming again; then a tick of the line sends it on as well.
    done(&cook, &format!("/tickets/{first}/undo"), json!({})).await;
    grill.until(|cards| cards.get(&key).is_some_and(|card| card.html.contains("COMING"))).await;
    done(&cook, &format!("/tickets/{first}/line"), json!({ "version": 1, "line": format!("{line}:ready") }))
        .await;
    grill.until(|cards| cards.get(&key).is_some_and(|card| !card.html.contains("COMING"))).await;
    assert_eq!(cook.bump(second, 1).await.status, StatusCode::NO_CONTENT);
    grill.until_gone(second).await;

    // Another dish that goes to the second alone does not wait: only what is coming does.
    let placed = waiter.order("4", &[dish("Sardines"), dish("Picanha").with("Rare")]).await;
    let (first, second) = (placed.ticket("cold"), placed.ticket("grill"));
    let card = grill.until_shown(second).await.html;
    assert!(!card.contains("COMING") && card.contains("at Cold") && card.contains("button-bump"), "{card}");
    assert_eq!(cook.bump(second, 1).await.status, StatusCode::CONFLICT, "part of it is still at Cold");
    done(&cook, &format!("/tickets/{second}/start"), json!({ "version": 1 })).await;
    let started = "select string_agg(l.item_name, ', ') from ticket_lines tl join order_lines l using (location_id, line_id)
        where tl.ticket_id = $1 and tl.state = 'started'";
    assert_eq!(house.ask::<String>(started, second.0).await, "Picanha");
    let cold_bump = cook.bump(first, 1).await;
    assert_eq!(cold_bump.status, StatusCode::NO_CONTENT, "{}", cold_bump.body);
    assert_eq!(cook.bump(second, 1).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn what_only_the_pass_has_is_ready_at_once() {
    let house = TestApp::spawn().await;
    let (waiter, manager, cook) = (house.as_waiter().await, house.as_manager().await, house.as_cook().await);
    let expo = house.as_expo().await;
    route(&house, &manager, "Sardines", "any", &[], "only").await;
    let mut pass = expo.open_screen("expo").await;
    let placed = waiter.order("3", &[dish("Sardines")]).await;
    assert_eq!(placed.0["tickets"], json!([]), "no station has anything to do");
    let key = format!("f-{}", fires(&house, placed.check().0).await[0]);
    pass.until(|cards| cards.contains_key(&key)).await;
    let card = &pass.cards[&key].html;
    assert!(card.contains("READY") && card.contains("From the pass") && !card.contains("UNROUTED"), "{card}");
    assert!(waiter.get("/floor").await.body.contains("Ready: seen"), "whoever serves is called");
    let check = format!("/checks/{}", placed.check());
    let page = waiter.get(&check).await.body;
    assert!(page.contains("From the pass") && page.contains("Hand over"), "{page}");
    let fire = key.trim_start_matches("f-").to_owned();
    done(&waiter, &format!("/fires/{fire}/ready-seen"), json!({})).await;
    assert!(!waiter.get("/floor").await.body.contains(&format!("/fires/{fire}/ready-seen")));
    done(&waiter, &format!("/fires/{fire}/bump"), json!({})).await;
    pass.until(|cards| !cards.contains_key(&key)).await;
    done(&expo, &format!("/fires/{fire}/recall"), json!({})).await;
    pass.until(|cards| cards.contains_key(&key)).await;

    assert!(
        expo.get("/kitchen/expo/items").await.body.contains("Sardines"),
        "the pass says what is left of it"
    );

    // With a dish that is cooked it waits for that; void, it needs nobody's word at a station.
    let placed = waiter.order("4", &[dish("Sardines"), dish("Picanha").with("Rare")]).await;
    let key = format!("f-{}", fires(&house, placed.check().0).await[0]);
    pass.until(|cards| cards.contains_key(&key)).await;
    assert!(!pass.cards[&key].html.contains("READY"), "{}", pass.cards[&key].html);
    cook.bump(placed.ticket("grill"), 1).await;
    pass.until(|cards| cards.get(&key).is_some_and(|card| card.html.contains("READY"))).await;
    let placed = waiter.order("5", &[dish("Sardines")]).await;
    let key = format!("f-{}", fires(&house, placed.check().0).await[0]);
    pass.until(|cards| cards.contains_key(&key)).await;
    let line = house.line(&placed, "Sardines").await;
    let refused =
        waiter.post(&format!("/lines/{line}/void"), &json!({ "quantity": 1, "reason": "no" })).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "it stands there, ready: {}", refused.body);
    let void = manager.post(&format!("/lines/{line}/void"), &json!({ "quantity": 1, "reason": "no" })).await;
    assert_eq!(void.status, StatusCode::NO_CONTENT, "{}", void.body);
    pass.until(|cards| !cards.contains_key(&key)).await;
}

#[tokio::test]
async fn what_leaves_without_the_pass_calls_the_waiter_to_its_station() {
    let house = TestApp::spawn().await;
    let (waiter, manager, cook) = (house.as_waiter().await, house.as_manager().await, house.as_cook().await);
    route(&house, &manager, "Caipirinha", "any", &["bar"], "skip").await;
    let mut pass = house.as_expo().await.open_screen("expo").await;
    let mut order = slip("3", &[dish("Caipirinha"), dish("Sardines")]);
    order["allergies"] = json!([{ "allergens": ["celery"] }]);
    let answer = waiter.post("/orders", &order).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    let check: Uuid = answer.json()["check_id"].as_str().expect("a check").parse().expect("an id");
    let both = fires(&house, check).await;
    let [plate, drink] = both[..] else { panic!("two fires: {both:?}") };
    pass.until(|cards| cards.contains_key(&format!("f-{plate}"))).await;
    assert!(!pass.cards.contains_key(&format!("f-{drink}")), "the pass has nothing to do with it");
    let card = &pass.cards[&format!("f-{plate}")].html;
    assert!(card.contains("Sardines") && !card.contains("Caipirinha"), "{card}");

    let ticket: Uuid = house.ask("select ticket_id from tickets where fire_id = $1", drink.0).await;
    done(&cook, &format!("/tickets/{ticket}/allergy-seen"), json!({ "told": 1 })).await;
    done(&cook, &format!("/tickets/{ticket}/bump"), json!({ "version": 1 })).await;
    assert!(
        waiter.get("/floor").await.body.contains(&format!("/fires/{drink}/ready-seen")),
        "called, though no plate is ready"
    );
    // Told again after it left the bar, it is read before it goes to the guest.
    let more = json!({ "milk": true });
    assert_eq!(
        waiter.post(&format!("/checks/{check}/allergies"), &more).await.status,
        StatusCode::NO_CONTENT
    );
    let hand_over = format!("/fires/{drink}/bump");
    assert_eq!(waiter.post(&hand_over, &json!({})).await.status, StatusCode::CONFLICT, "nobody read it");
    done(&waiter, &format!("/fires/{drink}/allergy-seen"), json!({ "told": 2 })).await;
    done(&waiter, &format!("/fires/{drink}/bump"), json!({})).await;
    let served =
        "select string_agg(item_name, ', ') from order_lines l join orders o using (location_id, order_id)
        where o.check_id = $1 and served_at is not null";
    assert_eq!(house.ask::<String>(served, check).await, "Caipirinha");

    // What the pass never had it does not bring back; cooked again it leaves without the pass as well.
    let expo = house.as_expo().await;
    expo.post("/kitchen/expo/recall", &json!({})).await;
    let gone = "select handed_over_at is not null from fires where fire_id = $1";
    assert!(house.ask::<bool>(gone, drink.0).await, "it is the last plate that comes back, not a drink");
    assert!(!expo.get("/kitchen/expo/recent").await.body.contains(&format!("/fires/{drink}/")));
    let line: Uuid = house
        .ask("select line_id from order_lines l join fires f using (location_id, fire_id) where f.fire_id = $1", drink.0)
        .await;
    let again = json!({ "id": comanda::domain::ids::LineId::new(), "quantity": 1, "reason": "spilt" });
    let refired = waiter.post(&format!("/lines/{line}/refire"), &again).await;
    assert!(refired.status.is_success(), "{}", refired.body);
    let skips = "select bool_and(f.skips_pass) from order_lines l join fires f using (location_id, fire_id)
        where l.refire_of = $1";
    assert!(house.ask::<bool>(skips, line).await);

    // The same again by the slip's key.
    let again = waiter.post("/orders", &order).await;
    assert_eq!((again.status, again.body), (StatusCode::OK, answer.body));
}

#[tokio::test]
async fn a_route_that_makes_no_sense_is_refused_by_field() {
    let house = TestApp::spawn().await;
    let manager = house.as_manager().await;
    let of = format!("item:{}", item(&house, "Sardines").await);
    let rows = house.rows().await;
    for (body, field) in [
        (json!({ "of": of, "mode": "perhaps", "stations": ["grill"] }), "mode"),
        (json!({ "of": of, "mode": "any", "stations": ["grill"], "pass": "perhaps" }), "pass"),
        (json!({ "of": of, "mode": "any", "stations": ["grill"], "pass": "only" }), "stations"),
        (json!({ "of": of, "mode": "any", "pass": "skip" }), "stations"),
    ] {
        let refused = manager.post("/manage/routes", &body).await;
        assert_eq!(refused.blames(), [field], "{body}: {}", refused.body);
    }
    assert_eq!(house.rows().await, rows);
    // A form says the order by steps, and tries it first.
    let form = [
        ("of", of.as_str()),
        ("mode", "then"),
        ("at-grill", "on"),
        ("at-cold", "on"),
        ("step-grill", "2"),
        ("step-cold", "1"),
        ("step-bar", ""),
        ("pass", "send"),
    ];
    let mut tried = form.to_vec();
    tried.push(("try", "yes"));
    let page = manager.form("/manage/routes", &tried).await.body;
    assert!(
        page.contains("Cold, then Grill, one after the other")
            || page.contains("name=\"step-cold\" value=\"1\""),
        "{page}"
    );
    assert_eq!(house.rows().await, rows, "only tried");
    manager.form("/manage/routes", &form).await;
    let page = manager.get("/manage/stations").await.body;
    assert!(page.contains("Cold, then Grill, one after the other"), "{page}");
}
