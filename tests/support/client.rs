//! A browser, or a machine with a key. Cookies are kept by hand: a jar would hide their flags and drop `Secure` ones.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::Duration;

use comanda::domain::demo::{STAFF, staff_id};
use comanda::domain::ids::{CheckId, TicketId};
use reqwest::header::{HeaderMap, LOCATION, SET_COOKIE};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::SOON;
use super::screen::Screen;
use super::slip::{Line, slip};

/// Somebody who talks to the house.
pub(crate) struct Client {
    http: reqwest::Client,
    address: SocketAddr,
    cookies: Mutex<BTreeMap<String, String>>,
    token: Option<String>,
}

/// What the house answered.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// How it went.
    pub(crate) status: StatusCode,
    /// Its headers.
    pub(crate) headers: HeaderMap,
    /// Its text.
    pub(crate) body: String,
}

impl Client {
    pub(super) fn new(address: SocketAddr) -> Self {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
        let http = http.build().expect("a client");
        Self { http, address, cookies: Mutex::default(), token: None }
    }

    pub(super) fn with_key(address: SocketAddr, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..Self::new(address) }
    }

    /// Opens a page, as a link does.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        let request =
            self.ask(Method::GET, path).header("accept", "text/html").header("sec-fetch-mode", "navigate");
        self.send(request).await
    }

    /// Fetches, as a script or a machine does.
    pub(crate) async fn fetch(&self, path: &str) -> Answer {
        self.send(self.ask(Method::GET, path).header("accept", "application/json")).await
    }

    /// Fetches until the answer is that: what another process did is heard of with the next poll.
    pub(crate) async fn until(&self, path: &str, status: StatusCode) {
        let give_up_at = Instant::now() + SOON;
        loop {
            let answered = self.fetch(path).await.status;
            if answered == status {
                return;
            }
            assert!(Instant::now() < give_up_at, "{path} still answers {answered}");
            sleep(Duration::from_millis(25)).await;
        }
    }

    /// Sends JSON, as a script or a machine does.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        let request = self.ours(self.ask(Method::POST, path)).header("accept", "application/json");
        self.send(request.json(body)).await
    }

    /// Sends a plain form, as a browser without scripts does.
    pub(crate) async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self.ours(self.ask(Method::POST, path));
        let request = request.header("accept", "text/html").header("sec-fetch-mode", "navigate");
        self.send(request.form(fields)).await
    }

    /// A bare request: cookies or key, and nothing that says where it comes from.
    pub(crate) fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        let mut request = self.http.request(method, format!("http://{}{path}", self.address));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let cookies = self.cookie_header();
        if cookies.is_empty() { request } else { request.header("cookie", cookies) }
    }

    /// Says, as a browser does, that one of our own pages asks. A machine says nothing.
    fn ours(&self, request: RequestBuilder) -> RequestBuilder {
        if self.token.is_some() { request } else { request.header("sec-fetch-site", "same-origin") }
    }

    /// Sends it and keeps what cookies come back.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Answer {
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.text().await.expect("text");
        let mut cookies = self.cookies.lock().expect("no panic before");
        for set in headers.get_all(SET_COOKIE) {
            let set = set.to_str().expect("a cookie");
            let (name, value) = set.split(';').next().and_then(|pair| pair.split_once('=')).expect("a pair");
            if set.contains("Max-Age=0") {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        drop(cookies);
        Answer { status, headers, body }
    }

    /// The cookies as a header carries them.
    pub(crate) fn cookie_header(&self) -> String {
        let cookies = self.cookies.lock().expect("no panic before");
        cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    /// A cookie's value.
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().expect("no panic before").get(name).cloned()
    }

    /// Another tab, or a thief: the same cookies, from now on apart.
    pub(crate) fn twin(&self) -> Self {
        let twin = Self { token: self.token.clone(), ..Self::new(self.address) };
        self.cookies.lock().expect("no panic before").clone_into(&mut twin.cookies.lock().expect("new"));
        twin
    }

    /// The same browser at another process: the same cookies, from now on apart.
    pub(crate) fn at(&self, address: SocketAddr) -> Self {
        Self { address, ..self.twin() }
    }

    /// Signs in with the PIN of the demo.
    pub(crate) async fn sign_in(&self, name: &str, next: Option<&str>) {
        let answer = self.try_pin(name, pin_of(name), next).await;
        assert_eq!(answer.status, StatusCode::OK, "{name} signs in: {}", answer.body);
    }

    /// Tries a PIN.
    pub(crate) async fn try_pin(&self, name: &str, pin: &str, next: Option<&str>) -> Answer {
        self.post("/sign-in", &json!({ "staff_id": staff_id(name), "pin": pin, "next": next })).await
    }

    /// Sends an order that must be taken.
    pub(crate) async fn order(&self, table: &str, lines: &[Line]) -> Placed {
        let answer = self.post("/orders", &slip(table, lines)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        Placed(answer.json())
    }

    /// Bumps a ticket that was seen at that version.
    pub(crate) async fn bump(&self, ticket: TicketId, version: i32) -> Answer {
        self.post(&format!("/tickets/{ticket}/bump"), &json!({ "version": version })).await
    }

    /// Does something else with a ticket: `undo`, `recall`, `acknowledge`.
    pub(crate) async fn ticket(&self, ticket: TicketId, verb: &str, version: i32) -> Answer {
        self.post(&format!("/tickets/{ticket}/{verb}"), &json!({ "version": version })).await
    }

    /// Opens a screen on a view, from its snapshot.
    pub(crate) async fn open_screen(&self, view: &str) -> Screen {
        Screen::open(self, view).await
    }

    /// Where the house listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The key of a machine.
    pub(crate) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }
}

