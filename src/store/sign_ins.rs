//! Wrong PINs, counted by device and by person on that device.
//!
//! A browser draws its own device id by forgetting a cookie, so devices on which nobody has signed in yet are counted
//! as one: who guesses PINs is slowed, whatever they forget, and the tablets of the house are not.

use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use super::StoreError;
use crate::domain::ids::{DeviceId, LocationId, StaffId};
use crate::domain::sign_in::Failures;

/// Whom failures on this device are counted against: itself once somebody signed in on it, else the stranger.
#[tracing::instrument(name = "store.sign_ins.counted_as", level = "debug", skip_all)]
pub async fn counted_as(
    db: &PgPool,
    location_id: LocationId,
    device_id: DeviceId,
) -> Result<DeviceId, StoreError> {
    let known = sqlx::query_scalar!(
        r#"select exists (select from devices where location_id = $1 and device_id = $2) as "known!""#,
        location_id as LocationId,
        device_id as DeviceId,
    )
    .fetch_one(db)
    .await?;
    Ok(if known { device_id } else { DeviceId(Uuid::nil()) })
}

/// What stands against a sign-in: failures of this person on this device, and of the device as a whole.
#[tracing::instrument(name = "store.sign_ins.failures", level = "debug", skip_all)]
pub async fn failures(
    db: &PgPool,
    location_id: LocationId,
    device_id: DeviceId,
    staff_id: StaffId,
) -> Result<(Option<Failures>, Option<Failures>), StoreError> {
    let rows = sqlx::query!(
        r#"select staff_id as "staff_id: StaffId", failures, failed_at from sign_in_failures
        where location_id = $1 and device_id = $2 and staff_id = any($3)"#,
        location_id as LocationId,
        device_id as DeviceId,
        &[staff_id.0, Uuid::nil()],
    )
    .fetch_all(db)
    .await?;
    let of = |who: StaffId| {
        let row = rows.iter().find(|row| row.staff_id == who)?;
        Some(Failures { count: row.failures.unsigned_abs(), last_at: row.failed_at })
    };
    Ok((of(staff_id), of(StaffId(Uuid::nil()))))
}

/// Counts a wrong PIN against the person on this device, and against the device.
#[tracing::instrument(name = "store.sign_ins.failed", level = "debug", skip_all)]
pub async fn failed(
    db: &PgPool,
    location_id: LocationId,
    device_id: DeviceId,
    staff_id: StaffId,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into sign_in_failures (location_id, device_id, staff_id, failures, failed_at)
        select $1, $2, who, 1, $4 from unnest($3::uuid[]) as who order by who
        on conflict (location_id, device_id, staff_id)
        do update set failures = least(sign_in_failures.failures + 1, 1000000), failed_at = excluded.failed_at",
        location_id as LocationId,
        device_id as DeviceId,
        &[staff_id.0, Uuid::nil()],
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A right PIN makes the device known, and wipes what stood against the person and the device. What strangers did
/// stands: a right PIN of one's own must not buy more guesses at another's.
#[tracing::instrument(name = "store.sign_ins.succeeded", level = "debug", skip_all)]
pub async fn succeeded(
    db: &PgPool,
    location_id: LocationId,
    device_id: DeviceId,
    staff_id: StaffId,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "with known as (
            insert into devices (location_id, device_id, first_signed_in_at) values ($1, $2, $4)
            on conflict (location_id, device_id) do nothing
        )
        delete from sign_in_failures where location_id = $1 and device_id = $2 and staff_id = any($3)",
        location_id as LocationId,
        device_id as DeviceId,
        &[staff_id.0, Uuid::nil()],
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}
