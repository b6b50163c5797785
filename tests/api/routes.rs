//! Every route as everybody: the expected answers stand in one table, and no route can be forgotten.

use std::collections::BTreeSet;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Client, TestApp};

/// Who may. A letter stands for: Waiter, Cook, Expo, Manager, Owner; a screen bound to the Grill, one bound to the
/// Pass; a machine with a Token that speaks for a manager.
const EVERYBODY: &str = "WCEMOGPT";
const SERVES: &str = "WMOT";
const WATCHES: &str = "WCEMOGPT";
const AT_GRILL: &str = "CEMOGT";
const WORKS: &str = "CEMOGT";
const PASSES: &str = "WEMOPT";
const TAKES_OFF: &str = "WCEMOT";
const MANAGES: &str = "MOT";

/// A route, who may use it, what they get, what the others get, what a stranger gets.
pub(crate) struct Route {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    may: &'static str,
    answer: u16,
    refusal: u16,
    stranger: u16,
}

const fn route(method: &'static str, path: &'static str, may: &'static str, answer: u16) -> Route {
    Route { method, path, may, answer, refusal: 403, stranger: 401 }
}

const fn open(method: &'static str, path: &'static str, answer: u16) -> Route {
    Route { method, path, may: EVERYBODY, answer, refusal: 403, stranger: answer }
}

