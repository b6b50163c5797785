//! What is left: 86 and counts, from the floor, the office and the kitchen. A screen on the wall is nobody: there the person
//! says who they are, with their PIN.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;
use serde_json::Value;

use super::auth::SignedIn;
use super::command::{Done, command};
use super::error::{AppError, Result, wants_json};
use super::extract::{Back, Form, Path, answer};
use super::frame::Frame;
use super::manage::HOME;
use super::state::App;
use super::vouch::{Voucher, vouch, vouchers};
use crate::domain::ids::ItemId;
use crate::domain::menu::House;
use crate::domain::order::Refusal;
use crate::domain::screen::Wall;
use crate::domain::staff::Action;
use crate::store::items::{CountError, Left};
use crate::store::staff::Person;
use crate::store::{self, Actor};

/// Portions that somebody counts, at most.
const REMAINING_MAX: i64 = 999;

/// What every form here carries.
#[derive(Debug, Deserialize)]
pub struct LeftSlip {
    #[serde(flatten)]
    who: Voucher,
    /// The page of a station's screen that it stands on.
    #[serde(default)]
    slug: Option<String>,
    #[serde(flatten)]
    back: Back,
    /// Portions left; empty: nobody counts any more.
    #[serde(default)]
    remaining: Value,
    /// What was left when whoever counts looked; empty: nobody counted.
    #[serde(default)]
    was: Option<Value>,
}

impl LeftSlip {
    fn remaining(&self) -> Result<Option<i32>> {
        portions(&self.remaining)
    }
}

fn portions(field: &Value) -> Result<Option<i32>> {
    let wrong = || {
        let words = format!("Portions are counted from 0 to {REMAINING_MAX}; empty: nobody counts.");
        AppError::Refused(vec![Refusal::of_order("remaining", words)])
    };
    let number = match field {
        Value::Null => None,
        Value::String(text) if text.trim().is_empty() => None,
        Value::String(text) => Some(text.trim().parse::<i64>().map_err(|_| wrong())?),
        Value::Number(number) => Some(number.as_i64().ok_or_else(wrong)?),
        _ => return Err(wrong()),
    };
    match number {
        None => Ok(None),
        Some(number) if (0..=REMAINING_MAX).contains(&number) => {
            i32::try_from(number).map(Some).map_err(|_| wrong())
        }
        Some(_) => Err(wrong()),
    }
}

/// What becomes of an item.
#[derive(Debug, Clone, Copy)]
enum Verb {
    EightySix,
    Back,
    Count,
}

/// `POST /items/{item_id}/86`.
pub async fn eighty_six(
    person: SignedIn,
    Path(item_id): Path<ItemId>,
    State(app): State<App>,
    headers: HeaderMap,
    Form(slip): Form<LeftSlip>,
) -> Result<Response> {
    carry_out(&app, &person, item_id, Verb::EightySix, &headers, slip).await
}

/// `POST /items/{item_id}/back`.
pub async fn bring_back(
    person: SignedIn,
    Path(item_id): Path<ItemId>,
    State(app): State<App>,
    headers: HeaderMap,
    Form(slip): Form<LeftSlip>,
) -> Result<Response> {
    carry_out(&app, &person, item_id, Verb::Back, &headers, slip).await
}

/// `POST /items/{item_id}/count`: how many portions are left.
pub async fn count(
    person: SignedIn,
    Path(item_id): Path<ItemId>,
    State(app): State<App>,
    headers: HeaderMap,
    Form(slip): Form<LeftSlip>,
) -> Result<Response> {
    carry_out(&app, &person, item_id, Verb::Count, &headers, slip).await
}

