//! Which line stands on which ticket: decided anew while a fire is on hold.

use std::collections::HashSet;

use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::super::{StoreError, Turn, ages, fires};
use super::{CourseError, clear_void_holds};
use crate::domain::card::ChosenModifier;
use crate::domain::ids::{FireId, ItemId, LineId, LocationId, StationId, TicketId};
use crate::domain::menu::{House, RouteMode};
use crate::domain::routing::Leg;
use crate::domain::ticket::TicketState;

/// A line, and a station's part in making it.
type Stand = (LineId, Leg);

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
    let live = sqlx::query!(
        r#"select line_id as "line_id: LineId", item_id as "item_id: ItemId"
          , modifiers as "modifiers: Json<Vec<ChosenModifier>>"
        from order_lines
        where location_id = $1 and fire_id = $2 and voided < quantity"#,
        turn.location_id as LocationId,
        fire_id as FireId,
    )
    .fetch_all(&mut *turn.tx)
    .await?;
    let routed = live.iter().filter_map(|line| Some((line, house.item(line.item_id)?)));
    let (mut lines, mut wanted, mut from_pass) = (HashSet::new(), HashSet::new(), Vec::new());
    let mut skips_pass = state == TicketState::Open;
    for (line, item) in routed {
        let legs = house.legs_of(item, &line.modifiers);
        skips_pass &= house.skips_pass(item, &legs);
        lines.insert(line.line_id);
        from_pass.extend(legs.is_empty().then_some(line.line_id.0));
        wanted.extend(legs.into_iter().map(|leg| (line.line_id, leg)));
    }
    skips_pass &= !live.is_empty() && lines.len() == live.len(); // of a dish that is off the card nobody says so
    let stand: HashSet<Stand> = sqlx::query!(
        r#"select tl.line_id as "line_id: LineId", t.station_id as "station_id: StationId", tl.mode as "mode: RouteMode"
          , tl.step, tl.part
        from ticket_lines tl
        join tickets t on t.location_id = tl.location_id and t.ticket_id = tl.ticket_id
        where tl.location_id = $1 and tl.fire_id = $2"#,
        turn.location_id as LocationId,
        fire_id as FireId,
    )
    .fetch_all(&mut *turn.tx)
    .await?
    .into_iter()
    .map(|row| {
        let leg = Leg { station_id: row.station_id, mode: row.mode, step: row.step, part: row.part };
        (row.line_id, leg)
    })
    .filter(|(line_id, _)| lines.contains(line_id))
    .collect();
    let (wrong, missing) = (Columns::of(stand.difference(&wanted)), Columns::of(wanted.difference(&stand)));
    if !wrong.lines.is_empty() {
        take_off(turn, fire_id, &wrong).await?;
    }
    if !missing.lines.is_empty() {
        put_on(turn, fire_id, &missing, state, at).await?;
    }
    let known: Vec<_> = lines.iter().map(|line_id| line_id.0).collect();
    sqlx::query!(
        "update order_lines set from_pass = line_id = any($4)
        where location_id = $1 and fire_id = $2 and line_id = any($3) and from_pass <> (line_id = any($4))",
        turn.location_id as LocationId,
        fire_id as FireId,
        &known,
        &from_pass,
    )
    .execute(&mut *turn.tx)
    .await?;
    drop_empty_tickets(turn, fire_id).await?;
    sqlx::query!(
        "update fires set skips_pass = $3 where location_id = $1 and fire_id = $2 and skips_pass <> $3",
        turn.location_id as LocationId,
        fire_id as FireId,
        skips_pass,
    )
    .execute(&mut *turn.tx)
    .await?;
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
    steps: Vec<i16>,
    parts: Vec<Option<String>>,
}

impl Columns {
    fn of<'a>(stands: impl Iterator<Item = &'a Stand>) -> Self {
        let mut columns = Self::default();
        for (line_id, leg) in stands {
            columns.lines.push(line_id.0);
            columns.stations.push(leg.station_id.map(|id| id.0));
            columns.modes.push(leg.mode.key().to_owned());
            columns.steps.push(leg.step);
            columns.parts.push(leg.part.clone());
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
        "insert into ticket_lines (location_id, ticket_id, line_id, fire_id, mode, step, part, acknowledged)
        select $1, t.ticket_id, missing.line_id, $2, missing.mode, missing.step, missing.part, l.voided
        from unnest($3::uuid[], $4::uuid[], $5::text[], $6::smallint[], $7::text[])
            as missing (line_id, station_id, mode, step, part)
        join tickets t on t.location_id = $1 and t.fire_id = $2 and t.station_id is not distinct from missing.station_id
        join order_lines l on l.location_id = $1 and l.line_id = missing.line_id",
        turn.location_id as LocationId,
        fire_id as FireId,
        &missing.lines,
        &missing.stations as &[Option<Uuid>],
        &missing.modes,
        &missing.steps,
        &missing.parts as &[Option<String>],
    )
    .execute(&mut *turn.tx)
    .await?;
    Ok(())
}
