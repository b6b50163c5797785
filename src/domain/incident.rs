//! A screen that showed other cards than the server held. It has repaired itself by the time that anybody reads this; what
//! it showed and what was held is kept, for that must not happen.

use std::collections::BTreeMap;

use time::OffsetDateTime;

/// Cards that a screen may report, at most: more than stand on any wall.
pub const CARDS_MAX: usize = 1_000;

/// Cards by element id, each with its stamp.
pub type Stand = Vec<(String, i64)>;

/// Both sides of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// When the screen said so.
    pub at: OffsetDateTime,
    /// The view: `station-grill`.
    pub view: String,
    /// Who was signed in there, or the screen's name.
    pub who: String,
    /// The turn that the screen believed to show, and what it showed.
    pub shown: (i64, Stand),
    /// The turn of the view's newest frame then, and its cards.
    pub held: (i64, Stand),
}

impl Incident {
    /// What differed, a sentence a card.
    pub fn differences(&self) -> Vec<String> {
        let held: BTreeMap<&str, i64> = self.held.1.iter().map(|(id, seq)| (id.as_str(), *seq)).collect();
        let shown: BTreeMap<&str, i64> = self.shown.1.iter().map(|(id, seq)| (id.as_str(), *seq)).collect();
        let missing = held.iter().filter_map(|(id, seq)| match shown.get(id) {
            None => Some(format!("{id} was not shown, held as of turn {seq}")),
            Some(other) if other != seq => {
                Some(format!("{id} was shown as of turn {other}, held as of {seq}"))
            }
            Some(_) => None,
        });
        let gone = shown.keys().filter(|id| !held.contains_key(*id));
        missing.chain(gone.map(|id| format!("{id} was shown and is gone"))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_card_that_differs_is_named() {
        let stand = |cards: &[(&str, i64)]| cards.iter().map(|(id, seq)| ((*id).to_owned(), *seq)).collect();
        let incident = Incident {
            at: OffsetDateTime::UNIX_EPOCH,
            view: "station-grill".to_owned(),
            who: "Rui".to_owned(),
            shown: (7, stand(&[("t-1", 3), ("t-2", 4), ("t-9", 1)])),
            held: (8, stand(&[("t-1", 3), ("t-2", 8), ("t-3", 6)])),
        };
        assert_eq!(
            incident.differences(),
            [
                "t-2 was shown as of turn 4, held as of 8",
                "t-3 was not shown, held as of turn 6",
                "t-9 was shown and is gone"
            ]
        );
    }
}
