//! What tablets order: dishes of the served menu, for its tables.

use std::collections::HashMap;
use std::net::SocketAddr;

use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::Failure;
use crate::http::Line;

/// What is sold, where it is cooked, and who may be sitting where.
#[derive(Debug)]
pub(crate) struct Card {
    /// Dishes that need no choice and have one station, by station.
    dishes: HashMap<String, Vec<Dish>>,
    tables: Vec<Uuid>,
    sent: usize,
}

#[derive(Debug, Clone)]
struct Dish {
    item_id: Uuid,
    price_minor: i64,
}

/// An order before it is sent.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) body: Value,
    /// Which house's: the number of its key.
    pub(crate) house: usize,
    /// What it adds to its check.
    pub(crate) due_minor: i64,
}

#[derive(Deserialize)]
struct Menu {
    items: Vec<MenuItem>,
}

#[derive(Deserialize)]
struct MenuItem {
    item_id: Uuid,
    price_minor: i64,
    eighty_sixed: bool,
    stations: Vec<String>,
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    min_choices: i16,
}

#[derive(Deserialize)]
struct Table {
    table_id: Uuid,
}

impl Card {
    pub(crate) async fn read(address: SocketAddr, token: &str) -> Result<Self, Failure> {
        let mut line = Line::open(address, token).await?;
        let menu: Menu = serde_json::from_slice(&line.get("/api/menu").await?.body)?;
        let tables: Vec<Table> = serde_json::from_slice(&line.get("/api/tables").await?.body)?;
        let mut dishes: HashMap<String, Vec<Dish>> = HashMap::new();
        for item in menu.items {
            let free = item.groups.iter().all(|group| group.min_choices == 0) && !item.eighty_sixed;
            if let [station] = item.stations.as_slice()
                && free
            {
                let dish = Dish { item_id: item.item_id, price_minor: item.price_minor };
                dishes.entry(station.clone()).or_default().push(dish);
            }
        }
        Ok(Self { dishes, tables: tables.into_iter().map(|table| table.table_id).collect(), sent: 0 })
    }

    /// Where guests may sit.
    pub(crate) fn tables(&self) -> &[Uuid] {
        &self.tables
    }

    /// One line for each named station, for the next table: a station that is named twice cooks two dishes.
    pub(crate) fn order(&mut self, stations: &[&str]) -> Result<Order, Failure> {
        let turn = self.sent;
        self.sent += 1;
        let table = self.tables.get(turn % self.tables.len().max(1)).ok_or("the house has no tables")?;
        let (mut lines, mut due_minor) = (Vec::new(), 0);
        for (at, station) in stations.iter().enumerate() {
            let dishes = self.dishes.get(*station).ok_or_else(|| format!("{station} cooks nothing"))?;
            let dish = &dishes[(turn + at) % dishes.len()];
            lines.push(json!({"item_id": dish.item_id, "quantity": 1, "seat": at + 1, "note": "No hurry"}));
            due_minor += dish.price_minor;
        }
        let body = json!({"id": Uuid::now_v7(), "table_id": table, "covers": 2, "lines": lines});
        Ok(Order { body, house: 0, due_minor })
    }
}
