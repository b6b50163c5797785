//! A kitchen display: a snapshot, a socket, and what is painted.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use comanda::board::core::fnv1a;
use comanda::domain::ids::TicketId;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, timeout_at};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, client_async, connect_async};

use super::SOON;
use super::client::{Answer, Client};

/// A screen that shows one view.
pub(crate) struct Screen {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// The history it stands in.
    pub(crate) epoch: String,
    /// The turn it stands at.
    pub(crate) seq: i64,
    /// What is painted, by element id.
    pub(crate) cards: BTreeMap<String, Article>,
}

/// One article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Article {
    /// Its element id.
    pub(crate) id: String,
    /// Its stamp.
    pub(crate) seq: i64,
    /// All of it.
    pub(crate) html: String,
}

/// What came over the wire.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    /// The line of JSON.
    pub(crate) header: Value,
    /// What follows it.
    pub(crate) articles: Vec<Article>,
}

impl Frame {
    /// Reads one message, or the body of a snapshot.
    pub(crate) fn read(text: &str) -> Self {
        let (header, rest) = text.split_once('\n').unwrap_or((text, ""));
        let header = serde_json::from_str(header).unwrap_or_else(|err| panic!("{err}: {header}"));
        Self { header, articles: articles(rest) }
    }

    /// `hello`, `cards`, `beat`, `reset`.
    pub(crate) fn kind(&self) -> &str {
        self.header["t"].as_str().expect("a kind")
    }

    /// A number of the header.
    pub(crate) fn number(&self, name: &str) -> i64 {
        self.header[name].as_i64().unwrap_or_else(|| panic!("no {name} in {}", self.header))
    }

    /// Whether it takes that ticket off the screen.
    pub(crate) fn drops(&self, ticket: TicketId) -> bool {
        self.header["gone"].as_array().is_some_and(|gone| gone.iter().any(|id| *id == format!("t-{ticket}")))
    }

    /// The article of that ticket, if it brings it.
    pub(crate) fn brings(&self, ticket: TicketId) -> Option<&Article> {
        self.articles.iter().find(|article| article.id == format!("t-{ticket}"))
    }
}

/// Whole elements, each from `<article` to `</article>`; one inside another would break the page's reducer.
fn articles(mut html: &str) -> Vec<Article> {
    let mut articles = Vec::new();
    while let Some(start) = html.find("<article") {
        let end = html.find("</article>").expect("an article ends") + "</article>".len();
        let one = &html[start..end];
        assert_eq!(one.matches("<article").count(), 1, "an article inside an article: {one}");
        let seq = attribute(one, "data-seq").parse().expect("a stamp");
        articles.push(Article { id: attribute(one, "id").to_owned(), seq, html: one.to_owned() });
        html = &html[end..];
    }
    assert!(html.trim().is_empty(), "something stands behind the articles: {html}");
    articles
}

/// An attribute of an article's own tag.
pub(crate) fn attribute<'html>(article: &'html str, name: &str) -> &'html str {
    let (_, rest) =
        article.split_once(&format!(" {name}=\"")).unwrap_or_else(|| panic!("no {name}: {article}"));
    rest.split_once('"').expect("an end").0
}

impl Article {
    /// An attribute of its own tag.
    pub(crate) fn attribute(&self, name: &str) -> &str {
        attribute(&self.html, name)
    }

    /// The version that a bump of it carries.
    pub(crate) fn version(&self) -> i32 {
        self.attribute("data-version").parse().expect("a version")
    }
}

impl Screen {
    pub(super) async fn open(client: &Client, view: &str) -> Self {
        let snapshot = client.fetch(&format!("/board/{view}")).await;
        assert_eq!(snapshot.status, 200, "{view}: {}", snapshot.body);
        let epoch = snapshot.header("x-board-epoch").to_owned();
        let frame = Frame::read(&snapshot.body);
        let since = frame.number("seq");
        let mut screen = Self::attach(client, view, &epoch, since).await.expect("an upgrade");
        screen.paint(&frame);
        let hello = screen.next_frame().await;
        assert_eq!(hello.kind(), "hello", "{:?}", hello.header);
        screen
    }

    /// Upgrades, and says nothing yet. A refusal is the answer to the upgrade.
    pub(crate) async fn attach(client: &Client, view: &str, epoch: &str, since: i64) -> Result<Self, Answer> {
        let origin = format!("http://{}", client.address());
        Self::connect(request(client, view, epoch, since, Some(&origin))).await
    }

    /// Upgrades with that request.
    pub(crate) async fn connect(request: Request) -> Result<Self, Answer> {
        match connect_async(request).await {
            Ok((socket, _)) => Ok(Self { socket, epoch: String::new(), seq: 0, cards: BTreeMap::new() }),
            Err(Error::Http(refusal)) => {
                let (parts, body) = refusal.into_parts();
                let body = String::from_utf8(body.unwrap_or_default()).expect("text");
                Err(Answer { status: parts.status, headers: parts.headers, body })
            }
            Err(err) => panic!("{err}"),
        }
    }

    /// Upgrades over a line that takes so many bytes at a time, and reads nothing before it is asked.
    pub(crate) async fn connect_narrow(address: SocketAddr, request: Request, bytes: u32) -> Self {
        let line = TcpSocket::new_v4().expect("a socket");
        line.set_recv_buffer_size(bytes).expect("a narrow one");
        let line = MaybeTlsStream::Plain(line.connect(address).await.expect("a line"));
        let (socket, _) = client_async(request, line).await.expect("an upgrade");
        Self { socket, epoch: String::new(), seq: 0, cards: BTreeMap::new() }
    }

