//! `comanda serve --lan`: a house on its own network, from a device's first visit to an order.

use std::net::{Ipv4Addr, SocketAddr};

use hyper::StatusCode;
use reqwest::redirect::Policy;
use serde_json::json;
use tokio_rustls::rustls::pki_types::CertificateDer;

use super::browser::{Browser, hears};
use super::house::{House, PLAIN, Settings, said, until};
use super::nginx::free_address;
use super::notify::Supervisor;
use super::tablet::Tablet;

struct Network {
    house: House,
    /// The plain port.
    trust: SocketAddr,
}

impl Network {
    fn new() -> Self {
        Self { house: House::new(), trust: free_address() }
    }

    /// Starts the program. It takes every address of the machine, at the port of the house's own.
    async fn open(&mut self, more: Settings<'_>) {
        let before = self.house.log().len();
        let trust = self.trust.to_string();
        let lan = [
            ("COMANDA_INSECURE_HTTP", "false"),
            ("COMANDA_LAN", "true"),
            ("COMANDA_LAN_DEMO", "true"),
            ("COMANDA_TRUST_LISTEN", trust.as_str()),
        ];
        let settings: Vec<_> = lan.into_iter().chain(more.iter().copied()).collect();
        self.house.start(&settings);
        until("the house is open", async || {
            self.house.log()[before..].contains("is open: https://localhost")
        })
        .await;
    }

    /// What the terminal says that begins like this; of the last start.
    fn says(&self, begin: &str) -> String {
        let log = self.house.log();
        let (_, rest) = log.rsplit_once(begin).unwrap_or_else(|| panic!("no {begin} in {log}"));
        rest.lines().next().expect("a line").trim().to_owned()
    }

    fn pin(&self, name: &str) -> String {
        let log = self.house.log();
        let line = log.lines().rev().find(|line| line.trim_end().ends_with(&format!("  {name}")));
        line.unwrap_or_else(|| panic!("no PIN of {name} in {log}"))
            .trim()
            .split(' ')
            .next()
            .expect("a PIN")
            .to_owned()
    }

    /// An address of this machine that is not loopback, as the terminal says it; loopback on a machine without a network.
    fn address(&self) -> SocketAddr {
        let log = self.house.log();
        let addresses =
            log.lines().filter_map(|line| line.trim().strip_prefix("https://")?.parse::<SocketAddr>().ok());
        let local = SocketAddr::from((Ipv4Addr::LOCALHOST, self.house.address.port()));
        addresses.into_iter().find(SocketAddr::is_ipv4).unwrap_or(local)
    }

    /// Fetches the authority's certificate as a new device does.
    async fn certificate(&self) -> CertificateDer<'static> {
        let answer = reqwest::get(format!("http://{}/trust/ca.crt", self.trust)).await.expect("an answer");
        assert_eq!(answer.headers()["content-type"], "application/x-x509-ca-cert");
        CertificateDer::from(answer.bytes().await.expect("a certificate").to_vec())
    }
}

#[tokio::test]
async fn a_device_learns_to_trust_the_house_and_works_from_another_address() {
    let mut network = Network::new();
    let mut supervisor = Supervisor::of(&network.house);
    network.open(&supervisor.settings()).await;
    supervisor.hears("WATCHDOG=1", 2).await; // the program asks itself over TLS

    // The first visit, in the clear: what to trust, and how to know it.
    let page = reqwest::get(format!("http://{}/trust", network.trust)).await.expect("an answer");
    assert!(page.headers().get("set-cookie").is_none());
    let page = page.text().await.expect("a page");
    let fingerprint = network.says("The house's certificate: ");
    assert!(fingerprint.len() == 95 && page.contains(&fingerprint), "{fingerprint}");
    for device in ["iPad", "Android", "Windows", "Mac", "Chromium", "Firefox", "<svg"] {
        assert!(page.contains(device), "{device}");
    }

    let address = network.address();
    let trusted = network.certificate().await;
    let mut waiter = Browser::new(&address.to_string(), address, trusted.clone()).from([0, 0, 0, 0]);
    let mut cook = Browser::new(&address.to_string(), address, trusted).from([0, 0, 0, 0]);
    assert!(page.contains(&format!("https://{address}")), "{address}");

    // No PIN that anybody knows, and none on the page.
    let sign_in = waiter.get("/sign-in").await;
    let pin = network.pin("Inês");
    assert!(!sign_in.text().contains("person-pin") && !sign_in.text().contains(&pin), "{}", sign_in.text());
    assert!(sign_in.text().contains("Bring another device") && sign_in.text().contains("<svg"));
    assert_eq!(
        sign_in.header("strict-transport-security"),
        "",
        "a new authority has to get through in the clear"
    );
    let staff_id = comanda::domain::demo::staff_id("Inês");
    let old = waiter.post("/sign-in", &json!({ "staff_id": staff_id, "pin": "1407" })).await;
    assert_ne!(old.status, StatusCode::OK, "the README's PIN is nobody's");
    waiter.sign_in_with("Inês", &pin).await;
    cook.sign_in_with("Rui", &network.pin("Rui")).await;

    let mut screen = cook.watch("station-grill").await;
    let menu = waiter.get("/api/menu").await.json();
    let slip = Tablet::knowing(&menu, &waiter.get("/api/tables").await.json()).slip();
    let sent = waiter.post("/orders", &slip).await;
    assert_eq!(sent.status, StatusCode::CREATED, "{}", sent.text());
    let ticket = sent.json()["tickets"][0]["ticket_id"].as_str().expect("a ticket").to_owned();
    hears(&mut screen, &format!("t-{ticket}")).await;

    let health = [("COMANDA_LAN", "true"), ("COMANDA_INSECURE_HTTP", "false")];
    let health = network.house.errand(&health, &["health"]).await;
    assert!(health.status.success(), "{}", said(&health));

    // A start later devices know the house still, and the PINs are others.
    network.house.kill();
    network.open(PLAIN).await;
    assert_eq!(network.says("The house's certificate: "), fingerprint);
    assert_eq!(waiter.get("/healthz").await.status, StatusCode::OK, "trusted as before");
    assert_ne!(network.pin("Inês"), pin);
}

