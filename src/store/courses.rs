//! Courses on hold: fired by hand or by the house's rule, a line at a time, or moved to another course.
//!
//! Where a line is cooked is decided again when it is fired, on the menu of that moment, and then for good: a held
//! ticket may lose and gain lines, a fired one never.

mod refire;
mod routing;
mod rule;

pub use refire::{Again, refire};
use serde_json::json;
use sqlx::types::Json;
use thiserror::Error;
use time::OffsetDateTime;
use uuid::Uuid;

use routing::{carry, route};
use rule::is_due;
pub(super) use rule::settle;
pub use rule::{due, leave, set_rule};

use super::{Actor, StoreError, Turn};
use crate::domain::allergy::Allergen;
use crate::domain::card::Header;
use crate::domain::check::CheckState;
use crate::domain::course::{Course, CourseRefusal};
use crate::domain::ids::{CheckId, FireId, LineId, LocationId};
use crate::domain::menu::House;
use crate::domain::ticket::{Step, TicketState};

/// Why a held course stayed as it is.
#[derive(Debug, Error)]
pub enum CourseError {
    /// A rule of the house.
    #[error(transparent)]
    Refused(#[from] CourseRefusal),
    /// The menu moved on: load it and decide again.
    #[error("the menu moved")]
    MenuMoved,
    /// The house's rule has another time for it, or none: that was written, and is to be committed.
    #[error("not yet due")]
    NotDue,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for CourseError {
    fn from(err: sqlx::Error) -> Self {
        Self::Store(err.into())
    }
}

/// What lets a course go.
#[derive(Debug, Clone, Copy)]
pub enum Release<'a> {
    /// Somebody did. `anyway`: although something of it was 86'd since.
    Hand(&'a Actor, Anyway),
    /// The house's rule, at that time. It never fires what is 86'd: that is for a person to decide.
    Rule(OffsetDateTime),
}

/// Whether somebody was asked about what is 86'd, and wants it fired all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Anyway {
    /// Ask first.
    #[default]
    No,
    /// Fire it. Of allergies this holds up to that telling: what was told since is asked about.
    Yes(i32),
}

impl Release<'_> {
    fn at(self) -> OffsetDateTime {
        match self {
            Self::Hand(actor, _) => actor.at,
            Self::Rule(at) => at,
        }
    }

    fn is_decided(self) -> bool {
        matches!(self, Self::Hand(_, Anyway::Yes(_)))
    }

    fn knows(self, told: i32) -> bool {
        matches!(self, Self::Hand(_, Anyway::Yes(known)) if known == told)
    }
}

struct Found {
    course: Course,
    check_id: CheckId,
    /// The telling of allergies that stands on it.
    told: i32,
}

impl Turn {
    async fn course(&mut self, fire_id: FireId, of: Option<LineId>) -> Result<Found, StoreError> {
        let row = sqlx::query!(
            r#"select f.course, f.fired_at is not null as "fired!", f.cleared_at is not null as "cleared!"
              , f.check_id as "check_id: CheckId", c.state as "check_state: CheckState"
              , f.header as "header: Json<Header>"
              , exists (
                    select from order_lines l
                    where l.location_id = $1 and l.fire_id = $2 and l.voided < l.quantity
                        and ($3::uuid is null or l.line_id = $3)) as "live!"
              , array(
                    select distinct l.item_name
                    from order_lines l
                    join items i on i.location_id = $1 and i.item_id = l.item_id and i.eighty_sixed_at is not null
                    where l.location_id = $1 and l.fire_id = $2 and l.voided < l.quantity
                        and ($3::uuid is null or l.line_id = $3)
                    order by 1) as "eighty_sixed!"
            from fires f
            join checks c on c.location_id = f.location_id and c.check_id = f.check_id
            where f.location_id = $1 and f.fire_id = $2"#,
            self.location_id as LocationId,
            fire_id as FireId,
            of as Option<LineId>,
        )
        .fetch_optional(&mut *self.tx)
        .await?
        .ok_or(StoreError::NotFound)?;
        let against = if row.header.allergies.is_empty() {
            Vec::new()
        } else {
            self.against(fire_id, of, &row.header).await?
        };
        let course = Course {
            against,
            course: row.course,
            fired: row.fired,
            cleared: row.cleared,
            live: row.live,
            check_state: row.check_state,
            eighty_sixed: row.eighty_sixed,
        };
        Ok(Found { course, check_id: row.check_id, told: row.header.allergies_told })
    }

