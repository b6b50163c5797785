//! People: who works here, and the hash that proves their PIN.

use sqlx::PgPool;

use super::{By, StoreError};
use crate::domain::ids::{LocationId, StaffId};
use crate::domain::staff::Role;

/// A person, as pages need them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Their id.
    pub staff_id: StaffId,
    /// Their name.
    pub name: String,
    /// Their part in the house.
    pub role: Role,
    /// Their PIN, in the demo restaurant only.
    pub demo_pin: Option<String>,
}

/// Everyone who works here, by role and name.
#[tracing::instrument(name = "store.staff.all", level = "debug", skip_all)]
pub async fn all(db: &PgPool, location_id: LocationId) -> Result<Vec<Person>, StoreError> {
    Ok(sqlx::query_as!(
        Person,
        r#"select staff_id as "staff_id: StaffId", s.name, role as "role: Role"
          , case when l.is_demo then demo_pin end as demo_pin
        from staff s join locations l on l.location_id = s.location_id
        where s.location_id = $1 and left_at is null
        order by array_position(array['waiter', 'cook', 'expo', 'manager', 'owner'], role), s.name"#,
        location_id as LocationId,
    )
    .fetch_all(db)
    .await?)
}

/// A person with what proves their PIN.
pub struct Credentials {
    /// Who.
    pub person: Person,
    /// An argon2id hash in PHC form.
    pub pin_hash: String,
    /// Of a long password, likewise, if they have one.
    pub password_hash: Option<String>,
}

/// One person, for a sign-in.
#[tracing::instrument(name = "store.staff.credentials", level = "debug", skip_all)]
pub async fn credentials(
    db: &PgPool,
    location_id: LocationId,
    staff_id: StaffId,
) -> Result<Option<Credentials>, StoreError> {
    let row = sqlx::query!(
        r#"select staff_id as "staff_id: StaffId", name, role as "role: Role", pin_hash, password_hash from staff
        where location_id = $1 and staff_id = $2 and left_at is null"#,
        location_id as LocationId,
        staff_id as StaffId,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Credentials {
        person: Person { staff_id: row.staff_id, name: row.name, role: row.role, demo_pin: None },
        pin_hash: row.pin_hash,
        password_hash: row.password_hash,
    }))
}

/// The person of that name, however it is capitalised.
#[tracing::instrument(name = "store.staff.by_name", level = "debug", skip_all)]
pub async fn by_name(db: &PgPool, location_id: LocationId, name: &str) -> Result<Person, StoreError> {
    sqlx::query_as!(
        Person,
        r#"select staff_id as "staff_id: StaffId", name, role as "role: Role", null as demo_pin from staff
        where location_id = $1 and lower(name) = lower($2) and left_at is null"#,
        location_id as LocationId,
        name,
    )
    .fetch_optional(db)
    .await?
    .ok_or(StoreError::NotFound)
}

/// Gives a person a new PIN, and signs them out everywhere.
#[tracing::instrument(name = "store.staff.reset_pin", level = "info", skip_all, fields(staff = %staff_id))]
pub async fn reset_pin(
    db: &PgPool,
    location_id: LocationId,
    staff_id: StaffId,
    pin_hash: &str,
    by: By<'_>,
) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    sqlx::query!(
        "update staff set pin_hash = $3, demo_pin = null where location_id = $1 and staff_id = $2",
        location_id as LocationId,
        staff_id as StaffId,
        pin_hash,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "delete from sessions where location_id = $1 and staff_id = $2",
        location_id as LocationId,
        staff_id as StaffId,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "delete from sign_in_failures where location_id = $1 and staff_id = $2",
        location_id as LocationId,
        staff_id as StaffId,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "update boards set people_version = people_version + 1 where location_id = $1",
        location_id as LocationId,
    )
    .execute(&mut *tx)
    .await?;
    by.tell(&mut tx, location_id, "pin_reset", staff_id.0, serde_json::json!({})).await?;
    tx.commit().await?;
    Ok(())
}

/// Gives a person a long password, for signing in from outside the house, and ends what they signed in to so far on
/// browsers that are no devices of the house: who knew the old one has nothing left of it. `kept` is the session that
/// asks, if one does.
#[tracing::instrument(name = "store.staff.set_password", level = "info", skip_all, fields(staff = %staff_id))]
pub async fn set_password(
    db: &PgPool,
    location_id: LocationId,
    staff_id: StaffId,
    password_hash: &str,
    kept: Option<&str>,
    by: By<'_>,
) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    sqlx::query!(
        "with person as (
            update staff set password_hash = $3 where location_id = $1 and staff_id = $2
        )
        , session as (
            delete from sessions where location_id = $1 and staff_id = $2 and device_id is null
                and session_id is distinct from $4
        )
        update boards set people_version = people_version + 1 where location_id = $1",
        location_id as LocationId,
        staff_id as StaffId,
        password_hash,
        kept,
    )
    .execute(&mut *tx)
    .await?;
    by.tell(&mut tx, location_id, "password_set", staff_id.0, serde_json::json!({})).await?;
    tx.commit().await?;
    Ok(())
}
