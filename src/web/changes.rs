//! Another choice or another word after the Send: a form of its own, for it asks what the dish asks.

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
use super::extract::{Form, Path, answer};
use super::frame::Frame;
use super::state::App;
use crate::domain::card::ChosenModifier;
use crate::domain::ids::{LineId, ModifierId};
use crate::domain::menu::{House, Item, Modifier, ModifierGroup};
use crate::domain::order::{chosen, note};
use crate::domain::staff::Action;
use crate::store;
use crate::store::lines::{Changeable, Wanted};

/// `GET /lines/{line_id}/change`.
#[derive(Template)]
#[template(path = "check/change.html")]
pub struct ChangePage<'a> {
    /// What surrounds it.
    pub frame: Frame,
    /// Which line.
    pub line_id: LineId,
    /// As it is now.
    pub line: Changeable,
    /// What the dish asks.
    pub groups: Vec<&'a ModifierGroup>,
    /// What was refused.
    pub failure: Option<String>,
}

impl ChangePage<'_> {
    /// Whether the line has that choice.
    fn has(&self, modifier: &Modifier) -> bool {
        self.line.modifiers.iter().any(|had| had.name == modifier.name && had.prefix == modifier.prefix)
    }

    /// Whether it has any choice of that set.
    fn has_any(&self, group: &ModifierGroup) -> bool {
        group.modifiers.iter().any(|modifier| self.has(modifier))
    }

    /// Exactly one, or at most one: a choice takes the place of another.
    fn is_single(group: &ModifierGroup) -> bool {
        group.max_choices == 1
    }
}

/// What is wanted now. A form ticks each choice under its own name, `choice-{id}`, or picks one of a group, `pick-{id}`.
#[derive(Debug, Deserialize)]
pub struct ChangeSlip {
    /// How often the line had been changed when somebody looked.
    #[serde(default, deserialize_with = "super::extract::number")]
    seen: Option<i64>,
    /// Nothing: as it is. Empty: no words any more.
    #[serde(default)]
    note: Option<String>,
    /// Nothing: as it is.
    #[serde(default)]
    modifiers: Option<Vec<ModifierId>>,
    /// A form that shows choices says so: none of them ticked is none chosen.
    #[serde(default)]
    choices: Option<String>,
    #[serde(flatten)]
    ticked: HashMap<String, Value>,
}

impl ChangeSlip {
    /// Its choices, if it says anything about them.
    fn modifiers(&self) -> Option<Vec<ModifierId>> {
        if self.modifiers.is_some() || self.choices.is_none() {
            return self.modifiers.clone();
        }
        let read = |(name, value): (&String, &Value)| {
            let id = match name.strip_prefix("choice-") {
                Some(id) => id,
                None => name.strip_prefix("pick-").and(value.as_str())?,
            };
            id.parse().ok()
        };
        Some(self.ticked.iter().filter_map(read).collect())
    }

    fn wanted(&self, house: &House, item: &Item, line: &Changeable) -> Result<Wanted> {
        let note = match &self.note {
            None => line.note.clone(),
            Some(words) => note(words).map_err(|words| AppError::field("note", words))?,
        };
        let modifiers: Vec<ChosenModifier> = match self.modifiers() {
            None => line.modifiers.clone(),
            Some(wanted) => {
                chosen(house, item, &wanted).map_err(|words| AppError::field("modifiers", words.join(" ")))?
            }
        };
        let seen = self.seen.and_then(|seen| i32::try_from(seen).ok());
        let seen =
            seen.ok_or_else(|| AppError::field("seen", "A change says how often it had been changed."))?;
        let choices = house.groups_of(item).flat_map(|group| &group.modifiers);
        let (_, cooks) = house.stations_of(item);
        let is_elsewhere = |choice: &ChosenModifier| {
            house.maker_of(item, choice).is_some_and(|maker| !cooks.contains(&Some(maker)))
        };
        let made_elsewhere = choices
            .map(Modifier::chosen)
            .filter(|choice| is_elsewhere(choice))
            .map(|choice| choice.words())
            .collect();
        Ok(Wanted { seen, note, modifiers, made_elsewhere })
    }
}

/// `GET /lines/{line_id}/change`.
pub async fn show(
    waiter: SignedIn,
    Path(line_id): Path<LineId>,
    State(app): State<App>,
) -> Result<Html<String>> {
    waiter.may(Action::Serve)?;
    page(&app, &waiter, line_id, None).await
}

async fn page(
    app: &App,
    waiter: &SignedIn,
    line_id: LineId,
    failure: Option<String>,
) -> Result<Html<String>> {
    let house = app.house(waiter.who.location_id).await?;
    let line = store::lines::changeable(&app.db, house.location_id, line_id).await?;
    let groups = house.item(line.item_id).map(|item| house.groups_of(item).collect()).unwrap_or_default();
    let frame = Frame::of(&house, Some(&waiter.who));
    Ok(Html(ChangePage { frame, line_id, line, groups, failure }.render()?))
}

/// `POST /lines/{line_id}/change`.
pub async fn change(
    waiter: SignedIn,
    Path(line_id): Path<LineId>,
    State(app): State<App>,
    headers: HeaderMap,
    Form(slip): Form<ChangeSlip>,
) -> Result<Response> {
    waiter.may(Action::Serve)?;
    let house = app.house(waiter.who.location_id).await?;
    let line = store::lines::changeable(&app.db, house.location_id, line_id).await?;
    let item = house.item(line.item_id).ok_or(AppError::NotFound)?;
    let done = match slip.wanted(&house, item, &line) {
        Err(refused) => Err(refused),
        Ok(wanted) => {
            act(&app, &waiter, move |turn, actor| {
                Box::pin(async move { store::lines::change(turn, line_id, &wanted, actor).await })
            })
            .await
        }
    };
    let words = match done {
        Ok(()) => return Ok(answer(&headers, &format!("/checks/{}", line.check_id))),
        Err(refused) if wants_json(&headers) => return Err(refused),
        Err(AppError::Refused(refusals)) => refusals.into_iter().map(|refusal| refusal.message).collect(),
        Err(AppError::Conflict { words, .. }) => words,
        Err(other) => return Err(other),
    };
    let page = page(&app, &waiter, line_id, Some(words)).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}
