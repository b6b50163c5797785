//! What Casa Gaivota sells. Prices read as on the card, `12_90` is 12.90, tax included.
//!
//! A dish goes where its page of the menu goes, unless it says `goes`: `Each` where two stations make their part
//! of the plate, `Any` where whoever has a hand free makes all of it.

mod choices;

use crate::domain::ids::{CategoryId, GroupId, ItemId, ModifierId};
use crate::domain::menu::{Prefix, RouteMode};
use crate::domain::money::Money;

use super::id_of;
use choices::{
    BEER_SIZE, BURGER_WISHES, DONENESS, DRESSING, EGG, HEAT, ICE, MILK, PIZZA_SIZE, PIZZA_WISHES,
    SALAD_WISHES, SAUCES, SCOOPS, SIDE_DISH, TEA, WINE_SIZE,
};

/// A page of the menu.
#[derive(Debug)]
pub struct Category {
    /// Its name.
    pub name: &'static str,
    /// The tax within its prices, in hundredths of a percent.
    pub tax_basis_points: i32,
    /// Where its items go.
    pub route: Route,
    /// What stands on it.
    pub items: &'static [Item],
}

/// A menu entry.
#[derive(Debug)]
pub struct Item {
    /// Its name for guests.
    pub name: &'static str,
    /// Its name for the kitchen.
    pub kitchen_name: &'static str,
    /// One unit, tax included.
    pub price: Money,
    /// What it is, for the waiter.
    pub description: &'static str,
    /// EU-14 codes.
    pub allergens: &'static [&'static str],
    /// What the waiter asks, in order.
    pub groups: &'static [&'static Group],
    /// Its own route, before its category's.
    pub route: Option<Route>,
}

/// Which stations, and whether each of them must.
#[derive(Debug)]
pub struct Route {
    /// Whether one station's bump completes it.
    pub mode: RouteMode,
    /// By slug.
    pub stations: &'static [&'static str],
}

/// A set of choices.
#[derive(Debug)]
pub struct Group {
    /// What tells it from another of the same name: beer and pizza both have a "Size".
    pub key: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Forced when above zero.
    pub min: i16,
    /// At most that many.
    pub max: i16,
    /// In order.
    pub choices: &'static [Choice],
}

/// One choice of a group.
#[derive(Debug)]
pub struct Choice {
    /// The word before it.
    pub prefix: Option<Prefix>,
    /// Its name.
    pub name: &'static str,
    /// What it adds to one unit; may be negative.
    pub price: Money,
}

impl Category {
    /// Its id.
    pub fn id(&self) -> CategoryId {
        CategoryId(id_of("category", self.name))
    }
}

impl Item {
    /// Its id.
    pub fn id(&self) -> ItemId {
        ItemId(id_of("item", self.name))
    }
}

impl Group {
    /// Its id.
    pub fn id(&self) -> GroupId {
        GroupId(id_of("group", self.key))
    }

    /// The id of one of its choices.
    pub fn modifier_id(&self, choice: &Choice) -> ModifierId {
        let prefix = choice.prefix.map_or("", Prefix::word);
        ModifierId(id_of("modifier", &format!("{}/{prefix}/{}", self.key, choice.name)))
    }
}

/// Every item with its page, in the order of the menu.
pub fn items() -> impl Iterator<Item = (&'static Category, &'static Item)> {
    MENU.iter().flat_map(|category| category.items.iter().map(move |item| (category, item)))
}

/// The item with that name, and where it goes.
pub fn find(name: &str) -> Option<(&'static Category, &'static Item, &'static Route)> {
    items()
        .find(|(_, item)| item.name == name)
        .map(|(category, item)| (category, item, item.route.as_ref().unwrap_or(&category.route)))
}

/// Every set of choices that some item asks for, each once.
pub fn groups() -> Vec<&'static Group> {
    let mut groups: Vec<&Group> = Vec::new();
    for group in items().flat_map(|(_, item)| item.groups) {
        if !groups.iter().any(|known| known.key == group.key) {
            groups.push(group);
        }
    }
    groups
}

/// Portugal taxes food, coffee and still water in a restaurant with 13 % (IVA, the intermediate rate) ...
const FOOD: i32 = 13_00;
/// ... and whatever is sweet, sparkling or strong in a glass with 23 %.
const DRINKS: i32 = 23_00;

