//! Fires at the pass: handed over, taken back, cleared.

mod levels;

pub use levels::{Waiting, hand_over_anyway, plate, set_pass, unplate, waiting};

use serde_json::json;
use thiserror::Error;
use time::OffsetDateTime;

use super::{Actor, StoreError, Turn};
use crate::domain::card::Header;
use crate::domain::fire::{Fire, FireRefusal, HandOver, HandedBy, PassRules, Unread};
use crate::domain::ids::{DeviceId, FireId, LocationId};
use crate::domain::ticket::{Step, UNDO_WITHIN};

/// Why a command at the pass did nothing.
#[derive(Debug, Error)]
pub enum FireError {
    /// A rule of the house.
    #[error(transparent)]
    Refused(#[from] FireRefusal),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for FireError {
    fn from(err: sqlx::Error) -> Self {
        Self::Store(err.into())
    }
}

impl Turn {
    async fn fire(&mut self, fire_id: FireId) -> Result<Fire, StoreError> {
        let row = sqlx::query!(
            r#"select f.header as "header: sqlx::types::Json<Header>", f.allergies_seen, f.fired_at is not null as "fired!"
              , f.rushed_at, f.rushed_on as "rushed_on: DeviceId", f.plated_at is not null as "plated!"
              -- What the pass never sees is read at its stations: but not what was told after they were through.
              , f.skips_pass and not exists (
                    select from tickets t
                    where t.location_id = f.location_id and t.fire_id = f.fire_id and t.state <> 'cleared'
                        and t.allergies_seen < coalesce((f.header ->> 'allergies_told')::integer, 0)) as "read_there!"
              , locations.pass_waits, locations.pass_plates
              , f.handed_over_at, f.handed_over_on as "handed_over_on: DeviceId", coalesce(staff.name, device.name) as "by?"
              , f.cleared_at is not null or coalesce(business_day_at(f.handed_over_at, locations.time_zone
                    , locations.cut_off_hour) <> boards.business_day, false) as "cleared!"
              , (select count(*) from tickets t
                 where t.location_id = f.location_id and t.fire_id = f.fire_id and t.state in ('held', 'open')) as "open!"
              , (select coalesce(s.name, 'The pass') from tickets t
                 left join stations s on s.location_id = t.location_id and s.station_id = t.station_id
                 where t.location_id = f.location_id and t.fire_id = f.fire_id and t.state = 'open'
                    and t.header -> 'allergies' <> '[]' and t.allergies_seen < (t.header ->> 'allergies_told')::integer
                 order by s.position nulls last, s.name limit 1) as "unread_at?"
            from fires f
            join locations on locations.location_id = f.location_id
            join boards on boards.location_id = f.location_id
            left join staff on staff.location_id = f.location_id and staff.staff_id = f.handed_over_by
            left join paired_devices device on device.location_id = f.location_id and device.device_id = f.handed_over_on
            where f.location_id = $1 and f.fire_id = $2"#,
            self.location_id as LocationId,
            fire_id as FireId,
        )
        .fetch_optional(&mut *self.tx)
        .await?
        .ok_or(StoreError::NotFound)?;
        let handed_over = match (row.handed_over_at, row.handed_over_on, row.by) {
            (Some(at), Some(on), Some(by)) => Some(HandOver { at, on, by }),
            _ => None,
        };
        let rushed = row.rushed_at.zip(row.rushed_on);
        Ok(Fire {
            fired: row.fired,
            rushed,
            tickets_open: row.open,
            unread: match row.unread_at {
                Some(station) => Unread::Station(station),
                None if !row.read_there && row.header.has_allergy_after(row.allergies_seen) => Unread::Pass,
                None => Unread::Nobody,
            },
            plated: row.plated,
            rules: PassRules { waits: row.pass_waits, plates: row.pass_plates },
            handed_over,
            cleared: row.cleared,
        })
    }
}

/// Bump at the pass: the whole fire goes to the guest. Where the pass waits for nobody, its stations are through with it.
#[tracing::instrument(name = "store.fires.bump", level = "debug", skip_all, fields(fire = %fire_id))]
pub async fn bump(turn: &mut Turn, fire_id: FireId, actor: &Actor) -> Result<Step, FireError> {
    let step = turn.fire(fire_id).await?.bump(actor.device_id, HandedBy::Rules)?;
    if step == Step::Do {
        hand_over(turn, fire_id, actor).await?;
        turn.tell("hand_over", actor, fire_id.0, json!({})).await?;
    }
    Ok(step)
}

async fn hand_over(turn: &mut Turn, fire_id: FireId, actor: &Actor) -> Result<(), StoreError> {
    super::tickets::finish(turn, fire_id, actor).await?;
    sqlx::query!(
        "with fire as (
            update fires set handed_over_at = $3, handed_over_by = $4, handed_over_on = $5
            where location_id = $1 and fire_id = $2
        )
        update order_lines set served_at = $3
        where location_id = $1 and fire_id = $2 and voided < quantity",
        turn.location_id as LocationId,
        fire_id as FireId,
        actor.at,
        actor.staff_id.map(|id| id.0),
        actor.device_id.0,
    )
    .execute(&mut *turn.tx)
    .await?;
    turn.stamp_fire(fire_id).await?;
    super::courses::settle(turn, fire_id, actor.at).await
}

