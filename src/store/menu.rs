//! The house as orders and pages need it, read whole; and what is 86'd.

use std::collections::HashMap;

use serde_json::json;
use sqlx::{PgConnection, PgPool};
use thiserror::Error;
use time::OffsetDateTime;

use super::{Actor, StoreError, Turn};
use crate::domain::allergy::Allergen;
use crate::domain::ids::{
    CategoryId, GroupId, ItemId, LocationId, ModifierId, RouteId, SectionId, StationId, TableId,
};
use crate::domain::menu::{
    Category, House, Item, Modifier, ModifierGroup, Prefix, Route, RouteMode, Section, Table,
};
use crate::domain::money::Money;
use crate::domain::station::{AgeLimits, Station};
use crate::domain::ticket::Step;
use crate::domain::zone::Zone;

/// Reads the whole house in one snapshot, so that what it holds is all of one `menu_version`.
#[tracing::instrument(name = "store.menu.house", level = "debug", skip_all)]
pub async fn house(db: &PgPool, location_id: LocationId) -> Result<House, StoreError> {
    let mut tx = db.begin_with("begin isolation level repeatable read read only").await?;
    let row = sqlx::query!(
        r#"select name, time_zone, currency as "currency!", is_demo, warn_after_s, late_after_s
          , next_course_after_s
          , (select menu_version from boards where boards.location_id = $1) as "menu_version!"
        from locations where location_id = $1"#,
        location_id as LocationId,
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(StoreError::NotFound)?;
    let limits = AgeLimits { warn_after_s: row.warn_after_s, late_after_s: row.late_after_s };
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
        limits,
        next_course_after_s: row.next_course_after_s,
        menu_version: row.menu_version,
        categories: categories(&mut tx, location_id).await?,
        items,
        groups: groups(&mut tx, location_id).await?,
        stations: stations(&mut tx, location_id, limits).await?,
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
          , m.price_minor as "price_minor: Money"
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
        });
    }
    Ok(groups)
}

async fn stations(
    db: &mut PgConnection,
    location_id: LocationId,
    house: AgeLimits,
) -> Result<Vec<Station>, StoreError> {
    let rows = sqlx::query!(
        r#"select station_id as "station_id: StationId", slug, name, warn_after_s, late_after_s
        from stations where location_id = $1 order by position, name"#,
        location_id as LocationId,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Station {
            station_id: row.station_id,
            slug: row.slug,
            name: row.name,
            limits: AgeLimits {
                warn_after_s: row.warn_after_s.unwrap_or(house.warn_after_s),
                late_after_s: row.late_after_s.unwrap_or(house.late_after_s),
            },
        })
        .collect())
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
          , array(
                select rs.station_id from route_stations rs
                join stations s on s.location_id = rs.location_id and s.station_id = rs.station_id
                where rs.location_id = r.location_id and rs.route_id = r.route_id order by s.position, s.name
            ) as "stations!: Vec<StationId>"
        from routes r where r.location_id = $1"#,
        location_id as LocationId,
    )
    .fetch_all(db)
    .await?;
    let (mut of_items, mut of_categories) = (HashMap::new(), HashMap::new());
    for row in rows {
        let route = Route { mode: row.mode, stations: row.stations };
        if let Some(item_id) = row.item_id {
            of_items.insert(item_id, route);
        } else if let Some(category_id) = row.category_id {
            of_categories.insert(category_id, route);
        }
    }
    Ok((of_items, of_categories))
}

/// Takes an item off the menu. Orders decided on the menu before are decided again: it moves `menu_version`.
#[tracing::instrument(name = "store.menu.eighty_six", level = "debug", skip_all, fields(item = %item_id))]
pub async fn eighty_six(turn: &mut Turn, item_id: ItemId, actor: &Actor) -> Result<Step, StoreError> {
    let step = set_eighty_six(turn, item_id, Some(actor.at), false, actor).await?;
    if step == Step::Do {
        turn.tell("86", actor, item_id.0, json!({})).await?;
    }
    Ok(step)
}

/// Puts an item back on the menu.
#[tracing::instrument(name = "store.menu.bring_back", level = "debug", skip_all, fields(item = %item_id))]
pub async fn bring_back(turn: &mut Turn, item_id: ItemId, actor: &Actor) -> Result<Step, StoreError> {
    let step = set_eighty_six(turn, item_id, None, true, actor).await?;
    if step == Step::Do {
        turn.tell("back", actor, item_id.0, json!({})).await?;
    }
    Ok(step)
}

