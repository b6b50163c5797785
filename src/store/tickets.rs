//! Tickets: what a station does with its cards.

mod handed;
mod lines;
mod reads;

pub(super) use handed::{finish, reopen};
pub use lines::{start, work};
pub use reads::{Place, Undoable, place_of, undoable};

use serde_json::json;
use thiserror::Error;
use time::OffsetDateTime;

use super::{Actor, StoreError, Turn};
use crate::domain::card::Header;
use crate::domain::ids::{DeviceId, FireId, LocationId, StationId, TicketId, Version};
use crate::domain::screen::Tickets;
use crate::domain::ticket::{Asks, Bump, Step, Ticket, TicketRefusal, TicketState};

/// Why a kitchen command did nothing.
#[derive(Debug, Error)]
pub enum TicketError {
    /// A rule of the house.
    #[error(transparent)]
    Refused(#[from] TicketRefusal),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for TicketError {
    fn from(err: sqlx::Error) -> Self {
        Self::Store(err.into())
    }
}

struct Found {
    ticket: Ticket,
    fire_id: FireId,
    station_id: Option<StationId>,
}

impl Turn {
    /// A ticket as it is now. Under the turn a plain read is current: every writer waits.
    async fn ticket(&mut self, ticket_id: TicketId) -> Result<Found, StoreError> {
        let row = sqlx::query!(
            r#"select t.fire_id as "fire_id: FireId", t.station_id as "station_id: StationId"
              , t.state as "state: TicketState", t.version as "version: Version"
              , t.bumped_at, t.bumped_on as "bumped_on: DeviceId", coalesce(staff.name, device.name) as "by?"
              , t.header as "header: sqlx::types::Json<Header>", t.allergies_seen
              , f.handed_over_at is not null as "served!", f.cleared_at is not null or exists (
                    select from stations s
                    where s.location_id = t.location_id and s.station_id = t.station_id and s.retired_at is not null)
                or coalesce(business_day_at(
                    t.bumped_at, locations.time_zone, locations.cut_off_hour) <> boards.business_day, false) as "over!"
              , exists (
                    select from ticket_lines tl
                    join order_lines l on l.location_id = tl.location_id and l.line_id = tl.line_id
                    where tl.location_id = t.location_id and tl.ticket_id = t.ticket_id
                        and (tl.acknowledged < l.voided or tl.changed_from is not null)) as "struck!"
              , (select there.name
                 from ticket_lines tl
                 join order_lines l on l.location_id = tl.location_id and l.line_id = tl.line_id and l.voided < l.quantity
                 join ticket_lines e on e.location_id = tl.location_id and e.line_id = tl.line_id and e.step < tl.step
                 join tickets chit on chit.location_id = e.location_id and chit.ticket_id = e.ticket_id
                 join stations there on there.location_id = chit.location_id and there.station_id = chit.station_id
                 where tl.location_id = t.location_id and tl.ticket_id = t.ticket_id and 1 < tl.step
                    and tl.state = 'waiting' and e.state <> 'ready'
                 order by e.step, there.position, there.name limit 1) as "waits_for?"
            from tickets t
            join fires f on f.location_id = t.location_id and f.fire_id = t.fire_id
            join locations on locations.location_id = t.location_id
            join boards on boards.location_id = t.location_id
            left join staff on staff.location_id = t.location_id and staff.staff_id = t.bumped_by
            left join paired_devices device on device.location_id = t.location_id and device.device_id = t.bumped_on
            where t.location_id = $1 and t.ticket_id = $2"#,
            self.location_id as LocationId,
            ticket_id as TicketId,
        )
        .fetch_optional(&mut *self.tx)
        .await?
        .ok_or(StoreError::NotFound)?;
        let bumped = match (row.bumped_at, row.bumped_on, row.by) {
            (Some(at), Some(on), Some(by)) => Some(Bump { at, on, by }),
            _ => None,
        };
        let ticket = Ticket {
            state: row.state,
            version: row.version,
            bumped,
            served: row.served,
            over: row.over,
            waits_for: row.waits_for,
            asks: match () {
                () if row.header.has_allergy_after(row.allergies_seen) => Asks::Allergy,
                () if row.struck => Asks::Void,
                () => Asks::Nothing,
            },
        };
        Ok(Found { ticket, fire_id: row.fire_id, station_id: row.station_id })
    }

