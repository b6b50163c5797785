//! The database of this program: the one that was named, or a private one; migrated, checked, opened.

use std::path::PathBuf;
use std::pin::pin;
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;
use thiserror::Error;
use tokio::time::{sleep, timeout};

use crate::config::Settings;
use crate::local_postgres::{LocalPostgres, LocalPostgresError, Wanted};
use crate::store::migrations::{self, MigrationError};
use crate::store::pool::{self, PoolError};

/// How often it is asked whether the private server is still there.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Connections get this long to come back.
const CLOSE_WITHIN: Duration = Duration::from_secs(5);

/// A database that is ready to serve.
pub struct HouseDatabase {
    /// The serving pool.
    pub db: PgPool,
    /// The owner's connection: migrations and the demo.
    pub owner: PgConnectOptions,
    /// The private server, if it is one.
    pub private: Option<LocalPostgres>,
    /// Where the program keeps its key file.
    pub data: PathBuf,
}

/// How a program comes to a database of this house's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum As {
    /// It serves: it holds the folder, and the second is refused.
    Keeper,
    /// An errand that may be the first of all, beside a program that serves or not.
    Founder,
    /// An errand about a house that exists: it begins none where somebody named the wrong folder.
    Guest,
}

/// Why there is no database.
#[derive(Debug, Error)]
pub enum DatabaseError {
    /// The private one did not start.
    #[error("the private database did not start")]
    Private(#[from] LocalPostgresError),
    /// The schema.
    #[error("the database could not be brought to this build's schema")]
    Migration(#[from] MigrationError),
    /// The connections.
    #[error("the database cannot be used")]
    Pool(#[from] PoolError),
    /// The data folder.
    #[error("the folder {path} cannot be used")]
    Data {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl HouseDatabase {
    /// Opens it.
    pub async fn open(settings: &Settings, who: As) -> Result<Self, DatabaseError> {
        let (program, owner, private, data) = if let Some(url) = &settings.database_url {
            let program = url.0.clone();
            let owner =
                settings.database_owner_url.as_ref().map_or_else(|| program.clone(), |url| url.0.clone());
            let data = settings.data.clone().unwrap_or_else(|| PathBuf::from("data"));
            std::fs::create_dir_all(&data)
                .map_err(|source| DatabaseError::Data { path: data.clone(), source })?;
            (program, owner, None, data)
        } else {
            let mut wanted = Wanted::in_folder(settings.data.clone());
            wanted.programs.clone_from(&settings.postgres_bin);
            let private = match who {
                As::Keeper => LocalPostgres::start(wanted).await?,
                As::Founder => LocalPostgres::join(wanted).await?,
                As::Guest => LocalPostgres::visit(wanted).await?,
            };
            let data = private.data().to_owned();
            (private.program(), private.owner(), Some(private), data)
        };
        let opened = Self::prepare(settings, &program, &owner).await;
        match opened {
            Ok(db) => Ok(Self { db, owner, private, data }),
            Err(err) => {
                if let Some(private) = private {
                    private.stop().await?;
                }
                Err(err)
            }
        }
    }

    async fn prepare(
        settings: &Settings,
        program: &PgConnectOptions,
        owner: &PgConnectOptions,
    ) -> Result<PgPool, DatabaseError> {
        migrations::run(owner, program.get_username()).await?;
        let db = pool::open(program.clone(), settings.database_connections).await?;
        pool::check(&db, settings.unsafe_database).await?;
        Ok(db)
    }

    /// Closes connections; a private server stops, unless another program holds it.
    pub async fn close(self) -> Result<(), DatabaseError> {
        // A database that answers no more gives no connection back either.
        let _ = timeout(CLOSE_WITHIN, self.db.close()).await;
        if let Some(private) = self.private {
            private.stop().await?;
        }
        Ok(())
    }
}

/// Starts a private server again whenever it has ended, until the program is told to stop; then gives it back.
///
/// Never dropped half-way: a server that was being started would be left without anybody who stops it.
pub async fn keep(mut private: LocalPostgres, told_to_stop: impl Future<Output = ()>) -> LocalPostgres {
    let mut told_to_stop = pin!(told_to_stop);
    let mut failing = false;
    loop {
        tokio::select! {
            () = &mut told_to_stop => return private,
            () = sleep(LOOK_EVERY) => {}
        }
        match private.revive().await {
            Ok(true) => {
                failing = false;
                tracing::warn!(pid = private.pid(), "the private PostgreSQL had ended: it was started again");
            }
            Err(err) if !failing => {
                failing = true;
                let error = &err as &dyn std::error::Error;
                tracing::error!(
                    error,
                    "the private PostgreSQL has ended and does not start; it is tried again"
                );
            }
            Ok(false) | Err(_) => {}
        }
    }
}
