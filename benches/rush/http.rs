//! A keep-alive line to the server: the least that HTTP/1.1 asks for, so that the client's own work is no part of
//! what it measures.

use std::io;
use std::net::SocketAddr;
use std::time::Instant;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// One connection, one request at a time.
#[derive(Debug)]
pub(crate) struct Line {
    stream: TcpStream,
    token: String,
    buffer: Vec<u8>,
}

/// What came back, and when.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    /// Just before the request's first byte left.
    pub(crate) asked_at: Instant,
    /// When the answer's last byte was here.
    pub(crate) answered_at: Instant,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }
}

impl Line {
    pub(crate) async fn open(address: SocketAddr, token: &str) -> io::Result<Self> {
        let stream = connect(address).await?;
        Ok(Self { stream, token: token.to_owned(), buffer: Vec::with_capacity(64 * 1024) })
    }

    /// From now on in the name of that key.
    pub(crate) fn speak_for(&mut self, token: &str) {
        token.clone_into(&mut self.token);
    }

    pub(crate) async fn get(&mut self, path: &str) -> io::Result<Answer> {
        self.ask("GET", path, "text/plain", "").await
    }

    pub(crate) async fn post_json(&mut self, path: &str, body: &str) -> io::Result<Answer> {
        self.ask("POST", path, "application/json", body).await
    }

    pub(crate) async fn post_form(&mut self, path: &str, body: &str) -> io::Result<Answer> {
        self.ask("POST", path, "application/x-www-form-urlencoded", body).await
    }

    async fn ask(&mut self, method: &str, path: &str, kind: &str, body: &str) -> io::Result<Answer> {
        let (token, length) = (&self.token, body.len());
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\naccept: application/json\r\n\
             content-type: {kind}\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        let asked_at = Instant::now();
        if !self.is_open() {
            self.stream = connect(self.stream.peer_addr()?).await?;
        }
        self.stream.write_all(request.as_bytes()).await?;
        self.buffer.clear();
        let ends = loop {
            if let Some(at) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break at;
            }
            self.read().await?;
        };
        let head = String::from_utf8_lossy(&self.buffer[..ends]).into_owned();
        let status = status(&head).ok_or_else(|| io::Error::other(format!("no HTTP: {head}")))?;
        let length: usize =
            header(&head, "content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        while self.buffer.len() < ends + 4 + length {
            self.read().await?;
        }
        let answered_at = Instant::now();
        Ok(Answer { status, head, body: self.buffer[ends + 4..].to_vec(), asked_at, answered_at })
    }

    /// Whether the server has not hung up meanwhile: it does on whoever has had nothing to say for half a minute, and a
    /// browser dials again then without a word.
    fn is_open(&self) -> bool {
        matches!(self.stream.try_read(&mut [0]), Err(err) if err.kind() == io::ErrorKind::WouldBlock)
    }

    async fn read(&mut self) -> io::Result<()> {
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// `HTTP/1.1 201 Created` -> 201.
pub(crate) fn status(head: &str) -> Option<u16> {
    head.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .filter_map(|line| line.split_once(':'))
        .find_map(|(key, value)| key.eq_ignore_ascii_case(name).then(|| value.trim()))
}
