//! What handing a fire over does to stations that still work on it, and how it is taken back.

use super::super::{Actor, StoreError, Turn};
use crate::domain::fire::HandOver;
use crate::domain::ids::{DeviceId, FireId, LocationId, StaffId};

/// Stations that still work on a fire are through with it: it goes to the guest as it is. What was void or changed stays
/// unread, for the case that it comes back; that nobody's allergy is unread was asked before.
pub(in crate::store) async fn finish(
    turn: &mut Turn,
    fire_id: FireId,
    actor: &Actor,
) -> Result<(), StoreError> {
    sqlx::query!(
        "with legs as (
            update ticket_lines tl
            set state = 'ready', relieved = tl.state <> 'ready'
              , ready_at = coalesce(tl.ready_at, $4), ready_by = case when tl.ready_at is null then $5 else tl.ready_by end
              , ready_on = case when tl.ready_at is null then $6 else tl.ready_on end
            from tickets t
            where tl.location_id = $1 and tl.fire_id = $2
                and t.location_id = tl.location_id and t.ticket_id = tl.ticket_id and t.state = 'open'
        )
        update tickets t
        set board_seq = $3, stamped_at = $4, bumped_at = $4, bumped_by = $5, bumped_on = $6
          , state = case when exists (
                select from ticket_lines tl
                join order_lines l on l.location_id = tl.location_id and l.line_id = tl.line_id
                where tl.location_id = $1 and tl.ticket_id = t.ticket_id and l.voided < l.quantity
            ) then 'bumped' else 'cleared' end
        where t.location_id = $1 and t.fire_id = $2 and t.state = 'open'",
        turn.location_id as LocationId,
        fire_id as FireId,
        turn.seq.0,
        actor.at,
        actor.staff_id as Option<StaffId>,
        actor.device_id as DeviceId,
    )
    .execute(&mut *turn.tx)
    .await?;
    Ok(())
}

/// What that handing over had taken from stations is theirs again.
pub(in crate::store) async fn reopen(
    turn: &mut Turn,
    fire_id: FireId,
    first: &HandOver,
    actor: &Actor,
) -> Result<(), StoreError> {
    sqlx::query!(
        "with back as (
            update tickets
            set state = 'open', board_seq = $4, stamped_at = $5, bumped_at = null, bumped_by = null, bumped_on = null
              -- What comes back is late from now on, not while it was gone.
              , late_at = case when late_told_at is null then greatest(late_at, $5) else late_at end
            where location_id = $1 and fire_id = $2 and state in ('bumped', 'cleared') and bumped_at = $3 and bumped_on = $6
              and not exists ( -- nobody would see it
                    select from stations s
                    where s.location_id = $1 and s.station_id = tickets.station_id and s.retired_at is not null)
            returning ticket_id
        )
        update ticket_lines
        set state = case when started_at is null then 'waiting' else 'started' end
          , ready_at = null, ready_by = null, ready_on = null, relieved = false
        where location_id = $1 and ready_at = $3 and ticket_id in (select ticket_id from back)",
        turn.location_id as LocationId,
        fire_id as FireId,
        first.at,
        turn.seq.0,
        actor.at,
        first.on as DeviceId,
    )
    .execute(&mut *turn.tx)
    .await?;
    Ok(())
}
