//! What a guest must not eat: asked about at the Send, printed on every card, seen before anything begins or leaves.

use comanda::domain::ids::{FireId, OrderId, TenderId, TicketId};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{Answer, Client, Placed, TestApp, dish, slip};

fn telling(mut slip: Value, allergies: &Value) -> Value {
    slip["allergies"] = allergies.clone();
    slip
}

async fn send(waiter: &Client, slip: &Value) -> Placed {
    let answer = waiter.post("/orders", slip).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    Placed(answer.json())
}

async fn fire_of(house: &TestApp, placed: &Placed) -> FireId {
    FireId(house.ask("select fire_id from fires where check_id = $1", placed.check().0).await)
}

async fn tell(client: &Client, placed: &Placed, body: &Value) -> Answer {
    client.post(&format!("/checks/{}/allergies", placed.check()), body).await
}

async fn seen(client: &Client, ticket: TicketId, told: i32) -> Answer {
    client.post(&format!("/tickets/{ticket}/allergy-seen"), &json!({ "told": told })).await
}

#[tokio::test]
async fn an_allergy_told_with_the_order_stands_on_every_card_until_it_was_seen() {
    let house = TestApp::spawn().await;
    let (waiter, cook, expo) = (house.as_waiter().await, house.as_cook().await, house.as_expo().await);
    let (mut grill, mut pass) = (cook.open_screen("station-grill").await, expo.open_screen("expo").await);
    let told = json!([{ "seat": 2, "allergens": ["nuts", "milk"] }]);
    let placed =
        send(&waiter, &telling(slip("3", &[dish("Sardines"), dish("Cod à lagareiro")]), &told)).await;
    let ticket = placed.ticket("grill");
    let card = grill.until_shown(ticket).await;
    assert!(
        card.html.contains("ALLERGY") && card.html.contains("Seat 2: <strong>MILK, NUTS"),
        "{}",
        card.html
    );
    assert!(card.attribute("data-cues").contains("allergy@1"), "it has a sound of its own");
    assert!(!card.html.contains("button-bump") && card.html.contains("Allergy seen"), "{}", card.html);

    for (verb, body) in [
        ("bump", json!({ "version": 1 })),
        ("start", json!({ "version": 1 })),
        ("line", json!({ "version": 1, "line": format!("{}:ready", house.line(&placed, "Sardines").await) })),
    ] {
        let refused = cook.post(&format!("/tickets/{ticket}/{verb}"), &body).await;
        let words =
            (refused.status, refused.words().contains("allergy") || refused.words().contains("Allergy"));
        assert_eq!(words, (StatusCode::CONFLICT, true), "{verb}: {}", refused.body);
    }
    assert_eq!(seen(&cook, ticket, 1).await.status, StatusCode::NO_CONTENT);
    let before = house.rows().await;
    assert_eq!(seen(&cook, ticket, 1).await.status, StatusCode::NO_CONTENT, "twice is once");
    assert_eq!(house.rows().await, before);
    for (station, version) in [("grill", 1), ("fry", 1)] {
        let ticket = placed.ticket(station);
        assert_eq!(seen(&cook, ticket, 1).await.status, StatusCode::NO_CONTENT);
        assert_eq!(cook.bump(ticket, version).await.status, StatusCode::NO_CONTENT, "{station}");
    }

    let fire = fire_of(&house, &placed).await;
    let refused = expo.post(&format!("/fires/{fire}/bump"), &json!({})).await;
    assert_eq!(
        (refused.status, refused.words().contains("allergy")),
        (StatusCode::CONFLICT, true),
        "{}",
        refused.body
    );
    let card = pass.next_cards().await;
    assert!(card.articles.iter().any(|one| one.html.contains("ALLERGY")), "{card:?}");
    let read = expo.post(&format!("/fires/{fire}/allergy-seen"), &json!({ "told": 1 })).await;
    assert_eq!(read.status, StatusCode::NO_CONTENT, "{}", read.body);
    assert_eq!(expo.post(&format!("/fires/{fire}/bump"), &json!({})).await.status, StatusCode::NO_CONTENT);

    let chain = waiter.get(&format!("/checks/{}/allergies", placed.check())).await;
    for step in [
        "Told for seat 2: milk, nuts",
        "Inês",
        "Seen at Grill",
        "Seen at Fry",
        "Rui",
        "Seen at the pass",
        "Catarina",
    ] {
        assert!(chain.body.contains(step), "{step}: {}", chain.body);
    }
}