    /// Dishes of a held course that contain what their guest must not eat, where nobody has asked them.
    async fn against(
        &mut self,
        fire_id: FireId,
        of: Option<LineId>,
        header: &Header,
    ) -> Result<Vec<String>, StoreError> {
        let rows = sqlx::query!(
            "select item_name, seat, allergens, despite_allergy from order_lines
            where location_id = $1 and fire_id = $2 and voided < quantity and ($3::uuid is null or line_id = $3)
            order by item_name",
            self.location_id as LocationId,
            fire_id as FireId,
            of as Option<LineId>,
        )
        .fetch_all(&mut *self.tx)
        .await?;
        let unasked = rows.into_iter().filter(|row| {
            let asked = Allergen::from_keys(&row.despite_allergy);
            !header.allergies.unasked(row.seat, &Allergen::from_keys(&row.allergens), &asked).is_empty()
        });
        Ok(unasked.map(|row| row.item_name).collect())
    }

    /// The fire that a line belongs to. A line changes fires only under the turn.
    async fn fire_of(&mut self, line_id: LineId) -> Result<FireId, StoreError> {
        sqlx::query_scalar!(
            r#"select fire_id as "fire_id: FireId" from order_lines where location_id = $1 and line_id = $2"#,
            self.location_id as LocationId,
            line_id as LineId,
        )
        .fetch_optional(&mut *self.tx)
        .await?
        .ok_or(StoreError::NotFound)
    }

    /// Held cards of a fire changed: drawn anew.
    async fn stamp_held(&mut self, fire_id: FireId, at: OffsetDateTime) -> Result<(), StoreError> {
        sqlx::query!(
            "update tickets set board_seq = $3, stamped_at = $4
            where location_id = $1 and fire_id = $2 and state = 'held'",
            self.location_id as LocationId,
            fire_id as FireId,
            self.seq.0,
            at,
        )
        .execute(&mut *self.tx)
        .await?;
        self.stamp_fire(fire_id).await
    }
}

/// Fires a held course: its tickets open where the menu says now, and their clocks start.
#[tracing::instrument(name = "store.courses.fire", level = "debug", skip_all, fields(fire = %fire_id))]
pub async fn fire(
    turn: &mut Turn,
    house: &House,
    fire_id: FireId,
    by: Release<'_>,
) -> Result<Step, CourseError> {
    let found = turn.course(fire_id, None).await?;
    if found.course.fire(by.is_decided(), by.knows(found.told))? == Step::Already {
        return Ok(Step::Already);
    }
    if let Release::Rule(now) = by
        && !is_due(turn, fire_id, now).await?
    {
        return Err(CourseError::NotDue);
    }
    release(turn, house, fire_id, by).await?;
    tell(turn, "fire", by, fire_id.0, json!({ "course": found.course.course })).await?;
    Ok(Step::Do)
}

/// Fires one line of a held course, as a fire of its own; the rest of the course stays on hold.
#[tracing::instrument(name = "store.courses.fire_line", level = "debug", skip_all, fields(line = %line_id))]
pub async fn fire_line(
    turn: &mut Turn,
    house: &House,
    line_id: LineId,
    by: Release<'_>,
) -> Result<Step, CourseError> {
    let from = turn.fire_of(line_id).await?;
    let found = turn.course(from, Some(line_id)).await?;
    if found.course.fire(by.is_decided(), by.knows(found.told))? == Step::Already {
        return Ok(Step::Already);
    }
    let alone = FireId::new();
    sqlx::query!(
        "insert into fires (location_id, fire_id, check_id, course, fired_at, header, board_seq)
        select location_id, $3, check_id, course, $4, header, $5 from fires where location_id = $1 and fire_id = $2",
        turn.location_id as LocationId,
        from as FireId,
        alone as FireId,
        by.at(),
        turn.seq.0,
    )
    .execute(&mut *turn.tx)
    .await?;
    carry(turn, line_id, from, alone, by.at()).await?;
    release(turn, house, alone, by).await?;
    settle(turn, alone, by.at()).await?;
    tell(turn, "fire_line", by, line_id.0, json!({ "course": found.course.course })).await?;
    Ok(Step::Do)
}

