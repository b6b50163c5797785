//! A PostgreSQL of the house's own, for whoever names none: `git clone`, one command, and the first order is durable.
//!
//! The bargain: the server programs come from the machine's packages; the data lies in one folder; nothing listens
//! but a socket in a folder only its owner may enter; the server outlives a killed program and is adopted by the next.
//!
//! [`postgresql_embedded`](https://docs.rs/postgresql_embedded) was looked at first (0.21). It downloads the server
//! on first use, or at build time with `bundled`; a till is set up without a network and gets its security fixes from
//! its system. It always starts the server with `-F`, which is `fsync=off`: a power cut may take acknowledged orders.
//! It runs as whoever calls it, so not at all under root; it takes the presence of `postmaster.pid` for a running
//! server, which a power cut leaves behind too; and it passes settings through `pg_ctl -o`, a shell.
//!
//! Reading order: [`LocalPostgres::start`] here, then `site`, `account`, `lock`, `programs`, `cluster`, `pid_file`,
//! `settings`, `server`, `roles`; `aside` for data that nobody here can open.

mod account;
mod aside;
mod cluster;
mod error;
mod lock;
mod pid_file;
mod programs;
mod roles;
mod server;
mod settings;
mod site;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::postgres::PgConnectOptions;
use tokio::time::{Instant, sleep};

pub use aside::{Aside, put_aside};
pub use error::LocalPostgresError;

use lock::Lock;
use programs::Programs;
use server::Server;
use site::Site;

/// How long [`LocalPostgres::join`] waits for the program that holds the folder to have its database ready.
const JOIN_MAX: Duration = Duration::from_mins(2);

/// What is wanted of the private PostgreSQL.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The folder of the data, made where it is missing.
    pub data: PathBuf,
    /// Where root's data goes when `data` can't serve and holds none yet, say in a home PostgreSQL's user may not
    /// enter. `None`: that is an error.
    pub data_for_root: Option<PathBuf>,
    /// The folder of PostgreSQL's server programs. `None`: PATH and the usual places are searched.
    pub programs: Option<PathBuf>,
    /// For tests: faster, and not to be found again after a power cut.
    pub throw_away: bool,
}

impl Wanted {
    /// With a folder somebody chose (`COMANDA_DATA`), that one or an error; else `./data`, or `/var/lib/comanda` for
    /// root where that can't serve.
    pub fn in_folder(chosen: Option<PathBuf>) -> Self {
        let data_for_root = chosen.is_none().then(|| PathBuf::from("/var/lib/comanda"));
        Self {
            data: chosen.unwrap_or_else(|| "data".into()),
            data_for_root,
            programs: None,
            throw_away: false,
        }
    }
}

/// A private PostgreSQL that answers, with its roles and its database.
///
/// Dropping it leaves the server running, to be adopted by the next start; [`stop`](Self::stop) ends it.
#[derive(Debug)]
pub struct LocalPostgres {
    site: Site,
    programs: Programs,
    server: Server,
    /// `None`: a guest, while another program holds the folder.
    lock: Option<Lock>,
    throw_away: bool,
}

impl LocalPostgres {
    /// Adopts or starts the server of a data folder, and holds the folder. The second program is refused.
    pub async fn start(wanted: Wanted) -> Result<Self, LocalPostgresError> {
        let site = Site::choose(&wanted).await?;
        match Lock::take(&site)? {
            Ok(lock) => Self::hold(site, lock, &wanted).await,
            Err(holder) => Err(holder.refusal(&site.data)),
        }
    }

    /// Like [`start`](Self::start), but beside the program that holds the folder, if there is one: for short commands
    /// while the house is open. A guest's [`stop`](Self::stop) leaves the server alone.
    pub async fn join(wanted: Wanted) -> Result<Self, LocalPostgresError> {
        let site = Site::choose(&wanted).await?;
        let give_up_at = Instant::now() + JOIN_MAX;
        loop {
            match Lock::take(&site)? {
                Ok(lock) => return Self::hold(site, lock, &wanted).await,
                Err(holder)
                    if holder.ready
                        && let Some(server) = server::running(&site).await? =>
                {
                    let programs = find_programs(&site, &wanted).await?;
                    return Ok(Self { site, programs, server, lock: None, throw_away: wanted.throw_away });
                }
                Err(_) if Instant::now() < give_up_at => sleep(Duration::from_millis(50)).await,
                Err(holder) => return Err(holder.refusal(&site.data)),
            }
        }
    }

