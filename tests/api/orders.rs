//! Sends: one id is one order, whatever the network does.

use comanda::domain::ids::OrderId;
use reqwest::StatusCode;
use serde_json::json;

use crate::support::{TestApp, dish, slip};

#[tokio::test]
async fn an_order_becomes_a_check_and_a_ticket_at_every_station() {
    let house = TestApp::spawn().await;
    let waiter = house.as_waiter().await;
    let order = slip("3", &[dish("Sardines").times(2), dish("Presunto"), dish("Cod à lagareiro")]);

    let answer = waiter.post("/orders", &order).await;

    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    let placed = answer.json();
    assert_eq!(placed["id"], order["id"]);
    assert_eq!((placed["check_no"].as_i64(), placed["send_no"].as_i64()), (Some(2), Some(1)));
    let mut stations: Vec<_> =
        placed["tickets"].as_array().expect("tickets").iter().map(|t| t["station"].clone()).collect();
    stations.sort_by_key(ToString::to_string);
    assert_eq!(stations, ["cold", "fry", "grill"]);
    let page = waiter.get(&format!("/checks/{}", placed["check_id"].as_str().expect("an id"))).await;
    assert!(page.body.contains("Sardines") && page.body.contains("56.30"), "2 x 12.90 + 11.00 + 19.50");
}

#[tokio::test]
async fn the_same_send_again_gets_the_same_answer_and_writes_nothing() {
    let house = TestApp::spawn().await;
    let waiter = house.as_waiter().await;
    let order = slip("3", &[dish("Sardines")]);
    let first = waiter.post("/orders", &order).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.body);
    let before = house.rows().await;

    let again = waiter.post("/orders", &order).await;

    assert_eq!((again.status, &again.body), (StatusCode::OK, &first.body));
    assert_eq!(house.rows().await, before);
}

#[tokio::test]
async fn two_sends_of_one_order_at_once_are_one_order() {
    let house = TestApp::spawn().await;
    let waiter = house.as_waiter().await;
    let before: i64 = house.ask("select count(*) from orders", None).await;
    for round in 1..=8 {
        let order = slip("3", &[dish("Sardines"), dish("Bica")]);
        let (left, right) = tokio::join!(waiter.post("/orders", &order), waiter.post("/orders", &order));
        let mut statuses = [left.status, right.status];
        statuses.sort();
        assert_eq!(statuses, [StatusCode::OK, StatusCode::CREATED], "{} {}", left.body, right.body);
        assert_eq!(left.body, right.body);
        assert_eq!(house.ask::<i64>("select count(*) from orders", None).await, before + round);
    }
}

#[tokio::test]
async fn another_order_under_a_used_id_is_refused() {
    let house = TestApp::spawn().await;
    let waiter = house.as_waiter().await;
    let order = slip("3", &[dish("Sardines")]);
    waiter.post("/orders", &order).await;
    let before = house.rows().await;
    let mut other = slip("3", &[dish("Presunto")]);
    other["id"] = order["id"].clone();

    let refused = waiter.post("/orders", &other).await;

    assert_eq!((refused.status, refused.blames()), (StatusCode::CONFLICT, vec!["id".to_owned()]));
    assert_eq!(house.rows().await, before);
}

