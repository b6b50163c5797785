//! The running server: adopts the one that is there, starts one where there is none, stops it.
//!
//! `postgres` is started directly. `pg_ctl -o` would send every path through a shell, keep its caller's pipes open,
//! and say only that something failed. The price is its own process group, so that a Ctrl-C meant for this program
//! does not reach the database first.

use std::{
    fs::{self, OpenOptions},
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};
use tokio::{
    process::Child,
    time::{Instant, sleep, timeout},
};

use super::{
    cluster,
    error::{LocalPostgresError, While},
    pid_file::{self, PidFile, Process, Status},
    programs::Programs,
    settings::{options, settings},
    site::{Names, Site},
};

/// After a power cut the server first replays what was not yet written in place: minutes on a slow disk.
const READY_MAX: Duration = Duration::from_mins(5);
/// A fast stop writes everything in place first.
const STOP_MAX: Duration = Duration::from_mins(2);
/// A killed server's own processes need a moment to notice, and hold its memory until then.
const BUSY_MAX: Duration = Duration::from_secs(10);
/// A server that says it is ready answers at once, or after the sessions of the program before have ended.
const ANSWER_MAX: Duration = Duration::from_secs(10);
const POLL_EVERY: Duration = Duration::from_millis(20);
const RETRY_EVERY: Duration = Duration::from_millis(250);

/// The server's log starts anew above this size, and the one before is kept.
const LOG_BYTES_MAX: u64 = 10_000_000;
/// How much of the log is read to explain a failed start.
const SAID_BYTES_MAX: u64 = 64_000;

/// A server that answers.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) pid: u32,
    pub(super) adopted: bool,
    names: Names,
    /// Ours to reap, when this process started it.
    child: Option<Child>,
}

/// Who is at home.
enum Found {
    Running(Box<Server>),
    /// `postmaster.pid` is there and its server is not.
    Dead {
        socket: Option<PathBuf>,
    },
    Stranger {
        pid: u32,
        name: String,
        socket: Option<PathBuf>,
    },
    Nobody,
}

/// Why a start did not come to an answer.
enum Failure {
    /// What a crashed server left is still in the way: it passes.
    Busy(LocalPostgresError),
    Ended(LocalPostgresError),
    /// It still works on it, and will be adopted.
    Alive(LocalPostgresError),
}

impl From<LocalPostgresError> for Failure {
    fn from(err: LocalPostgresError) -> Self {
        Self::Ended(err)
    }
}

/// Adopts the server of this data, or starts it. `known`: under the names that others already have.
pub(super) async fn run(
    site: &Site,
    programs: &Programs,
    throw_away: bool,
    known: Option<&Names>,
) -> Result<Server, LocalPostgresError> {
    let give_up_at = Instant::now() + BUSY_MAX;
    let mut before = None;
    loop {
        let mut stranger = None;
        match find(site).await? {
            Found::Running(server) if server.suits(throw_away).await? => return Ok(*server),
            Found::Running(server) => {
                tracing::warn!(
                    pid = server.pid,
                    "the running PostgreSQL is set up otherwise: starting it anew"
                );
                server.stop(site).await?;
            }
            Found::Nobody => {}
            Found::Dead { socket } => before = before.or(socket),
            // Usually PostgreSQL sees for itself that the file is stale.
            Found::Stranger { pid, name, socket } => {
                before = before.or(socket);
                stranger = Some((pid, name));
            }
        }
        let names = match known {
            Some(known) => known.clone(),
            None => site.names(before.as_deref())?,
        };
        before.clone_from(&names.short);
        let err = match start(site, programs, throw_away, &names).await {
            Ok(server) => return Ok(server),
            Err(Failure::Busy(_)) if Instant::now() < give_up_at => {
                sleep(RETRY_EVERY).await;
                continue;
            }
            Err(Failure::Alive(err)) => return Err(err),
            Err(Failure::Ended(err)) => err,
            Err(Failure::Busy(err)) => match stranger {
                Some((pid, name)) => {
                    LocalPostgresError::PidTaken { pid_file: site.cluster().join(pid_file::NAME), pid, name }
                }
                None => err,
            },
        };
        if known.is_none() {
            names.remove();
        }
        return Err(err);
    }
}

