//! Two roles and one database. The owner migrates; the program reads and writes rows and can change no table, so a
//! hole in a handler is no way to the schema. Every statement may be repeated at every start.

use std::time::Duration;

use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};
use tokio::time::timeout;

use super::error::LocalPostgresError;

/// Owns the database and what migrations make in it.
pub(super) const OWNER: &str = "comanda_owner";
/// What the program signs in as.
pub(super) const PROGRAM: &str = "comanda";
/// The database.
pub(super) const DATABASE: &str = "comanda";

/// Names the lock under which roles and rights are made.
const PREPARING: i64 = 0x636f_6d61_6e64_6100;

/// A handful of statements on an idle server.
const PREPARE_MAX: Duration = Duration::from_mins(1);

/// Brings roles, database and rights into being.
pub(super) async fn prepare(admin: PgConnectOptions) -> Result<(), LocalPostgresError> {
    timeout(PREPARE_MAX, async {
        let mut first = PgConnection::connect_with(&admin.clone().database("postgres")).await?;
        // Two programs on one new cluster: who comes second waits until this connection is closed, and finds all there.
        sqlx::query("select pg_advisory_lock($1)").bind(PREPARING).execute(&mut first).await?;
        create_missing(&mut first).await?;
        let mut db = PgConnection::connect_with(&admin.database(DATABASE)).await?;
        grant(&mut db).await?;
        db.close().await?;
        first.close().await
    })
    .await
    .unwrap_or(Err(sqlx::Error::PoolTimedOut))
    .map_err(LocalPostgresError::Prepare)
}

async fn create_missing(db: &mut PgConnection) -> sqlx::Result<()> {
    let roles: Vec<String> =
        sqlx::query_scalar("select rolname::text from pg_roles").fetch_all(&mut *db).await?;
    for (role, create) in [(OWNER, "create role comanda_owner login"), (PROGRAM, "create role comanda login")]
    {
        if !roles.iter().any(|there| there == role) {
            sqlx::query(create).execute(&mut *db).await?;
        }
    }
    let there: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(DATABASE)
        .fetch_one(&mut *db)
        .await?;
    if !there {
        sqlx::query("create database comanda owner comanda_owner").execute(&mut *db).await?;
    }
    Ok(())
}

/// What lets the program in. What it may do there, table by table, is the migrations' business.
async fn grant(db: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::raw_sql(
        "revoke all on database comanda from public;
         grant connect on database comanda to comanda;
         revoke all on schema public from public;
         grant usage on schema public to comanda;",
    )
    .execute(&mut *db)
    .await
    .map(|_| ())
}