#[tokio::test]
async fn an_allergy_told_late_is_raised_again_everywhere() {
    let house = TestApp::spawn().await;
    let (waiter, cook, expo) = (house.as_waiter().await, house.as_cook().await, house.as_expo().await);
    let mut grill = cook.open_screen("station-grill").await;
    let placed = send(
        &waiter,
        &slip("3", &[dish("Sardines"), dish("Cod à lagareiro"), dish("Sardines").in_course(2)]),
    )
    .await;
    let (open, fry) = (placed.ticket("grill"), placed.ticket("fry"));
    grill.until_shown(open).await;
    assert_eq!(cook.bump(fry, 1).await.status, StatusCode::NO_CONTENT);

    assert_eq!(
        tell(&waiter, &placed, &json!({ "seat": 1, "fish": true })).await.status,
        StatusCode::NO_CONTENT
    );

    let card = grill.next_cards().await.brings(open).expect("the card").clone();
    assert!(card.html.contains("CONTAINS FISH"), "the plate has no seat: it may be theirs: {}", card.html);
    let stale = cook.bump(open, 1).await;
    assert_eq!((stale.status, stale.words().contains("changed this ticket")), (StatusCode::CONFLICT, true));
    assert_eq!(cook.bump(open, 2).await.status, StatusCode::CONFLICT, "not before it was seen");
    let held: i64 = house
        .ask(
            "select count(*) from tickets t join fires f using (location_id, fire_id)
            where f.check_id = $1 and t.state = 'held' and t.header -> 'allergies' @> '[{\"seat\": 1}]'",
            placed.check().0,
        )
        .await;
    assert_eq!(held, 1, "what waits knows it too");
    // A second one while the first is being read: the first answer is not enough.
    assert_eq!(tell(&waiter, &placed, &json!({ "celery": "on" })).await.status, StatusCode::NO_CONTENT);
    let stale = seen(&cook, open, 1).await;
    assert_eq!(
        (stale.status, stale.words().contains("changed")),
        (StatusCode::CONFLICT, true),
        "{}",
        stale.body
    );
    assert_eq!(seen(&cook, open, 2).await.status, StatusCode::NO_CONTENT);
    assert_eq!(cook.bump(open, 3).await.status, StatusCode::NO_CONTENT);
    assert_eq!(seen(&cook, open, 2).await.status, StatusCode::CONFLICT, "it has left");
    // What the fry station was through with before it was told comes back with it.
    assert_eq!(cook.ticket(fry, "recall", 1).await.status, StatusCode::NO_CONTENT);
    let version: i32 = house.ask("select version from tickets where ticket_id = $1", fry.0).await;
    let refused = cook.bump(fry, version).await;
    assert!(refused.words().contains("allergy"), "{}", refused.body);
    let before = house.rows().await;
    assert_eq!(tell(&waiter, &placed, &json!({ "celery": true })).await.status, StatusCode::NO_CONTENT);
    assert_eq!(house.rows().await, before, "what is known is not told again");
    assert_eq!(seen(&expo, fry, 2).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_dish_against_an_allergy_is_asked_about_before_anything_is_written() {
    let house = TestApp::spawn().await;
    let waiter = house.as_waiter().await;
    let mut against = telling(slip("3", &[dish("Sardines")]), &json!([{ "seat": 2, "allergens": ["fish"] }]));
    against["lines"][0]["seat"] = json!(2);
    let before = house.rows().await;
    let refused = waiter.post("/orders", &against).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.body);
    let fields = &refused.json()["fields"][0];
    assert_eq!(
        (&fields["line"], &fields["field"]),
        (&json!(0), &json!("despite_allergy")),
        "{}",
        refused.body
    );
    assert_eq!(house.rows().await, before, "nothing is written");

    against["lines"][0]["despite_allergy"] = json!(["fish"]);
    let placed = send(&waiter, &against).await;
    // The next Send says nothing of it: the check remembers.
    let mut later = slip("3", &[dish("Sardines")]);
    later["lines"][0]["seat"] = json!(1);
    let other_plate = send(&waiter, &later).await;
    assert_eq!(other_plate.check(), placed.check());
    let mut later = slip("3", &[dish("Caldo verde"), dish("Sardines")]);
    later["lines"][1]["seat"] = json!(2);
    let before = house.rows().await;
    let refused = waiter.post("/orders", &later).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.body);
    assert_eq!(refused.json()["fields"][0]["line"], 1, "{}", refused.body);
    assert_eq!(house.rows().await, before, "nothing is written");
    later["lines"][1]["despite_allergy"] = json!(["fish"]);
    let anyway = send(&waiter, &later).await;
    let again = waiter.post("/orders", &later).await;
    assert_eq!(again.status, StatusCode::OK, "the same Send twice is one: {}", again.body);
    assert_eq!(again.json()["seq"], anyway.0["seq"]);
    let chain = waiter.get(&format!("/checks/{}/allergies", placed.check())).await.body;
    assert_eq!(
        chain.matches("Ordered for seat 2: Sardines, although it contains fish").count(),
        2,
        "{chain}"
    );
}

