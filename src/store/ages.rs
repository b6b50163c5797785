//! How old tickets may get: the rules, what a fire decides by them, and what became late.

use serde_json::json;
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;

use super::{Actor, StoreError, Turn};
use crate::domain::age::{AgeLimits, AgeRules, AgeScope, Late};
use crate::domain::card::Header;
use crate::domain::check::OrderType;
use crate::domain::ids::{CheckId, FireId, ItemId, LocationId, StationId, TableId, TicketId};
use crate::domain::menu::House;
use crate::domain::screen::Tickets;
use crate::domain::ticket::Step;

/// Tickets told of in one turn, at most: so that no turn is long.
const AT_ONCE: i64 = 200;

/// The rules as they stand.
pub(super) async fn rules(db: &mut PgConnection, location_id: LocationId) -> Result<AgeRules, StoreError> {
    let newest = sqlx::query!(
        r#"select distinct on (item_id, course, order_type, station_id)
            item_id as "item_id: ItemId", course, order_type as "order_type: OrderType"
          , station_id as "station_id: StationId", warn_after_s, late_after_s
        from age_limits where location_id = $1
        order by item_id, course, order_type, station_id, limit_no desc"#,
        location_id as LocationId,
    )
    .fetch_all(db)
    .await?;
    Ok(AgeRules::new(newest.into_iter().filter_map(|row| {
        let limits = AgeLimits { warn_after_s: row.warn_after_s?, late_after_s: row.late_after_s? };
        let scope = match (row.item_id, row.course, row.order_type, row.station_id) {
            (Some(item_id), ..) => AgeScope::Item(item_id),
            (_, Some(course), ..) => AgeScope::Course(course),
            (_, _, Some(order_type), _) => AgeScope::OrderType(order_type),
            (_, _, _, Some(station_id)) => AgeScope::Station(station_id),
            (None, None, None, None) => AgeScope::House,
        };
        Some((scope, limits))
    })))
}

/// Makes a rule, or takes it back (none). What stands in the kitchen keeps what it was fired with.
#[tracing::instrument(name = "store.ages.set", level = "debug", skip_all)]
pub async fn set(
    turn: &mut Turn,
    scope: AgeScope,
    limits: Option<AgeLimits>,
    actor: &Actor,
) -> Result<Step, StoreError> {
    let location_id = turn.location_id;
    if rules(&mut turn.tx, location_id).await?.own(scope) == limits {
        return Ok(Step::Already);
    }
    let (item_id, course, order_type, station_id) = match scope {
        AgeScope::Item(item_id) => (Some(item_id), None, None, None),
        AgeScope::Course(course) => (None, Some(course), None, None),
        AgeScope::OrderType(order_type) => (None, None, Some(order_type), None),
        AgeScope::Station(station_id) => (None, None, None, Some(station_id)),
        AgeScope::House => (None, None, None, None),
    };
    sqlx::query!(
        "with menu as (update boards set menu_version = menu_version + 1 where location_id = $1)
        insert into age_limits (location_id, item_id, course, order_type, station_id, warn_after_s, late_after_s, since
          , staff_id, device_id)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        location_id as LocationId,
        item_id as Option<ItemId>,
        course,
        order_type as Option<OrderType>,
        station_id as Option<StationId>,
        limits.map(|limits| limits.warn_after_s),
        limits.map(|limits| limits.late_after_s),
        actor.at,
        actor.staff_id.map(|id| id.0),
        actor.device_id.0,
    )
    .execute(&mut *turn.tx)
    .await?;
    let of = item_id.map(|id| id.0).or(station_id.map(|id| id.0)).unwrap_or(location_id.0);
    turn.tell(
        "age_limits",
        actor,
        of,
        json!({ "course": course, "order_type": order_type, "limits": limits }),
    )
    .await?;
    Ok(Step::Do)
}

/// How the guests of an open check eat: the named one, else the first at that table.
#[tracing::instrument(name = "store.ages.order_type", level = "debug", skip_all)]
pub async fn order_type(
    db: &PgPool,
    location_id: LocationId,
    check_id: Option<CheckId>,
    table_id: Option<TableId>,
) -> Result<Option<OrderType>, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"select order_type as "order_type: OrderType" from checks
        where location_id = $1 and state in ('open', 'printed')
            and (check_id = $2 or $2::uuid is null and table_id = $3)
        order by party limit 1"#,
        location_id as LocationId,
        check_id as Option<CheckId>,
        table_id as Option<TableId>,
    )
    .fetch_optional(db)
    .await?)
}

