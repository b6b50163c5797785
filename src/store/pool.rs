//! Connections that serve, and what they refuse to run on.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgPool};
use thiserror::Error;

/// Why the program does not run on this database.
#[derive(Debug, Error)]
pub enum PoolError {
    /// It does not answer.
    #[error("the database does not answer")]
    Connect(#[from] sqlx::Error),
    /// A commit there is not a promise.
    #[error(
        "the database runs with {0} = off: an order it confirmed may be lost in a power cut. Turn it on, or start with --unsafe-database if this data may be lost"
    )]
    Unsafe(&'static str),
    /// Too old for what the schema uses.
    #[error("PostgreSQL {0} is too old: 15 or newer is needed")]
    TooOld(i32),
}

/// An idle connection younger than this is taken to be alive; older ones are asked first.
const TRUSTED_FOR: Duration = Duration::from_secs(2);

/// What every connection that serves has set. Nothing slow: no JIT (it costs ten times the delta read), and every wait
/// has an end. Tables are read through their indexes: a plan that was made while a table was small, a foreign key's check
/// above all, reads it from end to end, and is kept when it has grown, until statistics are taken. With a thousand
/// young restaurants that was the difference between 100 and 600 orders a second (W4, docs/benchmarks/2026-11-26.md).
pub const SERVING: [(&str, &str); 7] = [
    ("jit", "off"),
    ("enable_seqscan", "off"),
    ("plan_cache_mode", "force_generic_plan"),
    ("lock_timeout", "2s"),
    ("statement_timeout", "5s"),
    ("idle_in_transaction_session_timeout", "5s"),
    ("timezone", "UTC"),
];

/// Opens the serving pool. Migrations and dumps use connections of their own.
#[tracing::instrument(name = "store.pool.open", level = "debug", skip_all)]
pub async fn open(options: PgConnectOptions, connections_max: u32) -> Result<PgPool, PoolError> {
    let options = options.application_name("comanda").options(SERVING);
    let pool = PgPoolOptions::new()
        .max_connections(connections_max)
        .min_connections(2.min(connections_max))
        .acquire_timeout(Duration::from_secs(3))
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > TRUSTED_FOR {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_with(options)
        .await?;
    Ok(pool)
}

/// Refuses a database whose commits are not promises.
#[tracing::instrument(name = "store.pool.check", level = "debug", skip_all)]
pub async fn check(db: &PgPool, unsafe_allowed: bool) -> Result<(), PoolError> {
    let row = sqlx::query!(
        r#"select current_setting('fsync') = 'off' as "fsync_off!"
          , current_setting('synchronous_commit') = 'off' as "commit_off!"
          , current_setting('server_version_num')::integer / 10000 as "major!""#
    )
    .fetch_one(db)
    .await?;
    match row {
        row if row.major < 15 => Err(PoolError::TooOld(row.major)),
        row if row.fsync_off && !unsafe_allowed => Err(PoolError::Unsafe("fsync")),
        row if row.commit_off && !unsafe_allowed => Err(PoolError::Unsafe("synchronous_commit")),
        _ => Ok(()),
    }
}
