//! Behind the shipped nginx, over TLS: pages, orders, sockets, and what happens when a process behind it fails.

use std::io::Read as _;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use hyper::{Method, StatusCode, Version};

use super::browser::hears;
use super::house::{House, said, until};
use super::nginx::{HOST, Nginx, free_address};
use super::tablet::Tablet;

/// As deploy/systemd/ sets it up, and with a log that names every request.
const BEHIND: [(&str, &str); 4] = [
    ("COMANDA_INSECURE_HTTP", "false"),
    ("COMANDA_TRUSTED_PROXIES", "127.0.0.1,::1"),
    ("COMANDA_LOG", "info,tower_http=debug"),
    ("COMANDA_LOG_FORMAT", "json"),
];

async fn house() -> House {
    let mut house = House::new();
    house.serve(&BEHIND).await;
    house
}

/// The limit that src/app.rs sets.
fn body_bytes_max() -> usize {
    let app = include_str!("../../src/app.rs");
    let (_, rest) = app.split_once("const BODY_BYTES_MAX: usize = ").expect("a limit");
    let numbers = rest.split(';').next().expect("a product").split(" * ");
    numbers.map(|number| number.parse::<usize>().expect("a number")).product()
}

#[test]
fn nginx_takes_the_site_as_it_is_shipped() {
    let nginx = Nginx::before(&[free_address(), free_address()]);
    let checked = nginx.check();
    assert!(checked.status.success(), "{}", said(&checked));
    assert!(!said(&checked).contains("[warn]"), "{}", said(&checked));
}

#[tokio::test]
async fn a_waiter_and_a_screen_work_over_tls() {
    let house = house().await;
    let nginx = Nginx::before(&[house.address]).start().await;
    let (mut waiter, mut cook) = (nginx.browser().from([127, 0, 0, 2]), nginx.browser());

    // http leads to https.
    let http =
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
    let plain = format!("http://{}/floor?a=1", nginx.plain);
    let answer = http.get(plain).header("host", HOST).send().await.expect("an answer");
    assert_eq!(answer.status(), 308);
    assert_eq!(answer.headers()["location"], format!("https://{HOST}/floor?a=1"));

    waiter.sign_in("Inês").await;
    cook.sign_in("Rui").await;
    let floor = waiter
        .ask(Method::GET, "/floor", &[("accept-encoding", "br, gzip"), ("accept", "text/html")], "")
        .await;
    assert_eq!((floor.status, floor.version), (StatusCode::OK, Version::HTTP_2));
    assert_eq!(floor.header("content-encoding"), "br", "packed by the program");
    assert_eq!(floor.header("strict-transport-security"), "max-age=31536000");
    assert!(
        floor.header("content-security-policy").contains(&format!("wss://{HOST}")),
        "sockets to this name"
    );

    let page = waiter.get("/sign-in").await;
    let (_, rest) = page.text().split_once("href=\"/assets/").expect("a style sheet");
    let path = format!("/assets/{}", rest.split('"').next().expect("a path"));
    let asset = waiter.ask(Method::GET, &path, &[("accept-encoding", "br")], "").await;
    assert_eq!(asset.header("cache-control"), "public, max-age=31536000, immutable");
    let tag = asset.header("etag").to_owned();
    let again =
        waiter.ask(Method::GET, &path, &[("accept-encoding", "br"), ("if-none-match", &tag)], "").await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);

    // A Send by one, a card for the other, on the same address.
    let mut screen = cook.watch("station-grill").await;
    let slip = Tablet::of(&house).await.slip();
    let sent = waiter.post("/orders", &slip).await;
    assert_eq!(sent.status, StatusCode::CREATED, "{}", sent.text());
    let tickets = sent.json()["tickets"].clone();
    let ticket = tickets[0]["ticket_id"].as_str().expect("a ticket").to_owned();
    hears(&mut screen, &format!("t-{ticket}")).await;

    // A foreign page gets nowhere.
    let foreign = waiter.ask(Method::POST, "/sign-out", &[("sec-fetch-site", "cross-site")], "").await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_log_names_who_asks_and_believes_no_stranger_about_it() {
    let house = house().await;
    let nginx = Nginx::before(&[house.address]).start().await;
    let mut browser = nginx.browser().from([127, 0, 0, 7]);
    // What a browser claims is written over by the proxy.
    let lie = [("x-forwarded-for", "192.0.2.99"), ("x-forwarded-proto", "http")];
    let answer = browser.ask(Method::GET, "/sign-in", &lie, "").await;
    assert!(!answer.header("strict-transport-security").is_empty());
    let asks = |client: &str| {
        let words = format!("\"client\":\"{client}\"");
        let log = house.log();
        log.lines().any(|said| said.contains("/sign-in") && said.contains(&words))
    };
    until("the log names the browser", async || asks("127.0.0.7")).await;
    assert!(!house.log().contains("192.0.2.99"), "{}", house.log());

    // Past the proxy nobody is believed who is not in the settings.
    let lie = reqwest::Client::builder().local_address("127.0.0.9".parse::<std::net::IpAddr>().ok());
    let lie = lie.build().expect("a client").get(format!("{}/sign-in", house.base()));
    let answer =
        lie.header("x-forwarded-for", "192.0.2.99").header("x-forwarded-proto", "https").send().await;
    assert!(!answer.expect("an answer").headers().contains_key("strict-transport-security"));
    until("the log names the liar", async || asks("127.0.0.9")).await;
    assert!(!house.log().contains("192.0.2.99"), "{}", house.log());
}

