//! Whoever means harm, or is broken: refused at a bounded cost, and nobody else notices.

use std::time::Duration;

use comanda::lines::{HEAD_BYTES_MAX, HEAD_WITHIN, HEADERS_MAX};
use reqwest::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::support::screen::request;
use crate::support::{Client, Screen, TestApp, dish, slip};

/// Lines of somebody who wants them all.
const CROWD: usize = 200;
/// Nothing here takes longer, unless it has no end.
const PATIENCE: Duration = HEAD_WITHIN.saturating_mul(2);

async fn line(house: &TestApp, said: &str) -> TcpStream {
    let mut line = TcpStream::connect(house.address).await.expect("a line");
    line.write_all(said.as_bytes()).await.expect("room for a few words");
    line
}

/// Everything that comes until the house hangs up.
async fn heard(line: &mut TcpStream) -> String {
    let mut heard = Vec::new();
    let ended = timeout(PATIENCE, line.read_to_end(&mut heard)).await.expect("the line is kept for good");
    drop(ended); // cut or closed: it is over
    String::from_utf8_lossy(&heard).into_owned()
}

/// An order is taken and shown, as on any other day.
async fn works(house: &TestApp) {
    let (waiter, cook) = (house.as_waiter().await, house.as_cook().await);
    let mut grill = cook.open_screen("station-grill").await;
    let ticket = waiter.order("3", &[dish("Sardines")]).await.ticket("grill");
    grill.until_shown(ticket).await;
}

#[tokio::test]
async fn a_head_that_never_ends_costs_its_line_and_holds_up_nobody() {
    let house = TestApp::spawn().await;
    let mut crowd = Vec::new();
    for said in ["", "GET /floor HTTP/1.1\r\nHost: a\r\n", "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"] {
        for _ in 0..CROWD / 4 {
            crowd.push(line(&house, said).await);
        }
    }
    // A word now and then buys no time.
    for _ in 0..CROWD / 4 {
        let (mut reads, mut writes) = line(&house, "GET /floor HTTP/1.1\r\n").await.into_split();
        tokio::spawn(async move {
            while writes.write_all(b"X: y\r\n").await.is_ok() {
                sleep(HEAD_WITHIN / 10).await;
            }
        });
        let mut nothing = Vec::new();
        crowd.push(line(&house, "").await);
        tokio::spawn(async move { reads.read_to_end(&mut nothing).await });
    }
    works(&house).await;
    for line in &mut crowd {
        heard(line).await;
    }
}

#[tokio::test]
async fn a_head_has_its_limits() {
    let house = TestApp::spawn().await;
    let many = "X: y\r\n".repeat(HEADERS_MAX + 1);
    let long = format!("X: {}\r\n", "y".repeat(2 * HEAD_BYTES_MAX));
    let address = format!("/{}", "y".repeat(2 * HEAD_BYTES_MAX));
    for (what, said, refusal) in [
        ("many headers", format!("GET /sign-in HTTP/1.1\r\n{many}\r\n"), "HTTP/1.1 431"),
        ("a long header", format!("GET /sign-in HTTP/1.1\r\n{long}\r\n"), "HTTP/1.1 431"),
        ("a long address", format!("GET {address} HTTP/1.1\r\n\r\n"), "HTTP/1.1 4"),
        ("no HTTP", "\u{16}\u{3}\u{1}\u{2}\r\n\r\n".to_owned(), "HTTP/1.1 400"),
        (
            "two lengths",
            "POST /orders HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n".to_owned(),
            "HTTP/1.1 400",
        ),
    ] {
        let mut line = TcpStream::connect(house.address).await.expect("a line");
        let (mut reads, mut writes) = line.split();
        let say = async { drop(writes.write_all(said.as_bytes()).await) }; // it may be refused half-way
        let hear = async {
            let mut answer = [0; 12];
            timeout(PATIENCE, reads.read_exact(&mut answer)).await.expect("an answer").expect(what);
            String::from_utf8_lossy(&answer).into_owned()
        };
        let ((), answer) = tokio::join!(say, hear);
        assert!(answer.starts_with(refusal), "{what}: {answer}");
    }
    works(&house).await;
}

