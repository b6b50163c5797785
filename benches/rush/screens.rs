//! Ten thousand screens in one thread: raw sockets behind one poll, so that the load costs less than what it loads.

use std::io::{self, Read as _, Write as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::Failure;
use crate::frames::{CLOSE, HERE, Known, TEXT, cut};
use crate::http::{Line, status};

/// Upgrades under way at once: what fits the server's queue of connections.
const OPENING: usize = 256;
/// Screens answer every third beat.
const BEATS_A_WORD: u8 = 3;

/// What one screen got.
#[derive(Debug)]
pub(crate) struct Log {
    pub(crate) view: u16,
    /// Where it attached.
    pub(crate) since: i64,
    /// Messages with cards, by number, and when they were read, in microseconds since the run's start.
    pub(crate) got: Vec<(u32, u32)>,
    /// Anything that should not have been said.
    pub(crate) trouble: Option<String>,
}

#[derive(Debug)]
struct Screen {
    stream: TcpStream,
    log: Log,
    beats: u8,
    /// The beginning of a message that is not all there yet.
    begun: Vec<u8>,
}

/// What all screens got.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) known: Known,
    pub(crate) logs: Vec<Log>,
}

/// Screens that watch, in a thread of their own.
#[derive(Debug)]
pub(crate) struct Screens {
    counted: Arc<Counted>,
    thread: JoinHandle<Result<Got, io::Error>>,
}

#[derive(Debug, Default)]
struct Counted {
    cards: AtomicU64,
    stop: AtomicBool,
}

impl Screens {
    /// Opens `count` sockets on each view and watches them. Times are counted from `start`.
    pub(crate) async fn open(
        address: SocketAddr,
        token: &str,
        views: &[(&str, usize)],
        start: Instant,
    ) -> Result<Self, Failure> {
        let mut line = Line::open(address, token).await?;
        let mut screens = Vec::new();
        for (view, (name, count)) in (0_u16..).zip(views) {
            let snapshot = line.get(&format!("/board/{name}")).await?;
            let said = |name: &str| snapshot.header(name).map(str::to_owned).ok_or(format!("no {name}"));
            let (epoch, head) = (said("x-board-epoch")?, said("x-board-head")?);
            let request = upgrade(&format!("/board/{name}/live?epoch={epoch}&since={head}"), token);
            let since = head.parse()?;
            let mut missing = *count;
            while missing > 0 {
                let batch = missing.min(OPENING);
                let request = request.clone();
                let opened = tokio::task::spawn_blocking(move || open(address, &request, batch)).await??;
                screens.extend(opened.into_iter().map(|(stream, begun)| {
                    let log = Log { view, since, got: Vec::new(), trouble: None };
                    Screen { stream: TcpStream::from_std(stream), log, beats: 0, begun }
                }));
                missing -= batch;
            }
        }
        let counted = Arc::<Counted>::default();
        let told = Arc::clone(&counted);
        let thread = thread::spawn(move || watch(screens, &told, start));
        Ok(Self { counted, thread })
    }

    /// Messages with cards that have come so far, on all screens together.
    pub(crate) fn cards(&self) -> u64 {
        self.counted.cards.load(Ordering::Relaxed)
    }

    /// Waits until nothing has come for `quiet`.
    pub(crate) async fn settle(&self, quiet: Duration) {
        let mut before = None;
        while before != Some(self.cards()) {
            before = Some(self.cards());
            tokio::time::sleep(quiet).await;
        }
    }

    /// Looks away.
    pub(crate) fn close(self) -> Result<Got, Failure> {
        self.counted.stop.store(true, Ordering::Relaxed);
        Ok(self.thread.join().map_err(|_| "the screens' thread panicked")??)
    }
}

fn upgrade(path: &str, token: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\nconnection: upgrade\r\n\
         upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         sec-websocket-protocol: board.v1\r\n\r\n"
    )
}

type Opened = Vec<(std::net::TcpStream, Vec<u8>)>;