#[tokio::test]
async fn each_allergen_is_asked_about_and_a_course_on_hold_asks_once() {
    let house = TestApp::spawn().await;
    let (waiter, manager) = (house.as_waiter().await, house.as_manager().await);
    let told = json!([{ "seat": 2, "allergens": ["fish"] }]);
    let mut slip_of_two =
        telling(slip("3", &[dish("Caldo verde"), dish("Cod fritters").in_course(2)]), &told);
    slip_of_two["lines"][1]["seat"] = json!(2);
    slip_of_two["lines"][1]["despite_allergy"] = json!(["fish"]);
    let placed = send(&waiter, &slip_of_two).await;
    // They contain eggs, too: of these nobody has asked.
    assert_eq!(
        tell(&waiter, &placed, &json!({ "seat": 2, "eggs": true })).await.status,
        StatusCode::NO_CONTENT
    );
    let mut more = slip("3", &[dish("Cod fritters")]);
    more["lines"][0]["seat"] = json!(2);
    more["lines"][0]["despite_allergy"] = json!(["fish"]);
    let refused = waiter.post("/orders", &more).await;
    assert!(refused.words().contains("contains eggs."), "{}", refused.body);

    let held = house.held(&placed, 2).await;
    let page = waiter.get(&format!("/checks/{}", placed.check())).await.body;
    assert!(page.contains("Cod fritters: allergy, it contains eggs"), "{page}");
    let fire = format!("/fires/{held}/fire");
    let before = house.rows().await;
    let asked = waiter.post(&fire, &json!({})).await;
    assert_eq!(
        (asked.status, asked.words().contains("ask the guest about Cod fritters")),
        (StatusCode::CONFLICT, true)
    );
    assert_eq!(house.rows().await, before);
    for older in [json!({ "anyway": true }), json!({ "anyway": true, "told": 1 })] {
        let refused = manager.post(&fire, &older).await;
        assert_eq!(
            refused.status,
            StatusCode::CONFLICT,
            "that page did not know of the eggs: {}",
            refused.body
        );
    }
    assert_eq!(
        manager.post(&fire, &json!({ "anyway": "true", "told": "2" })).await.status,
        StatusCode::NO_CONTENT
    );
}

#[tokio::test]
async fn a_station_that_comes_back_to_a_held_course_knows_it_too() {
    let house = TestApp::spawn().await;
    let waiter = house.as_waiter().await;
    let held = [dish("Caldo verde"), dish("Sardines").in_course(2), dish("Arroz doce").in_course(2)];
    let placed = waiter.order("3", &held).await;
    let rice = house.line(&placed, "Arroz doce").await;
    let off = waiter.post(&format!("/lines/{rice}/void"), &json!({ "quantity": 1 })).await;
    assert!(off.status.is_success(), "{}", off.body);
    tell(&waiter, &placed, &json!({ "seat": 2, "nuts": true })).await;
    waiter.order("3", &[dish("Sardines"), dish("Arroz doce").in_course(2)]).await;
    let knowing: i64 = house
        .ask(
            "select count(*) from tickets t join fires f using (location_id, fire_id)
            where f.check_id = $1 and t.state = 'held' and t.header -> 'allergies_told' = '1'",
            placed.check().0,
        )
        .await;
    assert_eq!(knowing, 2, "grill and dessert");
}

