//! A browser that speaks TLS, trusts one certificate and nothing else, and keeps its cookies.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use futures_util::StreamExt as _;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::header::{HeaderMap, SET_COOKIE};
use hyper::{Method, Request, StatusCode, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use super::house::SURELY;

pub(crate) struct Browser {
    /// The name in the address bar, with its port if it has an unusual one.
    pub(crate) host: String,
    server: SocketAddr,
    /// The browser's own address.
    from: IpAddr,
    roots: RootCertStore,
    cookies: BTreeMap<String, String>,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) version: Version,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// A board's socket.
pub(crate) type Socket = WebSocketStream<TlsStream<TcpStream>>;

impl Browser {
    pub(crate) fn new(host: &str, server: SocketAddr, trusted: CertificateDer<'static>) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(trusted).expect("a certificate");
        Self { host: host.to_owned(), server, from: [127, 0, 0, 1].into(), roots, cookies: BTreeMap::new() }
    }

    pub(crate) fn from(self, from: [u8; 4]) -> Self {
        Self { from: from.into(), ..self }
    }

    /// An encrypted line; `protocols` are offered in this order.
    pub(crate) async fn line(&self, protocols: &[&str]) -> std::io::Result<TlsStream<TcpStream>> {
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let config = config.with_safe_default_protocol_versions().expect("versions");
        let mut config = config.with_root_certificates(self.roots.clone()).with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        let socket = if self.server.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        socket.bind(SocketAddr::new(self.from, 0))?;
        let line = timeout(SURELY, socket.connect(self.server)).await??;
        let name = self.host.rsplit_once(':').map_or(self.host.as_str(), |(name, _)| name).to_owned();
        let name = ServerName::try_from(name).expect("a name");
        timeout(SURELY, TlsConnector::from(Arc::new(config)).connect(name, line)).await?
    }

    /// Asks as a page of the house does; HTTP/2 where the server speaks it.
    pub(crate) async fn ask(
        &mut self,
        method: Method,
        path: &str,
        more: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let asked = timeout(SURELY, self.try_ask(method, path, more, body));
        asked.await.expect("an answer in time").unwrap_or_else(|err| panic!("{path}: {err}"))
    }

    async fn try_ask(
        &mut self,
        method: Method,
        path: &str,
        more: &[(&str, &str)],
        body: &str,
    ) -> Result<Answer, Box<dyn std::error::Error>> {
        let line = self.line(&["h2", "http/1.1"]).await?;
        let h2 = line.get_ref().1.alpn_protocol() == Some(b"h2");
        let address = format!("https://{}{path}", self.host);
        let mut request = Request::builder().method(method).uri(if h2 { address.as_str() } else { path });
        if !h2 {
            request = request.header("host", &self.host);
        }
        let origin = format!("https://{}", self.host);
        request = request.header("origin", origin).header("cookie", self.cookie_header());
        for (name, value) in more {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(Bytes::from(body.to_owned())))?;
        let answer = if h2 {
            let (mut sender, line) =
                hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(line)).await?;
            tokio::spawn(line);
            sender.send_request(request).await?
        } else {
            let (mut sender, line) = hyper::client::conn::http1::handshake(TokioIo::new(line)).await?;
            tokio::spawn(line);
            sender.send_request(request).await?
        };
        let (status, version, headers) = (answer.status(), answer.version(), answer.headers().clone());
        let body = answer.into_body().collect().await?.to_bytes();
        for set in headers.get_all(SET_COOKIE) {
            let pair = set.to_str()?.split(';').next().and_then(|pair| pair.split_once('='));
            let (name, value) = pair.ok_or("a cookie without a name")?;
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        Ok(Answer { status, version, headers, body })
    }

    fn cookie_header(&self) -> String {
        self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.ask(Method::GET, path, &[], "").await
    }

    pub(crate) async fn post(&mut self, path: &str, body: &Value) -> Answer {
        let more = [("content-type", "application/json"), ("accept", "application/json")];
        self.ask(Method::POST, path, &more, &body.to_string()).await
    }

    /// Signs in with a PIN of the demo.
    pub(crate) async fn sign_in(&mut self, name: &str) {
        let person = comanda::domain::demo::STAFF.iter().find(|person| person.name == name);
        self.sign_in_with(name, person.expect("they work here").pin).await;
    }

    pub(crate) async fn sign_in_with(&mut self, name: &str, pin: &str) {
        let entry = json!({ "staff_id": comanda::domain::demo::staff_id(name), "pin": pin });
        let answer = self.post("/sign-in", &entry).await;
        assert_eq!(answer.status, StatusCode::OK, "{name} signs in: {}", answer.text());
    }

    /// A screen's socket on a view, from its snapshot.
    pub(crate) async fn watch(&mut self, view: &str) -> Socket {
        let snapshot = self.get(&format!("/board/{view}")).await;
        assert_eq!(snapshot.status, StatusCode::OK, "{}", snapshot.text());
        let epoch = snapshot.header("x-board-epoch").to_owned();
        let header: Value =
            serde_json::from_str(snapshot.text().lines().next().expect("a line")).expect("JSON");
        let since = header["seq"].as_i64().expect("a turn");
        let address = format!("wss://{}/board/{view}/live?epoch={epoch}&since={since}&build=test", self.host);
        let mut request = address.into_client_request().expect("an address");
        let headers = request.headers_mut();
        headers.insert("origin", format!("https://{}", self.host).parse().expect("a header"));
        headers.insert("cookie", self.cookie_header().parse().expect("a header"));
        headers.insert("sec-websocket-protocol", "board.v1".parse().expect("a header"));
        let line = self.line(&["http/1.1"]).await.expect("a line");
        let upgraded = timeout(SURELY, tokio_tungstenite::client_async(request, line)).await;
        let (socket, _) = upgraded.expect("in time").expect("an upgrade");
        socket
    }
}

/// Waits until a frame says that.
pub(crate) async fn hears(socket: &mut Socket, words: &str) {
    let heard = async {
        while let Some(frame) = socket.next().await {
            if frame.expect("a line that holds").to_text().is_ok_and(|frame| frame.contains(words)) {
                return true;
            }
        }
        false
    };
    assert!(timeout(SURELY, heard).await.expect("in time"), "the line ended before {words}");
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap_or("(not text)")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|err| panic!("{err}: {}", self.text()))
    }
}
