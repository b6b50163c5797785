//! Paired devices and the codes that bring them in. Codes and cookies are stored as hashes.

use serde_json::json;
use sqlx::{PgPool, Postgres, Transaction};
use time::OffsetDateTime;

use super::{By, StoreError};
use crate::domain::device::{self, DEVICES_MAX, FORGIVEN_AFTER, Scope};
use crate::domain::ids::{CodeId, DeviceId, LocationId};
use crate::domain::sign_in::Failures;

/// A paired device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// The restaurant.
    pub location_id: LocationId,
    /// Its id.
    pub device_id: DeviceId,
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub scope: Scope,
    /// Whether somebody ended it.
    pub revoked: bool,
    /// When it was last heard of, a minute late at most.
    pub seen_at: OffsetDateTime,
}

/// What a code will make of the device that uses it.
#[derive(Debug, Clone)]
pub struct Plan<'a> {
    /// What people will call it.
    pub name: &'a str,
    /// What it will be for.
    pub scope: &'a Scope,
    /// Until when.
    pub expires_at: OffsetDateTime,
}

/// Keeps a new code's hash; false where the restaurant has too many devices or codes.
#[tracing::instrument(name = "store.devices.make_code", level = "info", skip_all)]
pub async fn make_code(
    db: &PgPool,
    location_id: LocationId,
    code_hash: [u8; 32],
    plan: &Plan<'_>,
    by: By<'_>,
) -> Result<bool, StoreError> {
    let mut tx = db.begin().await?;
    let code_id = CodeId::new();
    let made = sqlx::query!(
        "insert into pairing_codes (location_id, code_id, code_hash, name, kind, view, made_at, expires_at)
        select $1, $2, $3, $4, $5, $6, $7, $8
        where $9 > (select count(*) from paired_devices where location_id = $1 and revoked_at is null)
            and $9 > (select count(*) from pairing_codes where location_id = $1 and used_at is null)",
        location_id as LocationId,
        code_id as CodeId,
        &code_hash[..],
        plan.name,
        plan.scope.kind(),
        plan.scope.view(),
        by.at(),
        plan.expires_at,
        DEVICES_MAX,
    )
    .execute(&mut *tx)
    .await?;
    if made.rows_affected() == 0 {
        return Ok(false);
    }
    let detail = json!({ "name": plan.name, "kind": plan.scope.kind(), "view": plan.scope.view() });
    by.tell(&mut tx, location_id, "device_code_made", code_id.0, detail).await?;
    tx.commit().await?;
    Ok(true)
}

/// What a code came to.
#[derive(Debug)]
pub enum Pairing {
    /// The device is in.
    Paired(Device),
    /// There is no such code: it is wrong, used, or too old.
    Wrong,
    /// Too many wrong ones: nothing is tried for so long.
    Wait(time::Duration),
}