/// Ids in the addresses are nobody's, so whoever may gets 404, and 422 where the body is looked at first.
pub(crate) const ROUTES: [Route; 103] = [
    route("get", "/", EVERYBODY, 303),
    open("get", "/sign-in", 200),
    open("post", "/sign-in", 422),
    open("get", "/sign-in/password", 200),
    open("post", "/sign-in/password", 422),
    // There is a restaurant already: see setup.rs.
    open("get", "/setup", 404),
    open("post", "/setup", 404),
    open("get", "/pair", 200),
    open("post", "/pair", 422),
    route("get", "/floor", SERVES, 200),
    route("get", "/tables/{table_id}", SERVES, 404),
    route("get", "/takeaway", SERVES, 200),
    route("post", "/orders", SERVES, 422),
    route("get", "/checks/{check_id}", SERVES, 404),
    route("post", "/checks/{check_id}/move", SERVES, 422),
    route("post", "/checks/{check_id}/close", SERVES, 422),
    route("post", "/checks/{check_id}/vip", SERVES, 422),
    route("post", "/checks/{check_id}/server", SERVES, 422),
    route("get", "/lines/{line_id}/change", SERVES, 404),
    route("post", "/lines/{line_id}/change", SERVES, 404),
    route("get", "/checks/{check_id}/allergies", "WEMOT", 404),
    route("post", "/checks/{check_id}/allergies", "WEMOT", 422),
    route("post", "/checks/{check_id}/allergies/take-back", "WEMOT", 422),
    route("post", "/tickets/{ticket_id}/allergy-seen", WORKS, 404),
    route("post", "/fires/{fire_id}/allergy-seen", PASSES, 404),
    route("post", "/lines/{line_id}/void", SERVES, 404),
    route("post", "/lines/{line_id}/refire", PASSES, 422),
    route("post", "/lines/{line_id}/fire", PASSES, 404),
    route("post", "/lines/{line_id}/course", PASSES, 422),
    route("post", "/fires/{fire_id}/fire", PASSES, 404),
    route("post", "/fires/{fire_id}/rush", PASSES, 404),
    route("post", "/fires/{fire_id}/calm", PASSES, 404),
    route("get", "/messages", "WEMOPT", 200),
    route("post", "/messages", "WEMOPT", 422),
    route("post", "/messages/{message_id}/read", WATCHES, 404),
    route("get", "/kitchen", WATCHES, 200),
    route("get", "/kitchen/{slug}", "WCEMOGT", 200),
    route("get", "/kitchen/{slug}/print", "WCEMOGT", 200),
    route("get", "/kitchen/{slug}/pace", "WCEMOGT", 200),
    route("get", "/kitchen/{slug}/recent", "WCEMOGT", 200),
    route("post", "/kitchen/{slug}/recall", AT_GRILL, 409),
    route("post", "/stations/{station_id}/lend", WORKS, 404),
    route("post", "/stations/{station_id}/rename", MANAGES, 422),
    route("post", "/stations/{station_id}/forward", MANAGES, 404),
    route("post", "/stations/{station_id}/retire", MANAGES, 404),
    route("post", "/tickets/{ticket_id}/start", WORKS, 404),
    route("post", "/tickets/{ticket_id}/line", WORKS, 404),
    route("post", "/tickets/{ticket_id}/bump", WORKS, 404),
    route("post", "/tickets/{ticket_id}/undo", WORKS, 404),
    route("post", "/tickets/{ticket_id}/recall", WORKS, 404),
    route("post", "/tickets/{ticket_id}/acknowledge", WORKS, 404),
    route("post", "/tickets/{ticket_id}/late-seen", MANAGES, 404),
    route("post", "/fires/{fire_id}/bump", PASSES, 404),
    route("post", "/fires/{fire_id}/ready-seen", SERVES, 404),
    route("post", "/fires/{fire_id}/undo", PASSES, 404),
    route("post", "/fires/{fire_id}/recall", "EMOT", 404),
    route("post", "/fires/{fire_id}/plate", PASSES, 404),
    route("post", "/fires/{fire_id}/unplate", PASSES, 404),
    route("get", "/fires/{fire_id}/override", PASSES, 404),
    // Whoever works the pass may ask, and a manager must answer.
    route("post", "/fires/{fire_id}/override", MANAGES, 404),
    route("get", "/manage", MANAGES, 200),
    route("get", "/manage/status", MANAGES, 200),
    // Nothing said is an answer: by hand.
    route("post", "/manage/courses", MANAGES, 204),
    route("post", "/manage/pass", MANAGES, 422),
    route("get", "/manage/stations", MANAGES, 200),
    route("post", "/manage/stations", MANAGES, 422),
    route("post", "/manage/routes", MANAGES, 422),
    route("post", "/modifiers/{modifier_id}/station", MANAGES, 404),
    route("get", "/manage/screens", MANAGES, 200),
    route("post", "/manage/screens", MANAGES, 422),
    route("post", "/screens/{screen_id}/change", MANAGES, 404),
    route("post", "/screens/{screen_id}/take-away", MANAGES, 404),
    route("get", "/manage/ages", MANAGES, 200),
    route("post", "/manage/ages", MANAGES, 422),
    // A machine has no PIN of its own to prove.
    route("post", "/manage/password", "MO", 422),
    route("get", "/manage/devices", MANAGES, 200),
    route("post", "/manage/devices", MANAGES, 422),
    route("post", "/manage/devices/{device_id}/rename", MANAGES, 422),
    route("post", "/manage/devices/{device_id}/revoke", MANAGES, 422),
    route("post", "/manage/tokens", MANAGES, 422),
    route("post", "/manage/tokens/{token_id}/revoke", MANAGES, 404),
    route("post", "/items/{item_id}/count", TAKES_OFF, 404),
    route("get", "/kitchen/{slug}/items", "WCEMOGT", 200),
    route("post", "/items/{item_id}/86", TAKES_OFF, 404),
    route("post", "/items/{item_id}/back", TAKES_OFF, 404),
    route("get", "/api/menu", SERVES, 200),
    route("get", "/api/tables", SERVES, 200),
    route("get", "/api/orders/{order_id}", SERVES, 404),
    // What one may not see does not exist.
    Route { refusal: 404, ..route("get", "/board/{view}", "WCEMOGT", 200) },
    Route { refusal: 404, ..route("post", "/board/{view}/differs", "WCEMOGT", 204) },
    route("get", "/board/{view}/live", EVERYBODY, 400), // no upgrade was asked for: see board.rs
    open("get", "/api/openapi.json", 200),
    open("get", "/healthz", 200),
    // Only a house that serves its own network has something to say here: see tests/deploy/lan.rs.
    open("get", "/trust", 404),
    open("get", "/trust/ca.crt", 404),
    open("get", "/trust/ca.pem", 404),
    open("get", "/readyz", 200),
    open("get", "/metrics", 404), // it has a port of its own
    open("get", "/assets/{build}/{*path}", 200),
    // Last: it ends what the others need. Who is not signed in is none the worse for it.
    open("post", "/sign-out", 303),
    // What is no route, and what is one another way.
    open("get", "/nowhere", 404),
    open("delete", "/healthz", 405),
    open("post", "/api/openapi.json", 405),
];

/// The routes as `src/app.rs` lists them.
pub(crate) fn listed() -> BTreeSet<(String, String)> {
    let app = include_str!("../../src/app.rs");
    let mut routes = BTreeSet::new();
    for rest in app.split(".route(\"").skip(1) {
        let (path, handlers) = rest.split_once('"').expect("an address");
        let handlers = handlers.split(".layer(").next().expect("some text");
        for method in ["get", "post", "put", "patch", "delete", "any"] {
            let named = [format!(" {method}("), format!(".{method}(")];
            if named.iter().any(|named| handlers.contains(named.as_str())) {
                routes.insert((method.to_owned(), path.to_owned()));
            }
        }
    }
    routes
}