/// Decides how old the open tickets of a fire may get, on the rules of this house: as patient as the slowest dish on each.
pub(super) async fn decide(
    turn: &mut Turn,
    house: &House,
    fire_id: FireId,
    fired_at: OffsetDateTime,
) -> Result<(), StoreError> {
    let dishes = sqlx::query!(
        r#"select t.ticket_id as "ticket_id: TicketId", t.station_id as "station_id: StationId"
          , l.item_id as "item_id: ItemId", f.header as "header: Json<Header>"
        from fires f
        join tickets t on t.location_id = f.location_id and t.fire_id = f.fire_id
        cross join lateral (
            select tl.location_id, tl.line_id from ticket_lines tl
            where tl.location_id = t.location_id and tl.ticket_id = t.ticket_id offset 0) as leg
        cross join lateral (
            select l.item_id from order_lines l
            where l.location_id = leg.location_id and l.line_id = leg.line_id and l.voided < l.quantity offset 0) as l
        where f.location_id = $1 and f.fire_id = $2
        order by t.ticket_id"#,
        turn.location_id as LocationId,
        fire_id as FireId,
    )
    .fetch_all(&mut *turn.tx)
    .await?;
    let (mut ids, mut warn, mut late) = (Vec::new(), Vec::new(), Vec::new());
    for ticket in dishes.chunk_by(|one, other| one.ticket_id == other.ticket_id) {
        let of_dish = ticket.iter().map(|dish| {
            house.ages.of(dish.item_id, dish.header.course, dish.header.order_type, dish.station_id)
        });
        let Some((limits, first)) = of_dish.reduce(AgeLimits::slower).zip(ticket.first()) else {
            continue;
        };
        ids.push(first.ticket_id.0);
        warn.push(limits.warn_after_s);
        late.push(limits.late_after_s);
    }
    sqlx::query!(
        "update tickets t
        set warn_after_s = ruled.warn_after_s, late_after_s = ruled.late_after_s
          , late_at = $3::timestamptz + make_interval(secs => ruled.late_after_s), late_told_at = null
        from unnest($2::uuid[], $4::integer[], $5::integer[]) as ruled (ticket_id, warn_after_s, late_after_s)
        where t.location_id = $1 and t.ticket_id = ruled.ticket_id",
        turn.location_id as LocationId,
        &ids,
        fired_at,
        &warn,
        &late,
    )
    .execute(&mut *turn.tx)
    .await?;
    Ok(())
}

/// Locations with open tickets that are late by `now` and of which the floor was not told.
#[tracing::instrument(name = "store.ages.due", level = "trace", skip_all)]
pub async fn due(db: &PgPool, now: OffsetDateTime) -> Result<Vec<LocationId>, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"select distinct location_id as "location_id: LocationId" from tickets
        where state = 'open' and late_told_at is null and late_at <= $1 and exists (
            select from ticket_lines tl
            cross join lateral (
                select from order_lines l
                where l.location_id = tl.location_id and l.line_id = tl.line_id and l.voided < l.quantity offset 0) as live
            where tl.location_id = tickets.location_id and tl.ticket_id = tickets.ticket_id and not exists ( -- it is not there yet
                    select from ticket_lines e
                    where e.location_id = tl.location_id and e.line_id = tl.line_id and e.step < tl.step
                        and e.state <> 'ready') offset 0)"#,
        now,
    )
    .fetch_all(db)
    .await?)
}

/// Writes down that they are late, each once, and stamps the tiles that print it. The tickets are not stamped: their cards
/// age by themselves. Answers how many there were.
#[tracing::instrument(name = "store.ages.tell", level = "debug", skip_all)]
pub async fn tell(turn: &mut Turn, now: OffsetDateTime) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"with due as (
            select ticket_id from tickets
            where location_id = $1 and state = 'open' and late_told_at is null and late_at <= $2 and exists (
                select from ticket_lines tl -- what is void as a whole nobody makes
                cross join lateral (
                    select from order_lines l
                    where l.location_id = tl.location_id and l.line_id = tl.line_id and l.voided < l.quantity offset 0) as live
                where tl.location_id = $1 and tl.ticket_id = tickets.ticket_id and not exists ( -- what a station does not have yet
                        select from ticket_lines e
                        where e.location_id = tl.location_id and e.line_id = tl.line_id and e.step < tl.step
                            and e.state <> 'ready') offset 0)
            order by ticket_id limit $4
        )
        , late as (
            update tickets t set late_told_at = $2
            from due where t.location_id = $1 and t.ticket_id = due.ticket_id
            returning t.ticket_id, t.station_id, t.fire_id, t.late_at
        )
        , bill as (
            update checks c set board_seq = $3
            where c.location_id = $1 and c.check_id in (
                select f.check_id from fires f where f.location_id = $1 and f.fire_id in (select fire_id from late))
            returning c.table_id
        )
        , tile as (
            update tables set board_seq = $3
            where location_id = $1 and table_id in (select table_id from bill)
        )
        , story as (
            insert into audit (location_id, at, seq, verb, subject, detail)
            select $1, late_at, $3, 'late', ticket_id, jsonb_build_object('station_id', station_id) from late
        )
        select count(*) as "late!" from late"#,
        turn.location_id.0,
        now,
        turn.seq.0,
        AT_ONCE,
    )
    .fetch_one(&mut *turn.tx)
    .await?)
}

