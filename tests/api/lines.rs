//! How far a station is with a line: begun, ticked off, or after all not.

use comanda::domain::ids::{LineId, TicketId};
use reqwest::StatusCode;
use serde_json::json;
use time::Duration;

use crate::support::{Answer, Client, TestApp, dish};

async fn tap(cook: &Client, ticket: TicketId, line: LineId, to: &str, version: i32) -> Answer {
    let slip = json!({ "line": format!("{line}:{to}"), "version": version });
    cook.post(&format!("/tickets/{ticket}/line"), &slip).await
}

#[tokio::test]
async fn a_cook_begins_and_everybody_sees_it() {
    let house = TestApp::spawn().await;
    let (waiter, cook, expo) = (house.as_waiter().await, house.as_cook().await, house.as_expo().await);
    let placed = waiter.order("3", &[dish("Sardines")]).await;
    let ticket = placed.ticket("grill");
    let (mut grill, mut pass) = (cook.open_screen("station-grill").await, expo.open_screen("expo").await);
    assert!(grill.until_shown(ticket).await.html.contains("Start"));
    house.pass(Duration::seconds(30));

    assert_eq!(cook.ticket(ticket, "start", 1).await.status, StatusCode::NO_CONTENT);

    let card = grill.next_cards().await.brings(ticket).expect("the card").clone();
    assert!(card.html.contains("COOKING") && !card.html.contains("Start"), "{}", card.html);
    let waits = pass.next_cards().await;
    assert!(waits.articles.iter().any(|card| card.html.contains("Grill") && card.html.contains("cooking")));
    assert!(waiter.get(&format!("/checks/{}", placed.check())).await.body.contains(">Cooking<"));
    let who =
        "select started_at = '2099-11-20 21:40:30Z' and started_by is not null and started_on is not null
        from ticket_lines where ticket_id = $1";
    assert!(house.ask::<bool>(who, ticket.0).await);
    let before = house.rows().await;
    assert_eq!(cook.ticket(ticket, "start", 1).await.status, StatusCode::NO_CONTENT, "twice is once");
    assert_eq!(house.rows().await, before);
}

#[tokio::test]
async fn a_ticked_line_stays_readable_and_the_last_one_takes_the_ticket_along() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let placed = waiter.order("3", &[dish("Sardines"), dish("Cauliflower from the embers")]).await;
    let ticket = placed.ticket("grill");
    let (first, second) =
        (house.line(&placed, "Sardines").await, house.line(&placed, "Cauliflower from the embers").await);
    let mut grill = cook.open_screen("station-grill").await;
    grill.until_shown(ticket).await;

    assert_eq!(tap(&cook, ticket, first, "ready", 1).await.status, StatusCode::NO_CONTENT);

    let card = grill.next_cards().await.brings(ticket).expect("the card").clone();
    assert!(card.html.contains("Sardines") && card.html.contains("line is-ready"), "{}", card.html);
    assert!(!grill.cards["all-day"].html.contains("Sardines"), "nobody has to make it any more");
    let before = house.rows().await;
    assert_eq!(tap(&cook, ticket, first, "ready", 1).await.status, StatusCode::NO_CONTENT, "twice is once");
    assert_eq!(house.rows().await, before);
    assert_eq!(tap(&cook, ticket, first, "waiting", 1).await.status, StatusCode::NO_CONTENT);
    let card = grill.next_cards().await.brings(ticket).expect("the card").clone();
    assert!(!card.html.contains("line is-ready"), "{}", card.html);

    tap(&cook, ticket, first, "ready", 1).await;
    house.pass(Duration::seconds(1));
    assert_eq!(tap(&cook, ticket, second, "ready", 1).await.status, StatusCode::NO_CONTENT);
    grill.until_gone(ticket).await;
    assert_eq!(house.state_of(ticket).await, "bumped");
    let before = house.rows().await;
    assert_eq!(tap(&cook, ticket, second, "ready", 1).await.status, StatusCode::NO_CONTENT, "twice is once");
    assert_eq!(house.rows().await, before);
    assert_eq!(cook.ticket(ticket, "undo", 1).await.status, StatusCode::NO_CONTENT);
    let back = grill.until_shown(ticket).await;
    let ready = "select count(*) from ticket_lines where ticket_id = $1 and state = 'ready'";
    assert_eq!(house.ask::<i64>(ready, ticket.0).await, 1, "what was ticked before stays so: {}", back.html);

    cook.bump(ticket, 1).await;
    assert_eq!(cook.ticket(ticket, "recall", 1).await.status, StatusCode::NO_CONTENT);
    assert_eq!(house.ask::<i64>(ready, ticket.0).await, 0, "a recall is cooked again");
}

#[tokio::test]
async fn an_undo_leaves_begun_what_was_begun() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let ticket = waiter.order("3", &[dish("Sardines")]).await.ticket("grill");
    cook.ticket(ticket, "start", 1).await;
    cook.bump(ticket, 1).await;
    assert_eq!(cook.ticket(ticket, "undo", 1).await.status, StatusCode::NO_CONTENT);
    let line = "select state from ticket_lines where ticket_id = $1";
    assert_eq!(house.ask::<String>(line, ticket.0).await, "started");
}