/// Moves a held line to another course of its check, on hold there too. Answers the check.
#[tracing::instrument(name = "store.courses.move_line", level = "debug", skip_all, fields(line = %line_id))]
pub async fn move_line(
    turn: &mut Turn,
    house: &House,
    line_id: LineId,
    course: i16,
    actor: &Actor,
) -> Result<Step, CourseError> {
    let from = turn.fire_of(line_id).await?;
    let found = turn.course(from, Some(line_id)).await?;
    if found.course.give(course)? == Step::Already {
        return Ok(Step::Already);
    }
    let to = sqlx::query_scalar!(
        r#"insert into fires (location_id, fire_id, check_id, course, header, board_seq)
        select location_id, $3, check_id, $4, jsonb_set(header, '{course}', to_jsonb($4::smallint)), $5
        from fires where location_id = $1 and fire_id = $2
        on conflict (location_id, check_id, course) where fired_at is null and cleared_at is null
        do update set board_seq = excluded.board_seq
        returning fire_id as "fire_id: FireId""#,
        turn.location_id as LocationId,
        from as FireId,
        FireId::new() as FireId,
        course,
        turn.seq.0,
    )
    .fetch_one(&mut *turn.tx)
    .await?;
    carry(turn, line_id, from, to, actor.at).await?;
    route(turn, house, to, TicketState::Held, actor.at).await?;
    turn.stamp_held(to, actor.at).await?;
    settle(turn, to, actor.at).await?;
    let moved = json!({ "from": found.course.course, "to": course, "check_id": found.check_id });
    turn.tell("move_course", actor, line_id.0, moved).await?;
    Ok(Step::Do)
}

/// A held ticket that nobody wants anything of any more leaves: there is nothing to strike where nobody cooks.
pub(super) async fn clear_void_holds(
    turn: &mut Turn,
    fire_id: FireId,
    at: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update tickets t set state = 'cleared', board_seq = $3, stamped_at = $4
        where t.location_id = $1 and t.fire_id = $2 and t.state = 'held' and not exists (
            select from ticket_lines tl
            join order_lines l on l.location_id = tl.location_id and l.line_id = tl.line_id
            where tl.location_id = t.location_id and tl.ticket_id = t.ticket_id and l.voided < l.quantity)",
        turn.location_id as LocationId,
        fire_id as FireId,
        turn.seq.0,
        at,
    )
    .execute(&mut *turn.tx)
    .await?;
    Ok(())
}

/// The fire goes to its stations: routed by this menu, open, its receipts still to come.
async fn release(
    turn: &mut Turn,
    house: &House,
    fire_id: FireId,
    by: Release<'_>,
) -> Result<(), CourseError> {
    route(turn, house, fire_id, TicketState::Open, by.at()).await?;
    let actor = match by {
        Release::Hand(actor, _) => Some(actor),
        Release::Rule(_) => None,
    };
    sqlx::query!(
        "with fire as (
            update fires
            set fired_at = $3, due_at = null, fired_by = $4, fired_on = $5, board_seq = $6
            where location_id = $1 and fire_id = $2
        )
        update tickets set state = 'open', board_seq = $6, stamped_at = $3
        where location_id = $1 and fire_id = $2 and state in ('held', 'open')",
        turn.location_id as LocationId,
        fire_id as FireId,
        by.at(),
        actor.and_then(|actor| actor.staff_id).map(|id| id.0),
        actor.map(|actor| actor.device_id.0),
        turn.seq.0,
    )
    .execute(&mut *turn.tx)
    .await?;
    turn.stamp_fire(fire_id).await?;
    Ok(())
}

async fn tell(
    turn: &mut Turn,
    verb: &str,
    by: Release<'_>,
    subject: Uuid,
    detail: serde_json::Value,
) -> Result<(), StoreError> {
    match by {
        Release::Hand(actor, _) => turn.tell(verb, actor, subject, detail).await,
        Release::Rule(at) => turn.tell_itself(verb, at, subject, detail).await,
    }
}
