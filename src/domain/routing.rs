//! Why a dish goes where it goes, and what a change of that would have done to a day.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::ids::{CategoryId, ItemId, StationId};
use super::menu::{House, Item, Route, RouteMode};

/// What a route is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RouteScope {
    /// One dish, before its page's.
    Item(ItemId),
    /// A page of the menu.
    Category(CategoryId),
}

/// A route that somebody thinks of: to no station it is taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteChange {
    /// What for.
    pub scope: RouteScope,
    /// How, and to which stations.
    pub route: Route,
}

/// Why a dish goes where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// It has a route of its own.
    Own,
    /// Its page has one.
    Page(String),
    /// Nobody said.
    Nowhere,
}

impl Why {
    /// As people read it.
    pub fn words(&self) -> String {
        match self {
            Self::Own => "its own route".to_owned(),
            Self::Page(name) => format!("as everything of {name}"),
            Self::Nowhere => "no route: it goes to the Unrouted lane at the pass".to_owned(),
        }
    }
}

impl House {
    /// Why a dish goes where it goes.
    pub fn why(&self, item: &Item) -> Why {
        let is_used = |route: Option<&Route>| route.is_some_and(|route| !route.stations.is_empty());
        if item.route.is_some() {
            return if is_used(item.route.as_ref()) { Why::Own } else { Why::Nowhere };
        }
        if !is_used(self.category_routes.get(&item.category_id)) {
            return Why::Nowhere;
        }
        let page = self.categories.iter().find(|category| category.category_id == item.category_id);
        Why::Page(page.map(|category| category.name.clone()).unwrap_or_default())
    }

    /// Where a dish goes, in words: `Grill and Fry, each its part`.
    pub fn way_of(&self, item: &Item) -> String {
        let (mode, stations) = self.stations_of(item);
        let names: Vec<&str> = stations
            .iter()
            .filter_map(|station_id| station_id.and_then(|id| self.station_by_id(id)))
            .map(|station| station.name.as_str())
            .collect();
        match (names.as_slice(), mode) {
            ([], _) => "nowhere".to_owned(),
            ([one], _) => (*one).to_owned(),
            (several, RouteMode::Each) => format!("{}, each its part", several.join(" and ")),
            (several, RouteMode::Any) => format!("{}, any of them", several.join(" or ")),
        }
    }

    /// The same house with another route.
    #[must_use]
    pub fn with(&self, change: &RouteChange) -> Self {
        let mut other = self.clone();
        let route = (!change.route.stations.is_empty()).then(|| change.route.clone());
        match change.scope {
            RouteScope::Item(item_id) => {
                for item in other.items.iter_mut().filter(|item| item.item_id == item_id) {
                    item.route.clone_from(&route);
                }
            }
            RouteScope::Category(category_id) => {
                match route {
                    Some(route) => other.category_routes.insert(category_id, route),
                    None => other.category_routes.remove(&category_id),
                };
            }
        }
        other
    }
}

/// What a change would have done to a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DryRun {
    /// Portions of that day.
    pub portions: i64,
    /// Those of them that would have gone elsewhere.
    pub moved: i64,
    /// The dishes among them, the most first.
    pub dishes: Vec<Moved>,
    /// Every station, in the kitchen's order; the Unrouted lane last, where it has any.
    pub stations: Vec<Load>,
}

/// A dish that would have gone elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// Its name.
    pub name: String,
    /// Portions that day.
    pub portions: i64,
    /// Where they go now, in words.
    pub from: String,
    /// Where they would have gone.
    pub to: String,
}

/// A station's work that day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Load {
    /// Its name.
    pub station: String,
    /// Portions as it is now.
    pub before: i64,
    /// Portions with the change.
    pub after: i64,
}

impl DryRun {
    /// Against what was sold: portions by dish. Dishes that are off the menu by now are left out.
    pub fn of(house: &House, change: &RouteChange, sold: &[(ItemId, i64)]) -> Self {
        let other = house.with(change);
        let (mut portions, mut moved, mut dishes) = (0, 0, Vec::new());
        let mut load: BTreeMap<Option<StationId>, (i64, i64)> = BTreeMap::new();
        for (item_id, units) in sold {
            let (Some(now), Some(then)) = (house.item(*item_id), other.item(*item_id)) else {
                continue;
            };
            let ((mode, from), (other_mode, to)) = (house.stations_of(now), other.stations_of(then));
            portions += units;
            for station_id in &from {
                load.entry(*station_id).or_default().0 += units;
            }
            for station_id in &to {
                load.entry(*station_id).or_default().1 += units;
            }
            let places = |stations: &[Option<StationId>]| stations.iter().copied().collect::<BTreeSet<_>>();
            let is_same = places(&from) == places(&to) && (mode == other_mode || from.len() < 2);
            if !is_same {
                moved += units;
                dishes.push(Moved {
                    name: now.name.clone(),
                    portions: *units,
                    from: house.way_of(now),
                    to: other.way_of(then),
                });
            }
        }
        dishes.sort_by(|a: &Moved, b| (b.portions, &a.name).cmp(&(a.portions, &b.name)));
        let row = |station_id: Option<StationId>, name: &str| {
            let (before, after) = load.get(&station_id).copied().unwrap_or_default();
            Load { station: name.to_owned(), before, after }
        };
        let mut stations: Vec<_> =
            house.stations.iter().map(|station| row(Some(station.station_id), &station.name)).collect();
        if load.contains_key(&None) {
            stations.push(row(None, "Unrouted"));
        }
        Self { portions, moved, dishes, stations }
    }
}
