//! Screens that a manager saves: what they show and what they do not, changed while they are open, worked like a station's.

use reqwest::StatusCode;
use serde_json::{Value, json};
use time::Duration;
use tokio::time::Instant;

use crate::support::{Client, Placed, Screen, TestApp, dish, slip};

async fn make(manager: &Client, screen: Value) {
    let made = manager.post("/manage/screens", &screen).await;
    assert_eq!(made.status, StatusCode::NO_CONTENT, "{screen}: {}", made.body);
}

async fn id(house: &TestApp, slug: &str) -> uuid::Uuid {
    house.ask(&format!("select screen_id from screens where slug = '{slug}'"), None).await
}

async fn station(house: &TestApp, slug: &str) -> uuid::Uuid {
    house.ask(&format!("select station_id from stations where slug = '{slug}'"), None).await
}

/// Everything that was committed until now.
async fn settle(house: &TestApp, screen: &mut Screen) {
    let turn = house.ask::<i64>("select seq from boards", None).await;
    screen.until_turn(turn).await;
}

/// Something to fetch.
async fn to_fetch(waiter: &Client) -> Placed {
    let mut order = slip("3", &[dish("Sardines"), dish("Presunto")]);
    order.as_object_mut().expect("a slip").remove("table_id");
    order["order_type"] = json!("takeaway");
    let sent = waiter.post("/orders", &order).await;
    assert_eq!(sent.status, StatusCode::CREATED, "{}", sent.body);
    Placed(sent.json())
}

