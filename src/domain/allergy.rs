//! What a guest must not eat: the fourteen that EU law names (Regulation 1169/2011, annex II), told for a seat or for
//! the whole table, and what a station or the pass has seen of it.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::ticket::Step;

/// One of the fourteen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Allergen {
    /// Celery.
    Celery,
    /// Prawns, crab, lobster.
    Crustaceans,
    /// Eggs.
    Eggs,
    /// Fish.
    Fish,
    /// Cereals with gluten.
    Gluten,
    /// Lupin.
    Lupin,
    /// Milk, lactose included.
    Milk,
    /// Clams, squid, snails.
    Molluscs,
    /// Mustard.
    Mustard,
    /// Nuts of trees.
    Nuts,
    /// Peanuts.
    Peanuts,
    /// Sesame.
    Sesame,
    /// Soya.
    Soya,
    /// Sulphur dioxide and sulphites.
    Sulphites,
}

impl Allergen {
    /// All of them, in the order of their names.
    pub const ALL: [Self; 14] = [
        Self::Celery,
        Self::Crustaceans,
        Self::Eggs,
        Self::Fish,
        Self::Gluten,
        Self::Lupin,
        Self::Milk,
        Self::Molluscs,
        Self::Mustard,
        Self::Nuts,
        Self::Peanuts,
        Self::Sesame,
        Self::Soya,
        Self::Sulphites,
    ];

    /// How the database and machines spell it; in capitals, how cards print it.
    pub fn key(self) -> &'static str {
        match self {
            Self::Celery => "celery",
            Self::Crustaceans => "crustaceans",
            Self::Eggs => "eggs",
            Self::Fish => "fish",
            Self::Gluten => "gluten",
            Self::Lupin => "lupin",
            Self::Milk => "milk",
            Self::Molluscs => "molluscs",
            Self::Mustard => "mustard",
            Self::Nuts => "nuts",
            Self::Peanuts => "peanuts",
            Self::Sesame => "sesame",
            Self::Soya => "soya",
            Self::Sulphites => "sulphites",
        }
    }

    /// From how the database and machines spell it.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|allergen| allergen.key() == key)
    }

    /// Several, from how the database spells them.
    pub fn from_keys(keys: &[String]) -> Vec<Self> {
        keys.iter().filter_map(|key| Self::from_key(key)).collect()
    }

    /// Several of them in words: `milk, nuts`.
    pub fn words(allergens: &[Self]) -> String {
        allergens.iter().map(|allergen| allergen.key()).collect::<Vec<_>>().join(", ")
    }
}

/// What one guest must not eat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allergy {
    /// Which seat; none: somebody at the table, so everything on it.
    pub seat: Option<i16>,
    /// In the order of their names, each once.
    pub allergens: Vec<Allergen>,
}

impl Allergy {
    /// `Seat 3`, or `Table`.
    pub fn whose(&self) -> String {
        self.seat.map_or_else(|| "Table".to_owned(), |seat| format!("Seat {seat}"))
    }
}

/// Everything that a check's guests must not eat: seats in order, each once, none without an allergen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Allergy>", into = "Vec<Allergy>")]
pub struct Allergies(Vec<Allergy>);

impl From<Vec<Allergy>> for Allergies {
    fn from(told: Vec<Allergy>) -> Self {
        told.into_iter().fold(Self::default(), |all, one| all.with(&one))
    }
}

impl From<Allergies> for Vec<Allergy> {
    fn from(allergies: Allergies) -> Self {
        allergies.0
    }
}

impl Allergies {
    /// Whether nobody said anything.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The table's first, then by seat.
    pub fn iter(&self) -> impl Iterator<Item = &Allergy> {
        self.0.iter()
    }

    /// With what was told now.
    #[must_use]
    pub fn with(mut self, told: &Allergy) -> Self {
        if told.allergens.is_empty() {
            return self;
        }
        if !self.0.iter().any(|known| known.seat == told.seat) {
            self.0.push(Allergy { seat: told.seat, allergens: Vec::new() });
        }
        for known in self.0.iter_mut().filter(|known| known.seat == told.seat) {
            known.allergens.extend(&told.allergens);
            known.allergens.sort_unstable();
            known.allergens.dedup();
        }
        self.0.sort_unstable_by_key(|known| known.seat);
        self
    }

    /// Without what was told by mistake.
    #[must_use]
    pub fn without(mut self, wrong: &Allergy) -> Self {
        for known in self.0.iter_mut().filter(|known| known.seat == wrong.seat) {
            known.allergens.retain(|allergen| !wrong.allergens.contains(allergen));
        }
        self.0.retain(|known| !known.allergens.is_empty());
        self
    }

