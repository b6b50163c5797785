//! The house's rule: the next course fires by itself, some time after the one before is ready.

use reqwest::StatusCode;
use serde_json::json;
use time::Duration;

use crate::support::{TestApp, dish, slip};

#[tokio::test]
async fn the_house_fires_the_next_course_when_the_one_before_has_been_ready_so_long() {
    let house = TestApp::spawn().await;
    let (waiter, cook, manager) = (house.as_waiter().await, house.as_cook().await, house.as_manager().await);
    let rule = manager.post("/manage/courses", &json!({ "minutes": 4 })).await;
    assert_eq!(rule.status, StatusCode::NO_CONTENT, "{}", rule.body);
    let mut grill = cook.open_screen("station-grill").await;
    let placed =
        waiter.order("3", &[dish("Cauliflower from the embers"), dish("Sardines").in_course(2)]).await;
    let sardines = house.line(&placed, "Sardines").await;
    let second = house.ticket_of(sardines, "grill").await;
    let first = house.ticket_of(house.line(&placed, "Cauliflower from the embers").await, "grill").await;
    grill.until_shown(second).await;

    cook.bump(first, 1).await;

    let card = loop {
        if let Some(card) = grill.next_cards().await.brings(second) {
            break card.clone();
        }
    };
    assert!(card.html.contains("FIRES AT") && card.html.contains("21:44"), "{}", card.html);
    // Something comes in between: the course waits for it as well.
    let more = waiter.order("3", &[dish("Cauliflower from the embers")]).await;
    house.pass(Duration::minutes(4));
    house.until("select due_at is null from fires where fire_id = (select fire_id from order_lines where line_id = $1)", sardines.0).await;
    assert_eq!(house.state_of(second).await, "held");
    cook.bump(more.ticket("grill"), 1).await;
    house.pass(Duration::seconds(239));
    tokio::time::sleep(std::time::Duration::from_millis(1_200)).await; // the rule was asked meanwhile
    assert_eq!(house.state_of(second).await, "held", "a second is missing");
    house.pass(Duration::seconds(1));
    house.until("select state = 'open' from tickets where ticket_id = $1", second.0).await;
    let by: bool = house
        .ask("select fired_by is null from fires join order_lines using (location_id, fire_id) where line_id = $1", sardines.0)
        .await;
    assert!(by, "nobody did, the house's rule did");
    let told = "select count(*) from audit where verb = 'fire' and staff_id is null";
    assert_eq!(house.ask::<i64>(told, None).await, 1);

    let far = manager.post("/manage/courses", &json!({ "minutes": 121 })).await;
    assert_eq!(far.blames(), ["minutes"]);
}

#[tokio::test]
async fn the_houses_rule_asks_nobody_about_what_is_86d_and_leaves_it_to_a_person() {
    let house = TestApp::spawn().await;
    let (waiter, cook, manager) = (house.as_waiter().await, house.as_cook().await, house.as_manager().await);
    manager.post("/manage/courses", &json!({ "minutes": 1 })).await;
    let placed =
        waiter.order("3", &[dish("Cauliflower from the embers"), dish("Sardines").in_course(2)]).await;
    let sardines = house.line(&placed, "Sardines").await;
    let first = house.ticket_of(house.line(&placed, "Cauliflower from the embers").await, "grill").await;
    cook.bump(first, 1).await;
    let item = dish("Sardines").json()["item_id"].as_str().expect("an id").to_owned();
    cook.post(&format!("/items/{item}/86"), &json!({})).await;
    house.pass(Duration::minutes(2));
    let course = house.held(&placed, 2).await;
    house.until("select due_at is null from fires where fire_id = $1", course.0).await;
    assert_eq!(house.state_of(house.ticket_of(sardines, "grill").await).await, "held");
}

#[tokio::test]
async fn a_recall_stops_the_clock_of_the_next_course() {
    let house = TestApp::spawn().await;
    let (waiter, cook, manager) = (house.as_waiter().await, house.as_cook().await, house.as_manager().await);
    manager.post("/manage/courses", &json!({ "minutes": 4 })).await;
    let placed =
        waiter.order("3", &[dish("Cauliflower from the embers"), dish("Sardines").in_course(2)]).await;
    let first = house.ticket_of(house.line(&placed, "Cauliflower from the embers").await, "grill").await;
    let course = house.held(&placed, 2).await;
    cook.bump(first, 1).await;
    let due = "select due_at is not null from fires where fire_id = $1";
    assert!(house.ask::<bool>(due, course.0).await);
    assert_eq!(cook.ticket(first, "recall", 1).await.status, StatusCode::NO_CONTENT);
    assert!(!house.ask::<bool>(due, course.0).await);
}

#[tokio::test]
async fn the_lowest_course_goes_first_and_what_comes_late_gets_its_time_too() {
    let house = TestApp::spawn().await;
    let (waiter, cook, manager) = (house.as_waiter().await, house.as_cook().await, house.as_manager().await);
    let placed = waiter.order("3", &[dish("Sardines"), dish("Arroz doce").in_course(3)]).await;
    cook.bump(placed.ticket("grill"), 1).await;
    let third = house.held(&placed, 3).await;
    let due = "select due_at is not null from fires where fire_id = $1";
    assert!(!house.ask::<bool>(due, third.0).await, "the house has no rule");

    manager.post("/manage/courses", &json!({ "minutes": 4 })).await; // in the middle of the meal
    house.until(due, third.0).await;
    let mut order = slip("3", &[dish("Caldo verde").in_course(2)]);
    order["lines"][0]["hold"] = json!(true);
    assert_eq!(waiter.post("/orders", &order).await.status, StatusCode::CREATED);
    let second = house.held(&placed, 2).await;

    house.until(due, second.0).await;
    assert!(!house.ask::<bool>(due, third.0).await, "the third waits for the second");
    house.pass(Duration::minutes(4));
    let fired = "select fired_at is not null from fires where fire_id = $1";
    house.until(fired, second.0).await;
    tokio::time::sleep(std::time::Duration::from_millis(1_200)).await; // the rule was asked meanwhile
    assert!(!house.ask::<bool>(fired, third.0).await);

    manager.post("/manage/courses", &json!({ "minutes": null })).await;
    let soup = house.line(&placed, "Caldo verde").await;
    cook.bump(house.ticket_of(soup, "fry").await, 1).await;
    assert!(!house.ask::<bool>(due, third.0).await, "by hand again");
}
