//! Several restaurants in one program: whoever is in one does not so much as learn that the others exist.

use comanda::domain::device::{CODE_LASTS, Scope};
use comanda::domain::ids::{OrderId, StaffId, TenderId};
use comanda::domain::location::Opening;
use comanda::store::devices::{Pairing, Plan};
use comanda::store::locations::Opened;
use comanda::store::{self, By};
use comanda::web::auth::token_hash;
use reqwest::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::routes::listed;
use crate::support::{Answer, Client, Screen, TestApp, dish};

/// Another restaurant beside the demo, its first order sent.
struct Neighbour {
    opened: Opened,
    machine: Client,
    table: Uuid,
    item: Uuid,
    placed: Value,
}

impl Neighbour {
    async fn of(house: &TestApp) -> Self {
        let opening = Opening::parse("Dois Irmãos", "Europe/Madrid", "EUR", "Ana").expect("it will do");
        let pin_hash = house.app.pins.hash_now("640917").expect("a hash");
        let (db, now) = (&house.app.db, house.clock.now());
        let opened = store::locations::open(db, &opening, &pin_hash, now).await.expect("it opens");
        let (key, here) = ("comanda_of-the-neighbour", opened.location_id);
        store::tokens::make(db, here, "till", token_hash(key), opened.manager_id, By::CommandLine(now))
            .await
            .expect("a key");
        let machine = house.with_key(key);
        let table = house.ask("select table_id from tables where location_id = $1 limit 1", here.0).await;
        let item = house.ask("select item_id from items where location_id = $1", here.0).await;
        let mut neighbour = Self { opened, machine, table, item, placed: Value::Null };
        neighbour.placed = neighbour.order().await;
        let (hash, by) = (house.app.pins.code_hash("K7Q2MX"), By::CommandLine(now));
        let plan =
            Plan { name: "Kitchen", scope: &Scope::Screen("kitchen".into()), expires_at: now + CODE_LASTS };
        assert!(store::devices::make_code(db, here, hash, &plan, by).await.expect("a code"));
        let who = ["browser".to_owned(), "address".to_owned()];
        let paired = store::devices::pair(db, Some(hash), [7; 32], &who, now).await.expect("an answer");
        assert!(matches!(paired, Pairing::Paired(_)), "{paired:?}");
        let screen = json!({ "name": "All of it", "every_station": true });
        let saved = neighbour.machine.post("/manage/screens", &screen).await;
        assert_eq!(saved.status, StatusCode::NO_CONTENT, "{}", saved.body);
        neighbour
    }

    async fn order(&self) -> Value {
        let lines = json!([{ "item_id": self.item, "quantity": 1, "modifiers": [] }]);
        let slip = json!({ "id": OrderId::new(), "table_id": self.table, "lines": lines });
        let sent = self.machine.post("/orders", &slip).await;
        assert_eq!(sent.status, StatusCode::CREATED, "{}", sent.body);
        sent.json()
    }

    /// Every id there is, of whatever kind.
    async fn ids(&self, house: &TestApp) -> Vec<Uuid> {
        let kinds = [
            ("checks", "check_id"),
            ("orders", "order_id"),
            ("order_lines", "line_id"),
            ("fires", "fire_id"),
            ("tickets", "ticket_id"),
            ("items", "item_id"),
            ("tables", "table_id"),
            ("stations", "station_id"),
            ("screens", "screen_id"),
            ("categories", "category_id"),
            ("api_tokens", "token_id"),
            ("paired_devices", "device_id"),
            ("pairing_codes", "code_id"),
            ("staff", "staff_id"),
            ("locations", "location_id"),
        ];
        let mut ids = Vec::new();
        for (table, id) in kinds {
            let one = format!("select {id} from {table} where location_id = $1 limit 1");
            ids.push(house.ask(&one, self.opened.location_id.0).await);
        }
        ids
    }
}