/// Whoever serves the table knows that it is ready. What comes back and is ready again is news again.
#[tracing::instrument(name = "store.fires.ready_seen", level = "debug", skip_all, fields(fire = %fire_id))]
pub async fn ready_seen(turn: &mut Turn, fire_id: FireId, actor: &Actor) -> Result<Step, FireError> {
    turn.fire(fire_id).await?.is_waiting()?;
    let seen = sqlx::query!(
        "update fires f set ready_seen_at = $3, ready_seen_by = $4, ready_seen_on = $5
        where f.location_id = $1 and f.fire_id = $2 and not exists (
            select from fires known
            where known.location_id = $1 and known.fire_id = $2 and known.ready_seen_at >= coalesce(
                greatest((select max(t.bumped_at) from tickets t where t.location_id = $1 and t.fire_id = $2), known.plated_at)
              , known.fired_at))",
        turn.location_id as LocationId,
        fire_id as FireId,
        actor.at,
        actor.staff_id.map(|id| id.0),
        actor.device_id.0,
    )
    .execute(&mut *turn.tx)
    .await?;
    if seen.rows_affected() == 0 {
        return Ok(Step::Already);
    }
    turn.stamp_fire(fire_id).await?;
    turn.tell("ready_seen", actor, fire_id.0, json!({})).await?;
    Ok(Step::Do)
}

/// Rush: every station of the fire makes it first. A header's news: no version moves, and no bump is refused for it.
#[tracing::instrument(name = "store.fires.rush", level = "debug", skip_all, fields(fire = %fire_id))]
pub async fn rush(turn: &mut Turn, fire_id: FireId, actor: &Actor) -> Result<Step, FireError> {
    let step = turn.fire(fire_id).await?.rush()?;
    if step == Step::Do {
        set_rush(turn, fire_id, Some(actor), actor.at).await?;
        turn.tell("rush", actor, fire_id.0, json!({})).await?;
    }
    Ok(step)
}

/// Takes one's own rush back, within three seconds.
#[tracing::instrument(name = "store.fires.calm", level = "debug", skip_all, fields(fire = %fire_id))]
pub async fn calm(turn: &mut Turn, fire_id: FireId, actor: &Actor) -> Result<Step, FireError> {
    let step = turn.fire(fire_id).await?.calm(actor.device_id, actor.at)?;
    if step == Step::Do {
        set_rush(turn, fire_id, None, actor.at).await?;
        turn.tell("calm", actor, fire_id.0, json!({})).await?;
    }
    Ok(step)
}

async fn set_rush(
    turn: &mut Turn,
    fire_id: FireId,
    by: Option<&Actor>,
    at: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "with fire as (
            update fires set rushed_at = $3, rushed_by = $4, rushed_on = $5 where location_id = $1 and fire_id = $2
        )
        update tickets set board_seq = $6, stamped_at = $7
        where location_id = $1 and fire_id = $2 and state = 'open'",
        turn.location_id as LocationId,
        fire_id as FireId,
        by.map(|actor| actor.at),
        by.and_then(|actor| actor.staff_id).map(|id| id.0),
        by.map(|actor| actor.device_id.0),
        turn.seq.0,
        at,
    )
    .execute(&mut *turn.tx)
    .await?;
    turn.stamp_fire(fire_id).await
}

