//! A slip as it comes over the network: JSON, or the long form of a browser without scripts.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use serde::de::IntoDeserializer as _;

use super::error::{AppError, Result};
use crate::domain::check::OrderType;
use crate::domain::ids::{CheckId, GroupId, ItemId, ModifierId, OrderId, TableId};
use crate::domain::menu::House;
use crate::domain::order::{Draft, DraftAllergy, DraftLine, Refusal};

/// Reads a draft. `strict`: a machine's unknown field is a mistake; one of our own pages may be a build older or
/// newer than we are.
pub fn from_json(body: &[u8], strict: bool) -> Result<Draft> {
    let mut unknown = Vec::new();
    let mut json = serde_json::Deserializer::from_slice(body);
    let draft = serde_ignored::deserialize(&mut json, |path| unknown.push(path.to_string()))
        .and_then(|draft| json.end().map(|()| draft))
        .map_err(|err| {
            let status = if err.is_data() {
                "The order has a field of the wrong kind"
            } else {
                "The order is no JSON"
            };
            AppError::Unreadable(format!("{status}: {err}."))
        })?;
    match unknown.first() {
        Some(path) if strict => Err(AppError::Refused(vec![Refusal::of_order(
            "unknown",
            format!("There is no field {path:?} in an order."),
        )])),
        _ => Ok(draft),
    }
}

/// The long form as it was filled in: kept, so that a refusal loses nothing.
#[derive(Debug, Clone, Default)]
pub struct Entered {
    /// The order's id, made by the server when it drew the form.
    pub id: Option<OrderId>,
    /// Which table it said.
    pub table_id: Option<TableId>,
    /// Which check it said.
    pub check_id: Option<CheckId>,
    /// Where it said that the guests eat.
    pub order_type: Option<OrderType>,
    /// Guests, as typed.
    pub covers: String,
    /// Whose allergy, as typed: a seat, or nothing for the whole table.
    pub allergy_seat: String,
    /// What they must not eat, as ticked.
    pub allergens: Vec<String>,
    dishes: BTreeMap<ItemId, EnteredDish>,
}

/// One dish's part of the form, as typed.
#[derive(Debug, Clone, Default)]
struct EnteredDish {
    quantity: String,
    seat: String,
    course: String,
    note: String,
    despite_allergy: Vec<String>,
    choices: Vec<(GroupId, ModifierId)>,
}

/// Fields of the form, at most: every dish of a long menu with its choices.
const FIELDS_MAX: usize = 5_000;

/// Reads the long form: `quantity.<item>`, `choice.<item>.<group>`, `note.<item>`, `seat.<item>`,
/// `course.<item>`, `despite_allergy.<item>`; `allergy_seat` and each `allergen`.
pub fn from_form(body: &[u8]) -> Result<Entered> {
    let fields: Vec<(String, String)> = serde_urlencoded::from_bytes(body)
        .map_err(|err| AppError::Unreadable(format!("The form could not be read: {err}.")))?;
    if fields.len() > FIELDS_MAX {
        return Err(AppError::Unreadable("The form has too many fields.".to_owned()));
    }
    let mut entered = Entered::default();
    for (name, value) in fields {
        let value = value.trim();
        if value.is_empty() {
            continue;
        }
        let mut parts = name.split('.');
        let (field, item, group) = (parts.next().unwrap_or(""), parts.next(), parts.next());
        match (field, item.map(str::parse::<ItemId>), group) {
            ("id", None, _) => entered.id = Some(id(value, "id")?),
            ("table_id", None, _) => entered.table_id = Some(id(value, "table_id")?),
            ("check_id", None, _) => entered.check_id = Some(id(value, "check_id")?),
            ("order_type", None, _) => entered.order_type = Some(order_type(value)?),
            ("covers", None, _) => value.clone_into(&mut entered.covers),
            ("allergy_seat", None, _) => value.clone_into(&mut entered.allergy_seat),
            ("allergen", None, _) => entered.allergens.push(value.to_owned()),
            ("despite_allergy", Some(Ok(item)), None) => {
                entered.dish(item).despite_allergy = value.split(',').map(str::to_owned).collect();
            }
            ("quantity", Some(Ok(item)), None) => value.clone_into(&mut entered.dish(item).quantity),
            ("seat", Some(Ok(item)), None) => value.clone_into(&mut entered.dish(item).seat),
            ("course", Some(Ok(item)), None) => value.clone_into(&mut entered.dish(item).course),
            ("note", Some(Ok(item)), None) => value.clone_into(&mut entered.dish(item).note),
            ("choice", Some(Ok(item)), Some(group)) => {
                let choice = (id(group, "choice")?, id(value, "choice")?);
                entered.dish(item).choices.push(choice);
            }
            _ => {} // a field of another build
        }
    }
    Ok(entered)
}

