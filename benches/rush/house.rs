//! The program under load: the real binary as a child, with a private PostgreSQL in a folder of its own.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, io};

use rustix::process::{Pid, Signal, kill_process};
use tokio::time::sleep;

use crate::Failure;
use crate::http::Line;

const PROGRAM: &str = env!("CARGO_BIN_EXE_comanda");
/// Names another build, to compare two in one run.
const PROGRAM_BY: &str = "RUSH_PROGRAM";
/// Longer than any start: past it the program is not going to answer.
const START_MAX: Duration = Duration::from_mins(1);
/// `/proc` counts CPU in hundredths of a second on Linux, whatever the kernel's own tick is.
const TICK_US: u64 = 10_000;

/// Where the database lives. Gone with the value.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        Self(env::temp_dir().join(format!("comanda-rush-{}-{name}", std::process::id())))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0); // another run has another folder
    }
}

/// A program that answers.
#[derive(Debug)]
pub(crate) struct House {
    child: Child,
    pub(crate) address: SocketAddr,
    metrics: SocketAddr,
    /// From the start of the program to its first page.
    pub(crate) first_page_after: Duration,
}

impl House {
    /// Starts the program and waits for its first page. The connection waits in the port's queue, so that no pause of
    /// ours is in the time.
    pub(crate) async fn start(folder: &Folder) -> Result<Self, Failure> {
        let [address, metrics] = [free_port()?, free_port()?];
        let started = Instant::now();
        let mut child = command(folder)
            .args(["--listen", &address.to_string()])
            .args(["--metrics-listen", &metrics.to_string()])
            .args([
                "--sockets-per-session",
                "20000",
                "--sockets-per-location",
                "20000",
                "--requests-a-minute",
                "10000000",
                "--log",
                "warn,sqlx=error",
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()?;
        let first_page = async {
            loop {
                if let Ok(mut line) = Line::open(address, "nobody").await
                    && line.get("/sign-in").await?.status == 200
                {
                    return Ok::<_, io::Error>(started.elapsed());
                }
                sleep(Duration::from_millis(1)).await;
            }
        };
        match tokio::time::timeout(START_MAX, first_page).await {
            Ok(Ok(first_page_after)) => Ok(Self { child, address, metrics, first_page_after }),
            failed => {
                let _ = child.kill(); // it may have ended by itself
                Err(format!("the program did not start: {failed:?}").into())
            }
        }
    }

    /// Ends it as a supervisor would; its database stops too.
    pub(crate) fn stop(mut self) -> Result<(), Failure> {
        kill_process(Pid::from_child(&self.child), Signal::TERM)?;
        self.child.wait()?;
        Ok(())
    }

    /// Ends it as a power cut would; its database stays up.
    pub(crate) fn kill(mut self) -> Result<(), Failure> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// What the program itself has counted under that name, all labels together.
    pub(crate) async fn counted(&self, name: &str) -> Result<f64, Failure> {
        let text = String::from_utf8(Line::open(self.metrics, "nobody").await?.get("/metrics").await?.body)?;
        let mut values = Vec::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            if let Some((series, value)) = line.rsplit_once(' ')
                && series.split('{').next() == Some(name)
            {
                values.push(value.parse::<f64>()?);
            }
        }
        if values.is_empty() {
            Err(format!("nothing is counted under {name}").into())
        } else {
            Ok(values.iter().sum())
        }
    }

    /// Its number.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// CPU it has used, in microseconds.
    pub(crate) fn cpu_us(&self) -> Result<u64, Failure> {
        cpu_us(self.pid())
    }

    /// Its resident memory, in KiB.
    pub(crate) fn rss_kib(&self) -> Result<u64, Failure> {
        rss_kib(self.pid())
    }
}

/// CPU that a process has used, in microseconds: user and system, all threads.
pub(crate) fn cpu_us(pid: u32) -> Result<u64, Failure> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name may hold spaces; the fields are counted from the last parenthesis: state is the third.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|ticks| ticks.parse::<u64>().ok()).unwrap_or(0);
    Ok((ticks(11) + ticks(12)) * TICK_US)
}

/// A process's resident memory, in KiB.
pub(crate) fn rss_kib(pid: u32) -> Result<u64, Failure> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0 kB");
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

impl Drop for House {
    /// A run that failed half-way leaves no program and no database behind.
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait()
            && kill_process(Pid::from_child(&self.child), Signal::TERM).is_ok()
        {
            let _ = self.child.wait(); // the run's own failure is the one to tell
        }
    }
}

/// Free a moment ago.
fn free_port() -> io::Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0")?.local_addr()
}

/// A key for our tablets, screens and cooks, made the way an operator makes one.
pub(crate) fn token(folder: &Folder) -> Result<String, Failure> {
    let made = command(folder).args(["token", "--name", "rush", "--staff", "Sofia"]).output()?;
    if !made.status.success() {
        return Err(String::from_utf8_lossy(&made.stderr).into_owned().into());
    }
    Ok(String::from_utf8(made.stdout)?.trim().to_owned())
}

/// The program in its folder; nothing that the caller's environment says reaches it.
fn command(folder: &Folder) -> Command {
    let mut command = Command::new(env::var_os(PROGRAM_BY).unwrap_or_else(|| PROGRAM.into()));
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("COMANDA_") || name.starts_with("DATABASE_")) {
            command.env_remove(name);
        }
    }
    command.arg("--data").arg(folder.path());
    command
}

/// How busy the machine was between two readings of `/proc/stat`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Busy {
    total: u64,
    idle: u64,
}

impl Busy {
    pub(crate) fn now() -> Result<Self, Failure> {
        let stat = fs::read_to_string("/proc/stat")?;
        let ticks: Vec<u64> = stat
            .lines()
            .next()
            .unwrap_or("")
            .split_whitespace()
            .filter_map(|ticks| ticks.parse().ok())
            .collect();
        Ok(Self { total: ticks.iter().take(8).sum(), idle: ticks.iter().skip(3).take(2).sum() })
    }

    /// Per cent of all cores that anybody used since then.
    pub(crate) fn since(self) -> Result<u64, Failure> {
        let now = Self::now()?;
        let total = (now.total - self.total).max(1);
        Ok((total - (now.idle - self.idle).min(total)) * 100 / total)
    }
}
