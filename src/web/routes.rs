//! The kitchen as a manager sets it up: its stations, which dish goes where and why, and what a change would have done to
//! the day before.

use std::collections::HashMap;

use askama::Template;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;
use serde_json::Value;
use time::Date;

use super::auth::SignedIn;
use super::command::act;
use super::error::{AppError, Result, wants_json};
use super::extract::{Form, Path, answer, is_checked};
use super::frame::Frame;
use super::state::App;
use crate::domain::ids::{CategoryId, ItemId, ModifierId, StationId};
use crate::domain::menu::{House, Item, Modifier, ModifierGroup, PassWay, Route, RouteMode};
use crate::domain::routing::{DryRun, RouteChange, RouteScope, Why};
use crate::domain::staff::Action;
use crate::domain::station::Station;
use crate::store;

/// Where the page is.
pub(super) const HOME: &str = "/manage/stations";

/// `GET /manage/stations`.
#[derive(Template)]
#[template(path = "manage/stations.html")]
pub struct StationsPage<'a> {
    /// What surrounds it.
    pub frame: Frame,
    /// The house as it is.
    pub house: &'a House,
    /// A change that was tried on a day, and what it would have done.
    pub tried: Option<Tried>,
    /// What was refused, when a plain form comes back.
    pub failure: Option<String>,
}

/// A change that was tried.
#[derive(Debug)]
pub struct Tried {
    /// What it is for, as a form says it again.
    pub of: String,
    /// How it goes: any, each or then.
    pub mode: &'static str,
    /// What the pass has to do with it.
    pub pass: &'static str,
    /// Where, by names in addresses, in order.
    pub stations: Vec<String>,
    /// What it is for, in words.
    pub name: String,
    /// On which day.
    pub day: Date,
    /// What it would have done.
    pub run: DryRun,
}

impl StationsPage<'_> {
    /// The dishes of a page of the menu.
    fn dishes(&self, category_id: &CategoryId) -> Vec<&Item> {
        self.house.items_of(*category_id).collect()
    }

    fn page_route(&self, category_id: &CategoryId) -> Option<&Route> {
        self.house.category_routes.get(category_id)
    }

    /// Whether a route goes there.
    fn goes(route: Option<&Route>, station: &Station) -> bool {
        route.is_some_and(|route| route.stations.contains(&station.station_id))
    }

    fn is_each(route: Option<&Route>) -> bool {
        route.is_some_and(|route| route.mode == RouteMode::Each)
    }

    fn is_then(route: Option<&Route>) -> bool {
        route.is_some_and(|route| route.mode == RouteMode::Then)
    }

    fn passes(route: Option<&Route>, way: &str) -> bool {
        route.is_some_and(|route| route.pass.key() == way)
    }

    /// Where a station stands in a route of one after the other.
    fn step(route: Option<&Route>, station: &Station) -> Option<usize> {
        let route = route.filter(|route| route.mode == RouteMode::Then)?;
        route.stations.iter().position(|id| *id == station.station_id).map(|at| at + 1)
    }

    /// Sets of choices, by name.
    fn groups(&self) -> Vec<&ModifierGroup> {
        let mut groups: Vec<_> = self.house.groups.values().collect();
        groups.sort_by_key(|group| (&group.name, group.group_id));
        groups
    }

    fn makes(station: &Station, choice: &Modifier) -> bool {
        choice.station_id == Some(station.station_id)
    }

    /// Dishes that go to a station.
    fn cooked_at(&self, station: &Station) -> usize {
        let goes = |item: &&Item| self.house.stations_of(item).1.contains(&Some(station.station_id));
        self.house.items.iter().filter(goes).count()
    }

    /// Dishes that no station cooks.
    fn nowhere(&self) -> Vec<&str> {
        let items = self.house.items.iter().filter(|item| self.house.why(item) == Why::Nowhere);
        items.map(|item| item.name.as_str()).collect()
    }
}

/// A route as it is written: `of` is `item:{id}` or `category:{id}`; stations by their names in addresses, each under its own
/// as `at-grill=on` in a form, where `step-grill=2` puts it in order, as a list in order in JSON. None at all: it has no route of
/// its own, unless only the pass has it.
#[derive(Debug, Deserialize)]
pub struct RouteSlip {
    #[serde(default)]
    of: String,
    #[serde(default)]
    mode: String,
    #[serde(default)]
    pass: String,
    #[serde(default)]
    stations: Vec<String>,
    /// Only say what it would have done.
    #[serde(default, rename = "try")]
    is_try: Value,
    #[serde(flatten)]
    ticked: HashMap<String, Value>,
}

impl RouteSlip {
    /// The stations that it names, by their names in addresses.
    fn slugs(&self) -> Vec<&str> {
        let ticked = self.ticked.iter().filter(|(_, said)| is_checked(said));
        let ticked = ticked.filter_map(|(name, _)| name.strip_prefix("at-"));
        self.stations.iter().map(String::as_str).chain(ticked).collect()
    }

    /// Where a station stands in order, as far as somebody said.
    fn step(&self, slug: &str) -> usize {
        if let Some(at) = self.stations.iter().position(|listed| listed == slug) {
            return at;
        }
        match self.ticked.get(&format!("step-{slug}")) {
            Some(Value::String(text)) => text.trim().parse().unwrap_or(usize::MAX),
            Some(other) => other.as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(usize::MAX),
            None => usize::MAX,
        }
    }

    fn tries(&self) -> bool {
        !matches!(&self.is_try, Value::Null | Value::Bool(false)) && self.is_try != ""
    }