/// The server another program runs here, if it answers.
pub(super) async fn running(site: &Site) -> Result<Option<Server>, LocalPostgresError> {
    match find(site).await? {
        Found::Running(server) => Ok(Some(*server)),
        Found::Dead { .. } | Found::Stranger { .. } | Found::Nobody => Ok(None),
    }
}

/// Looks who is at home, and waits for a server that is on its way up or down.
async fn find(site: &Site) -> Result<Found, LocalPostgresError> {
    let (cluster, since) = (site.cluster(), Instant::now());
    loop {
        let Some(PidFile { pid, socket, status }) = pid_file::read(&cluster)? else {
            return Ok(Found::Nobody);
        };
        let process = pid_file::process(pid, &cluster);
        match (process, status) {
            (Process::Gone, _) => return Ok(Found::Dead { socket }),
            (Process::Stranger(name), _) => return Ok(Found::Stranger { pid, name, socket }),
            (Process::Serving, Status::Ready) => match greet(site, pid, socket).await {
                Ok(server) => return Ok(Found::Running(Box::new(server))),
                // It ended just now: look again.
                Err(_) if pid_file::process(pid, &cluster) == Process::Gone => {}
                Err(err) => return Err(err),
            },
            (Process::Alive, Status::Ready) => {
                return Ok(match greet(site, pid, socket.clone()).await {
                    Ok(server) => Found::Running(Box::new(server)),
                    Err(_) => Found::Stranger { pid, name: "another program".to_owned(), socket },
                });
            }
            (Process::Serving | Process::Alive, Status::Starting | Status::Stopping)
                if since.elapsed() < READY_MAX =>
            {
                sleep(POLL_EVERY).await;
            }
            (Process::Serving | Process::Alive, Status::Starting) => {
                return Err(not_ready(site, pid, "starting", READY_MAX));
            }
            (Process::Serving | Process::Alive, Status::Stopping) => {
                return Err(not_ready(site, pid, "stopping", READY_MAX));
            }
        }
    }
}

/// Speaks to a server, and believes it only if it reads the very `postmaster.pid` that led to it.
async fn greet(site: &Site, pid: u32, socket: Option<PathBuf>) -> Result<Server, LocalPostgresError> {
    let socket = socket.unwrap_or_default();
    let ours = socket == site.home().join("run") || site.made_short(&socket);
    let mute = |source| LocalPostgresError::Mute { pid, socket: socket.clone(), source };
    if !ours {
        return Err(mute(None));
    }
    let ask = || async {
        let mut db = PgConnection::connect_with(&options(&socket, cluster::ADMIN, "postgres")).await?;
        let file: String =
            sqlx::query_scalar("select pg_read_file('postmaster.pid')").fetch_one(&mut db).await?;
        db.close().await?;
        Ok::<_, sqlx::Error>(file)
    };
    let is_there = || pid_file::process(pid, &site.cluster()) != Process::Gone;
    let give_up_at = Instant::now() + ANSWER_MAX;
    loop {
        match timeout(ANSWER_MAX, ask()).await {
            Ok(Ok(file)) if file.lines().next() == Some(pid.to_string().as_str()) => break,
            Ok(Ok(_)) | Err(_) => return Err(mute(None)),
            Ok(Err(err)) if give_up_at < Instant::now() || !is_there() => return Err(mute(Some(err))),
            Ok(Err(_)) => sleep(RETRY_EVERY).await,
        }
    }
    let short = site.made_short(&socket).then(|| socket.clone());
    Ok(Server { pid, adopted: true, names: Names { home: site.home(), socket, short }, child: None })
}

async fn start(site: &Site, programs: &Programs, throw_away: bool, names: &Names) -> Result<Server, Failure> {
    let (cluster, log_path) = (site.cluster(), site.log());
    if fs::metadata(&log_path).is_ok_and(|log| LOG_BYTES_MAX < log.len()) {
        fs::rename(&log_path, log_path.with_extension("log.old")).while_trying("rename", &log_path)?;
    }
    let log = site.open(&log_path, OpenOptions::new().append(true))?;
    let said_from = log.metadata().while_trying("read", &log_path)?.len();

    let program = programs.path("postgres");
    let mut postgres = site.account.command(&program);
    postgres.arg("-D").arg(names.home.join("cluster"));
    for setting in settings(&names.socket, throw_away) {
        postgres.arg("-c").arg(setting);
    }
    postgres.stdout(Stdio::from(log.try_clone().while_trying("open", &log_path)?)).stderr(Stdio::from(log));
    let mut child = postgres.process_group(0).spawn().while_trying("run", &program)?;

    let since = Instant::now();
    while since.elapsed() < READY_MAX {
        if child.try_wait().while_trying("wait for", &program)?.is_some() {
            return Err(failure(site, said_from));
        }
        match (pid_file::read(&cluster)?, child.id()) {
            (Some(file), Some(pid)) if file.pid == pid && file.status == Status::Ready => {
                return Ok(Server { pid, adopted: false, names: names.clone(), child: Some(child) });
            }
            _ => sleep(POLL_EVERY).await,
        }
    }
    // Still replaying: ending it now would only begin the same work again.
    Err(Failure::Alive(not_ready(site, child.id().unwrap_or_default(), "starting", READY_MAX)))
}

