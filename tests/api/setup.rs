//! The first restaurant of an empty database.

use comanda::domain::ids::OrderId;
use comanda::store;
use futures_util::future::join_all;
use reqwest::StatusCode;
use serde_json::{Value, json};
use time::Duration;
use uuid::Uuid;

use crate::support::{Client, TestApp};

const CODE: &str = "K7Q2MX";

async fn empty() -> TestApp {
    let house = TestApp::without_a_house().await;
    let (now, hash) = (house.clock.now(), house.app.pins.setup_hash(CODE));
    store::setup::make_code(&house.app.db, hash, now, now + Duration::days(1)).await.expect("a code");
    house
}

fn entry() -> Value {
    json!({ "code": CODE, "name": "Dois Irmãos", "time_zone": "Europe/Lisbon", "currency": "eur"
      , "manager": "Ana", "pin": "640917" })
}

fn with(field: &str, value: &str) -> Value {
    let mut entry = entry();
    entry[field] = json!(value);
    entry
}

async fn set_up(browser: &Client, entry: &Value) -> crate::support::Answer {
    browser.post("/setup", entry).await
}

#[tokio::test]
async fn from_nothing_to_a_first_order() {
    let house = empty().await;
    let browser = house.stranger();
    for page in ["/", "/floor", "/kitchen/grill", "/manage", "/sign-in", "/pair", "/sign-in/password"] {
        assert_eq!(browser.get(page).await.location(), "/setup", "{page}");
    }
    assert_eq!(browser.fetch("/floor").await.status, StatusCode::UNAUTHORIZED);
    let page = browser.get("/setup").await;
    assert!(page.body.contains("Europe/Lisbon") && !page.body.contains("posix"), "{}", page.body);
    for (field, value) in [
        ("name", " "),
        ("time_zone", ""),
        ("time_zone", "Europe/Atlantis"),
        ("time_zone", "posix/Europe/Lisbon"),
        ("currency", "EURO"),
        ("manager", "\u{7}"),
        ("pin", "123"),
        ("code", "K7Q2M2"),
    ] {
        assert_eq!(set_up(&browser, &with(field, value)).await.blames(), [field], "{value:?}");
    }
    assert_eq!(house.ask::<i64>("select count(*) from locations", None).await, 0);
    let fields = [("code", CODE), ("name", "Dois Irmãos"), ("time_zone", "Europe/Lisbon"), ("pin", "640917")];
    let again = browser.form("/setup", &fields).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.body.contains("value=\"Dois Irmãos\"") && !again.body.contains("640917"), "{}", again.body);

    let done = set_up(&browser, &entry()).await;
    assert_eq!((done.status, &done.json()["next"]), (StatusCode::OK, &json!("/manage")), "{}", done.body);
    assert!(browser.get("/manage").await.body.contains("Dois Irmãos"));
    assert!(
        browser.get("/manage/devices").await.body.contains("Ana's browser")
            || browser.get("/manage/devices").await.body.contains("Ana&#39;s browser")
    );
    let table: Uuid = house.ask("select table_id from tables where label = '1'", None).await;
    let item: Uuid = house.ask("select item_id from items", None).await;
    let lines = json!([{ "item_id": item, "quantity": 1, "modifiers": [] }]);
    let slip = json!({ "id": OrderId::new(), "table_id": table, "lines": lines });
    assert_eq!(browser.post("/orders", &slip).await.status, StatusCode::CREATED);
    assert_eq!(
        house.ask::<String>("select state from tickets where station_id is not null", None).await,
        "open"
    );
    assert_eq!(browser.get("/kitchen/kitchen").await.status, StatusCode::OK);

    assert_eq!(browser.get("/setup").await.status, StatusCode::NOT_FOUND);
    assert_eq!(set_up(&house.stranger(), &entry()).await.status, StatusCode::NOT_FOUND);
    assert_eq!(house.stranger().get("/").await.location(), "/sign-in?next=%2F");
    assert_eq!(house.stranger().get("/sign-in").await.location(), "/pair");
    let verb = "select count(*) = 1 from audit where verb = 'location_opened' and device_id is not null";
    assert!(house.ask::<bool>(verb, None).await);
}

#[tokio::test]
async fn of_two_who_set_up_at_once_one_wins() {
    let house = empty().await;
    let browsers = [house.stranger(), house.stranger(), house.stranger()];
    let slips = ["Um", "Dois", "Três"].map(|name| with("name", name));
    let answers = join_all(browsers.iter().zip(&slips).map(|(browser, slip)| set_up(browser, slip))).await;
    let won = answers.iter().filter(|answer| answer.status == StatusCode::OK).count();
    assert_eq!(won, 1, "{:?}", answers.iter().map(|answer| &answer.body).collect::<Vec<_>>());
    assert_eq!(house.ask::<i64>("select count(*) from locations", None).await, 1);
    assert_eq!(house.ask::<i64>("select count(*) from sessions", None).await, 1);
    assert_eq!(house.ask::<i64>("select count(*) from setup_codes", None).await, 0);
}

#[tokio::test]
async fn codes_are_not_guessed_and_end() {
    let house = empty().await;
    let guesser = house.stranger();
    guesser.get("/pair").await;
    for _ in 0..5 {
        assert_eq!(set_up(&guesser, &with("code", "222222")).await.blames(), ["code"]);
    }
    assert_eq!(set_up(&guesser, &entry()).await.status, StatusCode::TOO_MANY_REQUESTS);
    house.pass(Duration::days(1));
    assert_eq!(set_up(&house.stranger(), &entry()).await.blames(), ["code"]);
}
