//! The demo menu is one that a house could serve: every dish is routed, priced and honest about its allergens.

use std::collections::HashSet;

use super::*;
use crate::domain::demo::STATIONS;

/// As the schema knows them.
const EU_FOURTEEN: [&str; 14] = [
    "celery",
    "crustaceans",
    "eggs",
    "fish",
    "gluten",
    "lupin",
    "milk",
    "molluscs",
    "mustard",
    "nuts",
    "peanuts",
    "sesame",
    "soya",
    "sulphites",
];

/// What a guest would read out of a word on the card.
#[rustfmt::skip] // one allergen a line
const WORDS: [(&str, &[&str]); 11] = [
    ("crustaceans", &["prawn", "prawns", "gamba"]),
    ("eggs", &["egg", "mayonnaise", "aioli", "mousse", "custard"]),
    ("fish", &["cod", "tuna", "atum", "anchovy", "anchovies", "sardines", "bass"]),
    ("gluten", &["bread", "sourdough", "toast", "bun", "batter", "croutons", "biscuit", "tart", "lager", "ale", "beer"]),
    ("milk", &["cheese", "cheeses", "mozzarella", "burrata", "butter", "buttered", "milk", "cream", "custard"]),
    ("molluscs", &["squid", "octopus", "clams"]),
    ("mustard", &["mustard"]),
    ("nuts", &["almond", "hazelnuts", "walnut", "pistachio"]),
    ("sesame", &["sesame"]),
    ("soya", &["soy", "chocolate"]),
    ("sulphites", &["wine", "port", "vinegar", "chouriço", "pickles"]),
];

fn words_of(item: &Item) -> HashSet<String> {
    format!("{} {}", item.name, item.description)
        .to_lowercase()
        .split(|letter: char| !letter.is_alphabetic())
        .map(str::to_owned)
        .collect()
}

#[test]
fn nine_pages_hold_at_least_sixty_items_and_no_name_twice() {
    assert_eq!(MENU.len(), 9);
    let names: Vec<&str> = items().map(|(_, item)| item.name).collect();
    assert!(names.len() >= 60, "{}", names.len());
    assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len());
    let kitchen_names: HashSet<&str> = items().map(|(_, item)| item.kitchen_name).collect();
    assert_eq!(kitchen_names.len(), names.len(), "two dishes the kitchen cannot tell apart");
}

#[test]
fn names_fit_the_card_and_every_item_says_what_it_is() {
    for (category, item) in items() {
        assert!(item.name.len() <= 60 && item.kitchen_name.chars().count() <= 18, "{}", item.name);
        assert!(!item.description.is_empty(), "{}", item.name);
        assert!(item.price > Money::ZERO, "{}", item.name);
        assert!(category.tax_basis_points > 0, "{}", category.name);
    }
}

#[test]
fn every_item_has_a_station_that_exists() {
    let slugs = STATIONS.map(|station| station.slug);
    for (category, item) in items() {
        let (.., route) = find(item.name).expect("the item was just listed");
        assert!(!route.stations.is_empty(), "{} on {}", item.name, category.name);
        for station in route.stations {
            assert!(slugs.contains(station), "{}: no station {station}", item.name);
        }
        assert_eq!(route.stations.iter().collect::<HashSet<_>>().len(), route.stations.len());
    }
}

#[test]
fn every_station_has_work() {
    for station in &STATIONS {
        assert!(
            MENU.iter().any(|category| category.route.stations.contains(&station.slug)),
            "{}",
            station.slug
        );
    }
}

#[test]
fn some_dishes_need_two_stations_and_some_either() {
    let with_two = |mode| {
        let own = items().filter_map(|(_, item)| item.route.as_ref());
        own.filter(|route| route.mode == mode && route.stations.len() == 2).count()
    };
    assert!(with_two(RouteMode::Each) >= 3);
    assert!(with_two(RouteMode::Any) >= 3);
    for (_, item) in items() {
        let lonely = |route: &Route| route.mode == RouteMode::Each && route.stations.len() < 2;
        assert!(!item.route.as_ref().is_some_and(lonely), "{} goes to each of one", item.name);
    }
}

#[test]
fn a_group_can_be_answered() {
    for group in groups() {
        assert!(0 <= group.min && group.min <= group.max, "{}", group.key);
        assert!(usize::try_from(group.max).is_ok_and(|max| max <= group.choices.len()), "{}", group.key);
        let choices: HashSet<_> = group.choices.iter().map(|choice| group.modifier_id(choice)).collect();
        assert_eq!(choices.len(), group.choices.len(), "{}", group.key);
        assert_eq!(groups().iter().filter(|other| other.key == group.key).count(), 1);
    }
}

#[test]
fn some_questions_are_forced_and_some_are_wishes() {
    let groups = groups();
    assert!(groups.iter().any(|group| group.min == 0));
    for forced in ["Size", "Doneness", "Side"] {
        assert!(
            groups.iter().any(|group| group.name == forced && group.min == 1 && group.max == 1),
            "{forced}"
        );
    }
    for prefix in [Prefix::No, Prefix::Add, Prefix::Extra, Prefix::Side, Prefix::Sub] {
        let choices = groups.iter().flat_map(|group| group.choices);
        assert!(choices.into_iter().any(|choice| choice.prefix == Some(prefix)), "{}", prefix.word());
    }
}

#[test]
fn a_size_changes_the_price_and_never_makes_it_free() {
    for group in groups().into_iter().filter(|group| group.name == "Size") {
        assert!(group.choices.iter().any(|choice| choice.price != Money::ZERO), "{}", group.key);
    }
    for (_, item) in items() {
        let choices = item.groups.iter().flat_map(|group| group.choices);
        assert!(choices.into_iter().all(|choice| item.price + choice.price > Money::ZERO), "{}", item.name);
    }
}

#[test]
fn allergens_are_of_the_eu_fourteen() {
    for (_, item) in items() {
        for allergen in item.allergens {
            assert!(EU_FOURTEEN.contains(allergen), "{}: {allergen}", item.name);
        }
        assert!(item.allergens.is_sorted(), "{}", item.name);
    }
}

#[test]
fn what_a_dish_says_it_is_made_of_is_among_its_allergens() {
    for (_, item) in items() {
        let words = words_of(item);
        for (allergen, telling) in WORDS {
            let told = telling.iter().find(|word| words.contains(**word));
            if let Some(word) = told {
                assert!(item.allergens.contains(&allergen), "{}: {word}, but no {allergen}", item.name);
            }
        }
    }
}