    /// Like [`join`](Self::join), where there is something to join: an empty folder stays empty, for it is likely the
    /// wrong one.
    pub async fn visit(wanted: Wanted) -> Result<Self, LocalPostgresError> {
        // What may not be looked into is not called empty: opening it says why.
        let holds_data = |folder: &PathBuf| folder.join("postgresql/cluster").try_exists().unwrap_or(true);
        if ![Some(&wanted.data), wanted.data_for_root.as_ref()].into_iter().flatten().any(holds_data) {
            return Err(LocalPostgresError::NothingHere { folder: wanted.data });
        }
        Self::join(wanted).await
    }

    async fn hold(site: Site, mut lock: Lock, wanted: &Wanted) -> Result<Self, LocalPostgresError> {
        let programs = find_programs(&site, wanted).await?;
        if !site.cluster().exists() {
            let names = site.names(None)?;
            let created = cluster::create(&site, &names, &programs, wanted.throw_away).await;
            names.remove(); // the server gets its own
            created?;
        }
        let server = server::run(&site, &programs, wanted.throw_away, None).await?;
        if let Err(err) = roles::prepare(server.options(cluster::ADMIN, "postgres")).await {
            let _ = server.stop(&site).await; // the first error is the one to tell
            return Err(err);
        }
        lock.say_ready()?;
        let how = if server.adopted { "adopted" } else { "started" };
        tracing::info!(data = ?site.data, pid = server.pid, how, "the private PostgreSQL answers");
        Ok(Self { site, programs, server, lock: Some(lock), throw_away: wanted.throw_away })
    }

    /// Where the data is.
    pub fn data(&self) -> &Path {
        &self.site.data
    }

    /// The folder that was wanted and could not serve, when the data is elsewhere.
    pub fn instead_of(&self) -> Option<&Path> {
        self.site.instead_of.as_deref()
    }

    /// The folder of the server's programs; `pg_dump` of the same version lies there as well.
    pub fn programs(&self) -> &Path {
        &self.programs.folder
    }

    /// The server's process.
    pub fn pid(&self) -> u32 {
        self.server.pid
    }

    /// Whether the server was already running.
    pub fn adopted(&self) -> bool {
        self.server.adopted
    }

    /// Signs in as `comanda_owner`, who owns the database `comanda` and runs migrations.
    pub fn owner(&self) -> PgConnectOptions {
        self.server.options(roles::OWNER, roles::DATABASE)
    }

    /// Signs in as `comanda`, who reads and writes rows and changes no table.
    pub fn program(&self) -> PgConnectOptions {
        self.server.options(roles::PROGRAM, roles::DATABASE)
    }

    /// Signs in as the superuser, to the database `postgres`: for backups, and for tests that clone databases.
    pub fn admin(&self) -> PgConnectOptions {
        self.server.options(cluster::ADMIN, "postgres")
    }

    /// Starts the server again where it has ended: somebody killed it, or the system did for want of memory. It is
    /// reached as before, so connections come back by themselves. Answers whether it had ended. A guest leaves that to
    /// the program that holds the folder.
    pub async fn revive(&mut self) -> Result<bool, LocalPostgresError> {
        if self.lock.is_none() || self.server.is_there(&self.site) {
            return Ok(false);
        }
        self.server.reap();
        let names = Some(self.server.names());
        self.server = server::run(&self.site, &self.programs, self.throw_away, names).await?;
        Ok(true)
    }

    /// Ends the server (fast: sessions are cut, everything committed is kept) and lets go of the folder.
    pub async fn stop(self) -> Result<(), LocalPostgresError> {
        let Self { site, server, lock, .. } = self;
        match lock {
            Some(_held_until_it_is_down) => server.stop(&site).await,
            None => Ok(()),
        }
    }
}

/// The folder of `pg_dump` and `pg_restore` for a server of that major version: of the same one, else of a newer one.
/// `set`: the folder that somebody chose.
pub async fn client_programs(set: Option<&Path>, major: u32) -> Result<PathBuf, LocalPostgresError> {
    programs::find_client(set, major, &account::Account::Own).await
}

/// The programs for the data that is there, or for new data.
async fn find_programs(site: &Site, wanted: &Wanted) -> Result<Programs, LocalPostgresError> {
    let cluster = site.cluster();
    let data = cluster::major(&cluster)?.map(|major| (major, cluster.as_path()));
    programs::find(wanted.programs.as_deref(), data, &site.account).await
}
