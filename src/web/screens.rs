//! `/manage/screens`: the screens that a manager saves. Forms work without scripts; what is refused comes back with what was
//! entered.

use std::collections::HashMap;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;
use serde_json::Value;

use super::auth::SignedIn;
use super::command::act;
use super::error::{AppError, Result, wants_json};
use super::extract::{Form, Path, answer, is_checked};
use super::frame::Frame;
use super::state::App;
use crate::domain::check::OrderType;
use crate::domain::ids::{ScreenId, StationId};
use crate::domain::menu::House;
use crate::domain::order::Refusal;
use crate::domain::screen::{COLUMNS_MAX, Query, Screen, name_words};
use crate::domain::staff::Action;
use crate::domain::station::{Station, name_and_slug};
use crate::store;

/// Where the page is.
const HOME: &str = "/manage/screens";

/// `GET /manage/screens`.
#[derive(Template)]
#[template(path = "manage/screens.html")]
pub struct ScreensPage<'a> {
    /// What surrounds it.
    pub frame: Frame,
    /// The house as it is.
    pub house: &'a House,
    /// What was entered and refused: of which screen (none: a new one), and why.
    pub tried: Option<Tried>,
}

/// A form that comes back.
#[derive(Debug)]
pub struct Tried {
    /// Of which screen; none: a new one.
    pub screen_id: Option<ScreenId>,
    /// As it was entered.
    pub entered: Entered,
    /// Why not.
    pub failure: String,
}

/// A form's fields as they stand on the page.
#[derive(Debug, Clone, Default)]
pub struct Entered {
    name: String,
    every_station: bool,
    stations: Vec<StationId>,
    holds: bool,
    order_types: Vec<OrderType>,
    columns: String,
}

impl Entered {
    fn of(query: &Query) -> Self {
        Self {
            name: query.name.clone(),
            every_station: query.every_station,
            stations: if query.every_station { Vec::new() } else { query.stations.clone() },
            holds: query.holds,
            order_types: query.order_types.clone(),
            columns: query.columns.to_string(),
        }
    }

    /// A screen of which nobody has said anything yet.
    fn blank() -> Self {
        let columns = "0".to_owned();
        Self { holds: true, order_types: OrderType::ALL.to_vec(), columns, ..Self::default() }
    }

    fn has(&self, station: &Station) -> bool {
        self.stations.contains(&station.station_id)
    }

    fn shows(&self, order_type: OrderType) -> bool {
        self.order_types.contains(&order_type)
    }

    fn is_columns(&self, columns: i16) -> bool {
        self.columns.trim() == columns.to_string()
    }
}

impl ScreensPage<'_> {
    /// What stands in a screen's form; of none, in the one for a new screen.
    fn entered(&self, screen: Option<&Screen>) -> Entered {
        let id = screen.map(|screen| screen.screen_id);
        match (&self.tried, screen) {
            (Some(tried), _) if tried.screen_id == id => tried.entered.clone(),
            (_, Some(screen)) => Entered::of(&screen.query),
            (_, None) => Entered::blank(),
        }
    }

    /// Why a form came back.
    fn failure(&self, screen: Option<&Screen>) -> Option<&str> {
        let id = screen.map(|screen| screen.screen_id);
        self.tried.as_ref().filter(|tried| tried.screen_id == id).map(|tried| tried.failure.as_str())
    }

    /// How many columns may be chosen: 0 is as many as fit.
    fn columns() -> std::ops::RangeInclusive<i16> {
        0..=COLUMNS_MAX
    }
}

/// A screen as somebody wants it. A form's boxes come as `at-grill=on` and `type-takeaway=on`, a machine's as lists.
#[derive(Debug, Deserialize)]
pub struct ScreenSlip {
    #[serde(default)]
    name: String,
    /// Every station's tickets.
    #[serde(default)]
    every_station: Value,
    #[serde(default)]
    stations: Vec<String>,
    /// `yes` or `no`; nothing said: yes.
    #[serde(default)]
    holds: Value,
    /// None: all.
    #[serde(default)]
    order_types: Vec<String>,
    #[serde(default)]
    columns: Value,
    #[serde(flatten)]
    boxes: HashMap<String, Value>,
}

