//! Why there is no dump, or no way back, in words that end in what a person can do about it.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::local_postgres::LocalPostgresError;
use crate::store::StoreError;
use crate::store::migrations::MigrationError;

/// Why there is no dump, or no way back.
#[derive(Debug, Error)]
pub enum BackupError {
    /// The private server, or PostgreSQL's programs.
    #[error(transparent)]
    Private(#[from] LocalPostgresError),
    /// The database refused or was away.
    #[error("the database could not {doing}")]
    Database {
        /// What was asked of it, as in "could not ...".
        doing: &'static str,
        /// Its answer.
        #[source]
        source: sqlx::Error,
    },
    /// The dump was made and could not be told of.
    #[error("the dump could not be told of in the database")]
    Told(#[from] StoreError),
    /// The schema of what was brought back.
    #[error("the dump could not be brought to this build's schema; the database is as it was")]
    Migration(#[from] MigrationError),
    /// One of PostgreSQL's programs gave up.
    #[error("{program} gave up: {said}")]
    Tool {
        /// Which.
        program: &'static str,
        /// The last lines it printed.
        said: String,
    },
    /// The machine refused something at a path.
    #[error("could not {what} {path:?}")]
    Io {
        /// What was tried, as in "could not ...".
        what: &'static str,
        /// What it was tried on.
        path: PathBuf,
        /// The machine's answer.
        #[source]
        source: io::Error,
    },
    /// The file is there already.
    #[error(
        "{0:?} is there already: name another file, or a folder in which the dump gets a name of its own"
    )]
    Taken(PathBuf),
    /// The file is no dump of ours, or not all of it.
    #[error("{path:?} {why}: nothing was changed")]
    NoDump {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it: "is empty".
        why: String,
    },
    /// The dump was written by a newer build.
    #[error(
        "{path:?} was written by a newer Comanda (its schema is {theirs}, this program knows {ours}): install that one, \
         then restore; nothing was changed"
    )]
    Newer {
        /// Which file.
        path: PathBuf,
        /// The newest migration in it.
        theirs: i64,
        /// The newest migration of this build.
        ours: i64,
    },
    /// Somebody serves the database that is to be replaced.
    #[error(
        "{who}: stop it first, then restore; one that was killed is forgotten after 20 seconds. Nothing was changed"
    )]
    Serving {
        /// Who, in words.
        who: String,
    },
    /// Somebody has to say yes.
    #[error(
        "this database holds {house} with {orders} orders. Say --yes to put it aside, under another name, and to go on \
         with what {path:?} holds; nothing was changed"
    )]
    Occupied {
        /// The restaurant.
        house: String,
        /// Its orders.
        orders: i64,
        /// The dump.
        path: PathBuf,
    },
    /// The owner may make no database.
    #[error(
        "role {role} may make no database, and a restore goes into a new one beside the old: alter role {role} createdb \
         (as a superuser), then restore; nothing was changed"
    )]
    MayNotCreate {
        /// The owner.
        role: String,
    },
    /// Rows are missing from what came back, or there are more of them.
    #[error(
        "the dump does not hold what the database held: {table} had {dumped} rows, and {restored} came back"
    )]
    Differs {
        /// Which table.
        table: String,
        /// In the snapshot.
        dumped: i64,
        /// After the restore.
        restored: i64,
    },
    /// The disk.
    #[error("the disk under {folder:?} has {free_mb} MB free, and a dump wants {needed_mb} MB: make room")]
    NoRoom {
        /// A folder on that disk.
        folder: PathBuf,
        /// What is left of it.
        free_mb: u64,
        /// What is needed.
        needed_mb: u64,
    },
    /// Another one is under way.
    #[error("another dump of this database is being made just now")]
    UnderWay,
    /// A file of keys that is none.
    #[error("{path:?} holds no keys of Comanda: {why}")]
    NoKeys {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A task of ours died.
    #[error("the work was interrupted")]
    Interrupted,
}

/// Says what was tried on which path.
pub(super) trait While<T> {
    fn while_trying(self, what: &'static str, path: &Path) -> Result<T, BackupError>;
}

impl<T> While<T> for io::Result<T> {
    fn while_trying(self, what: &'static str, path: &Path) -> Result<T, BackupError> {
        self.map_err(|source| BackupError::Io { what, path: path.to_owned(), source })
    }
}

/// Says what a database was asked for.
pub(super) trait Doing<T> {
    fn while_doing(self, doing: &'static str) -> Result<T, BackupError>;
}

impl<T> Doing<T> for sqlx::Result<T> {
    fn while_doing(self, doing: &'static str) -> Result<T, BackupError> {
        self.map_err(|source| BackupError::Database { doing, source })
    }
}