async fn carry_out(
    app: &App,
    person: &SignedIn,
    item_id: ItemId,
    verb: Verb,
    headers: &HeaderMap,
    slip: LeftSlip,
) -> Result<Response> {
    let asked = person.may(Action::EightySix).or_else(|_| person.may(Action::WatchKitchen));
    let done = match vouch(app, person, Action::EightySix, &slip.who, asked).await {
        Ok(actor) => set(app, actor, item_id, verb, &slip).await,
        Err(err) => Err(err),
    };
    match (done, &slip.slug) {
        (Ok(()), _) => Ok(answer(headers, &slip.back.or(HOME))),
        (Err(AppError::Refused(refusals)), Some(slug)) if !wants_json(headers) => {
            let words = refusals.into_iter().next().map(|refusal| refusal.message);
            let page = page(app, person, slug, words).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        (Err(err), _) => Err(err),
    }
}

async fn set(app: &App, actor: Actor, item_id: ItemId, verb: Verb, slip: &LeftSlip) -> Result<()> {
    let here = actor.location_id;
    let remaining = if let Verb::Count = verb { slip.remaining()? } else { None };
    let was = slip.was.as_ref().map(portions).transpose()?;
    command(app, here, move |turn| {
        Box::pin(async move {
            let step = match verb {
                Verb::EightySix => store::items::eighty_six(turn, item_id, &actor).await?,
                Verb::Back => store::items::bring_back(turn, item_id, &actor).await?,
                Verb::Count => store::items::count(turn, item_id, remaining, was, &actor).await?,
            };
            Ok::<_, CountError>(Done::by(step, ()))
        })
    })
    .await?;
    app.houses.forget(here);
    Ok(())
}

/// `GET /kitchen/{slug}/items`.
#[derive(Template)]
#[template(path = "kitchen/items.html")]
pub struct ItemsPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The screen that it belongs to, by its address.
    pub slug: String,
    /// And by its name.
    pub name: String,
    /// What this station cooks, or everything at the pass, what is off or counted first.
    pub rows: Vec<Row>,
    /// Whoever may do it, where nobody is signed in who may.
    pub people: Vec<Person>,
    /// What was refused.
    pub failure: Option<String>,
}

/// A dish and what is left of it.
#[derive(Debug, Clone)]
pub struct Row {
    /// The item.
    pub item_id: ItemId,
    /// Its name for the kitchen.
    pub name: String,
    /// Off the menu.
    pub is_off: bool,
    /// Portions that are left, if somebody counts.
    pub remaining: Option<i32>,
}

impl Row {
    /// Nobody can order it.
    fn is_out(&self) -> bool {
        self.is_off || self.remaining == Some(0)
    }
}

/// Draws what is left at a station.
pub async fn show(cook: SignedIn, Path(slug): Path<String>, State(app): State<App>) -> Result<Html<String>> {
    page(&app, &cook, &slug, None).await
}

async fn page(app: &App, cook: &SignedIn, slug: &str, failure: Option<String>) -> Result<Html<String>> {
    cook.may(Action::WatchKitchen)?;
    cook.at_station(slug)?;
    let house = app.house(cook.who.location_id).await?;
    let wall = house.wall(slug).ok_or(AppError::NotFound)?;
    let name = wall.name().to_owned();
    let left = store::items::left(&app.db, house.location_id).await?;
    let people = vouchers(app, cook, Action::EightySix).await?;
    let frame = Frame::of(&house, Some(&cook.who));
    let rows = rows(&house, wall, &left);
    Ok(Html(ItemsPage { frame, slug: slug.to_owned(), name, rows, people, failure }.render()?))
}

fn rows(house: &House, wall: Wall<'_>, left: &[Left]) -> Vec<Row> {
    let is_cooked_here = |item: &&crate::domain::menu::Item| {
        wall == Wall::Expo || house.stations_of(item).1.iter().any(|at| wall.has(*at))
    };
    let row = |item: &crate::domain::menu::Item| {
        let known = left.iter().find(|one| one.item_id == item.item_id);
        Row {
            item_id: item.item_id,
            name: item.kitchen_name.clone(),
            is_off: known.is_some_and(|one| one.since.is_some()),
            remaining: known.and_then(|one| one.remaining),
        }
    };
    let mut rows: Vec<_> = house.items.iter().filter(is_cooked_here).map(row).collect();
    rows.sort_by_key(|row| !row.is_off && row.remaining.is_none()); // what somebody watches comes first
    rows
}
