//! Which line stands on which ticket: decided anew while a fire is on hold.

use std::collections::HashSet;

use time::OffsetDateTime;
use uuid::Uuid;

use super::super::{StoreError, Turn, ages, fires};
use super::{CourseError, clear_void_holds};
use crate::domain::ids::{FireId, ItemId, LineId, LocationId, StationId, TicketId};
use crate::domain::menu::{House, RouteMode};
use crate::domain::ticket::TicketState;

/// A line, the station that cooks it (none: the pass), and whether that station alone completes it.
type Stand = (LineId, Option<StationId>, RouteMode);

/// Takes a line out of a held fire into another one, off every ticket it stood on. What is empty then goes.
pub(super) async fn carry(
    turn: &mut Turn,
    line_id: LineId,
    from: FireId,
    to: FireId,
    at: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "delete from ticket_lines where location_id = $1 and line_id = $2",
        turn.location_id as LocationId,
        line_id as LineId,
    )
    .execute(&mut *turn.tx)
    .await?;
    sqlx::query!(
        "update order_lines set fire_id = $3 where location_id = $1 and line_id = $2",
        turn.location_id as LocationId,
        line_id as LineId,
        to as FireId,
    )
    .execute(&mut *turn.tx)
    .await?;
    drop_empty_tickets(turn, from).await?;
    clear_void_holds(turn, from, at).await?;
    fires::clear_if_all_void(turn, from, at).await?;
    turn.stamp_held(from, at).await
}

async fn drop_empty_tickets(turn: &mut Turn, fire_id: FireId) -> Result<(), StoreError> {
    sqlx::query!(
        "delete from tickets t
        where t.location_id = $1 and t.fire_id = $2 and not exists (
            select from ticket_lines tl where tl.location_id = t.location_id and tl.ticket_id = t.ticket_id)",
        turn.location_id as LocationId,
        fire_id as FireId,
    )
    .execute(&mut *turn.tx)
    .await?;
    Ok(())
}

/// Puts every line of a fire on the tickets of the stations that cook it by this menu, and off all others. A line that is
/// void, or whose dish is off the card, stays where it was known.
pub(super) async fn route(
    turn: &mut Turn,
    house: &House,
    fire_id: FireId,
    state: TicketState,
    at: OffsetDateTime,
) -> Result<(), CourseError> {
    if house.menu_version != turn.menu_version {
        return Err(CourseError::MenuMoved);
    }
    let lines = sqlx::query!(
        r#"select line_id as "line_id: LineId", item_id as "item_id: ItemId" from order_lines
        where location_id = $1 and fire_id = $2 and voided < quantity"#,
        turn.location_id as LocationId,
        fire_id as FireId,
    )
    .fetch_all(&mut *turn.tx)
    .await?;
    let routed = lines.iter().filter_map(|line| Some((line.line_id, house.item(line.item_id)?)));
    let (mut lines, mut wanted) = (HashSet::new(), HashSet::new());
    for (line_id, item) in routed {
        let (mode, stations) = house.stations_of(item);
        lines.insert(line_id);
        wanted.extend(stations.into_iter().map(|station_id| (line_id, station_id, mode)));
    }
    let stand: HashSet<Stand> = sqlx::query!(
        r#"select tl.line_id as "line_id: LineId", t.station_id as "station_id: StationId", tl.mode as "mode: RouteMode"
        from ticket_lines tl
        join tickets t on t.location_id = tl.location_id and t.ticket_id = tl.ticket_id
        where tl.location_id = $1 and tl.fire_id = $2"#,
        turn.location_id as LocationId,
        fire_id as FireId,
    )
    .fetch_all(&mut *turn.tx)
    .await?
    .into_iter()
    .map(|row| (row.line_id, row.station_id, row.mode))
    .filter(|(line_id, ..)| lines.contains(line_id))
    .collect();
    let (wrong, missing) = (Columns::of(stand.difference(&wanted)), Columns::of(wanted.difference(&stand)));
    if !wrong.lines.is_empty() {
        take_off(turn, fire_id, &wrong).await?;
    }
    if !missing.lines.is_empty() {
        put_on(turn, fire_id, &missing, state, at).await?;
    }
    drop_empty_tickets(turn, fire_id).await?;
    if state == TicketState::Open {
        ages::decide(turn, house, fire_id, at).await?;
    }
    Ok(())
}

/// Stands as columns, for `unnest`.
#[derive(Default)]
struct Columns {
    lines: Vec<Uuid>,
    stations: Vec<Option<Uuid>>,
    modes: Vec<String>,
}

impl Columns {
    fn of<'a>(stands: impl Iterator<Item = &'a Stand>) -> Self {
        let mut columns = Self::default();
        for (line_id, station_id, mode) in stands {
            columns.lines.push(line_id.0);
            columns.stations.push(station_id.map(|id| id.0));
            columns.modes.push(mode.key().to_owned());
        }
        columns
    }
}

async fn take_off(turn: &mut Turn, fire_id: FireId, wrong: &Columns) -> Result<(), StoreError> {
    sqlx::query!(
        "delete from ticket_lines tl
        using tickets t, unnest($3::uuid[], $4::uuid[]) as wrong (line_id, station_id)
        where tl.location_id = $1 and tl.fire_id = $2 and tl.line_id = wrong.line_id
            and t.location_id = $1 and t.ticket_id = tl.ticket_id
            and t.station_id is not distinct from wrong.station_id",
        turn.location_id as LocationId,
        fire_id as FireId,
        &wrong.lines,
        &wrong.stations as &[Option<Uuid>],
    )
    .execute(&mut *turn.tx)
    .await?;
    Ok(())
}

async fn put_on(
    turn: &mut Turn,
    fire_id: FireId,
    missing: &Columns,
    state: TicketState,
    at: OffsetDateTime,
) -> Result<(), StoreError> {
    let ticket_ids: Vec<Uuid> = missing.lines.iter().map(|_| TicketId::new().0).collect();
    sqlx::query!(
        "insert into tickets (location_id, ticket_id, fire_id, station_id, state, board_seq, stamped_at, header)
        select $1, chit.ticket_id, $2, chit.station_id, $5, $6, $7, f.header
        from fires f
          , (select distinct on (station_id) ticket_id, station_id
             from unnest($3::uuid[], $4::uuid[]) as chit (ticket_id, station_id)
             order by station_id, ticket_id) as chit
        where f.location_id = $1 and f.fire_id = $2
        on conflict (location_id, fire_id, station_id)
        do update set state = excluded.state, header = excluded.header, board_seq = excluded.board_seq, stamped_at = excluded.stamped_at",
        turn.location_id as LocationId,
        fire_id as FireId,
        &ticket_ids,
        &missing.stations as &[Option<Uuid>],
        state as TicketState,
        turn.seq.0,
        at,
    )
    .execute(&mut *turn.tx)
    .await?;
    sqlx::query!(
        "insert into ticket_lines (location_id, ticket_id, line_id, fire_id, mode, acknowledged)
        select $1, t.ticket_id, missing.line_id, $2, missing.mode, l.voided
        from unnest($3::uuid[], $4::uuid[], $5::text[]) as missing (line_id, station_id, mode)
        join tickets t on t.location_id = $1 and t.fire_id = $2 and t.station_id is not distinct from missing.station_id
        join order_lines l on l.location_id = $1 and l.line_id = missing.line_id",
        turn.location_id as LocationId,
        fire_id as FireId,
        &missing.lines,
        &missing.stations as &[Option<Uuid>],
        &missing.modes,
    )
    .execute(&mut *turn.tx)
    .await?;
    Ok(())
}
