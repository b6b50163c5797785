//! Courses on hold: known to the kitchen, cooked when somebody says so, or the house's rule.

use comanda::domain::ids::{FireId, LineId, TenderId};
use reqwest::StatusCode;
use serde_json::{Value, json};
use time::Duration;
use time::macros::datetime;

use crate::support::{Answer, Client, Placed, TestApp, dish, slip};

const SAID_TWICE: &str = "what is so already changes nothing";

async fn fire(client: &Client, fire: FireId) -> Answer {
    client.post(&format!("/fires/{fire}/fire"), &json!({})).await
}

#[tokio::test]
async fn a_later_course_waits_grey_and_counts_for_nothing_until_it_is_fired() {
    let house = TestApp::spawn().await;
    let (waiter, cook, expo) = (house.as_waiter().await, house.as_cook().await, house.as_expo().await);
    let (mut grill, mut pass) = (cook.open_screen("station-grill").await, expo.open_screen("expo").await);
    let placed = waiter.order("3", &[dish("Caldo verde"), dish("Sardines").in_course(2)]).await;
    let (course, ticket) = (house.held(&placed, 2).await, placed.ticket("grill"));

    let card = grill.until_shown(ticket).await;
    assert!(card.html.contains("HOLD") && !card.html.contains("Bump"), "{}", card.html);
    assert!(!card.html.contains("data-fired-ms"), "no clock runs: {}", card.html);
    assert_eq!(card.attribute("data-cues"), "", "nothing sounds");
    assert!(!grill.cards["all-day"].html.contains("Sardines"), "{}", grill.cards["all-day"].html);
    while !pass.cards.contains_key(&format!("f-{course}")) {
        pass.next_cards().await;
    }
    let waits = &pass.cards[&format!("f-{course}")].html;
    assert!(waits.contains("HOLD") && waits.contains(&format!("/fires/{course}/fire")), "{waits}");
    assert!(!pass.cards["all-day"].html.contains("Sardines"));
    let floor = waiter.get("/floor").await.body;
    assert!(floor.contains("A course on hold"));
    assert_eq!(cook.bump(ticket, 1).await.status, StatusCode::CONFLICT, "nobody bumps what waits");

    house.pass(Duration::minutes(20));
    house.until("select count(*) = 1 from audit where verb = 'unseen'", None).await; // the soup's: nobody looks at Fry
    assert_eq!(fire(&waiter, course).await.status, StatusCode::NO_CONTENT);

    let card = grill.next_cards().await.brings(ticket).expect("the fired card").clone();
    assert!(!card.html.contains("HOLD") && card.html.contains("Bump"), "{}", card.html);
    let fired_ms = datetime!(2099-11-20 22:00 UTC).unix_timestamp() * 1_000;
    assert_eq!(card.attribute("data-cues"), format!("new@{fired_ms}"), "its clock starts at the fire");
    assert!(grill.cards["all-day"].html.contains("Sardines"));
    let before = house.rows().await;
    assert_eq!(fire(&expo, course).await.status, StatusCode::NO_CONTENT, "{SAID_TWICE}");
    assert_eq!(house.rows().await, before);
    assert_eq!(cook.bump(ticket, card.version()).await.status, StatusCode::NO_CONTENT);
    let who: bool = house
        .ask("select fired_by is not null and fired_on is not null from fires where fire_id = $1", course.0)
        .await;
    assert!(who, "who let it go is known");
}

#[tokio::test]
async fn what_is_ordered_later_joins_the_course_that_waits() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let mut grill = cook.open_screen("station-grill").await;
    let first = waiter.order("3", &[dish("Caldo verde"), dish("Sardines").in_course(2)]).await;
    grill.until_shown(first.ticket("grill")).await;
    let mut more = slip("3", &[dish("Cauliflower from the embers").in_course(2)]);
    more["lines"][0]["hold"] = json!(true);

    let second = waiter.post("/orders", &more).await;

    assert_eq!(second.status, StatusCode::CREATED, "{}", second.body);
    let again = waiter.post("/orders", &more).await;
    assert_eq!((again.status, again.body), (StatusCode::OK, second.body.clone()), "the same answer twice");
    let joined = Placed(second.json());
    assert_eq!(joined.ticket("grill"), first.ticket("grill"), "it stands on the ticket that waits");
    let card = grill.next_cards().await.brings(first.ticket("grill")).expect("the longer card").clone();
    assert!(card.html.contains("Sardines") && card.html.contains("Cauliflower"), "{}", card.html);
    let course = house.held(&first, 2).await;
    fire(&waiter, course).await;
    let card = grill.next_cards().await.brings(first.ticket("grill")).expect("the fired card").clone();
    assert_eq!(cook.bump(first.ticket("grill"), card.version()).await.status, StatusCode::NO_CONTENT);

    let mut more = slip("3", &[dish("Cauliflower from the embers").in_course(2)]);
    more["lines"][0]["hold"] = json!(true);
    let third = Placed(waiter.post("/orders", &more).await.json());
    assert_ne!(third.ticket("grill"), first.ticket("grill"), "a fired ticket never grows");
}