    /// A fire and its floor tile changed with a ticket: all that print it are stamped.
    pub(super) async fn stamp_fire(&mut self, fire_id: FireId) -> Result<(), StoreError> {
        sqlx::query!(
            "with fire as (
                update fires
                set board_seq = $3
                  -- What a station works on again stands on no plate.
                  , plated_at = case when still.cooking then null else fires.plated_at end
                  , plated_by = case when still.cooking then null else fires.plated_by end
                  , plated_on = case when still.cooking then null else fires.plated_on end
                from (
                    select f.plated_at is not null and exists (
                        select from tickets t
                        where t.location_id = $1 and t.fire_id = $2 and t.state = 'open') as cooking
                    from fires f where f.location_id = $1 and f.fire_id = $2) as still
                where fires.location_id = $1 and fires.fire_id = $2 returning check_id
            )
            , bill as (
                update checks
                set board_seq = $3, awaited = checks.state = 'closed' and exists (
                    select from fires f
                    where f.location_id = $1 and f.check_id = checks.check_id and f.on_board)
                from fire
                where checks.location_id = $1 and checks.check_id = fire.check_id returning table_id
            )
            update tables set board_seq = $3 from bill
            where tables.location_id = $1 and tables.table_id = bill.table_id",
            self.location_id as LocationId,
            fire_id as FireId,
            self.seq.0,
        )
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }
}

/// Bump: this station is through with the ticket. What the card showed as void is acknowledged with it. A line whose
/// route is `any` is done everywhere, and a ticket that has nothing else leaves too.
#[tracing::instrument(name = "store.tickets.bump", level = "debug", skip_all, fields(ticket = %ticket_id))]
pub async fn bump(
    turn: &mut Turn,
    ticket_id: TicketId,
    seen: Version,
    actor: &Actor,
) -> Result<Step, TicketError> {
    let found = turn.ticket(ticket_id).await?;
    let step = found.ticket.bump(seen, actor.device_id)?;
    if step == Step::Already {
        return Ok(step);
    }
    lines::make_ready(turn, ticket_id, &found, None, actor).await?;
    leave(turn, Some(ticket_id), found.fire_id, actor).await?;
    turn.tell("bump", actor, ticket_id.0, json!({ "station_id": found.station_id })).await?;
    Ok(step)
}

/// Takes tickets of the fire off their stations: the one that was bumped, and those that have nothing left to do. A
/// station that has not seen a void, or an allergy of what it cooked itself, keeps its ticket.
pub(super) async fn leave(
    turn: &mut Turn,
    bumped: Option<TicketId>,
    fire_id: FireId,
    actor: &Actor,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update tickets t
        set board_seq = $4, stamped_at = $5
          , state = case when lines.live then 'bumped' else 'cleared' end
          , bumped_at = $5, bumped_by = $6, bumped_on = $7
        from (
            select tl.ticket_id, bool_or(l.voided < l.quantity) as live
              , bool_or(l.voided < l.quantity)
                and bool_and((tl.state = 'ready' or l.voided = l.quantity) and l.voided <= tl.acknowledged
                  and (tl.changed_from is null or tl.relieved)) as done
              , bool_and(l.voided = l.quantity or tl.relieved) as elsewhere
            from ticket_lines tl
            join order_lines l on l.location_id = tl.location_id and l.line_id = tl.line_id
            where tl.location_id = $1 and tl.fire_id = $3
            group by tl.ticket_id
        ) as lines
        where t.location_id = $1 and t.fire_id = $3 and t.ticket_id = lines.ticket_id and t.state = 'open'
            and (t.ticket_id = $2 or lines.done and ( -- of what others made whole it has nothing to read
                lines.elsewhere or t.header -> 'allergies' is null or t.header -> 'allergies' = '[]'
                or (t.header ->> 'allergies_told')::integer <= t.allergies_seen))",
        turn.location_id as LocationId,
        bumped as Option<TicketId>,
        fire_id as FireId,
        turn.seq.0,
        actor.at,
        actor.staff_id.map(|id| id.0),
        actor.device_id.0,
    )
    .execute(&mut *turn.tx)
    .await?;
    super::fires::clear_if_all_void(turn, fire_id, actor.at).await?;
    turn.stamp_fire(fire_id).await?;
    super::courses::settle(turn, fire_id, actor.at).await
}

