//! How far a station is with a line: begun, done, or after all not.

use serde_json::json;

use super::super::{Actor, StoreError, Turn, courses};
use super::{Found, TicketError, leave};
use crate::domain::ids::{DeviceId, FireId, LineId, LocationId, StaffId, TicketId, Version};
use crate::domain::ticket::{LineState, Step, TicketLine};

/// A cook begins with everything on the ticket that waits.
#[tracing::instrument(name = "store.tickets.start", level = "debug", skip_all, fields(ticket = %ticket_id))]
pub async fn start(
    turn: &mut Turn,
    ticket_id: TicketId,
    seen: Version,
    actor: &Actor,
) -> Result<Step, TicketError> {
    let found = turn.ticket(ticket_id).await?;
    let any = TicketLine { state: LineState::Waiting, live: true, here: true };
    found.ticket.work(any, LineState::Started, seen, actor.device_id)?;
    let begun = begin(turn, ticket_id, None, actor).await?;
    if begun == 0 {
        return found.ticket.is_here().map(|()| Step::Already).map_err(Into::into);
    }
    turn.stamp_ticket(ticket_id, found.fire_id, actor).await?;
    turn.tell("start", actor, ticket_id.0, json!({ "station_id": found.station_id })).await?;
    Ok(Step::Do)
}

/// Says how far the station is with one line. The last one that is ready takes the ticket with it.
#[tracing::instrument(name = "store.tickets.work", level = "debug", skip_all, fields(ticket = %ticket_id, line = %line_id))]
pub async fn work(
    turn: &mut Turn,
    ticket_id: TicketId,
    line_id: LineId,
    to: LineState,
    seen: Version,
    actor: &Actor,
) -> Result<Step, TicketError> {
    let found = turn.ticket(ticket_id).await?;
    let line = turn.line_at(ticket_id, line_id).await?;
    if found.ticket.work(line, to, seen, actor.device_id)? == Step::Already {
        return Ok(Step::Already);
    }
    let verb = match to {
        LineState::Waiting => {
            take_back(turn, ticket_id, line_id, &found, actor).await?;
            turn.stamp_ticket(ticket_id, found.fire_id, actor).await?;
            courses::settle(turn, found.fire_id, actor.at).await?;
            "line_back"
        }
        LineState::Started => {
            begin(turn, ticket_id, Some(line_id), actor).await?;
            turn.stamp_ticket(ticket_id, found.fire_id, actor).await?;
            "line_start"
        }
        LineState::Ready => {
            make_ready(turn, ticket_id, &found, Some(line_id), actor).await?;
            leave(turn, None, found.fire_id, actor).await?;
            "line_ready"
        }
    };
    turn.tell(verb, actor, line_id.0, json!({ "station_id": found.station_id, "ticket_id": ticket_id }))
        .await?;
    Ok(Step::Do)
}

impl Turn {
    async fn line_at(&mut self, ticket_id: TicketId, line_id: LineId) -> Result<TicketLine, StoreError> {
        let row = sqlx::query!(
            r#"select tl.state as "state: LineState", l.voided < l.quantity as "live!", not exists (
                    select from ticket_lines e
                    where e.location_id = tl.location_id and e.line_id = tl.line_id and e.step < tl.step
                        and e.state <> 'ready') as "here!"
            from ticket_lines tl
            join order_lines l on l.location_id = tl.location_id and l.line_id = tl.line_id
            where tl.location_id = $1 and tl.ticket_id = $2 and tl.line_id = $3"#,
            self.location_id as LocationId,
            ticket_id as TicketId,
            line_id as LineId,
        )
        .fetch_optional(&mut *self.tx)
        .await?
        .ok_or(StoreError::NotFound)?;
        Ok(TicketLine { state: row.state, live: row.live, here: row.here })
    }

    /// A ticket changed, and with it everything that prints it.
    async fn stamp_ticket(
        &mut self,
        ticket_id: TicketId,
        fire_id: FireId,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "update tickets set board_seq = $3, stamped_at = $4 where location_id = $1 and ticket_id = $2",
            self.location_id as LocationId,
            ticket_id as TicketId,
            self.seq.0,
            actor.at,
        )
        .execute(&mut *self.tx)
        .await?;
        self.stamp_fire(fire_id).await
    }
}

