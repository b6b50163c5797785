//! What the house does not take: it says which line and field, and writes nothing.

use comanda::domain::demo::table_id;
use comanda::domain::ids::{CheckId, ItemId, LocationId, ModifierId, OrderId, TableId, TicketId};
use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::Arguments as _;
use sqlx::postgres::PgArguments;

use crate::support::{Client, TestApp, dish, slip};

/// Sends what must be refused, and sees that nothing was written.
async fn refused(
    house: &TestApp,
    client: &Client,
    order: &Value,
    status: StatusCode,
    blamed: &[&str],
) -> String {
    let before = house.rows().await;
    let answer = client.post("/orders", order).await;
    assert_eq!(answer.status, status, "{order}: {}", answer.body);
    assert_eq!(answer.blames(), blamed, "{order}: {}", answer.body);
    assert_eq!(house.rows().await, before, "{order}");
    answer.words()
}

const NO: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;

#[tokio::test]
async fn what_the_menu_does_not_have_is_refused_by_line_and_field() {
    let house = TestApp::spawn().await;
    let waiter = house.as_waiter().await;
    let lines = [dish("Sardines"), dish("Bica")];

    let mut unknown = slip("3", &lines);
    unknown["lines"][1]["item_id"] = json!(ItemId::new());
    refused(&house, &waiter, &unknown, NO, &["1.item_id"]).await;

    let mut no_table = slip("3", &lines);
    no_table["table_id"] = json!(TableId::new());
    refused(&house, &waiter, &no_table, NO, &["table_id"]).await;

    let mut no_choice = slip("3", &lines);
    no_choice["lines"][0]["modifiers"] = json!([ModifierId::new()]);
    refused(&house, &waiter, &no_choice, NO, &["0.modifiers"]).await;

    let mut everything = slip("3", &[dish("Picanha"), dish("Sardines"), dish("Bica").times(0)]);
    refused(&house, &waiter, &everything, NO, &["2.quantity"]).await;
    everything["lines"][2]["quantity"] = json!(1);
    everything["lines"][1]["item_id"] = json!(ItemId::new());
    refused(&house, &waiter, &everything, NO, &["0.modifiers", "1.item_id"]).await;
}

#[tokio::test]
async fn choices_are_forced_and_bounded() {
    let house = TestApp::spawn().await;
    let waiter = house.as_waiter().await;
    refused(&house, &waiter, &slip("3", &[dish("Picanha")]), NO, &["0.modifiers"]).await;
    let both = dish("Picanha").with("Rare").with("Well done");
    refused(&house, &waiter, &slip("3", &[both]), NO, &["0.modifiers"]).await;
    let twice = dish("Fries").with("Aioli").with("Aioli");
    refused(&house, &waiter, &slip("3", &[twice]), NO, &["0.modifiers"]).await;
    let anothers = dish("Picanha").with("Rare");
    let mut order = slip("3", &[dish("Sardines"), anothers]);
    order["lines"][0]["modifiers"] = order["lines"][1]["modifiers"].clone();
    refused(&house, &waiter, &order, NO, &["0.modifiers"]).await;
    waiter.order("3", &[dish("Picanha").with("Rare")]).await;
}

#[tokio::test]
async fn what_is_86d_is_refused_and_named() {
    let house = TestApp::spawn().await;
    let waiter = house.as_waiter().await;
    let order = slip("3", &[dish("Bica"), dish("Sardines")]);
    let sardines = order["lines"][1]["item_id"].as_str().expect("an id");
    waiter.post(&format!("/items/{sardines}/86"), &json!({})).await;
    let words = refused(&house, &waiter, &order, NO, &["1.item_id"]).await;
    assert_eq!(words, "Sardines is 86'd.");
}

#[tokio::test]
async fn a_slip_has_its_limits() {
    let house = TestApp::spawn().await;
    let waiter = house.as_waiter().await;
    let with = |field: &str, value: Value| {
        let mut order = slip("3", &[dish("Bica")]);
        order["lines"][0][field] = value;
        order
    };
    for (order, blamed) in [
        (slip("3", &vec![dish("Bica"); 61]), "lines"),
        (slip("3", &[]), "lines"),
        (with("quantity", json!(0)), "0.quantity"),
        (with("quantity", json!(-1)), "0.quantity"),
        (with("quantity", json!(100)), "0.quantity"),
        (with("quantity", json!(i64::MAX)), "0.quantity"),
        (with("seat", json!(100)), "0.seat"),
        (with("course", json!(10)), "0.course"),
        (with("modifiers", json!(vec![ModifierId::new(); 21])), "0.modifiers"),
        (with("note", json!("x".repeat(141))), "0.note"),
        (with("note", json!("two\nlines")), "0.note"),
        (with("note", json!("a bell \u{7}")), "0.note"),
        (with("note", json!("nothing \u{0}")), "0.note"),
        (with("item_id", Value::Null), "0.item_id"),
    ] {
        refused(&house, &waiter, &order, NO, &[blamed]).await;
    }
    let mut nobody = slip("3", &[dish("Bica")]);
    nobody["covers"] = json!(0);
    refused(&house, &waiter, &nobody, NO, &["covers"]).await;
    let mut nameless = slip("3", &[dish("Bica")]);
    nameless.as_object_mut().expect("an object").remove("id");
    refused(&house, &waiter, &nameless, NO, &["id"]).await;
    let mut nowhere = slip("3", &[dish("Bica")]);
    nowhere.as_object_mut().expect("an object").remove("table_id");
    nowhere["order_type"] = json!("dine_in");
    refused(&house, &waiter, &nowhere, NO, &["table_id"]).await;
    // At the limits it is taken.
    waiter.order("3", &vec![dish("Bica").times(99).saying("é".repeat(140)); 60]).await;
}