macro_rules! menu {
    ($($category:literal, $tax:ident, goes $mode:ident [$($station:ident)+] { $(
        $name:literal, $kitchen_name:literal, $price:literal,
            $description:literal [$($allergen:ident)*]
            $(asks [$($group:ident)+])? $(goes $own_mode:ident [$($own_station:ident)+])?;
    )+ })+) => { &[$(
        Category {
            name: $category,
            tax_basis_points: $tax,
            route: Route { mode: RouteMode::$mode, stations: &[$(stringify!($station)),+] },
            items: &[$(Item {
                name: $name,
                kitchen_name: $kitchen_name,
                price: Money($price),
                description: $description,
                allergens: &[$(stringify!($allergen)),*],
                groups: &[$($(&$group),+)?],
                route: own!($($own_mode [$($own_station)+])?),
            }),+],
        }
    ),+] };
}

macro_rules! own {
    () => { None };
    ($mode:ident [$($station:ident)+]) => {
        Some(Route { mode: RouteMode::$mode, stations: &[$(stringify!($station)),+] })
    };
}

/// The menu, page by page.
pub static MENU: &[Category] = menu! {
    "Petiscos", FOOD, goes Any [fry] {
        "Bread, butter & olives", "Couvert", 3_50,
            "Sourdough from the oven, sheep's butter, olives from Elvas" [gluten milk] goes Any [pizza cold];
        "Caldo verde", "Caldo verde", 4_50,
            "Kale and potato soup with a slice of chouriço" [sulphites];
        "Veal croquettes", "Croquettes", 7_00,
            "Four, with mustard mayonnaise" [eggs gluten milk mustard];
        "Cod fritters", "Pastéis bacalhau", 7_50,
            "Six pastéis de bacalhau, parsley and lemon" [eggs fish gluten];
        "Peixinhos da horta", "Peixinhos", 6_80,
            "Green beans in a light batter, lemon mayonnaise" [eggs gluten mustard];
        "Fried squid", "Squid fried", 11_50,
            "Rings in rice flour, lime aioli" [eggs molluscs];
        "Garlic prawns", "Gambas", 12_90,
            "In olive oil and chilli, with bread for the pan" [crustaceans gluten sulphites];
        "Pica-pau", "Pica-pau", 12_50,
            "Strips of beef in beer and mustard, pickles" [gluten mustard sulphites] goes Any [grill fry];
        "Chouriço in flames", "Chouriço", 9_00,
            "Carried to the table burning, with corn bread" [gluten sulphites] goes Any [grill];
        "Gaivota board", "Board", 24_00,
            "Croquettes, cod fritters, presunto, sheep's cheese and pickles for three or four"
            [eggs fish gluten milk mustard sulphites] goes Each [fry cold];
    }

    "Salads & cold plates", FOOD, goes Any [cold] {
        "Montanheira", "Montanheira", 6_50,
            "Tomato, cucumber, green pepper and oregano, as in the Algarve" [mustard sulphites]
            asks [DRESSING SALAD_WISHES];
        "Caesar salad", "Caesar", 9_80,
            "Cos lettuce, croutons, anchovy dressing, island cheese" [eggs fish gluten milk mustard]
            asks [SALAD_WISHES];
        "Chickpeas & tuna", "Grão atum", 8_90,
            "With egg, parsley and red onion" [eggs fish mustard sulphites] asks [DRESSING SALAD_WISHES];
        "Octopus salad", "Octopus salad", 11_90,
            "Coriander, red onion and vinegar" [molluscs sulphites];
        "Burrata & peach", "Burrata", 12_50,
            "Ripe peach, hazelnuts and basil" [milk nuts];
        "Presunto", "Presunto", 11_00,
            "Ham of the black pig, two years in Barrancos" [];
        "Azeitão cheese", "Azeitão", 9_50,
            "Soft enough for a spoon, with quince paste and toast" [gluten milk];
        "Steak tartare", "Tartare", 15_50,
            "Cut by hand, capers, mustard, the yolk of an egg, toast" [eggs gluten mustard];
    }

    "Charcoal grill", FOOD, goes Any [grill] {
        "Rib-eye", "Rib-eye 350", 26_50,
            "350 g, matured thirty days, coarse salt" [] asks [DONENESS SIDE_DISH SAUCES] goes Each [grill fry];
        "Picanha", "Picanha", 18_90,
            "Rump cap in slices, black beans and buttered farofa" [milk] asks [DONENESS SAUCES];
        "Bitoque", "Bitoque", 14_50,
            "Rump steak under a fried egg, garlic and bay" [eggs milk sulphites]
            asks [DONENESS SIDE_DISH] goes Each [grill fry];
        "Gaivota burger", "Burger", 13_90,
            "180 g of chuck, cured cheese, pickles and onion jam in a sesame bun"
            [eggs gluten milk mustard sesame sulphites] asks [DONENESS SIDE_DISH BURGER_WISHES] goes Each [grill fry];
        "Chicken piri-piri", "Piri-piri", 13_50,
            "Half a chicken, a night in chilli and lemon" [] asks [HEAT SIDE_DISH] goes Each [grill fry];
        "Black pork secretos", "Secretos", 16_90,
            "The hidden cut, with bread and asparagus migas" [gluten] asks [SAUCES];
        "Lamb chops", "Lamb", 19_50,
            "Five, with mint and garlic" [] asks [DONENESS SIDE_DISH SAUCES] goes Each [grill fry];
        "Francesinha", "Francesinha", 15_50,
            "Steak, sausage and ham in toast under cheese, beer and tomato sauce, fries"
            [celery gluten milk mustard sulphites] asks [EGG] goes Each [grill fry];
        "Mixed grill for two", "Mixed grill", 39_00,
            "Picanha, secretos, chicken, chouriço" [milk sulphites] asks [SIDE_DISH SAUCES] goes Each [grill fry];
        "Cauliflower from the embers", "Cauliflower", 12_50,
            "A small head whole, almond and pepper romesco" [nuts sulphites];
    }

    "From the sea", FOOD, goes Any [grill] {
        "Sea bass", "Sea bass", 18_90,
            "Opened and grilled whole, garlic and coriander" [fish] asks [SIDE_DISH] goes Each [grill fry];
        "Sardines", "Sardines", 12_90,
            "Five on a slice of bread, roast peppers" [fish gluten];
        "Cod à lagareiro", "Cod lagareiro", 19_50,
            "A thick loin over embers, smashed potatoes, much olive oil" [fish] goes Each [grill fry];
        "Octopus à lagareiro", "Octopus lagareiro", 21_50,
            "Two tentacles, smashed potatoes, spinach" [molluscs] goes Each [grill fry];
        "Squid & prawn skewer", "Espetada", 17_90,
            "With lemon butter" [crustaceans milk molluscs] asks [SIDE_DISH] goes Each [grill fry];
        "Tuna steak", "Tuna", 18_50,
            "Azores tuna in sesame, soy and ginger" [fish gluten sesame soya] asks [DONENESS];
        "Clams Bulhão Pato", "Clams", 16_50,
            "White wine, garlic, coriander, bread to finish" [gluten molluscs sulphites] goes Any [fry];
        "Cod à Brás", "Cod Brás", 14_50,
            "Shredded with straw potatoes, egg and olives" [eggs fish] goes Any [fry];
    }

    "Pizza", FOOD, goes Any [pizza] {
        "Marinara", "Marinara", 9_40,
            "Tomato, garlic, oregano" [gluten] asks [PIZZA_SIZE PIZZA_WISHES];
        "Margherita", "Margherita", 10_90,
            "Tomato, mozzarella, basil" [gluten milk] asks [PIZZA_SIZE PIZZA_WISHES];
        "Napoli", "Napoli", 12_20,
            "Anchovies, capers, mozzarella" [fish gluten milk] asks [PIZZA_SIZE PIZZA_WISHES];
        "Barrancos", "Barrancos", 14_50,
            "Presunto, rocket, shavings of cheese" [gluten milk] asks [PIZZA_SIZE PIZZA_WISHES];
        "Four cheeses", "4 cheeses", 13_90,
            "São Jorge, Azeitão, mozzarella, gorgonzola" [gluten milk] asks [PIZZA_SIZE PIZZA_WISHES];
        "Alentejo", "Alentejo", 13_50,
            "Chouriço, honey, mozzarella, thyme" [gluten milk sulphites] asks [PIZZA_SIZE PIZZA_WISHES];
        "Atum", "Atum", 13_20,
            "Tuna, red onion, mozzarella, olives" [fish gluten milk] asks [PIZZA_SIZE PIZZA_WISHES];
        "Horta", "Horta", 12_80,
            "Courgette, aubergine, peppers, mozzarella" [gluten milk] asks [PIZZA_SIZE PIZZA_WISHES];
        "Gamba", "Gamba", 15_90,
            "Prawns, garlic, parsley, mozzarella" [crustaceans gluten milk] asks [PIZZA_SIZE PIZZA_WISHES];
        "Calzone", "Calzone", 13_90,
            "Folded over ham, mushrooms, mozzarella and an egg" [eggs gluten milk] asks [PIZZA_WISHES];
    }

    "Sides", FOOD, goes Any [fry] {
        "Fries", "Fries", 3_50,
            "Cut here, twice in the oil" [] asks [SAUCES];
        "Sweet potato fries", "Sweet fries", 4_50,
            "From Aljezur" [] asks [SAUCES];
        "Tomato rice", "Tomato rice", 3_80,
            "Loose, as it should be" [celery];
        "Migas", "Migas", 4_20,
            "Bread, garlic and greens" [gluten];
        "Vegetables from the embers", "Veg grilled", 4_80,
            "Whatever the market had" [] goes Any [grill];
        "Green salad", "Green salad", 3_80,
            "Leaves, tomato, onion" [mustard sulphites] asks [DRESSING] goes Any [cold];
    }

    "Desserts", FOOD, goes Any [cold] {
        "Pastel de nata", "Nata", 1_80,
            "Custard tart, warm, cinnamon" [eggs gluten milk] goes Any [pizza cold];
        "Chocolate mousse", "Mousse", 4_90,
            "With olive oil and salt" [eggs milk soya];
        "Arroz doce", "Arroz doce", 4_20,
            "Rice in milk, lemon peel, a cinnamon lattice" [eggs milk];
        "Almond tart", "Almond tart", 5_20,
            "From Dona Amélia's mother" [eggs gluten milk nuts];
        "Serradura", "Serradura", 4_60,
            "Cream and crushed biscuit in a glass" [gluten milk];
        "Ice cream", "Ice cream", 4_80,
            "Two scoops or three" [eggs milk nuts] asks [SCOOPS];
        "Affogato", "Affogato", 5_20,
            "Vanilla ice cream drowned in espresso" [eggs milk] goes Each [cold bar];
        "Pineapple with lime", "Pineapple", 4_50,
            "From the Azores, in thin slices" [];
    }

    "Coffee, tea & water", FOOD, goes Any [bar] {
        "Bica", "Bica", 1_20, "Espresso, as Lisbon says it" [] asks [MILK];
        "Double espresso", "Double espr.", 2_20, "Two shots, one cup" [] asks [MILK];
        "Galão", "Galão", 2_30, "A tall glass, three parts milk" [milk] asks [MILK];
        "Cappuccino", "Cappuccino", 3_20, "With milk foam and cocoa" [milk] asks [MILK];
        "Pot of tea", "Tea", 2_80, "Leaves, for two cups" [] asks [TEA MILK];
        "Still water, half litre", "Still 50", 2_00, "From the Serra da Estrela" [] asks [ICE];
        "Still water, one litre", "Still 100", 3_20, "For the table" [] asks [ICE];
    }

    "Bar", DRINKS, goes Any [bar] {
        "Lemonade", "Lemonade", 3_50, "Squeezed to order, mint" [] asks [ICE];
        "Orange juice", "Orange juice", 3_80, "Three oranges from Silves" [] asks [ICE];
        "Cola", "Cola", 2_80, "33 cl, in glass" [] asks [ICE];
        "Sparkling water", "Sparkling", 2_60, "25 cl, from Pedras" [] asks [ICE];
        "Draught lager", "Lager", 2_40, "Poured slowly" [gluten] asks [BEER_SIZE];
        "Alcohol-free lager", "Lager 0.0", 2_80, "33 cl, bottle" [gluten];
        "Lisbon pale ale", "Pale ale", 4_80, "33 cl, bottle, from Marvila" [gluten];
        "Vinho verde", "Vinho verde", 4_50, "White wine, young, a little sparkle" [sulphites] asks [WINE_SIZE];
        "Douro white", "Douro white", 4_90, "White wine from high terraces" [sulphites] asks [WINE_SIZE];
        "Alentejo red", "Alentejo red", 4_90, "Red wine, round and warm" [sulphites] asks [WINE_SIZE];
        "Sangria jug", "Sangria", 16_50, "One litre: red wine, orange, cinnamon" [sulphites];
        "White port & tonic", "Porto tónico", 7_50, "Dry white port, orange peel" [sulphites] asks [ICE];
        "Caipirinha", "Caipirinha", 7_80, "Cachaça, lime, sugar, crushed ice" [];
        "Gin & tonic", "Gin tonic", 9_00, "Gin with Alentejo herbs, lemon" [] asks [ICE];
        "Ginjinha", "Ginjinha", 3_50, "Sour cherry liqueur in a chocolate cup" [milk soya];
    }
};

#[cfg(test)]
mod tests;