#[tokio::test]
async fn whoever_orders_may_hold_the_first_course_and_fire_the_second() {
    let house = TestApp::spawn().await;
    let waiter = house.as_waiter().await;
    let mut order = slip("3", &[dish("Caldo verde"), dish("Sardines").in_course(2)]);
    order["lines"][0]["hold"] = json!(true);
    order["lines"][1]["hold"] = json!(false);
    let placed = Placed(waiter.post("/orders", &order).await.json());
    let grill: String = house.state_of(placed.ticket("grill")).await;
    assert_eq!(grill, "open");
    house.held(&placed, 1).await;
}

#[tokio::test]
async fn where_a_course_is_cooked_is_decided_when_it_is_fired() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let (mut grill, mut cold) =
        (cook.open_screen("station-grill").await, cook.open_screen("station-cold").await);
    let placed = waiter.order("3", &[dish("Caldo verde"), dish("Sardines").in_course(2)]).await;
    let sardines = house.line(&placed, "Sardines").await;
    grill.until_shown(placed.ticket("grill")).await;
    let moved = "with item as (select location_id, item_id from items where name = 'Sardines')
        , route as (
            insert into routes (location_id, route_id, item_id, mode)
            select location_id, gen_random_uuid(), item_id, 'each' from item returning location_id, route_id)
        , at as (
            insert into route_stations (location_id, route_id, station_id)
            select route.location_id, route_id, station_id from route
            join stations s on s.location_id = route.location_id and s.slug = 'cold')
        update boards set menu_version = menu_version + 1";
    house.say(moved, sqlx::postgres::PgArguments::default()).await;

    let course = house.held(&placed, 2).await;
    assert_eq!(fire(&waiter, course).await.status, StatusCode::NO_CONTENT);

    grill.until_gone(placed.ticket("grill")).await;
    let moved = house.ticket_of(sardines, "cold").await;
    assert!(cold.until_shown(moved).await.html.contains("Sardines"));
    assert_eq!(house.state_of(moved).await, "open");
    let at_grill = "select count(*) from tickets where ticket_id = $1";
    assert_eq!(house.ask::<i64>(at_grill, placed.ticket("grill").0).await, 0, "an empty ticket goes");
}

#[tokio::test]
async fn what_was_86d_while_it_waited_is_asked_about_once() {
    let house = TestApp::spawn().await;
    let (waiter, cook, expo) = (house.as_waiter().await, house.as_cook().await, house.as_expo().await);
    let mut grill = cook.open_screen("station-grill").await;
    let placed = waiter.order("3", &[dish("Caldo verde"), dish("Sardines").in_course(2)]).await;
    let (course, ticket) = (house.held(&placed, 2).await, placed.ticket("grill"));
    grill.until_shown(ticket).await;
    let item = dish("Sardines").json()["item_id"].as_str().expect("an id").to_owned();

    cook.post(&format!("/items/{item}/86"), &json!({})).await;

    let card = grill.next_cards().await.brings(ticket).expect("the card says so").clone();
    assert!(card.html.contains(">86<"), "{}", card.html);
    assert!(waiter.get(&format!("/checks/{}", placed.check())).await.body.contains("Since it was ordered"));
    let before = house.rows().await;
    let asked = fire(&waiter, course).await;
    assert_eq!((asked.status, asked.blames()), (StatusCode::CONFLICT, vec!["anyway".to_owned()]));
    assert!(asked.words().contains("Sardines was 86'd"), "{}", asked.words());
    assert_eq!(house.rows().await, before);
    let anyway = expo.post(&format!("/fires/{course}/fire"), &json!({ "anyway": true })).await;
    assert_eq!(anyway.status, StatusCode::NO_CONTENT, "{}", anyway.body);
    let card = grill.next_cards().await.brings(ticket).expect("the fired card").clone();
    assert!(!card.html.contains(">86<"), "what is fired is cooked: {}", card.html);
}

