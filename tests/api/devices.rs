//! Paired devices: how they come in, what a screen does by itself, and how they go.

use comanda::domain::demo::{self, staff_id};
use comanda::domain::ids::DeviceId;
use futures_util::future::join_all;
use reqwest::StatusCode;
use serde_json::json;
use sqlx::postgres::PgArguments;
use time::Duration;
use uuid::Uuid;

use super::routes::{ROUTES, ask};
use crate::support::{Answer, Client, Screen, TestApp, client::pin_of, dish};

async fn code(manager: &Client, name: &str, shows: &str) -> String {
    let made = manager.post("/manage/devices", &json!({ "name": name, "shows": shows })).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    made.json()["code"].as_str().expect("a code").to_owned()
}

async fn try_code(browser: &Client, code: &str) -> Answer {
    browser.post("/pair", &json!({ "code": code })).await
}

/// A browser that was paired as that.
async fn pair(house: &TestApp, manager: &Client, name: &str, shows: &str) -> Client {
    let browser = house.stranger();
    let paired = try_code(&browser, &code(manager, name, shows).await).await;
    assert_eq!(paired.status, StatusCode::OK, "{}", paired.body);
    browser
}

async fn device_named(house: &TestApp, name: &str) -> Uuid {
    house.ask(&format!("select device_id from paired_devices where name = '{name}'"), None).await
}

async fn revoke(manager: &Client, device: Uuid) -> Answer {
    manager.post(&format!("/manage/devices/{device}/revoke"), &json!({ "confirm": "yes" })).await
}

#[tokio::test]
async fn a_screen_works_its_station_with_nobody_signed_in() {
    let house = TestApp::spawn().await;
    let (manager, waiter, cook) = (house.as_manager().await, house.as_waiter().await, house.as_cook().await);
    let grill = pair(&house, &manager, "Grill left", "grill").await;
    let device = device_named(&house, "Grill left").await;
    assert_eq!(grill.get("/").await.location(), "/kitchen/grill");
    assert_eq!(grill.get("/kitchen").await.location(), "/kitchen/grill");
    let page = grill.get("/kitchen/grill").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("Grill left") && !page.body.contains("Sign out"), "{}", page.body);

    let ticket = waiter.order("3", &[dish("Sardines")]).await.ticket("grill");
    let mut screen = grill.open_screen("station-grill").await;
    let seen = screen.until_shown(ticket).await.version();
    assert_eq!(grill.bump(ticket, seen).await.status, StatusCode::NO_CONTENT);
    screen.until_gone(ticket).await;
    let recorded = "select count(*) = 1 from audit where verb = 'bump' and subject = $1 and staff_id is null
        and device_id = (select device_id from paired_devices where name = 'Grill left')";
    assert!(house.ask::<bool>(recorded, ticket.0).await);
    let late = cook.bump(ticket, seen).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.words().contains("Grill left"), "{}", late.words());
    assert_eq!(grill.ticket(ticket, "undo", seen).await.status, StatusCode::NO_CONTENT);
    screen.until_shown(ticket).await;
    assert_eq!(grill.bump(ticket, seen).await.status, StatusCode::NO_CONTENT);
    assert_eq!(grill.post("/kitchen/grill/recall", &json!({})).await.status, StatusCode::NO_CONTENT);
    let touched = "select count(*) = 4 from audit where device_id = $1 and staff_id is null and verb <> 'device_paired'";
    assert!(house.ask::<bool>(touched, device).await, "bump, undo, bump, recall");

    let pass = pair(&house, &manager, "Pass", "expo").await;
    let back = screen.until_shown(ticket).await.version();
    assert_eq!(grill.bump(ticket, back).await.status, StatusCode::NO_CONTENT);
    let fire: Uuid = house.ask("select fire_id from tickets where ticket_id = $1", ticket.0).await;
    assert_eq!(pass.post(&format!("/fires/{fire}/bump"), &json!({})).await.status, StatusCode::NO_CONTENT);
    let served = house.as_expo().await.post(&format!("/fires/{fire}/bump"), &json!({})).await;
    assert!(served.words().contains("Pass"), "{}", served.words());
}

