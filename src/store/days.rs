//! The business day: when it is over, what its end takes off the boards.

use serde::Deserialize;
use serde_json::json;
use sqlx::PgPool;
use time::OffsetDateTime;

use super::{StoreError, Turn};
use crate::domain::card::Header;
use crate::domain::cleared::{ClearedDay, ClearedTicket};
use crate::domain::ids::{LocationId, TicketId};
use crate::domain::ticket::Step;

/// Locations whose business day is over at `now`.
#[tracing::instrument(name = "store.days.due", level = "trace", skip_all)]
pub async fn due(db: &PgPool, now: OffsetDateTime) -> Result<Vec<LocationId>, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"select b.location_id as "location_id: LocationId"
        from boards b join locations l on l.location_id = b.location_id
        where business_day_at($1, l.time_zone, l.cut_off_hour) > b.business_day"#,
        now,
    )
    .fetch_all(db)
    .await?)
}

/// When the newest story of any restaurant happened, by the clock that told it.
#[tracing::instrument(name = "store.days.newest_story", level = "debug", skip_all)]
pub async fn newest_story(db: &PgPool) -> Result<Option<OffsetDateTime>, StoreError> {
    Ok(sqlx::query_scalar!(
        "select max(newest.at)
        from locations l
        cross join lateral (select max(a.at) as at from audit a where a.location_id = l.location_id) as newest"
    )
    .fetch_one(db)
    .await?)
}

/// Begins the new business day: what is still on a board is cleared, and the audit keeps what it was. Open checks
/// stay open: their money is still owed.
#[tracing::instrument(name = "store.days.roll", level = "info", skip_all)]
pub async fn roll(turn: &mut Turn, now: OffsetDateTime) -> Result<Step, StoreError> {
    let ended = sqlx::query_scalar!(
        "update boards b set business_day = business_day_at($2, l.time_zone, l.cut_off_hour), checks_today = 0
        from locations l, boards before
        where b.location_id = $1 and l.location_id = $1 and before.location_id = $1
            and business_day_at($2, l.time_zone, l.cut_off_hour) > b.business_day
        returning before.business_day",
        turn.location_id.0,
        now,
    )
    .fetch_optional(&mut *turn.tx)
    .await?;
    let Some(ended) = ended else {
        return Ok(Step::Already);
    };
    sqlx::query!(
        "with chits as (
            update tickets t set state = 'cleared', board_seq = $2, stamped_at = $3
            from fires f
            where t.location_id = $1 and t.on_board and f.location_id = $1 and f.fire_id = t.fire_id
            returning t.ticket_id, t.station_id, t.header, f.fired_at, f.fire_id
        )
        , words as (
            select tl.ticket_id, string_agg((l.quantity - l.voided) || ' × ' || l.kitchen_name, ', ' order by l.line_no) as lines
            from chits
            join ticket_lines tl on tl.location_id = $1 and tl.ticket_id = chits.ticket_id
            join order_lines l on l.location_id = $1 and l.line_id = tl.line_id and l.voided < l.quantity
            group by tl.ticket_id
        )
        , unread as (
            update messages set cleared_at = $3, board_seq = $2 where location_id = $1 and on_board
        )
        , batch as (
            update fires set cleared_at = $3, board_seq = $2
            where location_id = $1 and on_board
            returning fire_id, header, fired_at, check_id
        )
        , bill as (
            update checks c set board_seq = $2, awaited = false
            where c.location_id = $1 and (c.awaited or c.check_id in (select check_id from batch))
            returning c.table_id
        )
        , tile as (
            update tables set board_seq = $2 from bill
            where tables.location_id = $1 and tables.table_id = bill.table_id
        )
        , told as (
            insert into audit (location_id, at, seq, verb, subject, detail)
            select $1, $3, $2, 'day_cleared', chits.ticket_id, jsonb_build_object(
                'header', chits.header, 'fired_at', chits.fired_at, 'lines', coalesce(words.lines, 'void')
              , 'station', (select name from stations s where s.location_id = $1 and s.station_id = chits.station_id))
            from chits left join words using (ticket_id)
        )
        insert into audit (location_id, at, seq, verb, subject, detail)
        select $1, $3, $2, 'day_cleared', batch.fire_id, jsonb_build_object(
            'header', batch.header, 'fired_at', batch.fired_at, 'station', 'Pass'
          , 'lines', case when batch.fired_at is null then 'on hold' else 'cooked, not handed over' end)
        from batch
        where not exists (select from chits where chits.fire_id = batch.fire_id)",
        turn.location_id.0,
        turn.seq.0,
        now,
    )
    .execute(&mut *turn.tx)
    .await?;
    let location_id = turn.location_id.0;
    turn.tell_itself("day_rolled", now, location_id, json!({ "business_day": ended.to_string() })).await?;
    Ok(Step::Do)
}

#[derive(Debug, Deserialize)]
struct ClearedRow {
    header: Header,
    station: Option<String>,
    /// None: it was on hold.
    #[serde(with = "time::serde::rfc3339::option")]
    fired_at: Option<OffsetDateTime>,
    lines: String,
}

/// What the last cut-off cleared, oldest first; at most 200 tickets. None before the first one.
#[tracing::instrument(name = "store.days.cleared", level = "debug", skip_all)]
pub async fn cleared(db: &PgPool, location_id: LocationId) -> Result<Option<ClearedDay>, StoreError> {
    let Some(day) = sqlx::query!(
        r#"select at, seq, (detail ->> 'business_day')::date as "business_day!" from audit
        where location_id = $1 and verb = 'day_rolled' order by audit_id desc limit 1"#,
        location_id.0,
    )
    .fetch_optional(db)
    .await?
    else {
        return Ok(None);
    };
    let rows = sqlx::query!(
        r#"select subject, detail as "detail: sqlx::types::Json<ClearedRow>" from audit
        where location_id = $1 and verb = 'day_cleared' and seq = $2 and at = $3
        order by detail ->> 'fired_at', audit_id limit 200"#,
        location_id.0,
        day.seq,
        day.at,
    )
    .fetch_all(db)
    .await?;
    let tickets = rows.into_iter().map(|row| ClearedTicket {
        ticket_id: TicketId(row.subject),
        number: row.detail.header.number(),
        place: row.detail.header.place().to_owned(),
        station: row.detail.0.station,
        fired_at: row.detail.0.fired_at,
        lines: row.detail.0.lines,
    });
    Ok(Some(ClearedDay { business_day: day.business_day, at: day.at, tickets: tickets.collect() }))
}