#[tokio::test]
async fn one_line_goes_ahead_and_the_rest_waits() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let lines = [
        dish("Caldo verde"),
        dish("Sardines").in_course(2),
        dish("Cauliflower from the embers").in_course(2),
    ];
    let placed = waiter.order("3", &lines).await;
    let (sardines, cauliflower) =
        (house.line(&placed, "Sardines").await, house.line(&placed, "Cauliflower from the embers").await);
    let mut grill = cook.open_screen("station-grill").await;
    let waits = grill.until_shown(placed.ticket("grill")).await;
    assert!(waits.html.contains("Sardines") && waits.html.contains("Cauliflower"));

    let ahead = waiter.post(&format!("/lines/{sardines}/fire"), &json!({})).await;

    assert_eq!(ahead.status, StatusCode::NO_CONTENT, "{}", ahead.body);
    let alone = house.ticket_of(sardines, "grill").await;
    let card = grill.until_shown(alone).await;
    assert!(card.html.contains("Bump") && !card.html.contains("Cauliflower"), "{}", card.html);
    let rest = grill.shows(placed.ticket("grill")).expect("it still waits").html.clone();
    assert!(rest.contains("HOLD") && rest.contains("Cauliflower") && !rest.contains("Sardines"), "{rest}");
    let before = house.rows().await;
    let twice = waiter.post(&format!("/lines/{sardines}/fire"), &json!({})).await;
    assert_eq!(twice.status, StatusCode::NO_CONTENT, "{SAID_TWICE}");
    assert_eq!(house.rows().await, before);

    let last = waiter.post(&format!("/lines/{cauliflower}/fire"), &json!({})).await;
    assert_eq!(last.status, StatusCode::NO_CONTENT);
    grill.until_gone(placed.ticket("grill")).await;
    let left = "select count(*) from fires where check_id = $1 and fired_at is null and on_board";
    assert_eq!(house.ask::<i64>(left, placed.check().0).await, 0, "an empty course waits for nobody");
}

#[tokio::test]
async fn a_line_moves_to_another_course_while_it_waits() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let lines = [
        dish("Caldo verde"),
        dish("Sardines").in_course(2),
        dish("Cauliflower from the embers").in_course(2),
    ];
    let placed = waiter.order("3", &lines).await;
    let cauliflower = house.line(&placed, "Cauliflower from the embers").await;
    let to = async |course: Value| {
        waiter.post(&format!("/lines/{cauliflower}/course"), &json!({ "course": course })).await
    };
    assert_eq!(to(json!(10)).await.blames(), ["course"]);
    assert_eq!(to(json!(3)).await.status, StatusCode::NO_CONTENT);
    let before = house.rows().await;
    assert_eq!(to(json!(3)).await.status, StatusCode::NO_CONTENT, "{SAID_TWICE}");
    assert_eq!(house.rows().await, before);

    let third = house.held(&placed, 3).await;
    let sardines = house.line(&placed, "Sardines").await;
    waiter.post(&format!("/lines/{sardines}/void"), &json!({ "quantity": 1 })).await;
    let gone = waiter.post(&format!("/lines/{sardines}/course"), &json!({ "course": 4 })).await;
    assert_eq!(gone.status, StatusCode::CONFLICT, "nobody wants it: {}", gone.body);
    let mut grill = cook.open_screen("station-grill").await;
    let card = grill.until_shown(house.ticket_of(cauliflower, "grill").await).await;
    assert!(card.html.contains("Course 3") && card.html.contains("Cauliflower"), "{}", card.html);
    fire(&waiter, third).await;
    let moved = to(json!(2)).await;
    assert_eq!((moved.status, moved.words().contains("fired already")), (StatusCode::CONFLICT, true));
    let soup = house.line(&placed, "Caldo verde").await;
    let fired = waiter.post(&format!("/lines/{soup}/course"), &json!({ "course": 2 })).await;
    assert_eq!(fired.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn what_nobody_cooks_yet_is_taken_off_without_a_reason_and_without_a_trace_on_the_screens() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let lines = [
        dish("Caldo verde"),
        dish("Sardines").in_course(2),
        dish("Cauliflower from the embers").in_course(2),
    ];
    let placed = waiter.order("3", &lines).await;
    let mut grill = cook.open_screen("station-grill").await;
    grill.until_shown(placed.ticket("grill")).await;
    let void = async |line: LineId| {
        waiter.post(&format!("/lines/{line}/void"), &json!({ "quantity": 1, "reason": "" })).await
    };
    let soup = void(house.line(&placed, "Caldo verde").await).await;
    assert_eq!(soup.blames(), ["reason"], "what is being cooked needs one");

    assert_eq!(void(house.line(&placed, "Sardines").await).await.status, StatusCode::NO_CONTENT);

    let card = grill.next_cards().await.brings(placed.ticket("grill")).expect("the shorter card").clone();
    assert!(!card.html.contains("Sardines") && !card.html.contains("VOID"), "{}", card.html);
    let course = house.held(&placed, 2).await;
    assert_eq!(
        void(house.line(&placed, "Cauliflower from the embers").await).await.status,
        StatusCode::NO_CONTENT
    );
    grill.until_gone(placed.ticket("grill")).await;
    let nothing = fire(&waiter, course).await;
    assert_eq!(nothing.status, StatusCode::CONFLICT, "{}", nothing.body);
}