#[tokio::test]
async fn the_plain_port_says_how_to_trust_the_house_and_leads_everything_else_to_https() {
    let mut network = Network::new();
    network.open(PLAIN).await;
    let (port, address) = (network.house.address.port(), network.address());
    let http = reqwest::Client::builder().redirect(Policy::none()).build().expect("a client");
    for path in ["/", "/floor?table=1", "/sign-in", "/healthz", "/api/menu", "/board/floor"] {
        for (host, led_to) in [
            ("localhost:80", format!("https://localhost:{port}")),
            ("evil.example", format!("https://{address}")),
            (&*address.to_string(), format!("https://{address}")),
        ] {
            let answer = http.get(format!("http://{}{path}", network.trust)).header("host", host);
            let answer = answer.send().await.expect("an answer");
            assert_eq!(answer.status(), 307, "{path}");
            assert_eq!(answer.headers()["location"], format!("{led_to}{path}"), "{host}");
        }
    }
    let posted = http.post(format!("http://{}/sign-in", network.trust)).body("pin=1407").send().await;
    assert_eq!(posted.expect("an answer").status(), 404, "nothing is taken in the clear");
    let plain = http.get(format!("http://{}/healthz", network.house.address)).send().await;
    assert!(plain.is_err(), "the house itself speaks TLS and nothing else: {plain:?}");
}

#[tokio::test]
async fn the_demo_is_not_shown_on_a_network_unless_somebody_says_so() {
    let mut house = House::new();
    let lan = [
        ("COMANDA_LAN", "true"),
        ("COMANDA_INSECURE_HTTP", "false"),
        ("COMANDA_TRUST_LISTEN", "127.0.0.1:0"),
    ];
    // A data folder that is empty begins with the set-up page; this one holds the demo.
    house.serve(PLAIN).await;
    rustix::process::kill_process(
        rustix::process::Pid::from_raw(house.pid().cast_signed()).expect("a process"),
        rustix::process::Signal::TERM,
    )
    .expect("it hears");
    house.ended().await;
    let refused = house.errand(&lan, &["serve"]).await;
    assert_eq!(refused.status.code(), Some(1), "{}", said(&refused));
    assert!(said(&refused).contains("--lan-demo"), "{}", said(&refused));
}

#[tokio::test]
async fn nobody_signs_in_over_a_network_that_anybody_can_read() {
    let mut house = House::new();
    let everywhere = format!("0.0.0.0:{}", house.address.port());
    let plain = [("COMANDA_LISTEN", &*everywhere), ("COMANDA_INSECURE_HTTP", "false")];
    let refused = house.errand(&plain, &["serve"]).await;
    assert_eq!(refused.status.code(), Some(1));
    for way in ["--lan", "--tls-cert", "--trusted-proxies", "--insecure-http"] {
        assert!(said(&refused).contains(way), "{way}: {}", said(&refused));
    }
    assert!(!house.data.exists(), "nothing was made");
    for both in [["--lan", "--insecure-http"], ["--tls-cert", "a.pem"]] {
        let refused = house.errand(&[("COMANDA_INSECURE_HTTP", "false")], &["serve", both[0], both[1]]).await;
        assert_eq!(refused.status.code(), Some(1), "{both:?}");
        assert!(said(&refused).contains(both[0]), "{both:?}: {}", said(&refused));
    }

    // Who insists is told on every page; on this machine alone there is nothing to say.
    let band = "whoever shares this network can read";
    house.serve(&[("COMANDA_LISTEN", &everywhere)]).await;
    for path in ["/sign-in", "/nowhere"] {
        let page =
            reqwest::Client::new().get(format!("{}{path}", house.base())).header("accept", "text/html");
        let page = page.send().await.expect("an answer").text().await.expect("a page");
        assert!(page.contains(band), "{path}: {page}");
    }
    house.kill();
    house.serve(PLAIN).await;
    let page = reqwest::get(format!("{}/sign-in", house.base())).await.expect("an answer");
    assert!(!page.text().await.expect("a page").contains(band));
}