#[tokio::test]
async fn a_body_that_is_no_order_is_unreadable() {
    let house = TestApp::spawn().await;
    let waiter = house.as_waiter().await;
    let before = house.rows().await;
    for body in ["", "{", "[]", "{} {}", "\"x\"", "{\"id\": 7}", "{\"lines\": [7]}"] {
        let request = waiter.ask(reqwest::Method::POST, "/orders").header("sec-fetch-site", "same-origin");
        let answer = waiter.send(request.header("content-type", "application/json").body(body)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}: {}", answer.body);
    }
    let request = waiter.ask(reqwest::Method::POST, "/orders").header("sec-fetch-site", "same-origin");
    let long = request.header("content-type", "application/json").body("x".repeat(256 * 1024 + 1));
    assert_eq!(waiter.send(long).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(house.rows().await, before);
}

#[tokio::test]
async fn a_machines_unknown_field_is_a_mistake_and_our_own_pages_may_be_newer() {
    let house = TestApp::spawn().await;
    let (machine, waiter) = (house.as_machine().await, house.as_waiter().await);
    let mut order = slip("3", &[dish("Bica")]);
    order["lines"][0]["colour"] = json!("red");
    let words = refused(&house, &machine, &order, NO, &["unknown"]).await;
    assert!(words.contains("colour"), "{words}");
    assert_eq!(waiter.post("/orders", &order).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_closed_check_takes_nothing_more() {
    let house = TestApp::spawn().await;
    let waiter = house.as_waiter().await;
    let placed = waiter.order("3", &[dish("Bica")]).await;
    let close = json!({ "tender_id": OrderId::new(), "amount_minor": 120 });
    let closed = waiter.post(&format!("/checks/{}/close", placed.check()), &close).await;
    assert_eq!(closed.status, StatusCode::NO_CONTENT, "{}", closed.body);
    let mut order = slip("3", &[dish("Bica")]);
    order["check_id"] = json!(placed.check());
    refused(&house, &waiter, &order, NO, &["check_id"]).await;
    // The table is free: the next party gets a check of its own.
    assert_ne!(waiter.order("3", &[dish("Bica")]).await.check(), placed.check());
}

/// A second restaurant in the same database, with a table, a dish and an open check.
async fn the_house_across_the_street(house: &TestApp) -> (TableId, ItemId, CheckId, TicketId) {
    let (here, table, item) = (LocationId::new(), TableId::new(), ItemId::new());
    let (check, ticket) = (CheckId::new(), TicketId::new());
    let with = |ids: &[uuid::Uuid]| {
        let mut arguments = PgArguments::default();
        for id in std::iter::once(&here.0).chain(ids) {
            arguments.add(*id).expect("an id");
        }
        arguments
    };
    let (section, category, person, fire) =
        (OrderId::new().0, OrderId::new().0, OrderId::new().0, OrderId::new().0);
    for (statement, ids) in [
        ("insert into locations (location_id, name, time_zone, currency, created_at)
            values ($1, 'Across', 'Europe/Lisbon', 'EUR', '2099-12-01')", vec![]),
        ("insert into boards (location_id, seq, business_day, incarnation) values ($1, 1, '2099-11-20', gen_random_uuid())", vec![]),
        ("insert into staff (location_id, staff_id, name, role, pin_hash) values ($1, $2, 'Ana', 'waiter', '')", vec![person]),
        ("insert into sections (location_id, section_id, name, position) values ($1, $2, 'Inside', 1)", vec![section]),
        ("insert into tables (location_id, table_id, section_id, label, seats, position, board_seq)
            values ($1, $2, $3, '3', 4, 1, 1)", vec![table.0, section]),
        ("insert into categories (location_id, category_id, name, position) values ($1, $2, 'Menu', 1)", vec![category]),
        ("insert into items (location_id, item_id, category_id, name, kitchen_name, price_minor, tax_basis_points, position, board_seq)
            values ($1, $2, $3, 'Soup', 'Soup', 300, 1300, 1, 1)", vec![item.0, category]),
        ("insert into checks (location_id, check_id, table_id, business_day, check_no, order_type, state, opened_at, opened_by, board_seq)
            values ($1, $2, $3, '2099-11-20', 1, 'dine_in', 'open', '2099-11-20 21:00Z', $4, 1)", vec![check.0, table.0, person]),
        ("insert into fires (location_id, fire_id, check_id, course, fired_at, header, board_seq)
            values ($1, $2, $3, 1, '2099-11-20 21:00Z', '{}', 1)", vec![fire, check.0]),
        ("insert into tickets (location_id, ticket_id, fire_id, state, board_seq, stamped_at, header)
            values ($1, $2, $3, 'open', 1, '2099-11-20 21:00Z', '{}')", vec![ticket.0, fire]),
    ] {
        house.say(statement, with(&ids)).await;
    }
    (table, item, check, ticket)
}

#[tokio::test]
async fn an_id_of_another_restaurant_is_answered_exactly_like_an_unknown_one() {
    let house = TestApp::spawn().await;
    let (waiter, manager) = (house.as_waiter().await, house.as_manager().await);
    let (table, item, check, ticket) = the_house_across_the_street(&house).await;
    let order = |field: &str, value: Value| {
        let mut order = slip("3", &[dish("Bica")]);
        match field {
            "item_id" => order["lines"][0]["item_id"] = value,
            _ => order[field] = value,
        }
        order
    };
    for (field, theirs, nobodys) in [
        ("table_id", json!(table), json!(TableId::new())),
        ("item_id", json!(item), json!(ItemId::new())),
        ("check_id", json!(check), json!(CheckId::new())),
    ] {
        let before = house.ask::<i64>("select count(*) from orders", None).await;
        let (theirs, nobodys) = (
            waiter.post("/orders", &order(field, theirs)).await,
            waiter.post("/orders", &order(field, nobodys)).await,
        );
        assert_eq!(theirs.status, NO, "{field}");
        assert_eq!((theirs.status, theirs.body), (nobodys.status, nobodys.body), "{field}");
        assert_eq!(house.ask::<i64>("select count(*) from orders", None).await, before);
    }
    let nobodys = TicketId::new();
    for (theirs, nobodys) in [
        (format!("/tables/{table}"), format!("/tables/{nobodys}")),
        (format!("/checks/{check}"), format!("/checks/{nobodys}")),
    ] {
        let (theirs, nobodys) = (manager.get(&theirs).await, manager.get(&nobodys).await);
        assert_eq!(theirs.status, StatusCode::NOT_FOUND);
        assert_eq!((theirs.status, theirs.body), (nobodys.status, nobodys.body));
    }
    for verb in ["bump", "undo", "recall", "acknowledge"] {
        let (theirs, nobodys) =
            (manager.ticket(ticket, verb, 1).await, manager.ticket(nobodys, verb, 1).await);
        assert_eq!(theirs.status, StatusCode::NOT_FOUND, "{verb}");
        assert_eq!((theirs.status, theirs.body), (nobodys.status, nobodys.body), "{verb}");
    }
    let close = json!({ "tender_id": OrderId::new(), "amount_minor": 0 });
    let closed = manager.post(&format!("/checks/{check}/close"), &close).await;
    assert_eq!(closed.status, StatusCode::NOT_FOUND);
    let state: String = house.ask("select state from tickets where ticket_id = $1", ticket.0).await;
    assert_eq!(state, "open");
}

#[tokio::test]
async fn what_is_no_id_at_all_is_unknown_too() {
    let house = TestApp::spawn().await;
    let manager = house.as_manager().await;
    for path in
        ["/tables/7", "/checks/x", "/kitchen/attic", "/board/station-attic", "/api/orders/1", "/nowhere"]
    {
        assert_eq!(manager.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn markup_in_words_is_words_on_every_page() {
    const MARKUP: &str = "<script>alert(1)</script><article id=\"t-1\"> & \"'";
    let house = TestApp::spawn().await;
    let (waiter, manager) = (house.as_waiter().await, house.as_manager().await);
    let placed = waiter.order("3", &[dish("Sardines").saying(MARKUP)]).await;
    let line = "select line_id from order_lines where note is not null and order_id = $1";
    let order: OrderId = placed.0["id"].as_str().expect("an id").parse().expect("an id");
    let line: uuid::Uuid = house.ask(line, order.0).await;
    let void = json!({ "quantity": 1, "reason": "other", "reason_words": MARKUP });
    let voided = manager.post(&format!("/lines/{line}/void"), &void).await;
    assert_eq!(voided.status, StatusCode::NO_CONTENT, "{}", voided.body);
    manager.post("/manage/tokens", &json!({ "name": MARKUP })).await;
    let check = format!("/checks/{}", placed.check());
    let table = format!("/tables/{}", table_id("3"));
    for page in [
        "/kitchen/grill",
        "/kitchen/expo",
        "/board/station-grill",
        "/board/expo",
        "/floor",
        "/manage",
        &check,
        &table,
    ] {
        let answer = manager.get(page).await;
        assert_eq!(answer.status, StatusCode::OK, "{page}");
        assert!(!answer.body.contains("<script>alert"), "{page}");
        assert!(!answer.body.contains("<article id=\"t-1\""), "{page}");
        let shows_words = answer.body.contains("alert(1)");
        assert_eq!(shows_words, !["/floor", &table].contains(&page), "{page}");
    }
    let next = manager.get("/sign-in?next=/%22%3E%3Cscript%3Ealert(1)%3C/script%3E").await;
    assert!(!next.body.contains("<script>alert"), "the sign-in page repeats where to go");
}
