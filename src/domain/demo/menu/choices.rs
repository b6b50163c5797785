//! What the waiter asks, and what a guest may wish. `at` is what a choice adds to the price of one unit.

use super::{Choice, Group};
use crate::domain::menu::Prefix;
use crate::domain::money::Money;

macro_rules! groups {
    ($($key:ident $name:literal $min:literal to $max:literal [
        $($($prefix:ident)? $choice:literal $(at $price:literal)?),+
    ])+) => {$(
        pub(super) static $key: Group = Group {
            key: stringify!($key),
            name: $name,
            min: $min,
            max: $max,
            choices: &[$(Choice { prefix: prefix!($($prefix)?), name: $choice, price: Money(0 $(+ $price)?) }),+],
        };
    )+};
}

macro_rules! prefix {
    () => {
        None
    };
    ($prefix:ident) => {
        Some($prefix)
    };
}

const NO: Prefix = Prefix::No;
const ADD: Prefix = Prefix::Add;
const EXTRA: Prefix = Prefix::Extra;
const SIDE: Prefix = Prefix::Side;
const SUB: Prefix = Prefix::Sub;

groups! {
    // What the kitchen must know ...
    DONENESS "Doneness" 1 to 1 ["Rare", "Medium rare", "Medium", "Medium well", "Well done"]
    SIDE_DISH "Side" 1 to 1 ["Fries", "Tomato rice", "Boiled potatoes", "Green salad", "Sweet potato fries" at 1_50]
    HEAT "Heat" 1 to 1 ["No chilli", "Mild", "Hot", "Devil's own"]
    DRESSING "Dressing" 1 to 1 ["Oil and vinegar", "Lemon", "Mustard vinaigrette"]
    PIZZA_SIZE "Size" 1 to 1 ["Small, 26 cm" at -2_00, "Regular, 32 cm", "To share, 45 cm" at 7_50]
    BEER_SIZE "Size" 1 to 1 ["Imperial, 20 cl", "Caneca, 40 cl" at 1_90]
    WINE_SIZE "Size" 1 to 1 ["Glass", "Half-litre jug" at 7_00, "Bottle" at 13_50]
    SCOOPS "Scoops" 2 to 3 ["Vanilla", "Chocolate", "Fig", "Lemon sorbet", "Pistachio" at 50]
    TEA "Tea" 1 to 1 ["Azores green", "Black", "Lemon verbena", "Camomile"]

    // ... and what a guest may wish.
    SAUCES "Sauces" 0 to 3 [
        SIDE "Garlic butter" at 1_00, SIDE "Peppercorn sauce" at 1_50, SIDE "Piri-piri oil", SIDE "Aioli" at 1_00]
    BURGER_WISHES "As you like it" 0 to 6 [
        NO "Onion jam", NO "Pickles", NO "Cheese", ADD "Bacon" at 1_80, ADD "Fried egg" at 1_50,
        EXTRA "Patty" at 4_50, SUB "Gluten-free bun" at 1_20]
    PIZZA_WISHES "As you like it" 0 to 8 [
        NO "Onion", NO "Basil", EXTRA "Mozzarella" at 1_80, ADD "Presunto" at 2_80, ADD "Mushrooms" at 1_50,
        ADD "Rocket" at 1_20, ADD "Fried egg" at 1_50, SIDE "Piri-piri oil", SUB "Vegan cheese" at 1_80]
    SALAD_WISHES "As you like it" 0 to 4 [
        NO "Onion", NO "Croutons", ADD "Tuna" at 3_00, ADD "Fresh cheese" at 2_20, SIDE "Dressing"]
    EGG "On top" 0 to 2 [ADD "Fried egg" at 1_50, EXTRA "Sauce"]
    ICE "In the glass" 0 to 2 [NO "Ice", EXTRA "Ice", ADD "Lemon"]
    MILK "Milk" 0 to 2 [SUB "Oat drink" at 40, EXTRA "Shot" at 70, SIDE "Milk"]
}