/// Reads what this start said, and whether it is worth another one.
fn failure(site: &Site, said_from: u64) -> Failure {
    let log = site.log();
    let said = said(&log, said_from).unwrap_or_default();
    if let Err(full) = cluster::refuse_no_space(&said, &site.home()) {
        return Failure::Ended(full);
    }
    let busy = said.contains("lock file \"postmaster.pid\" already exists")
        || said.contains("pre-existing shared memory block");
    let err = LocalPostgresError::StartFailed { said: cluster::last_lines(&said), log };
    if busy { Failure::Busy(err) } else { Failure::Ended(err) }
}

fn said(log: &Path, from: u64) -> std::io::Result<String> {
    let mut file = fs::File::open(log)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(from.max(length.saturating_sub(SAID_BYTES_MAX))))?;
    let mut said = Vec::new();
    file.take(SAID_BYTES_MAX).read_to_end(&mut said)?;
    Ok(String::from_utf8_lossy(&said).into_owned())
}

fn not_ready(site: &Site, pid: u32, doing: &'static str, waited: Duration) -> LocalPostgresError {
    LocalPostgresError::NotReady { pid, doing, waited_s: waited.as_secs(), log: site.log() }
}

impl Server {
    /// Where it is reached.
    pub(super) fn names(&self) -> &Names {
        &self.names
    }

    /// Takes note of its end. Until its parent has, PostgreSQL itself takes the process for a running one.
    pub(super) fn reap(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.try_wait(); // its status says nothing the log does not
        }
    }

    /// Whether its process is still there.
    pub(super) fn is_there(&self, site: &Site) -> bool {
        matches!(pid_file::process(self.pid, &site.cluster()), Process::Serving | Process::Alive)
    }

    pub(super) fn options(&self, role: &str, database: &str) -> PgConnectOptions {
        options(&self.names.socket, role, database)
    }

    /// Whether an adopted server was started the way this program starts one, as far as data and doors go.
    async fn suits(&self, throw_away: bool) -> Result<bool, LocalPostgresError> {
        let ask = async {
            let mut db = PgConnection::connect_with(&self.options(cluster::ADMIN, "postgres")).await?;
            let (durable, closed): (bool, bool) = sqlx::query_as(
                "select current_setting('fsync')::bool and current_setting('full_page_writes')::bool
                      , current_setting('listen_addresses') = ''",
            )
            .fetch_one(&mut db)
            .await?;
            db.close().await?;
            Ok((durable || throw_away) && closed)
        };
        let mute =
            |source| LocalPostgresError::Mute { pid: self.pid, socket: self.names.socket.clone(), source };
        timeout(ANSWER_MAX, ask).await.map_err(|_| mute(None))?.map_err(|err| mute(Some(err)))
    }

    /// Ends it: sessions are cut, what is committed is written in place.
    pub(super) async fn stop(mut self, site: &Site) -> Result<(), LocalPostgresError> {
        let cluster = site.cluster();
        let number = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        if self.is_there(site)
            && let Some(number) = number
        {
            kill_process(number, Signal::INT).while_trying("stop the server of", &cluster)?;
        }
        let gone = async {
            while self.is_there(site) {
                sleep(POLL_EVERY).await;
            }
        };
        timeout(STOP_MAX, gone).await.map_err(|_| not_ready(site, self.pid, "stopping", STOP_MAX))?;
        if let Some(child) = &mut self.child {
            let _ = timeout(STOP_MAX, child.wait()).await; // its status says nothing the log does not
        }
        self.names.remove();
        Ok(())
    }
}
