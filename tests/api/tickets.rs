//! A station's cards: bumped once, twice, by somebody else; taken back.

use comanda::domain::ids::TicketId;
use reqwest::StatusCode;
use serde_json::json;
use time::Duration;

use crate::support::{TestApp, dish};

/// The state that the database holds.
async fn state(house: &TestApp, ticket: TicketId) -> String {
    house.ask("select state from tickets where ticket_id = $1", ticket.0).await
}

#[tokio::test]
async fn a_bump_drops_the_card_from_every_screen() {
    let house = TestApp::spawn().await;
    let (waiter, cook, other) = (house.as_waiter().await, house.as_cook().await, house.sign_in("Nuno").await);
    let (mut left, mut right) =
        (cook.open_screen("station-grill").await, other.open_screen("station-grill").await);
    let ticket = waiter.order("3", &[dish("Sardines").times(2)]).await.ticket("grill");
    let card = left.until_shown(ticket).await;
    assert!(card.html.contains("Sardines") && card.html.contains(">2<"), "{}", card.html);
    assert_eq!(right.until_shown(ticket).await, card, "one card for all");

    assert_eq!(cook.bump(ticket, card.version()).await.status, StatusCode::NO_CONTENT);

    assert!(left.next_cards().await.drops(ticket));
    assert!(right.next_cards().await.drops(ticket));
    assert_eq!(state(&house, ticket).await, "bumped");
}

#[tokio::test]
async fn a_bump_twice_from_one_screen_is_one_bump() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let ticket = waiter.order("3", &[dish("Sardines")]).await.ticket("grill");
    assert_eq!(cook.bump(ticket, 1).await.status, StatusCode::NO_CONTENT);
    house.pass(Duration::seconds(30));
    let before = house.rows().await;
    assert_eq!(cook.bump(ticket, 1).await.status, StatusCode::NO_CONTENT);
    assert_eq!(house.rows().await, before);
}

#[tokio::test]
async fn whoever_comes_second_is_told_who_was_faster_and_when() {
    let house = TestApp::spawn().await;
    let (waiter, cook, other) = (house.as_waiter().await, house.as_cook().await, house.sign_in("Nuno").await);
    let ticket = waiter.order("3", &[dish("Sardines")]).await.ticket("grill");
    assert_eq!(cook.bump(ticket, 1).await.status, StatusCode::NO_CONTENT);
    house.pass(Duration::seconds(4));
    let before = house.rows().await;

    let late = other.bump(ticket, 1).await;

    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.words().contains("Rui bumped it"), "{}", late.words());
    assert_eq!(late.json()["at"], "2099-11-20T21:40:00Z", "{}", late.body);
    assert_eq!(house.rows().await, before);
}

#[tokio::test]
async fn two_cooks_at_once_bump_one_card_once() {
    let house = TestApp::spawn().await;
    let (waiter, cook, other) = (house.as_waiter().await, house.as_cook().await, house.sign_in("Nuno").await);
    let ticket = waiter.order("3", &[dish("Sardines")]).await.ticket("grill");
    let (left, right) = tokio::join!(cook.bump(ticket, 1), other.bump(ticket, 1));
    let mut statuses = [left.status, right.status];
    statuses.sort();
    assert_eq!(statuses, [StatusCode::NO_CONTENT, StatusCode::CONFLICT]);
    let bumps: i64 =
        house.ask("select count(*) from audit where verb = 'bump' and subject = $1", ticket.0).await;
    assert_eq!(bumps, 1);
}

#[tokio::test]
async fn a_bump_without_a_version_is_no_bump() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let ticket = waiter.order("3", &[dish("Sardines")]).await.ticket("grill");
    let before = house.rows().await;
    let refused = cook.post(&format!("/tickets/{ticket}/bump"), &json!({})).await;
    assert_eq!(
        (refused.status, refused.blames()),
        (StatusCode::UNPROCESSABLE_ENTITY, vec!["version".to_owned()])
    );
    let gone = cook.bump(TicketId::new(), 1).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    assert_eq!(house.rows().await, before);
}

#[tokio::test]
async fn a_plain_form_bumps_and_comes_back_to_its_board() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let ticket = waiter.order("3", &[dish("Sardines")]).await.ticket("grill");
    let bump = format!("/tickets/{ticket}/bump");
    let bumped = cook.form(&bump, &[("version", "1"), ("back", "/kitchen/grill")]).await;
    assert_eq!((bumped.status, bumped.location()), (StatusCode::SEE_OTHER, "/kitchen/grill"));
    let page = cook.get("/kitchen/grill").await;
    assert!(page.body.contains(&format!("/tickets/{ticket}/undo")), "the page offers to take it back");
    let astray = cook.form(&bump, &[("version", "1"), ("back", "//elsewhere.example/")]).await;
    assert_eq!(astray.location(), "/kitchen", "never to another site");
}

#[tokio::test]
async fn a_bump_is_taken_back_within_five_seconds_on_its_own_screen() {
    let house = TestApp::spawn().await;
    let (waiter, cook, other) = (house.as_waiter().await, house.as_cook().await, house.sign_in("Nuno").await);
    let mut screen = cook.open_screen("station-grill").await;
    let ticket = waiter.order("3", &[dish("Sardines")]).await.ticket("grill");
    let card = screen.until_shown(ticket).await;
    cook.bump(ticket, 1).await;
    screen.until_gone(ticket).await;
    house.pass(Duration::seconds(5));

    let not_theirs = other.ticket(ticket, "undo", 1).await;
    assert_eq!(not_theirs.status, StatusCode::CONFLICT);
    assert!(not_theirs.words().contains("Rui bumped it"), "{}", not_theirs.words());

    assert_eq!(cook.ticket(ticket, "undo", 1).await.status, StatusCode::NO_CONTENT);
    let back = screen.until_shown(ticket).await;
    assert!(!back.html.contains("RECALLED"), "an undo leaves no badge");
    assert_eq!(back.attribute("data-sort"), card.attribute("data-sort"), "it returns to its place");

    let before = house.rows().await;
    assert_eq!(cook.ticket(ticket, "undo", 1).await.status, StatusCode::NO_CONTENT, "twice is once");
    assert_eq!(house.rows().await, before);
}