#[tokio::test]
async fn a_body_that_never_ends_is_told_so_and_writes_nothing() {
    let house = TestApp::spawn().await;
    let waiter = house.as_waiter().await;
    let before = house.rows().await;
    let head = |length: &str| {
        format!(
            "POST /orders HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\nSec-Fetch-Site: same-origin\r\nOrigin: http://{}\r\n\
            Content-Type: application/json\r\nAccept: application/json\r\n{length}\r\n\r\n",
            house.address,
            waiter.cookie_header(),
            house.address,
        )
    };
    let mut promised = line(&house, &format!("{}{{\"order_id\":", head("Content-Length: 5000"))).await;
    let mut in_pieces =
        line(&house, &format!("{}5\r\n{{\"ord\r\n", head("Transfer-Encoding: chunked"))).await;
    for line in [&mut promised, &mut in_pieces] {
        let answer = heard(line).await;
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    }
    assert_eq!(house.rows().await, before);
    works(&house).await;
}

#[tokio::test]
async fn a_body_is_measured_as_it_comes_and_never_unpacked() {
    let house = TestApp::spawn().await;
    let waiter = house.as_waiter().await;
    let before = house.rows().await;
    let post = || {
        let request = waiter.ask(Method::POST, "/orders").header("sec-fetch-site", "same-origin");
        request.header("content-type", "application/json").header("accept", "application/json")
    };
    // 300 KiB that say beforehand how long they are, and 300 KiB that do not.
    let long = vec![b' '; 300 * 1024];
    assert_eq!(waiter.send(post().body(long.clone())).await.status, 413);
    let pieces = futures_util::stream::iter(
        long.chunks(1024).map(|one| Ok::<_, std::io::Error>(one.to_vec())).collect::<Vec<_>>(),
    );
    assert_eq!(waiter.send(post().body(reqwest::Body::wrap_stream(pieces))).await.status, 413);
    // Two hundred bytes of gzip that would be a slip: they are no JSON, and nobody unpacks them to look.
    let packed =
        waiter.send(post().header("content-encoding", "gzip").body(vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0])).await;
    assert_eq!(packed.status, 400, "{}", packed.body);
    assert_eq!(house.rows().await, before);
    let order = waiter.post("/orders", &slip("3", &[dish("Sardines")])).await;
    assert_eq!(order.status, 201, "{}", order.body);
}

/// A client's frame: first byte, its length as said, mask, and what follows.
fn frame(first: u8, length: &[u8], rest: &[u8]) -> Vec<u8> {
    [&[first], length, &[0, 0, 0, 0], rest].concat()
}

#[tokio::test]
async fn frames_that_are_none_end_the_line() {
    let house = TestApp::spawn().await;
    let huge = [&[0xff], &(1_u64 << 40).to_be_bytes()[..]].concat();
    for (what, bytes) in [
        ("a frame of a terabyte", frame(0x81, &huge, b"{")),
        (
            "a message without end",
            [
                frame(0x01, &[0xfe, 0x08, 0x00], &[b'x'; 2048]),
                frame(0x00, &[0xfe, 0x08, 0x00], &[b'x'; 2048]),
                frame(0x00, &[0xfe, 0x08, 0x00], &[b'x'; 2048]),
            ]
            .concat(),
        ),
        ("no mask", vec![0x81, 2, b'{', b'}']),
        ("reserved bits", frame(0xc1, &[0x82], b"{}")),
        ("an unknown kind", frame(0x83, &[0x82], b"{}")),
        ("a rest of nothing", frame(0x80, &[0x82], b"{}")),
        ("a message in a message", [frame(0x01, &[0x81], b"{"), frame(0x81, &[0x82], b"{}")].concat()),
        ("no text", frame(0x81, &[0x82], &[0xc3, 0x28])),
        ("a ping in pieces", frame(0x09, &[0x81], b"x")),
        ("a long ping", frame(0x89, &[0xfe, 0x00, 0x80], &[b'x'; 128])),
        ("a close of one byte", frame(0x88, &[0x81], &[3])),
    ] {
        let mut screen = raw(&house.as_cook().await, "station-grill").await;
        screen.write_all(&bytes).await.expect(what);
        let mut rest = Vec::new();
        let ended = timeout(PATIENCE, screen.read_to_end(&mut rest)).await;
        assert!(ended.is_ok(), "{what}: the line is kept");
    }
    works(&house).await;
}

/// A screen's line, upgraded, without anything that would keep it from talking nonsense.
async fn raw(cook: &Client, view: &str) -> TcpStream {
    let there = cook.open_screen(view).await;
    let origin = format!("http://{}", cook.address());
    let request = request(cook, view, &there.epoch, there.seq, Some(&origin));
    let mut screen = Screen::connect_narrow(cook.address(), request, 64 * 1024).await;
    assert_eq!(screen.next_frame().await.kind(), "hello");
    screen.into_line()
}
