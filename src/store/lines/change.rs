//! Another choice or another word after the Send.

use serde_json::json;
use sqlx::types::Json;
use thiserror::Error;

use super::super::{Actor, StoreError, Turn, courses};
use crate::domain::card::ChosenModifier;
use crate::domain::check::CheckState;
use crate::domain::ids::{CheckId, FireId, ItemId, LineId, LocationId};
use crate::domain::line::{Change, ChangeRefusal, moves_work};
use crate::domain::money::Money;
use crate::domain::ticket::Step;

/// Why a line was not changed.
#[derive(Debug, Error)]
pub enum ChangeError {
    /// A rule of the house.
    #[error(transparent)]
    Refused(#[from] ChangeRefusal),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for ChangeError {
    fn from(err: sqlx::Error) -> Self {
        Self::Store(err.into())
    }
}

/// A line as a form shows it.
#[derive(Debug, Clone)]
pub struct Changeable {
    /// Its check.
    pub check_id: CheckId,
    /// The dish.
    pub item_id: ItemId,
    /// Its name for guests.
    pub name: String,
    /// Free words to the kitchen.
    pub note: Option<String>,
    /// What was chosen.
    pub modifiers: Vec<ChosenModifier>,
    /// How often it was changed: a form carries what it was drawn from.
    pub changed: i32,
}

/// A line as it is now.
#[tracing::instrument(name = "store.lines.changeable", level = "debug", skip_all)]
pub async fn changeable(
    db: &sqlx::PgPool,
    location_id: LocationId,
    line_id: LineId,
) -> Result<Changeable, StoreError> {
    let row = sqlx::query!(
        r#"select f.check_id as "check_id: CheckId", l.item_id as "item_id: ItemId", l.item_name, l.note
          , l.modifiers as "modifiers: Json<Vec<ChosenModifier>>", l.changed
        from order_lines l join fires f on f.location_id = l.location_id and f.fire_id = l.fire_id
        where l.location_id = $1 and l.line_id = $2"#,
        location_id as LocationId,
        line_id as LineId,
    )
    .fetch_optional(db)
    .await?
    .ok_or(StoreError::NotFound)?;
    Ok(Changeable {
        check_id: row.check_id,
        item_id: row.item_id,
        name: row.item_name,
        note: row.note,
        modifiers: row.modifiers.0,
        changed: row.changed,
    })
}

/// What is wanted now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// How often the line had been changed when somebody looked.
    pub seen: i32,
    /// Free words; none: none any more.
    pub note: Option<String>,
    /// Every choice.
    pub modifiers: Vec<ChosenModifier>,
    /// Choices of the dish, in words, that other stations make: they are not exchanged.
    pub made_elsewhere: Vec<String>,
}

impl Wanted {
    /// What a unit costs now that cost so much with those choices.
    fn price(&self, before: Money, choices: &[ChosenModifier]) -> Money {
        Money(before.0 - of_choices(choices).0) + of_choices(&self.modifiers)
    }

    /// What other stations make of a line stays as it is: `parts` says what that was at its fire. Held, its fire decides anew.
    fn moves_no_work(
        &self,
        before: &[ChosenModifier],
        parts: &[String],
        held: bool,
    ) -> Result<(), ChangeRefusal> {
        if held {
            return Ok(());
        }
        let made = parts.iter().flat_map(|part| part.split(", "));
        let made: Vec<&str> = made.chain(self.made_elsewhere.iter().map(String::as_str)).collect();
        match moves_work(before, &self.modifiers, &made) {
            Some(choice) => Err(ChangeRefusal::MadeElsewhere(choice)),
            None => Ok(()),
        }
    }
}

fn story(note: Option<&String>, modifiers: &[ChosenModifier], price: Money) -> serde_json::Value {
    json!({ "note": note, "modifiers": modifiers, "unit_price_minor": price.0 })
}

fn of_choices(choices: &[ChosenModifier]) -> Money {
    choices.iter().map(|choice| choice.price_minor).sum()
}

/// What only the pass has, and is to be another one, stands on no plate any more: somebody looks at it once more.
async fn look_again(turn: &mut Turn, line_id: LineId, fire_id: FireId) -> Result<(), StoreError> {
    sqlx::query!(
        "update fires set plated_at = null, plated_by = null, plated_on = null
        where location_id = $1 and fire_id = $3 and plated_at is not null and exists (
            select from order_lines l where l.location_id = $1 and l.line_id = $2 and l.from_pass)",
        turn.location_id as LocationId,
        line_id as LineId,
        fire_id as FireId,
    )
    .execute(&mut *turn.tx)
    .await?;
    turn.stamp_fire(fire_id).await
}