    /// What it is for, and the change.
    fn read(&self, house: &House) -> std::result::Result<(String, RouteChange), (&'static str, String)> {
        let (name, scope) = self
            .scope(house)
            .ok_or_else(|| ("of", "Say what the route is for: a dish, or a page of the menu.".to_owned()))?;
        let mode = match self.mode.as_str() {
            "any" | "" => RouteMode::Any,
            "each" => RouteMode::Each,
            "then" => RouteMode::Then,
            _ => return Err(("mode", "A route is any, each or then.".to_owned())),
        };
        let pass = match self.pass.as_str() {
            "" => PassWay::Send,
            key => PassWay::of(key)
                .ok_or_else(|| ("pass", "A dish is for the pass as send, only or skip.".to_owned()))?,
        };
        let mut stations = Vec::new();
        for slug in self.slugs() {
            let station = house.station(slug);
            stations.push(
                station
                    .ok_or_else(|| ("stations", format!("There is no station {slug:?} here.")))?
                    .station_id,
            );
        }
        stations.sort_unstable();
        stations.dedup();
        let step = |station: &Station| if mode == RouteMode::Then { self.step(&station.slug) } else { 0 };
        let place = |id| {
            let at = house.stations.iter().position(|station| station.station_id == id);
            at.map(|at| (step(&house.stations[at]), at))
        };
        stations.sort_by_key(|id| place(*id));
        match pass {
            PassWay::Only if !stations.is_empty() => {
                Err(("stations", "What only the pass has goes to no station.".to_owned()))
            }
            PassWay::Skip if stations.is_empty() => {
                Err(("stations", "What leaves without the pass is made at a station.".to_owned()))
            }
            PassWay::Send | PassWay::Only | PassWay::Skip => {
                Ok((name, RouteChange { scope, route: Route { mode, stations, pass } }))
            }
        }
    }

    fn scope(&self, house: &House) -> Option<(String, RouteScope)> {
        let (kind, which) = self.of.split_once(':')?;
        match kind {
            "item" => {
                let item_id: ItemId = which.parse().ok()?;
                house.item(item_id).map(|item| (item.name.clone(), RouteScope::Item(item_id)))
            }
            "category" => {
                let category_id: CategoryId = which.parse().ok()?;
                let category = house.categories.iter().find(|known| known.category_id == category_id)?;
                Some((category.name.clone(), RouteScope::Category(category_id)))
            }
            _ => None,
        }
    }
}

/// Who makes a choice: a station's name in addresses; empty: whoever cooks the dish.
#[derive(Debug, Deserialize)]
pub struct MakerSlip {
    #[serde(default)]
    station: String,
}

/// `POST /modifiers/{modifier_id}/station`: who makes a choice, whatever dish it goes with.
pub async fn set_maker(
    manager: SignedIn,
    Path(modifier_id): Path<ModifierId>,
    State(app): State<App>,
    headers: HeaderMap,
    Form(slip): Form<MakerSlip>,
) -> Result<Response> {
    manager.may(Action::Manage)?;
    let house = app.house(manager.who.location_id).await?;
    let station_id = match slip.station.as_str() {
        "" => None,
        slug => match house.station(slug) {
            Some(station) => Some(station.station_id),
            None => return Err(AppError::field("station", format!("There is no station {slug:?} here."))),
        },
    };
    act(&app, &manager, move |turn, actor| {
        Box::pin(async move { store::routes::set_maker(turn, modifier_id, station_id, actor).await })
    })
    .await?;
    app.houses.forget(house.location_id); // the page after it shows it
    Ok(answer(&headers, HOME))
}

/// `GET /manage/stations`.
pub async fn show(manager: SignedIn, State(app): State<App>) -> Result<Html<String>> {
    page(&app, &manager, None, None).await
}

/// The page, with what was tried or refused.
pub(super) async fn page(
    app: &App,
    manager: &SignedIn,
    tried: Option<Tried>,
    failure: Option<String>,
) -> Result<Html<String>> {
    manager.may(Action::Manage)?;
    let house = app.house(manager.who.location_id).await?;
    let page = StationsPage { frame: Frame::of(&house, Some(&manager.who)), house: &house, tried, failure };
    Ok(Html(page.render()?))
}

/// `POST /manage/routes`: another route, or what it would have done to the last day.
pub async fn set(
    manager: SignedIn,
    State(app): State<App>,
    headers: HeaderMap,
    Form(slip): Form<RouteSlip>,
) -> Result<Response> {
    manager.may(Action::Manage)?;
    let house = app.house(manager.who.location_id).await?;
    let (name, change) = match slip.read(&house) {
        Ok(change) => change,
        Err((field, words)) if wants_json(&headers) => return Err(AppError::field(field, words)),
        Err((_, words)) => {
            let page = page(&app, &manager, None, Some(words)).await?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    if slip.tries() {
        let (day, sold) = store::routes::sold(&app.db, house.location_id).await?;
        let run = DryRun::of(&house, &change, &sold);
        if wants_json(&headers) {
            return Ok(Json(run).into_response());
        }
        let Route { mode, stations, pass } = &change.route;
        let slug = |id: &StationId| house.station_by_id(*id).map(|station| station.slug.clone());
        let stations = stations.iter().filter_map(slug).collect();
        let tried = Tried { of: slip.of, mode: mode.key(), pass: pass.key(), stations, name, day, run };
        return Ok(page(&app, &manager, Some(tried), None).await?.into_response());
    }
    act(&app, &manager, move |turn, actor| {
        Box::pin(async move { store::routes::set(turn, &change, actor).await })
    })
    .await?;
    app.houses.forget(house.location_id); // the page after it shows it
    Ok(answer(&headers, HOME))
}
