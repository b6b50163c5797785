//! What the program tells a supervisor, heard on a real socket.

use std::io::ErrorKind;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use rustix::process::Signal;
use tokio::time::sleep;

use super::handed::{Port, serve_on};
use super::house::{House, send, until};

/// How long systemd would wait for a word; the program says one four times as often.
const PATIENCE: Duration = Duration::from_secs(2);

/// Somebody who supervises.
pub(crate) struct Supervisor {
    socket: UnixDatagram,
    environment: Vec<(&'static str, String)>,
    heard: Vec<String>,
}

impl Supervisor {
    pub(crate) fn of(house: &House) -> Self {
        let path = house.root.join("notify");
        let socket = UnixDatagram::bind(&path).expect("a socket");
        socket.set_nonblocking(true).expect("it can be asked");
        let environment = vec![
            ("NOTIFY_SOCKET", path.to_str().expect("text").to_owned()),
            ("WATCHDOG_USEC", PATIENCE.as_micros().to_string()),
        ];
        Self { socket, environment, heard: Vec::new() }
    }

    pub(crate) fn settings(&self) -> Vec<(&str, &str)> {
        self.environment.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }

    /// Everything that was said so far, line by line.
    fn listen(&mut self) -> &[String] {
        let mut words = [0; 4096];
        loop {
            match self.socket.recv(&mut words) {
                Ok(length) => {
                    let words = std::str::from_utf8(&words[..length]).expect("text");
                    self.heard.extend(words.lines().map(str::to_owned));
                }
                Err(err) if err.kind() == ErrorKind::WouldBlock => return &self.heard,
                Err(err) => panic!("{err}"),
            }
        }
    }

    fn count(&mut self, word: &str) -> usize {
        self.listen().iter().filter(|line| *line == word).count()
    }

    pub(crate) async fn hears(&mut self, word: &str, times: usize) {
        until(&format!("{times} x {word}"), async || self.count(word) >= times).await;
    }
}

#[tokio::test]
async fn ready_is_said_when_the_house_is_open_and_stopping_when_it_closes() {
    let mut house = House::new();
    let mut supervisor = Supervisor::of(&house);
    house.start(&supervisor.settings());
    supervisor.hears("READY=1", 1).await;
    // Migrated and seeded, and the port answers: no second try.
    let alive = reqwest::get(format!("{}/healthz", house.base())).await.expect("an answer");
    assert_eq!(alive.status(), 200);
    let page = reqwest::get(format!("{}/sign-in", house.base())).await.expect("an answer");
    assert!(page.text().await.expect("a page").contains("Casa Gaivota"));
    let heard = supervisor.listen();
    assert_eq!(heard[0], "STATUS=opening the database", "{heard:?}");
    let open = format!("STATUS=Casa Gaivota is open on {}", house.address);
    assert!(heard.contains(&open), "{heard:?}");

    send(house.pid(), Signal::TERM);
    supervisor.hears("STOPPING=1", 1).await;
    assert_eq!(house.ended().await.code(), Some(0));
    let heard = supervisor.listen();
    let (ready, stopping) = ("READY=1".to_owned(), "STOPPING=1".to_owned());
    let at = |word: &String| heard.iter().position(|line| line == word);
    assert!(at(&ready) < at(&stopping), "{heard:?}");
}

#[tokio::test]
async fn a_database_that_stands_still_is_no_reason_to_be_restarted() {
    let mut house = House::new();
    let mut supervisor = Supervisor::of(&house);
    house.start(&supervisor.settings());
    supervisor.hears("WATCHDOG=1", 1).await;
    house.signal_server(Signal::STOP);
    let before = supervisor.count("WATCHDOG=1");
    supervisor.hears("WATCHDOG=1", before + 8).await; // two patiences long
    house.signal_server(Signal::CONT);
}

#[tokio::test]
async fn a_port_that_answers_no_more_is_not_called_alive() {
    let port = Port::open();
    let mut house = House::new();
    let mut supervisor = Supervisor::of(&house);
    serve_on(&mut house, &port, &supervisor.settings());
    supervisor.hears("WATCHDOG=1", 2).await;
    // The process goes on, its tasks too; but nobody comes through this port any more.
    rustix::net::shutdown(&port.listener, rustix::net::Shutdown::Both).expect("a port that is shut");
    until("it is noticed", async || house.log().contains("the supervisor is not told that all is well"))
        .await;
    let before = supervisor.count("WATCHDOG=1");
    sleep(PATIENCE).await;
    assert_eq!(supervisor.count("WATCHDOG=1"), before, "systemd would have ended it by now");
}
