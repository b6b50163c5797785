//! Order lines after their Send.

mod change;

pub use change::{ChangeError, Changeable, Wanted, change, changeable};
use serde_json::json;
use thiserror::Error;

use super::{Actor, StoreError, Turn};
use crate::domain::check::CheckState;
use crate::domain::ids::{CheckId, FireId, ItemId, LineId, LocationId};
use crate::domain::line::{Line, VoidRefusal};
use crate::domain::staff::Role;

/// Why a line was not voided.
#[derive(Debug, Error)]
pub enum VoidError {
    /// A rule of the house.
    #[error(transparent)]
    Refused(#[from] VoidRefusal),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for VoidError {
    fn from(err: sqlx::Error) -> Self {
        Self::Store(err.into())
    }
}

/// Voids `units` of a line. Tickets that still show it get a new version: a bump that has not seen the void is
/// refused. `made`: whether it is thrown away; if nobody says, what was begun is. What was not made can be sold again.
/// Answers the check it stood on.
#[tracing::instrument(name = "store.lines.void", level = "debug", skip_all, fields(line = %line_id))]
pub async fn void(
    turn: &mut Turn,
    line_id: LineId,
    units: i32,
    reason: &str,
    made: Option<bool>,
    role: Role,
    actor: &Actor,
) -> Result<CheckId, VoidError> {
    let row = sqlx::query!(
        r#"select l.quantity, l.voided, l.fire_id as "fire_id: FireId", f.check_id as "check_id: CheckId"
          , c.state as "check_state: CheckState"
          , f.fired_at is null as "held!", (l.served_at is not null or coalesce(made.every or made.cooked, l.from_pass and f.fired_at is not null)) as "made!"
          , coalesce(made.started, false) as "started!", l.served_at is not null as "served!", l.from_pass, l.item_id as "item_id: ItemId"
        from order_lines l
        join fires f on f.location_id = l.location_id and f.fire_id = l.fire_id
        join checks c on c.location_id = f.location_id and c.check_id = f.check_id
        left join lateral (
            select bool_and(tl.state = 'ready') as every
              , bool_or(tl.state <> 'waiting' or t.recalled > 0 or tl.cooked) as started -- what came back was cooked once
              , bool_or(tl.cooked) as cooked
            from ticket_lines tl
            join tickets t on t.location_id = tl.location_id and t.ticket_id = tl.ticket_id
            where tl.location_id = l.location_id and tl.line_id = l.line_id
        ) as made on true
        where l.location_id = $1 and l.line_id = $2"#,
        turn.location_id as LocationId,
        line_id as LineId,
    )
    .fetch_optional(&mut *turn.tx)
    .await?
    .ok_or(StoreError::NotFound)?;
    let line = Line {
        quantity: row.quantity,
        voided: row.voided,
        held: row.held,
        made: row.made,
        check_state: row.check_state,
    };
    line.void(units, reason, role)?;
    let wasted = made.unwrap_or(row.started || row.made && (row.served || !row.from_pass)) && !row.held;
    let reason = match reason.trim() {
        "" => "Taken off before it was fired",
        reason => reason,
    };
    sqlx::query!(
        "with line as (
            update order_lines set voided = voided + $3, void_reason = $4, wasted = wasted + case when $8 then $3 else 0 end
            where location_id = $1 and line_id = $2
            returning line_id, voided
        )
        , seen as ( -- nobody cooks what is held: it goes without being struck
            update ticket_lines tl set acknowledged = line.voided
            from line where $7 and tl.location_id = $1 and tl.line_id = line.line_id
        )
        update tickets t
        set version = t.version + case t.state when 'held' then 0 else 1 end, board_seq = $5, stamped_at = $6
        from ticket_lines tl, line
        where t.location_id = $1 and t.state in ('held', 'open')
            and tl.location_id = $1 and tl.ticket_id = t.ticket_id and tl.line_id = line.line_id",
        turn.location_id as LocationId,
        line_id as LineId,
        units,
        reason,
        turn.seq.0,
        actor.at,
        row.held,
        wasted,
    )
    .execute(&mut *turn.tx)
    .await?;
    if !wasted {
        give_back(turn, row.item_id, units).await?;
    }
    super::courses::clear_void_holds(turn, row.fire_id, actor.at).await?;
    super::fires::clear_if_all_void(turn, row.fire_id, actor.at).await?;
    turn.stamp_fire(row.fire_id).await?;
    super::courses::settle(turn, row.fire_id, actor.at).await?;
    turn.tell("void", actor, line_id.0, json!({ "units": units, "reason": reason, "made": wasted })).await?;
    Ok(row.check_id)
}

/// What was not made can be sold again, where somebody counts.
async fn give_back(turn: &mut Turn, item_id: ItemId, units: i32) -> Result<(), StoreError> {
    sqlx::query!(
        "update items set remaining = least(remaining + $3, 999), board_seq = $4
        where location_id = $1 and item_id = $2 and remaining is not null",
        turn.location_id as LocationId,
        item_id as ItemId,
        units,
        turn.seq.0,
    )
    .execute(&mut *turn.tx)
    .await?;
    Ok(())
}

/// The check that a line stands on.
#[tracing::instrument(name = "store.lines.check_of", level = "debug", skip_all)]
pub async fn check_of(
    db: &sqlx::PgPool,
    location_id: LocationId,
    line_id: LineId,
) -> Result<CheckId, StoreError> {
    sqlx::query_scalar!(
        r#"select f.check_id as "check_id: CheckId"
        from order_lines l join fires f on f.location_id = l.location_id and f.fire_id = l.fire_id
        where l.location_id = $1 and l.line_id = $2"#,
        location_id as LocationId,
        line_id as LineId,
    )
    .fetch_optional(db)
    .await?
    .ok_or(StoreError::NotFound)
}