#[tokio::test]
async fn a_screen_may_what_a_session_that_is_bound_there_may_and_nothing_else() {
    let house = TestApp::spawn().await;
    let manager = house.as_manager().await;
    let screen = pair(&house, &manager, "Grill left", "grill").await;
    let bound = house.sign_in_at("Rui", "/kitchen/grill").await;
    for path in ["/board/expo", "/board/station-fry", "/board/floor", "/board/items"] {
        assert_eq!(screen.fetch(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    for path in ["/kitchen/fry", "/kitchen/expo", "/floor", "/takeaway", "/manage", "/manage/devices"] {
        assert_eq!(screen.fetch(path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    let before = house.rows().await;
    for route in ROUTES.iter().filter(|route| route.path != "/kitchen") {
        let (got, expected) = (ask(&screen, route).await, ask(&bound, route).await);
        assert_eq!(got, expected, "{} {}", route.method, route.path);
    }
    assert_eq!(house.rows().await, before);
}

#[tokio::test]
async fn a_code_works_once_for_ten_minutes_and_of_two_browsers_one_wins() {
    let house = TestApp::spawn().await;
    let manager = house.as_manager().await;
    let first = code(&manager, "Tablet 1", "tablet").await;
    let browsers = [house.stranger(), house.stranger(), house.stranger()];
    let answers = join_all(browsers.iter().map(|browser| try_code(browser, &first))).await;
    let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 422, 422]);
    assert_eq!(house.ask::<i64>("select count(*) from paired_devices", None).await, 1);

    let used = try_code(&house.stranger(), &first).await;
    let wrong = try_code(&house.stranger(), "222222").await;
    assert_eq!((used.status, &used.body), (wrong.status, &wrong.body), "who guesses learns nothing");
    assert_eq!(wrong.blames(), ["code"]);
    let late = code(&manager, "Tablet 2", "tablet").await;
    house.pass(Duration::minutes(10));
    assert_eq!(try_code(&house.stranger(), &late).await.body, wrong.body);
    let typed = code(&manager, "Tablet 3", "tablet").await.to_lowercase();
    let typed = format!(" {}-{}", &typed[..3], &typed[3..]);
    assert_eq!(try_code(&house.stranger(), &typed).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_page_that_is_only_looked_at_burns_no_code_and_a_plain_form_pairs() {
    let house = TestApp::spawn().await;
    let manager = house.as_manager().await;
    let made = manager.form("/manage/devices", &[("name", "Grill left"), ("shows", "grill")]).await;
    assert_eq!(made.status, StatusCode::CREATED);
    let (_, rest) = made.body.split_once("id=\"made-code\">").expect("the code");
    let code = rest.split_once('<').expect("an end").0;
    assert!(made.body.contains("<svg") && !manager.get("/manage/devices").await.body.contains(code));
    let browser = house.stranger();
    let scanned = browser.get(&format!("/pair?code={code}")).await;
    assert!(scanned.body.contains(&format!("value=\"{code}\"")), "{}", scanned.body);
    let planted = browser.get("/pair?code=%22%3E%3Cscript%3E").await;
    assert!(!planted.body.contains("><script>"));
    let paired = browser.form("/pair", &[("code", code)]).await;
    assert_eq!((paired.status, paired.location()), (StatusCode::SEE_OTHER, "/kitchen/grill"));
    let cookie = paired.headers.get_all("set-cookie").iter().filter_map(|one| one.to_str().ok());
    let cookie = cookie.filter(|one| one.starts_with("comanda_paired=")).collect::<String>();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    assert_eq!(browser.get("/kitchen/grill").await.status, StatusCode::OK);
}

#[tokio::test]
async fn whoever_guesses_codes_is_slowed_by_browser_and_by_address() {
    let house = TestApp::spawn().await;
    let manager = house.as_manager().await;
    let right = code(&manager, "Tablet", "tablet").await;
    let guesser = house.stranger();
    guesser.get("/pair").await; // its cookie
    for _ in 0..5 {
        assert_eq!(try_code(&guesser, "222222").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let early = try_code(&guesser, &right).await;
    assert_eq!((early.status, early.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "3"));
    // Browsers that forget their cookie, all at once: no more than the address has free.
    let browsers: Vec<_> = (0..40).map(|_| house.stranger()).collect();
    let answers = join_all(browsers.iter().map(|browser| try_code(browser, "222222"))).await;
    let tried = answers.iter().filter(|answer| answer.status == StatusCode::UNPROCESSABLE_ENTITY).count();
    assert_eq!(tried, 15, "twenty of an address, and five were used");
    assert_eq!(try_code(&house.stranger(), &right).await.status, StatusCode::TOO_MANY_REQUESTS);
    house.pass(Duration::seconds(3));
    assert_eq!(try_code(&house.stranger(), &right).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_revoked_device_is_turned_out_at_once_with_its_sessions_and_says_so() {
    // Without beats, so that nothing but the news of it can turn a screen out.
    let house = TestApp::with(&["--insecure-http", "--fail-point", "no-beats"]).await;
    let manager = house.as_manager().await;
    let grill = pair(&house, &manager, "Grill left", "grill").await;
    let tablet = pair(&house, &manager, "Tablet", "tablet").await;
    tablet.sign_in("Inês", None).await;
    let other = pair(&house, &manager, "Grill right", "grill").await;
    let mut screens = [grill.open_screen("station-grill").await, tablet.open_screen("floor").await];
    let beside = house.beside().await;
    let mut elsewhere = grill.at(beside.address).open_screen("station-grill").await;
    let mut stays = other.open_screen("station-grill").await;
    let device = device_named(&house, "Grill left").await;
    let unsure = manager.post(&format!("/manage/devices/{device}/revoke"), &json!({})).await;
    assert_eq!(unsure.blames(), ["confirm"]);
    for name in ["Grill left", "Tablet"] {
        let device = device_named(&house, name).await;
        assert_eq!(revoke(&manager, device).await.status, StatusCode::NO_CONTENT);
        assert_eq!(revoke(&manager, device).await.status, StatusCode::NO_CONTENT, "twice is once");
    }
    for screen in &mut screens {
        assert_eq!(screen.closed().await, 4403);
    }
    assert_eq!(elsewhere.closed().await, 4403, "another process hears of it as well");
    let refused = tablet.at(beside.address).fetch("/floor").await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    for (client, page) in [(&grill, "/kitchen/grill"), (&tablet, "/floor")] {
        let refused = client.fetch(page).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        assert!(refused.words().contains("not paired any more"), "{}", refused.body);
        assert_eq!(client.get(page).await.location(), "/pair");
        assert_eq!(client.get("/sign-in").await.location(), "/pair");
        assert!(client.get("/pair").await.body.contains("unpaired by a manager"));
        let back = client.try_pin("Inês", pin_of("Inês"), None).await;
        assert_eq!(back.status, StatusCode::UNAUTHORIZED, "a PIN does not bring it back");
        assert!(Screen::attach(client, "station-grill", "", 0).await.is_err());
    }
    let sessions = "select count(*) from sessions where device_id is not null";
    assert_eq!(house.ask::<i64>(sessions, None).await, 0);
    let placed = house.as_waiter().await.order("3", &[dish("Sardines")]).await;
    stays.until_shown(placed.ticket("grill")).await;
    let again = try_code(&grill, &code(&manager, "Grill left", "grill").await).await;
    assert_eq!(again.status, StatusCode::OK);
    assert_eq!(grill.get("/kitchen/grill").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_pin_works_on_devices_of_the_house_and_elsewhere_only_in_a_demo() {
    let house = TestApp::spawn().await;
    let manager = house.as_manager().await;
    let tablet = pair(&house, &manager, "Tablet", "tablet").await;
    house.say("update locations set is_demo = false", PgArguments::default()).await;
    house.say("update boards set menu_version = menu_version + 1", PgArguments::default()).await;
    house.app.houses.forget(demo::LOCATION_ID);
    let stranger = house.stranger();
    assert_eq!(stranger.get("/sign-in").await.location(), "/pair");
    let refused = stranger.try_pin("Inês", pin_of("Inês"), None).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.words().contains("not paired"), "{}", refused.body);
    assert!(tablet.get("/sign-in").await.body.contains("Inês"));
    tablet.sign_in("Inês", None).await;
    assert_eq!(tablet.fetch("/floor").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_session_holds_on_the_device_that_it_began_on_and_on_no_other() {
    let house = TestApp::spawn().await;
    let manager = house.as_manager().await;
    let (left, right) =
        (pair(&house, &manager, "Left", "tablet").await, pair(&house, &manager, "Right", "tablet").await);
    left.sign_in("Inês", None).await;
    let session = left.cookie("comanda").expect("a session");
    let with = async |cookies: String| {
        let request = house.stranger().ask(reqwest::Method::GET, "/floor").header("cookie", cookies);
        let request = request.header("accept", "application/json");
        house.stranger().send(request).await.status
    };
    let device = |client: &Client| client.cookie("comanda_paired").expect("a device");
    assert_eq!(with(format!("comanda={session}; comanda_paired={}", device(&left))).await, StatusCode::OK);
    assert_eq!(with(format!("comanda={session}")).await, StatusCode::UNAUTHORIZED, "a stolen session");
    let swapped = format!("comanda={session}; comanda_paired={}", device(&right));
    assert_eq!(with(swapped).await, StatusCode::UNAUTHORIZED);
    let unpaired = house.as_waiter().await.cookie("comanda").expect("a session");
    let carried = format!("comanda={unpaired}; comanda_paired={}", device(&right));
    assert_eq!(with(carried).await, StatusCode::UNAUTHORIZED, "a session that began elsewhere");
    // On a screen a person is bound to what it shows, wherever they wanted to go.
    let grill = pair(&house, &manager, "Grill left", "grill").await;
    grill.sign_in("Sofia", Some("/manage")).await;
    assert_eq!(grill.fetch("/manage").await.status, StatusCode::FORBIDDEN);
    assert_eq!(grill.get("/").await.location(), "/kitchen/grill");
}

/// As PostgreSQL writes bytes.
fn in_hex(text: &str) -> String {
    text.bytes().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

#[tokio::test]
async fn neither_codes_nor_cookies_are_kept_and_every_step_is_in_the_audit() {
    let house = TestApp::spawn().await;
    let manager = house.as_manager().await;
    let made = code(&manager, "Grill left", "grill").await;
    let grill = house.stranger();
    try_code(&grill, &made).await;
    let cookie = grill.cookie("comanda_paired").expect("a device");
    for table in ["pairing_codes", "paired_devices", "audit", "stranger_tries", "sessions"] {
        let text = format!("select coalesce(string_agg(t::text, ' '), '') from {table} t");
        let text: String = house.ask(&text, None).await;
        for secret in [&made, &cookie] {
            assert!(!text.contains(secret.as_str()) && !text.contains(&in_hex(secret)), "{table}");
        }
    }
    let device = device_named(&house, "Grill left").await;
    let named =
        manager.post(&format!("/manage/devices/{device}/rename"), &json!({ "name": "Grill 1" })).await;
    assert_eq!(named.status, StatusCode::NO_CONTENT);
    assert!(manager.get("/manage/devices").await.body.contains("Grill 1"));
    house.until("select count(*) > 0 from paired_devices where name = 'Grill 1'", None).await;
    assert_eq!(revoke(&manager, device).await.status, StatusCode::NO_CONTENT);
    let verbs: String = house
        .ask("select string_agg(verb, ' ' order by audit_id) from audit where verb like 'device%'", None)
        .await;
    assert_eq!(verbs, "device_code_made device_paired device_renamed device_revoked");
    for (slip, blamed) in [
        (json!({ "name": " ", "shows": "tablet" }), "name"),
        (json!({ "name": "x".repeat(61), "shows": "tablet" }), "name"),
        (json!({ "name": "x", "shows": "kitchen" }), "shows"),
        (json!({ "name": "x" }), "shows"),
    ] {
        assert_eq!(manager.post("/manage/devices", &slip).await.blames(), [blamed]);
    }
    let nobodys = DeviceId::new();
    assert_eq!(revoke(&manager, nobodys.0).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_manager_comes_in_from_outside_with_a_long_password_and_nobody_else_does() {
    let house = TestApp::spawn().await;
    let manager = house.as_manager().await;
    let set = async |client: &Client, pin: &str, password: &str| {
        client.post("/manage/password", &json!({ "pin": pin, "password": password })).await
    };
    let long = "sardines at noon";
    assert_eq!(set(&manager, pin_of("Sofia"), "too short").await.blames(), ["password"]);
    assert_eq!(set(&manager, "0000", long).await.blames(), ["pin"]);
    assert_eq!(set(&house.as_cook().await, pin_of("Rui"), long).await.status, StatusCode::FORBIDDEN);
    assert_eq!(set(&house.as_machine().await, pin_of("Sofia"), long).await.status, StatusCode::FORBIDDEN);
    assert_eq!(set(&manager, pin_of("Sofia"), long).await.status, StatusCode::NO_CONTENT);
    let kept: String = house.ask("select string_agg(s::text, ' ') from staff s", None).await;
    assert!(!kept.contains(long));
    assert!(
        house
            .ask::<bool>(
                "select count(*) = 1 from audit where verb = 'password_set' and subject = $1",
                staff_id("Sofia").0
            )
            .await
    );

    let enter = async |client: &Client, restaurant: &str, name: &str, password: &str| {
        let entry =
            json!({ "restaurant": restaurant, "name": name, "password": password, "next": "//evil.example" });
        client.post("/sign-in/password", &entry).await
    };
    let outside = house.stranger();
    let wrong = enter(&outside, "", "Sofia", "sardines at one").await;
    assert_eq!(wrong.blames(), ["password"]);
    for (restaurant, name) in [("", "Rui"), ("", "Nobody"), ("Elsewhere", "Sofia")] {
        assert_eq!(enter(&house.stranger(), restaurant, name, long).await.body, wrong.body);
    }
    let entered = enter(&outside, "casa gaivota", "sofia", long).await;
    assert_eq!(entered.status, StatusCode::OK, "{}", entered.body);
    assert_eq!(entered.json()["next"], "/manage", "and never to another site");
    assert_eq!(outside.fetch("/manage").await.status, StatusCode::OK);

    let newer = "sardines at midnight";
    let cook = house.as_cook().await;
    assert_eq!(set(&manager, pin_of("Sofia"), newer).await.status, StatusCode::NO_CONTENT);
    outside.until("/manage", StatusCode::UNAUTHORIZED).await;
    assert_eq!(manager.fetch("/manage").await.status, StatusCode::OK, "who set it goes on");
    assert_eq!(cook.fetch("/kitchen/grill").await.status, StatusCode::OK, "and so does everyone else");
    assert_eq!(enter(&house.stranger(), "", "Sofia", long).await.body, wrong.body);

    let guesser = house.stranger();
    guesser.get("/pair").await;
    for _ in 0..5 {
        enter(&guesser, "", "Sofia", "sardines at one").await;
    }
    assert_eq!(enter(&guesser, "", "Sofia", newer).await.status, StatusCode::TOO_MANY_REQUESTS);
}