#[tokio::test]
async fn a_check_is_not_closed_over_a_course_on_hold() {
    let house = TestApp::spawn().await;
    let waiter = house.as_waiter().await;
    let placed = waiter.order("3", &[dish("Caldo verde"), dish("Sardines").in_course(2)]).await;
    let due: i64 = house
        .ask("select sum(quantity * unit_price_minor)::bigint from order_lines join orders using (location_id, order_id) where check_id = $1", placed.check().0)
        .await;
    let payment = json!({ "tender_id": TenderId::new(), "amount_minor": due });
    let refused = waiter.post(&format!("/checks/{}/close", placed.check()), &payment).await;
    assert_eq!((refused.status, refused.words().contains("on hold")), (StatusCode::CONFLICT, true));
    fire(&waiter, house.held(&placed, 2).await).await;
    let closed = waiter.post(&format!("/checks/{}/close", placed.check()), &payment).await;
    assert_eq!(closed.status, StatusCode::NO_CONTENT, "{}", closed.body);
}

#[tokio::test]
async fn the_cut_off_clears_what_waits_and_nothing_joins_it_the_next_day() {
    let house = TestApp::spawn().await;
    let waiter = house.as_waiter().await;
    let placed = waiter.order("3", &[dish("Caldo verde"), dish("Sardines").in_course(2)]).await;
    let course = house.held(&placed, 2).await;
    house.clock.set(datetime!(2099-11-21 04:00 UTC));
    house.until("select cleared_at is not null from fires where fire_id = $1", course.0).await;
    let page = house.as_manager().await.get("/manage").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    assert!(page.body.contains("1 × Sardines") && page.body.contains("never fired"), "{}", page.body);
    let morning = house.as_waiter().await;
    let gone = fire(&morning, course).await;
    assert_eq!((gone.status, gone.words().contains("cleared")), (StatusCode::CONFLICT, true));
    let more =
        morning.order("3", &[dish("Caldo verde"), dish("Cauliflower from the embers").in_course(2)]).await;
    assert_eq!(more.check(), placed.check());
    assert_ne!(house.held(&more, 2).await, course);
}

#[tokio::test]
async fn a_course_of_another_kind_of_person_or_of_nobody_is_left_alone() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let placed = waiter.order("3", &[dish("Caldo verde"), dish("Sardines").in_course(2)]).await;
    let (course, sardines) = (house.held(&placed, 2).await, house.line(&placed, "Sardines").await);
    let before = house.rows().await;
    assert_eq!(fire(&cook, course).await.status, StatusCode::FORBIDDEN);
    for (address, body) in [
        (format!("/lines/{sardines}/fire"), json!({})),
        (format!("/lines/{sardines}/course"), json!({ "course": 3 })),
    ] {
        assert_eq!(cook.post(&address, &body).await.status, StatusCode::FORBIDDEN, "{address}");
    }
    assert_eq!(fire(&waiter, FireId(uuid::Uuid::nil())).await.status, StatusCode::NOT_FOUND);
    assert_eq!(house.rows().await, before);
}
