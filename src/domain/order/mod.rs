//! One Send: from a tablet's draft to the rows it becomes. Prices and routing are decided here, once.
//!
//! `Draft` (as it came) -> [`Slip::parse`] (shape and limits) -> [`place`] (what this house sells, and where it is
//! cooked) -> [`Placement`] (rows, ready to write) -> [`Placement::cards`] (what the board shows of them). A refusal names every line and field that is wrong, not just the
//! first.

mod cards;
mod placement;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use cards::Taken;
pub use placement::{
    PlacedFire, PlacedLine, PlacedTicket, PlacedTicketLine, Placement, against, beyond, chosen, place,
    place_for,
};

use super::allergy::{Allergen, Allergies, Allergy};
use super::check::OrderType;
use super::course::COURSES_MAX;
use super::ids::{CheckId, ItemId, ModifierId, OrderId, TableId};

/// Lines on one slip, at most.
pub const LINES_MAX: usize = 60;
/// Units on one line, at most.
pub const QUANTITY_MAX: i64 = 99;
/// Characters in a note, at most: what a card can show.
pub const NOTE_CHARS_MAX: usize = 140;

/// Words to the kitchen as they are kept: trimmed, and none at all where nothing is said.
///
/// # Errors
/// What is wrong with them.
pub fn note(words: &str) -> Result<Option<String>, &'static str> {
    let words = words.trim();
    match words.chars().count() {
        0 => Ok(None),
        count if NOTE_CHARS_MAX < count => Err("A note takes at most 140 characters."),
        _ if words.chars().any(char::is_control) => Err("A note is one line of plain text."),
        _ => Ok(Some(words.to_owned())),
    }
}
/// Choices on one line, at most.
pub const MODIFIERS_MAX: usize = 20;

/// An order as a tablet or a machine sends it. Nothing in it is trusted yet.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Draft {
    /// Made on the tablet: the idempotency key. Required.
    pub id: Option<OrderId>,
    /// The table that ordered, if it is one.
    #[serde(default)]
    pub table_id: Option<TableId>,
    /// The check to add to; none opens one, or joins the table's open one.
    #[serde(default)]
    pub check_id: Option<CheckId>,
    /// How the guests eat; at a table, dine-in.
    #[serde(default)]
    pub order_type: Option<OrderType>,
    /// Guests, if somebody said.
    #[serde(default)]
    pub covers: Option<i64>,
    /// What they want.
    #[serde(default)]
    pub lines: Vec<DraftLine>,
    /// What they must not eat, as far as they say it now.
    #[serde(default)]
    pub allergies: Vec<DraftAllergy>,
}

/// What a guest must not eat, as it was told.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct DraftAllergy {
    /// Which seat; none: the whole table.
    #[serde(default)]
    pub seat: Option<i64>,
    /// Which of the fourteen.
    #[serde(default)]
    pub allergens: Vec<String>,
}

/// A line of a draft.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct DraftLine {
    /// What.
    pub item_id: Option<ItemId>,
    /// How many; one, if nothing is said.
    #[serde(default)]
    pub quantity: Option<i64>,
    /// Choices.
    #[serde(default)]
    pub modifiers: Vec<ModifierId>,
    /// Whose plate.
    #[serde(default)]
    pub seat: Option<i64>,
    /// Serving phase; one, if nothing is said.
    #[serde(default)]
    pub course: Option<i64>,
    /// Known to the kitchen, but not to be cooked yet. If nothing is said, the slip's first course fires and the rest
    /// holds.
    #[serde(default)]
    pub hold: Option<bool>,
    /// Free words to the kitchen.
    #[serde(default)]
    pub note: Option<String>,
    /// What it contains although its guest must not eat it: the guest was asked, and the kitchen leaves it out.
    #[serde(default)]
    pub despite_allergy: Vec<String>,
}

/// A draft within its limits. Equal slips are equal orders: a repeat is told from another order by this value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Slip {
    id: OrderId,
    table_id: Option<TableId>,
    check_id: Option<CheckId>,
    order_type: OrderType,
    covers: Option<i16>,
    lines: Vec<SlipLine>,
    // What was not said is not hashed: slips of before these fields hash as they did.
    #[serde(skip_serializing_if = "Allergies::is_empty")]
    allergies: Allergies,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct SlipLine {
    item_id: ItemId,
    quantity: i32,
    modifiers: Vec<ModifierId>,
    seat: Option<i16>,
    course: i16,
    /// Said, where it differs from what the course says. Slips of before this field read and hash as they did.
    #[serde(skip_serializing_if = "Option::is_none")]
    hold: Option<bool>,
    note: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    despite_allergy: Vec<Allergen>,
}

/// One thing wrong with an order, said so that the waiter can mend it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// Which line, counted from 0; none when it is about the whole order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The field's name in the JSON body.
    pub field: &'static str,
    /// What to do about it.
    pub message: String,
}

impl Refusal {
    /// About the order as a whole.
    pub fn of_order(field: &'static str, message: impl Into<String>) -> Self {
        Self { line: None, field, message: message.into() }
    }

    fn of_line(line: usize, field: &'static str, message: impl Into<String>) -> Self {
        Self { line: Some(line), field, message: message.into() }
    }
}

