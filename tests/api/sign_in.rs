//! Signing in and out: PINs, sessions, and what a session is bound to.

use comanda::domain::demo::{self, staff_id};
use comanda::domain::ids::StaffId;
use comanda::store;
use reqwest::StatusCode;
use serde_json::json;
use time::Duration;

use crate::support::{Client, TestApp, client::pin_of, dish};

async fn status(client: &Client, path: &str) -> StatusCode {
    client.fetch(path).await.status
}

#[tokio::test]
async fn three_wrong_pins_and_the_person_waits_on_that_device_only() {
    let house = TestApp::spawn().await;
    let tablet = house.as_waiter().await; // a tablet of the house: somebody signed in on it once
    for _ in 0..3 {
        let wrong = tablet.try_pin("Inês", "0000", None).await;
        assert_eq!(
            (wrong.status, wrong.blames()),
            (StatusCode::UNPROCESSABLE_ENTITY, vec!["pin".to_owned()])
        );
    }
    let early = tablet.try_pin("Inês", pin_of("Inês"), None).await;
    assert_eq!(early.status, StatusCode::TOO_MANY_REQUESTS, "a right PIN waits too: {}", early.body);
    assert_eq!(early.header("retry-after"), "3");
    assert_eq!(
        tablet.try_pin("Tiago", pin_of("Tiago"), None).await.status,
        StatusCode::OK,
        "somebody else may"
    );
    house.as_waiter().await; // and Inês elsewhere

    let other = house.as_waiter().await;
    for _ in 0..3 {
        other.try_pin("Inês", "0000", None).await;
    }
    house.pass(Duration::seconds(2));
    assert_eq!(other.try_pin("Inês", "0000", None).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    house.pass(Duration::seconds(3));
    assert_eq!(
        other.try_pin("Inês", pin_of("Inês"), None).await.status,
        StatusCode::TOO_MANY_REQUESTS,
        "it doubles"
    );
    house.pass(Duration::seconds(1));
    assert_eq!(other.try_pin("Inês", pin_of("Inês"), None).await.status, StatusCode::OK);
    for _ in 0..2 {
        other.try_pin("Inês", "0000", None).await;
    }
    assert_eq!(
        other.try_pin("Inês", pin_of("Inês"), None).await.status,
        StatusCode::OK,
        "a right PIN wipes the count"
    );
}

#[tokio::test]
async fn a_device_that_tries_everybody_waits_as_a_whole() {
    let house = TestApp::spawn().await;
    let tablet = house.as_waiter().await;
    for name in ["Inês", "Tiago", "Beatriz", "Duarte", "Marta"] {
        for _ in 0..2 {
            assert_eq!(tablet.try_pin(name, "0000", None).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        }
    }
    assert_eq!(tablet.try_pin("Sofia", pin_of("Sofia"), None).await.status, StatusCode::TOO_MANY_REQUESTS);
    house.as_manager().await; // nobody is locked out elsewhere
    house.pass(Duration::seconds(2));
    assert_eq!(tablet.try_pin("Sofia", pin_of("Sofia"), None).await.status, StatusCode::OK);
}

#[tokio::test]
async fn browsers_that_forget_their_cookie_wait_as_one_stranger_and_the_tablets_of_the_house_do_not() {
    let house = TestApp::spawn().await;
    let tablet = house.as_waiter().await;
    for _ in 0..3 {
        let wrong = house.stranger().try_pin("Sofia", "0000", None).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let guess = house.stranger().try_pin("Sofia", pin_of("Sofia"), None).await;
    assert_eq!(guess.status, StatusCode::TOO_MANY_REQUESTS, "another browser is no new chance");
    assert_eq!(tablet.try_pin("Sofia", pin_of("Sofia"), None).await.status, StatusCode::OK);
}

#[tokio::test]
async fn nobody_is_answered_like_a_wrong_pin() {
    let house = TestApp::spawn().await;
    let wrong = house.stranger().try_pin("Inês", "0000", None).await;
    let nobody = json!({ "staff_id": StaffId::new(), "pin": "0000" });
    let nobody = house.stranger().post("/sign-in", &nobody).await;
    assert_eq!((nobody.status, nobody.body), (wrong.status, wrong.body));
    let form = house.stranger();
    let id = staff_id("Inês").to_string();
    let refused = form.form("/sign-in", &[("staff_id", &id), ("pin", "0000")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("That PIN is not right"), "{}", refused.body);
    let taken = form.form("/sign-in", &[("staff_id", &id), ("pin", pin_of("Inês"))]).await;
    assert_eq!((taken.status, taken.location()), (StatusCode::SEE_OTHER, "/floor"));
}

#[tokio::test]
async fn every_sign_in_is_a_new_session_and_the_old_one_is_dead() {
    let house = TestApp::spawn().await;
    let tablet = house.as_waiter().await;
    let (old, first) = (tablet.twin(), tablet.cookie("comanda"));
    tablet.sign_in("Sofia", None).await;
    assert_ne!(tablet.cookie("comanda"), first);
    assert_eq!(status(&old, "/floor").await, StatusCode::UNAUTHORIZED);
    assert_eq!(status(&tablet, "/manage").await, StatusCode::OK);
}

#[tokio::test]
async fn a_planted_session_id_is_not_taken_over() {
    let house = TestApp::spawn().await;
    let planted = "AAAAAAAAAAAAAAAAAAAAAA";
    let victim = house.stranger();
    let entry = json!({ "staff_id": staff_id("Inês"), "pin": pin_of("Inês") });
    let request = victim.ask(reqwest::Method::POST, "/sign-in").header("sec-fetch-site", "same-origin");
    let request = request.header("cookie", format!("comanda={planted}")).header("accept", "application/json");
    assert_eq!(victim.send(request.json(&entry)).await.status, StatusCode::OK);
    assert_ne!(victim.cookie("comanda").as_deref(), Some(planted));
}

#[tokio::test]
async fn a_sign_out_ends_the_session_at_once_and_its_screens_soon() {
    let house = TestApp::spawn().await;
    let tablet = house.as_waiter().await;
    let thief = tablet.twin();
    let mut screen = tablet.open_screen("floor").await;
    let out = tablet.form("/sign-out", &[]).await;
    assert_eq!((out.status, out.location()), (StatusCode::SEE_OTHER, "/sign-in"));
    assert_eq!(status(&thief, "/floor").await, StatusCode::UNAUTHORIZED);
    assert_eq!(screen.closed().await, 4401);
    let page = thief.get("/floor").await;
    assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, "/sign-in?next=%2Ffloor"));
}

#[tokio::test]
async fn a_new_pin_signs_out_everywhere() {
    let house = TestApp::spawn().await;
    let (tablet, other) = (house.as_waiter().await, house.sign_in("Tiago").await);
    assert_eq!(status(&tablet, "/floor").await, StatusCode::OK);
    // Another process does it: this one hears of it from the poll.
    let here = demo::LOCATION_ID;
    let by = store::By::CommandLine(house.app.clock.now());
    store::staff::reset_pin(&house.app.db, here, staff_id("Inês"), "none", by).await.expect("a new PIN");
    tablet.until("/floor", StatusCode::UNAUTHORIZED).await;
    assert_eq!(status(&other, "/floor").await, StatusCode::OK);
}

#[tokio::test]
async fn a_screen_that_is_bound_to_a_station_works_that_station_and_nothing_else() {
    let house = TestApp::spawn().await;
    let (waiter, grill) = (house.as_waiter().await, house.sign_in_at("Sofia", "/kitchen/grill").await);
    let placed = waiter.order("3", &[dish("Cod à lagareiro")]).await;
    assert_eq!(grill.fetch("/").await.location(), "/kitchen/grill");
    for (path, expected) in [
        ("/kitchen/grill", StatusCode::OK),
        ("/kitchen/fry", StatusCode::FORBIDDEN),
        ("/kitchen/expo", StatusCode::FORBIDDEN),
        ("/floor", StatusCode::FORBIDDEN),
        ("/manage", StatusCode::FORBIDDEN),
        ("/board/station-fry", StatusCode::NOT_FOUND),
    ] {
        assert_eq!(status(&grill, path).await, expected, "{path}");
    }
    let before = house.rows().await;
    for verb in ["bump", "undo", "recall", "acknowledge"] {
        assert_eq!(grill.ticket(placed.ticket("fry"), verb, 1).await.status, StatusCode::FORBIDDEN, "{verb}");
    }
    assert_eq!(grill.post("/kitchen/fry/recall", &json!({})).await.status, StatusCode::FORBIDDEN);
    assert_eq!(house.rows().await, before);
    assert_eq!(grill.bump(placed.ticket("grill"), 1).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn the_way_on_leads_nowhere_but_here() {
    let house = TestApp::spawn().await;
    for hostile in [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/a\nb",
        "floor",
        "/\t/evil.example",
    ] {
        let answer = house.stranger().try_pin("Inês", pin_of("Inês"), Some(hostile)).await;
        assert_eq!(answer.json()["next"], "/floor", "{hostile:?}");
    }
    let answer = house.stranger().try_pin("Inês", pin_of("Inês"), Some("/takeaway")).await;
    assert_eq!(answer.json()["next"], "/takeaway");
}

#[tokio::test]
async fn who_rests_is_signed_out_and_who_works_is_not() {
    let house = TestApp::spawn().await;
    let (idle, busy) = (house.as_waiter().await, house.as_waiter().await);
    for _ in 0..3 {
        house.pass(Duration::minutes(45));
        assert_eq!(status(&busy, "/floor").await, StatusCode::OK, "after {}", house.clock.now());
    }
    assert_eq!(status(&idle, "/floor").await, StatusCode::UNAUTHORIZED, "two hours without a request");
    for _ in 0..18 {
        house.pass(Duration::minutes(45));
        assert_eq!(status(&busy, "/floor").await, StatusCode::OK);
    }
    house.pass(Duration::minutes(45));
    assert_eq!(status(&busy, "/floor").await, StatusCode::UNAUTHORIZED, "sixteen hours are a day's work");
}

#[tokio::test]
async fn a_stations_screen_stays_signed_in() {
    let house = TestApp::spawn().await;
    let grill = house.sign_in_at("Rui", "/kitchen/grill").await;
    house.pass(Duration::days(29));
    assert_eq!(status(&grill, "/kitchen/grill").await, StatusCode::OK);
    house.pass(Duration::days(29));
    assert_eq!(status(&grill, "/kitchen/grill").await, StatusCode::OK, "the page was opened meanwhile");
    house.pass(Duration::days(31));
    assert_eq!(status(&grill, "/kitchen/grill").await, StatusCode::UNAUTHORIZED);
}
