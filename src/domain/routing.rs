//! Where a dish goes, part by part, why, and what a change of that would have done to a day.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::card::ChosenModifier;
use super::ids::{CategoryId, ItemId, StationId};
use super::menu::{House, Item, PassWay, Route, RouteMode};

/// A station's part in making a line.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Leg {
    /// Where; none: the Unrouted lane.
    pub station_id: Option<StationId>,
    /// Whether its bump alone completes what is asked of such stations: any or each.
    pub mode: RouteMode,
    /// When it comes: the stations of the steps before are through by then.
    pub step: i16,
    /// The choices that it makes, where it does not cook the dish.
    pub part: Option<String>,
}

impl House {
    /// Everybody who makes something of a line. Nobody, where only the pass has it.
    pub fn legs_of(&self, item: &Item, choices: &[ChosenModifier]) -> Vec<Leg> {
        let (mode, stations) = self.stations_of(item);
        let step =
            |at| if mode == RouteMode::Then { i16::try_from(at).unwrap_or(i16::MAX - 1) + 1 } else { 1 };
        let mode_there = if mode == RouteMode::Any { RouteMode::Any } else { RouteMode::Each };
        let cooks = stations.into_iter().enumerate();
        let mut legs: Vec<_> = cooks
            .map(|(at, station_id)| Leg { station_id, mode: mode_there, step: step(at), part: None })
            .collect();
        for choice in choices {
            let Some(station_id) = self.maker_of(item, choice) else { continue };
            let words = choice.words();
            match legs.iter_mut().find(|leg| leg.station_id == Some(station_id)) {
                Some(Leg { part: Some(part), .. }) => *part = format!("{part}, {words}"),
                Some(Leg { part: None, .. }) => {} // it cooks the dish as well
                None => legs.push(Leg {
                    station_id: Some(station_id),
                    mode: RouteMode::Each,
                    step: 1,
                    part: Some(words),
                }),
            }
        }
        legs
    }

    /// The station that makes a choice of a dish, if it has one of its own. Choices are known by what they are called.
    pub fn maker_of(&self, item: &Item, choice: &ChosenModifier) -> Option<StationId> {
        let known = self.groups_of(item).flat_map(|group| &group.modifiers);
        let mut same = known.filter(|known| known.name == choice.name && known.prefix == choice.prefix);
        let station_id = same.find_map(|known| known.station_id)?;
        self.station_by_id(station_id).map(|station| station.station_id)
    }

    /// Whether a line leaves without the pass: its route says so, and every part of it is made somewhere.
    pub fn skips_pass(&self, item: &Item, legs: &[Leg]) -> bool {
        let is_made = !legs.is_empty() && legs.iter().all(|leg| leg.station_id.is_some());
        is_made && self.pass_of(item) == PassWay::Skip
    }
}

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
        let is_used = |route: Option<&Route>| route.is_some_and(Route::is_used);
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
        let way = match (names.as_slice(), mode) {
            ([], _) if self.pass_of(item) == PassWay::Only => "the pass alone".to_owned(),
            ([], _) => "nowhere".to_owned(),
            ([one], _) => (*one).to_owned(),
            (several, RouteMode::Each) => format!("{}, each its part", several.join(" and ")),
            (several, RouteMode::Then) => format!("{}, one after the other", several.join(", then ")),
            (several, RouteMode::Any) => format!("{}, any of them", several.join(" or ")),
        };
        if self.pass_of(item) == PassWay::Skip { format!("{way}; not at the pass") } else { way }
    }

    /// The same house with another route.
    #[must_use]
    pub fn with(&self, change: &RouteChange) -> Self {
        let mut other = self.clone();
        let route = change.route.is_used().then(|| change.route.clone());
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
            let is_same = places(&from) == places(&to)
                && (mode == other_mode || from.len() < 2)
                && (mode != RouteMode::Then || from == to)
                && house.pass_of(now) == other.pass_of(then);
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
