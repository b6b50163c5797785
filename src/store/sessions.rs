//! Signed-in browsers. What a session holds is the web room's business; here it is bytes with an end.

use sqlx::PgPool;
use time::OffsetDateTime;

use super::StoreError;
use crate::domain::ids::{DeviceId, LocationId, StaffId};

/// A session's row.
#[derive(Debug, Clone)]
pub struct SessionRow {
    /// What the cookie carries.
    pub session_id: String,
    /// The restaurant, once signed in.
    pub location_id: Option<LocationId>,
    /// The person, once signed in.
    pub staff_id: Option<StaffId>,
    /// The paired device it began on, if it was one.
    pub device_id: Option<DeviceId>,
    /// Encoded by the web room.
    pub data: Vec<u8>,
    /// From then on it does not exist.
    pub expires_at: OffsetDateTime,
}

/// Stores a new session; false if its id is taken.
#[tracing::instrument(name = "store.sessions.create", level = "debug", skip_all)]
pub async fn create(db: &PgPool, row: &SessionRow) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "insert into sessions (session_id, location_id, staff_id, data, expires_at, device_id)
        values ($1, $2, $3, $4, $5, $6)
        on conflict (session_id) do nothing",
        row.session_id,
        row.location_id as Option<LocationId>,
        row.staff_id as Option<StaffId>,
        row.data,
        row.expires_at,
        row.device_id as Option<DeviceId>,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Stores a session again. One that was signed out meanwhile stays signed out.
#[tracing::instrument(name = "store.sessions.save", level = "debug", skip_all)]
pub async fn save(db: &PgPool, row: &SessionRow) -> Result<(), StoreError> {
    sqlx::query!(
        "update sessions set location_id = $2, staff_id = $3, data = $4, expires_at = $5, device_id = $6
        where session_id = $1",
        row.session_id,
        row.location_id as Option<LocationId>,
        row.staff_id as Option<StaffId>,
        row.data,
        row.expires_at,
        row.device_id as Option<DeviceId>,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Reads a session that has not ended, with its location's `people_version` of the same snapshot.
#[tracing::instrument(name = "store.sessions.load", level = "debug", skip_all)]
pub async fn load(
    db: &PgPool,
    session_id: &str,
    now: OffsetDateTime,
) -> Result<Option<(SessionRow, Option<i64>)>, StoreError> {
    let row = sqlx::query!(
        r#"select s.location_id as "location_id: LocationId", s.staff_id as "staff_id: StaffId", s.data, s.expires_at
          , s.device_id as "device_id: DeviceId"
          , b.people_version as "people_version?"
        from sessions s left join boards b on b.location_id = s.location_id
        where s.session_id = $1 and s.expires_at > $2"#,
        session_id,
        now,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| {
        let session = SessionRow {
            session_id: session_id.to_owned(),
            location_id: row.location_id,
            staff_id: row.staff_id,
            device_id: row.device_id,
            data: row.data,
            expires_at: row.expires_at,
        };
        (session, row.people_version)
    }))
}

/// Moves a session's end. Nothing else of it changes, so no cached copy is made stale.
#[tracing::instrument(name = "store.sessions.prolong", level = "debug", skip_all)]
pub async fn prolong(db: &PgPool, session_id: &str, expires_at: OffsetDateTime) -> Result<(), StoreError> {
    sqlx::query!("update sessions set expires_at = $2 where session_id = $1", session_id, expires_at)
        .execute(db)
        .await?;
    Ok(())
}

/// Ends a session, in every process: `people_version` moves.
#[tracing::instrument(name = "store.sessions.delete", level = "debug", skip_all)]
pub async fn delete(db: &PgPool, session_id: &str) -> Result<(), StoreError> {
    sqlx::query!(
        "with session as (delete from sessions where session_id = $1 returning location_id)
        update boards set people_version = people_version + 1
        from session where boards.location_id = session.location_id",
        session_id,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Deletes what has ended; at most a thousand at a time.
#[tracing::instrument(name = "store.sessions.sweep", level = "debug", skip_all)]
pub async fn sweep(db: &PgPool, now: OffsetDateTime) -> Result<u64, StoreError> {
    let done = sqlx::query!(
        "delete from sessions where session_id in (
            select session_id from sessions where expires_at <= $1 order by expires_at limit 1000)",
        now,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}