/// Why a count is not written.
#[derive(Debug, Error)]
pub enum CountError {
    /// Somebody ordered since that number was read.
    #[error("{} now: somebody ordered meanwhile. Count again.", left_words(*.0))]
    Moved(Option<i32>),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for CountError {
    fn from(err: sqlx::Error) -> Self {
        Self::Store(err.into())
    }
}

fn left_words(left: Option<i32>) -> String {
    left.map_or_else(|| "Nobody counts it".to_owned(), |left| format!("{left} left"))
}

/// Says how many portions are left of an item, or that nobody counts any more. A count puts an item back that was off the
/// menu; none left takes it off. `was`: what whoever counts has seen, if they say so; it must still be so.
/// Orders decided on the menu before are decided again: from now on they take portions.
#[tracing::instrument(name = "store.menu.count", level = "debug", skip_all, fields(item = %item_id))]
pub async fn count(
    turn: &mut Turn,
    item_id: ItemId,
    remaining: Option<i32>,
    was: Option<Option<i32>>,
    actor: &Actor,
) -> Result<Step, CountError> {
    if let Some(was) = was {
        let left = sqlx::query_scalar!(
            "select remaining from items where location_id = $1 and item_id = $2",
            turn.location_id as LocationId,
            item_id as ItemId,
        )
        .fetch_optional(&mut *turn.tx)
        .await?
        .ok_or(StoreError::NotFound)?;
        if left != was && left != remaining {
            return Err(CountError::Moved(left));
        }
    }
    // Nothing left, said by hand, is off the menu: what waits of it asks before it is fired.
    let off = (remaining == Some(0)).then_some(actor.at);
    if remaining.is_some() {
        set_eighty_six(turn, item_id, off, false, actor).await?;
    }
    let row = sqlx::query!(
        r#"with item as (
            update items set remaining = $3, board_seq = $4
            where location_id = $1 and item_id = $2 and remaining is distinct from $3
            returning item_id
        )
        , menu as (
            update boards set menu_version = menu_version + 1
            where location_id = $1 and exists (select from item)
        )
        select exists (select from item) as "changed!", i.board_seq = $4 as "back!"
        from items i where i.location_id = $1 and i.item_id = $2"#,
        turn.location_id as LocationId,
        item_id as ItemId,
        remaining,
        turn.seq.0,
    )
    .fetch_optional(&mut *turn.tx)
    .await?
    .ok_or(StoreError::NotFound)?;
    if !row.changed && !row.back {
        return Ok(Step::Already);
    }
    turn.tell("count", actor, item_id.0, json!({ "remaining": remaining })).await?;
    Ok(Step::Do)
}

/// An item of which somebody counts, or that is off the menu.
#[derive(Debug, Clone, Copy)]
pub struct Left {
    /// The item.
    pub item_id: ItemId,
    /// Since when it is off the menu.
    pub since: Option<OffsetDateTime>,
    /// Portions that are left.
    pub remaining: Option<i32>,
}

/// What is off the menu or counted.
#[tracing::instrument(name = "store.menu.left", level = "debug", skip_all)]
pub async fn left(db: &PgPool, location_id: LocationId) -> Result<Vec<Left>, StoreError> {
    let rows = sqlx::query!(
        r#"select item_id as "item_id: ItemId", eighty_sixed_at, remaining from items
        where location_id = $1 and on_board"#,
        location_id as LocationId,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Left { item_id: row.item_id, since: row.eighty_sixed_at, remaining: row.remaining })
        .collect())
}

async fn set_eighty_six(
    turn: &mut Turn,
    item_id: ItemId,
    since: Option<OffsetDateTime>,
    forgets_sold_out: bool, // what was counted down to nothing is on the menu again, uncounted
    actor: &Actor,
) -> Result<Step, StoreError> {
    let row = sqlx::query!(
        r#"with item as (
            update items set eighty_sixed_at = $3, board_seq = $4
              , remaining = case when $6 and remaining = 0 then null else remaining end
            where location_id = $1 and item_id = $2
                and ((eighty_sixed_at is null) <> ($3::timestamptz is null) or $6 and remaining = 0)
            returning item_id
        )
        , menu as (
            update boards set menu_version = menu_version + 1
            where location_id = $1 and exists (select from item)
        )
        , waiting as ( -- what is held says so: its cards are drawn anew
            select l.line_id, l.fire_id
            from item
            join fires f on f.location_id = $1 and f.on_board and f.fired_at is null
            join order_lines l on l.location_id = $1 and l.fire_id = f.fire_id and l.item_id = item.item_id
        )
        , batch as (
            update fires set board_seq = $4
            where location_id = $1 and fire_id in (select fire_id from waiting)
            returning check_id
        )
        , bill as ( -- the check's page listens to its tile
            update checks set board_seq = $4
            where location_id = $1 and check_id in (select check_id from batch)
            returning table_id
        )
        , tile as (
            update tables set board_seq = $4
            where location_id = $1 and table_id in (select table_id from bill)
        )
        , chits as (
            update tickets t set board_seq = $4, stamped_at = $5
            from ticket_lines tl, waiting
            where tl.location_id = $1 and tl.line_id = waiting.line_id
                and t.location_id = $1 and t.ticket_id = tl.ticket_id and t.state = 'held'
        )
        select exists (select from item) as "changed!"
          , exists (select from items where location_id = $1 and item_id = $2) as "known!""#,
        turn.location_id as LocationId,
        item_id as ItemId,
        since,
        turn.seq.0,
        actor.at,
        forgets_sold_out,
    )
    .fetch_one(&mut *turn.tx)
    .await?;
    match (row.known, row.changed) {
        (false, _) => Err(StoreError::NotFound),
        (true, true) => Ok(Step::Do),
        (true, false) => Ok(Step::Already),
    }
}

/// What is off the menu just now, longest first.
#[tracing::instrument(name = "store.menu.eighty_sixed", level = "debug", skip_all)]
pub async fn eighty_sixed(
    db: &PgPool,
    location_id: LocationId,
) -> Result<Vec<(ItemId, String, OffsetDateTime)>, StoreError> {
    let rows = sqlx::query!(
        r#"select item_id as "item_id: ItemId", name, eighty_sixed_at as "since!" from items
        where location_id = $1 and eighty_sixed_at is not null order by eighty_sixed_at, name"#,
        location_id as LocationId,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.item_id, row.name, row.since)).collect())
}
