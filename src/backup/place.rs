//! Which database, who may do what with it, and with which programs.

use std::path::{Path, PathBuf};

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, PgConnection};

use super::error::{BackupError, Doing as _};
use crate::config::{DatabaseUrl, Settings};
use crate::local_postgres::{self, LocalPostgres, Wanted};
use crate::store::databases;

/// What our connections call themselves.
const NAME: &str = "comanda backup";

/// A database that is dumped or replaced.
#[derive(Clone)]
pub struct Place {
    /// Signs in as its owner.
    pub owner: PgConnectOptions,
    /// Whoever dumps it and fills it.
    pub(super) dumper: PgConnectOptions,
    /// Whoever makes databases, in one that is not it.
    pub(super) maker: PgConnectOptions,
    /// The database's name.
    pub(super) database: String,
    /// Whose rights are given out at the end.
    pub(super) program: String,
    /// The folder of `pg_dump` and `pg_restore`.
    pub(super) programs: PathBuf,
    /// The server's own disk, where we know it: a proof needs room there.
    pub(super) disk: Option<PathBuf>,
    /// The folder of keys, and of dumps unless the settings name another.
    pub(super) data: PathBuf,
}

impl Place {
    /// The database of a private server that runs.
    pub fn of_private(private: &LocalPostgres) -> Self {
        let owner = private.owner();
        let database = owner.get_database().unwrap_or_default().to_owned();
        Self {
            dumper: private.admin().database(&database).application_name(NAME),
            maker: private.admin().application_name(NAME),
            program: private.program().get_username().to_owned(),
            programs: private.programs().to_owned(),
            disk: Some(private.data().to_owned()),
            data: private.data().to_owned(),
            owner,
            database,
        }
    }

    /// The database that the settings name: the owner's address, where there is one.
    pub(super) async fn of_named(settings: &Settings, url: &DatabaseUrl) -> Result<Self, BackupError> {
        let owner = settings.database_owner_url.as_ref().unwrap_or(url).0.clone().application_name(NAME);
        let database = url.0.get_database().unwrap_or_else(|| url.0.get_username()).to_owned();
        let owner = owner.database(&database);
        let mut db = owner.connect().await.while_doing("be reached")?;
        let (major, _) = databases::measure(&mut db).await.while_doing("tell its version")?;
        let programs = local_postgres::client_programs(settings.postgres_bin.as_deref(), major).await?;
        Ok(Self {
            dumper: owner.clone(),
            maker: owner.clone().database("postgres"),
            program: url.0.get_username().to_owned(),
            data: settings.data.clone().unwrap_or_else(|| PathBuf::from("data")),
            disk: None,
            programs,
            owner,
            database,
        })
    }

    /// The database of these settings, beside a program that serves or not. What comes with it is a private server that
    /// has to be stopped.
    pub async fn beside(settings: &Settings) -> Result<(Self, Option<LocalPostgres>), BackupError> {
        if let Some(url) = &settings.database_url {
            return Ok((Self::of_named(settings, url).await?, None));
        }
        let private = LocalPostgres::visit(wanted(settings)).await?;
        Ok((Self::of_private(&private), Some(private)))
    }

    /// Where keys lie, and dumps unless the settings name another folder.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// A connection that dumps.
    pub(super) async fn as_dumper(&self) -> Result<PgConnection, BackupError> {
        self.dumper.connect().await.while_doing("be reached")
    }

    /// A connection that makes databases.
    pub(super) async fn as_maker(&self) -> Result<PgConnection, BackupError> {
        self.maker.connect().await.while_doing("be reached where databases are made (database postgres)")
    }

    /// The owner's name.
    pub(super) fn owner_role(&self) -> &str {
        self.owner.get_username()
    }
}

/// The private server of these settings.
pub(super) fn wanted(settings: &Settings) -> Wanted {
    let mut wanted = Wanted::in_folder(settings.data.clone());
    wanted.programs.clone_from(&settings.postgres_bin);
    wanted
}
