//! The cooks, the pass and the till: without them the boards would grow for as long as a run lasts, and no kitchen's
//! board does. They work through the same doors as people do.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use uuid::Uuid;

use crate::Failure;
use crate::http::Line;

/// The kitchen's stations, as the demo restaurant names them.
pub(crate) const STATIONS: [&str; 5] = ["grill", "fry", "cold", "pizza", "bar"];
/// A table pays when it has sent so often.
const SENDS_A_CHECK: u32 = 4;

/// What open checks owe: cash, the exact amount.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tabs(Arc<Mutex<HashMap<Uuid, (i64, u32)>>>);

impl Tabs {
    pub(crate) fn add(&self, check_id: Uuid, due_minor: i64) {
        let mut tabs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let tab = tabs.entry(check_id).or_default();
        *tab = (tab.0 + due_minor, tab.1 + 1);
    }

    fn due(&self, sends_min: u32) -> Vec<(Uuid, i64)> {
        let mut tabs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tabs.extract_if(|_, (_, sends)| *sends >= sends_min)
            .map(|(check_id, (due, _))| (check_id, due))
            .collect()
    }
}

/// Everyone who works off what the tablets send.
#[derive(Debug)]
pub(crate) struct Kitchen {
    line: Line,
    tabs: Tabs,
}

impl Kitchen {
    pub(crate) async fn open(address: SocketAddr, token: &str, tabs: Tabs) -> Result<Self, Failure> {
        Ok(Self { line: Line::open(address, token).await?, tabs })
    }

    /// Bumps all but each board's newest `keep` cards, hands over, and lets tables pay.
    pub(crate) async fn work(&mut self, keep: usize) -> Result<(), Failure> {
        for station in STATIONS {
            for card in self.cards(&format!("station-{station}"), "t-", keep).await? {
                let path = format!("/tickets/{}/bump", card.id);
                self.post(&path, &format!("version={}", card.version)).await?;
            }
        }
        for card in self.cards("expo", "f-", keep).await? {
            self.post(&format!("/fires/{}/bump", card.id), "").await?;
        }
        for (check_id, due) in self.tabs.due(if keep == 0 { 0 } else { SENDS_A_CHECK }) {
            let slip = format!("tender_id={}&amount_minor={due}", Uuid::now_v7());
            self.post(&format!("/checks/{check_id}/close"), &slip).await?;
        }
        Ok(())
    }

    /// The cards of a view, without its newest ones.
    async fn cards(&mut self, view: &str, prefix: &str, keep: usize) -> Result<Vec<Work>, Failure> {
        let answer = self.line.get(&format!("/board/{view}")).await?;
        let body = String::from_utf8(answer.body)?;
        let mut cards: Vec<Work> =
            body.split("<article ").filter_map(|text| Work::read(text, prefix)).collect();
        cards.sort_by_key(|card| card.seq);
        cards.truncate(cards.len().saturating_sub(keep));
        Ok(cards)
    }

    /// A conflict is another cook's: the card had moved on when our hand came down.
    async fn post(&mut self, path: &str, form: &str) -> Result<(), Failure> {
        match self.line.post_form(path, form).await?.status {
            204 | 409 => Ok(()),
            status => Err(format!("{path} answered {status}").into()),
        }
    }
}

/// A card to work off.
struct Work {
    id: String,
    version: i64,
    seq: i64,
}

impl Work {
    fn read(article: &str, prefix: &str) -> Option<Self> {
        let id = attribute(article, "id")?.strip_prefix(prefix)?.to_owned();
        let seq = attribute(article, "data-seq")?.parse().ok()?;
        let version =
            attribute(article, "data-version").and_then(|version| version.parse().ok()).unwrap_or(0);
        Some(Self { id, version, seq })
    }
}

/// `id="t-1" data-seq="7"` -> the value of one of them, in the article's own tag.
pub(crate) fn attribute<'a>(article: &'a str, name: &str) -> Option<&'a str> {
    let tag = article.split('>').next()?;
    tag.split(&format!("{name}=\"")).nth(1)?.split('"').next()
}
