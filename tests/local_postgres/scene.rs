//! A folder, a server in it, and the end of both.

use std::{
    fs,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    time::Duration,
};

use comanda::local_postgres::{LocalPostgres, LocalPostgresError, Wanted};
use rustix::process::{Pid, Signal, kill_process};
use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};

/// A folder of its own under the machine's temporary one. Its end takes the server with it, after a panic too.
pub(crate) struct Scene {
    pub(crate) root: PathBuf,
    pub(crate) data: PathBuf,
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self::at("data")
    }

    /// `data` below the scene's own folder.
    pub(crate) fn at(data: impl AsRef<Path>) -> Self {
        let root = PathBuf::from(format!("/tmp/pg-test-{:016x}", rand::random::<u64>()));
        fs::DirBuilder::new().mode(0o755).create(&root).expect("a folder for the scene");
        Self { data: root.join(data), root }
    }

    pub(crate) fn wanted(&self) -> Wanted {
        Wanted { data: self.data.clone(), data_for_root: None, programs: None, throw_away: true }
    }

    pub(crate) async fn start(&self) -> LocalPostgres {
        LocalPostgres::start(self.wanted()).await.expect("a server")
    }

    pub(crate) async fn refusal(&self) -> LocalPostgresError {
        LocalPostgres::start(self.wanted()).await.expect_err("a refusal")
    }

    pub(crate) fn cluster(&self) -> PathBuf {
        self.data.join("postgresql/cluster")
    }

    fn pid_in_file(cluster: &Path) -> Option<u32> {
        fs::read_to_string(cluster.join("postmaster.pid")).ok()?.lines().next()?.parse().ok()
    }
}

impl Scene {
    /// Ends whatever server still runs here.
    pub(crate) fn end_servers(&self) {
        for data in [self.data.clone(), self.root.join("elsewhere")] {
            let cluster = data.join("postgresql/cluster");
            let file = fs::read_to_string(cluster.join("postmaster.pid")).unwrap_or_default();
            let stands_there = Scene::pid_in_file(&cluster).filter(|pid| {
                fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd.starts_with(&self.root))
            });
            if let Some(pid) = stands_there {
                send(pid, Signal::QUIT);
                wait_until_gone(pid);
            }
            if let Some(socket) = file.lines().nth(4).filter(|socket| socket.starts_with("/tmp/comanda-")) {
                let _ = fs::remove_dir_all(socket);
            }
        }
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.end_servers();
        let _ = fs::remove_dir_all(&self.root);
    }
}

pub(crate) fn send(pid: u32, signal: Signal) {
    let pid = Pid::from_raw(pid.try_into().expect("a process")).expect("a process");
    let _ = kill_process(pid, signal);
}

pub(crate) fn is_alive(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| stat.rsplit_once(") ").is_some_and(|(_, state)| !state.starts_with('Z')))
}

pub(crate) fn wait_until_gone(pid: u32) {
    for _ in 0..500 {
        if !is_alive(pid) {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("process {pid} is still there");
}

pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

pub(crate) async fn say(to: PgConnectOptions, statement: &'static str) -> Result<(), sqlx::Error> {
    let mut db = PgConnection::connect_with(&to).await?;
    sqlx::raw_sql(statement).execute(&mut db).await?;
    db.close().await
}

pub(crate) async fn ask(to: PgConnectOptions, question: &'static str) -> String {
    let mut db = PgConnection::connect_with(&to).await.expect("a connection");
    sqlx::query_scalar(question).fetch_one(&mut db).await.expect("an answer")
}