/// Begins with one line, whatever it was, or with every live one that waits. Answers how many.
async fn begin(
    turn: &mut Turn,
    ticket_id: TicketId,
    line_id: Option<LineId>,
    actor: &Actor,
) -> Result<u64, StoreError> {
    let begun = sqlx::query!(
        "update ticket_lines tl
        set state = 'started', started_at = $4, started_by = $5, started_on = $6
          , ready_at = null, ready_by = null, ready_on = null, relieved = false
        from order_lines l
        where tl.location_id = $1 and tl.ticket_id = $2
            and (tl.line_id = $3 or $3::uuid is null and tl.state = 'waiting' and not exists ( -- what is only coming
                    select from ticket_lines e
                    where e.location_id = tl.location_id and e.line_id = tl.line_id and e.step < tl.step
                        and e.state <> 'ready'))
            and l.location_id = tl.location_id and l.line_id = tl.line_id and l.voided < l.quantity",
        turn.location_id as LocationId,
        ticket_id as TicketId,
        line_id as Option<LineId>,
        actor.at,
        actor.staff_id as Option<StaffId>,
        actor.device_id as DeviceId,
    )
    .execute(&mut *turn.tx)
    .await?;
    Ok(begun.rows_affected())
}

/// A line waits again, also at the stations that another one's tick had relieved of it.
async fn take_back(
    turn: &mut Turn,
    ticket_id: TicketId,
    line_id: LineId,
    found: &Found,
    actor: &Actor,
) -> Result<(), StoreError> {
    sqlx::query!(
        "with back as (
            update ticket_lines tl
            set state = 'waiting', started_at = null, started_by = null, started_on = null
              , ready_at = null, ready_by = null, ready_on = null, relieved = false
            where tl.location_id = $1 and tl.line_id = $3
                and (tl.ticket_id = $2 or tl.mode = 'any' and tl.state = 'ready' and exists (
                    select from ticket_lines mine
                    where mine.location_id = $1 and mine.ticket_id = $2 and mine.line_id = $3 and mine.mode = 'any'))
            returning tl.ticket_id
        )
        , later as ( -- it is only coming again there
            update tickets t set board_seq = $5, stamped_at = $6
            from ticket_lines tl
            where tl.location_id = $1 and tl.line_id = $3 and 1 < tl.step and tl.ticket_id <> $2
                and t.location_id = $1 and t.ticket_id = tl.ticket_id and t.state = 'open'
        )
        update tickets
        set state = 'open', board_seq = $5, stamped_at = $6, bumped_at = null, bumped_by = null, bumped_on = null
        where location_id = $1 and fire_id = $4 and state in ('open', 'bumped')
            and ticket_id in (select ticket_id from back)",
        turn.location_id as LocationId,
        ticket_id as TicketId,
        line_id as LineId,
        found.fire_id as FireId,
        turn.seq.0,
        actor.at,
    )
    .execute(&mut *turn.tx)
    .await?;
    Ok(())
}

/// The station is through with a line, or with all of them, and has seen then what was voided. Where one of a line's
/// stations will do, the others are through with it too.
pub(super) async fn make_ready(
    turn: &mut Turn,
    ticket_id: TicketId,
    found: &Found,
    line_id: Option<LineId>,
    actor: &Actor,
) -> Result<(), StoreError> {
    sqlx::query!(
        "with mine as (
            update ticket_lines tl
            set state = 'ready', acknowledged = case when $6::uuid is null then l.voided else tl.acknowledged end
              , changed_from = null -- whoever is through with it carried the version that said so
              , ready_at = coalesce(tl.ready_at, $4), ready_by = case when tl.ready_at is null then $7 else tl.ready_by end
              , ready_on = case when tl.ready_at is null then $8 else tl.ready_on end
            from order_lines l
            where tl.location_id = $1 and tl.ticket_id = $2 and ($6::uuid is null or tl.line_id = $6)
                and l.location_id = tl.location_id and l.line_id = tl.line_id
            returning tl.line_id, tl.mode, tl.step
        )
        , siblings as (
            update ticket_lines tl set state = 'ready', ready_at = $4, ready_by = $7, ready_on = $8
              , relieved = tl.state = 'waiting'
            from mine
            where tl.location_id = $1 and tl.line_id = mine.line_id and mine.mode = 'any' and tl.mode = 'any'
                and tl.ticket_id <> $2 and tl.state <> 'ready'
            returning tl.ticket_id
        )
        update tickets set board_seq = $5, stamped_at = $4
        where location_id = $1 and fire_id = $3
            and (ticket_id in (select ticket_id from siblings) or ticket_id = $2 and $6::uuid is not null
                or state = 'open' and ticket_id in ( -- it comes there now
                    select later.ticket_id from mine
                    join ticket_lines later on later.location_id = $1 and later.line_id = mine.line_id
                        and mine.step < later.step))",
        turn.location_id as LocationId,
        ticket_id as TicketId,
        found.fire_id as FireId,
        actor.at,
        turn.seq.0,
        line_id as Option<LineId>,
        actor.staff_id as Option<StaffId>,
        actor.device_id as DeviceId,
    )
    .execute(&mut *turn.tx)
    .await?;
    Ok(())
}
