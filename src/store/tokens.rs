//! Keys of machine clients. Only a hash is stored: the key is shown once.

use sqlx::PgPool;
use time::OffsetDateTime;

use super::{By, StoreError};
use crate::domain::ids::{LocationId, StaffId, TokenId};
use crate::domain::staff::Role;

/// A key, as the manager's page lists it.
#[derive(Debug, Clone)]
pub struct Token {
    /// Its id.
    pub token_id: TokenId,
    /// What it is for.
    pub name: String,
    /// Whose name its orders carry.
    pub staff: String,
    /// When it was made.
    pub made_at: OffsetDateTime,
}

/// Whom a key speaks for.
#[derive(Debug, Clone)]
pub struct TokenHolder {
    /// The key.
    pub token_id: TokenId,
    /// The restaurant.
    pub location_id: LocationId,
    /// The person.
    pub staff_id: StaffId,
    /// The person's name.
    pub name: String,
    /// What that person may do.
    pub role: Role,
    /// How the people of that restaurant stood when this was read.
    pub people_version: i64,
}

/// Keys that work, newest first.
#[tracing::instrument(name = "store.tokens.all", level = "debug", skip_all)]
pub async fn all(db: &PgPool, location_id: LocationId) -> Result<Vec<Token>, StoreError> {
    Ok(sqlx::query_as!(
        Token,
        r#"select t.token_id as "token_id: TokenId", t.name, s.name as staff, t.made_at
        from api_tokens t join staff s on s.location_id = t.location_id and s.staff_id = t.staff_id
        where t.location_id = $1 and t.revoked_at is null order by t.made_at desc limit 200"#,
        location_id as LocationId,
    )
    .fetch_all(db)
    .await?)
}

/// Keeps a new key's hash.
#[tracing::instrument(name = "store.tokens.make", level = "info", skip_all)]
pub async fn make(
    db: &PgPool,
    location_id: LocationId,
    name: &str,
    token_hash: [u8; 32],
    staff_id: StaffId,
    by: By<'_>,
) -> Result<TokenId, StoreError> {
    let token_id = TokenId::new();
    let mut tx = db.begin().await?;
    sqlx::query!(
        "insert into api_tokens (location_id, token_id, name, token_hash, staff_id, made_at)
        values ($1, $2, $3, $4, $5, $6)",
        location_id as LocationId,
        token_id as TokenId,
        name,
        &token_hash[..],
        staff_id as StaffId,
        by.at(),
    )
    .execute(&mut *tx)
    .await?;
    let detail = serde_json::json!({ "name": name, "for": staff_id });
    by.tell(&mut tx, location_id, "token_made", token_id.0, detail).await?;
    tx.commit().await?;
    Ok(token_id)
}

/// Ends a key, in every process within a second. One that had ended before stays as it was.
#[tracing::instrument(name = "store.tokens.revoke", level = "info", skip_all)]
pub async fn revoke(
    db: &PgPool,
    location_id: LocationId,
    token_id: TokenId,
    by: By<'_>,
) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    let ended_before = sqlx::query_scalar!(
        r#"select revoked_at is not null as "ended!" from api_tokens where location_id = $1 and token_id = $2 for update"#,
        location_id as LocationId,
        token_id as TokenId,
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(StoreError::NotFound)?;
    if ended_before {
        return Ok(());
    }
    sqlx::query!(
        "with token as (
            update api_tokens set revoked_at = $3 where location_id = $1 and token_id = $2 returning location_id
        )
        update boards set people_version = people_version + 1
        from token where boards.location_id = token.location_id",
        location_id as LocationId,
        token_id as TokenId,
        by.at(),
    )
    .execute(&mut *tx)
    .await?;
    by.tell(&mut tx, location_id, "token_revoked", token_id.0, serde_json::json!({})).await?;
    tx.commit().await?;
    Ok(())
}

/// Whom a key speaks for, if it works.
#[tracing::instrument(name = "store.tokens.holder", level = "debug", skip_all)]
pub async fn holder(db: &PgPool, token_hash: [u8; 32]) -> Result<Option<TokenHolder>, StoreError> {
    Ok(sqlx::query_as!(
        TokenHolder,
        r#"select t.token_id as "token_id: TokenId", t.location_id as "location_id: LocationId"
          , t.staff_id as "staff_id: StaffId", s.name, s.role as "role: Role", b.people_version
        from api_tokens t join staff s on s.location_id = t.location_id and s.staff_id = t.staff_id
        join boards b on b.location_id = t.location_id
        where t.token_hash = $1 and t.revoked_at is null and s.left_at is null"#,
        &token_hash[..],
    )
    .fetch_optional(db)
    .await?)
}
