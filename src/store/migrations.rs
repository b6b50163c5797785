//! The schema, brought to this build's state by its owner. Migrations expand first: the build before still runs.

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection};
use thiserror::Error;

static MIGRATIONS: Migrator = {
    let mut migrator = sqlx::migrate!();
    migrator.ignore_missing = true; // a newer build was here: its schema still carries us
    migrator
};

/// Names the lock under which a schema is brought up to date.
const MIGRATING: i64 = 0x636f_6d61_6e64_6101;

/// Why the schema is not current.
#[derive(Debug, Error)]
pub enum MigrationError {
    /// The owner's connection.
    #[error("the database does not answer its owner")]
    Connect(#[from] sqlx::Error),
    /// One of the migrations.
    #[error("a migration failed")]
    Migrate(#[from] MigrateError),
}

/// Migrates under an advisory lock, so that of two programs that start at once one waits; then grants the program's
/// role its rights, when it is not the owner itself.
#[tracing::instrument(name = "store.migrations.run", level = "info", skip_all)]
pub async fn run(owner: &PgConnectOptions, program: &str) -> Result<(), MigrationError> {
    let mut db = owner.clone().application_name("comanda migrate").connect().await?;
    // The migrator has a lock of its own, but the rights come after it: both under this one, until the line closes.
    sqlx::query("select pg_advisory_lock($1)").bind(MIGRATING).execute(&mut db).await?;
    // The migrator asks for its table `if not exists`, and a notice that it does would stand in every errand's log.
    sqlx::query("set client_min_messages = warning").execute(&mut db).await?;
    MIGRATIONS.run(&mut db).await?;
    // As the first migration says; a dump that was brought back carries no rights.
    sqlx::query("revoke execute on function grant_to_program(name) from public").execute(&mut db).await?;
    sqlx::query!("select grant_to_program($1::text::name) where current_user <> $1::text", program)
        .fetch_optional(&mut db)
        .await?;
    db.close().await?;
    Ok(())
}

/// The versions of this build's first migration and of its newest.
pub fn versions() -> (i64, i64) {
    let versions = || MIGRATIONS.iter().map(|migration| migration.version);
    (versions().min().unwrap_or_default(), versions().max().unwrap_or_default())
}

/// Whether every migration of this build has run.
#[tracing::instrument(name = "store.migrations.are_current", level = "debug", skip_all)]
pub async fn are_current(db: &sqlx::PgPool) -> Result<bool, sqlx::Error> {
    let (_, newest) = versions();
    sqlx::query_scalar!(
        r#"select exists (select from _sqlx_migrations where version = $1 and success) as "is!""#,
        newest
    )
    .fetch_one(db)
    .await
}