impl ScreenSlip {
    fn boxes<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        let checked = self.boxes.iter().filter(|(_, said)| is_checked(said));
        checked.filter_map(move |(key, _)| key.strip_prefix(prefix))
    }

    fn every_station(&self) -> bool {
        matches!(&self.every_station, Value::Bool(true))
            || self.every_station == "on"
            || self.every_station == "yes"
    }

    fn order_type_keys(&self) -> impl Iterator<Item = &str> {
        self.order_types.iter().map(String::as_str).chain(self.boxes("type-"))
    }

    /// What was entered, as far as it means anything.
    fn entered(&self, house: &House) -> Entered {
        let named: Vec<_> = self.station_slugs().collect();
        let is_named = |station: &&Station| named.contains(&station.slug.as_str());
        let types: Vec<_> = self.order_type_keys().collect();
        let columns = match &self.columns {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        Entered {
            name: self.name.clone(),
            every_station: self.every_station(),
            stations: house.stations.iter().filter(is_named).map(|station| station.station_id).collect(),
            holds: self.holds().unwrap_or(true),
            order_types: OrderType::ALL.into_iter().filter(|one| types.contains(&one.key())).collect(),
            columns,
        }
    }

    fn station_slugs(&self) -> impl Iterator<Item = &str> {
        self.stations.iter().map(String::as_str).chain(self.boxes("at-"))
    }

    fn holds(&self) -> Option<bool> {
        match &self.holds {
            Value::Null => Some(true),
            Value::Bool(holds) => Some(*holds),
            Value::String(word) if word == "yes" => Some(true),
            Value::String(word) if word == "no" => Some(false),
            _ => None,
        }
    }

    fn columns(&self) -> Option<i16> {
        let columns = match &self.columns {
            Value::Null => 0,
            Value::String(text) if text.trim().is_empty() => 0,
            Value::String(text) => text.trim().parse().ok()?,
            Value::Number(number) => i16::try_from(number.as_i64()?).ok()?,
            _ => return None,
        };
        (0..=COLUMNS_MAX).contains(&columns).then_some(columns)
    }

    /// The query, and the address of a screen of that name. Every field that is wrong is named.
    fn read(&self, house: &House) -> std::result::Result<(Query, String), Vec<Refusal>> {
        let mut faults = Vec::new();
        let mut wrong = |field: &'static str, words: String| faults.push(Refusal::of_order(field, words));
        let named = name_and_slug(&self.name).map_err(|_| wrong("name", name_words())).ok();
        let unknown = self.station_slugs().find(|slug| house.station(slug).is_none());
        let entered = self.entered(house);
        if let Some(slug) = unknown {
            wrong("stations", format!("There is no station {slug:?} here."));
        } else if !entered.every_station && entered.stations.is_empty() {
            wrong("stations", "Choose whose tickets it shows: one station at least, or all.".to_owned());
        }
        let is_type = |key: &&str| OrderType::ALL.iter().any(|one| one.key() == *key);
        if let Some(key) = self.order_type_keys().find(|key| !is_type(key)) {
            wrong(
                "order_types",
                format!("There is no order type {key:?}: dine_in, takeaway, delivery or bar_tab."),
            );
        }
        let holds = self.holds();
        if holds.is_none() {
            wrong("holds", "Courses on hold are shown or not: yes or no.".to_owned());
        }
        let columns = self.columns();
        if columns.is_none() {
            wrong("columns", format!("Columns are 1 to {COLUMNS_MAX}, or 0 for as many as fit."));
        }
        let (Some((name, slug)), Some(holds), Some(columns), true) =
            (named, holds, columns, faults.is_empty())
        else {
            return Err(faults);
        };
        let all = || house.stations.iter().map(|station| station.station_id).collect();
        let stations = if entered.every_station { all() } else { entered.stations };
        let order_types =
            if entered.order_types.is_empty() { OrderType::ALL.to_vec() } else { entered.order_types };
        Ok((
            Query { name, every_station: entered.every_station, stations, holds, order_types, columns },
            slug,
        ))
    }
}

