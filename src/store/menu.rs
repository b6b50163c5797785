//! The house as orders and pages need it, read whole.

use std::collections::HashMap;

use sqlx::{PgConnection, PgPool};

use super::{StoreError, ages, screens};
use crate::domain::allergy::Allergen;
use crate::domain::fire::PassRules;
use crate::domain::ids::{
    CategoryId, GroupId, ItemId, LocationId, ModifierId, RouteId, SectionId, StationId, TableId,
};
use crate::domain::menu::{
    Category, House, Item, Modifier, ModifierGroup, PassWay, Prefix, Route, RouteMode, Section, Table,
};
use crate::domain::money::Money;
use crate::domain::station::Station;
use crate::domain::zone::Zone;

/// Reads the whole house in one snapshot, so that what it holds is all of one `menu_version`.
#[tracing::instrument(name = "store.menu.house", level = "debug", skip_all)]
pub async fn house(db: &PgPool, location_id: LocationId) -> Result<House, StoreError> {
    let mut tx = db.begin_with("begin isolation level repeatable read read only").await?;
    let row = sqlx::query!(
        r#"select name, time_zone, currency as "currency!", is_demo, next_course_after_s, pass_waits, pass_plates
          , (select menu_version from boards where boards.location_id = $1) as "menu_version!"
        from locations where location_id = $1"#,
        location_id as LocationId,
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(StoreError::NotFound)?;
    let (mut item_routes, category_routes) = routes(&mut tx, location_id).await?;
    let mut items = items(&mut tx, location_id).await?;
    for item in &mut items {
        item.route = item_routes.remove(&item.item_id);
    }
    Ok(House {
        location_id,
        name: row.name,
        zone: Zone::named(&row.time_zone),
        currency: row.currency,
        is_demo: row.is_demo,
        ages: ages::rules(&mut tx, location_id).await?,
        next_course_after_s: row.next_course_after_s,
        pass: PassRules { waits: row.pass_waits, plates: row.pass_plates },
        menu_version: row.menu_version,
        categories: categories(&mut tx, location_id).await?,
        items,
        groups: groups(&mut tx, location_id).await?,
        stations: stations(&mut tx, location_id).await?,
        screens: screens::all(&mut tx, location_id).await?,
        sections: sections(&mut tx, location_id).await?,
        tables: tables(&mut tx, location_id).await?,
        category_routes,
    })
}

async fn categories(db: &mut PgConnection, location_id: LocationId) -> Result<Vec<Category>, StoreError> {
    Ok(sqlx::query_as!(
        Category,
        r#"select category_id as "category_id: CategoryId", name from categories
        where location_id = $1 order by position, name"#,
        location_id as LocationId,
    )
    .fetch_all(db)
    .await?)
}

async fn items(db: &mut PgConnection, location_id: LocationId) -> Result<Vec<Item>, StoreError> {
    let rows = sqlx::query!(
        r#"select item_id as "item_id: ItemId", category_id as "category_id: CategoryId", name, kitchen_name, description
          , price_minor as "price_minor: Money", tax_basis_points, allergens
          , eighty_sixed_at is not null as "eighty_sixed!", remaining is not null as "counted!"
          , array(
                select group_id from item_modifier_groups g
                where g.location_id = items.location_id and g.item_id = items.item_id order by position
            ) as "groups!: Vec<GroupId>"
        from items where location_id = $1 order by position, name"#,
        location_id as LocationId,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Item {
            item_id: row.item_id,
            category_id: row.category_id,
            name: row.name,
            kitchen_name: row.kitchen_name,
            description: row.description,
            price_minor: row.price_minor,
            tax_basis_points: row.tax_basis_points,
            allergens: Allergen::from_keys(&row.allergens),
            eighty_sixed: row.eighty_sixed,
            counted: row.counted,
            groups: row.groups,
            route: None,
        })
        .collect())
}

