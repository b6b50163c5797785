//! Routes: which stations cook a dish, or everything of a page of the menu.

use serde_json::json;
use sqlx::PgPool;

use super::{Actor, StoreError, Turn};
use crate::domain::ids::{CategoryId, ItemId, LocationId, ModifierId, RouteId, StationId};
use crate::domain::menu::RouteMode;
use crate::domain::routing::{RouteChange, RouteScope};
use crate::domain::ticket::Step;

/// Makes a route, or takes it back. What was fired stays where it is; what is on hold is routed when it is fired.
#[tracing::instrument(name = "store.routes.set", level = "debug", skip_all)]
pub async fn set(turn: &mut Turn, change: &RouteChange, actor: &Actor) -> Result<Step, StoreError> {
    let (item_id, category_id) = match change.scope {
        RouteScope::Item(item_id) => (Some(item_id), None),
        RouteScope::Category(category_id) => (None, Some(category_id)),
    };
    let (mode, pass) = (change.route.mode.key(), change.route.pass.key());
    let wanted: Vec<uuid::Uuid> = change.route.stations.iter().map(|id| id.0).collect();
    // Where they go one after the other, their order says how.
    let steps: Vec<i16> = match change.route.mode {
        RouteMode::Then => (1..).take(wanted.len()).collect(),
        RouteMode::Any | RouteMode::Each => vec![1; wanted.len()],
    };
    let known = sqlx::query!(
        "select r.mode, r.pass, array(
            select rs.station_id from route_stations rs
            join stations s on s.location_id = rs.location_id and s.station_id = rs.station_id and s.retired_at is null
            where rs.location_id = r.location_id and rs.route_id = r.route_id
            order by rs.step, s.position, s.name) as stations
        from routes r
        where r.location_id = $1 and (r.item_id = $2 or r.category_id = $3)",
        turn.location_id as LocationId,
        item_id as Option<ItemId>,
        category_id as Option<CategoryId>,
    )
    .fetch_optional(&mut *turn.tx)
    .await?;
    let there = sqlx::query_scalar!(
        r#"select count(*) as "count!" from stations
        where location_id = $1 and station_id = any($2) and retired_at is null"#,
        turn.location_id as LocationId,
        &wanted,
    )
    .fetch_one(&mut *turn.tx)
    .await?;
    if usize::try_from(there).ok() != Some(wanted.len()) {
        return Err(StoreError::NotFound); // one was taken away a moment ago
    }
    let is_so = match &known {
        None => !change.route.is_used(),
        Some(known) => {
            change.route.is_used()
                && (known.mode.as_str(), known.pass.as_str()) == (mode, pass)
                && known.stations.as_deref() == Some(wanted.as_slice())
        }
    };
    if is_so {
        return Ok(Step::Already);
    }
    sqlx::query!(
        "with known as (
            select route_id from routes where location_id = $1 and (item_id = $2 or category_id = $3)
        )
        , legs as (
            delete from route_stations where location_id = $1 and route_id in (select route_id from known)
        )
        delete from routes where location_id = $1 and route_id in (select route_id from known)",
        turn.location_id as LocationId,
        item_id as Option<ItemId>,
        category_id as Option<CategoryId>,
    )
    .execute(&mut *turn.tx)
    .await?;
    sqlx::query!(
        "with menu as (update boards set menu_version = menu_version + 1 where location_id = $1)
        , made as (
            insert into routes (location_id, route_id, item_id, category_id, mode, pass)
            select $1, $2, $3, $4, $5, $8 where $9
            returning route_id
        )
        insert into route_stations (location_id, route_id, station_id, step)
        select $1, made.route_id, leg.station_id, leg.step
        from made, unnest($6::uuid[], $7::smallint[]) as leg (station_id, step)",
        turn.location_id as LocationId,
        RouteId::new() as RouteId,
        item_id as Option<ItemId>,
        category_id as Option<CategoryId>,
        mode,
        &wanted,
        &steps,
        pass,
        change.route.is_used(),
    )
    .execute(&mut *turn.tx)
    .await?;
    let of = item_id.map(|id| id.0).or(category_id.map(|id| id.0)).unwrap_or(turn.location_id.0);
    turn.tell("route", actor, of, json!({ "mode": mode, "stations": wanted, "pass": pass })).await?;
    Ok(Step::Do)
}

/// Who makes a choice, whatever dish it goes with; none: whoever cooks the dish. What was fired stays where it is.
#[tracing::instrument(name = "store.routes.set_maker", level = "debug", skip_all)]
pub async fn set_maker(
    turn: &mut Turn,
    modifier_id: ModifierId,
    station_id: Option<StationId>,
    actor: &Actor,
) -> Result<Step, StoreError> {
    let known = sqlx::query!(
        r#"select station_id as "station_id: StationId", $3::uuid is null or exists (
            select from stations where location_id = $1 and station_id = $3 and retired_at is null) as "there!"
        from modifiers where location_id = $1 and modifier_id = $2"#,
        turn.location_id as LocationId,
        modifier_id as ModifierId,
        station_id as Option<StationId>,
    )
    .fetch_optional(&mut *turn.tx)
    .await?
    .filter(|known| known.there)
    .ok_or(StoreError::NotFound)?;
    if known.station_id == station_id {
        return Ok(Step::Already);
    }
    sqlx::query!(
        "with menu as (update boards set menu_version = menu_version + 1 where location_id = $1)
        update modifiers set station_id = $3 where location_id = $1 and modifier_id = $2",
        turn.location_id as LocationId,
        modifier_id as ModifierId,
        station_id as Option<StationId>,
    )
    .execute(&mut *turn.tx)
    .await?;
    turn.tell("choice_route", actor, modifier_id.0, json!({ "station_id": station_id })).await?;
    Ok(Step::Do)
}

/// What was sold on the last business day before this one on which anything was, and that day: portions by dish, voids taken
/// off. Where there was none yet, today's.
#[tracing::instrument(name = "store.routes.sold", level = "debug", skip_all)]
pub async fn sold(
    db: &PgPool,
    location_id: LocationId,
) -> Result<(time::Date, Vec<(ItemId, i64)>), StoreError> {
    let day = sqlx::query_scalar!(
        r#"select coalesce((
                select max(c.business_day) from checks c
                where c.location_id = b.location_id and c.business_day < b.business_day), b.business_day) as "day!"
        from boards b where b.location_id = $1"#,
        location_id as LocationId,
    )
    .fetch_one(db)
    .await?;
    let rows = sqlx::query!(
        r#"select l.item_id as "item_id: ItemId", sum(l.quantity - l.voided) as "units!"
        from checks c
        join orders o on o.location_id = c.location_id and o.check_id = c.check_id
        join order_lines l on l.location_id = o.location_id and l.order_id = o.order_id and l.voided < l.quantity
        where c.location_id = $1 and c.business_day = $2
        group by l.item_id"#,
        location_id as LocationId,
        day,
    )
    .fetch_all(db)
    .await?;
    Ok((day, rows.into_iter().map(|row| (row.item_id, row.units)).collect()))
}
