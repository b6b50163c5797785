//! A menu of sixty items in nine categories.

use std::collections::HashMap;

use comanda::domain::age::AgeRules;
use comanda::domain::allergy::Allergen;
use comanda::domain::fire::PassRules;
use comanda::domain::ids::{CategoryId, GroupId, ItemId, LocationId, ModifierId, StationId};
use comanda::domain::menu::{Category, House, Item, Modifier, ModifierGroup, Prefix};
use comanda::domain::money::Money;
use comanda::domain::station::Station;

/// Name, price, names of its choice sets.
type Row = (&'static str, i64, &'static [&'static str]);

const MENU: [(&str, &[Row]); 9] = [
    (
        "Starters",
        &[
            ("Gazpacho", 750, &[]),
            ("Croquetas de jamón", 890, &["Sauce"]),
            ("Burrata, tomato", 1250, &[]),
            ("Beef tartare", 1450, &["Bread"]),
            ("Octopus, paprika", 1650, &[]),
            ("Padrón peppers", 690, &[]),
            ("Bread & aioli", 420, &[]),
            ("Oysters", 1800, &["Pieces"]),
        ],
    ),
    (
        "Salads",
        &[
            ("Caesar salad", 1190, &["Topping", "Leave out"]),
            ("Goat cheese salad", 1290, &["Leave out"]),
            ("Green salad", 650, &["Leave out"]),
            ("Tuna niçoise", 1490, &["Leave out"]),
        ],
    ),
    (
        "Grill",
        &[
            ("Ribeye 300 g", 2890, &["Doneness", "Side dish", "Sauce"]),
            ("Sirloin 250 g", 2490, &["Doneness", "Side dish", "Sauce"]),
            ("Lamb chops", 2650, &["Doneness", "Side dish"]),
            ("Burger <b>Royal</b>", 1690, &["Doneness", "Extras", "Leave out"]),
            ("Cheeseburger", 1490, &["Doneness", "Extras", "Leave out"]),
            ("Iberian pork secreto", 2190, &["Side dish"]),
            ("Half chicken", 1590, &["Side dish"]),
            ("Veggie skewer", 1450, &["Side dish"]),
        ],
    ),
    (
        "Fish",
        &[
            ("Hake, green sauce", 2150, &["Side dish"]),
            ("Grilled sea bass", 2450, &["Side dish"]),
            ("Cod pil-pil", 2290, &[]),
            ("Tuna tataki", 2350, &["Doneness"]),
            ("Prawns al ajillo", 1750, &[]),
            ("Mussels", 1390, &["Sauce"]),
        ],
    ),
    (
        "Pasta & rice",
        &[
            ("Carbonara", 1390, &[]),
            ("Mushroom risotto", 1590, &["Leave out"]),
            ("Seafood paella for two", 3900, &[]),
            ("Lasagne", 1450, &[]),
            ("Gnocchi gorgonzola", 1420, &[]),
            ("Spaghetti aglio e olio", 1150, &["Extras"]),
        ],
    ),
    (
        "Sides",
        &[
            ("Fries", 450, &[]),
            ("Sweet potato fries", 550, &[]),
            ("Grilled vegetables", 620, &[]),
            ("Mashed potatoes", 480, &[]),
            ("Rice", 380, &[]),
            ("Side salad", 450, &["Leave out"]),
        ],
    ),
    (
        "Desserts",
        &[
            ("Crème brûlée", 690, &[]),
            ("Cheesecake", 720, &["Sauce"]),
            ("Chocolate fondant", 790, &[]),
            ("Ice cream", 590, &["Flavour"]),
            ("Fruit salad", 550, &[]),
            ("Tiramisu", 720, &[]),
        ],
    ),
    (
        "Drinks",
        &[
            ("Still water 0.5 l", 290, &[]),
            ("Sparkling water 0.5 l", 290, &[]),
            ("Cola", 320, &["Ice"]),
            ("Lemonade", 350, &["Ice"]),
            ("Orange juice", 390, &[]),
            ("Espresso", 190, &[]),
            ("Flat white", 290, &["Milk"]),
            ("Tea", 260, &["Tea"]),
        ],
    ),
    (
        "Beer & wine",
        &[
            ("Draught beer 0.3 l", 320, &[]),
            ("Draught beer 0.5 l", 490, &[]),
            ("Wheat beer", 480, &[]),
            ("Alcohol-free beer", 390, &[]),
            ("House red, glass", 450, &[]),
            ("House white, glass", 450, &[]),
            ("Rioja crianza, bottle", 2400, &[]),
            ("Albariño, bottle", 2600, &[]),
        ],
    ),
];

/// Name, least, most, choices with prefix and price.
type Set = (&'static str, i16, i16, &'static [(&'static str, Option<Prefix>, i64)]);

const SETS: [Set; 13] = [
    (
        "Doneness",
        1,
        1,
        &[
            ("Blue", None, 0),
            ("Rare", None, 0),
            ("Medium rare", None, 0),
            ("Medium", None, 0),
            ("Well done", None, 0),
        ],
    ),
    (
        "Side dish",
        1,
        1,
        &[
            ("Fries", None, 0),
            ("Mash", None, 0),
            ("Rice", None, 0),
            ("Grilled vegetables", None, 150),
            ("Side salad", None, 0),
        ],
    ),
    ("Sauce", 0, 1, &[("Aioli", None, 0), ("Pepper", None, 150), ("Chimichurri", None, 150)]),
    ("Bread", 0, 1, &[("Toast", None, 0), ("Gluten-free bread", Some(Prefix::Sub), 100)]),
    ("Pieces", 1, 1, &[("6 pieces", None, 0), ("12 pieces", None, 1600)]),
    (
        "Topping",
        0,
        2,
        &[
            ("Chicken", Some(Prefix::Add), 350),
            ("Prawns", Some(Prefix::Add), 450),
            ("Bacon", Some(Prefix::Add), 200),
        ],
    ),
    (
        "Leave out",
        0,
        4,
        &[
            ("Onion", Some(Prefix::No), 0),
            ("Garlic", Some(Prefix::No), 0),
            ("Nuts", Some(Prefix::No), 0),
            ("Dressing", Some(Prefix::Side), 0),
        ],
    ),
    (
        "Extras",
        0,
        3,
        &[
            ("Bacon", Some(Prefix::Add), 200),
            ("Cheese", Some(Prefix::Extra), 150),
            ("Egg", Some(Prefix::Add), 150),
            ("Chilli", Some(Prefix::Add), 0),
        ],
    ),
    (
        "Flavour",
        1,
        3,
        &[("Vanilla", None, 0), ("Chocolate", None, 0), ("Strawberry", None, 0), ("Pistachio", None, 80)],
    ),
    ("Ice", 0, 1, &[("Ice", Some(Prefix::No), 0)]),
    ("Milk", 0, 1, &[("Oat milk", Some(Prefix::Sub), 50), ("Lactose-free", Some(Prefix::Sub), 50)]),
    ("Tea", 1, 1, &[("Green", None, 0), ("Black", None, 0), ("Mint", None, 0), ("Chamomile", None, 0)]),
    ("Unused", 0, 1, &[("Nothing", None, 0)]),
];

const EIGHTY_SIXED: [&str; 2] = ["Lamb chops", "Tiramisu"];

/// The whole restaurant.
pub(crate) fn house() -> House {
    let groups: Vec<ModifierGroup> = SETS.iter().map(group).collect();
    let by_name: HashMap<&str, GroupId> =
        groups.iter().map(|group| (group.name.as_str(), group.group_id)).collect();
    let mut categories = Vec::new();
    let mut items = Vec::new();
    for (name, rows) in MENU {
        let category = Category { category_id: CategoryId::new(), name: name.to_owned() };
        for (name, price, sets) in rows {
            items.push(Item {
                item_id: ItemId::new(),
                category_id: category.category_id,
                name: (*name).to_owned(),
                kitchen_name: (*name).to_owned(),
                description: "From the market, cooked to order".to_owned(),
                price_minor: Money(*price),
                tax_basis_points: 1000,
                allergens: vec![Allergen::Gluten, Allergen::Milk],
                counted: false,
                eighty_sixed: EIGHTY_SIXED.contains(name),
                groups: sets.iter().map(|set| by_name[set]).collect(),
                route: None,
            });
        }
        categories.push(category);
    }
    let station = |slug: &str, name: &str| Station {
        station_id: StationId::new(),
        slug: slug.to_owned(),
        name: name.to_owned(),
        shown_at: None,
    };
    House {
        location_id: LocationId::new(),
        name: "Taberna del Puerto".to_owned(),
        zone: comanda::domain::zone::Zone::named("Europe/Madrid"),
        currency: "EUR".to_owned(),
        is_demo: true,
        ages: AgeRules::default(),
        pass: PassRules::DEFAULT,
        next_course_after_s: None,
        menu_version: 1,
        categories,
        items,
        groups: groups.into_iter().map(|group| (group.group_id, group)).collect(),
        screens: Vec::new(),
        stations: vec![
            station("grill", "Grill"),
            station("fry", "Fry"),
            station("cold", "Cold"),
            station("bar", "Bar"),
        ],
        sections: Vec::new(),
        tables: Vec::new(),
        category_routes: HashMap::new(),
    }
}

fn group((name, min_choices, max_choices, choices): &Set) -> ModifierGroup {
    ModifierGroup {
        group_id: GroupId::new(),
        name: (*name).to_owned(),
        min_choices: *min_choices,
        max_choices: *max_choices,
        modifiers: choices
            .iter()
            .map(|(name, prefix, price)| Modifier {
                modifier_id: ModifierId::new(),
                name: (*name).to_owned(),
                prefix: *prefix,
                price_minor: Money(*price),
                station_id: None,
            })
            .collect(),
    }
}
