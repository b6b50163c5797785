//! What machines ask: the menu and the tables, to know what to order and for whom. Described in OpenAPI.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use serde::Serialize;

use super::auth::SignedIn;
use super::error::Result;
use super::state::App;
use crate::domain::allergy::Allergen;
use crate::domain::ids::{GroupId, ItemId, ModifierId, TableId};
use crate::domain::menu::{House, Item, Prefix, RouteMode};
use crate::domain::money::Money;
use crate::domain::staff::Action;

/// The description that `GET /api/openapi.json` serves; kept true by `tests/api`.
pub const DESCRIPTION: &str = include_str!("openapi.json");

/// `GET /api/openapi.json`. Open to all: it says nothing about this restaurant.
pub async fn description() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], DESCRIPTION)
}

/// The menu.
#[derive(Debug, Serialize)]
pub struct MenuAnswer {
    menu_version: i64,
    currency: String,
    items: Vec<ItemAnswer>,
}

#[derive(Debug, Serialize)]
struct ItemAnswer {
    item_id: ItemId,
    name: String,
    category: String,
    price_minor: Money,
    allergens: Vec<Allergen>,
    eighty_sixed: bool,
    /// Where it is cooked, by slug.
    stations: Vec<String>,
    route_mode: Option<RouteMode>,
    groups: Vec<GroupAnswer>,
}

#[derive(Debug, Serialize)]
struct GroupAnswer {
    group_id: GroupId,
    name: String,
    min_choices: i16,
    max_choices: i16,
    modifiers: Vec<ModifierAnswer>,
}

#[derive(Debug, Serialize)]
struct ModifierAnswer {
    modifier_id: ModifierId,
    name: String,
    prefix: Option<Prefix>,
    price_minor: Money,
}

/// `GET /api/menu`.
pub async fn menu(machine: SignedIn, State(app): State<App>) -> Result<Json<MenuAnswer>> {
    machine.may(Action::Serve)?;
    let house = app.house(machine.who.location_id).await?;
    Ok(Json(MenuAnswer {
        menu_version: house.menu_version,
        currency: house.currency.clone(),
        items: house.items.iter().map(|item| item_answer(&house, item)).collect(),
    }))
}

fn item_answer(house: &House, item: &Item) -> ItemAnswer {
    let category = house.categories.iter().find(|category| category.category_id == item.category_id);
    let route = house.route_of(item);
    let stations = route.map(|route| route.stations.as_slice()).unwrap_or_default();
    let groups = house.groups_of(item).map(|group| GroupAnswer {
        group_id: group.group_id,
        name: group.name.clone(),
        min_choices: group.min_choices,
        max_choices: group.max_choices,
        modifiers: group
            .modifiers
            .iter()
            .map(|modifier| ModifierAnswer {
                modifier_id: modifier.modifier_id,
                name: modifier.name.clone(),
                prefix: modifier.prefix,
                price_minor: modifier.price_minor,
            })
            .collect(),
    });
    ItemAnswer {
        item_id: item.item_id,
        name: item.name.clone(),
        category: category.map(|category| category.name.clone()).unwrap_or_default(),
        price_minor: item.price_minor,
        allergens: item.allergens.clone(),
        eighty_sixed: item.eighty_sixed,
        stations: stations
            .iter()
            .filter_map(|station_id| house.station_by_id(*station_id))
            .map(|station| station.slug.clone())
            .collect(),
        route_mode: route.map(|route| route.mode),
        groups: groups.collect(),
    }
}

/// A table.
#[derive(Debug, Serialize)]
pub struct TableAnswer {
    table_id: TableId,
    label: String,
    section: String,
    seats: i16,
}

/// `GET /api/tables`.
pub async fn tables(machine: SignedIn, State(app): State<App>) -> Result<Json<Vec<TableAnswer>>> {
    machine.may(Action::Serve)?;
    let house = app.house(machine.who.location_id).await?;
    let section = |table: &crate::domain::menu::Table| {
        let section = house.sections.iter().find(|section| section.section_id == table.section_id);
        section.map(|section| section.name.clone()).unwrap_or_default()
    };
    let tables = house.tables.iter().map(|table| TableAnswer {
        table_id: table.table_id,
        label: table.label.clone(),
        section: section(table),
        seats: table.seats,
    });
    Ok(Json(tables.collect()))
}
