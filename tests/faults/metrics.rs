//! What the real program counts, against what was done; and whether it says that it can serve.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};

use comanda::domain::ids::OrderId;
use reqwest::StatusCode;
use rustix::process::Signal;
use serde_json::{Value, json};

use super::house::{House, SURELY, until};
use super::screen::Screen;
use super::tablet::{Tablet, cards_of};

/// A port that nobody listens on just now.
fn some_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port")
}

/// Every series by its name and labels.
async fn scrape(address: SocketAddr) -> BTreeMap<String, f64> {
    let answer = reqwest::get(format!("http://{address}/metrics")).await.expect("an answer");
    assert_eq!(answer.status(), 200);
    let content_type = answer.headers()["content-type"].to_str().expect("text").to_owned();
    assert!(content_type.starts_with("text/plain; version=0.0.4"), "{content_type}");
    let text = answer.text().await.expect("text");
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    samples
        .map(|line| {
            let (series, value) = line.rsplit_once(' ').expect("a series and its value");
            (series.to_owned(), value.parse().unwrap_or_else(|_| panic!("no number: {line}")))
        })
        .collect()
}

#[expect(clippy::float_cmp, reason = "counts are whole numbers")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_counted_is_what_was_done() {
    let (mut house, address) = (House::new(), some_port());
    house.serve(&[("COMANDA_METRICS_LISTEN", &address.to_string())]).await;
    let tablet = Tablet::of(&house).await;
    let mut screen = Screen::open(&tablet).await;
    let before = scrape(address).await;

    let mut bytes = 0.0;
    for _ in 0..3 {
        let taken = tablet.send_until_taken(tablet.slip()).await;
        screen.wait_for(SURELY, &cards_of(&taken.answer)).await;
        screen.ack().await;
        bytes += 100.0; // no card is smaller
        let again = tablet.send(&taken.slip).await.expect("an answer");
        assert_eq!(again.status(), 200);
    }
    let refused = tablet.send(&json!({ "id": OrderId::new(), "lines": [] })).await.expect("an answer");
    assert_eq!(refused.status(), 422);
    let nowhere = reqwest::get(format!("{}/nowhere/{}", house.base(), OrderId::new())).await;
    assert_eq!(nowhere.expect("an answer").status(), 404);

    let acks = "comanda_write_to_ack_seconds_count";
    until("the last word of the screen", async || scrape(address).await[acks] >= 3.0).await;
    let after = scrape(address).await;
    let grew = |series: &str| after.get(series).unwrap_or(&0.0) - before.get(series).unwrap_or(&0.0);
    assert_eq!(grew(r#"comanda_orders_total{outcome="placed"}"#), 3.0);
    assert_eq!(grew(r#"comanda_orders_total{outcome="repeated"}"#), 3.0);
    assert_eq!(grew(r#"comanda_orders_total{outcome="refused"}"#), 1.0);
    assert_eq!(grew(r#"comanda_orders_total{outcome="failed"}"#), 0.0);
    let request = |class: &str| {
        format!(r#"comanda_http_request_seconds_count{{method="POST",route="/orders",status="{class}"}}"#)
    };
    assert_eq!((grew(&request("2xx")), grew(&request("4xx"))), (6.0, 1.0));
    assert_eq!(grew(r#"comanda_http_request_seconds_count{method="GET",route="-",status="4xx"}"#), 1.0);
    assert_eq!(grew("comanda_commit_to_write_seconds_count"), 3.0, "one screen, three orders");
    assert_eq!(grew(acks), 3.0);
    assert!(grew("comanda_frames_rendered_total") >= 3.0 && grew("comanda_frames_written_total") >= 3.0);
    assert!(grew("comanda_socket_bytes_written_total") >= bytes, "{after:#?}");
    assert!(grew(r#"comanda_rings_total{by="own"}"#) >= 3.0);
    assert_eq!(after[r#"comanda_sockets{view="station"}"#], 1.0);
    assert_eq!(after["comanda_cursors_behind"], 0.0);
    assert_eq!((after["comanda_boards"], after["comanda_boards_behind"]), (1.0, 0.0));
    assert!(after["process_resident_memory_bytes"] > 1e6 && after["process_open_fds"] > 5.0);
    assert!(after["comanda_pool_acquire_seconds_count"] > 0.0);
    let long = after.keys().filter(|series| series.contains(&tablet.slip()["table_id"].to_string()));
    assert_eq!(long.count(), 0, "no label is made of ids");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_port_that_is_taken_costs_the_metrics_and_nothing_else() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let mut house = House::new();
    let address = taken.local_addr().expect("an address").to_string();
    house.serve(&[("COMANDA_METRICS_LISTEN", &address)]).await;
    assert!(house.log().contains("metrics are not told"), "{}", house.log());
    assert_eq!(reqwest::get(house.base() + "/readyz").await.expect("an answer").status(), 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_says_when_it_cannot_serve_and_why() {
    let house = House::open().await;
    let http = reqwest::Client::new();
    let ask = async |accept: &str| {
        let asked = http.get(house.base() + "/readyz").header("accept", accept).send();
        asked.await.expect("an answer, whatever the database does")
    };
    assert_eq!(ask("*/*").await.text().await.expect("words"), "ready\n");
    let told: Value = ask("application/json").await.json().await.expect("JSON");
    assert_eq!(told["bell"], "off");

    house.signal_server(Signal::STOP);
    let told = ask("*/*").await;
    assert_eq!(told.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(told.text().await.expect("words"), "not ready: the database does not answer\n");
    let alive = reqwest::get(house.base() + "/healthz").await.expect("an answer");
    assert_eq!(alive.status(), 200, "nobody restarts a program for its database");
    house.signal_server(Signal::CONT);
    until("it can serve again", async || ask("*/*").await.status() == 200).await;

    let undone = "update _sqlx_migrations set success = false where version = (
        select max(version) from _sqlx_migrations)";
    sqlx::query(undone).execute(&mut house.db().await).await.expect("an owner may");
    let told = ask("application/json").await;
    assert_eq!(told.status(), StatusCode::SERVICE_UNAVAILABLE);
    let told: Value = told.json().await.expect("JSON");
    assert_eq!((&told["database"], &told["migrations"]), (&json!(true), &json!(false)), "{told}");
}
