//! All-day: how much of each dish a view's cards still ask for. A sum over the cards, so there is no counter that
//! could drift. A station, or a screen of several, counts the lines of its tickets, the house (expo) its order lines. With its modifiers a dish is the sum of
//! the ways it is wanted, so the two counts cannot differ either.

use std::collections::{BTreeMap, HashSet};

use askama::Template;

use crate::domain::card::{ChosenModifier, FireCard, TicketCard};
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
    /// The same units by what was chosen with them, the most first, then by words.
    pub ways: Vec<Way>,
}

/// Units of a dish that are wanted alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// How many.
    pub units: i64,
    /// What was chosen, in the menu's order; nothing: as it is.
    pub choices: Vec<ChosenModifier>,
}

impl Dish {
    /// Whether anything was chosen with any of it.
    pub fn has_choices(&self) -> bool {
        self.ways.iter().any(|way| !way.choices.is_empty())
    }
}

impl Way {
    /// `Medium rare, NO onion`.
    pub fn words(&self) -> String {
        if self.choices.is_empty() {
            return "as it is".to_owned();
        }
        self.choices.iter().map(ChosenModifier::words).collect::<Vec<_>>().join(", ")
    }
}

/// Over the cards of a station or of several: held tickets and ready lines don't count. A dish that several of them make
/// together is one dish to make, as long as one of them is not through with it.
pub fn of_station<'a>(tickets: impl IntoIterator<Item = &'a TicketCard>) -> Totals {
    let (mut totals, mut counted) = (Adding::default(), HashSet::new());
    for ticket in tickets {
        if ticket.state == TicketState::Open {
            totals.open += 1;
            for line in ticket.lines.iter().filter(|line| line.state != LineState::Ready) {
                // Who makes a choice counts that choice, whatever dish it goes with.
                let choices = if line.part.is_none() { line.modifiers.as_slice() } else { &[] };
                if counted.insert((line.line_id, line.part.as_deref())) {
                    totals.add(line.made(), choices, line.live());
                }
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
            totals.add(&line.name, &line.modifiers, line.quantity - line.voided);
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
    dishes: BTreeMap<&'a str, Vec<Way>>,
}

impl<'a> Adding<'a> {
    fn add(&mut self, name: &'a str, choices: &[ChosenModifier], units: i32) {
        if units <= 0 {
            return;
        }
        let ways = self.dishes.entry(name).or_default();
        match ways.iter_mut().find(|way| way.choices == choices) {
            Some(way) => way.units += i64::from(units),
            None => ways.push(Way { units: i64::from(units), choices: choices.to_vec() }),
        }
    }

    fn done(self) -> Totals {
        let dish = |(name, mut ways): (&str, Vec<Way>)| {
            ways.sort_by_cached_key(|way| (std::cmp::Reverse(way.units), way.words()));
            Dish { name: name.to_owned(), units: ways.iter().map(|way| way.units).sum(), ways }
        };
        let mut dishes: Vec<_> = self.dishes.into_iter().map(dish).collect();
        dishes.sort_by_key(|dish| std::cmp::Reverse(dish.units)); // stable: names stay in order
        Totals { open: self.open, dishes }
    }
}