#[tokio::test]
async fn after_five_seconds_it_is_a_recall() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let ticket = waiter.order("3", &[dish("Sardines")]).await.ticket("grill");
    cook.bump(ticket, 1).await;
    house.pass(Duration::milliseconds(5001));

    let late = cook.ticket(ticket, "undo", 1).await;
    assert_eq!((late.status, late.words().contains("Too late")), (StatusCode::CONFLICT, true));

    assert_eq!(cook.ticket(ticket, "recall", 1).await.status, StatusCode::NO_CONTENT);
    let mut screen = cook.open_screen("station-grill").await;
    assert!(screen.until_shown(ticket).await.html.contains("RECALLED ×1"));
    let again = cook.ticket(ticket, "recall", 1).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "it is on the board");
}

#[tokio::test]
async fn recall_brings_back_the_last_bump_and_then_the_one_before() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let mut tickets = Vec::new();
    for table in ["1", "2"] {
        let ticket = waiter.order(table, &[dish("Sardines")]).await.ticket("grill");
        house.pass(Duration::seconds(10));
        cook.bump(ticket, 1).await;
        tickets.push(ticket);
    }
    let recall = async || cook.post("/kitchen/grill/recall", &json!({})).await;

    assert_eq!(recall().await.status, StatusCode::NO_CONTENT);
    assert_eq!(
        (state(&house, tickets[0]).await, state(&house, tickets[1]).await),
        ("bumped".into(), "open".into())
    );
    assert_eq!(recall().await.status, StatusCode::NO_CONTENT);
    assert_eq!(state(&house, tickets[0]).await, "open");
    let nothing = recall().await;
    assert_eq!(nothing.status, StatusCode::CONFLICT, "{}", nothing.body);
}

#[tokio::test]
async fn what_the_guest_has_only_the_pass_recalls() {
    let house = TestApp::spawn().await;
    let (waiter, cook, expo) = (house.as_waiter().await, house.as_cook().await, house.as_expo().await);
    let ticket = waiter.order("3", &[dish("Sardines")]).await.ticket("grill");
    cook.bump(ticket, 1).await;
    let fire: uuid::Uuid = house.ask("select fire_id from tickets where ticket_id = $1", ticket.0).await;
    assert_eq!(expo.post(&format!("/fires/{fire}/bump"), &json!({})).await.status, StatusCode::NO_CONTENT);

    let refused = cook.ticket(ticket, "recall", 1).await;
    assert_eq!((refused.status, refused.words().contains("handed over")), (StatusCode::CONFLICT, true));
    assert_eq!(cook.ticket(ticket, "undo", 1).await.status, StatusCode::CONFLICT);

    assert_eq!(expo.ticket(ticket, "recall", 1).await.status, StatusCode::NO_CONTENT);
    let open = "select handed_over_at is null from fires where fire_id = $1";
    assert!(house.ask::<bool>(open, fire).await, "the pass has it again");
}

#[tokio::test]
async fn one_bump_is_enough_where_any_station_may_make_it() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let placed = waiter.order("3", &[dish("Pica-pau")]).await;
    let (grill, fry) = (placed.ticket("grill"), placed.ticket("fry"));
    let mut screen = cook.open_screen("station-fry").await;
    screen.until_shown(fry).await;

    cook.bump(grill, 1).await;

    assert!(screen.next_cards().await.drops(fry), "nobody makes it a second time");
    assert_eq!(state(&house, fry).await, "bumped");
    cook.ticket(grill, "undo", 1).await;
    screen.until_shown(fry).await;
}

#[tokio::test]
async fn each_station_makes_its_part_where_all_must() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let placed = waiter.order("3", &[dish("Cod à lagareiro")]).await;
    cook.bump(placed.ticket("grill"), 1).await;
    assert_eq!(state(&house, placed.ticket("fry")).await, "open");
}

#[tokio::test]
async fn a_station_keeps_what_else_stands_on_its_ticket() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let placed = waiter.order("3", &[dish("Pica-pau"), dish("Caldo verde")]).await;
    let mut screen = cook.open_screen("station-fry").await;
    screen.until_shown(placed.ticket("fry")).await;
    cook.bump(placed.ticket("grill"), 1).await;
    let card =
        screen.next_cards().await.brings(placed.ticket("fry")).expect("the soup is still to make").clone();
    assert_eq!(card.html.matches("Ready").count(), 1, "{}", card.html);
    assert_eq!(state(&house, placed.ticket("fry")).await, "open");
}

#[tokio::test]
async fn an_add_on_is_a_ticket_of_its_own() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let first = waiter.order("3", &[dish("Sardines")]).await.ticket("grill");
    cook.bump(first, 1).await;
    let second = waiter.order("3", &[dish("Sardines")]).await.ticket("grill");
    let mut screen = cook.open_screen("station-grill").await;
    assert!(screen.until_shown(second).await.html.contains("ADD-ON"));
    assert_eq!(state(&house, first).await, "bumped", "a ticket never grows");
}
