//! The floor: every table as a tile, live.

use askama::Template;
use axum::extract::State;
use axum::response::Html;

use super::auth::SignedIn;
use super::error::Result;
use super::frame::{BoardStart, Frame};
use super::state::App;
use crate::board::picture::View;
use crate::domain::card::{Card, Tile};
use crate::domain::staff::Action;
use crate::fragments;

/// `GET /floor`.
#[derive(Template)]
#[template(path = "floor/page.html")]
pub struct FloorPage {
    /// What surrounds it.
    pub frame: Frame,
    /// Where its live view (`floor`) starts.
    pub board: BoardStart,
    /// The tables, by section.
    pub sections: Vec<FloorSection>,
    /// Articles of checks without a table.
    pub loose: Vec<String>,
}

/// A section's tiles.
#[derive(Debug, Clone, Default)]
pub struct FloorSection {
    /// Its name.
    pub name: String,
    /// Its articles, in the floor's order.
    pub tiles: Vec<String>,
}

impl FloorPage {
    /// Draws the tiles and groups them; they come in the floor's order.
    pub fn new(frame: Frame, board: BoardStart, tiles: &[Tile]) -> askama::Result<Self> {
        let mut sections: Vec<FloorSection> = Vec::new();
        let mut loose = Vec::new();
        for tile in tiles {
            let article = fragments::floor::tile(tile, &frame.zone)?;
            let Some(name) = tile.table.as_ref().map(|table| &table.section) else {
                loose.push(article);
                continue;
            };
            match sections.iter_mut().find(|section| section.name == *name) {
                Some(section) => section.tiles.push(article),
                None => sections.push(FloorSection { name: name.clone(), tiles: vec![article] }),
            }
        }
        Ok(Self { frame, board, sections, loose })
    }
}

/// `GET /floor`.
pub async fn show(waiter: SignedIn, State(app): State<App>) -> Result<Html<String>> {
    waiter.may(Action::Serve)?;
    let house = app.house(waiter.who.location_id).await?;
    let floor = View::floor(&house);
    let (snapshot, cards) = app.hub.page(house.location_id, &floor).await?;
    let start = BoardStart::of(&floor, &snapshot, app.hub.now_ms());
    let mut tiles: Vec<Tile> = cards
        .into_iter()
        .filter_map(|card| match card {
            Card::Tile(tile) => Some(tile),
            Card::Ticket(_) | Card::Fire(_) | Card::Item(_) | Card::Message(_) | Card::Lent(_) => None,
        })
        .collect();
    tiles.sort_by_key(|tile| tile.position);
    let page = FloorPage::new(Frame::of(&house, Some(&waiter.who)), start, &tiles)?;
    Ok(Html(page.render()?))
}
