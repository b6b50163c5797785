//! A station's open tickets on paper: for when its screen is broken and no other one is free.

use askama::Template;
use axum::extract::State;
use axum::response::Html;
use time::OffsetDateTime;

use super::auth::SignedIn;
use super::error::{AppError, Result};
use super::extract::Path;
use super::frame::Frame;
use super::state::App;
use crate::board::picture::View;
use crate::domain::staff::Action;
use crate::fragments::slot::{self, Slot};
use crate::fragments::times;

/// `GET /kitchen/{slug}/print`: what the screen shows now, a chit a card.
#[derive(Debug, Template)]
#[template(path = "kitchen/print.html")]
pub struct PrintPage {
    /// What surrounds the page.
    pub frame: Frame,
    /// The screen's address.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// When it was read.
    pub now: OffsetDateTime,
    /// Its cards, in the order of the wall.
    pub slots: Vec<Slot>,
}

/// Draws the chits. Paper confirms nothing: tickets stay unseen by any screen, and are bumped where a screen is.
pub async fn show(cook: SignedIn, Path(slug): Path<String>, State(app): State<App>) -> Result<Html<String>> {
    cook.may(Action::WatchKitchen)?;
    cook.at_station(&slug)?;
    let house = app.house(cook.who.location_id).await?;
    let wall = house.wall(&slug).ok_or(AppError::NotFound)?;
    let name = wall.name().to_owned();
    let (snapshot, _) = app.hub.page(house.location_id, &View::wall(&house, wall)).await?;
    let articles = snapshot.frame.articles.iter().map(|article| article.html().clone());
    let (slots, _) = slot::wall(articles, app.hub.now_ms());
    let frame = Frame::of(&house, Some(&cook.who));
    Ok(Html(PrintPage { frame, slug, name, now: app.clock.now(), slots }.render()?))
}
