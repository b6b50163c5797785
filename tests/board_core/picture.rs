//! Rows and views small enough to collide all the time.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use comanda::board::core::{Article, Frame, Picture, Seq, fnv1a};
use serde_json::{Map, Value, json};

/// A stamped row: which stations it is at (a bit each), how many units, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) key: u16,
    pub(crate) seq: Seq,
    pub(crate) stations: u8,
    pub(crate) units: u8,
    pub(crate) shown: Option<Seq>,
}

/// When a view has a fold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Folds {
    Never,
    WithCards,
    Always,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct View {
    /// Shows rows at any of these stations; 0 shows every row.
    pub(crate) stations: u8,
    pub(crate) folds: Folds,
    /// Bytes added to each card.
    pub(crate) padding: usize,
}

/// Two stations, expo and the floor with its fat tiles.
pub(crate) const VIEWS: [View; 4] = [
    View { stations: 0b01, folds: Folds::WithCards, padding: 0 },
    View { stations: 0b10, folds: Folds::Always, padding: 0 },
    View { stations: 0b11, folds: Folds::Always, padding: 40 },
    View { stations: 0, folds: Folds::Never, padding: 250 },
];

pub(crate) struct Kitchen;

impl Picture for Kitchen {
    type Key = u16;
    type Row = Row;
    type View = View;
    type Wire = Arc<str>;

    fn key(row: &Row) -> u16 {
        row.key
    }

    fn seq(row: &Row) -> Seq {
        row.seq
    }

    fn shows(view: &View, row: &Row) -> bool {
        view.stations == 0 || view.stations & row.stations != 0
    }

    fn draw(view: &View, row: &Row) -> Article {
        let Row { key, seq, stations, units, .. } = row;
        let html = format!(
            "<article id=\"t-{key}\" data-seq=\"{seq}\" data-version=\"{units}\" data-sort=\"{seq:06}\" \
             data-cues=\"new@{seq}\" title=\"5 &gt; 4 &quot;{stations}&quot;\">\n<b>{units} Crème brûlée</b>\
             {}</article>",
            "·".repeat(view.padding / 2)
        );
        Article::card(format!("t-{key}"), *seq, html)
    }

    fn fold<'rows>(view: &View, rows: impl Iterator<Item = &'rows Row>) -> Option<Article> {
        let units: Vec<u8> = rows.map(|row| row.units).collect();
        if view.folds == Folds::Never || (view.folds == Folds::WithCards && units.is_empty()) {
            return None;
        }
        let total: u32 = units.iter().map(|units| u32::from(*units)).sum();
        let body = format!("<li>{total} Crème brûlée</li>");
        Some(Article::fold("all-day", &body, |seq| {
            format!("<article id=\"all-day\" data-seq=\"{seq}\" data-fold>{body}</article>")
        }))
    }

    fn shown_seq(row: &Row) -> Option<Seq> {
        row.shown
    }
}

/// What a screen of the view shows when it shows exactly these rows: id -> (data-seq, element).
pub(crate) type Cards = BTreeMap<String, (Seq, String)>;

pub(crate) fn render(view: &View, rows: &BTreeMap<u16, Row>) -> Cards {
    let shown = || rows.values().filter(|row| Kitchen::shows(view, row));
    let cards = shown().map(|row| Kitchen::draw(view, row)).chain(Kitchen::fold(view, shown()));
    cards.map(|card| (card.id().to_string(), (card.seq(), card.html().to_string()))).collect()
}

pub(crate) fn sum(cards: &Cards) -> u32 {
    cards.iter().fold(0_u32, |sum, (id, (seq, _))| sum.wrapping_add(fnv1a(format!("{id}@{seq}").as_bytes())))
}

/// A frame as text: header line, LF, articles. A snapshot also names its epoch.
pub(crate) fn encode<W>(frame: &Frame<W>, epoch: Option<&str>) -> Arc<str> {
    let mut header = Map::new();
    header.insert("t".into(), json!("cards"));
    header.insert("from".into(), json!(frame.from));
    header.insert("seq".into(), json!(frame.seq));
    let ids = |ids: &[Arc<str>]| ids.iter().map(|id| json!(id.as_ref())).collect::<Value>();
    if !frame.gone.is_empty() {
        header.insert("gone".into(), ids(&frame.gone));
    }
    if let Some(all) = &frame.all {
        header.insert("all".into(), ids(all));
    }
    if let Some(epoch) = epoch {
        header.insert("epoch".into(), json!(epoch));
    }
    header.insert("now_ms".into(), json!(1_700_000_000_000_u64));
    let mut text = Value::Object(header).to_string();
    for article in &frame.articles {
        let _ = write!(text, "\n{}", article.html());
    }
    text.into()
}