/// Changes what was chosen, and the words to the kitchen. Its price follows its choices. Stations that have it get a new
/// version with both on it; where it was bumped already, that line alone comes back. What is held changes quietly.
#[tracing::instrument(name = "store.lines.change", level = "debug", skip_all, fields(line = %line_id))]
pub async fn change(
    turn: &mut Turn,
    line_id: LineId,
    wanted: &Wanted,
    actor: &Actor,
) -> Result<Step, ChangeError> {
    let row = sqlx::query!(
        r#"select l.quantity - l.voided as "live!", l.served_at is not null as "served!", f.fired_at is null as "held!"
          , f.fire_id as "fire_id: FireId", c.state as "check_state: CheckState", l.note
          , l.modifiers as "modifiers: Json<Vec<ChosenModifier>>", l.unit_price_minor as "unit_price_minor: Money"
          , l.changed, array(
                select tl.part from ticket_lines tl
                where tl.location_id = l.location_id and tl.line_id = l.line_id and tl.part is not null) as "parts!"
          , l.refire_of is not null as "free!", f.cleared_at is not null or exists (
                select from ticket_lines tl
                cross join lateral (
                    select x.location_id, x.station_id, x.state, x.bumped_at from tickets x
                    where x.location_id = tl.location_id and x.ticket_id = tl.ticket_id offset 0) as t
                join boards b on b.location_id = t.location_id
                join locations on locations.location_id = t.location_id
                left join stations s on s.location_id = t.location_id and s.station_id = t.station_id
                where tl.location_id = l.location_id and tl.line_id = l.line_id and t.state = 'bumped' and (
                    s.retired_at is not null
                    or business_day_at(t.bumped_at, locations.time_zone, locations.cut_off_hour) <> b.business_day)) as "over!"
        from order_lines l
        join fires f on f.location_id = l.location_id and f.fire_id = l.fire_id
        join checks c on c.location_id = f.location_id and c.check_id = f.check_id
        where l.location_id = $1 and l.line_id = $2"#,
        turn.location_id as LocationId,
        line_id as LineId,
    )
    .fetch_optional(&mut *turn.tx)
    .await?
    .ok_or(StoreError::NotFound)?;
    if row.note == wanted.note && row.modifiers.0 == wanted.modifiers {
        return Ok(Step::Already);
    }
    let price = if row.free { Money::ZERO } else { wanted.price(row.unit_price_minor, &row.modifiers) };
    Change {
        live: row.live,
        served: row.served,
        over: row.over,
        check_state: row.check_state,
        changed: row.changed,
    }
    .check(wanted.seen, price)?;
    wanted.moves_no_work(&row.modifiers, &row.parts, row.held)?;
    let before = story(row.note.as_ref(), &row.modifiers, row.unit_price_minor);
    let after = story(wanted.note.as_ref(), &wanted.modifiers, price);
    sqlx::query!(
        "with line as (
            update order_lines set note = $3, modifiers = $4, unit_price_minor = $5, changed = changed + 1
            where location_id = $1 and line_id = $2
            returning changed
        )
        , story as (
            insert into line_changes (location_id, line_id, change_no, before, after, at, staff_id, device_id)
            select $1, $2, line.changed, $6, $7, $8, $9, $10 from line
        )
        , legs as (
            update ticket_lines tl
            set changed_from = case when not $11 then coalesce(tl.changed_from
                  , jsonb_build_object('note', $6::jsonb -> 'note', 'modifiers', $6::jsonb -> 'modifiers'))
                    || jsonb_build_object('by', $12::text, 'at', $8::timestamptz) end
              , state = case tl.state when 'ready' then 'waiting' else tl.state end
              , cooked = tl.cooked or tl.state = 'ready' and not tl.relieved
              , ready_at = null, ready_by = null, ready_on = null, relieved = false
              , started_at = case tl.state when 'ready' then null else tl.started_at end
              , started_by = case tl.state when 'ready' then null else tl.started_by end
              , started_on = case tl.state when 'ready' then null else tl.started_on end
            where tl.location_id = $1 and tl.line_id = $2
                and (tl.part is null or $14) -- who makes other choices of it has other words to read, or nothing
            returning tl.ticket_id
        )
        update tickets t
        set version = t.version + case when $11 then 0 else 1 end, board_seq = $13, stamped_at = $8
          , state = case t.state when 'bumped' then 'open' else t.state end
          -- What comes back is late from now on, not while it was gone.
          , late_at = case when t.state = 'bumped' and t.late_told_at is null then greatest(t.late_at, $8) else t.late_at end
          , bumped_at = case t.state when 'bumped' then null else t.bumped_at end
          , bumped_by = case t.state when 'bumped' then null else t.bumped_by end
          , bumped_on = case t.state when 'bumped' then null else t.bumped_on end
        where t.location_id = $1 and t.ticket_id in (select ticket_id from legs) and t.state in ('held', 'open', 'bumped')",
        turn.location_id as LocationId,
        line_id as LineId,
        wanted.note,
        Json(&wanted.modifiers) as Json<&Vec<ChosenModifier>>,
        price as Money,
        before,
        after,
        actor.at,
        actor.staff_id.map(|id| id.0),
        actor.device_id.0,
        row.held,
        actor.name,
        turn.seq.0,
        row.note != wanted.note,
    )
    .execute(&mut *turn.tx)
    .await?;
    look_again(turn, line_id, row.fire_id).await?;
    courses::settle(turn, row.fire_id, actor.at).await?;
    turn.tell("change", actor, line_id.0, json!({ "before": before, "after": after })).await?;
    Ok(Step::Do)
}
