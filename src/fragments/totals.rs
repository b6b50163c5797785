//! All-day: how much of each dish a view's cards still ask for. A sum over the cards, so there is no counter that
//! could drift. A station counts its ticket lines, the house (expo) its order lines; with or without modifiers, a
//! dish is a dish.

use std::collections::BTreeMap;

use askama::Template;

use crate::domain::card::{FireCard, TicketCard};
use crate::domain::ticket::{LineState, TicketState};

/// What the cards of a view come to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Totals {
    /// Tickets (on expo: fires) that are being worked on.
    pub open: usize,
    /// Units to make by dish, the most first, then by name.
    pub dishes: Vec<Dish>,
}

/// One dish's units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dish {
    /// By its kitchen name.
    pub name: String,
    /// Fired or started, not void, not ready.
    pub units: i64,
}

/// Over a station's cards: held tickets and ready lines don't count.
pub fn of_station<'a>(tickets: impl IntoIterator<Item = &'a TicketCard>) -> Totals {
    let mut totals = Adding::default();
    for ticket in tickets {
        if ticket.state == TicketState::Open {
            totals.open += 1;
            for line in ticket.lines.iter().filter(|line| line.state != LineState::Ready) {
                totals.add(&line.name, line.live());
            }
        }
    }
    totals.done()
}

/// Over expo's cards: the house count. What is held does not count.
pub fn of_house<'a>(fires: impl IntoIterator<Item = &'a FireCard>) -> Totals {
    let mut totals = Adding::default();
    for fire in fires.into_iter().filter(|fire| !fire.is_held()) {
        totals.open += 1;
        for line in fire.lines.iter().filter(|line| !line.ready) {
            totals.add(&line.name, line.quantity - line.voided);
        }
    }
    totals.done()
}

/// What stands inside the all-day article. Its digest becomes the article's `data-seq`.
///
/// # Errors
///
/// None but askama's own; writing to a string does not fail.
pub fn all_day_body(totals: &Totals) -> Result<String, askama::Error> {
    AllDayBody { totals }.render()
}

/// The all-day article around a body of [`all_day_body`]; `seq` is the body's digest.
pub fn all_day_article(seq: i64, body: &str) -> String {
    format!(
        r#"<article id="all-day" class="all-day" data-fold data-seq="{seq}" aria-label="All day">{body}</article>"#
    )
}

/// The body of [`all_day_body`].
#[derive(Debug, Template)]
#[template(path = "kitchen/_all_day.html")]
pub struct AllDayBody<'a> {
    /// What to print.
    pub totals: &'a Totals,
}

#[derive(Default)]
struct Adding<'a> {
    open: usize,
    units: BTreeMap<&'a str, i64>,
}

impl<'a> Adding<'a> {
    fn add(&mut self, name: &'a str, units: i32) {
        if units > 0 {
            *self.units.entry(name).or_default() += i64::from(units);
        }
    }

    fn done(self) -> Totals {
        let mut dishes: Vec<_> =
            self.units.into_iter().map(|(name, units)| Dish { name: name.to_owned(), units }).collect();
        dishes.sort_by_key(|dish| std::cmp::Reverse(dish.units)); // stable: names stay in order
        Totals { open: self.open, dishes }
    }
}
