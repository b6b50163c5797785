//! The grill's screen, as a socket: keeps its cursor, comes back by itself, and holds what it was served.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::tablet::Tablet;

pub(crate) struct Screen {
    tablet: Tablet,
    socket: Option<WebSocketStream<MaybeTlsStream<TcpStream>>>,
    pub(crate) epoch: String,
    /// Where it stands: what it has is everything up to this turn.
    pub(crate) since: i64,
    /// Its cards, by element id, each with its stamp.
    pub(crate) cards: BTreeMap<String, i64>,
    /// When it first had a card, by element id.
    pub(crate) came: HashMap<String, Instant>,
    /// `checked_ms` of every beat on the present line.
    pub(crate) beats: Vec<u64>,
    /// The code of the last close.
    pub(crate) closed: Option<u16>,
    pub(crate) resets: usize,
    /// How often it was asked to change over to another process, and did before its line ended.
    pub(crate) changes: usize,
    /// How often its line ended while it had no other.
    pub(crate) breaks: usize,
}

impl Screen {
    /// Shows the board as it is, and listens from there.
    pub(crate) async fn open(tablet: &Tablet) -> Self {
        let mut screen = Self {
            tablet: tablet.clone(),
            socket: None,
            epoch: String::new(),
            since: 0,
            cards: BTreeMap::new(),
            came: HashMap::new(),
            beats: Vec::new(),
            closed: None,
            resets: 0,
            changes: 0,
            breaks: 0,
        };
        screen.snapshot().await.expect("a snapshot");
        screen.connect().await.expect("a line");
        screen
    }

    async fn snapshot(&mut self) -> reqwest::Result<()> {
        let answer = self.tablet.get("/board/station-grill").await?.error_for_status()?;
        let epoch = answer.headers()["x-board-epoch"].to_str().expect("text");
        epoch.clone_into(&mut self.epoch);
        (self.since, self.cards) = (0, BTreeMap::new());
        let body = answer.text().await?;
        self.hear_text(&body);
        Ok(())
    }

    /// Hangs up.
    pub(crate) fn leave(&mut self) {
        self.socket = None;
    }

    /// The line ended by itself.
    fn broke(&mut self) {
        self.socket = None;
        self.breaks += 1;
    }

    async fn connect(&mut self) -> Option<()> {
        self.socket = Some(self.dial().await?);
        self.beats.clear();
        Some(())
    }

    async fn dial(&self) -> Option<WebSocketStream<MaybeTlsStream<TcpStream>>> {
        let base = self.tablet.base.replacen("http", "ws", 1);
        let address =
            format!("{base}/board/station-grill/live?epoch={}&since={}&build=test", self.epoch, self.since);
        let mut request = address.into_client_request().expect("an address");
        let headers = request.headers_mut();
        headers.insert("authorization", format!("Bearer {}", self.tablet.token).parse().expect("a header"));
        headers.insert("sec-websocket-protocol", "board.v1".parse().expect("a header"));
        let (socket, _) = timeout(Duration::from_secs(5), connect_async(request)).await.ok()?.ok()?;
        Some(socket)
    }