/// Undo: take back one's own bump within five seconds. No badge, the old clock and place.
#[tracing::instrument(name = "store.tickets.undo", level = "debug", skip_all, fields(ticket = %ticket_id))]
pub async fn undo(turn: &mut Turn, ticket_id: TicketId, actor: &Actor) -> Result<Step, TicketError> {
    let found = turn.ticket(ticket_id).await?;
    let step = found.ticket.undo(actor.device_id, actor.at)?;
    if step == Step::Do {
        bring_back(turn, ticket_id, &found, false, actor.at).await?;
        turn.tell("undo", actor, ticket_id.0, json!({ "station_id": found.station_id })).await?;
    }
    Ok(step)
}

/// Recall: bring a bumped ticket back with its old clock and a badge. `at_pass`: expo or a manager asks.
#[tracing::instrument(name = "store.tickets.recall", level = "debug", skip_all, fields(ticket = %ticket_id))]
pub async fn recall(
    turn: &mut Turn,
    ticket_id: TicketId,
    at_pass: bool,
    actor: &Actor,
) -> Result<Step, TicketError> {
    let found = turn.ticket(ticket_id).await?;
    let step = found.ticket.recall(at_pass)?;
    bring_back(turn, ticket_id, &found, true, actor.at).await?;
    turn.tell("recall", actor, ticket_id.0, json!({ "station_id": found.station_id })).await?;
    Ok(step)
}

/// Recalls that one of these tickets which was bumped last, today. Repeatable: the one before it comes next.
#[tracing::instrument(name = "store.tickets.recall_last", level = "debug", skip_all)]
pub async fn recall_last(
    turn: &mut Turn,
    of: &Tickets,
    at_pass: bool,
    actor: &Actor,
) -> Result<TicketId, TicketError> {
    let ticket_id = sqlx::query_scalar!(
        r#"select t.ticket_id as "ticket_id: TicketId"
        from tickets t
        join fires f on f.location_id = t.location_id and f.fire_id = t.fire_id
        join locations l on l.location_id = t.location_id
        join boards b on b.location_id = t.location_id
        where t.location_id = $1 and t.station_id = any($2::uuid[]) and t.header ->> 'order_type' = any($5::text[])
            and t.state = 'bumped' and f.cleared_at is null and (f.handed_over_at is null or $3)
            -- No day is longer; so the index ends the search.
            and t.bumped_at > $4::timestamptz - interval '26 hours'
            and business_day_at(t.bumped_at, l.time_zone, l.cut_off_hour) = b.business_day
        order by t.bumped_at desc, t.ticket_id desc limit 1"#,
        turn.location_id as LocationId,
        &of.station_ids(),
        at_pass,
        actor.at,
        &of.order_type_keys(),
    )
    .fetch_optional(&mut *turn.tx)
    .await?
    .ok_or(StoreError::NotFound)?;
    recall(turn, ticket_id, at_pass, actor).await?;
    Ok(ticket_id)
}

