//! Tickets that no screen has shown: which are due for an alarm, and the alarm itself.

use sqlx::PgPool;
use time::OffsetDateTime;

use super::{StoreError, Turn};
use crate::domain::ids::{LocationId, TicketId};
use crate::domain::unseen::UnseenTicket;

/// Tickets alarmed in one turn, at most: so that no turn is long.
const AT_ONCE: i64 = 200;

/// Locations with live tickets that were stamped before `until`, that no screen has shown and nobody was told of.
#[tracing::instrument(name = "store.unseen.due", level = "trace", skip_all)]
pub async fn due(db: &PgPool, until: OffsetDateTime) -> Result<Vec<LocationId>, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"select distinct location_id as "location_id: LocationId" from tickets
        where state = 'open' and shown_at is null and alarmed_at is null and stamped_at <= $1"#,
        until,
    )
    .fetch_all(db)
    .await?)
}

/// Alarms the floor about them, each once: the tiles that print it are stamped, the tickets are not, for no card at
/// the station changes. Answers how many there were.
#[tracing::instrument(name = "store.unseen.alarm", level = "debug", skip_all)]
pub async fn alarm(turn: &mut Turn, until: OffsetDateTime, now: OffsetDateTime) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"with late as (
            select ticket_id from tickets
            where location_id = $1 and state = 'open' and shown_at is null and alarmed_at is null
                and stamped_at <= $2
            order by ticket_id limit $5
        )
        , alarmed as (
            update tickets t set alarmed_at = $3
            from late where t.location_id = $1 and t.ticket_id = late.ticket_id
            returning t.ticket_id, t.station_id, t.fire_id
        )
        , bill as (
            update checks c set board_seq = $4
            from fires f
            where f.location_id = $1 and f.fire_id in (select fire_id from alarmed)
                and c.location_id = $1 and c.check_id = f.check_id
            returning c.table_id
        )
        , tile as (
            update tables set board_seq = $4 from bill
            where tables.location_id = $1 and tables.table_id = bill.table_id
        )
        , story as (
            insert into audit (location_id, at, seq, verb, subject, detail)
            select $1, $3, $4, 'unseen', ticket_id, jsonb_build_object('station_id', station_id) from alarmed
        )
        select count(*) as "alarmed!" from alarmed"#,
        turn.location_id.0,
        until,
        now,
        turn.seq.0,
        AT_ONCE,
    )
    .fetch_one(&mut *turn.tx)
    .await?)
}

/// Tickets of a location that are live and that no screen has shown, longest first, alarmed or not yet.
#[tracing::instrument(name = "store.unseen.all", level = "debug", skip_all)]
pub async fn all(db: &PgPool, location_id: LocationId) -> Result<Vec<UnseenTicket>, StoreError> {
    let rows = sqlx::query!(
        r#"select t.ticket_id as "ticket_id: TicketId"
          , t.header as "header: sqlx::types::Json<crate::domain::card::Header>"
          , s.name as "station?", coalesce(f.fired_at, t.stamped_at) as "since!", t.alarmed_at is not null as "alarmed!"
        from tickets t
        join fires f on f.location_id = t.location_id and f.fire_id = t.fire_id
        left join stations home on home.location_id = t.location_id and home.station_id = t.station_id
        left join stations s on s.location_id = home.location_id and s.station_id = coalesce(home.shown_at, home.station_id)
        where t.location_id = $1 and t.on_board and t.state = 'open' and t.shown_at is null
        order by 4, t.ticket_id limit 100"#,
        location_id as LocationId,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| UnseenTicket {
            ticket_id: row.ticket_id,
            header: row.header.0,
            station: row.station,
            since: row.since,
            alarmed: row.alarmed,
        })
        .collect())
}