#[tokio::test]
async fn what_is_ready_stays_until_its_station_has_read_what_was_told_late() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let placed = waiter.order("3", &[dish("Sardines"), dish("Cauliflower from the embers")]).await;
    let ticket = placed.ticket("grill");
    let (sardines, cauliflower) =
        (house.line(&placed, "Sardines").await, house.line(&placed, "Cauliflower from the embers").await);
    let tick = json!({ "version": 1, "line": format!("{sardines}:ready") });
    assert_eq!(cook.post(&format!("/tickets/{ticket}/line"), &tick).await.status, StatusCode::NO_CONTENT);
    house.pass(time::Duration::seconds(20));
    let void = json!({ "quantity": 1, "reason": "Entered wrong" });
    waiter.post(&format!("/lines/{cauliflower}/void"), &void).await;
    tell(&waiter, &placed, &json!({ "celery": true })).await;
    assert_eq!(cook.ticket(ticket, "acknowledge", 3).await.status, StatusCode::NO_CONTENT);
    assert_eq!(house.state_of(ticket).await, "open", "the void was seen, the allergy was not");
    assert_eq!(seen(&cook, ticket, 9).await.status, StatusCode::CONFLICT, "nobody told that");
    assert_eq!(seen(&cook, ticket, 1).await.status, StatusCode::NO_CONTENT);
    assert_eq!(house.state_of(ticket).await, "bumped", "and now nothing is left to do");
}

#[tokio::test]
async fn a_station_that_never_touched_a_plate_has_nothing_to_read() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let told = json!([{ "allergens": ["celery"] }]);
    // Either station may make them; the grill does.
    let slip = telling(slip("3", &[dish("Pica-pau"), dish("Pica-pau").saying("hot")]), &told);
    let placed = send(&waiter, &slip).await;
    let (grill, fry) = (placed.ticket("grill"), placed.ticket("fry"));
    seen(&cook, grill, 1).await;
    let order = placed.0["id"].as_str().expect("an id").parse::<uuid::Uuid>().expect("an id");
    for line_no in [1, 2] {
        house.pass(time::Duration::seconds(5));
        let line = format!("select line_id from order_lines where order_id = $1 and line_no = {line_no}");
        let line: uuid::Uuid = house.ask(&line, order).await;
        let tick = json!({ "version": 1, "line": format!("{line}:ready") });
        assert_eq!(cook.post(&format!("/tickets/{grill}/line"), &tick).await.status, StatusCode::NO_CONTENT);
    }
    assert_eq!(house.state_of(grill).await, "bumped");
    assert_eq!(house.state_of(fry).await, "bumped", "it made none of it");
}

