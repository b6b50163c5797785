//! A house of one test's own: a folder, the program in it, its private `PostgreSQL`, and the end of all three.

use std::fs::{self, DirBuilder, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use rand::RngExt as _;
use rustix::process::{Pid, Signal, kill_process};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{ConnectOptions as _, PgConnection};
use tokio::time::{Instant, sleep, timeout};

/// The longest wait for anything: a debug build on a busy machine.
pub(crate) const SURELY: Duration = Duration::from_mins(1);
/// Between two looks at what is waited for.
pub(crate) const LOOK_EVERY: Duration = Duration::from_millis(20);

/// What makes a program fail on purpose, or find another database: its environment.
pub(crate) type Settings<'a> = &'a [(&'a str, &'a str)];

/// Nothing special.
pub(crate) const PLAIN: Settings = &[];

pub(crate) struct House {
    pub(crate) root: PathBuf,
    pub(crate) data: PathBuf,
    pub(crate) address: SocketAddr,
    program: Option<Child>,
    /// Whose database it shares, as addresses of the program and of the owner; none: it has a server of its own.
    shared: Option<[String; 2]>,
}

impl House {
    pub(crate) fn new() -> Self {
        let root = PathBuf::from(format!("/tmp/comanda-faults-{:016x}", rand::random::<u64>()));
        DirBuilder::new().mode(0o755).create(&root).expect("a folder for the house");
        Self { data: root.join("data"), root, address: free_address(), program: None, shared: None }
    }

    /// One more process over the database of a house that serves, with the same key of the PINs.
    pub(crate) fn beside(other: &Self) -> Self {
        let socket = other.socket();
        let url = |role: &str| format!("postgres://{role}@localhost/comanda?host={socket}");
        let mut house = Self::new();
        house.data.clone_from(&other.data);
        house.shared = Some(["comanda", "comanda_owner"].map(url));
        house
    }

    /// The folder of the private server's socket.
    fn socket(&self) -> String {
        let file = fs::read_to_string(pid_file(&self.data)).expect("a running server");
        file.lines().nth(4).expect("where it listens").to_owned()
    }

    /// A new house that serves.
    pub(crate) async fn open() -> Self {
        let mut house = Self::new();
        house.serve(PLAIN).await;
        house
    }

    pub(crate) fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The program as it is called here, and nothing of this shell's environment.
    pub(crate) fn command(&self, settings: Settings<'_>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_comanda"));
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("COMANDA_DATA", &self.data)
            .env("COMANDA_LISTEN", self.address.to_string())
            .env("COMANDA_INSECURE_HTTP", "true")
            .env("COMANDA_METRICS_LISTEN", "off")
            .envs(
                self.shared
                    .iter()
                    .flat_map(|urls| ["DATABASE_URL", "DATABASE_OWNER_URL"].into_iter().zip(urls)),
            )
            .envs(settings.iter().copied())
            .current_dir(&self.root)
            .stdin(Stdio::null());
        command
    }

    /// Starts the program; [`House::answers`] waits for it.
    pub(crate) fn start(&mut self, settings: Settings<'_>) {
        let mut command = self.command(settings);
        command.arg("serve");
        self.start_as(command);
    }

    /// Starts the program as a supervisor would.
    pub(crate) fn start_as(&mut self, mut command: Command) {
        assert!(self.program.is_none(), "one program a house");
        let log = File::options().create(true).append(true).open(self.log_path()).expect("a log");
        let said = log.try_clone().expect("a log");
        let program = command.stdout(said).stderr(log).spawn();
        self.program = Some(program.expect("the program starts"));
    }

    /// Starts the program and waits until it answers.
    pub(crate) async fn serve(&mut self, settings: Settings<'_>) {
        self.start(settings);
        self.answers().await;
    }

    /// Waits until the program answers.
    pub(crate) async fn answers(&mut self) {
        let (http, alive) = (reqwest::Client::new(), format!("{}/healthz", self.base()));
        let since = Instant::now();
        loop {
            if http.get(&alive).send().await.is_ok_and(|answer| answer.status() == 200) {
                return;
            }
            let ended = self.program.as_mut().expect("a program").try_wait().expect("its state");
            assert!(
                ended.is_none() && since.elapsed() < SURELY,
                "it does not serve ({ended:?}):\n{}",
                self.log()
            );
            sleep(LOOK_EVERY).await;
        }
    }

    fn log_path(&self) -> PathBuf {
        self.root.join("program.log")
    }

    /// What the program said so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    /// The program's process.
    pub(crate) fn pid(&self) -> u32 {
        self.program.as_ref().expect("a program").id()
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        let mut program = self.program.take().expect("a program");
        program.kill().expect("it can be killed");
        program.wait().expect("it ends");
    }

    /// Waits for the program to end by itself.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let mut program = self.program.take().expect("a program");
        let since = Instant::now();
        while since.elapsed() < SURELY {
            if let Some(status) = program.try_wait().expect("its state") {
                return status;
            }
            sleep(LOOK_EVERY).await;
        }
        self.program = Some(program);
        panic!("the program does not end:\n{}", self.log());
    }

    /// Runs the program for one errand.
    pub(crate) async fn errand(&self, settings: Settings<'_>, words: &[&str]) -> Output {
        let mut errand = tokio::process::Command::from(self.command(settings));
        let output = errand.args(words).kill_on_drop(true).output();
        timeout(SURELY, output).await.expect("an errand ends").expect("an errand runs")
    }

    /// A key for a machine client, in a waiter's name.
    pub(crate) async fn token(&self) -> String {
        let made = self.errand(PLAIN, &["token", "--name", "tablet", "--staff", "Inês"]).await;
        assert!(made.status.success(), "{}", said(&made));
        String::from_utf8(made.stdout).expect("text").trim().to_owned()
    }

    /// The private server's process, if it runs.
    pub(crate) fn postmaster(&self) -> Option<u32> {
        postmaster_of(&self.data)
    }

    /// The database, as its owner.
    pub(crate) async fn db(&self) -> PgConnection {
        let options =
            PgConnectOptions::new_without_pgpass().socket(self.socket()).ssl_mode(PgSslMode::Disable);
        let options = options.username("comanda_owner").database("comanda");
        timeout(SURELY, options.connect()).await.expect("an answer").expect("a connection")
    }

    /// The server and every process of it: told to stand still, or to go on.
    pub(crate) fn signal_server(&self, signal: Signal) {
        let postmaster = self.postmaster().expect("a running server");
        send(postmaster, signal); // first, so that it starts no more
        for child in children_of(postmaster) {
            send(child, signal);
        }
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the program said:\n{}", self.log());
        }
        if let Some(mut program) = self.program.take() {
            let _ = program.kill();
            let _ = program.wait();
        }
        if self.shared.is_none() {
            for data in [self.data.clone(), self.root.join("elsewhere")] {
                end_server(&data);
            }
        }
        let _ = fs::remove_dir_all(&self.root);
    }
}

