//! Messages to the kitchen: said once to each station, read once at each.

use std::collections::HashSet;

use serde_json::json;
use sqlx::PgPool;
use thiserror::Error;
use uuid::Uuid;

use super::{Actor, StoreError, Turn};
use crate::domain::ids::{LocationId, MessageId, StationId};
use crate::domain::message::{Copy, Said, UNREAD_MAX};
use crate::domain::ticket::Step;

/// Why a message was not said.
#[derive(Debug, Error)]
pub enum MessageError {
    /// Something else was said under this id.
    #[error("Another message was sent under this id. Send this one under a new id.")]
    KeyTaken,
    /// Nobody reads them any more.
    #[error("{UNREAD_MAX} messages wait to be read. Somebody has to go there.")]
    TooMany,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for MessageError {
    fn from(err: sqlx::Error) -> Self {
        Self::Store(err.into())
    }
}

/// Says it: to each of these stations; none is the pass. `said_id` makes twice once.
#[tracing::instrument(name = "store.messages.say", level = "debug", skip_all)]
pub async fn say(
    turn: &mut Turn,
    said_id: Uuid,
    words: &str,
    to: &[Option<StationId>],
    actor: &Actor,
) -> Result<Step, MessageError> {
    let known = sqlx::query!(
        r#"select count(*) filter (where on_board) as "unread!"
          , bool_or(said_id = $2) as said, bool_or(said_id = $2 and words <> $3) as otherwise
          , array_agg(station_id) filter (where said_id = $2) as "to: Vec<Option<StationId>>"
        from messages where location_id = $1 and (on_board or said_id = $2)"#,
        turn.location_id as LocationId,
        said_id,
        words,
    )
    .fetch_one(&mut *turn.tx)
    .await?;
    if known.said == Some(true) {
        let stations: HashSet<_> = known.to.unwrap_or_default().into_iter().collect();
        let is_same = known.otherwise != Some(true) && stations == to.iter().copied().collect();
        return if is_same { Ok(Step::Already) } else { Err(MessageError::KeyTaken) };
    }
    let copies = i64::try_from(to.len()).unwrap_or(i64::MAX);
    if known.unread.saturating_add(copies) > UNREAD_MAX {
        return Err(MessageError::TooMany);
    }
    let ids: Vec<Uuid> = to.iter().map(|_| MessageId::new().0).collect();
    let stations: Vec<Option<Uuid>> = to.iter().map(|station_id| station_id.map(|id| id.0)).collect();
    sqlx::query!(
        "insert into messages (location_id, message_id, said_id, station_id, words, said_by, staff_id, device_id, said_at
          , board_seq)
        select $1, copy.message_id, $2, copy.station_id, $3, $4, $5, $6, $7, $8
        from unnest($9::uuid[], $10::uuid[]) as copy (message_id, station_id)
        where copy.station_id is null or exists ( -- taken away a moment ago: nobody would read it
            select from stations s
            where s.location_id = $1 and s.station_id = copy.station_id and s.retired_at is null)",
        turn.location_id as LocationId,
        said_id,
        words,
        actor.name,
        actor.staff_id.map(|id| id.0),
        actor.device_id.0,
        actor.at,
        turn.seq.0,
        &ids,
        &stations as &[Option<Uuid>],
    )
    .execute(&mut *turn.tx)
    .await?;
    turn.tell("message", actor, said_id, json!({ "words": words, "stations": stations })).await?;
    Ok(Step::Do)
}

/// Whose screen shows a message; none: the pass.
#[tracing::instrument(name = "store.messages.station_of", level = "debug", skip_all)]
pub async fn station_of(
    db: &PgPool,
    location_id: LocationId,
    message_id: MessageId,
) -> Result<Option<StationId>, StoreError> {
    sqlx::query_scalar!(
        r#"select coalesce(s.shown_at, m.station_id) as "station_id: StationId"
        from messages m left join stations s on s.location_id = m.location_id and s.station_id = m.station_id
        where m.location_id = $1 and m.message_id = $2"#,
        location_id as LocationId,
        message_id as MessageId,
    )
    .fetch_optional(db)
    .await?
    .ok_or(StoreError::NotFound)
}

/// Somebody at its station has read it: it leaves that screen.
#[tracing::instrument(name = "store.messages.read", level = "debug", skip_all, fields(message = %message_id))]
pub async fn read(turn: &mut Turn, message_id: MessageId, actor: &Actor) -> Result<Step, StoreError> {
    let read = sqlx::query!(
        "update messages set read_at = $3, read_by = $4, read_on = $5, board_seq = $6
        where location_id = $1 and message_id = $2 and on_board",
        turn.location_id as LocationId,
        message_id as MessageId,
        actor.at,
        actor.name,
        actor.device_id.0,
        turn.seq.0,
    )
    .execute(&mut *turn.tx)
    .await?;
    if read.rows_affected() == 0 {
        return Ok(Step::Already);
    }
    turn.tell("message_read", actor, message_id.0, json!({})).await?;
    Ok(Step::Do)
}

/// What was said this business day, the newest first; at most a hundred.
#[tracing::instrument(name = "store.messages.said", level = "debug", skip_all)]
pub async fn said(db: &PgPool, location_id: LocationId) -> Result<Vec<Said>, StoreError> {
    let rows = sqlx::query!(
        r#"select m.said_id, m.words, m.said_by, m.said_at, s.name as "station?", m.read_by, m.read_at
          , m.cleared_at is not null as "cleared!"
        from messages m
        join boards b on b.location_id = m.location_id
        join locations l on l.location_id = m.location_id
        left join stations s on s.location_id = m.location_id and s.station_id = m.station_id
        where m.location_id = $1
            and m.said_at >= (b.business_day + make_interval(hours => l.cut_off_hour)) at time zone l.time_zone
        order by m.said_at desc, m.said_id, s.position nulls last, s.name
        limit 600"#,
        location_id as LocationId,
    )
    .fetch_all(db)
    .await?;
    let messages = rows.chunk_by(|one, other| one.said_id == other.said_id).take(100);
    Ok(messages
        .filter_map(|copies| {
            let first = copies.first()?;
            Some(Said {
                words: first.words.clone(),
                said_by: first.said_by.clone(),
                said_at: first.said_at,
                copies: copies
                    .iter()
                    .map(|row| Copy {
                        station: row.station.clone(),
                        read: row.read_by.clone().zip(row.read_at),
                        cleared: row.cleared,
                    })
                    .collect(),
            })
        })
        .collect())
}