fn id<T: std::str::FromStr>(value: &str, field: &'static str) -> Result<T> {
    value.parse().map_err(|_| AppError::field(field, "That is not an id."))
}

fn order_type(value: &str) -> Result<OrderType> {
    let word: serde::de::value::StrDeserializer<'_, serde::de::value::Error> = value.into_deserializer();
    serde::Deserialize::deserialize(word)
        .map_err(|_| AppError::field("order_type", "An order is dine_in, takeaway, delivery or bar_tab."))
}

impl Entered {
    fn dish(&mut self, item_id: ItemId) -> &mut EnteredDish {
        self.dishes.entry(item_id).or_default()
    }

    /// The draft that was meant: dishes with a quantity, in the menu's order.
    pub fn draft(&self, house: &House) -> Draft {
        let position = |item_id: &ItemId| house.items.iter().position(|item| item.item_id == *item_id);
        let mut dishes: Vec<_> = self.dishes.iter().filter(|(_, dish)| dish.is_wanted()).collect();
        dishes.sort_by_key(|(item_id, _)| position(item_id).unwrap_or(usize::MAX));
        let lines = dishes
            .into_iter()
            .map(|(item_id, dish)| DraftLine {
                item_id: Some(*item_id),
                quantity: Some(count(&dish.quantity)),
                modifiers: dish.choices.iter().map(|(_, modifier_id)| *modifier_id).collect(),
                seat: (!dish.seat.is_empty()).then(|| count(&dish.seat)),
                course: (!dish.course.is_empty()).then(|| count(&dish.course)),
                hold: None,
                note: Some(dish.note.clone()),
                despite_allergy: dish.despite_allergy.clone(),
            })
            .collect();
        let allergies = if self.allergens.is_empty() {
            Vec::new()
        } else {
            let seat = (!self.allergy_seat.is_empty()).then(|| count(&self.allergy_seat));
            vec![DraftAllergy { seat, allergens: self.allergens.clone() }]
        };
        Draft {
            allergies,
            id: self.id,
            table_id: self.table_id,
            check_id: self.check_id,
            order_type: self.order_type,
            covers: (!self.covers.is_empty()).then(|| count(&self.covers)),
            lines,
        }
    }

    /// What was typed as the quantity of a dish.
    pub fn quantity(&self, item_id: impl Borrow<ItemId>) -> &str {
        self.dishes.get(item_id.borrow()).map_or("", |dish| &dish.quantity)
    }

    /// What was typed as its seat.
    pub fn seat(&self, item_id: impl Borrow<ItemId>) -> &str {
        self.dishes.get(item_id.borrow()).map_or("", |dish| &dish.seat)
    }

    /// What was typed as its course.
    pub fn course(&self, item_id: impl Borrow<ItemId>) -> &str {
        self.dishes.get(item_id.borrow()).map_or("", |dish| &dish.course)
    }

    /// What was typed as its note.
    pub fn note(&self, item_id: impl Borrow<ItemId>) -> &str {
        self.dishes.get(item_id.borrow()).map_or("", |dish| &dish.note)
    }

    /// Whether the kitchen is to leave out what its guest must not eat.
    pub fn is_despite_allergy(&self, item_id: impl Borrow<ItemId>) -> bool {
        self.dishes.get(item_id.borrow()).is_some_and(|dish| !dish.despite_allergy.is_empty())
    }

    /// Whether that allergen was ticked.
    pub fn has_allergen(&self, key: &str) -> bool {
        self.allergens.iter().any(|ticked| ticked == key)
    }

    /// Whether that choice was made.
    pub fn has(&self, item_id: impl Borrow<ItemId>, modifier_id: impl Borrow<ModifierId>) -> bool {
        self.dishes
            .get(item_id.borrow())
            .is_some_and(|dish| dish.choices.iter().any(|(_, chosen)| chosen == modifier_id.borrow()))
    }
}

impl EnteredDish {
    /// "0" and nothing are both no order.
    fn is_wanted(&self) -> bool {
        !self.quantity.is_empty() && self.quantity.parse() != Ok(0)
    }
}

/// What is no number is out of bounds: the slip's own rules then name the field.
fn count(text: &str) -> i64 {
    text.parse().unwrap_or(-1)
}
