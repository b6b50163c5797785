//! The demo's menu: a statement a table, the rows as columns.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::demo::menu::{self, MENU, Route};
use crate::domain::demo::{LOCATION_ID, id_of, station_id};
use crate::domain::ids::{BoardSeq, RouteId};
use crate::domain::menu::Prefix;

/// Writes the menu: pages, items, what the waiter asks, and where everything goes.
pub(super) async fn write(db: &mut PgConnection, opening: BoardSeq) -> Result<(), sqlx::Error> {
    write_categories(db).await?;
    write_items(db, opening).await?;
    write_groups(db).await?;
    write_modifiers(db).await?;
    write_questions(db).await?;
    write_routes(db).await
}

async fn write_categories(db: &mut PgConnection) -> Result<(), sqlx::Error> {
    let (mut ids, mut names) = (Vec::new(), Vec::new());
    for category in MENU {
        ids.push(category.id().0);
        names.push(category.name);
    }
    sqlx::query(
        "insert into categories (location_id, category_id, name, position)
        select $1, * from unnest($2::uuid[], $3::text[]) with ordinality",
    )
    .bind(LOCATION_ID)
    .bind(ids)
    .bind(names)
    .execute(db)
    .await?;
    Ok(())
}

#[derive(Default)]
struct ItemColumns {
    ids: Vec<Uuid>,
    category_ids: Vec<Uuid>,
    names: Vec<&'static str>,
    kitchen_names: Vec<&'static str>,
    descriptions: Vec<&'static str>,
    prices: Vec<i64>,
    taxes: Vec<i32>,
    allergens: Vec<String>,
}

async fn write_items(db: &mut PgConnection, opening: BoardSeq) -> Result<(), sqlx::Error> {
    let mut columns = ItemColumns::default();
    for (category, item) in menu::items() {
        columns.ids.push(item.id().0);
        columns.category_ids.push(category.id().0);
        columns.names.push(item.name);
        columns.kitchen_names.push(item.kitchen_name);
        columns.descriptions.push(item.description);
        columns.prices.push(item.price.0);
        columns.taxes.push(category.tax_basis_points);
        columns.allergens.push(item.allergens.join(","));
    }
    sqlx::query(
        "insert into items (location_id, item_id, category_id, name, kitchen_name, description, price_minor
          , tax_basis_points, allergens, position, board_seq)
        select $1, item_id, category_id, name, kitchen_name, description, price_minor
          , tax_basis_points, string_to_array(allergens, ','), position, $2
        from unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::integer[], $10::text[])
            with ordinality as item (item_id, category_id, name, kitchen_name, description, price_minor
          , tax_basis_points, allergens, position)",
    )
    .bind(LOCATION_ID)
    .bind(opening)
    .bind(columns.ids)
    .bind(columns.category_ids)
    .bind(columns.names)
    .bind(columns.kitchen_names)
    .bind(columns.descriptions)
    .bind(columns.prices)
    .bind(columns.taxes)
    .bind(columns.allergens)
    .execute(db)
    .await?;
    Ok(())
}

async fn write_groups(db: &mut PgConnection) -> Result<(), sqlx::Error> {
    for group in menu::groups() {
        sqlx::query(
            "insert into modifier_groups (location_id, group_id, name, min_choices, max_choices)
            values ($1, $2, $3, $4, $5)",
        )
        .bind(LOCATION_ID)
        .bind(group.id())
        .bind(group.name)
        .bind(group.min)
        .bind(group.max)
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

async fn write_modifiers(db: &mut PgConnection) -> Result<(), sqlx::Error> {
    let (mut ids, mut group_ids, mut names) = (Vec::new(), Vec::new(), Vec::new());
    let (mut prefixes, mut prices) = (Vec::new(), Vec::new());
    for group in menu::groups() {
        for choice in group.choices {
            ids.push(group.modifier_id(choice).0);
            group_ids.push(group.id().0);
            names.push(choice.name);
            prefixes.push(choice.prefix.map(Prefix::word));
            prices.push(choice.price.0);
        }
    }
    sqlx::query(
        "insert into modifiers (location_id, modifier_id, group_id, name, prefix, price_minor, position)
        select $1, * from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::bigint[]) with ordinality",
    )
    .bind(LOCATION_ID)
    .bind(ids)
    .bind(group_ids)
    .bind(names)
    .bind(prefixes)
    .bind(prices)
    .execute(db)
    .await?;
    Ok(())
}

/// Which item asks what. Positions count through the menu: only their order within an item matters.
async fn write_questions(db: &mut PgConnection) -> Result<(), sqlx::Error> {
    let (mut item_ids, mut group_ids) = (Vec::new(), Vec::new());
    for (_, item) in menu::items() {
        for group in item.groups {
            item_ids.push(item.id().0);
            group_ids.push(group.id().0);
        }
    }
    sqlx::query(
        "insert into item_modifier_groups (location_id, item_id, group_id, position)
        select $1, * from unnest($2::uuid[], $3::uuid[]) with ordinality",
    )
    .bind(LOCATION_ID)
    .bind(item_ids)
    .bind(group_ids)
    .execute(db)
    .await?;
    Ok(())
}

#[derive(Default)]
struct RouteColumns {
    ids: Vec<Uuid>,
    item_ids: Vec<Option<Uuid>>,
    category_ids: Vec<Option<Uuid>>,
    modes: Vec<&'static str>,
    stop_route_ids: Vec<Uuid>,
    stop_station_ids: Vec<Uuid>,
}

impl RouteColumns {
    /// `item_id` or `category_id`: a route starts at one thing.
    fn push(&mut self, item_id: Option<Uuid>, category_id: Option<Uuid>, route: &Route) {
        let start = item_id.or(category_id).unwrap_or_default();
        let route_id = RouteId(id_of("route", &start.to_string())).0;
        self.ids.push(route_id);
        self.item_ids.push(item_id);
        self.category_ids.push(category_id);
        self.modes.push(route.mode.key());
        for slug in route.stations {
            self.stop_route_ids.push(route_id);
            self.stop_station_ids.push(station_id(slug).0);
        }
    }
}

async fn write_routes(db: &mut PgConnection) -> Result<(), sqlx::Error> {
    let mut columns = RouteColumns::default();
    for category in MENU {
        columns.push(None, Some(category.id().0), &category.route);
        for item in category.items {
            if let Some(route) = &item.route {
                columns.push(Some(item.id().0), None, route);
            }
        }
    }
    sqlx::query(
        "insert into routes (location_id, route_id, item_id, category_id, mode)
        select $1, * from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[])",
    )
    .bind(LOCATION_ID)
    .bind(columns.ids)
    .bind(columns.item_ids)
    .bind(columns.category_ids)
    .bind(columns.modes)
    .execute(&mut *db)
    .await?;
    sqlx::query(
        "insert into route_stations (location_id, route_id, station_id)
        select $1, * from unnest($2::uuid[], $3::uuid[])",
    )
    .bind(LOCATION_ID)
    .bind(columns.stop_route_ids)
    .bind(columns.stop_station_ids)
    .execute(db)
    .await?;
    Ok(())
}
