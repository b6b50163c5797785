//! The live board on the wire: snapshots, sockets, refusals, and what a screen may rely on.

use reqwest::{Method, StatusCode};
use tokio_tungstenite::tungstenite::Message;

use crate::support::screen::{Frame, request};
use crate::support::{Client, Screen, TestApp, dish};

/// The status of a refused upgrade, or 101.
async fn upgrade(client: &Client, view: &str, origin: Option<&str>) -> u16 {
    match Screen::connect(request(client, view, "", 0, origin)).await {
        Ok(_) => 101,
        Err(refusal) => refusal.status.as_u16(),
    }
}

fn ours(client: &Client) -> String {
    format!("http://{}", client.address())
}

#[tokio::test]
async fn a_snapshot_that_the_screen_has_already_is_not_sent_again() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let first = cook.fetch("/board/station-grill").await;
    assert_eq!((first.status, first.header("cache-control")), (StatusCode::OK, "private, no-cache"));
    let ask = async || {
        let request =
            cook.ask(Method::GET, "/board/station-grill").header("if-none-match", first.header("etag"));
        cook.send(request).await
    };
    let again = ask().await;
    assert_eq!((again.status, again.body.as_str()), (StatusCode::NOT_MODIFIED, ""));
    for name in ["x-board-epoch", "x-board-sum", "x-board-head"] {
        assert_eq!(again.header(name), first.header(name), "{name}");
    }
    let ticket = waiter.order("3", &[dish("Sardines")]).await.ticket("grill");
    let mut screen = cook.open_screen("station-grill").await;
    screen.until_shown(ticket).await;
    let changed = ask().await;
    assert_eq!(changed.status, StatusCode::OK);
    assert_ne!(changed.header("etag"), first.header("etag"));
}

#[tokio::test]
async fn a_snapshot_tells_what_is_newer_or_everything() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let mut screen = cook.open_screen("station-grill").await;
    let (epoch, since) = (screen.epoch.clone(), screen.seq);
    let old = screen.cards.len();
    let ticket = waiter.order("3", &[dish("Sardines")]).await.ticket("grill");
    screen.until_shown(ticket).await;

    let newer =
        Frame::read(&cook.fetch(&format!("/board/station-grill?epoch={epoch}&since={since}")).await.body);
    assert!(newer.brings(ticket).is_some(), "{:?}", newer.header);
    assert!(newer.articles.len() <= 2, "the card and the totals: {:?}", newer.header);

    for unknown in ["?epoch=elsewhere&since=1".to_owned(), format!("?epoch={epoch}"), String::new()] {
        let all = Frame::read(&cook.fetch(&format!("/board/station-grill{unknown}")).await.body);
        assert_eq!((all.number("from"), all.articles.len()), (0, old + 1), "{unknown}");
    }
}

#[tokio::test]
async fn an_upgrade_is_refused_before_it_happens() {
    let house = TestApp::spawn().await;
    let (cook, waiter, machine) = (house.as_cook().await, house.as_waiter().await, house.as_machine().await);
    let bound = house.sign_in_at("Rui", "/kitchen/grill").await;
    let here = ours(&cook);
    assert_eq!(upgrade(&cook, "station-grill", Some(&here)).await, 101);
    assert_eq!(upgrade(&cook, "station-grill", Some("https://evil.example")).await, 403);
    assert_eq!(upgrade(&cook, "station-grill", Some("null")).await, 403);
    assert_eq!(upgrade(&cook, "station-grill", None).await, 403, "a browser always says where it comes from");
    assert_eq!(upgrade(&machine, "station-grill", None).await, 101, "a machine does not");
    assert_eq!(upgrade(&house.stranger(), "station-grill", Some(&here)).await, 401);
    assert_eq!(upgrade(&cook, "floor", Some(&here)).await, 404, "not a cook's");
    assert_eq!(upgrade(&cook, "items", Some(&here)).await, 404);
    assert_eq!(upgrade(&waiter, "floor", Some(&here)).await, 101);
    assert_eq!(upgrade(&bound, "station-fry", Some(&here)).await, 404, "not this screen's");
    assert_eq!(upgrade(&bound, "expo", Some(&here)).await, 404);
    assert_eq!(upgrade(&cook, "station-attic", Some(&here)).await, 404);
}