#[tokio::test]
async fn a_screen_of_two_stations_shows_and_works_the_tickets_of_both() {
    let house = TestApp::spawn().await;
    let (waiter, manager) = (house.as_waiter().await, house.as_manager().await);
    make(&manager, json!({ "name": "Hot line", "stations": ["grill", "fry"], "columns": 3 })).await;
    let cook = house.sign_in_at("Rui", "/kitchen/hot-line").await;
    let mut wall = cook.open_screen("screen-hot-line").await;
    let placed = waiter.order("3", &[dish("Fries"), dish("Sardines").times(2), dish("Presunto")]).await;
    let (grill, fry, cold) = (placed.ticket("grill"), placed.ticket("fry"), placed.ticket("cold"));
    for (ticket, whose) in [(grill, "GRILL"), (fry, "FRY")] {
        let card = wall.until_shown(ticket).await.html;
        assert!(card.contains(&format!("tag-lent\">{whose}<")), "whose it is: {card}");
        assert!(card.contains("name=\"back\" value=\"/kitchen/hot-line\""), "{card}");
    }
    settle(&house, &mut wall).await;
    assert!(wall.shows(cold).is_none(), "no station of this screen cooks it");
    let all_day = wall.cards["all-day"].html.clone();
    assert!(all_day.contains("<strong>2</strong> Sardines") && all_day.contains("Fries"), "{all_day}");
    assert!(!all_day.contains("Presunto"), "the sum of its own cards: {all_day}");
    // What both make together is one dish to make.
    let shared = waiter.order("4", &[dish("Cod à lagareiro")]).await;
    for at in ["grill", "fry"] {
        wall.until_shown(shared.ticket(at)).await;
    }
    let all_day = &wall.cards["all-day"].html;
    assert!(all_day.contains("<strong>1</strong> Cod lagareiro"), "{all_day}");
    let own = house.as_cook().await.open_screen("station-grill").await;
    assert!(
        !own.cards[&format!("t-{grill}")].html.contains("tag-lent"),
        "on its own screen it goes without saying"
    );

    // Its receipts carry its name.
    wall.say(format!(r#"{{"t":"ack","seq":{}}}"#, wall.seq)).await;
    house
        .until("select shown_on is not distinct from 'Hot line' from tickets where ticket_id = $1", fry.0)
        .await;
    house.until("select shown_at is null from tickets where ticket_id = $1", cold.0).await;

    // Whoever signed in on it works what stands on it, and nothing else.
    assert_eq!(cook.bump(cold, 1).await.status, StatusCode::FORBIDDEN);
    for ticket in [fry, grill] {
        let bumped = cook.bump(ticket, 1).await;
        assert_eq!(bumped.status, StatusCode::NO_CONTENT, "{}", bumped.body);
        wall.until_gone(ticket).await;
        house.pass(Duration::seconds(1)); // an undo takes back what one tap did
    }
    assert_eq!(cook.ticket(grill, "undo", 1).await.status, StatusCode::NO_CONTENT);
    wall.until_shown(grill).await;
    let recalled = cook.post("/kitchen/hot-line/recall", &json!({})).await;
    assert_eq!(recalled.status, StatusCode::NO_CONTENT, "{}", recalled.body);
    assert!(wall.until_shown(fry).await.html.contains("RECALLED"), "the last of either station");
    assert_eq!(cook.post("/kitchen/hot-line/recall", &json!({})).await.status, StatusCode::CONFLICT);
    assert_eq!(cook.bump(fry, 1).await.status, StatusCode::NO_CONTENT);
    let recent = cook.get("/kitchen/hot-line/recent").await.body;
    assert!(recent.contains("Hot line: left today") && recent.contains(&fry.to_string()), "{recent}");
    let items = cook.get("/kitchen/hot-line/items").await.body;
    assert!(items.contains("Sardines") && items.contains("Fries") && !items.contains("Presunto"));
    let count = async |client: &Client, slug: &str| {
        let pace = client.fetch(&format!("/kitchen/{slug}/pace")).await.json();
        pace["count"].as_i64().expect("a number")
    };
    let anywhere = house.as_cook().await;
    let both = count(&anywhere, "grill").await + count(&anywhere, "fry").await;
    assert_eq!((count(&cook, "hot-line").await, both), (2, 2), "of both, the demo's own among them");
    let page = cook.get("/kitchen/hot-line").await.body;
    assert!(page.contains("data-view=\"screen-hot-line\"") && page.contains("data-columns=\"3\""), "{page}");
    for elsewhere in ["/kitchen/grill", "/kitchen/expo", "/board/station-grill"] {
        assert!(
            cook.fetch(elsewhere).await.status.is_client_error(),
            "{elsewhere}: it is bound to its screen"
        );
    }
    let index = waiter.get("/kitchen").await.body;
    assert!(index.contains("href=\"/kitchen/hot-line\"") && index.contains("Grill, Fry"), "{index}");
    assert!(house.stranger().get("/sign-in").await.body.contains("/kitchen/hot-line"));
}

#[tokio::test]
async fn words_to_one_of_its_stations_stand_on_a_screen_and_are_read_there() {
    let house = TestApp::spawn().await;
    let (waiter, manager) = (house.as_waiter().await, house.as_manager().await);
    make(&manager, json!({ "name": "Hot line", "stations": ["grill", "fry"] })).await;
    let cook = house.sign_in_at("Rui", "/kitchen/hot-line").await;
    let mut wall = cook.open_screen("screen-hot-line").await;
    for (to, words) in [("bar", "No limes"), ("grill", "No sardines")] {
        let said = waiter.post("/messages", &json!({ "to": to, "words": words })).await;
        assert_eq!(said.status, StatusCode::NO_CONTENT, "{}", said.body);
    }
    settle(&house, &mut wall).await;
    let text: String = wall.cards.values().map(|card| card.html.as_str()).collect();
    assert!(text.contains("No sardines") && !text.contains("No limes"), "{text}");
    let message = async |words: &str| -> uuid::Uuid {
        house.ask(&format!("select message_id from messages where words = '{words}'"), None).await
    };
    let read =
        async |words: &str| cook.post(&format!("/messages/{}/read", message(words).await), &json!({})).await;
    assert_eq!(read("No limes").await.status, StatusCode::FORBIDDEN);
    assert_eq!(read("No sardines").await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn what_a_screen_leaves_out_is_neither_shown_nor_seen() {
    let house = TestApp::spawn().await;
    let (waiter, manager) = (house.as_waiter().await, house.as_manager().await);
    let fetched =
        json!({ "name": "Takeaway", "every_station": true, "order_types": ["takeaway", "delivery"] });
    make(&manager, fetched).await;
    make(&manager, json!({ "name": "Grill, no hold", "stations": ["grill"], "holds": false })).await;
    let cook = house.sign_in_at("Rui", "/kitchen/takeaway").await;
    let mut takeaway = cook.open_screen("screen-takeaway").await;
    let mut grill = house.as_cook().await.open_screen("screen-grill-no-hold").await;
    let inside =
        waiter.order("3", &[dish("Sardines"), dish("Vegetables from the embers").in_course(2)]).await;
    let outside = to_fetch(&waiter).await;

    for at in ["grill", "cold"] {
        takeaway.until_shown(outside.ticket(at)).await;
    }
    let card = grill.until_shown(outside.ticket("grill")).await.html;
    assert!(!card.contains("tag-lent"), "of one station: {card}");
    assert!(
        grill.shows(inside.ticket("grill")).is_some() && takeaway.shows(inside.ticket("grill")).is_none()
    );
    assert!(!takeaway.cards["all-day"].html.contains("<strong>2</strong> Sardines"));

    // The course that waits: nowhere but on its station's own screen, until it is fired.
    let own = house.as_cook().await.open_screen("station-grill").await;
    let held = house.ticket_of(house.line(&inside, "Vegetables from the embers").await, "grill").await;
    assert!(own.shows(held).is_some() && grill.shows(held).is_none());
    let course = house.held(&inside, 2).await;
    let fired = waiter.post(&format!("/fires/{course}/fire"), &json!({})).await;
    assert_eq!(fired.status, StatusCode::NO_CONTENT, "{}", fired.body);
    grill.until_shown(held).await;

    // What it does not show nobody there has seen, and nobody there works.
    takeaway.say(format!(r#"{{"t":"ack","seq":{}}}"#, takeaway.seq)).await;
    house
        .until(
            "select shown_on is not distinct from 'Takeaway' from tickets where ticket_id = $1",
            outside.ticket("grill").0,
        )
        .await;
    assert_eq!(cook.bump(inside.ticket("grill"), 1).await.status, StatusCode::FORBIDDEN);
    house.pass(Duration::seconds(6));
    house
        .until("select alarmed_at is not null from tickets where ticket_id = $1", inside.ticket("grill").0)
        .await;
    assert!(
        house
            .ask::<bool>(
                "select alarmed_at is null from tickets where ticket_id = $1",
                outside.ticket("grill").0
            )
            .await
    );
    // It brings back only what would stand on it.
    let elsewhere = house.as_cook().await;
    assert_eq!(elsewhere.bump(outside.ticket("grill"), 1).await.status, StatusCode::NO_CONTENT);
    assert_eq!(elsewhere.bump(inside.ticket("grill"), 1).await.status, StatusCode::NO_CONTENT);
    assert_eq!(cook.post("/kitchen/takeaway/recall", &json!({})).await.status, StatusCode::NO_CONTENT);
    assert_eq!(house.state_of(outside.ticket("grill")).await, "open");
    assert_eq!(house.state_of(inside.ticket("grill")).await, "bumped");
}

#[tokio::test]
async fn an_open_screen_becomes_what_a_manager_makes_of_it() {
    let house = TestApp::spawn().await;
    let (waiter, manager, cook) = (house.as_waiter().await, house.as_manager().await, house.as_cook().await);
    make(&manager, json!({ "name": "Line", "stations": ["grill"] })).await;
    let screen = id(&house, "line").await;
    let view = "screen-line";
    let beside = house.beside().await;
    let there = cook.at(beside.address);
    let (mut here, mut elsewhere) = (cook.open_screen(view).await, there.open_screen(view).await);
    let placed = waiter.order("3", &[dish("Fries"), dish("Sardines")]).await;
    let (grill, fry) = (placed.ticket("grill"), placed.ticket("fry"));
    here.until_shown(grill).await;
    elsewhere.until_shown(grill).await;
    let (epoch_before, seq_before) = (here.epoch.clone(), here.seq);

    let change = format!("/screens/{screen}/change");
    let to_fry = json!({ "name": "Frying", "stations": ["fry"], "columns": 2 });
    let asked_at = Instant::now();
    assert_eq!(manager.post(&change, &to_fry).await.status, StatusCode::NO_CONTENT);
    for (open, client) in [(&mut here, &cook), (&mut elsewhere, &there)] {
        let reset = open.starts_over(client, view).await;
        assert!(reset.number("within_ms") <= 800 && reset.header["why"] == "epoch", "{:?}", reset.header);
        assert!(asked_at.elapsed().as_millis() < 1_000, "{:?}", asked_at.elapsed());
        assert!(open.shows(fry).is_some() && open.shows(grill).is_none());
        let about = &open.cards["all-day"].html;
        assert!(about.contains("data-name=\"Frying\"") && about.contains("data-columns=\"2\""), "{about}");
    }
    let next = waiter.order("4", &[dish("Fries"), dish("Sardines")]).await;
    for open in [&mut here, &mut elsewhere] {
        open.until_shown(next.ticket("fry")).await;
        assert!(open.shows(next.ticket("grill")).is_none());
    }
    let rows = house.rows().await;
    assert_eq!(manager.post(&change, &to_fry).await.status, StatusCode::NO_CONTENT);
    assert_eq!(house.rows().await, rows, "twice is once");

    // A screen that was away meanwhile has cards of the query before: it starts over as well.
    let mut late = Screen::attach(&cook, view, &epoch_before, seq_before).await.expect("an upgrade");
    late.starts_over(&cook, view).await;
    assert!(late.shows(fry).is_some() && late.shows(grill).is_none());
    let polled = cook.fetch(&format!("/board/{view}?since={seq_before}&epoch={epoch_before}")).await;
    assert!(
        polled.body.contains("\"from\":0,") && polled.body.contains(&format!("t-{fry}")),
        "{}",
        polled.body
    );
    let same = cook.fetch(&format!("/board/{view}?since={}&epoch={}", late.seq, late.epoch)).await;
    assert!(!same.body.contains("\"from\":0,"), "the same query: only what is newer");

    // A station that comes later is on a screen of all of them.
    let all = json!({ "name": "Frying", "every_station": true });
    assert_eq!(manager.post(&change, &all).await.status, StatusCode::NO_CONTENT);
    here.starts_over(&cook, view).await;
    assert!(here.shows(fry).is_some() && here.shows(grill).is_some());
    let added = manager.post("/manage/stations", &json!({ "name": "Wood oven" })).await;
    assert_eq!(added.status, StatusCode::NO_CONTENT, "{}", added.body);
    here.starts_over(&cook, view).await;

    // Taken away, it says so.
    let gone = manager.post(&format!("/screens/{screen}/take-away"), &json!({})).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{}", gone.body);
    while here.next_frame().await.kind() != "reset" {}
    assert_eq!(cook.fetch(&format!("/board/{view}")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(cook.fetch("/kitchen/line").await.status, StatusCode::NOT_FOUND);
    assert!(Screen::attach(&cook, view, &late.epoch, late.seq).await.is_err());
    let told = "select count(*) from audit where subject = $1 and verb in ('add_screen', 'change_screen', 'take_away_screen')";
    assert_eq!(house.ask::<i64>(told, screen).await, 4);
}

#[tokio::test]
async fn what_will_not_do_is_refused_by_its_field() {
    let house = TestApp::spawn().await;
    let (waiter, manager) = (house.as_waiter().await, house.as_manager().await);
    let good = json!({ "name": "Hot line", "stations": ["grill"] });
    assert_eq!(waiter.post("/manage/screens", &good).await.status, StatusCode::FORBIDDEN);
    make(&manager, good.clone()).await;
    let with = |field: &str, value: Value| {
        let mut slip = json!({ "name": "Other", "stations": ["grill"] });
        slip[field] = value;
        slip
    };
    for (slip, blamed) in [
        (json!({}), ["name", "stations"].as_slice()),
        (with("name", json!("")), &["name"]),
        (with("name", json!("x".repeat(41))), &["name"]),
        (with("name", json!("Expo")), &["name"]),
        (with("name", json!("HOT LINE")), &["name"]),
        (with("name", json!("grill")), &["name"]),
        (with("stations", json!([])), &["stations"]),
        (with("stations", json!(["moon"])), &["stations"]),
        (with("order_types", json!(["brunch"])), &["order_types"]),
        (with("holds", json!("perhaps")), &["holds"]),
        (with("columns", json!(9)), &["columns"]),
        (with("columns", json!("many")), &["columns"]),
    ] {
        let refused = manager.post("/manage/screens", &slip).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{slip}: {}", refused.body);
        assert_eq!(refused.blames(), blamed, "{slip}");
    }
    // Nor has a station the name of a screen; an address that is taken gets a number.
    assert_eq!(manager.post("/manage/stations", &json!({ "name": "Hot Line" })).await.blames(), ["name"]);
    let added = manager.post("/manage/stations", &json!({ "name": "Hot-line!" })).await;
    assert_eq!(added.status, StatusCode::NO_CONTENT, "{}", added.body);
    station(&house, "hot-line-2").await;
    make(&manager, json!({ "name": "Grill!", "stations": ["grill"] })).await;
    id(&house, "grill-2").await;

    // A plain form comes back with what was entered, and names what is wrong.
    let form = [("name", "Sweets"), ("type-takeaway", "on"), ("holds", "no"), ("columns", "4")];
    let back = manager.form("/manage/screens", &form).await;
    assert_eq!(back.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(back.body.contains("Choose whose tickets it shows"), "{}", back.body);
    assert!(back.body.contains("value=\"Sweets\"") && back.body.contains("<option value=\"4\" selected>"));
    let saved = manager.form("/manage/screens", &[form.as_slice(), &[("at-cold", "on")]].concat()).await;
    assert_eq!((saved.status, saved.location()), (StatusCode::SEE_OTHER, "/manage/screens"));
    let asked =
        "select not holds and order_types = '{takeaway}' and columns = 4 from screens where slug = 'sweets'";
    assert!(house.ask::<bool>(asked, None).await);
    assert!(manager.get("/manage/screens").await.body.contains("Cold; Takeaway; nothing on hold"));

    for at in 0..27 {
        make(&manager, json!({ "name": format!("Screen {at}"), "every_station": true })).await;
    }
    let more = manager.post("/manage/screens", &json!({ "name": "One more", "every_station": true })).await;
    assert_eq!(more.status, StatusCode::CONFLICT, "{}", more.body);
    assert!(more.words().contains("30 screens"), "{}", more.body);
}

#[tokio::test]
async fn a_device_on_the_wall_is_bound_to_a_saved_screen() {
    let house = TestApp::spawn().await;
    let (waiter, manager) = (house.as_waiter().await, house.as_manager().await);
    make(&manager, json!({ "name": "To go", "every_station": true, "order_types": ["takeaway"] })).await;
    let made = manager.post("/manage/devices", &json!({ "name": "Counter", "shows": "to-go" })).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let device = house.stranger();
    let paired = device.post("/pair", &json!({ "code": made.json()["code"] })).await;
    assert_eq!(paired.status, StatusCode::OK, "{}", paired.body);
    assert_eq!(device.get("/kitchen").await.location(), "/kitchen/to-go");
    let mut wall = device.open_screen("screen-to-go").await;
    let (inside, outside) = (waiter.order("3", &[dish("Sardines")]).await, to_fetch(&waiter).await);
    let card = wall.until_shown(outside.ticket("grill")).await;
    assert_eq!(device.bump(inside.ticket("grill"), 1).await.status, StatusCode::FORBIDDEN);
    let bumped = device.bump(outside.ticket("grill"), card.version()).await;
    assert_eq!(bumped.status, StatusCode::NO_CONTENT, "{}", bumped.body);
    wall.until_gone(outside.ticket("grill")).await;
    let screen = id(&house, "to-go").await;
    let refused = manager.post(&format!("/screens/{screen}/take-away"), &json!({})).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.words().contains("Counter"), "{}", refused.body);
    assert!(manager.get("/manage/devices").await.body.contains("Screen of To go"));
}

#[tokio::test]
async fn stations_that_go_or_are_shown_elsewhere_are_told_on_the_screen() {
    let house = TestApp::spawn().await;
    let (waiter, manager, cook) = (house.as_waiter().await, house.as_manager().await, house.as_cook().await);
    make(&manager, json!({ "name": "Hot line", "stations": ["grill", "fry"] })).await;
    let mut wall = cook.open_screen("screen-hot-line").await;
    let fry = station(&house, "fry").await;
    let placed = waiter.order("3", &[dish("Fries")]).await.ticket("fry");
    wall.until_shown(placed).await;
    let lend = async |to: &str| {
        let lent = cook.post(&format!("/stations/{fry}/lend"), &json!({ "to": to })).await;
        assert_eq!(lent.status, StatusCode::NO_CONTENT, "{}", lent.body);
    };
    let notice = format!("s-{fry}");
    lend("grill").await;
    settle(&house, &mut wall).await;
    assert!(wall.shows(placed).is_some() && !wall.cards.contains_key(&notice), "both stand on this screen");
    lend("").await;
    lend("cold").await;
    settle(&house, &mut wall).await;
    assert!(wall.shows(placed).is_none(), "it stands on the other one's");
    assert!(wall.cards[&notice].html.contains("shown on Cold, not here"), "{}", wall.cards[&notice].html);
    lend("").await;
    settle(&house, &mut wall).await;
    assert!(wall.shows(placed).is_some() && !wall.cards.contains_key(&notice));

    let added = manager.post("/manage/stations", &json!({ "name": "Wood oven" })).await;
    assert_eq!(added.status, StatusCode::NO_CONTENT, "{}", added.body);
    make(&manager, json!({ "name": "Oven side", "stations": ["wood-oven"] })).await;
    let mut oven = cook.open_screen("screen-oven-side").await;
    let retire = format!("/stations/{}/retire", station(&house, "wood-oven").await);
    assert_eq!(manager.post(&retire, &json!({})).await.status, StatusCode::NO_CONTENT);
    oven.starts_over(&cook, "screen-oven-side").await;
    assert!(oven.cards["all-day"].html.contains("No station is on this screen any more"));
    assert!(cook.get("/kitchen/oven-side").await.body.contains("No station is on this screen any more"));
    assert!(manager.get("/manage/screens").await.body.contains("It shows nothing: choose a station."));
    // It comes back as itself, and is on the screen again.
    assert_eq!(
        manager.post("/manage/stations", &json!({ "name": "Wood oven" })).await.status,
        StatusCode::NO_CONTENT
    );
    oven.starts_over(&cook, "screen-oven-side").await;
    assert!(!oven.cards["all-day"].html.contains("No station"));
}
