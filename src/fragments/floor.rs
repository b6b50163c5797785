//! Articles of the floor's view: tables, and checks without one.

use askama::Template;
use time::OffsetDateTime;

use crate::domain::card::{Card, LateTicket, ReadyFire, Tile, TileCheck};
use crate::domain::check::CheckState;
use crate::domain::ids::CheckId;
use crate::domain::unseen::whom;
use crate::domain::zone::Zone;

use super::times;

/// A tile of the floor.
#[derive(Template)]
#[template(path = "floor/_tile.html")]
pub struct TileArticle<'a> {
    /// What it is drawn from.
    pub tile: &'a Tile,
    /// Whose clocks its times are read from.
    pub zone: &'a Zone,
}

/// The article of a tile, as page and socket send it.
pub fn tile(tile: &Tile, zone: &Zone) -> askama::Result<String> {
    TileArticle { tile, zone }.render()
}

impl TileArticle<'_> {
    /// The floor's order, as a string that sorts.
    fn sort(&self) -> String {
        format!("{:05}", self.tile.position)
    }

    fn element_id(&self) -> String {
        Card::Tile(self.tile.clone()).key().element_id()
    }

    /// Where a tap leads: a table's order page, or the check itself.
    fn address(&self) -> String {
        match (&self.tile.table, self.tile.checks.first()) {
            (Some(table), _) => format!("/tables/{}", table.table_id),
            (None, Some(check)) => format!("/checks/{}", check.check_id),
            (None, None) => "/floor".to_owned(),
        }
    }

    /// The section it stands in; nothing for a check without a table.
    fn section(&self) -> &str {
        self.tile.table.as_ref().map_or("", |table| &table.section)
    }

    fn is_free(&self) -> bool {
        self.tile.checks.is_empty()
    }

    fn check_address(check_id: &CheckId) -> String {
        format!("/checks/{check_id}")
    }

    /// Every waiter with a check here, once.
    fn waiters(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for check in &self.tile.checks {
            if !names.contains(&check.waiter.as_str()) {
                names.push(&check.waiter);
            }
        }
        names
    }

    fn is_vip(&self) -> bool {
        self.tile.checks.iter().any(|check| check.vip)
    }

    fn covers(&self) -> i16 {
        self.tile.checks.iter().filter_map(|check| check.covers).sum()
    }

    fn fires_ready(&self) -> usize {
        self.tile.checks.iter().map(|check| check.ready.len()).sum()
    }

    /// Food that waits at the pass, of which nobody has said that they know.
    fn calls(&self) -> impl Iterator<Item = (&TileCheck, &ReadyFire)> {
        let all = self.tile.checks.iter().flat_map(|check| std::iter::repeat(check).zip(&check.ready));
        all.filter(|(_, fire)| !fire.seen)
    }

    /// Courses that wait for somebody to fire them.
    fn fires_held(&self) -> i64 {
        self.tile.checks.iter().map(|check| check.fires_held).sum()
    }

    /// Tickets that are late: each with its check.
    fn late(&self) -> impl Iterator<Item = (&TileCheck, &LateTicket)> {
        self.tile.checks.iter().flat_map(|check| std::iter::repeat(check).zip(&check.late))
    }

    /// Those of which no manager has said that they know.
    fn late_calls(&self) -> impl Iterator<Item = (&TileCheck, &LateTicket)> {
        self.late().filter(|(_, ticket)| !ticket.seen)
    }

    /// Tickets that no screen has shown in time: whom to go and tell, and since when.
    fn alarms(&self) -> impl Iterator<Item = (&str, &OffsetDateTime)> {
        let alarms = self.tile.checks.iter().flat_map(|check| &check.alarms);
        alarms.map(|alarm| (whom(alarm.station.as_deref()), &alarm.since))
    }
}