/// Undo: take back one's own hand-over within five seconds.
#[tracing::instrument(name = "store.fires.undo", level = "debug", skip_all, fields(fire = %fire_id))]
pub async fn undo(turn: &mut Turn, fire_id: FireId, actor: &Actor) -> Result<Step, FireError> {
    let fire = turn.fire(fire_id).await?;
    let step = fire.undo(actor.device_id, actor.at)?;
    if let (Step::Do, Some(first)) = (step, &fire.handed_over) {
        super::tickets::reopen(turn, fire_id, first, actor).await?;
        take_back(turn, fire_id).await?;
        super::courses::settle(turn, fire_id, actor.at).await?;
        turn.tell("undo", actor, fire_id.0, json!({})).await?;
    }
    Ok(step)
}

/// Recall: a fire that was handed over comes back to the pass.
#[tracing::instrument(name = "store.fires.recall", level = "debug", skip_all, fields(fire = %fire_id))]
pub async fn recall(turn: &mut Turn, fire_id: FireId, actor: &Actor) -> Result<Step, FireError> {
    let fire = turn.fire(fire_id).await?;
    let step = fire.recall()?;
    if let Some(first) = &fire.handed_over {
        super::tickets::reopen(turn, fire_id, first, actor).await?;
    }
    take_back(turn, fire_id).await?;
    super::courses::settle(turn, fire_id, actor.at).await?;
    turn.tell("recall", actor, fire_id.0, json!({})).await?;
    Ok(step)
}

/// Recalls the fire that was handed over last.
#[tracing::instrument(name = "store.fires.recall_last", level = "debug", skip_all)]
pub async fn recall_last(turn: &mut Turn, actor: &Actor) -> Result<FireId, FireError> {
    let fire_id = sqlx::query_scalar!(
        r#"select f.fire_id as "fire_id: FireId"
        from fires f
        join locations l on l.location_id = f.location_id
        join boards b on b.location_id = f.location_id
        where f.location_id = $1 and f.handed_over_at is not null and f.cleared_at is null and not f.skips_pass
            and business_day_at(f.handed_over_at, l.time_zone, l.cut_off_hour) = b.business_day
        order by f.handed_over_at desc, f.fire_id desc limit 1"#,
        turn.location_id as LocationId,
    )
    .fetch_optional(&mut *turn.tx)
    .await?
    .ok_or(StoreError::NotFound)?;
    recall(turn, fire_id, actor).await?;
    Ok(fire_id)
}

async fn take_back(turn: &mut Turn, fire_id: FireId) -> Result<(), StoreError> {
    sqlx::query!(
        "with fire as (
            update fires set handed_over_at = null, handed_over_by = null, handed_over_on = null
            where location_id = $1 and fire_id = $2
        )
        update order_lines set served_at = null where location_id = $1 and fire_id = $2",
        turn.location_id as LocationId,
        fire_id as FireId,
    )
    .execute(&mut *turn.tx)
    .await?;
    turn.stamp_fire(fire_id).await
}

/// A fire whose every line is void leaves the pass once no station has a ticket of it any more.
pub(super) async fn clear_if_all_void(
    turn: &mut Turn,
    fire_id: FireId,
    at: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update fires set cleared_at = $3
        where location_id = $1 and fire_id = $2 and cleared_at is null
            and not exists (
                select from order_lines l
                where l.location_id = $1 and l.fire_id = $2 and l.voided < l.quantity)
            and not exists (
                select from tickets t
                where t.location_id = $1 and t.fire_id = $2 and t.state in ('held', 'open'))",
        turn.location_id as LocationId,
        fire_id as FireId,
        at,
    )
    .execute(&mut *turn.tx)
    .await?;
    Ok(())
}

/// What this device handed over last, while it may be undone: for pages without scripts.
#[tracing::instrument(name = "store.fires.undoable", level = "debug", skip_all)]
pub async fn undoable(
    db: &sqlx::PgPool,
    location_id: LocationId,
    device_id: DeviceId,
    now: OffsetDateTime,
) -> Result<Option<(FireId, Header)>, StoreError> {
    let row = sqlx::query!(
        r#"select fire_id as "fire_id: FireId", header as "header: sqlx::types::Json<Header>" from fires
        where location_id = $1 and handed_over_on = $2 and handed_over_at > $3
        order by handed_over_at desc limit 1"#,
        location_id as LocationId,
        device_id as DeviceId,
        now - UNDO_WITHIN,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| (row.fire_id, row.header.0)))
}
