//! What a pass does besides handing over: plates, a manager's word, and the rules themselves.

use serde_json::json;
use sqlx::PgPool;
use sqlx::types::Json;

use super::super::{Actor, StoreError, Turn};
use super::{FireError, hand_over};
use crate::domain::card::Header;
use crate::domain::fire::{HandedBy, PassRules};
use crate::domain::ids::{FireId, LocationId, StaffId};
use crate::domain::ticket::Step;

/// The whole fire stands on plates: somebody may carry it.
#[tracing::instrument(name = "store.fires.plate", level = "debug", skip_all, fields(fire = %fire_id))]
pub async fn plate(turn: &mut Turn, fire_id: FireId, actor: &Actor) -> Result<Step, FireError> {
    let step = turn.fire(fire_id).await?.plate()?;
    if step == Step::Do {
        set_plated(turn, fire_id, Some(actor)).await?;
        turn.tell("plate", actor, fire_id.0, json!({})).await?;
    }
    Ok(step)
}

/// It does not stand on plates after all.
#[tracing::instrument(name = "store.fires.unplate", level = "debug", skip_all, fields(fire = %fire_id))]
pub async fn unplate(turn: &mut Turn, fire_id: FireId, actor: &Actor) -> Result<Step, FireError> {
    let step = turn.fire(fire_id).await?.unplate()?;
    if step == Step::Do {
        set_plated(turn, fire_id, None).await?;
        turn.tell("unplate", actor, fire_id.0, json!({})).await?;
    }
    Ok(step)
}

async fn set_plated(turn: &mut Turn, fire_id: FireId, by: Option<&Actor>) -> Result<(), StoreError> {
    sqlx::query!(
        "update fires set plated_at = $3, plated_by = $4, plated_on = $5 where location_id = $1 and fire_id = $2",
        turn.location_id as LocationId,
        fire_id as FireId,
        by.map(|actor| actor.at),
        by.and_then(|actor| actor.staff_id).map(|id| id.0),
        by.map(|actor| actor.device_id.0),
    )
    .execute(&mut *turn.tx)
    .await?;
    turn.stamp_fire(fire_id).await
}

/// A manager's word: it goes to the guest although stations still work on it, and they are through with it. Both people
/// are written down: `manager`, and whoever asked for it.
#[tracing::instrument(name = "store.fires.hand_over_anyway", level = "debug", skip_all, fields(fire = %fire_id))]
pub async fn hand_over_anyway(
    turn: &mut Turn,
    fire_id: FireId,
    manager: &Actor,
    asked_by: Option<StaffId>,
) -> Result<Step, FireError> {
    let fire = turn.fire(fire_id).await?;
    let step = fire.bump(manager.device_id, HandedBy::Manager)?;
    if step == Step::Do {
        hand_over(turn, fire_id, manager).await?;
        let story = json!({ "asked_by": asked_by.map(|id| id.0), "tickets_open": fire.tickets_open });
        turn.tell("override", manager, fire_id.0, story).await?;
    }
    Ok(step)
}

/// How the pass of this house works from now on: also for what stands there.
#[tracing::instrument(name = "store.fires.set_pass", level = "debug", skip_all)]
pub async fn set_pass(turn: &mut Turn, rules: PassRules, actor: &Actor) -> Result<Step, StoreError> {
    let location_id = turn.location_id;
    let set = sqlx::query!(
        "update locations set pass_waits = $2, pass_plates = $3
        where location_id = $1 and (pass_waits, pass_plates) <> ($2, $3)",
        location_id as LocationId,
        rules.waits,
        rules.plates,
    )
    .execute(&mut *turn.tx)
    .await?;
    if set.rows_affected() == 0 {
        return Ok(Step::Already);
    }
    sqlx::query!(
        "with menu as (update boards set menu_version = menu_version + 1 where location_id = $1)
        update fires set board_seq = $2 where location_id = $1 and on_board",
        location_id as LocationId,
        turn.seq.0,
    )
    .execute(&mut *turn.tx)
    .await?;
    let story = json!({ "waits": rules.waits, "plates": rules.plates });
    turn.tell("pass_rules", actor, location_id.0, story).await?;
    Ok(Step::Do)
}

/// A fire that stands at the pass, for whoever is asked whether it may go.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// The fire.
    pub fire_id: FireId,
    /// What its card is headed with.
    pub header: Header,
    /// Nobody has handed it over or cleared it.
    pub stands: bool,
    /// Stations that still work on it, by name, with what they have left; the Unrouted lane is the pass.
    pub left: Vec<(String, Vec<String>)>,
}

/// What of a fire is not ready yet.
#[tracing::instrument(name = "store.fires.waiting", level = "debug", skip_all, fields(fire = %fire_id))]
pub async fn waiting(db: &PgPool, location_id: LocationId, fire_id: FireId) -> Result<Waiting, StoreError> {
    let row = sqlx::query!(
        r#"select header as "header: Json<Header>", fired_at is not null and on_board as "stands!"
        from fires where location_id = $1 and fire_id = $2"#,
        location_id as LocationId,
        fire_id as FireId,
    )
    .fetch_optional(db)
    .await?
    .ok_or(StoreError::NotFound)?;
    let left = sqlx::query!(
        r#"select coalesce(s.name, 'The pass') as "station!", array(
                select line.words
                from ticket_lines tl
                cross join lateral (
                    select l.order_id, l.line_no, (l.quantity - l.voided) || ' ' || l.kitchen_name as words
                    from order_lines l
                    where l.location_id = tl.location_id and l.line_id = tl.line_id and l.voided < l.quantity offset 0) as line
                where tl.location_id = t.location_id and tl.ticket_id = t.ticket_id and tl.state <> 'ready'
                order by line.order_id, line.line_no) as "lines!: Vec<String>"
        from tickets t
        left join stations s on s.location_id = t.location_id and s.station_id = t.station_id
        where t.location_id = $1 and t.fire_id = $2 and t.state = 'open'
        order by s.position nulls last, s.name"#,
        location_id as LocationId,
        fire_id as FireId,
    )
    .fetch_all(db)
    .await?;
    let left = left.into_iter().map(|row| (row.station, row.lines)).collect();
    Ok(Waiting { fire_id, header: row.header.0, stands: row.stands, left })
}
