//! A screen's page, written a second time from the rules of the protocol and nothing else.

use std::collections::BTreeSet;

use comanda::board::core::{Epoch, Seq, fnv1a};
use serde_json::{Value, json};

use super::picture::{Cards, sum};

/// What a message did to the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Took {
    Applied,
    Ignored,
    /// Something was missed: fetch the snapshot since what is shown.
    Resync,
    /// What is shown is not what it should be: fetch everything.
    ResyncFromZero,
    /// The checksum differs: fetch everything, and say so.
    Mismatch,
    /// Hello: nothing is wrong.
    Live,
    /// A reset follows, or is here.
    Reset,
}

impl Took {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Ignored => "ignored",
            Self::Resync => "resync",
            Self::ResyncFromZero => "resync-from-0",
            Self::Mismatch => "mismatch",
            Self::Live => "live",
            Self::Reset => "reset",
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) epoch: Option<Epoch>,
    pub(crate) seq: Seq,
    pub(crate) cards: Cards,
}

struct Piece<'text> {
    id: &'text str,
    seq: Seq,
    fold: bool,
    html: &'text str,
}

impl Page {
    pub(crate) fn take(&mut self, text: &str) -> Took {
        let (header, body) = text.split_once('\n').unwrap_or((text, ""));
        let header: Value = serde_json::from_str(header).expect("a header is JSON");
        match header["t"].as_str() {
            Some("cards") => self.take_cards(&header, &pieces(body)),
            Some("beat") => self.take_beat(&header),
            Some("hello") => {
                let same = header["epoch"].as_str() == self.epoch.as_deref();
                if same && self.seq <= number(&header["seq"]) { Took::Live } else { Took::Reset }
            }
            Some("reset") => Took::Reset,
            _ => panic!("an unknown message: {text}"),
        }
    }

    fn take_cards(&mut self, header: &Value, pieces: &[Piece<'_>]) -> Took {
        let (from, seq) = (number(&header["from"]), number(&header["seq"]));
        let all: Option<BTreeSet<&str>> = header["all"].as_array().map(|all| names(all).collect());
        let snapshot = from == 0 && all.is_some();
        if !snapshot && self.seq < from {
            return Took::Resync;
        }
        if !snapshot && seq <= self.seq {
            return Took::Ignored;
        }
        let mut cards = if snapshot { Cards::new() } else { self.cards.clone() };
        for piece in pieces {
            let newer = cards.get(piece.id).is_none_or(|(seq, _)| *seq < piece.seq);
            if newer || piece.fold {
                cards.insert(piece.id.to_owned(), (piece.seq, piece.html.to_owned()));
            }
        }
        for id in names(header["gone"].as_array().map_or(&[], Vec::as_slice)) {
            cards.remove(id);
        }
        if let Some(all) = all {
            cards.retain(|id, _| all.contains(id.as_str()));
            if cards.len() < all.len() {
                return Took::ResyncFromZero;
            }
        }
        if let Some(epoch) = header["epoch"].as_str() {
            self.epoch = Some(epoch.into());
        }
        self.cards = cards;
        self.seq = seq;
        Took::Applied
    }

    fn take_beat(&mut self, header: &Value) -> Took {
        let (from, seq) = (number(&header["from"]), number(&header["seq"]));
        if self.seq < from {
            return Took::Resync;
        }
        if seq < self.seq {
            return Took::Ignored; // of an older state than the one shown: proves nothing
        }
        if header["sum"].as_u64() != Some(u64::from(sum(&self.cards))) {
            return Took::Mismatch;
        }
        self.seq = seq;
        Took::Applied
    }

    /// What the page shows, short enough to write down after every step.
    pub(crate) fn digest(&self) -> Value {
        let cards = self.cards.iter();
        let cards = cards.map(|(id, (seq, html))| (id.clone(), json!([seq, fnv1a(html.as_bytes())])));
        json!({ "epoch": self.epoch.as_deref(), "seq": self.seq, "cards": cards.collect::<Value>() })
    }
}

fn number(value: &Value) -> Seq {
    value.as_i64().expect("a number")
}

fn names(ids: &[Value]) -> impl Iterator<Item = &str> {
    ids.iter().filter_map(Value::as_str)
}

fn pieces(mut body: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    while let Some(start) = body.find("<article") {
        let end = start + body[start..].find("</article>").expect("an end") + "</article>".len();
        let html = &body[start..end];
        let tag = &html[..html.find('>').expect("a tag")];
        let value = |name: &str| {
            let start = tag.find(name).expect("an attribute") + name.len();
            &tag[start..start + tag[start..].find('"').expect("a quote")]
        };
        pieces.push(Piece {
            id: value(" id=\""),
            seq: value(" data-seq=\"").parse().expect("a stamp"),
            fold: tag.contains(" data-fold"),
            html,
        });
        body = &body[end..];
    }
    pieces
}
