//! The house as an order needs it: menu, tables, stations and routes, all of one `menu_version`.
//!
//! A process keeps one [`House`] a location in memory; the Send's statement proves that it was current.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::age::AgeRules;
use super::allergy::Allergen;
use super::card::ChosenModifier;
use super::fire::PassRules;
use super::ids::{CategoryId, GroupId, ItemId, LocationId, ModifierId, SectionId, StationId, TableId};
use super::money::Money;
use super::screen::Screen;
use super::station::Station;
use super::zone::Zone;

/// The word printed before a modifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "UPPERCASE")]
#[sqlx(type_name = "text", rename_all = "UPPERCASE")]
pub enum Prefix {
    /// Leave it out.
    No,
    /// Put it on.
    Add,
    /// More of it.
    Extra,
    /// In a dish beside.
    Side,
    /// Instead.
    Sub,
}

impl Prefix {
    /// The word itself.
    pub fn word(self) -> &'static str {
        match self {
            Self::No => "NO",
            Self::Add => "ADD",
            Self::Extra => "EXTRA",
            Self::Side => "SIDE",
            Self::Sub => "SUB",
        }
    }
}

/// Whether one station's bump completes a line, or each station must.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum RouteMode {
    /// One bump completes it.
    Any,
    /// Every station must.
    Each,
    /// Every station must, one after the other. A line at a station is `Each`: its step says when it comes.
    Then,
}

impl RouteMode {
    /// How the database and machines spell it.
    pub fn key(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Then => "then",
            Self::Each => "each",
        }
    }
}

/// One restaurant, as pages and orders need it.
#[derive(Debug, Clone)]
pub struct House {
    /// Which restaurant.
    pub location_id: LocationId,
    /// Its name.
    pub name: String,
    /// Its time zone.
    pub zone: Zone,
    /// ISO 4217.
    pub currency: String,
    /// Whether it is the demo restaurant.
    pub is_demo: bool,
    /// How old its tickets may get.
    pub ages: AgeRules,
    /// How long after a course is ready the next one fires by itself, in seconds; none: by hand.
    pub next_course_after_s: Option<i32>,
    /// How its pass works.
    pub pass: PassRules,
    /// What proves that all of this is current.
    pub menu_version: i64,
    /// In the order of the menu.
    pub categories: Vec<Category>,
    /// In the order of the menu.
    pub items: Vec<Item>,
    /// Choice sets, by id.
    pub groups: HashMap<GroupId, ModifierGroup>,
    /// In the kitchen's order.
    pub stations: Vec<Station>,
    /// Screens that a manager saved, by name.
    pub screens: Vec<Screen>,
    /// In the floor's order.
    pub sections: Vec<Section>,
    /// In the floor's order.
    pub tables: Vec<Table>,
    /// Of categories; an item's own route is on the item.
    pub category_routes: HashMap<CategoryId, Route>,
}

/// A page of the menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    /// Its id.
    pub category_id: CategoryId,
    /// Its name.
    pub name: String,
}

/// A menu entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its id.
    pub item_id: ItemId,
    /// The page it stands on.
    pub category_id: CategoryId,
    /// Its name for guests.
    pub name: String,
    /// Its name for the kitchen.
    pub kitchen_name: String,
    /// What it is, for the waiter.
    pub description: String,
    /// One unit, tax included.
    pub price_minor: Money,
    /// The tax contained in it, in hundredths of a percent.
    pub tax_basis_points: i32,
    /// EU-14 codes.
    pub allergens: Vec<Allergen>,
    /// Off the menu just now.
    pub eighty_sixed: bool,
    /// Somebody counts how many portions are left: a Send takes them.
    pub counted: bool,
    /// Its choice sets, in order.
    pub groups: Vec<GroupId>,
    /// Its own route, before its category's.
    pub route: Option<Route>,
}

/// A set of choices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModifierGroup {
    /// Its id.
    pub group_id: GroupId,
    /// Its name: "Size", "Doneness".
    pub name: String,
    /// Forced when above zero.
    pub min_choices: i16,
    /// At most that many.
    pub max_choices: i16,
    /// In order.
    pub modifiers: Vec<Modifier>,
}

