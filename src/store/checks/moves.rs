//! A party that sits down elsewhere.

use serde_json::json;
use thiserror::Error;

use super::super::{Actor, StoreError, Turn};
use crate::domain::check::{CheckState, MoveRefusal};
use crate::domain::ids::{CheckId, LocationId, TableId};
use crate::domain::ticket::Step;

/// Why a check stays where it is.
#[derive(Debug, Error)]
pub enum MoveError {
    /// A rule of the house.
    #[error(transparent)]
    Refused(#[from] MoveRefusal),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for MoveError {
    fn from(err: sqlx::Error) -> Self {
        Self::Store(err.into())
    }
}

/// Moves a check to a table where nobody sits. Its cards say the new table, without a sound, a clock or a version: what a
/// cook has in hand is the same food.
#[tracing::instrument(name = "store.checks.move_to", level = "debug", skip_all, fields(check = %check_id))]
pub async fn move_to(
    turn: &mut Turn,
    check_id: CheckId,
    table_id: TableId,
    actor: &Actor,
) -> Result<Step, MoveError> {
    let check = sqlx::query!(
        r#"select state as "state: CheckState", table_id as "table_id: TableId" from checks
        where location_id = $1 and check_id = $2"#,
        turn.location_id as LocationId,
        check_id as CheckId,
    )
    .fetch_optional(&mut *turn.tx)
    .await?
    .ok_or(StoreError::NotFound)?;
    let to = sqlx::query!(
        r#"select t.label, exists (
                select from checks c
                where c.location_id = t.location_id and c.table_id = t.table_id and c.state in ('open', 'printed')
            ) as "taken!"
        from tables t where t.location_id = $1 and t.table_id = $2"#,
        turn.location_id as LocationId,
        table_id as TableId,
    )
    .fetch_optional(&mut *turn.tx)
    .await?
    .ok_or(MoveRefusal::NoSuchTable)?;
    if check.table_id == Some(table_id) {
        return Ok(Step::Already);
    }
    check.state.go_to(&to.label, to.taken)?;
    sqlx::query!(
        "with bill as (
            update checks set table_id = $3, party = 1, board_seq = $4 where location_id = $1 and check_id = $2
        )
        , tile as (
            update tables set board_seq = $4 where location_id = $1 and table_id in ($3, $7)
        )
        , fire as (
            update fires set header = header || jsonb_build_object('table', $5::text), board_seq = $4
            where location_id = $1 and check_id = $2 and cleared_at is null
            returning fire_id
        )
        update tickets t set header = t.header || jsonb_build_object('table', $5::text), board_seq = $4, stamped_at = $6
        where t.location_id = $1 and t.fire_id in (select fire_id from fire) and t.state <> 'cleared'",
        turn.location_id as LocationId,
        check_id as CheckId,
        table_id as TableId,
        turn.seq.0,
        to.label,
        actor.at,
        check.table_id as Option<TableId>,
    )
    .execute(&mut *turn.tx)
    .await?;
    turn.tell("move", actor, check_id.0, json!({ "from": check.table_id, "to": table_id })).await?;
    Ok(Step::Do)
}
