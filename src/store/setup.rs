//! The first restaurant of a database: codes that somebody at the machine reads out, and what is done with one.

use serde_json::json;
use sqlx::PgPool;
use time::OffsetDateTime;

use super::devices::{Device, add, count, waits};
use super::locations::{OpenError, Opened, open_in};
use super::{By, StoreError};
use crate::domain::device::Scope;
use crate::domain::ids::DeviceId;
use crate::domain::location::Opening;

/// Who opens the first restaurant waits for whoever does the same.
const LOCK: i64 = 0x0063_6f6d_616e_6461;

/// Whether this database holds any restaurant.
#[tracing::instrument(name = "store.setup.is_done", level = "debug", skip_all)]
pub async fn is_done(db: &PgPool) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar!(r#"select exists (select from locations) as "done!""#).fetch_one(db).await?)
}

/// Every zone that a restaurant may be in.
#[tracing::instrument(name = "store.setup.time_zones", level = "debug", skip_all)]
pub async fn time_zones(db: &PgPool) -> Result<Vec<String>, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"select name as "name!" from pg_timezone_names where name ~ '^[A-Z][A-Za-z]+/[A-Z]' or name = 'UTC' order by name"#
    )
    .fetch_all(db)
    .await?)
}

/// Keeps a new code's hash; those that are over go.
#[tracing::instrument(name = "store.setup.make_code", level = "info", skip_all)]
pub async fn make_code(
    db: &PgPool,
    code_hash: [u8; 32],
    now: OffsetDateTime,
    expires_at: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "with over as (delete from setup_codes where expires_at <= $2)
        insert into setup_codes (code_hash, expires_at) values ($1, $3)",
        &code_hash[..],
        now,
        expires_at,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What a code came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tried {
    /// It is one.
    Right,
    /// It is none, or too old.
    Wrong,
    /// Too many wrong ones: nothing is tried for so long.
    Wait(time::Duration),
}

/// Whether that is a code. Wrong ones count against who tries them, as pairing codes do.
#[tracing::instrument(name = "store.setup.try_code", level = "info", skip_all)]
pub async fn try_code(
    db: &PgPool,
    code_hash: Option<[u8; 32]>,
    strangers: &[String; 2],
    now: OffsetDateTime,
) -> Result<Tried, StoreError> {
    let mut tx = db.begin().await?;
    let wait = waits(&mut tx, strangers, now).await?;
    if wait.is_positive() {
        return Ok(Tried::Wait(wait));
    }
    let is_right = sqlx::query_scalar!(
        r#"select exists (select from setup_codes where code_hash = $1 and expires_at > $2) as "right!""#,
        code_hash.as_ref().map(<[u8; 32]>::as_slice),
        now,
    )
    .fetch_one(&mut *tx)
    .await?;
    if !is_right {
        count(&mut tx, strangers, now).await?;
    }
    tx.commit().await?;
    Ok(if is_right { Tried::Right } else { Tried::Wrong })
}

/// The browser that sets a restaurant up belongs to it from then on.
#[derive(Debug, Clone, Copy)]
pub struct FirstDevice<'a> {
    /// What people will call it.
    pub name: &'a str,
    /// What is kept of its cookie.
    pub secret_hash: [u8; 32],
}

/// Opens the first restaurant, in one transaction, and burns every code. None if somebody else was faster, or the code is
/// over.
#[tracing::instrument(name = "store.setup.open", level = "info", skip_all)]
pub async fn open(
    db: &PgPool,
    code_hash: [u8; 32],
    opening: &Opening,
    pin_hash: &str,
    first: FirstDevice<'_>,
    now: OffsetDateTime,
) -> Result<Option<(Opened, Device)>, OpenError> {
    let mut tx = db.begin().await?;
    sqlx::query!("select pg_advisory_xact_lock($1)", LOCK).execute(&mut *tx).await?;
    // A statement of its own: it sees what was committed while we waited.
    let burnt = sqlx::query_scalar!(
        r#"with burnt as (delete from setup_codes returning code_hash, expires_at)
        select count(*) as "burnt!" from burnt
        where code_hash = $1 and expires_at > $2 and not exists (select from locations)"#,
        &code_hash[..],
        now,
    )
    .fetch_one(&mut *tx)
    .await?;
    if burnt == 0 {
        return Ok(None);
    }
    let opened = open_in(&mut tx, opening, pin_hash, now).await?;
    let device = Device {
        location_id: opened.location_id,
        device_id: DeviceId::new(),
        name: first.name.to_owned(),
        scope: Scope::Tablet,
        revoked: false,
        seen_at: now,
    };
    add(&mut tx, &device, first.secret_hash, now).await?;
    let by = By::Device(device.device_id, now);
    let (here, detail) = (opened.location_id, json!({ "manager": opened.manager_id }));
    by.tell(&mut tx, here, "location_opened", here.0, detail).await?;
    tx.commit().await?;
    Ok(Some((opened, device)))
}