/// `GET /manage/screens`.
pub async fn show(manager: SignedIn, State(app): State<App>) -> Result<Html<String>> {
    page(&app, &manager, None).await
}

async fn page(app: &App, manager: &SignedIn, tried: Option<Tried>) -> Result<Html<String>> {
    manager.may(Action::Manage)?;
    let house = app.house(manager.who.location_id).await?;
    Ok(Html(ScreensPage { frame: Frame::of(&house, Some(&manager.who)), house: &house, tried }.render()?))
}

/// `POST /manage/screens`: one more.
pub async fn add(
    manager: SignedIn,
    State(app): State<App>,
    headers: HeaderMap,
    Form(slip): Form<ScreenSlip>,
) -> Result<Response> {
    save(&app, &manager, &headers, None, &slip).await
}

/// `POST /screens/{screen_id}/change`: another query under the same address.
pub async fn change(
    manager: SignedIn,
    Path(screen_id): Path<ScreenId>,
    State(app): State<App>,
    headers: HeaderMap,
    Form(slip): Form<ScreenSlip>,
) -> Result<Response> {
    save(&app, &manager, &headers, Some(screen_id), &slip).await
}

async fn save(
    app: &App,
    manager: &SignedIn,
    headers: &HeaderMap,
    screen_id: Option<ScreenId>,
    slip: &ScreenSlip,
) -> Result<Response> {
    manager.may(Action::Manage)?;
    let house = app.house(manager.who.location_id).await?;
    if screen_id.is_some_and(|screen_id| house.screen_by_id(screen_id).is_none()) {
        return Err(AppError::NotFound);
    }
    let done = match slip.read(&house) {
        Err(faults) => Err(AppError::Refused(faults)),
        Ok((query, slug)) => {
            act(app, manager, move |turn, actor| {
                Box::pin(async move {
                    match screen_id {
                        Some(screen_id) => store::screens::change(turn, screen_id, &query, actor).await,
                        None => store::screens::add(turn, &query, &slug, actor).await,
                    }
                })
            })
            .await
        }
    };
    let entered = slip.entered(&house);
    finish(app, manager, headers, done, |failure| Tried { screen_id, entered, failure }).await
}

/// `POST /screens/{screen_id}/take-away`: it goes.
pub async fn take_away(
    manager: SignedIn,
    Path(screen_id): Path<ScreenId>,
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response> {
    manager.may(Action::Manage)?;
    let house = app.house(manager.who.location_id).await?;
    let entered = house.screen_by_id(screen_id).map(|screen| Entered::of(&screen.query)).unwrap_or_default();
    let done =
        act(&app, &manager, move |turn, actor| Box::pin(store::screens::take_away(turn, screen_id, actor)))
            .await;
    finish(&app, &manager, &headers, done, |failure| Tried { screen_id: Some(screen_id), entered, failure })
        .await
}

/// Answers; a plain form comes back with what was refused.
async fn finish(
    app: &App,
    manager: &SignedIn,
    headers: &HeaderMap,
    done: Result<()>,
    tried: impl FnOnce(String) -> Tried,
) -> Result<Response> {
    app.houses.forget(manager.who.location_id); // the page after it shows it
    let words = match done {
        Ok(()) => return Ok(answer(headers, HOME)),
        Err(refused) if wants_json(headers) => return Err(refused),
        Err(AppError::Refused(refusals)) => {
            refusals.into_iter().map(|refusal| refusal.message).collect::<Vec<_>>().join(" ")
        }
        Err(AppError::Conflict { words, .. }) => words,
        Err(other) => return Err(other),
    };
    let page = page(app, manager, Some(tried(words))).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}