impl Slip {
    /// Checks shape and limits. What this house sells is [`place`]'s business.
    pub fn parse(mut draft: Draft) -> Result<Self, Vec<Refusal>> {
        let mut refusals = Vec::new();
        if draft.id.is_none() {
            refusals.push(Refusal::of_order("id", "An order needs an id: a UUID made on the tablet."));
        }
        if draft.lines.is_empty() {
            refusals.push(Refusal::of_order("lines", "Nothing is ordered yet."));
        }
        if draft.lines.len() > LINES_MAX {
            let message = format!("At most {LINES_MAX} lines fit one order. Send the rest as a second one.");
            return Err(vec![Refusal::of_order("lines", message)]);
        }
        let covers = within(draft.covers, 1..=99).unwrap_or_else(|()| {
            refusals.push(Refusal::of_order("covers", "Guests are counted from 1 to 99."));
            None
        });
        let parsed: Vec<_> = std::mem::take(&mut draft.lines)
            .into_iter()
            .enumerate()
            .map(|(n, line)| SlipLine::parse(n, line))
            .collect();
        let mut lines = Vec::with_capacity(parsed.len());
        for line in parsed {
            match line {
                Ok(line) => lines.push(line),
                Err(wrong) => refusals.extend(wrong),
            }
        }
        let allergies = allergies(&draft.allergies).unwrap_or_else(|message| {
            refusals.push(Refusal::of_order("allergies", message));
            Allergies::default()
        });
        let first = first_course(&lines);
        for line in &mut lines {
            line.hold = line.hold.filter(|hold| *hold != (first < line.course));
        }
        let at_table = draft.table_id.is_some() || draft.check_id.is_some();
        let order_type = match draft.order_type {
            Some(order_type) => order_type,
            None if at_table => OrderType::DineIn,
            None => OrderType::Takeaway,
        };
        if order_type == OrderType::DineIn && !at_table {
            refusals.push(Refusal::of_order("table_id", "A dine-in order needs its table."));
        }
        match draft.id {
            Some(id) if refusals.is_empty() => {
                let Draft { table_id, check_id, .. } = draft;
                Ok(Self { id, table_id, check_id, order_type, covers, lines, allergies })
            }
            _ => Err(refusals),
        }
    }

    /// The idempotency key.
    pub fn id(&self) -> OrderId {
        self.id
    }

    /// The check it adds to, if it names one.
    pub fn check_id(&self) -> Option<CheckId> {
        self.check_id
    }

    /// How its guests eat, as far as it says.
    pub fn order_type(&self) -> OrderType {
        self.order_type
    }

    /// Whether a line waits for somebody to fire it: every course but the slip's first, unless the line says otherwise.
    fn holds(&self, line: &SlipLine) -> bool {
        line.hold.unwrap_or(first_course(&self.lines) < line.course)
    }

    /// The table it names.
    pub fn table_id(&self) -> Option<TableId> {
        self.table_id
    }
}

impl SlipLine {
    fn parse(n: usize, line: DraftLine) -> Result<Self, Vec<Refusal>> {
        let mut refusals = Vec::new();
        let mut refuse = |field, message: &str| refusals.push(Refusal::of_line(n, field, message));
        if line.item_id.is_none() {
            refuse("item_id", "This line names no dish.");
        }
        let quantity = line.quantity.unwrap_or(1);
        if !(1..=QUANTITY_MAX).contains(&quantity) {
            refuse("quantity", "A line takes 1 to 99 units.");
        }
        let seat = within(line.seat, 1..=99).unwrap_or_else(|()| {
            refuse("seat", "Seats are counted from 1 to 99.");
            None
        });
        let course = within(line.course, 1..=i64::from(COURSES_MAX)).unwrap_or_else(|()| {
            refuse("course", "Courses are counted from 1 to 9.");
            None
        });
        if line.modifiers.len() > MODIFIERS_MAX {
            refuse("modifiers", "A line takes at most 20 choices.");
        }
        let despite_allergy = allergens(&line.despite_allergy).unwrap_or_else(|message| {
            refuse("despite_allergy", &message);
            Vec::new()
        });
        let note = note(line.note.as_deref().unwrap_or_default()).unwrap_or_else(|words| {
            refuse("note", words);
            None
        });
        match (line.item_id, i32::try_from(quantity)) {
            (Some(item_id), Ok(quantity)) if refusals.is_empty() => Ok(Self {
                item_id,
                quantity,
                modifiers: line.modifiers,
                seat,
                course: course.unwrap_or(1),
                hold: line.hold,
                note,
                despite_allergy,
            }),
            _ => Err(refusals),
        }
    }
}

/// Seats with an allergy that one Send tells, at most.
const ALLERGIES_MAX: usize = 40;

/// What guests must not eat, as they told it: a seat from 1 to 99, or the whole table, and some of the fourteen.
///
/// # Errors
///
/// What is wrong with it, in words.
pub fn allergies(told: &[DraftAllergy]) -> Result<Allergies, String> {
    if told.len() > ALLERGIES_MAX {
        return Err(format!("At most {ALLERGIES_MAX} seats with an allergy fit one order."));
    }
    told.iter().try_fold(Allergies::default(), |all, one| {
        let seat = within(one.seat, 1..=99).map_err(|()| "An allergy's seat is counted from 1 to 99.")?;
        Ok(all.with(&Allergy { seat, allergens: allergens(&one.allergens)? }))
    })
}

/// Some of the fourteen, in order, each once.
fn allergens(keys: &[String]) -> Result<Vec<Allergen>, String> {
    let read = |key: &String| {
        let known = || Allergen::words(&Allergen::ALL);
        Allergen::from_key(key).ok_or_else(|| format!("{key:?} is none of the allergens: {}.", known()))
    };
    let mut read = keys.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    read.sort_unstable();
    read.dedup();
    Ok(read)
}

fn first_course(lines: &[SlipLine]) -> i16 {
    lines.iter().map(|line| line.course).min().unwrap_or(1)
}

fn within(value: Option<i64>, range: std::ops::RangeInclusive<i64>) -> Result<Option<i16>, ()> {
    match value {
        None => Ok(None),
        Some(value) if range.contains(&value) => i16::try_from(value).map(Some).map_err(|_| ()),
        Some(_) => Err(()),
    }
}