#[tokio::test]
async fn a_session_has_eight_screens_at_most() {
    let house = TestApp::spawn().await;
    let cook = house.as_cook().await;
    let mut screens = Vec::new();
    for _ in 0..8 {
        screens.push(cook.open_screen("station-grill").await);
    }
    let refusal = Screen::attach(&cook, "station-grill", "", 0).await.err().expect("a refusal");
    assert_eq!((refusal.status, refusal.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "10"));
    house.sign_in("Nuno").await.open_screen("station-grill").await;
    screens.pop();
    for _ in 0..500 {
        if Screen::attach(&cook, "station-grill", "", 0).await.is_ok() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("a place that was given up stays taken");
}

#[tokio::test]
async fn a_screen_that_was_away_catches_up() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let early = waiter.order("1", &[dish("Sardines")]).await.ticket("grill");
    let mut away = cook.open_screen("station-grill").await;
    let mut there = cook.open_screen("station-grill").await;
    away.until_shown(early).await;
    let (epoch, since, cards) = (away.epoch.clone(), away.seq, away.cards.clone());
    drop(away);
    cook.bump(early, 1).await;
    let late = waiter.order("2", &[dish("Sardines")]).await.ticket("grill");
    there.until_shown(late).await;

    let mut back = Screen::attach(&cook, "station-grill", &epoch, since).await.expect("an upgrade");
    (back.cards, back.seq) = (cards, since);
    back.until_shown(late).await;
    while back.seq < there.seq {
        back.next_cards().await;
    }
    assert!(back.shows(early).is_none());
    assert_eq!(back.cards, there.cards);
}

#[tokio::test]
async fn another_history_resets_the_screen() {
    let house = TestApp::spawn().await;
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let mut screen = Screen::attach(&cook, "station-grill", "another", 7).await.expect("an upgrade");
    let hello = screen.next_frame().await;
    assert_eq!(hello.kind(), "hello");
    let reset = screen.next_frame().await;
    assert_eq!((reset.kind(), reset.header["why"].as_str()), ("reset", Some("epoch")));
    assert_ne!(screen.epoch, "another");

    screen
        .say(format!(r#"{{"t":"attach","epoch":"{}","since":{}}}"#, screen.epoch, hello.number("seq")))
        .await;
    let ticket = waiter.order("3", &[dish("Sardines")]).await.ticket("grill");
    screen.until_shown(ticket).await;
}

#[tokio::test]
async fn what_is_not_of_the_protocol_ends_the_line() {
    let house = TestApp::spawn().await;
    let long = format!(r#"{{"t":"ack","seq":1,"but":["{}"]}}"#, "x".repeat(5000));
    for (what, message) in [
        ("oversize", Message::text(long)),
        ("binary", Message::binary(vec![0, 1, 2])),
        ("unknown", Message::text(r#"{"t":"bump"}"#)),
        ("no JSON", Message::text("hello")),
    ] {
        let cook = house.as_cook().await;
        let mut screen = cook.open_screen("station-grill").await;
        screen.say(message).await;
        assert_eq!(screen.closed().await, 4409, "{what}");
    }
    let mut flood = house.as_cook().await.open_screen("station-grill").await;
    for _ in 0..11 {
        flood.say(r#"{"t":"here"}"#).await;
    }
    assert_eq!(flood.closed().await, 4409);
}

#[tokio::test]
async fn a_beat_proves_what_the_screen_shows() {
    let house = TestApp::spawn().await;
    let (waiter, manager) = (house.as_waiter().await, house.as_manager().await);
    waiter.order("3", &[dish("Sardines"), dish("Presunto")]).await;
    waiter
        .post(
            &format!("/items/{}/86", dish("Bica").json()["item_id"].as_str().expect("an id")),
            &serde_json::json!({}),
        )
        .await;
    let mut screens = Vec::new();
    for view in ["station-grill", "expo", "floor", "items"] {
        screens.push((view, manager.open_screen(view).await));
    }
    for (view, screen) in &mut screens {
        let beat = loop {
            let frame = screen.next_frame().await;
            if frame.kind() == "beat" {
                break frame;
            }
        };
        assert!(!screen.cards.is_empty(), "{view}");
        assert_eq!(beat.number("sum"), i64::from(screen.sum()), "{view}");
        assert!(beat.number("checked_ms") < 20_000, "{view}: {:?}", beat.header);
    }
}

#[tokio::test]
async fn a_restart_is_told_to_every_screen() {
    let house = TestApp::spawn().await;
    let cook = house.as_cook().await;
    let mut screen = cook.open_screen("station-grill").await;
    house.stop();
    assert_eq!(screen.closed().await, 1012);
}

#[tokio::test]
async fn a_page_is_drawn_from_what_its_socket_goes_on_from() {
    let house = TestApp::spawn().await;
    let (waiter, manager) = (house.as_waiter().await, house.as_manager().await);
    let placed = waiter.order("3", &[dish("Sardines")]).await;
    for (page, view) in [("/kitchen/grill", "station-grill"), ("/kitchen/expo", "expo"), ("/floor", "floor")]
    {
        let screen = manager.open_screen(view).await;
        let html = manager.get(page).await.body;
        for card in screen.cards.values().filter(|card| card.id != "all-day") {
            assert!(html.contains(card.html.trim()), "{page} lacks {}", card.id);
        }
    }
    assert!(manager.get("/kitchen/grill").await.body.contains(&placed.ticket("grill").to_string()));
}
