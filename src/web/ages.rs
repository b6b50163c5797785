//! How old tickets may get: the manager's rules, and what is said of tickets that are.

use askama::Template;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use serde::de::IntoDeserializer as _;
use serde::de::value::StrDeserializer;
use serde::{Deserialize, Serialize};

use super::auth::SignedIn;
use super::command::act;
use super::error::{AppError, Result, wants_json};
use super::extract::{Back, Form, Path, answer};
use super::frame::Frame;
use super::state::App;
use crate::domain::age::{AgeLimits, AgeScope};
use crate::domain::check::OrderType;
use crate::domain::course::COURSES_MAX;
use crate::domain::ids::{ItemId, StationId, TicketId};
use crate::domain::menu::House;
use crate::domain::screen::Wall;
use crate::domain::staff::Action;
use crate::store;

/// `GET /manage/ages`.
#[derive(Template)]
#[template(path = "manage/ages.html")]
pub struct AgesPage {
    /// What surrounds it.
    pub frame: Frame,
    /// Everything that may have limits, the house first.
    pub levels: Vec<AgeLevel>,
    /// Dishes that have none of their own: `item:{id}` and the name.
    pub dishes: Vec<(String, String)>,
    /// What was refused, when a plain form comes back.
    pub failure: Option<String>,
}

/// Rules of one kind.
#[derive(Debug)]
pub struct AgeLevel {
    /// What it is called.
    pub name: &'static str,
    /// In the house's order.
    pub rows: Vec<AgeRow>,
}

/// Something that may have limits of its own.
#[derive(Debug)]
pub struct AgeRow {
    /// What a form says to mean it: `house`, `station:{id}`, `order_type:takeaway`, `course:2`, `item:{id}`.
    pub of: String,
    /// What a person calls it.
    pub name: String,
    /// Its own limits, if it has any.
    pub own: Option<AgeLimits>,
}

impl AgesPage {
    /// The rules of a house.
    pub fn new(house: &House, frame: Frame, failure: Option<String>) -> Self {
        let row = |of: String, name: String, scope| AgeRow { of, name, own: house.ages.own(scope) };
        let stations = house.stations.iter().map(|station| {
            let of = format!("station:{}", station.station_id);
            row(of, station.name.clone(), AgeScope::Station(station.station_id))
        });
        let order_types = OrderType::ALL.into_iter().map(|order_type| {
            let of = format!("order_type:{}", order_type.key());
            row(of, order_type.word().to_owned(), AgeScope::OrderType(order_type))
        });
        let courses = (1..=COURSES_MAX).map(|course| {
            row(format!("course:{course}"), format!("Course {course}"), AgeScope::Course(course))
        });
        let (ruled, free): (Vec<_>, Vec<_>) = house
            .items
            .iter()
            .map(|item| {
                row(format!("item:{}", item.item_id), item.name.clone(), AgeScope::Item(item.item_id))
            })
            .partition(|row| row.own.is_some());
        let house_row =
            AgeRow { of: "house".to_owned(), name: "Everything".to_owned(), own: Some(house.ages.house()) };
        Self {
            levels: vec![
                AgeLevel { name: "The house", rows: vec![house_row] },
                AgeLevel { name: "Stations", rows: stations.collect() },
                AgeLevel { name: "Order types", rows: order_types.collect() },
                AgeLevel { name: "Courses", rows: courses.collect() },
                AgeLevel { name: "Dishes", rows: ruled },
            ],
            dishes: free.into_iter().map(|row| (row.of, row.name)).collect(),
            frame,
            failure,
        }
    }
}

/// `GET /manage/ages`.
pub async fn show(manager: SignedIn, State(app): State<App>) -> Result<Html<String>> {
    page(&app, &manager, None).await
}

async fn page(app: &App, manager: &SignedIn, failure: Option<String>) -> Result<Html<String>> {
    manager.may(Action::Manage)?;
    let house = app.house(manager.who.location_id).await?;
    let page = AgesPage::new(&house, Frame::of(&house, Some(&manager.who)), failure);
    Ok(Html(page.render()?))
}

/// A rule as a manager makes it.
#[derive(Debug, Deserialize)]
pub struct RuleSlip {
    /// See [`AgeRow::of`].
    #[serde(default)]
    of: String,
    /// Both empty: it has no limits of its own any more.
    #[serde(default, deserialize_with = "super::extract::number")]
    warn_after_min: Option<i64>,
    #[serde(default, deserialize_with = "super::extract::number")]
    late_after_min: Option<i64>,
}

