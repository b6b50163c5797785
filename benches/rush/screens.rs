//! Ten thousand screens in one thread: raw sockets behind one poll, so that the load costs less than what it loads.

use std::io::{self, Read as _, Write as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::Failure;
use crate::frames::{CLOSE, HERE, Known, SOCKET_IO_CARDS, TEXT, ack, cut, socket_io};
use crate::http::{Line, status};

/// Upgrades under way at once: what fits the server's queue of connections.
const OPENING: usize = 256;
/// Screens answer every third beat.
const BEATS_A_WORD: u8 = 3;
/// A screen says what it has painted once a second, at most.
const WORD_EVERY: Duration = Duration::from_secs(1);

/// How long the thread looks for news before it looks for new screens.
const POLL_FOR: Duration = Duration::from_millis(20);

/// A view, and how many screens watch it.
#[derive(Debug, Clone)]
pub(crate) struct Watched {
    /// Whose: the number of its key.
    pub(crate) house: usize,
    pub(crate) view: String,
    pub(crate) screens: usize,
}

impl Watched {
    /// Of the only house there is.
    pub(crate) fn here(view: &str, screens: usize) -> Self {
        Self { house: 0, view: view.to_owned(), screens }
    }

    /// The station's name in the view's.
    pub(crate) fn is_of(&self, station: &str) -> bool {
        self.view.strip_prefix("station-") == Some(station)
    }
}

/// Where screens come in, and with which keys.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Door<'a> {
    pub(crate) address: SocketAddr,
    pub(crate) keys: &'a [String],
    pub(crate) dialect: Dialect,
}

/// What is spoken on the sockets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Text messages, as they are.
    Ours,
    /// Engine.IO 4 and Socket.IO 5 around them.
    SocketIo,
}

/// Where a view stands.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    epoch: String,
    head: i64,
}

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
    /// The first screen of a view says what it has painted, or the house would raise the alarm.
    confirms: bool,
    confirmed: i64,
    confirmed_at: Option<Instant>,
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
    /// Opens sockets on each view and watches them. Times are counted from `start`.
    pub(crate) async fn open(door: Door<'_>, views: &[Watched], start: Instant) -> Result<Self, Failure> {
        let mut standing = Vec::with_capacity(views.len());
        for watched in views {
            standing.push(Standing::of(door, watched).await?);
        }
        Self::open_at(door, views, &standing, start).await
    }

    /// The same for screens that know where they stood.
    pub(crate) async fn open_at(
        door: Door<'_>,
        views: &[Watched],
        standing: &[Standing],
        start: Instant,
    ) -> Result<Self, Failure> {
        let counted = Arc::<Counted>::default();
        let told = Arc::clone(&counted);
        // Watched from the moment they are open: who says nothing for too long is hung up on.
        let (hand_over, opened) = channel();
        let thread = thread::spawn(move || watch(&opened, &told, start));
        for (view, (watched, Standing { epoch, head })) in (0_u16..).zip(views.iter().zip(standing)) {
            let more = if door.dialect == Dialect::SocketIo { "&EIO=4&transport=websocket" } else { "" };
            let path = format!("/board/{}/live?epoch={epoch}&since={head}{more}", watched.view);
            let request = upgrade(&path, &door.keys[watched.house]);
            let mut missing = watched.screens;
            while missing > 0 {
                let (batch, request, address) = (missing.min(OPENING), request.clone(), door.address);
                let opened = tokio::task::spawn_blocking(move || open(address, &request, batch)).await??;
                for (at, (stream, begun)) in opened.into_iter().enumerate() {
                    let log = Log { view, since: *head, got: Vec::new(), trouble: None };
                    let confirms = at == 0 && missing == watched.screens;
                    let stream = TcpStream::from_std(stream);
                    let (beats, confirmed) = (0, *head);
                    let screen =
                        Screen { stream, log, beats, confirms, confirmed, confirmed_at: None, begun };
                    hand_over.send(screen).map_err(|_| "the screens' thread has ended")?;
                }
                missing -= batch;
            }
        }
        drop(hand_over);
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

impl Standing {
    /// Of somebody who keeps no board.
    pub(crate) fn at_the_beginning() -> Self {
        Self { epoch: "none".to_owned(), head: 0 }
    }

    /// As a snapshot says.
    pub(crate) async fn of(door: Door<'_>, watched: &Watched) -> Result<Self, Failure> {
        let mut line = Line::open(door.address, &door.keys[watched.house]).await?;
        let snapshot = line.get(&format!("/board/{}", watched.view)).await?;
        let said = |name: &str| snapshot.header(name).map(str::to_owned).ok_or(format!("no {name}"));
        Ok(Self { epoch: said("x-board-epoch")?, head: said("x-board-head")?.parse()? })
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

fn watch(opened: &Receiver<Screen>, counted: &Counted, start: Instant) -> io::Result<Got> {
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(4096);
    let (mut known, mut screens) = (Known::default(), Vec::<Screen>::new());
    let mut buffer = vec![0; 256 * 1024];
    while !counted.stop.load(Ordering::Relaxed) {
        for mut screen in opened.try_iter() {
            poll.registry().register(&mut screen.stream, Token(screens.len()), Interest::READABLE)?;
            let begun = std::mem::take(&mut screen.begun);
            screen.hear(&begun, &mut known, counted, start);
            screens.push(screen);
        }
        poll.poll(&mut events, Some(POLL_FOR))?;
        for event in &events {
            if let Some(screen) = screens.get_mut(event.token().0) {
                screen.read(&mut buffer, &mut known, counted, start);
            }
        }
        let confirming = screens.iter_mut().filter(|screen| screen.confirms);
        confirming.for_each(|screen| screen.confirm(&known));
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
        if text.starts_with(br#"{"t":"cards""#) || text.starts_with(SOCKET_IO_CARDS) {
            match known.number(self.log.view, text) {
                Some(number) => self.log.got.push((number, at_us)),
                None => self.trouble("cards that nobody can read"),
            }
            counted.cards.fetch_add(1, Ordering::Relaxed);
        } else if let Some(answer) = socket_io(text) {
            if self.stream.write(answer).is_err() {
                self.trouble("a word could not be said");
            }
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

    /// Says what it has painted, if it has not lately.
    fn confirm(&mut self, known: &Known) {
        let Some((number, _)) = self.log.got.last() else { return };
        let seq = known.cards[*number as usize].seq;
        if seq <= self.confirmed || self.confirmed_at.is_some_and(|at| at.elapsed() < WORD_EVERY) {
            return;
        }
        (self.confirmed, self.confirmed_at) = (seq, Some(Instant::now()));
        if self.stream.write(&ack(seq)).is_err() {
            self.trouble("a word could not be said");
        }
    }

    fn trouble(&mut self, what: &str) {
        self.log.trouble.get_or_insert_with(|| what.to_owned());
    }
}