    /// Another process has this address. The old line is given up when the new one has said hello, as a page does: a
    /// process that has just begun may be too busy to say it.
    async fn change_over(&mut self) {
        loop {
            if let Some(mut next) = self.dial().await
                && let Some(Ok(Message::Text(hello))) = next.next().await
            {
                assert!(hello.contains(r#""t":"hello""#), "{hello}");
                self.socket = Some(next);
                self.changes += 1;
                return;
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Says that everything up to where it stands is painted.
    pub(crate) async fn ack(&mut self) {
        let said = Message::text(format!(r#"{{"t":"ack","seq":{}}}"#, self.since));
        self.socket.as_mut().expect("a line").send(said).await.expect("the line holds");
    }

    /// Listens, and comes back whenever the line breaks, until something holds.
    pub(crate) async fn wait(&mut self, within: Duration, what: &str, holds: impl Fn(&Self) -> bool) {
        let give_up_at = Instant::now() + within;
        while !holds(self) {
            assert!(
                Instant::now() < give_up_at,
                "in vain: {what}; it holds {:?} at {}",
                self.cards,
                self.since
            );
            let left = give_up_at - Instant::now();
            if self.socket.is_none() && self.connect().await.is_none() {
                sleep(Duration::from_millis(100)).await;
            } else if let Ok(message) = timeout(left, self.next()).await {
                self.hear(message).await;
            }
        }
    }

    /// Hears one message, or comes back.
    pub(crate) async fn listen(&mut self) {
        if self.socket.is_none() && self.connect().await.is_none() {
            return sleep(Duration::from_millis(100)).await;
        }
        let message = self.next().await;
        self.hear(message).await;
    }

    /// Listens for so long.
    pub(crate) async fn listen_for(&mut self, time: Duration) {
        let listening = async {
            loop {
                self.listen().await;
            }
        };
        let _: Result<(), _> = timeout(time, listening).await; // time ends it, nothing else
    }

    /// Waits for a Send's cards.
    pub(crate) async fn wait_for(&mut self, within: Duration, cards: &[String]) {
        assert!(!cards.is_empty(), "something was sent to the grill");
        self.wait(within, &format!("{cards:?}"), |screen| {
            cards.iter().all(|card| screen.cards.contains_key(card))
        })
        .await;
    }

    async fn next(&mut self) -> Option<Message> {
        self.socket.as_mut()?.next().await?.ok()
    }

    async fn hear(&mut self, message: Option<Message>) {
        match message {
            Some(Message::Text(text)) if text.contains(r#""t":"drain""#) => {
                self.change_over().await;
            }
            Some(Message::Text(text)) => {
                if self.hear_text(&text) {
                    self.resets += 1;
                    self.snapshot().await.ok();
                    self.socket = None; // and back with the new cursor
                }
                if text.contains(r#""t":"beat""#)
                    && let Some(socket) = &mut self.socket
                {
                    let _ = socket.send(Message::text(r#"{"t":"here"}"#)).await; // a broken line is seen when reading
                }
            }
            Some(Message::Close(frame)) => {
                self.closed = frame.map(|frame| frame.code.into());
                self.broke();
            }
            Some(_) => {}
            None => self.broke(),
        }
    }

    /// Takes what the server said; answers whether it was a reset.
    fn hear_text(&mut self, text: &str) -> bool {
        let (header, articles) = text.split_once('\n').unwrap_or((text, ""));
        let header: Value = serde_json::from_str(header).expect("a header line");
        let number = |name: &str| header[name].as_i64().unwrap_or_default();
        match header["t"].as_str() {
            Some("cards") => {
                assert!(number("from") <= self.since, "a hole: at {}, served {header}", self.since);
                self.take(articles);
                let ids = |name: &str| {
                    header[name]
                        .as_array()
                        .map(|ids| ids.iter().filter_map(Value::as_str).collect::<HashSet<_>>())
                };
                for id in ids("gone").unwrap_or_default() {
                    self.cards.remove(id);
                }
                if let Some(all) = ids("all") {
                    self.cards.retain(|id, _| all.contains(id.as_str()));
                }
                self.since = number("seq");
            }
            Some("beat") => {
                assert!(number("from") <= self.since, "a hole: at {}, told {header}", self.since);
                self.since = self.since.max(number("seq"));
                self.beats.push(header["checked_ms"].as_u64().expect("a number"));
            }
            Some("reset") => return true,
            _ => {}
        }
        false
    }

    fn take(&mut self, articles: &str) {
        for article in articles.split("<article ").skip(1) {
            let attribute = |name: &str| {
                let (_, rest) = article.split_once(&format!("{name}=\""))?;
                rest.split_once('"').map(|(value, _)| value)
            };
            let id = attribute("id").expect("an id");
            if id.starts_with("t-") {
                let seq = attribute("data-seq").and_then(|seq| seq.parse().ok()).expect("a stamp");
                self.came.entry(id.to_owned()).or_insert_with(Instant::now);
                self.cards.insert(id.to_owned(), seq);
            }
        }
    }
}

/// Screens that listen until the sender is dropped.
pub(crate) fn watch(screens: impl IntoIterator<Item = Screen>) -> (watch::Sender<()>, JoinSet<Screen>) {
    let (enough, is_enough) = watch::channel(());
    let mut watching = JoinSet::new();
    for mut screen in screens {
        let mut is_enough = is_enough.clone();
        watching.spawn(async move {
            loop {
                tokio::select! {
                    () = screen.listen() => {}
                    _ = is_enough.changed() => return screen,
                }
            }
        });
    }
    (enough, watching)
}
