//! A slot: an article, and beside it how old it is now.
//!
//! The article is everybody's and stands byte for byte as it was drawn; its age is the page's own. Without
//! JavaScript the page, drawn again every five seconds, writes the age; with it a clock takes over in the same
//! place.

use std::sync::Arc;

/// A card on a page.
#[derive(Debug, Clone)]
pub struct Slot {
    /// The whole article.
    pub html: Arc<str>,
    /// How old it is; none for what has no clock.
    pub age: Option<Age>,
}

/// A ticket's age when the page was drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Age {
    /// Whole seconds since the fire.
    pub seconds: i64,
    /// Against the limits.
    pub standing: Standing,
}

/// How an age stands against its two limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Below both.
    OnTime,
    /// Past the first.
    Warn,
    /// Past the second.
    Late,
}

/// A view's articles as a page shows them: slots in the order of `data-sort`, and the all-day article apart.
pub fn wall(articles: impl IntoIterator<Item = Arc<str>>, now_ms: i64) -> (Vec<Slot>, Option<Arc<str>>) {
    let (folds, mut cards): (Vec<_>, Vec<_>) =
        articles.into_iter().partition(|html| attribute(html, "data-sort").is_none());
    cards.sort_by(|left, right| attribute(left, "data-sort").cmp(&attribute(right, "data-sort")));
    let slots = cards.into_iter().map(|html| Slot::drawn(html, now_ms)).collect();
    (slots, folds.into_iter().next())
}

impl Slot {
    /// A card that was drawn before, read for its clock.
    pub fn drawn(html: Arc<str>, now_ms: i64) -> Self {
        let age = Age::read(&html, now_ms);
        Self { html, age }
    }

    /// Whether it is past its second limit.
    pub fn is_late(&self) -> bool {
        self.age.is_some_and(|age| age.standing == Standing::Late)
    }
}

impl Age {
    fn read(html: &str, now_ms: i64) -> Option<Self> {
        let fired_ms = number(html, "data-fired-ms")?;
        let (warn_s, late_s) = (number(html, "data-warn-s")?, number(html, "data-late-s")?);
        let seconds = (now_ms - fired_ms).max(0) / 1_000;
        let standing = match seconds {
            seconds if seconds >= late_s => Standing::Late,
            seconds if seconds >= warn_s => Standing::Warn,
            _ => Standing::OnTime,
        };
        Some(Self { seconds, standing })
    }

    /// `07:31`; minutes go on past 99.
    pub fn clock(self) -> String {
        format!("{:02}:{:02}", self.seconds / 60, self.seconds % 60)
    }
}

impl Standing {
    /// The word beside the clock.
    pub fn word(self) -> &'static str {
        match self {
            Self::OnTime => "",
            Self::Warn => "Soon late",
            Self::Late => "Late",
        }
    }

    /// What the stylesheet knows it by.
    pub fn class(self) -> &'static str {
        match self {
            Self::OnTime => "is-on-time",
            Self::Warn => "is-warn",
            Self::Late => "is-late",
        }
    }
}

fn number(html: &str, name: &str) -> Option<i64> {
    attribute(html, name)?.parse().ok()
}

/// An attribute of our own markup: free text in it is escaped, so `name="` is found only where we wrote it.
fn attribute<'a>(html: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = html.split_once(&format!(r#" {name}=""#))?;
    Some(rest.split_once('"')?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CARD: &str = r#"<article id="t-1"><time data-fired-ms="1000" data-warn-s="300" data-late-s="600"></time></article>"#;

    fn age(now_ms: i64) -> Age {
        Slot::drawn(CARD.into(), now_ms).age.expect("the card has a clock")
    }

    #[test]
    fn an_age_turns_warn_then_late_on_the_second() {
        assert_eq!(age(300_999).standing, Standing::OnTime);
        assert_eq!(age(301_000).standing, Standing::Warn);
        assert_eq!(age(601_000).standing, Standing::Late);
    }

    #[test]
    fn a_clock_reads_minutes_and_seconds() {
        assert_eq!(age(1000 + 451_000).clock(), "07:31");
        assert_eq!(age(0).clock(), "00:00");
        assert_eq!(age(1000 + 6_060_000).clock(), "101:00");
    }

    #[test]
    fn a_card_without_a_clock_has_no_age() {
        assert_eq!(Slot::drawn(r#"<article id="t-1"></article>"#.into(), 0).age, None);
    }
}
