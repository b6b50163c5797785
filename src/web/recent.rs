//! What left a station's board or the pass today: looked at without changing anything, or brought back.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Html;
use serde::Deserialize;

use super::auth::SignedIn;
use super::error::{AppError, Result};
use super::extract::Path;
use super::frame::Frame;
use super::state::App;
use crate::domain::recent::{Recent, SEARCH_CHARS_MAX};
use crate::domain::staff::Action;
use crate::fragments::times;
use crate::store;

/// `GET /kitchen/{slug}/recent`.
#[derive(Debug, Template)]
#[template(path = "kitchen/recent.html")]
pub struct RecentPage {
    /// What surrounds the page.
    pub frame: Frame,
    /// The screen that it belongs to, by its address.
    pub slug: String,
    /// And by its name.
    pub name: String,
    /// What was searched for.
    pub search: String,
    /// The latest first.
    pub rows: Vec<Recent>,
    /// Whether whoever looks may bring back what the guest has.
    pub recalls_served: bool,
}

/// What is looked for: a table, a check, a dish, a waiter.
#[derive(Debug, Default, Deserialize)]
pub struct Search {
    #[serde(default)]
    q: String,
}

/// `GET /kitchen/{slug}/recent`: the station's bumped tickets of this business day, or what the pass handed over.
pub async fn show(
    cook: SignedIn,
    Path(slug): Path<String>,
    Query(search): Query<Search>,
    State(app): State<App>,
) -> Result<Html<String>> {
    cook.may(Action::WatchKitchen)?;
    cook.at_station(&slug)?;
    let house = app.house(cook.who.location_id).await?;
    let search: String = search.q.trim().chars().take(SEARCH_CHARS_MAX).collect();
    let (here, now) = (house.location_id, app.clock.now());
    let wall = house.wall(&slug).ok_or(AppError::NotFound)?;
    let rows = match wall.tickets_shown(&house) {
        None => store::recent::fires(&app.db, here, &search, now).await?,
        Some(of) => store::recent::tickets(&app.db, here, &of, &search, now).await?,
    };
    let name = wall.name().to_owned();
    let frame = Frame::of(&house, Some(&cook.who));
    let recalls_served = cook.may(Action::RecallServed).is_ok();
    Ok(Html(RecentPage { frame, slug, name, search, rows, recalls_served }.render()?))
}

impl RecentPage {
    /// Whether that row offers to be brought back.
    fn may_recall(&self, row: &Recent) -> bool {
        self.recalls_served || !row.served
    }
}