#[tokio::test]
async fn a_mistake_is_taken_back_and_stays_in_the_chain() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let told = json!([{ "seat": null, "allergens": ["milk"] }, { "seat": 4, "allergens": ["nuts"] }]);
    let placed = send(&waiter, &telling(slip("3", &[dish("Sardines")]), &told)).await;
    let back = format!("/checks/{}/allergies/take-back", placed.check());
    let page = waiter.get(&format!("/checks/{}", placed.check())).await.body;
    assert!(page.contains("Table: <strong>milk") && page.contains("Seat 4: <strong>nuts"), "{page}");
    assert_eq!(waiter.form(&back, &[("milk", "on")]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(
        waiter.post(&back, &json!({ "seat": "4", "nuts": "on" })).await.status,
        StatusCode::NO_CONTENT
    );
    let version: i32 =
        house.ask("select version from tickets where ticket_id = $1", placed.ticket("grill").0).await;
    assert_eq!(
        cook.bump(placed.ticket("grill"), version).await.status,
        StatusCode::NO_CONTENT,
        "nothing to read"
    );
    let before = house.rows().await;
    assert_eq!(
        waiter.post(&back, &json!({ "nuts": true })).await.status,
        StatusCode::NO_CONTENT,
        "it is not there"
    );
    assert_eq!(house.rows().await, before);
    let chain = waiter.get(&format!("/checks/{}/allergies", placed.check())).await.body;
    assert!(
        chain.contains("No allergy is known") && chain.contains("Taken back for seat 4: nuts"),
        "{chain}"
    );
}

#[tokio::test]
async fn what_is_no_allergy_is_refused_by_name() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let placed = waiter.order("3", &[dish("Sardines")]).await;
    let before = house.rows().await;
    for (body, field) in [
        (json!({}), "allergens"),
        (json!({ "milk": false, "chocolate": true }), "allergens"),
        (json!({ "milk": true, "seat": 0 }), "seat"),
        (json!({ "milk": true, "seat": 70_000 }), "seat"),
    ] {
        let refused = tell(&waiter, &placed, &body).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}: {}", refused.body);
        assert_eq!(refused.json()["fields"][0]["field"], field, "{body}: {}", refused.body);
    }
    for told in [
        json!([{ "allergens": ["chocolate"] }]),
        json!([{ "seat": 100, "allergens": ["milk"] }]),
        json!(vec![json!({ "allergens": [] }); 41]),
    ] {
        let refused = waiter.post("/orders", &telling(slip("3", &[dish("Sardines")]), &told)).await;
        assert_eq!(refused.json()["fields"][0]["field"], "allergies", "{}", refused.body);
    }
    assert_eq!(tell(&cook, &placed, &json!({ "milk": true })).await.status, StatusCode::FORBIDDEN);
    let nothing = seen(&cook, placed.ticket("grill"), 0).await;
    assert_eq!(nothing.status, StatusCode::NO_CONTENT, "there is nothing to read: {}", nothing.body);
    assert_eq!(house.rows().await, before);
    let amount: i64 = house.ask("select sum(unit_price_minor)::bigint from order_lines l join orders o using (location_id, order_id) where o.check_id = $1", placed.check().0).await;
    let pay = json!({ "tender_id": TenderId::new(), "amount_minor": amount, "kind": "cash" });
    waiter.post(&format!("/checks/{}/close", placed.check()), &pay).await;
    let paid = tell(&waiter, &placed, &json!({ "milk": true })).await;
    assert_eq!(paid.status, StatusCode::NO_CONTENT, "paid, and still cooked: {}", paid.body);
    seen(&cook, placed.ticket("grill"), 1).await;
    cook.bump(placed.ticket("grill"), 2).await;
    let fire = fire_of(&house, &placed).await;
    waiter.post(&format!("/fires/{fire}/allergy-seen"), &json!({ "told": 1 })).await;
    assert_eq!(waiter.post(&format!("/fires/{fire}/bump"), &json!({})).await.status, StatusCode::NO_CONTENT);
    let closed = tell(&waiter, &placed, &json!({ "milk": true })).await;
    assert_eq!(
        (closed.status, closed.words().contains("closed")),
        (StatusCode::CONFLICT, true),
        "{}",
        closed.body
    );
}

#[tokio::test]
async fn a_browser_without_scripts_tells_and_confirms_it_too() {
    let house = TestApp::spawn().await;
    let waiter = house.as_waiter().await;
    let sardines = dish("Sardines").json()["item_id"].as_str().expect("an id").to_owned();
    let table = comanda::domain::demo::table_id("3").to_string();
    let quantity = format!("quantity.{sardines}");
    let mut fields = vec![
        ("id", OrderId::new().to_string()),
        ("table_id", table),
        ("order_type", "dine_in".to_owned()),
        ("allergen", "fish".to_owned()),
        (&quantity, "1".to_owned()),
    ];
    let said = |fields: &[(&str, String)]| -> Vec<(String, String)> {
        fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
    };
    let post = async |fields: Vec<(String, String)>| {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        waiter.form("/orders", &fields).await
    };
    let refused = post(said(&fields)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.body);
    assert!(refused.body.contains("Sardines contains fish"), "{}", refused.body);
    assert!(refused.body.contains(r#"value="fish" checked"#), "nothing that was entered is lost");
    let despite = format!("despite_allergy.{sardines}");
    fields.push((&despite, "fish".to_owned()));
    let sent = post(said(&fields)).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    let check = waiter.get(sent.location()).await.body;
    assert!(check.contains("Table: <strong>fish"), "{check}");
}