#[tokio::test]
async fn a_repeat_of_what_was_86d_since_is_still_the_first_answer() {
    let house = TestApp::spawn().await;
    let waiter = house.as_waiter().await;
    let order = slip("3", &[dish("Sardines")]);
    let first = waiter.post("/orders", &order).await;
    let sardines = order["lines"][0]["item_id"].as_str().expect("an id");
    let off = waiter.post(&format!("/items/{sardines}/86"), &json!({})).await;
    assert_eq!(off.status, StatusCode::NO_CONTENT);

    let again = waiter.post("/orders", &order).await;
    assert_eq!((again.status, again.body), (StatusCode::OK, first.body));

    let mut other = slip("3", &[dish("Sardines").times(2)]);
    other["id"] = order["id"].clone();
    assert_eq!(waiter.post("/orders", &other).await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_second_send_joins_the_tables_check() {
    let house = TestApp::spawn().await;
    let (ines, tiago) = (house.as_waiter().await, house.sign_in("Tiago").await);
    let first = ines.order("3", &[dish("Sardines")]).await;
    let second = tiago.order("3", &[dish("Bica")]).await;
    assert_eq!(first.check(), second.check());
    assert_eq!(second.0["send_no"], 2);
    let elsewhere = tiago.order("4", &[dish("Bica")]).await;
    assert_ne!(elsewhere.check(), first.check());
}

#[tokio::test]
async fn two_waiters_at_one_table_at_once_both_win() {
    let house = TestApp::spawn().await;
    let (ines, tiago) = (house.as_waiter().await, house.sign_in("Tiago").await);
    let (left, right) = (slip("3", &[dish("Sardines")]), slip("3", &[dish("Presunto")]));
    let (left, right) = tokio::join!(ines.post("/orders", &left), tiago.post("/orders", &right));
    assert_eq!((left.status, right.status), (StatusCode::CREATED, StatusCode::CREATED));
    let (left, right) = (left.json(), right.json());
    assert_eq!(left["check_id"], right["check_id"]);
    let mut sends = [left["send_no"].as_i64(), right["send_no"].as_i64()];
    sends.sort_unstable();
    assert_eq!(sends, [Some(1), Some(2)]);
}

#[tokio::test]
async fn guests_without_a_table_get_a_check_of_their_own() {
    let house = TestApp::spawn().await;
    let waiter = house.as_waiter().await;
    let mut order = slip("3", &[dish("Bica")]);
    order.as_object_mut().expect("an object").remove("table_id");
    order["order_type"] = json!("takeaway");
    let first = waiter.post("/orders", &order).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.body);
    order["id"] = json!(OrderId::new());
    let second = waiter.post("/orders", &order).await;
    assert_ne!(first.json()["check_id"], second.json()["check_id"]);

    order["id"] = json!(OrderId::new());
    order["check_id"] = first.json()["check_id"].clone();
    let added = waiter.post("/orders", &order).await;
    assert_eq!(added.json()["check_id"], first.json()["check_id"], "{}", added.body);
}

#[tokio::test]
async fn courses_are_fires_of_their_own() {
    let house = TestApp::spawn().await;
    let waiter = house.as_waiter().await;
    let placed = waiter.order("3", &[dish("Caldo verde"), dish("Peixinhos da horta").in_course(2)]).await;
    let fires = "select count(distinct fire_id) from order_lines where order_id = $1";
    let order: OrderId = placed.0["id"].as_str().expect("an id").parse().expect("an id");
    assert_eq!(house.ask::<i64>(fires, order.0).await, 2);
    assert_eq!(placed.0["tickets"].as_array().expect("tickets").len(), 2, "two at one station, one a fire");
}

#[tokio::test]
async fn a_machine_orders_and_reads_its_order_back() {
    let house = TestApp::spawn().await;
    let machine = house.as_machine().await;
    let order = slip("3", &[dish("Sardines"), dish("Cod à lagareiro")]);
    let first = machine.post("/orders", &order).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.body);
    let read = machine.fetch(&format!("/api/orders/{}", order["id"].as_str().expect("an id"))).await;
    assert_eq!((read.status, read.body), (StatusCode::OK, first.body));
    assert_eq!(machine.fetch(&format!("/api/orders/{}", OrderId::new())).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_machine_finds_in_the_menu_what_it_may_order() {
    let house = TestApp::spawn().await;
    let machine = house.as_machine().await;
    let menu = machine.fetch("/api/menu").await.json();
    let items = menu["items"].as_array().expect("items");
    let picanha = items.iter().find(|item| item["name"] == "Picanha").expect("it is on the menu");
    assert_eq!(picanha["item_id"], dish("Picanha").json()["item_id"]);
    assert_eq!((&picanha["price_minor"], &picanha["stations"]), (&json!(1890), &json!(["grill"])));
    let tables = machine.fetch("/api/tables").await.json();
    let table = tables
        .as_array()
        .expect("tables")
        .iter()
        .find(|table| table["label"] == "T8")
        .expect("it stands outside");
    let doneness = &picanha["groups"][0]["modifiers"][2]["modifier_id"];
    let order = json!({
        "id": OrderId::new(), "table_id": table["table_id"],
        "lines": [{ "item_id": picanha["item_id"], "modifiers": [doneness] }],
    });
    assert_eq!(machine.post("/orders", &order).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn the_long_form_of_a_browser_without_scripts_orders_too() {
    let house = TestApp::spawn().await;
    let waiter = house.as_waiter().await;
    let order = slip("3", &[dish("Picanha").with("Medium rare"), dish("Bica")]);
    let (picanha, bica) = (
        order["lines"][0]["item_id"].as_str().expect("id"),
        order["lines"][1]["item_id"].as_str().expect("id"),
    );
    let page = waiter.get(&format!("/tables/{}", order["table_id"].as_str().expect("id"))).await;
    assert_eq!(page.status, StatusCode::OK);
    let group = comanda::domain::demo::menu::find("Picanha").expect("on the menu").1.groups[0].id();
    let (doneness, wrong) = (format!("choice.{picanha}.{group}"), format!("quantity.{bica}"));
    let (quantity, note) = (format!("quantity.{picanha}"), format!("note.{picanha}"));
    let id = order["id"].as_str().expect("id");
    let table = order["table_id"].as_str().expect("id");
    let medium_rare = order["lines"][0]["modifiers"][0].as_str().expect("id");
    let before = house.rows().await;

    let mut fields = vec![
        ("id", id),
        ("table_id", table),
        ("covers", "2"),
        (&quantity, "2"),
        (&note, "no salt, please"),
        (&wrong, "ten"),
        (&doneness, medium_rare),
    ];
    let refused = waiter.form("/orders", &fields).await;

    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("1 to 99 units"), "it says what is wrong");
    for kept in [id, "no salt, please", "value=\"ten\"", "value=\"2\""] {
        assert!(refused.body.contains(kept), "{kept} was lost");
    }
    assert_eq!(house.rows().await, before);

    fields[5] = (&wrong, "1");
    let taken = waiter.form("/orders", &fields).await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.body);
    let check = waiter.get(taken.location()).await;
    assert!(check.body.contains("no salt, please") && check.body.contains("Medium rare"), "{}", check.body);
    let again = waiter.form("/orders", &fields).await;
    assert_eq!(again.location(), taken.location(), "the back button sends the same order");

    let before = house.rows().await;
    fields[4] = (&note, "a little salt, please");
    let edited = waiter.form("/orders", &fields).await;
    assert_eq!(edited.status, StatusCode::CONFLICT, "the key is another order's");
    assert!(edited.body.contains("This form was sent before"), "{}", edited.body);
    assert!(edited.body.contains("a little salt, please"), "nothing is lost");
    assert!(!edited.body.contains(&format!("name=\"id\" value=\"{id}\"")), "and it can be sent");
    assert_eq!(house.rows().await, before);
}

#[tokio::test]
async fn a_slip_that_names_two_tables_is_refused_by_name_and_writes_nothing() {
    let house = TestApp::spawn().await;
    let waiter = house.as_waiter().await;
    let first = waiter.post("/orders", &slip("3", &[dish("Sardines")])).await.json();
    let before = house.rows().await;

    let mut elsewhere = slip("4", &[dish("Bica")]);
    elsewhere["check_id"] = first["check_id"].clone();
    let refused = waiter.post("/orders", &elsewhere).await;
    assert_eq!(
        (refused.status, refused.blames()),
        (StatusCode::UNPROCESSABLE_ENTITY, vec!["table_id".to_owned()]),
        "{}",
        refused.body
    );
    assert_eq!(house.rows().await, before);

    let mut same = slip("3", &[dish("Bica")]);
    same["check_id"] = first["check_id"].clone();
    let added = waiter.post("/orders", &same).await;
    assert_eq!((added.status, &added.json()["check_id"]), (StatusCode::CREATED, &first["check_id"]));
}
