//! What the server says on a socket: unmasked frames with text, read with as little work as can be.
//!
//! Ten thousand screens of one view get the same bytes: each frame is understood once, and every later copy is
//! compared with it, byte for byte.

use std::collections::HashMap;

use uuid::Uuid;

use crate::kitchen::attribute;

/// A frame of the wire, cut from the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece<'a> {
    pub(crate) opcode: u8,
    pub(crate) payload: &'a [u8],
}

pub(crate) const TEXT: u8 = 1;
pub(crate) const CLOSE: u8 = 8;

/// Cuts the first frame off; none while it is not all there. The rest comes back with it.
pub(crate) fn cut(bytes: &[u8]) -> Option<(Piece<'_>, &[u8])> {
    let (first, second) = (*bytes.first()?, *bytes.get(1)?);
    let (length, head) = match second & 0x7f {
        126 => (usize::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?)), 4),
        127 => (usize::try_from(u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?)).ok()?, 10),
        short => (usize::from(short), 2),
    };
    let payload = bytes.get(head..head + length)?;
    Some((Piece { opcode: first & 0x0f, payload }, &bytes[head + length..]))
}

/// `{"t":"here"}` as a screen sends it: masked, with a mask of zeros.
pub(crate) const HERE: &[u8] = b"\x81\x8c\0\0\0\0{\"t\":\"here\"}";

/// `{"t":"ack","seq":7}`, likewise.
pub(crate) fn ack(seq: i64) -> Vec<u8> {
    let text = format!("{{\"t\":\"ack\",\"seq\":{seq}}}");
    let length = u8::try_from(text.len()).unwrap_or(0); // shorter than 126, whatever the turn
    [&[0x81, 0x80 | length, 0, 0, 0, 0], text.as_bytes()].concat()
}

/// What begins a Socket.IO event with cards: the rest is our message as a JSON string, and a bracket.
pub(crate) const SOCKET_IO_CARDS: &[u8] = br#"42["cards","#;

/// What Socket.IO's own words are answered with, masked with zeros; none for words that are not its own.
pub(crate) fn socket_io(text: &[u8]) -> Option<&'static [u8]> {
    match text {
        [b'0', b'{', ..] => Some(b"\x81\x82\x00\x00\x00\x0040"), // open: connect to the namespace
        [b'4', b'0', ..] => Some(b""),                           // connected
        b"2" => Some(b"\x81\x81\x00\x00\x00\x003"),              // ping
        _ => None,
    }
}

/// A message with cards, understood.
#[derive(Debug)]
pub(crate) struct Cards {
    bytes: Vec<u8>,
    pub(crate) from: i64,
    pub(crate) seq: i64,
    /// Its tickets, each with the stamp that its article carries.
    pub(crate) tickets: Vec<(Uuid, i64)>,
}

impl Cards {
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let wrapped = bytes.strip_prefix(SOCKET_IO_CARDS).and_then(|rest| rest.strip_suffix(b"]"));
        let unwrapped: Option<String> = wrapped.and_then(|rest| serde_json::from_slice(rest).ok());
        let text = match &unwrapped {
            Some(text) => text,
            None => str::from_utf8(bytes).ok()?,
        };
        let header = text.lines().next()?;
        let header: serde_json::Value = serde_json::from_str(header).ok()?;
        let tickets = text
            .split("<article ")
            .skip(1)
            .filter_map(|article| {
                let id = attribute(article, "id")?.strip_prefix("t-")?.parse().ok()?;
                Some((id, attribute(article, "data-seq")?.parse().ok()?))
            })
            .collect();
        let number = |name: &str| header.get(name).and_then(serde_json::Value::as_i64);
        Some(Self { bytes: bytes.to_vec(), from: number("from")?, seq: number("seq")?, tickets })
    }
}

/// Every message with cards that any screen got.
#[derive(Debug, Default)]
pub(crate) struct Known {
    pub(crate) cards: Vec<Cards>,
    /// By view, length and last bytes: the candidates that a copy is compared with.
    numbers: HashMap<(u16, usize, u64), Vec<u32>>,
}

impl Known {
    /// The number of a message; none if it is not understood.
    pub(crate) fn number(&mut self, view: u16, bytes: &[u8]) -> Option<u32> {
        // `{"t":"cards","from":1042,"seq":1043,...`: the turns tell frames of one view apart.
        let head = bytes.get(20..28).and_then(|head| head.try_into().ok()).map_or(0, u64::from_le_bytes);
        let candidates = self.numbers.entry((view, bytes.len(), head)).or_default();
        let is_it =
            |number: &&u32| self.cards.get(**number as usize).is_some_and(|cards| cards.bytes == bytes);
        if let Some(number) = candidates.iter().rev().find(is_it) {
            return Some(*number);
        }
        let number = u32::try_from(self.cards.len()).ok()?;
        self.cards.push(Cards::read(bytes)?);
        candidates.push(number);
        Some(number)
    }
}