/// Burns a code for a new device. `strangers` are what its tries are counted as: the browser, and the address. One
/// transaction, and tries of one address wait for each other in it: no number of them at once is a way around the count.
#[tracing::instrument(name = "store.devices.pair", level = "info", skip_all)]
pub async fn pair(
    db: &PgPool,
    code_hash: Option<[u8; 32]>,
    secret_hash: [u8; 32],
    strangers: &[String; 2],
    now: OffsetDateTime,
) -> Result<Pairing, StoreError> {
    let mut tx = db.begin().await?;
    let wait = waits(&mut tx, strangers, now).await?;
    if wait.is_positive() {
        return Ok(Pairing::Wait(wait));
    }
    let plan = sqlx::query!(
        r#"update pairing_codes set used_at = $2 where code_hash = $1 and used_at is null and expires_at > $2
        returning location_id as "location_id: LocationId", code_id as "code_id: CodeId", name, kind, view"#,
        code_hash.as_ref().map(<[u8; 32]>::as_slice),
        now,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(plan) = plan else {
        count(&mut tx, strangers, now).await?;
        tx.commit().await?;
        return Ok(Pairing::Wrong);
    };
    let scope = scope(&plan.kind, plan.view.as_deref())?;
    let (location_id, device_id) = (plan.location_id, DeviceId::new());
    let device = Device { location_id, device_id, name: plan.name, scope, revoked: false, seen_at: now };
    add(&mut tx, &device, secret_hash, now).await?;
    let detail = json!({ "name": device.name, "kind": device.scope.kind(), "view": device.scope.view(), "code_id": plan.code_id });
    By::Device(device_id, now).tell(&mut tx, location_id, "device_paired", device_id.0, detail).await?;
    // The browser's own count is over; the address may be shared, and keeps its own.
    sqlx::query!("delete from stranger_tries where counted_as = $1", strangers[0]).execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(Pairing::Paired(device))
}

/// Writes a device's row. Wrong PINs on it count against itself from the first one.
pub(super) async fn add(
    tx: &mut Transaction<'static, Postgres>,
    device: &Device,
    secret_hash: [u8; 32],
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "with known as (
            insert into devices (location_id, device_id, first_signed_in_at) values ($1, $2, $7)
        )
        insert into paired_devices (location_id, device_id, name, kind, view, secret_hash, paired_at, seen_at)
        values ($1, $2, $3, $4, $5, $6, $7, $7)",
        device.location_id as LocationId,
        device.device_id as DeviceId,
        device.name,
        device.scope.kind(),
        device.scope.view(),
        &secret_hash[..],
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// How long these strangers must wait. Their rows are ours until the transaction ends.
pub(super) async fn waits(
    tx: &mut Transaction<'static, Postgres>,
    strangers: &[String; 2],
    now: OffsetDateTime,
) -> Result<time::Duration, StoreError> {
    let rows = sqlx::query!(
        "insert into stranger_tries as t (counted_as, failures, failed_at)
        select who, 0, $2 from unnest($1::text[]) as who order by who
        on conflict (counted_as) do update set failures = case when t.failed_at < $3 then 0 else t.failures end
        returning counted_as, failures, failed_at",
        strangers.as_slice(),
        now,
        now - FORGIVEN_AFTER,
    )
    .fetch_all(&mut **tx)
    .await?;
    let of = |who: &String| {
        let row = rows.iter().find(|row| row.counted_as == *who)?;
        Some(Failures { count: row.failures.unsigned_abs(), last_at: row.failed_at })
    };
    Ok(device::wait(of(&strangers[0]), of(&strangers[1]), now))
}

pub(super) async fn count(
    tx: &mut Transaction<'static, Postgres>,
    strangers: &[String; 2],
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update stranger_tries set failures = least(failures + 1, 1000000), failed_at = $2 where counted_as = any($1)",
        strangers.as_slice(),
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Counts a stranger's try at something else, or says how long to wait. What succeeds later is still counted: an address
/// that many managers share has enough tries free.
#[tracing::instrument(name = "store.devices.try_as_stranger", level = "debug", skip_all)]
pub async fn try_as_stranger(
    db: &PgPool,
    strangers: &[String; 2],
    now: OffsetDateTime,
) -> Result<time::Duration, StoreError> {
    let mut tx = db.begin().await?;
    let wait = waits(&mut tx, strangers, now).await?;
    if !wait.is_positive() {
        count(&mut tx, strangers, now).await?;
    }
    tx.commit().await?;
    Ok(wait)
}

/// Whose cookie that is, revoked or not, with its location's `people_version` of the same snapshot.
#[tracing::instrument(name = "store.devices.find", level = "debug", skip_all)]
pub async fn find(db: &PgPool, secret_hash: [u8; 32]) -> Result<Option<(Device, i64)>, StoreError> {
    let row = sqlx::query!(
        r#"select d.location_id as "location_id: LocationId", d.device_id as "device_id: DeviceId", d.name, d.kind, d.view
          , d.revoked_at is not null as "revoked!", d.seen_at, b.people_version
        from paired_devices d join boards b on b.location_id = d.location_id
        where d.secret_hash = $1"#,
        &secret_hash[..],
    )
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        let device = Device {
            location_id: row.location_id,
            device_id: row.device_id,
            name: row.name,
            scope: scope(&row.kind, row.view.as_deref())?,
            revoked: row.revoked,
            seen_at: row.seen_at,
        };
        Ok((device, row.people_version))
    })
    .transpose()
}

fn scope(kind: &str, view: Option<&str>) -> Result<Scope, StoreError> {
    Scope::of(kind, view).ok_or_else(|| StoreError::Broken(sqlx::Error::Decode("a device of no kind".into())))
}

/// Devices of a restaurant that nobody has ended, by name.
#[tracing::instrument(name = "store.devices.all", level = "debug", skip_all)]
pub async fn all(db: &PgPool, location_id: LocationId) -> Result<Vec<Device>, StoreError> {
    let rows = sqlx::query!(
        r#"select device_id as "device_id: DeviceId", name, kind, view, seen_at from paired_devices
        where location_id = $1 and revoked_at is null order by lower(name), device_id"#,
        location_id as LocationId,
    )
    .fetch_all(db)
    .await?;
    let device = |row: (DeviceId, String, String, Option<String>, OffsetDateTime)| {
        let scope = scope(&row.2, row.3.as_deref())?;
        Ok(Device { location_id, device_id: row.0, name: row.1, scope, revoked: false, seen_at: row.4 })
    };
    rows.into_iter().map(|row| device((row.device_id, row.name, row.kind, row.view, row.seen_at))).collect()
}