    /// What a plate contains that its guest must not eat. A plate without a seat may be anybody's, and what is told of
    /// the table holds for every plate.
    pub fn against(&self, seat: Option<i16>, contains: &[Allergen]) -> Vec<Allergen> {
        let reaches = |known: &&Allergy| known.seat.is_none() || seat.is_none() || known.seat == seat;
        let mut wrong: Vec<_> = self
            .0
            .iter()
            .filter(reaches)
            .flat_map(|known| &known.allergens)
            .filter(|allergen| contains.contains(allergen))
            .copied()
            .collect();
        wrong.sort_unstable();
        wrong.dedup();
        wrong
    }

    /// The same, without what its guest was asked about.
    pub fn unasked(&self, seat: Option<i16>, contains: &[Allergen], asked: &[Allergen]) -> Vec<Allergen> {
        let mut wrong = self.against(seat, contains);
        wrong.retain(|allergen| !asked.contains(allergen));
        wrong
    }
}

/// Why an allergy counts as neither told nor seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AllergyRefusal {
    /// Another one was told after this card was drawn.
    #[error("The allergies of this table changed. Look at the card again.")]
    ChangedSince,
    /// Nothing of it is cooked any more.
    #[error("This is not on the board any more.")]
    Gone,
    /// Nobody cooks or eats for it any more.
    #[error("The check is closed.")]
    CheckClosed,
}

/// Somebody has seen telling `seen` on a card: `told` is the newest one, `known` the one that was seen before.
pub fn see(seen: i32, told: i32, known: i32) -> Result<Step, AllergyRefusal> {
    match () {
        () if seen != told => Err(AllergyRefusal::ChangedSince),
        () if known >= told => Ok(Step::Already),
        () => Ok(Step::Do),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(seat: Option<i16>, allergens: &[Allergen]) -> Allergy {
        Allergy { seat, allergens: allergens.to_vec() }
    }

    #[test]
    fn only_the_newest_telling_is_seen() {
        assert_eq!(see(1, 2, 0), Err(AllergyRefusal::ChangedSince));
        assert_eq!(see(99, 2, 0), Err(AllergyRefusal::ChangedSince), "nor one that nobody told");
        assert_eq!(see(2, 2, 1), Ok(Step::Do));
        assert_eq!(see(2, 2, 2), Ok(Step::Already));
    }

    #[test]
    fn every_allergen_is_spelt_as_it_is_read() {
        for allergen in Allergen::ALL {
            assert_eq!(Allergen::from_key(allergen.key()), Some(allergen));
        }
        assert!(Allergen::ALL.is_sorted());
        assert_eq!(Allergen::from_key("Milk"), None);
    }

    #[test]
    fn what_is_told_twice_is_known_once() {
        let all: Allergies = vec![
            told(Some(3), &[Allergen::Nuts]),
            told(None, &[Allergen::Milk]),
            told(Some(3), &[Allergen::Eggs, Allergen::Nuts]),
            told(Some(4), &[]),
        ]
        .into();
        let seats: Vec<_> = all.iter().cloned().collect();
        assert_eq!(seats, [told(None, &[Allergen::Milk]), told(Some(3), &[Allergen::Eggs, Allergen::Nuts])]);
    }

    #[test]
    fn a_mistake_is_taken_back_and_leaves_nothing_behind() {
        let all = Allergies::default().with(&told(Some(3), &[Allergen::Eggs, Allergen::Nuts]));
        let left = all.without(&told(Some(3), &[Allergen::Eggs]));
        assert_eq!(left, Allergies(vec![told(Some(3), &[Allergen::Nuts])]));
        assert_eq!(left.clone().without(&told(Some(2), &[Allergen::Nuts])), left);
        assert!(left.without(&told(Some(3), &[Allergen::Nuts])).is_empty());
    }

    #[test]
    fn a_plate_is_its_guests_and_one_without_a_seat_anybodys() {
        let all: Allergies =
            vec![told(None, &[Allergen::Milk]), told(Some(3), &[Allergen::Eggs, Allergen::Nuts])].into();
        let plate = [Allergen::Nuts, Allergen::Milk, Allergen::Fish];
        assert_eq!(all.against(Some(3), &plate), [Allergen::Milk, Allergen::Nuts]);
        assert_eq!(all.against(Some(1), &plate), [Allergen::Milk]);
        assert_eq!(all.against(None, &plate), [Allergen::Milk, Allergen::Nuts]);
        assert!(all.against(Some(3), &[Allergen::Fish]).is_empty());
        assert_eq!(all.unasked(Some(3), &plate, &[Allergen::Milk]), [Allergen::Nuts], "each is asked about");
    }
}