impl RuleSlip {
    fn read(
        &self,
        house: &House,
    ) -> std::result::Result<(AgeScope, Option<AgeLimits>), (&'static str, String)> {
        let scope = scope(house, &self.of).ok_or_else(|| {
            ("of", "Say what for: the house, a station, an order type, a course or a dish.".to_owned())
        })?;
        let limits = match (self.warn_after_min, self.late_after_min) {
            (None, None) if scope == AgeScope::House => {
                return Err(("late_after_min", "The house always has limits.".to_owned()));
            }
            (None, None) => None,
            (Some(warn), Some(late)) => Some(AgeLimits::minutes(warn, late)?),
            (None, Some(_)) => return Err(("warn_after_min", "Say when it warns, too.".to_owned())),
            (Some(_), None) => return Err(("late_after_min", "Say when it is late, too.".to_owned())),
        };
        Ok((scope, limits))
    }
}

/// What `of` means in this house.
fn scope(house: &House, of: &str) -> Option<AgeScope> {
    let (kind, which) = match of.split_once(':') {
        None if of == "house" => return Some(AgeScope::House),
        None => return None,
        Some(parts) => parts,
    };
    match kind {
        "station" => {
            let station_id: StationId = which.parse().ok()?;
            house.station_by_id(station_id).map(|station| AgeScope::Station(station.station_id))
        }
        "order_type" => {
            let which: StrDeserializer<'_, serde::de::value::Error> = which.into_deserializer();
            OrderType::deserialize(which).ok().map(AgeScope::OrderType)
        }
        "course" => {
            let course = which.parse().ok().filter(|course| (1..=COURSES_MAX).contains(course))?;
            Some(AgeScope::Course(course))
        }
        "item" => {
            let item_id: ItemId = which.parse().ok()?;
            house.item(item_id).map(|item| AgeScope::Item(item.item_id))
        }
        _ => None,
    }
}

/// `POST /manage/ages`: a rule for what fires from now on.
pub async fn set(
    manager: SignedIn,
    State(app): State<App>,
    headers: HeaderMap,
    Form(slip): Form<RuleSlip>,
) -> Result<Response> {
    manager.may(Action::Manage)?;
    let house = app.house(manager.who.location_id).await?;
    let (scope, limits) = match slip.read(&house) {
        Ok(rule) => rule,
        Err((field, words)) if wants_json(&headers) => return Err(AppError::field(field, words)),
        Err((_, words)) => {
            let page = page(&app, &manager, Some(words)).await?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    act(&app, &manager, move |turn, actor| Box::pin(store::ages::set(turn, scope, limits, actor))).await?;
    app.houses.forget(house.location_id); // the page after it shows it
    Ok(answer(&headers, "/manage/ages"))
}

/// `POST /tickets/{ticket_id}/late-seen`: a manager knows that it is late.
pub async fn late_seen(
    manager: SignedIn,
    Path(ticket_id): Path<TicketId>,
    State(app): State<App>,
    headers: HeaderMap,
    Form(form): Form<Back>,
) -> Result<Response> {
    manager.may(Action::Manage)?;
    act(&app, &manager, move |turn, actor| Box::pin(store::ages::seen(turn, ticket_id, actor))).await?;
    Ok(answer(&headers, &form.or("/floor")))
}

/// How long the day's tickets took.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Pace {
    /// In the middle, in whole seconds; none before the first.
    median_s: Option<i64>,
    /// How many tickets that is of.
    count: i64,
}

impl Pace {
    /// At a station, on a screen, or at the pass.
    pub(super) async fn of(app: &App, house: &House, wall: Wall<'_>) -> Result<Self> {
        let (median, count) = store::ages::pace(&app.db, house.location_id, wall.tickets().as_ref()).await?;
        #[expect(clippy::cast_possible_truncation, reason = "a day has fewer seconds")]
        let median_s = median.map(|seconds| seconds.max(0.0).round() as i64);
        Ok(Self { median_s, count })
    }

    /// `6:12`, or a dash before the first.
    pub fn words(self) -> String {
        self.median_s
            .map_or_else(|| "–".to_owned(), |seconds| format!("{}:{:02}", seconds / 60, seconds % 60))
    }
}

/// `GET /kitchen/{slug}/pace`.
pub async fn pace(cook: SignedIn, Path(slug): Path<String>, State(app): State<App>) -> Result<Json<Pace>> {
    cook.may(Action::WatchKitchen)?;
    cook.at_station(&slug)?;
    let house = app.house(cook.who.location_id).await?;
    let wall = house.wall(&slug).ok_or(AppError::NotFound)?;
    Ok(Json(Pace::of(&app, &house, wall).await?))
}
