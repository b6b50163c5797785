//! The floor: every table as a tile, live.

use askama::Template;

use crate::domain::card::Tile;
use crate::fragments;

use super::frame::{BoardStart, Frame};

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
            let article = fragments::floor::tile(tile)?;
            let Some(name) = &tile.section else {
                loose.push(article);
                continue;
            };
            match sections.iter_mut().find(|section| section.name == *name) {
                Some(section) => section.tiles.push(article),
                None => sections.push(FloorSection {
                    name: name.clone(),
                    tiles: vec![article],
                }),
            }
        }
        Ok(Self {
            frame,
            board,
            sections,
            loose,
        })
    }
}