async fn groups(
    db: &mut PgConnection,
    location_id: LocationId,
) -> Result<HashMap<GroupId, ModifierGroup>, StoreError> {
    let rows = sqlx::query!(
        r#"select g.group_id as "group_id: GroupId", g.name as group_name, g.min_choices, g.max_choices
          , m.modifier_id as "modifier_id: ModifierId", m.name, m.prefix as "prefix: Prefix"
          , m.price_minor as "price_minor: Money", m.station_id as "station_id: StationId"
        from modifier_groups g join modifiers m on m.location_id = g.location_id and m.group_id = g.group_id
        where g.location_id = $1 order by g.group_id, m.position, m.name"#,
        location_id as LocationId,
    )
    .fetch_all(db)
    .await?;
    let mut groups: HashMap<GroupId, ModifierGroup> = HashMap::new();
    for row in rows {
        let group = groups.entry(row.group_id).or_insert_with(|| ModifierGroup {
            group_id: row.group_id,
            name: row.group_name,
            min_choices: row.min_choices,
            max_choices: row.max_choices,
            modifiers: Vec::new(),
        });
        group.modifiers.push(Modifier {
            modifier_id: row.modifier_id,
            name: row.name,
            prefix: row.prefix,
            price_minor: row.price_minor,
            station_id: row.station_id,
        });
    }
    Ok(groups)
}

async fn stations(db: &mut PgConnection, location_id: LocationId) -> Result<Vec<Station>, StoreError> {
    Ok(sqlx::query_as!(
        Station,
        r#"select station_id as "station_id: StationId", slug, name, shown_at as "shown_at: StationId"
        from stations where location_id = $1 and retired_at is null order by position, name"#,
        location_id as LocationId,
    )
    .fetch_all(db)
    .await?)
}

async fn sections(db: &mut PgConnection, location_id: LocationId) -> Result<Vec<Section>, StoreError> {
    Ok(sqlx::query_as!(
        Section,
        r#"select section_id as "section_id: SectionId", name from sections
        where location_id = $1 order by position, name"#,
        location_id as LocationId,
    )
    .fetch_all(db)
    .await?)
}

async fn tables(db: &mut PgConnection, location_id: LocationId) -> Result<Vec<Table>, StoreError> {
    Ok(sqlx::query_as!(
        Table,
        r#"select table_id as "table_id: TableId", section_id as "section_id: SectionId", label, seats from tables
        where location_id = $1 order by position, label"#,
        location_id as LocationId,
    )
    .fetch_all(db)
    .await?)
}

type Routes = (HashMap<ItemId, Route>, HashMap<CategoryId, Route>);

async fn routes(db: &mut PgConnection, location_id: LocationId) -> Result<Routes, StoreError> {
    let rows = sqlx::query!(
        r#"select r.route_id as "route_id: RouteId", r.item_id as "item_id: ItemId"
          , r.category_id as "category_id: CategoryId", r.mode as "mode: RouteMode"
          , r.pass as "pass: PassWay", array(
                select rs.station_id from route_stations rs
                join stations s on s.location_id = rs.location_id and s.station_id = rs.station_id and s.retired_at is null
                where rs.location_id = r.location_id and rs.route_id = r.route_id order by rs.step, s.position, s.name
            ) as "stations!: Vec<StationId>"
        from routes r where r.location_id = $1"#,
        location_id as LocationId,
    )
    .fetch_all(db)
    .await?;
    let (mut of_items, mut of_categories) = (HashMap::new(), HashMap::new());
    // A route whose stations are all gone is none: the dish goes as its page does.
    for row in rows {
        let route = Route { mode: row.mode, stations: row.stations, pass: row.pass };
        if !route.is_used() {
            continue;
        }
        if let Some(item_id) = row.item_id {
            of_items.insert(item_id, route);
        } else if let Some(category_id) = row.category_id {
            of_categories.insert(category_id, route);
        }
    }
    Ok((of_items, of_categories))
}
