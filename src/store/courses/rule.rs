//! The house's rule: some time after everything before it is ready, the next course fires by itself.

use serde_json::json;
use sqlx::PgPool;
use time::OffsetDateTime;

use super::super::{Actor, StoreError, Turn};
use crate::domain::ids::{FireId, LocationId};
use crate::domain::ticket::Step;

/// Courses fired by the rule in one round, at most.
const DUE_AT_ONCE: i64 = 200;

/// Says when the check's next course is due, or that it is not any more: some time after everything that was fired
/// before it is ready, where the house has such a rule. To be called after whatever makes tickets ready or not.
pub(in crate::store) async fn settle(
    turn: &mut Turn,
    fire_id: FireId,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let settled = sqlx::query_scalar!(
        r#"with held as (
            select f.fire_id, f.check_id, f.course, f.due_at
              , not f.due_left and row_number() over (order by f.course) = 1 as is_next
            from fires f
            where f.location_id = $1 and f.fired_at is null and f.cleared_at is null
                and f.check_id = (select check_id from fires where location_id = $1 and fire_id = $2)
        )
        , due as (
            select held.fire_id, case when held.is_next and earlier.ready then
                -- Null where the house has no rule.
                $3::timestamptz + make_interval(secs => l.next_course_after_s) end as due_at
            from held
            join locations l on l.location_id = $1
            cross join lateral (
                select coalesce(bool_and(not exists (
                    select from tickets t
                    where t.location_id = $1 and t.fire_id = f.fire_id and t.state in ('held', 'open'))), false) as ready
                from fires f
                where f.location_id = $1 and f.check_id = held.check_id and f.course < held.course
                    and f.fired_at is not null and f.cleared_at is null
            ) as earlier
        )
        update fires f set due_at = due.due_at
        from due
        where f.location_id = $1 and f.fire_id = due.fire_id and (f.due_at is null) <> (due.due_at is null)
        returning f.fire_id as "fire_id: FireId""#,
        turn.location_id as LocationId,
        fire_id as FireId,
        now,
    )
    .fetch_all(&mut *turn.tx)
    .await?;
    for fire_id in settled {
        turn.stamp_held(fire_id, now).await?;
    }
    Ok(())
}

/// Whether the rule still means this course. Something may have been added in front of it since.
pub(super) async fn is_due(
    turn: &mut Turn,
    fire_id: FireId,
    now: OffsetDateTime,
) -> Result<bool, StoreError> {
    settle(turn, fire_id, now).await?;
    let due = sqlx::query_scalar!(
        r#"select coalesce(due_at <= $3, false) as "due!" from fires where location_id = $1 and fire_id = $2"#,
        turn.location_id as LocationId,
        fire_id as FireId,
        now,
    )
    .fetch_optional(&mut *turn.tx)
    .await?;
    Ok(due.unwrap_or(false))
}

/// Courses whose time has come, and those that nobody has given one yet: sent after everything before them was ready, or
/// before the house had its rule. Of any location.
#[tracing::instrument(name = "store.courses.due", level = "trace", skip_all)]
pub async fn due(db: &PgPool, now: OffsetDateTime) -> Result<Vec<(LocationId, FireId)>, StoreError> {
    let rows = sqlx::query!(
        r#"select location_id as "location_id!: LocationId", fire_id as "fire_id!: FireId" from fires
        where due_at <= $1
        union all
        select f.location_id, f.fire_id
        from fires f
        join locations l on l.location_id = f.location_id
        where l.next_course_after_s is not null and f.fired_at is null and f.cleared_at is null and f.due_at is null
            and not f.due_left
            and exists (
                select from fires e
                where e.location_id = f.location_id and e.check_id = f.check_id and e.course < f.course
                    and e.cleared_at is null)
            and not exists (
                select from fires e
                where e.location_id = f.location_id and e.check_id = f.check_id and e.course < f.course
                    and e.cleared_at is null and (e.fired_at is null or exists (
                        select from tickets t
                        where t.location_id = e.location_id and t.fire_id = e.fire_id and t.state in ('held', 'open'))))
        limit $2"#,
        now,
        DUE_AT_ONCE,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.location_id, row.fire_id)).collect())
}

/// A course whose time has come stays on hold: something of it is 86'd, or its check is closed. A person decides.
#[tracing::instrument(name = "store.courses.leave", level = "debug", skip_all, fields(fire = %fire_id))]
pub async fn leave(turn: &mut Turn, fire_id: FireId, now: OffsetDateTime) -> Result<(), StoreError> {
    sqlx::query!(
        "update fires set due_at = null, due_left = true where location_id = $1 and fire_id = $2",
        turn.location_id as LocationId,
        fire_id as FireId,
    )
    .execute(&mut *turn.tx)
    .await?;
    turn.stamp_held(fire_id, now).await
}

/// The house's rule: so long after a course is ready the next one fires, or never by itself.
#[tracing::instrument(name = "store.courses.set_rule", level = "debug", skip_all)]
pub async fn set_rule(turn: &mut Turn, after_s: Option<i32>, actor: &Actor) -> Result<Step, StoreError> {
    let location_id = turn.location_id;
    let before = sqlx::query_scalar!(
        "select next_course_after_s from locations where location_id = $1",
        location_id as LocationId,
    )
    .fetch_one(&mut *turn.tx)
    .await?;
    if before == after_s {
        return Ok(Step::Already);
    }
    sqlx::query!(
        "with menu as (update boards set menu_version = menu_version + 1 where location_id = $1)
        , anew as ( -- what had a time gets another, or none
            update fires set due_at = null, board_seq = $3
            where location_id = $1 and due_at is not null
            returning fire_id, check_id
        )
        , chits as (
            update tickets t set board_seq = $3, stamped_at = $4
            from anew
            where t.location_id = $1 and t.fire_id = anew.fire_id and t.state = 'held'
        )
        , bill as (
            update checks c set board_seq = $3
            where c.location_id = $1 and c.check_id in (select check_id from anew)
            returning table_id
        )
        , tile as (
            update tables set board_seq = $3
            where location_id = $1 and table_id in (select table_id from bill)
        )
        update locations set next_course_after_s = $2 where location_id = $1",
        location_id as LocationId,
        after_s,
        turn.seq.0,
        actor.at,
    )
    .execute(&mut *turn.tx)
    .await?;
    turn.tell("course_rule", actor, location_id.0, json!({ "next_course_after_s": after_s })).await?;
    Ok(Step::Do)
}