/// The PIN that stands on the demo's sign-in page.
pub(crate) fn pin_of(name: &str) -> &'static str {
    STAFF.iter().find(|person| person.name == name).expect("they work here").pin
}

impl Answer {
    /// Its JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|err| panic!("{err}: {}", self.body))
    }

    /// Where it leads.
    pub(crate) fn location(&self) -> &str {
        self.headers.get(LOCATION).map_or("", |value| value.to_str().expect("a path"))
    }

    /// A header's text, or nothing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    /// The blamed fields of a refusal, each with its line: `0.modifiers`, `id`.
    pub(crate) fn blames(&self) -> Vec<String> {
        let json = self.json();
        let fields = json["fields"].as_array().cloned().unwrap_or_default();
        let name = |field: &Value| field["field"].as_str().expect("a name").to_owned();
        let blame = |field: &Value| match field["line"].as_u64() {
            Some(line) => format!("{line}.{}", name(field)),
            None => name(field),
        };
        fields.iter().map(blame).collect()
    }

    /// The words of a refusal.
    pub(crate) fn words(&self) -> String {
        self.json()["error"].as_str().expect("words").to_owned()
    }
}

/// An order that was taken.
#[derive(Debug, Clone)]
pub(crate) struct Placed(pub(crate) Value);

impl Placed {
    /// Its check.
    pub(crate) fn check(&self) -> CheckId {
        self.0["check_id"].as_str().expect("an id").parse().expect("an id")
    }

    /// Its turn.
    pub(crate) fn seq(&self) -> i64 {
        self.0["seq"].as_i64().expect("a turn")
    }

    /// Its ticket at that station.
    pub(crate) fn ticket(&self, station: &str) -> TicketId {
        let tickets = self.0["tickets"].as_array().expect("a list");
        let ticket = tickets.iter().find(|ticket| ticket["station"] == station);
        let ticket = ticket.unwrap_or_else(|| panic!("no ticket at {station}: {tickets:?}"));
        ticket["ticket_id"].as_str().expect("an id").parse().expect("an id")
    }
}