/// Tickets that are late now, the longest first, whatever became of their checks; at most a hundred.
#[tracing::instrument(name = "store.ages.late", level = "debug", skip_all)]
pub async fn late(db: &PgPool, location_id: LocationId) -> Result<Vec<Late>, StoreError> {
    let rows = sqlx::query!(
        r#"select t.header as "header: Json<Header>", s.name as "station?", t.late_at as "since!"
        from tickets t
        left join stations home on home.location_id = t.location_id and home.station_id = t.station_id
        left join stations s on s.location_id = home.location_id and s.station_id = coalesce(home.shown_at, home.station_id)
        where t.location_id = $1 and t.on_board and t.state = 'open' and t.late_told_at is not null and exists (
            select from ticket_lines tl
            cross join lateral (
                select from order_lines l
                where l.location_id = tl.location_id and l.line_id = tl.line_id and l.voided < l.quantity offset 0) as live
            where tl.location_id = t.location_id and tl.ticket_id = t.ticket_id offset 0)
        order by t.late_at, t.ticket_id limit 100"#,
        location_id as LocationId,
    )
    .fetch_all(db)
    .await?;
    let late =
        rows.into_iter().map(|row| Late { header: row.header.0, station: row.station, since: row.since });
    Ok(late.collect())
}

/// A manager knows that it is late.
#[tracing::instrument(name = "store.ages.seen", level = "debug", skip_all, fields(ticket = %ticket_id))]
pub async fn seen(turn: &mut Turn, ticket_id: TicketId, actor: &Actor) -> Result<Step, StoreError> {
    let row = sqlx::query!(
        r#"select fire_id as "fire_id: FireId"
          , late_seen_at is not null or late_told_at is null as "known!"
        from tickets where location_id = $1 and ticket_id = $2"#,
        turn.location_id as LocationId,
        ticket_id as TicketId,
    )
    .fetch_optional(&mut *turn.tx)
    .await?
    .ok_or(StoreError::NotFound)?;
    if row.known {
        return Ok(Step::Already);
    }
    sqlx::query!(
        "update tickets set late_seen_at = $3, late_seen_by = $4, late_seen_on = $5
        where location_id = $1 and ticket_id = $2",
        turn.location_id as LocationId,
        ticket_id as TicketId,
        actor.at,
        actor.staff_id.map(|id| id.0),
        actor.device_id.0,
    )
    .execute(&mut *turn.tx)
    .await?;
    turn.stamp_fire(row.fire_id).await?;
    turn.tell("late_seen", actor, ticket_id.0, json!({})).await?;
    Ok(Step::Do)
}

/// How long the tickets of the business day took in the middle, in seconds, and how many there were: of a station's, or a screen's, from the
/// fire to the bump; at the pass (none) until it was handed over. What was cleared does not count.
#[tracing::instrument(name = "store.ages.pace", level = "debug", skip_all)]
pub async fn pace(
    db: &PgPool,
    location_id: LocationId,
    of: Option<&Tickets>,
) -> Result<(Option<f64>, i64), StoreError> {
    if let Some(of) = of {
        let row = sqlx::query!(
            r#"select percentile_cont(0.5) within group (order by extract(epoch from t.bumped_at - f.fired_at)) as median
              , count(*) as "count!"
            from tickets t
            join fires f on f.location_id = t.location_id and f.fire_id = t.fire_id
            join locations l on l.location_id = t.location_id
            join boards b on b.location_id = t.location_id
            where t.location_id = $1 and t.station_id = any($2::uuid[]) and t.header ->> 'order_type' = any($3::text[])
                and t.state = 'bumped' and exists (
                    select from ticket_lines tl -- what another one's tick finished it never touched
                    where tl.location_id = t.location_id and tl.ticket_id = t.ticket_id and not tl.relieved)
                and t.bumped_at >= (b.business_day + make_interval(hours => l.cut_off_hour)) at time zone l.time_zone"#,
            location_id as LocationId,
            &of.station_ids(),
            &of.order_type_keys(),
        )
        .fetch_one(db)
        .await?;
        return Ok((row.median, row.count));
    }
    let row = sqlx::query!(
        r#"select percentile_cont(0.5) within group (order by extract(epoch from f.handed_over_at - f.fired_at)) as median
          , count(*) as "count!"
        from boards b
        join locations l on l.location_id = b.location_id
        join fires f on f.location_id = b.location_id
        where b.location_id = $1 and not f.skips_pass
            and f.handed_over_at >= (b.business_day + make_interval(hours => l.cut_off_hour)) at time zone l.time_zone"#,
        location_id as LocationId,
    )
    .fetch_one(db)
    .await?;
    Ok((row.median, row.count))
}
