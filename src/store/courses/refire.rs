//! Cooked again: a new line that points at the old one, a fire of its own, at once.

use serde_json::json;
use sqlx::types::Json;

use super::super::{Actor, StoreError, Turn};
use super::routing::route;
use super::{CourseError, settle};
use crate::domain::allergy::{Allergen, Allergies};
use crate::domain::check::CheckState;
use crate::domain::course::CourseRefusal;
use crate::domain::ids::{CheckId, FireId, ItemId, LineId, LocationId};
use crate::domain::line::Refire;
use crate::domain::menu::House;
use crate::domain::ticket::{Step, TicketState};

/// How a line is cooked again.
#[derive(Debug, Clone)]
pub struct Again {
    /// The new line's id, made by whoever asks: the same refire twice is one.
    pub line_id: LineId,
    /// How many of it.
    pub units: i32,
    /// Why.
    pub reason: String,
    /// The telling of allergies about which the guest was asked, where the dish is against one.
    pub asked: Option<i32>,
}

/// Cooks a line again, at once. Nobody pays for it; portions that somebody counts are taken.
#[tracing::instrument(name = "store.courses.refire", level = "debug", skip_all, fields(line = %line_id))]
pub async fn refire(
    turn: &mut Turn,
    house: &House,
    line_id: LineId,
    again: &Again,
    actor: &Actor,
) -> Result<Step, CourseError> {
    let (units, reason) = (again.units, again.reason.trim());
    let row = sqlx::query!(
        r#"select l.quantity - l.voided as "live!", f.fired_at is null as "held!", l.item_name
          , f.fire_id as "fire_id: FireId", f.check_id as "check_id: CheckId", c.state as "check_state: CheckState"
          , (l.served_at is not null or coalesce(made.every, l.from_pass)) as "made!"
          , l.item_id as "item_id: ItemId", i.remaining, i.eighty_sixed_at is not null as "off!", l.seat, l.allergens
          , l.despite_allergy, c.allergies as "allergies: Json<Allergies>", c.allergies_told
          , exists (
                select from order_lines known
                where known.location_id = $1 and known.line_id = $3 and known.refire_of = $2
                    and known.quantity = $4 and known.refire_reason = $5) as "done!"
          , exists (select from order_lines known where known.location_id = $1 and known.line_id = $3) as "taken!"
        from order_lines l
        join items i on i.location_id = l.location_id and i.item_id = l.item_id
        join fires f on f.location_id = l.location_id and f.fire_id = l.fire_id
        join checks c on c.location_id = f.location_id and c.check_id = f.check_id
        cross join lateral (
            select bool_and(tl.state = 'ready') as every
            from ticket_lines tl where tl.location_id = l.location_id and tl.line_id = l.line_id) as made
        where l.location_id = $1 and l.line_id = $2"#,
        turn.location_id as LocationId,
        line_id as LineId,
        again.line_id as LineId,
        units,
        reason,
    )
    .fetch_optional(&mut *turn.tx)
    .await?
    .ok_or(StoreError::NotFound)?;
    if row.done {
        return Ok(Step::Already);
    }
    if row.taken {
        return Err(CourseRefusal::KeyTaken.into());
    }
    let refire = Refire { live: row.live, made: row.made && !row.held, check_state: row.check_state };
    refire.check(units, reason)?;
    if row.off || row.remaining.is_some_and(|left| left < units) {
        return Err(CourseRefusal::SoldOut(row.item_name).into());
    }
    let known = Allergen::from_keys(&row.despite_allergy);
    let unasked = row.allergies.unasked(row.seat, &Allergen::from_keys(&row.allergens), &known);
    if !unasked.is_empty() && again.asked != Some(row.allergies_told) {
        return Err(CourseRefusal::Against(vec![row.item_name]).into());
    }
    let despite: Vec<_> = known.iter().chain(&unasked).map(|allergen| allergen.key().to_owned()).collect();
    let fire_id = FireId::new();
    sqlx::query!(
        "with fire as (
            insert into fires (location_id, fire_id, check_id, course, fired_at, header, board_seq)
            select f.location_id, $3, f.check_id, f.course, $4
              -- An old fire that was cleared may not have heard the latest.
              , f.header || jsonb_build_object('allergies', c.allergies, 'allergies_told', c.allergies_told, 'vip', c.vip, 'table', (
                    select b.label from tables b where b.location_id = c.location_id and b.table_id = c.table_id))
              , $5
            from fires f join checks c on c.location_id = f.location_id and c.check_id = f.check_id
            where f.location_id = $1 and f.fire_id = $2
        )
        , portion as (
            update items set remaining = remaining - $6, board_seq = $5
            where location_id = $1 and item_id = $10 and remaining is not null
        )
        insert into order_lines (location_id, line_id, order_id, line_no, item_id, item_name, kitchen_name, quantity, seat
          , note, modifiers, unit_price_minor, tax_basis_points, allergens, despite_allergy, fire_id, refire_of
          , refire_reason)
        select l.location_id, $8, l.order_id, (
                select max(line_no) + 1 from order_lines last
                where last.location_id = $1 and last.order_id = l.order_id)
          , l.item_id, l.item_name, l.kitchen_name, $6, l.seat, l.note, l.modifiers, 0, l.tax_basis_points, l.allergens
          , $11, $3, l.line_id, $9
        from order_lines l where l.location_id = $1 and l.line_id = $7",
        turn.location_id as LocationId,
        row.fire_id as FireId,
        fire_id as FireId,
        actor.at,
        turn.seq.0,
        units,
        line_id as LineId,
        again.line_id as LineId,
        reason,
        row.item_id as ItemId,
        &despite,
    )
    .execute(&mut *turn.tx)
    .await?;
    route(turn, house, fire_id, TicketState::Open, actor.at).await?;
    turn.stamp_fire(fire_id).await?;
    settle(turn, fire_id, actor.at).await?;
    turn.tell(
        "refire",
        actor,
        line_id.0,
        json!({ "line_id": again.line_id, "units": units, "reason": reason }),
    )
    .await?;
    Ok(Step::Do)
}
