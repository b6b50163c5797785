//! The programs that serve this database, as each tells of itself. The database's clock counts: theirs may differ.

use sqlx::PgPool;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::StoreError;
use crate::domain::ids::{LocationId, ProcessId};
use crate::domain::watch::{ProcessReport, ScreenReport};

/// Who has been silent for so long does not serve any more.
const SILENT_AFTER_S: f64 = 20.0;

/// Tells how this process stands and where anybody watches, and forgets who has been silent for long.
#[tracing::instrument(name = "store.processes.tell", level = "trace", skip_all)]
pub async fn tell(db: &PgPool, process: &ProcessReport, watched: &[LocationId]) -> Result<(), StoreError> {
    let watched: Vec<Uuid> = watched.iter().map(|location_id| location_id.0).collect();
    sqlx::query!(
        "with us as (
            insert into processes (process_id, build, host, pid, started_at, memory_bytes, sockets, bell, clock_off_ms)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            on conflict (process_id) do update
            set memory_bytes = excluded.memory_bytes, sockets = excluded.sockets, bell = excluded.bell
              , clock_off_ms = excluded.clock_off_ms, told_at = now()
        )
        , silent as (delete from processes where told_at < now() - make_interval(secs => 3 * $10::double precision))
        delete from process_screens
        where process_id = $1 and location_id not in (select here from unnest($11::uuid[]) as here)",
        process.process_id as ProcessId,
        process.build,
        process.host,
        process.pid,
        process.started_at,
        process.memory_bytes,
        process.sockets,
        process.bell,
        process.clock_off_ms,
        SILENT_AFTER_S,
        &watched,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Tells how the screens of some restaurants stand, once this process has told of itself.
#[tracing::instrument(name = "store.processes.tell_screens", level = "trace", skip_all)]
pub async fn tell_screens(
    db: &PgPool,
    process_id: ProcessId,
    screens: &[(LocationId, Vec<ScreenReport>)],
) -> Result<(), StoreError> {
    let locations: Vec<Uuid> = screens.iter().map(|(location_id, _)| location_id.0).collect();
    let screens: Vec<Json<&Vec<ScreenReport>>> = screens.iter().map(|(_, screens)| Json(screens)).collect();
    sqlx::query!(
        "insert into process_screens (location_id, process_id, screens)
        select location_id, $1, screens from unnest($2::uuid[], $3::jsonb[]) as ours (location_id, screens)
        on conflict (location_id, process_id) do update set screens = excluded.screens",
        process_id as ProcessId,
        &locations,
        &screens as &[Json<&Vec<ScreenReport>>],
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A process leaves: nobody waits until it has been silent for long enough.
#[tracing::instrument(name = "store.processes.leave", level = "debug", skip_all)]
pub async fn leave(db: &PgPool, process_id: ProcessId) -> Result<(), StoreError> {
    sqlx::query!("delete from processes where process_id = $1", process_id as ProcessId).execute(db).await?;
    Ok(())
}

/// The other processes, and the screens of that location at each.
#[tracing::instrument(name = "store.processes.others", level = "debug", skip_all)]
pub async fn others(
    db: &PgPool,
    location_id: LocationId,
    but: ProcessId,
) -> Result<Vec<(ProcessReport, Vec<ScreenReport>)>, StoreError> {
    let rows = sqlx::query!(
        r#"select p.process_id as "process_id: ProcessId", p.build, p.host, p.pid, p.started_at, p.memory_bytes
          , p.sockets, p.bell, p.clock_off_ms, s.screens as "screens?: Json<Vec<ScreenReport>>"
        from processes p
        left join process_screens s on s.process_id = p.process_id and s.location_id = $1
        where p.process_id <> $2 and now() - make_interval(secs => $3) < p.told_at
        order by p.started_at limit 100"#,
        location_id as LocationId,
        but as ProcessId,
        SILENT_AFTER_S,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let process = ProcessReport {
                process_id: row.process_id,
                build: row.build,
                host: row.host,
                pid: row.pid,
                started_at: row.started_at,
                memory_bytes: row.memory_bytes,
                sockets: row.sockets,
                bell: row.bell,
                clock_off_ms: row.clock_off_ms,
            };
            (process, row.screens.map(|screens| screens.0).unwrap_or_default())
        })
        .collect())
}

/// What the database says of itself.
#[derive(Debug, Clone)]
pub struct DatabaseFacts {
    /// PostgreSQL's version.
    pub version: String,
    /// Bytes on its disk.
    pub bytes: i64,
    /// Its clock.
    pub now: OffsetDateTime,
}

/// Version, size and clock.
#[tracing::instrument(name = "store.processes.database", level = "debug", skip_all)]
pub async fn database(db: &PgPool) -> Result<DatabaseFacts, StoreError> {
    Ok(sqlx::query_as!(
        DatabaseFacts,
        r#"select current_setting('server_version') as "version!", pg_database_size(current_database()) as "bytes!"
          , clock_timestamp() as "now!""#
    )
    .fetch_one(db)
    .await?)
}

/// The database's clock.
#[tracing::instrument(name = "store.processes.clock", level = "trace", skip_all)]
pub async fn clock(db: &PgPool) -> Result<OffsetDateTime, StoreError> {
    Ok(sqlx::query_scalar!(r#"select clock_timestamp() as "now!""#).fetch_one(db).await?)
}