/// Brings back what left with one tap: the ticket, and those that an `any` route took along.
async fn bring_back(
    turn: &mut Turn,
    ticket_id: TicketId,
    found: &Found,
    badge: bool,
    at: OffsetDateTime,
) -> Result<(), StoreError> {
    let bumped_at = found.ticket.bumped.as_ref().map(|bump| bump.at);
    sqlx::query!(
        "with back as (
            update tickets
            set state = 'open', board_seq = $4, stamped_at = $7, recalled = recalled + $6::integer
              , bumped_at = null, bumped_by = null, bumped_on = null
              -- What comes back is late from now on, not while it was gone.
              , late_at = case when late_told_at is null then greatest(late_at, $7) else late_at end
            where location_id = $1 and fire_id = $3 and state = 'bumped' and not exists ( -- nobody would see it
                    select from stations s
                    where s.location_id = $1 and s.station_id = tickets.station_id and s.retired_at is not null)
              and (ticket_id = $2 or (bumped_at = $5 or $6 > 0) and ticket_id in ( -- a tick had relieved them, or the same tap
                    select other.ticket_id
                    from ticket_lines mine
                    join ticket_lines other on other.location_id = mine.location_id and other.line_id = mine.line_id
                    where mine.location_id = $1 and mine.ticket_id = $2 and mine.mode = 'any' and other.mode = 'any'))
        )
        , lines as ( -- an undo takes back what that tap did; a recall is cooked again
            update ticket_lines
            set state = case when $6 = 0 and started_at is not null then 'started' else 'waiting' end
              , started_at = case when $6 = 0 then started_at end, started_by = case when $6 = 0 then started_by end
              , started_on = case when $6 = 0 then started_on end
              , ready_at = null, ready_by = null, ready_on = null, relieved = false
            where location_id = $1 and fire_id = $3
                and (ready_at = $5 or $6 > 0 and (
                    ticket_id = $2 or mode = 'any' and line_id in (
                        select line_id from ticket_lines where location_id = $1 and ticket_id = $2 and mode = 'any')))
        )
        , fire as (
            update fires set handed_over_at = null, handed_over_by = null, handed_over_on = null
            where location_id = $1 and fire_id = $3 and handed_over_at is not null
            returning fire_id
        )
        update order_lines set served_at = null
        where location_id = $1 and fire_id in (select fire_id from fire)",
        turn.location_id as LocationId,
        ticket_id as TicketId,
        found.fire_id as FireId,
        turn.seq.0,
        bumped_at,
        i32::from(badge),
        at,
    )
    .execute(&mut *turn.tx)
    .await?;
    sqlx::query!(
        "update tickets t set board_seq = $3, stamped_at = $4
        where t.location_id = $1 and t.fire_id = $2 and t.state = 'open' and t.board_seq < $3
            and exists (
                select from ticket_lines tl
                where tl.location_id = $1 and tl.ticket_id = t.ticket_id and (tl.mode = 'any' or 1 < tl.step))",
        turn.location_id as LocationId,
        found.fire_id as FireId,
        turn.seq.0,
        at,
    )
    .execute(&mut *turn.tx)
    .await?;
    turn.stamp_fire(found.fire_id).await?;
    super::courses::settle(turn, found.fire_id, at).await
}

/// Acknowledge: the station has seen what was voided. A ticket that has nothing else is cleared.
#[tracing::instrument(name = "store.tickets.acknowledge", level = "debug", skip_all, fields(ticket = %ticket_id))]
pub async fn acknowledge(
    turn: &mut Turn,
    ticket_id: TicketId,
    seen: Version,
    actor: &Actor,
) -> Result<Step, TicketError> {
    let found = turn.ticket(ticket_id).await?;
    if found.ticket.acknowledge(seen)? == Step::Already {
        return Ok(Step::Already);
    }
    let changed = sqlx::query!(
        "update ticket_lines tl set acknowledged = l.voided, changed_from = null
        from order_lines l
        where tl.location_id = $1 and tl.ticket_id = $2
            and l.location_id = tl.location_id and l.line_id = tl.line_id
            and (tl.acknowledged < l.voided or tl.changed_from is not null)",
        turn.location_id as LocationId,
        ticket_id as TicketId,
    )
    .execute(&mut *turn.tx)
    .await?;
    if changed.rows_affected() == 0 {
        return Ok(Step::Already);
    }
    sqlx::query!(
        "update tickets t
        set board_seq = $3, stamped_at = $4
          , state = case when exists (
                select from ticket_lines tl
                join order_lines l on l.location_id = tl.location_id and l.line_id = tl.line_id
                where tl.location_id = $1 and tl.ticket_id = $2 and l.voided < l.quantity
            ) then t.state else 'cleared' end
        where t.location_id = $1 and t.ticket_id = $2",
        turn.location_id as LocationId,
        ticket_id as TicketId,
        turn.seq.0,
        actor.at,
    )
    .execute(&mut *turn.tx)
    .await?;
    leave(turn, None, found.fire_id, actor).await?; // the rest of it may be done
    turn.tell("acknowledge", actor, ticket_id.0, json!({ "station_id": found.station_id })).await?;
    Ok(Step::Do)
}