#[tokio::test]
async fn what_was_voided_is_acknowledged_before_anybody_begins() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let placed = waiter.order("3", &[dish("Sardines"), dish("Cauliflower from the embers")]).await;
    let ticket = placed.ticket("grill");
    let (sardines, cauliflower) =
        (house.line(&placed, "Sardines").await, house.line(&placed, "Cauliflower from the embers").await);
    waiter.post(&format!("/lines/{sardines}/void"), &json!({ "reason": "Entered wrong" })).await;
    let before = house.rows().await;
    for (answer, words) in [
        (cook.ticket(ticket, "start", 1).await, "changed"),
        (cook.ticket(ticket, "start", 2).await, "acknowledge"),
        (tap(&cook, ticket, cauliflower, "started", 2).await, "acknowledge"),
        (tap(&cook, ticket, sardines, "ready", 2).await, "void"),
        (tap(&cook, ticket, cauliflower, "ready", 1).await, "changed"),
    ] {
        assert_eq!(answer.status, StatusCode::CONFLICT, "{words}: {}", answer.body);
        assert!(answer.words().contains(words), "{words}: {}", answer.words());
    }
    assert_eq!(house.rows().await, before);
    cook.ticket(ticket, "acknowledge", 2).await;
    assert_eq!(cook.ticket(ticket, "start", 2).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn where_one_station_will_do_its_tick_relieves_the_other_and_taking_it_back_does_not() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let placed = waiter.order("3", &[dish("Pastel de nata"), dish("Arroz doce")]).await;
    let (pizza, cold) = (placed.ticket("pizza"), placed.ticket("cold"));
    let nata = house.line(&placed, "Pastel de nata").await;

    assert_eq!(tap(&cook, cold, nata, "ready", 1).await.status, StatusCode::NO_CONTENT);

    assert_eq!(house.state_of(pizza).await, "bumped", "the other station has nothing else to do");
    assert_eq!(house.state_of(cold).await, "open");
    assert_eq!(tap(&cook, cold, nata, "waiting", 1).await.status, StatusCode::NO_CONTENT);
    assert_eq!(house.state_of(pizza).await, "open", "it is wanted there again");
}

#[tokio::test]
async fn a_station_that_has_not_seen_a_void_keeps_its_ticket() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let placed = waiter.order("3", &[dish("Pastel de nata").times(2)]).await;
    let (pizza, cold) = (placed.ticket("pizza"), placed.ticket("cold"));
    let nata = house.line(&placed, "Pastel de nata").await;
    waiter.post(&format!("/lines/{nata}/void"), &json!({ "quantity": 1, "reason": "Entered wrong" })).await;
    assert_eq!(cook.bump(cold, 2).await.status, StatusCode::NO_CONTENT);
    assert_eq!(house.state_of(pizza).await, "open", "its cook may be making the second one");
    assert_eq!(cook.ticket(pizza, "acknowledge", 2).await.status, StatusCode::NO_CONTENT);
    assert_eq!(house.state_of(pizza).await, "bumped", "now it has nothing left to do");
}

#[tokio::test]
async fn a_recall_brings_back_what_a_tick_had_relieved_another_station_of() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let placed = waiter.order("3", &[dish("Pastel de nata"), dish("Arroz doce")]).await;
    let (pizza, cold) = (placed.ticket("pizza"), placed.ticket("cold"));
    let nata = house.line(&placed, "Pastel de nata").await;
    tap(&cook, cold, nata, "ready", 1).await;
    house.pass(Duration::seconds(5));
    cook.bump(cold, 1).await;
    assert_eq!(cook.ticket(cold, "recall", 1).await.status, StatusCode::NO_CONTENT);
    let ready = "select count(*) from ticket_lines where line_id = $1 and state = 'ready'";
    assert_eq!(house.ask::<i64>(ready, nata.0).await, 0, "it is cooked again");
    assert_eq!(house.state_of(pizza).await, "open", "there too, if that is quicker");
}

#[tokio::test]
async fn a_tap_that_names_no_line_says_what_it_needs() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let ticket = waiter.order("3", &[dish("Sardines")]).await.ticket("grill");
    let before = house.rows().await;
    let address = format!("/tickets/{ticket}/line");
    for line in
        ["", "x:ready", "0195b5f2-3c1a-7d3e-9f64-2b8f1c0a7e11", "0195b5f2-3c1a-7d3e-9f64-2b8f1c0a7e11:burnt"]
    {
        let refused = cook.post(&address, &json!({ "line": line, "version": 1 })).await;
        assert_eq!(refused.blames(), ["line"], "{line}");
    }
    let nobodys = tap(&cook, ticket, LineId(uuid::Uuid::nil()), "ready", 1).await;
    assert_eq!(nobodys.status, StatusCode::NOT_FOUND);
    assert_eq!(house.rows().await, before);
}
