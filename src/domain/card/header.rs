//! What a card borrows.

use serde::{Deserialize, Serialize};

use crate::domain::allergy::Allergies;
use crate::domain::check::OrderType;

/// What a card borrows from check, table and waiter, copied at the Send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The check's number of the business day.
    pub check_no: i32,
    /// Which Send of that check; from the second on the card says ADD-ON.
    pub send_no: i32,
    /// The table's label; none for takeaway and the like.
    pub table: Option<String>,
    /// Who sent it.
    pub waiter: String,
    /// How the guests eat.
    pub order_type: OrderType,
    /// The course that fired.
    pub course: i16,
    /// Important guests.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub vip: bool,
    /// What the check's guests must not eat.
    #[serde(default, skip_serializing_if = "Allergies::is_empty")]
    pub allergies: Allergies,
    /// Which telling that was: what a station has seen is counted by it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub allergies_told: i32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
fn is_zero(number: &i32) -> bool {
    *number == 0
}

impl Header {
    /// `#42` for the first Send of a check, `#42-2` from the second on.
    pub fn number(&self) -> String {
        match self.send_no {
            ..=1 => format!("#{}", self.check_no),
            _ => format!("#{}-{}", self.check_no, self.send_no),
        }
    }

    /// Whether an allergy stands on it that was told after that telling.
    pub fn has_allergy_after(&self, seen: i32) -> bool {
        !self.allergies.is_empty() && seen < self.allergies_told
    }

    /// Whether this Send added to a check that was already eating.
    pub fn is_add_on(&self) -> bool {
        self.send_no > 1
    }

    /// Which order, in a sentence: `table T3 #42`, `Takeaway #42`.
    pub fn words(&self) -> String {
        match &self.table {
            Some(table) => format!("table {table} {}", self.number()),
            None => format!("{} {}", self.place(), self.number()),
        }
    }

    /// Where the food goes, in one short word: the table, or the order type.
    pub fn place(&self) -> &str {
        self.table.as_deref().unwrap_or(self.order_type.word())
    }
}
