//! The subprotocol `board.v1`: one JSON header line, LF, then raw articles. See docs/board-protocol.md.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::core::{Frame, Seq};

/// The name that an upgrade asks for.
pub const SUBPROTOCOL: &str = "board.v1";
/// How often a cursor that lacks nothing is told so, in milliseconds.
pub const BEAT_MS: u64 = 5_000;
/// The most that a screen may say at once, in bytes.
pub const CLIENT_MESSAGE_BYTES_MAX: usize = 4 * 1024;
/// Cards that an acknowledgement may except.
pub const BUT_MAX: usize = 100;

/// A message of ours as it goes over the wire. The frame of the WebSocket is round it already: a server masks nothing,
/// so every socket of a view writes the same bytes.
#[derive(Debug, Clone)]
pub struct Message {
    framed: Bytes,
    text_at: usize,
}

impl Message {
    /// The end of a message and its beginning at once, and that it is text (RFC 6455, 5.2).
    const WHOLE_TEXT: u8 = 0x81;
    /// Up to here the length is one byte.
    const SHORT_MAX: u8 = 125;
    /// Two bytes of length follow.
    const MEDIUM: u8 = 126;
    /// Eight bytes of length follow.
    const LONG: u8 = 127;

    fn new(text: &[u8]) -> Self {
        let mut framed = Vec::with_capacity(text.len() + 10);
        framed.push(Self::WHOLE_TEXT);
        match (u8::try_from(text.len()), u16::try_from(text.len())) {
            (Ok(length @ ..=Self::SHORT_MAX), _) => framed.push(length),
            (_, Ok(length)) => {
                framed.push(Self::MEDIUM);
                framed.extend_from_slice(&length.to_be_bytes());
            }
            _ => {
                framed.push(Self::LONG);
                framed.extend_from_slice(&(text.len() as u64).to_be_bytes());
            }
        }
        let text_at = framed.len();
        framed.extend_from_slice(text);
        Self { framed: Bytes::from(framed), text_at }
    }

    /// For a socket.
    pub fn framed(&self) -> Bytes {
        self.framed.clone()
    }

    /// Without the frame: for an answer over HTTP.
    pub fn text(&self) -> Bytes {
        self.framed.slice(self.text_at..)
    }
}

/// What the server says without articles.
#[derive(Debug, Serialize)]
#[serde(tag = "t", rename_all = "lowercase")]
pub enum Said<'a> {
    /// The first words on a socket.
    Hello {
        /// Which history.
        epoch: &'a str,
        /// The board's turn.
        seq: Seq,
        /// How often to expect a beat.
        beat_ms: u64,
        /// The server's clock, milliseconds since 1970.
        now_ms: i64,
        /// The build that serves.
        build: &'a str,
    },
    /// Nothing for you in `(from, seq]`, as the database stood `checked_ms` ago.
    Beat {
        /// The view's last frame.
        from: Seq,
        /// The board's turn.
        seq: Seq,
        /// Age of the last proof, in milliseconds.
        checked_ms: u64,
        /// The server's clock.
        now_ms: i64,
        /// The view's checksum.
        sum: u32,
    },
    /// Fetch the snapshot after a random part of `within_ms`.
    Reset {
        /// Which history.
        epoch: &'a str,
        /// epoch, behind or slow.
        why: &'a str,
        /// The window in which all screens spread.
        within_ms: u64,
    },
    /// Another process has this address: open a second socket within `within_ms`, then close this one.
    Drain {
        /// The window in which all screens spread.
        within_ms: u64,
    },
}

impl Said<'_> {
    /// As it goes over the wire.
    pub fn encode(&self) -> Message {
        // Plain numbers and strings always serialise.
        Message::new(&serde_json::to_vec(self).unwrap_or_default())
    }
}

#[derive(Serialize)]
struct Cards<'a> {
    t: &'static str,
    from: Seq,
    seq: Seq,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    gone: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    all: Option<Vec<&'a str>>,
    now_ms: i64,
}

/// A frame as it goes over the wire: encoded for the first screen, shared by the others.
pub fn encode_frame(frame: &Frame<Message>, now_ms: i64) -> Message {
    let header = Cards {
        t: "cards",
        from: frame.from,
        seq: frame.seq,
        gone: frame.gone.iter().map(AsRef::as_ref).collect(),
        all: frame.all.as_ref().map(|all| all.iter().map(AsRef::as_ref).collect()),
        now_ms,
    };
    let mut text = Vec::with_capacity(frame.bytes());
    if serde_json::to_writer(&mut text, &header).is_err() {
        text.clear(); // plain numbers and strings always serialise
    }
    for article in &frame.articles {
        text.push(b'\n');
        text.extend_from_slice(article.html().as_bytes());
    }
    Message::new(&text)
}

/// What a screen says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "t", rename_all = "lowercase")]
pub enum Heard {
    /// Every card up to `seq` is painted on a visible page, but those.
    Ack {
        /// Up to where.
        seq: Seq,
        /// Cards on pages not yet shown, by element id.
        #[serde(default)]
        but: Vec<String>,
    },
    /// Still here.
    Here,
    /// After a reset: from where the snapshot left the screen.
    Attach {
        /// The history of its cards.
        epoch: String,
        /// The turn it stands at.
        since: Seq,
    },
}

impl Heard {
    /// Reads one message; none if it is not of the protocol.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > CLIENT_MESSAGE_BYTES_MAX {
            return None;
        }
        let heard: Self = serde_json::from_str(text).ok()?;
        match &heard {
            Self::Ack { but, .. } if but.len() > BUT_MAX => None,
            _ => Some(heard),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_is_understood() {
        assert_eq!(Heard::parse(r#"{"t":"here"}"#), Some(Heard::Here));
        let ack = Heard::Ack { seq: 7, but: vec!["t-9".to_owned()] };
        assert_eq!(Heard::parse(r#"{"t":"ack","seq":7,"but":["t-9"]}"#), Some(ack));
    }

    #[test]
    fn what_is_not_of_the_protocol_is_not_guessed_at() {
        for text in ["", "{}", r#"{"t":"ack"}"#, r#"{"t":"bump"}"#, "[]", "\u{0}"] {
            assert_eq!(Heard::parse(text), None, "{text:?}");
        }
        let long = format!(r#"{{"t":"ack","seq":1,"but":["{}"]}}"#, "x".repeat(CLIENT_MESSAGE_BYTES_MAX));
        assert_eq!(Heard::parse(&long), None);
    }

    #[test]
    fn a_message_of_any_length_is_in_a_frame_that_says_so() {
        let begins = [
            (125, &b"\x81\x7d"[..]),
            (126, b"\x81\x7e\0\x7e"),
            (65_535, b"\x81\x7e\xff\xff"),
            (65_536, b"\x81\x7f\0\0\0\0\0\x01\0\0"),
        ];
        for (length, head) in begins {
            let message = Message::new(&vec![b'x'; length]);
            assert_eq!((message.framed().len(), message.text().len()), (head.len() + length, length));
            assert!(message.framed().starts_with(head), "{length}");
        }
    }

    #[test]
    fn a_beat_is_one_line_of_json() {
        let beat = Said::Beat { from: 1, seq: 2, checked_ms: 3, now_ms: 4, sum: 5 }.encode();
        assert_eq!(beat.text(), r#"{"t":"beat","from":1,"seq":2,"checked_ms":3,"now_ms":4,"sum":5}"#);
    }
}