/// One choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Modifier {
    /// Its id.
    pub modifier_id: ModifierId,
    /// Its name.
    pub name: String,
    /// The word before it.
    pub prefix: Option<Prefix>,
    /// What it adds to one unit; may be negative.
    pub price_minor: Money,
    /// Who makes this choice, if not who cooks the dish.
    pub station_id: Option<StationId>,
}

impl Modifier {
    /// As a line keeps it.
    pub fn chosen(&self) -> ChosenModifier {
        ChosenModifier { name: self.name.clone(), prefix: self.prefix, price_minor: self.price_minor }
    }
}

/// A waiter's group of tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Its id.
    pub section_id: SectionId,
    /// Its name.
    pub name: String,
}

/// A seating unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its id.
    pub table_id: TableId,
    /// The group it belongs to.
    pub section_id: SectionId,
    /// What everyone calls it.
    pub label: String,
    /// Seats.
    pub seats: i16,
}

/// Which stations something goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Whether one bump completes it.
    pub mode: RouteMode,
    /// In the kitchen's order, or one after the other. Empty is the same as no route, but where only the pass has it.
    pub stations: Vec<StationId>,
    /// What the pass has to do with it.
    pub pass: PassWay,
}

/// What the pass has to do with a dish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum PassWay {
    /// Stations make it, the pass hands it over.
    #[default]
    Send,
    /// No station makes it: the pass has it.
    Only,
    /// It leaves without the pass: whoever serves the table is called to the station.
    Skip,
}

impl PassWay {
    /// How the database and machines spell it.
    pub fn key(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Only => "only",
            Self::Skip => "skip",
        }
    }

    /// The way with that key.
    pub fn of(key: &str) -> Option<Self> {
        [Self::Send, Self::Only, Self::Skip].into_iter().find(|way| way.key() == key)
    }
}

impl Route {
    /// Whether it says anything.
    pub fn is_used(&self) -> bool {
        !self.stations.is_empty() || self.pass == PassWay::Only
    }
}

impl House {
    /// The item with that id, if this house sells it.
    pub fn item(&self, item_id: ItemId) -> Option<&Item> {
        self.items.iter().find(|item| item.item_id == item_id)
    }

    /// The table with that id, if it stands here.
    pub fn table(&self, table_id: TableId) -> Option<&Table> {
        self.tables.iter().find(|table| table.table_id == table_id)
    }

    /// The station at `/kitchen/{slug}`.
    pub fn station(&self, slug: &str) -> Option<&Station> {
        self.stations.iter().find(|station| station.slug == slug)
    }

    /// The station with that id.
    pub fn station_by_id(&self, station_id: StationId) -> Option<&Station> {
        self.stations.iter().find(|station| station.station_id == station_id)
    }

    /// An item's choice sets, in order.
    pub fn groups_of<'a>(&'a self, item: &'a Item) -> impl Iterator<Item = &'a ModifierGroup> {
        item.groups.iter().filter_map(|group_id| self.groups.get(group_id))
    }

    /// The items on one page of the menu.
    pub fn items_of(&self, category_id: CategoryId) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(move |item| item.category_id == category_id)
    }

    /// Where an item goes: its own route, else its category's, else nowhere.
    pub fn route_of<'a>(&'a self, item: &'a Item) -> Option<&'a Route> {
        item.route.as_ref().or_else(|| self.category_routes.get(&item.category_id))
    }

    /// The stations that cook an item; none where only the pass has it. What matches none goes to the Unrouted lane (`None`):
    /// it is never dropped.
    pub fn stations_of(&self, item: &Item) -> (RouteMode, Vec<Option<StationId>>) {
        match self.route_of(item).filter(|route| route.is_used()) {
            Some(route) => (route.mode, route.stations.iter().copied().map(Some).collect()),
            None => (RouteMode::Each, vec![None]),
        }
    }

    /// What the pass has to do with an item.
    pub fn pass_of(&self, item: &Item) -> PassWay {
        self.route_of(item).map(|route| route.pass).unwrap_or_default()
    }
}