/// Gives a device another name.
#[tracing::instrument(name = "store.devices.rename", level = "info", skip_all)]
pub async fn rename(
    db: &PgPool,
    location_id: LocationId,
    device_id: DeviceId,
    name: &str,
    by: By<'_>,
) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    let done = sqlx::query!(
        "with device as (
            update paired_devices set name = $3 where location_id = $1 and device_id = $2 and revoked_at is null
            returning location_id
        )
        update boards set people_version = people_version + 1
        from device where boards.location_id = device.location_id",
        location_id as LocationId,
        device_id as DeviceId,
        name,
    )
    .execute(&mut *tx)
    .await?;
    if done.rows_affected() == 0 {
        return Err(StoreError::NotFound);
    }
    by.tell(&mut tx, location_id, "device_renamed", device_id.0, json!({ "name": name })).await?;
    tx.commit().await?;
    Ok(())
}

/// Ends a device and every session on it, in every process. One that had ended before stays as it was.
#[tracing::instrument(name = "store.devices.revoke", level = "info", skip_all)]
pub async fn revoke(
    db: &PgPool,
    location_id: LocationId,
    device_id: DeviceId,
    by: By<'_>,
) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    let ended_before = sqlx::query_scalar!(
        r#"select revoked_at is not null as "ended!" from paired_devices
        where location_id = $1 and device_id = $2 for update"#,
        location_id as LocationId,
        device_id as DeviceId,
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(StoreError::NotFound)?;
    if ended_before {
        return Ok(());
    }
    sqlx::query!(
        "with device as (
            update paired_devices set revoked_at = $3 where location_id = $1 and device_id = $2
        )
        , session as (
            delete from sessions where location_id = $1 and device_id = $2
        )
        update boards set people_version = people_version + 1 where location_id = $1",
        location_id as LocationId,
        device_id as DeviceId,
        by.at(),
    )
    .execute(&mut *tx)
    .await?;
    by.tell(&mut tx, location_id, "device_revoked", device_id.0, json!({})).await?;
    tx.commit().await?;
    Ok(())
}

/// Which devices of these restaurants were ended after `since`.
#[tracing::instrument(name = "store.devices.revoked", level = "debug", skip_all)]
pub async fn revoked(
    db: &PgPool,
    location_ids: &[LocationId],
    since: OffsetDateTime,
) -> Result<Vec<DeviceId>, StoreError> {
    let ids: Vec<_> = location_ids.iter().map(|id| id.0).collect();
    Ok(sqlx::query_scalar!(
        r#"select device_id as "device_id: DeviceId" from paired_devices
        where location_id = any($1) and revoked_at > $2"#,
        &ids,
        since,
    )
    .fetch_all(db)
    .await?)
}

/// Writes when devices were last heard of.
#[tracing::instrument(name = "store.devices.saw", level = "debug", skip_all)]
pub async fn saw(db: &PgPool, seen: &[(LocationId, DeviceId, OffsetDateTime)]) -> Result<(), StoreError> {
    let places: Vec<_> = seen.iter().map(|(place, _, _)| place.0).collect();
    let ids: Vec<_> = seen.iter().map(|(_, id, _)| id.0).collect();
    let times: Vec<_> = seen.iter().map(|(_, _, at)| *at).collect();
    sqlx::query!(
        "update paired_devices d set seen_at = seen.at
        from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) as seen (location_id, device_id, at)
        where d.location_id = seen.location_id and d.device_id = seen.device_id and d.seen_at < seen.at",
        &places,
        &ids,
        &times,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets what is of no use any more: old codes, and tries that are forgiven.
#[tracing::instrument(name = "store.devices.sweep", level = "debug", skip_all)]
pub async fn sweep(db: &PgPool, now: OffsetDateTime) -> Result<(), StoreError> {
    let before = now - FORGIVEN_AFTER;
    sqlx::query!("delete from pairing_codes where expires_at < $1", before).execute(db).await?;
    sqlx::query!("delete from stranger_tries where failed_at < $1", before).execute(db).await?;
    Ok(())
}