/// An address of that route: nobody's ids, the grill, a file that exists.
pub(crate) fn address(path: &str) -> String {
    let mut address = path.to_owned();
    for (part, value) in
        [("{slug}", "grill"), ("{view}", "station-grill"), ("{build}", "x"), ("{*path}", "app.css")]
    {
        address = address.replace(part, value);
    }
    while let Some((before, rest)) = address.split_once('{') {
        let (_, after) = rest.split_once('}').expect("an end");
        address = format!("{before}{}{after}", uuid::Uuid::nil());
    }
    address
}

/// The addresses that change something.
pub(crate) fn unsafe_addresses() -> Vec<String> {
    let routes = listed();
    routes.iter().filter(|(method, _)| method != "get").map(|(_, path)| address(path)).collect()
}

pub(crate) async fn ask(client: &Client, route: &Route) -> StatusCode {
    let path = address(route.path);
    let body: Value = json!({ "version": 1, "told": 1, "reason": "x", "lines": [], "line": format!("{}:ready", uuid::Uuid::nil()) });
    match route.method {
        "get" => client.fetch(&path).await.status,
        "post" => client.post(&path, &body).await.status,
        _ => {
            let request = client.ask(Method::DELETE, &path).header("sec-fetch-site", "same-origin");
            client.send(request).await.status
        }
    }
}

#[test]
fn every_route_stands_in_the_table() {
    let walked: BTreeSet<(String, String)> =
        ROUTES.iter().map(|route| (route.method.to_owned(), route.path.to_owned())).collect();
    let listed = listed();
    assert!(listed.len() > 30, "the list of routes was not understood: {listed:?}");
    let forgotten: Vec<_> = listed.difference(&walked).collect();
    assert!(forgotten.is_empty(), "say in ROUTES who may use {forgotten:?}");
}

#[tokio::test]
async fn everybody_may_what_the_table_says_and_nothing_else() {
    let house = TestApp::spawn().await;
    let people = [
        ('W', house.as_waiter().await),
        ('C', house.as_cook().await),
        ('E', house.as_expo().await),
        ('M', house.as_manager().await),
        ('O', house.sign_in("Dona Amélia").await),
        ('G', house.sign_in_at("Sofia", "/kitchen/grill").await),
        ('P', house.sign_in_at("Inês", "/kitchen/expo").await),
        ('T', house.as_machine().await),
    ];
    let mut wrong = Vec::new();
    let before = house.rows().await;
    for route in &ROUTES {
        for (letter, client) in &people {
            let expected = if route.may.contains(*letter) { route.answer } else { route.refusal };
            let got = ask(client, route).await;
            if got != expected {
                wrong.push(format!("{letter} {} {}: {got}, not {expected}", route.method, route.path));
            }
        }
        let got = ask(&house.stranger(), route).await;
        if got != route.stranger {
            wrong.push(format!("a stranger {} {}: {got}, not {}", route.method, route.path, route.stranger));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(house.rows().await, before, "and nothing was written");
}

/// The table walks the grill; the pass has rules of its own.
#[tokio::test]
async fn at_the_pass_a_sign_in_there_gives_nobody_more_than_their_own_part() {
    let house = TestApp::spawn().await;
    // Who, where they signed in, what a hand-over of nothing answers, whether they recall what was handed over last.
    for (name, at, hand_over, recalls) in [
        ("Rui", "/kitchen", 403, false),
        ("Rui", "/kitchen/expo", 403, false),
        ("Inês", "/floor", 404, false),
        ("Inês", "/kitchen/expo", 404, false),
        ("Catarina", "/kitchen/expo", 404, true),
        ("Sofia", "/kitchen/expo", 404, true),
        ("Sofia", "/kitchen/grill", 403, false),
    ] {
        let client = house.sign_in_at(name, at).await;
        let fire = format!("/fires/{}/bump", uuid::Uuid::nil());
        assert_eq!(client.post(&fire, &json!({})).await.status, hand_over, "{name} at {at}");
        let recall = client.post("/kitchen/expo/recall", &json!({})).await.status;
        assert_eq!(recall != StatusCode::FORBIDDEN, recalls, "{name} at {at}: {recall}");
    }
    // In a small house the waiter is the cook, on the station's own screen.
    let waiter = house.sign_in_at("Inês", "/kitchen/grill").await;
    assert_eq!(waiter.post("/kitchen/grill/recall", &json!({})).await.status, 409);
    assert_eq!(waiter.post("/kitchen/fry/recall", &json!({})).await.status, 403);
}

#[tokio::test]
async fn a_stranger_who_follows_a_link_is_asked_to_sign_in() {
    let house = TestApp::spawn().await;
    for route in ROUTES.iter().filter(|route| route.method == "get" && route.stranger == 401) {
        let path = address(route.path);
        let answer = house.stranger().get(&path).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
        assert!(answer.location().starts_with("/sign-in?next=%2F"), "{path}: {}", answer.location());
    }
}
