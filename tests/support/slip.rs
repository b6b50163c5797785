//! Slips in the words of the menu.

use comanda::domain::demo::{menu, table_id};
use comanda::domain::ids::OrderId;
use serde_json::{Value, json};

/// A line: one of that dish.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    name: &'static str,
    json: Value,
}

/// One of that dish.
pub(crate) fn dish(name: &'static str) -> Line {
    let (_, item, _) = menu::find(name).unwrap_or_else(|| panic!("{name} is not on the menu"));
    Line { name, json: json!({ "item_id": item.id(), "quantity": 1, "modifiers": [] }) }
}

impl Line {
    /// So many of it.
    pub(crate) fn times(mut self, quantity: i64) -> Self {
        self.json["quantity"] = json!(quantity);
        self
    }

    /// With one of its choices.
    pub(crate) fn with(mut self, choice: &str) -> Self {
        let (_, item, _) = menu::find(self.name).expect("it is on the menu");
        let mut choices = item.groups.iter().flat_map(|group| {
            let named = group.choices.iter().filter(|one| one.name == choice);
            named.map(|one| group.modifier_id(one))
        });
        let id = choices.next().unwrap_or_else(|| panic!("{} has no choice {choice}", self.name));
        self.json["modifiers"].as_array_mut().expect("a list").push(json!(id));
        self
    }

    /// With words to the kitchen.
    pub(crate) fn saying(mut self, note: impl Into<String>) -> Self {
        self.json["note"] = json!(note.into());
        self
    }

    /// For a later course.
    pub(crate) fn in_course(mut self, course: i64) -> Self {
        self.json["course"] = json!(course);
        self
    }

    /// As JSON.
    pub(crate) fn json(&self) -> &Value {
        &self.json
    }
}

/// A slip for that table under a new id.
pub(crate) fn slip(table: &str, lines: &[Line]) -> Value {
    let lines: Vec<&Value> = lines.iter().map(Line::json).collect();
    json!({ "id": OrderId::new(), "table_id": table_id(table), "lines": lines })
}