/// A body that every verb takes.
fn body() -> Value {
    json!({ "version": 1, "line": format!("{}:ready", Uuid::nil()), "name": "Grill", "course": 3, "confirm": "yes", "table_id": comanda::domain::demo::table_id("9"), "id": TenderId::new(), "told": 1, "milk": true, "vip": true, "staff_id": comanda::domain::demo::staff_id("Inês"), "seen": 0, "quantity": 1, "reason": "Entered wrong", "tender_id": TenderId::new(), "amount_minor": 1000 })
}

async fn ask(client: &Client, method: &str, path: &str) -> Answer {
    match method {
        "get" => client.fetch(path).await,
        "post" => client.post(path, &body()).await,
        other => panic!("teach the walk to {other}"),
    }
}

#[tokio::test]
async fn nothing_of_the_neighbour_exists_on_any_route() {
    let house = TestApp::spawn().await;
    let guests = [
        ("a manager", house.as_manager().await),
        ("a waiter", house.as_waiter().await),
        ("the pass", house.sign_in_at("Catarina", "/kitchen/expo").await),
        ("the grill", house.sign_in_at("Rui", "/kitchen/grill").await),
        ("a machine", house.as_machine().await),
    ];
    let neighbour = Neighbour::of(&house).await;
    let ids = neighbour.ids(&house).await;
    let before = house.rows().await;
    let (mut asked, mut wrong) = (0, Vec::new());
    for (method, path) in listed().into_iter().filter(|(_, path)| path.contains("_id}")) {
        let (start, rest) = path.split_once('{').expect("an id");
        let end = rest.split_once('}').expect("an end").1;
        for (who, client) in &guests {
            let nobodys = StaffId::new().0;
            let expected = ask(client, &method, &format!("{start}{nobodys}{end}")).await;
            for id in &ids {
                let got = ask(client, &method, &format!("{start}{id}{end}")).await;
                let body = got.body.replace(&id.to_string(), &nobodys.to_string());
                asked += 1;
                if (got.status, &body) != (expected.status, &expected.body) || got.status.is_success() {
                    wrong.push(format!("{who} {method} {path} {id}: {} {}", got.status, got.body));
                }
                if *who == "a manager" && got.status != StatusCode::NOT_FOUND {
                    wrong.push(format!("{method} {path} {id}: {}, and not 404", got.status));
                }
            }
        }
    }
    assert!(asked > 500, "the walk was short: {asked}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(house.rows().await, before, "and nothing was written, here or there");
}

#[tokio::test]
async fn views_and_stations_of_the_neighbour_do_not_exist() {
    let house = TestApp::spawn().await;
    let (manager, machine) = (house.as_manager().await, house.as_machine().await);
    let neighbour = Neighbour::of(&house).await;
    assert_eq!(neighbour.machine.fetch("/board/station-kitchen").await.status, StatusCode::OK);
    assert_eq!(neighbour.machine.fetch("/board/station-grill").await.status, StatusCode::NOT_FOUND);
    for client in [&manager, &machine] {
        for path in ["/board/screen-all-of-it", "/kitchen/all-of-it"] {
            assert_eq!(client.fetch(path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        for path in ["/board/station-kitchen", "/board/station-kitchen/live", "/kitchen/kitchen"] {
            let got = client.fetch(path).await;
            let nowhere = client
                .fetch(&path.replace("n-kitchen", "n-no").replace("/kitchen/kitchen", "/kitchen/no"))
                .await;
            assert_eq!((got.status, got.body), (nowhere.status, nowhere.body), "{path}");
        }
        let recalled = client.post("/kitchen/kitchen/recall", &json!({})).await.status;
        assert_eq!(recalled, client.post("/kitchen/no/recall", &json!({})).await.status);
        let refused = Screen::attach(client, "station-kitchen", "", 0).await.err().expect("no such view");
        assert_eq!(refused.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn a_send_with_something_of_the_neighbour_is_refused_as_with_nothing() {
    let house = TestApp::spawn().await;
    let (waiter, machine) = (house.as_waiter().await, house.as_machine().await);
    let own = waiter.order("3", &[dish("Sardines")]).await.check();
    let neighbour = Neighbour::of(&house).await;
    let own_item = json!([dish("Sardines").json()]);
    let check = neighbour.placed["check_id"].clone();
    let before = house.rows().await;
    for client in [&waiter, &machine] {
        let ask = async |mut slip: Value| {
            slip["id"] = json!(OrderId::new());
            let sent = client.post("/orders", &slip).await;
            (sent.status, sent.body)
        };
        for (theirs, nobodys) in [
            (json!({ "table_id": neighbour.table, "lines": own_item }), "table_id"),
            (json!({ "check_id": check, "lines": own_item }), "check_id"),
            (
                json!({ "check_id": own, "lines": [{ "item_id": neighbour.item, "quantity": 1, "modifiers": [] }] }),
                "item_id",
            ),
        ] {
            let mut nothing = theirs.clone();
            let field =
                if nobodys == "item_id" { &mut nothing["lines"][0][nobodys] } else { &mut nothing[nobodys] };
            *field = json!(StaffId::new().0);
            let (got, expected) = (ask(theirs).await, ask(nothing).await);
            assert_eq!(got, expected, "{nobodys}");
            assert!(got.0.is_client_error(), "{nobodys}: {}", got.0);
        }
    }
    assert_eq!(house.rows().await, before, "and nothing was written, here or there");
}

#[tokio::test]
async fn no_screen_gets_a_frame_of_the_neighbour() {
    let house = TestApp::spawn().await;
    let (waiter, expo) = (house.as_waiter().await, house.as_expo().await);
    let neighbour = Neighbour::of(&house).await;
    for view in ["expo", "floor"] {
        let ours = if view == "expo" { &expo } else { &waiter };
        let (mut own, mut theirs) = (ours.open_screen(view).await, neighbour.machine.open_screen(view).await);
        let placed = neighbour.order().await;
        let sent = waiter.order("5", &[dish("Sardines")]).await;
        own.until_turn(sent.seq()).await;
        theirs.until_turn(placed["seq"].as_i64().expect("a turn")).await;
        let cards = |screen: &Screen| -> Vec<String> {
            let with_id = |id: &&String| id.len() > 30; // all-day totals have one name everywhere
            screen.cards.keys().filter(with_id).cloned().collect()
        };
        let (ours, others) = (cards(&own), cards(&theirs));
        assert!(!others.is_empty() && others.iter().all(|id| !ours.contains(id)), "{view}: {others:?}");
        assert_ne!(own.epoch, theirs.epoch);
        let text = |screen: &Screen| screen.cards.values().map(|card| card.html.clone()).collect::<String>();
        assert!(!text(&own).contains("Dish of the day"), "{view}");
        assert!(!text(&theirs).contains("Sardines") && !text(&theirs).contains("Inês"), "{view}");
    }
}

#[tokio::test]
async fn where_there_is_a_choice_a_browser_of_no_restaurant_is_asked_nothing() {
    let house = TestApp::spawn().await;
    assert!(house.stranger().get("/sign-in").await.body.contains("Inês"), "with one, it is that one");
    let neighbour = Neighbour::of(&house).await;
    let stranger = house.stranger();
    let page = stranger.get("/sign-in").await;
    assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, "/pair"));
    let page = stranger.get("/pair").await;
    assert!(!page.body.contains("Casa") && !page.body.contains("Dois") && !page.body.contains("Ana"));
    for staff_id in [neighbour.opened.manager_id, StaffId::new()] {
        let entry = json!({ "staff_id": staff_id, "pin": "640917" });
        let refused = stranger.post("/sign-in", &entry).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        assert!(refused.words().contains("not paired"), "{}", refused.body);
    }
}