#[tokio::test]
async fn a_body_is_as_long_as_the_program_takes_it_and_no_longer() {
    let house = house().await;
    let nginx = Nginx::before(&[house.address]).start().await;
    let mut browser = nginx.browser();
    browser.sign_in("Inês").await;
    let json = [("content-type", "application/json"), ("accept", "application/json")];
    let longest = " ".repeat(body_bytes_max());
    let taken = browser.ask(Method::POST, "/orders", &json, &longest).await;
    assert_eq!(taken.status, StatusCode::BAD_REQUEST, "the program's own words: {}", taken.text());
    let longer = browser.ask(Method::POST, "/orders", &json, &format!("{longest} ")).await;
    assert_eq!(longer.status, StatusCode::PAYLOAD_TOO_LARGE);
}

/// A process that takes every request and dies over it. Counts what it took.
fn dies_over_everything() -> (std::net::SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let taken = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&taken);
    thread::spawn(move || {
        for line in listener.incoming() {
            let mut line = line.expect("a line");
            if line.read(&mut [0; 4096]).is_ok_and(|bytes| bytes > 0) {
                count.fetch_add(1, Ordering::SeqCst);
            }
        }
    });
    (address, taken)
}

#[tokio::test]
async fn what_may_have_been_done_is_not_done_again_and_everything_else_is_served_by_another() {
    let house = house().await;
    // A process that is not there: everything goes to the next one, a Send too.
    let nginx = Nginx::before(&[free_address(), house.address]).start().await;
    let tablet = Tablet::of(&house).await;
    let mut browser = nginx.browser();
    browser.sign_in("Inês").await;
    for _ in 0..4 {
        assert_eq!(browser.post("/orders", &tablet.slip()).await.status, StatusCode::CREATED);
        assert_eq!(browser.get("/floor").await.status, StatusCode::OK);
    }

    // One that dies over what it took: a page is drawn by the other, a Send is told to the tablet, whose key knows more.
    let (dying, taken) = dies_over_everything();
    let nginx = Nginx::before(&[dying, house.address]).start().await;
    let mut browser = nginx.browser();
    until("a page was begun by the one that dies", async || {
        let page = browser.get("/sign-in").await;
        assert_eq!(page.status, StatusCode::OK);
        taken.load(Ordering::SeqCst) > 0
    })
    .await;
    let mut refused = 0;
    for _ in 0..200 {
        let (before, slip) = (taken.load(Ordering::SeqCst), tablet.slip());
        let path = format!("/api/orders/{}", slip["id"].as_str().expect("an id"));
        let mut machine = nginx.browser();
        let key = format!("Bearer {}", tablet.token);
        let more = [("content-type", "application/json"), ("authorization", key.as_str())];
        let answer = machine.ask(Method::POST, "/orders", &more, &slip.to_string()).await;
        let known = tablet.get(&path).await.expect("an answer").status();
        if taken.load(Ordering::SeqCst) > before {
            assert_eq!(answer.status, StatusCode::BAD_GATEWAY, "it is said, not hidden");
            assert_eq!(known, 404, "and nobody did it a second time");
            refused += 1;
            if refused == 2 {
                return;
            }
        } else {
            assert_eq!((answer.status, known.as_u16()), (StatusCode::CREATED, 200));
        }
    }
    panic!("no Send met the process that dies");
}