/// Upgrades so many sockets. What came after the server's answer is kept.
fn open(address: SocketAddr, request: &str, count: usize) -> io::Result<Opened> {
    let mut streams = Vec::with_capacity(count);
    for _ in 0..count {
        let mut stream = std::net::TcpStream::connect(address)?;
        stream.write_all(request.as_bytes())?;
        streams.push(stream);
    }
    let mut opened = Vec::with_capacity(count);
    for mut stream in streams {
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
        let ends = loop {
            let count = stream.read(&mut buffer)?;
            bytes.extend_from_slice(&buffer[..count]);
            if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        };
        let head = String::from_utf8_lossy(&bytes[..ends]);
        if status(&head) != Some(101) {
            return Err(io::Error::other(format!("no upgrade: {head}")));
        }
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        opened.push((stream, bytes.split_off(ends)));
    }
    Ok(opened)
}

fn watch(mut screens: Vec<Screen>, counted: &Counted, start: Instant) -> io::Result<Got> {
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(4096);
    let mut known = Known::default();
    let mut buffer = vec![0; 256 * 1024];
    for (at, screen) in screens.iter_mut().enumerate() {
        poll.registry().register(&mut screen.stream, Token(at), Interest::READABLE)?;
        let begun = std::mem::take(&mut screen.begun);
        screen.hear(&begun, &mut known, counted, start);
    }
    while !counted.stop.load(Ordering::Relaxed) {
        poll.poll(&mut events, Some(Duration::from_millis(50)))?;
        for event in &events {
            if let Some(screen) = screens.get_mut(event.token().0) {
                screen.read(&mut buffer, &mut known, counted, start);
            }
        }
    }
    Ok(Got { known, logs: screens.into_iter().map(|screen| screen.log).collect() })
}

impl Screen {
    /// Takes what is there. A read that does not fill the buffer has emptied the socket.
    fn read(&mut self, buffer: &mut [u8], known: &mut Known, counted: &Counted, start: Instant) {
        loop {
            match self.stream.read(buffer) {
                Ok(0) => return self.trouble("the server hung up"),
                Ok(count) => {
                    self.hear(&buffer[..count], known, counted, start);
                    if count < buffer.len() {
                        return;
                    }
                }
                Err(err) if err.kind() == io::ErrorKind::WouldBlock => return,
                Err(err) => return self.trouble(&err.to_string()),
            }
        }
    }

    fn hear(&mut self, bytes: &[u8], known: &mut Known, counted: &Counted, start: Instant) {
        let at_us = u32::try_from(start.elapsed().as_micros()).unwrap_or(u32::MAX);
        let mut begun = std::mem::take(&mut self.begun);
        let mut rest = if begun.is_empty() {
            bytes
        } else {
            begun.extend_from_slice(bytes);
            &begun
        };
        while let Some((piece, after)) = cut(rest) {
            rest = after;
            match piece.opcode {
                TEXT => self.understand(piece.payload, at_us, known, counted),
                CLOSE => {
                    let code = piece.payload.first_chunk().map_or(1005, |code| u16::from_be_bytes(*code));
                    self.trouble(&format!("the server closed: {code}"));
                }
                opcode => self.trouble(&format!("a frame of kind {opcode}")),
            }
        }
        self.begun = rest.to_vec();
    }

    fn understand(&mut self, text: &[u8], at_us: u32, known: &mut Known, counted: &Counted) {
        if text.starts_with(br#"{"t":"cards""#) {
            match known.number(self.log.view, text) {
                Some(number) => self.log.got.push((number, at_us)),
                None => self.trouble("cards that nobody can read"),
            }
            counted.cards.fetch_add(1, Ordering::Relaxed);
        } else if text.starts_with(br#"{"t":"beat""#) {
            self.beats += 1;
            if self.beats == BEATS_A_WORD {
                self.beats = 0;
                if self.stream.write(HERE).is_err() {
                    self.trouble("a word could not be said");
                }
            }
        } else if !text.starts_with(br#"{"t":"hello""#) {
            self.trouble(&String::from_utf8_lossy(text));
        }
    }

    fn trouble(&mut self, what: &str) {
        self.log.trouble.get_or_insert_with(|| what.to_owned());
    }
}
