//! Dumps that were made of this database and have passed their proof: when the last good one was, and when the next is due.

use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;

use super::StoreError;
use super::databases::Counts;
use crate::domain::backup::{Backup, Proof};
use crate::domain::ids::BackupId;

/// Tells of a dump that passed its proof. A database of an earlier schema has no place for that: `false`.
#[tracing::instrument(name = "store.backups.tell", level = "debug", skip_all)]
pub async fn tell(
    db: &mut PgConnection,
    backup: &Backup,
    host: &str,
    counts: &Counts,
) -> Result<bool, StoreError> {
    let has_place = sqlx::query_scalar!(r#"select to_regclass('backups') is not null as "has!""#)
        .fetch_one(&mut *db)
        .await?;
    if !has_place {
        return Ok(false);
    }
    sqlx::query!(
        "insert into backups (backup_id, taken_at, host, file, bytes, proof, counts)
        values ($1, $2, $3, $4, $5, $6, $7)",
        BackupId::new() as BackupId,
        backup.taken_at,
        host,
        backup.file,
        backup.bytes,
        backup.proof.word(),
        Json(counts) as Json<&Counts>,
    )
    .execute(db)
    .await?;
    Ok(true)
}

/// The newest dump that passed its proof.
#[tracing::instrument(name = "store.backups.last", level = "trace", skip_all)]
pub async fn last(db: &PgPool) -> Result<Option<Backup>, StoreError> {
    let row = sqlx::query!("select taken_at, file, bytes, proof from backups order by taken_at desc limit 1")
        .fetch_optional(db)
        .await?;
    Ok(row.map(|row| Backup {
        taken_at: row.taken_at,
        file: row.file,
        bytes: row.bytes,
        proof: Proof::of_word(&row.proof),
    }))
}

/// Whether no good dump was made since the last night's hour: so long after the business day's cut-off, in the
/// restaurant's own time zone; of the first one where there are several, because a dump holds all of them.
#[tracing::instrument(name = "store.backups.is_due", level = "trace", skip_all)]
pub async fn is_due(db: &PgPool, now: OffsetDateTime, after_cut_off_min: u32) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"select not exists (
            select from backups
            where taken_at >= (date_trunc('day', ($1::timestamptz at time zone l.time_zone) - night.into_day) + night.into_day)
                at time zone l.time_zone
        ) as "is!"
        from locations l
        cross join lateral (select make_interval(hours => l.cut_off_hour, mins => $2) as into_day) as night
        order by l.location_id
        limit 1"#,
        now,
        i32::try_from(after_cut_off_min).unwrap_or(i32::MAX),
    )
    .fetch_optional(db)
    .await?
    .unwrap_or(false))
}