    /// The next message, whatever it is, painted if it brings cards.
    pub(crate) async fn next_frame(&mut self) -> Frame {
        let message = self.message().await;
        let Some(Message::Text(text)) = message else { panic!("no frame but {message:?}") };
        let frame = Frame::read(&text);
        self.paint(&frame);
        frame
    }

    /// The next message with cards.
    pub(crate) async fn next_cards(&mut self) -> Frame {
        loop {
            let frame = self.next_frame().await;
            match frame.kind() {
                "cards" => return frame,
                "hello" | "beat" => {}
                other => panic!("a {other} where cards were expected"),
            }
        }
    }

    /// Frames until what is painted looks so.
    pub(crate) async fn until(
        &mut self,
        looks: impl Fn(&BTreeMap<String, Article>) -> bool,
    ) -> &BTreeMap<String, Article> {
        while !looks(&self.cards) {
            self.next_cards().await;
        }
        &self.cards
    }

    /// Frames until the server says to start over, and then what a page does: everything anew, and attach. Answers what the
    /// reset said.
    pub(crate) async fn starts_over(&mut self, client: &Client, view: &str) -> Frame {
        let reset = loop {
            let frame = self.next_frame().await;
            if frame.kind() == "reset" {
                break frame;
            }
        };
        let epoch = reset.header["epoch"].as_str().expect("a history").to_owned();
        let snapshot = client.fetch(&format!("/board/{view}?since=0&epoch={epoch}")).await;
        assert_eq!(snapshot.status, 200, "{view}: {}", snapshot.body);
        assert_eq!(snapshot.header("x-board-epoch"), epoch, "of the same history");
        let frame = Frame::read(&snapshot.body);
        self.cards.clear();
        self.paint(&frame);
        self.say(format!(r#"{{"t":"attach","epoch":"{epoch}","since":{}}}"#, self.seq)).await;
        let hello = self.next_frame().await;
        assert_eq!(hello.kind(), "hello", "{:?}", hello.header);
        reset
    }

    /// Frames until that ticket has left.
    pub(crate) async fn until_gone(&mut self, ticket: TicketId) {
        while self.shows(ticket).is_some() {
            self.next_cards().await;
        }
    }

    /// Frames until that ticket is there.
    pub(crate) async fn until_shown(&mut self, ticket: TicketId) -> Article {
        loop {
            if let Some(article) = self.shows(ticket) {
                return article.clone();
            }
            self.next_cards().await;
        }
    }

    /// Frames until the board stands at that turn or beyond.
    pub(crate) async fn until_turn(&mut self, seq: i64) {
        while self.seq < seq {
            self.next_frame().await;
        }
    }

    /// The card of that ticket, if it is painted.
    pub(crate) fn shows(&self, ticket: TicketId) -> Option<&Article> {
        self.cards.get(&format!("t-{ticket}"))
    }

    /// The sum that a beat must carry.
    pub(crate) fn sum(&self) -> u32 {
        let marks = self.cards.values().map(|card| fnv1a(format!("{}@{}", card.id, card.seq).as_bytes()));
        marks.fold(0, u32::wrapping_add)
    }

    /// Says something.
    pub(crate) async fn say(&mut self, message: impl Into<Message>) {
        self.socket.send(message.into()).await.expect("the line holds");
    }

    /// Reads until the server closes: with which code.
    pub(crate) async fn closed(&mut self) -> u16 {
        loop {
            match self.message().await {
                Some(Message::Close(Some(frame))) => return frame.code.into(),
                Some(Message::Close(None)) | None => panic!("closed without a word"),
                Some(_) => {}
            }
        }
    }

    /// The bare line, for somebody who does not mean to keep to the WebSocket's rules.
    pub(crate) fn into_line(self) -> TcpStream {
        match self.socket.into_inner() {
            MaybeTlsStream::Plain(line) => line,
            _ => panic!("a test speaks in the clear"),
        }
    }

    async fn message(&mut self) -> Option<Message> {
        let give_up_at = Instant::now() + SOON;
        loop {
            let message = timeout_at(give_up_at, self.socket.next()).await.expect("a word from the server");
            match message {
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(message)) => return Some(message),
                Some(Err(_)) | None => return None,
            }
        }
    }

    fn paint(&mut self, frame: &Frame) {
        if let Some(epoch) = frame.header["epoch"].as_str() {
            epoch.clone_into(&mut self.epoch);
        }
        if frame.kind() == "beat" {
            self.seq = self.seq.max(frame.number("seq"));
        }
        if frame.kind() != "cards" {
            return;
        }
        if let Some(all) = frame.header["all"].as_array() {
            self.cards.retain(|id, _| all.iter().any(|one| one == id));
        }
        for id in frame.header["gone"].as_array().into_iter().flatten() {
            self.cards.remove(id.as_str().expect("an id"));
        }
        for article in &frame.articles {
            self.cards.insert(article.id.clone(), article.clone());
        }
        self.seq = frame.number("seq");
    }
}

/// The request of an upgrade, with who asks and from where.
pub(crate) fn request(client: &Client, view: &str, epoch: &str, since: i64, origin: Option<&str>) -> Request {
    let address = client.address();
    let address = format!("ws://{address}/board/{view}/live?epoch={epoch}&since={since}&build=test");
    let mut request = address.into_client_request().expect("an address");
    let mut set = |name: &'static str, value: String| {
        request.headers_mut().insert(name, value.parse().expect("a header"));
    };
    set("sec-websocket-protocol", "board.v1".to_owned());
    match client.token() {
        Some(token) => set("authorization", format!("Bearer {token}")),
        None => set("cookie", client.cookie_header()),
    }
    set("sec-fetch-mode", "websocket".to_owned());
    if let Some(origin) = origin {
        set("origin", origin.to_owned());
    }
    request
}
