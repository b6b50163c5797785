//! Whose party it is, and whether it is an important one: headers say so, versions and clocks don't move.

use serde_json::{Value, json};
use thiserror::Error;

use super::super::{Actor, StoreError, Turn};
use crate::domain::check::{CheckState, PartyRefusal};
use crate::domain::ids::{CheckId, LocationId, StaffId};
use crate::domain::staff::{Action, Role};
use crate::domain::ticket::Step;

/// Why a party stays whose it is.
#[derive(Debug, Error)]
pub enum PartyError {
    /// A rule of the house.
    #[error(transparent)]
    Refused(#[from] PartyRefusal),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for PartyError {
    fn from(err: sqlx::Error) -> Self {
        Self::Store(err.into())
    }
}

/// Says that its guests are important, or takes that back: their cards go before what is older.
#[tracing::instrument(name = "store.checks.set_vip", level = "debug", skip_all, fields(check = %check_id))]
pub async fn set_vip(
    turn: &mut Turn,
    check_id: CheckId,
    vip: bool,
    actor: &Actor,
) -> Result<Step, PartyError> {
    let check = sqlx::query!(
        r#"select state as "state: CheckState", vip from checks where location_id = $1 and check_id = $2"#,
        turn.location_id as LocationId,
        check_id as CheckId,
    )
    .fetch_optional(&mut *turn.tx)
    .await?
    .ok_or(StoreError::NotFound)?;
    if check.vip == vip {
        return Ok(Step::Already);
    }
    check.state.change_party()?;
    sqlx::query!(
        "update checks set vip = $3 where location_id = $1 and check_id = $2",
        turn.location_id as LocationId,
        check_id as CheckId,
        vip,
    )
    .execute(&mut *turn.tx)
    .await?;
    turn.head(check_id, &json!({ "vip": vip }), actor).await?;
    turn.tell("vip", actor, check_id.0, json!({ "vip": vip })).await?;
    Ok(Step::Do)
}

/// Hands a party to somebody who serves: they are called when its food is ready.
#[tracing::instrument(name = "store.checks.hand_to", level = "debug", skip_all, fields(check = %check_id))]
pub async fn hand_to(
    turn: &mut Turn,
    check_id: CheckId,
    staff_id: StaffId,
    actor: &Actor,
) -> Result<Step, PartyError> {
    let check = sqlx::query!(
        r#"select state as "state: CheckState", coalesce(served_by, opened_by) as "server!: StaffId", awaited
        from checks where location_id = $1 and check_id = $2"#,
        turn.location_id as LocationId,
        check_id as CheckId,
    )
    .fetch_optional(&mut *turn.tx)
    .await?
    .ok_or(StoreError::NotFound)?;
    let to = sqlx::query!(
        r#"select name, role as "role: Role" from staff
        where location_id = $1 and staff_id = $2 and left_at is null"#,
        turn.location_id as LocationId,
        staff_id as StaffId,
    )
    .fetch_optional(&mut *turn.tx)
    .await?
    .filter(|person| person.role.may(Action::Serve))
    .ok_or(PartyRefusal::NoServer)?;
    if check.server == staff_id {
        return Ok(Step::Already);
    }
    // Paid, and its food is still to come: somebody has to be called.
    if !check.awaited {
        check.state.change_party()?;
    }
    sqlx::query!(
        "update checks set served_by = $3 where location_id = $1 and check_id = $2",
        turn.location_id as LocationId,
        check_id as CheckId,
        staff_id as StaffId,
    )
    .execute(&mut *turn.tx)
    .await?;
    turn.head(check_id, &json!({ "waiter": to.name }), actor).await?;
    turn.tell("hand_to", actor, check_id.0, json!({ "from": check.server, "to": staff_id })).await?;
    Ok(Step::Do)
}

impl Turn {
    /// Every card of a check borrows that, quietly: no sound, no clock, no version. Its tile is drawn anew.
    async fn head(&mut self, check_id: CheckId, borrowed: &Value, actor: &Actor) -> Result<(), StoreError> {
        sqlx::query!(
            "with bill as (
                update checks set board_seq = $4 where location_id = $1 and check_id = $2 returning table_id
            )
            , tile as (
                update tables set board_seq = $4 where location_id = $1 and table_id in (select table_id from bill)
            )
            , fire as (
                update fires set header = header || $3, board_seq = $4
                where location_id = $1 and check_id = $2 and cleared_at is null
                returning fire_id
            )
            update tickets t set header = t.header || $3, board_seq = $4, stamped_at = $5
            where t.location_id = $1 and t.fire_id in (select fire_id from fire) and t.state <> 'cleared'",
            self.location_id as LocationId,
            check_id as CheckId,
            borrowed,
            self.seq.0,
            actor.at,
        )
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }
}