/// Ends whatever server still runs in a data folder, even one that stands still.
fn end_server(data: &Path) {
    let Some(postmaster) = postmaster_of(data) else {
        return;
    };
    for child in children_of(postmaster) {
        send(child, Signal::CONT);
    }
    send(postmaster, Signal::CONT);
    send(postmaster, Signal::QUIT);
    for _ in 0..500 {
        if postmaster_of(data).is_none() {
            return;
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

fn pid_file(data: &Path) -> PathBuf {
    data.join("postgresql/cluster/postmaster.pid")
}

fn postmaster_of(data: &Path) -> Option<u32> {
    let pid = fs::read_to_string(pid_file(data)).ok()?.lines().next()?.parse().ok()?;
    is_alive(pid).then_some(pid).filter(|pid| {
        let stands_in = fs::read_link(format!("/proc/{pid}/cwd"));
        stands_in.is_ok_and(|cwd| cwd.starts_with(data))
    })
}

/// State and parent of a process.
fn stat(pid: u32) -> Option<(char, u32)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut words = rest.split(' ');
    Some((words.next()?.chars().next()?, words.next()?.parse().ok()?))
}

pub(crate) fn is_alive(pid: u32) -> bool {
    stat(pid).is_some_and(|(state, _)| !matches!(state, 'Z' | 'X'))
}

fn children_of(parent: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").expect("a list of processes");
    let numbers = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    numbers.filter(|pid| stat(*pid).is_some_and(|(_, its)| its == parent)).collect()
}

pub(crate) fn send(pid: u32, signal: Signal) {
    let pid = Pid::from_raw(pid.try_into().expect("a process")).expect("a process");
    let _ = kill_process(pid, signal); // it may have ended
}

/// Below the ports that the system hands out, so that nobody's outgoing connection sits on it between two starts.
pub(crate) fn free_address() -> SocketAddr {
    let mut rng = rand::rng();
    let mut addresses =
        std::iter::repeat_with(|| SocketAddr::from((Ipv4Addr::LOCALHOST, rng.random_range(15_000..30_000))));
    addresses.find(|address| TcpListener::bind(address).is_ok()).expect("a free port")
}

/// Everything that an errand said.
pub(crate) fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Waits until something holds.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let since = Instant::now();
    while !holds().await {
        assert!(since.elapsed() < SURELY, "in vain: {what}");
        sleep(LOOK_EVERY).await;
    }
}
