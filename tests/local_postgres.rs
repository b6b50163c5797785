//! The private PostgreSQL, with real server programs: what a till's owner does to it, and what a bad night does.

use std::{
    borrow::Cow,
    fs,
    io::Write,
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use comanda::local_postgres::{LocalPostgres, LocalPostgresError, Wanted};
use rustix::process::{Pid, Signal, kill_process};
use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};

/// A folder of its own under the machine's temporary one. Its end takes the server with it, after a panic too.
struct Scene {
    root: PathBuf,
    data: PathBuf,
}

impl Scene {
    fn new() -> Self {
        Self::at("data")
    }

    /// `data` below the scene's own folder.
    fn at(data: impl AsRef<Path>) -> Self {
        let root = PathBuf::from(format!("/tmp/pg-test-{:016x}", rand::random::<u64>()));
        fs::DirBuilder::new()
            .mode(0o755)
            .create(&root)
            .expect("a folder for the scene");
        Self {
            data: root.join(data),
            root,
        }
    }

    fn wanted(&self) -> Wanted {
        Wanted {
            data: self.data.clone(),
            data_for_root: None,
            programs: None,
            throw_away: true,
        }
    }

    async fn start(&self) -> LocalPostgres {
        LocalPostgres::start(self.wanted()).await.expect("a server")
    }

    async fn refusal(&self) -> LocalPostgresError {
        LocalPostgres::start(self.wanted()).await.expect_err("a refusal")
    }

    fn cluster(&self) -> PathBuf {
        self.data.join("postgresql/cluster")
    }

    fn pid_in_file(cluster: &Path) -> Option<u32> {
        fs::read_to_string(cluster.join("postmaster.pid"))
            .ok()?
            .lines()
            .next()?
            .parse()
            .ok()
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
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
            if let Some(socket) = file
                .lines()
                .nth(4)
                .filter(|socket| socket.starts_with("/tmp/comanda-"))
            {
                let _ = fs::remove_dir_all(socket);
            }
        }
        let _ = fs::remove_dir_all(&self.root);
    }
}

fn send(pid: u32, signal: Signal) {
    let pid = Pid::from_raw(pid.try_into().expect("a process")).expect("a process");
    let _ = kill_process(pid, signal);
}

fn is_alive(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| {
        stat.rsplit_once(") ")
            .is_some_and(|(_, state)| !state.starts_with('Z'))
    })
}

fn wait_until_gone(pid: u32) {
    for _ in 0..500 {
        if !is_alive(pid) {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("process {pid} is still there");
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

async fn say(to: PgConnectOptions, statement: &'static str) -> Result<(), sqlx::Error> {
    let mut db = PgConnection::connect_with(&to).await?;
    sqlx::raw_sql(statement).execute(&mut db).await?;
    db.close().await
}

async fn ask(to: PgConnectOptions, question: &'static str) -> String {
    let mut db = PgConnection::connect_with(&to).await.expect("a connection");
    sqlx::query_scalar(question)
        .fetch_one(&mut db)
        .await
        .expect("an answer")
}

#[tokio::test]
async fn a_new_house_gets_a_database_that_answers() {
    let scene = Scene::new();
    let postgres = scene.start().await;

    assert_eq!(
        ask(
            postgres.program(),
            "select current_user || '@' || current_database()"
        )
        .await,
        "comanda@comanda"
    );
    assert_eq!(
        ask(postgres.owner(), "select current_user::text").await,
        "comanda_owner"
    );
    assert_eq!(
        ask(postgres.admin(), "select current_setting('data_checksums')").await,
        "on"
    );
    assert_eq!(
        ask(postgres.admin(), "select current_setting('server_encoding')").await,
        "UTF8"
    );
    assert!(!postgres.adopted());
    assert_eq!(postgres.instead_of(), None);
    assert!(postgres.programs().join("postgres").is_file());
    postgres.stop().await.expect("a stop");
}

#[tokio::test]
async fn orders_survive_a_power_cut_unless_the_data_is_to_be_thrown_away() {
    let scene = Scene::new();
    let question = "select current_setting('fsync') || current_setting('synchronous_commit')
                        || current_setting('full_page_writes')";
    let postgres = LocalPostgres::start(Wanted {
        throw_away: false,
        ..scene.wanted()
    })
    .await
    .expect("a server");
    assert_eq!(ask(postgres.program(), question).await, "ononon");
    postgres.stop().await.expect("a stop");

    let careless = scene.start().await;
    assert_eq!(ask(careless.program(), question).await, "offoffoff");
    let careless_pid = careless.pid();
    drop(careless);

    // A careless server left behind is not what a house is opened on.
    let postgres = LocalPostgres::start(Wanted {
        throw_away: false,
        ..scene.wanted()
    })
    .await
    .expect("a server");
    assert_ne!(postgres.pid(), careless_pid);
    assert_eq!(ask(postgres.program(), question).await, "ononon");
    postgres.stop().await.expect("a stop");
}

#[tokio::test]
async fn nobody_can_listen_in_from_a_network() {
    let scene = Scene::new();
    let postgres = scene.start().await;

    assert_eq!(
        ask(postgres.admin(), "select current_setting('listen_addresses')").await,
        ""
    );
    let sockets = fs::read_to_string("/proc/net/tcp").unwrap_or_default();
    let ours = fs::read_dir(format!("/proc/{}/fd", postgres.pid()))
        .expect("the server's files")
        .filter_map(|file| fs::read_link(file.ok()?.path()).ok())
        .filter_map(|link| {
            Some(
                link.to_str()?
                    .strip_prefix("socket:[")?
                    .strip_suffix(']')?
                    .to_owned(),
            )
        })
        .filter(|inode| sockets.split_whitespace().any(|word| word == inode))
        .count();
    assert_eq!(ours, 0, "the server has a TCP socket");

    let run = scene.data.join("postgresql/run");
    let there = fs::metadata(&run).expect("the socket's folder");
    assert_eq!(there.permissions().mode() & 0o777, 0o700);
    let server = fs::metadata(format!("/proc/{}", postgres.pid())).expect("the server");
    assert_eq!(there.uid(), server.uid());
    if is_root() {
        assert_ne!(server.uid(), 0, "PostgreSQL runs as root");
    }
    postgres.stop().await.expect("a stop");
}

#[tokio::test]
async fn the_program_reads_and_writes_rows_and_changes_no_table() {
    let scene = Scene::new();
    let postgres = scene.start().await;
    say(
        postgres.owner(),
        "create table plates (id int generated by default as identity)",
    )
    .await
    .expect("a table");

    say(postgres.program(), "insert into plates default values")
        .await
        .expect("a row");
    assert_eq!(
        ask(postgres.program(), "select count(*)::text from plates").await,
        "1"
    );
    for refused in [
        "create table forks ()",
        "create temporary table forks ()",
        "create schema kitchen",
        "alter table plates add column colour text",
        "drop table plates",
        "truncate plates",
        "alter schema public owner to comanda",
        "create role thief",
        "set role comanda_owner",
        "select pg_read_file('postmaster.pid')",
    ] {
        let answer = say(postgres.program(), refused).await.expect_err(refused);
        let code = answer
            .as_database_error()
            .and_then(|err| err.code().map(Cow::into_owned));
        assert_eq!(code.as_deref(), Some("42501"), "{refused}: {answer}");
    }
    postgres.stop().await.expect("a stop");
}

#[tokio::test]
async fn a_closed_house_opens_with_its_data() {
    let scene = Scene::new();
    let postgres = scene.start().await;
    say(
        postgres.owner(),
        "create table plates (); insert into plates default values",
    )
    .await
    .expect("a plate");
    let pid = postgres.pid();
    postgres.stop().await.expect("a stop");
    assert!(!is_alive(pid));
    assert!(
        !scene.cluster().join("postmaster.pid").exists(),
        "a clean stop leaves nothing"
    );

    let postgres = scene.start().await;
    assert!(!postgres.adopted());
    assert_eq!(
        ask(postgres.program(), "select count(*)::text from plates").await,
        "1"
    );
    postgres.stop().await.expect("a stop");
}

#[tokio::test]
async fn a_killed_programs_server_is_adopted() {
    let scene = Scene::new();
    let postgres = scene.start().await;
    let pid = postgres.pid();
    let group =
        rustix::process::getpgid(Pid::from_raw(pid.try_into().expect("a process"))).expect("its group");
    assert_ne!(
        group,
        rustix::process::getpgrp(),
        "a Ctrl-C reaches the server too"
    );
    drop(postgres); // as far as the server can tell, that is a kill

    let postgres = scene.start().await;
    assert!(postgres.adopted());
    assert_eq!(postgres.pid(), pid);
    assert_eq!(ask(postgres.program(), "select 'here'").await, "here");
    postgres.stop().await.expect("a stop");
    assert!(!is_alive(pid), "an adopted server is stopped like one's own");
}

#[tokio::test]
async fn a_killed_server_is_started_anew_with_what_was_committed() {
    let scene = Scene::new();
    let durable = || {
        LocalPostgres::start(Wanted {
            throw_away: false,
            ..scene.wanted()
        })
    };
    let postgres = durable().await.expect("a server");
    say(
        postgres.owner(),
        "create table plates (); insert into plates default values",
    )
    .await
    .expect("a plate");
    // A session deep in work notices the end of its server late, and holds on to its memory until then.
    let busy = say(
        postgres.program(),
        "do $$ declare until timestamptz := clock_timestamp() + '2 s';
         begin while clock_timestamp() < until loop end loop; end $$",
    );
    let busy = tokio::spawn(busy);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let pid = postgres.pid();
    drop(postgres);
    send(pid, Signal::KILL);

    let postgres = durable().await.expect("a server");
    assert!(!postgres.adopted());
    assert_eq!(
        ask(postgres.program(), "select count(*)::text from plates").await,
        "1"
    );
    let _ = busy.await.expect("its end, either way");
    postgres.stop().await.expect("a stop");
}

#[tokio::test]
async fn a_stale_pid_file_that_names_somebody_else_does_not_keep_the_house_closed() {
    let scene = Scene::new();
    scene.start().await.stop().await.expect("a stop");
    let mut stranger = Command::new("sleep").arg("60").spawn().expect("somebody else");
    let file = scene.cluster().join("postmaster.pid");
    let cluster = scene.cluster();
    fs::write(
        &file,
        format!(
            "{}\n{}\n1\n5432\n/nowhere\n\n  1 1\nready   \n",
            stranger.id(),
            cluster.display()
        ),
    )
    .expect("what a power cut leaves");
    std::os::unix::fs::chown(&file, Some(fs::metadata(&cluster).expect("data").uid()), None)
        .expect("its owner");

    let started = LocalPostgres::start(scene.wanted()).await;
    let (pid, _) = (stranger.id(), stranger.kill());
    let _ = stranger.wait();
    // The same user's process might be a server, so PostgreSQL won't overrule it; under root it is plainly not.
    match started {
        Ok(postgres) if is_root() => postgres.stop().await.expect("a stop"),
        Ok(_) => panic!("PostgreSQL overruled a living process of its own user"),
        Err(err) => {
            assert!(!is_root(), "{err}");
            let said = err.to_string();
            assert!(
                said.contains(&pid.to_string()) && said.contains("sleep"),
                "{said}"
            );
        }
    }
}

#[tokio::test]
async fn the_second_program_is_told_who_holds_the_data() {
    let scene = Scene::new();
    let postgres = scene.start().await;

    let said = scene.refusal().await.to_string();
    assert!(
        said.contains(&format!("process {}", std::process::id())),
        "{said}"
    );
    assert!(said.contains("COMANDA_DATA"), "{said}");
    assert_eq!(ask(postgres.program(), "select 'here'").await, "here");
    postgres.stop().await.expect("a stop");
}

#[tokio::test]
async fn two_starts_at_once_make_one_house() {
    let scene = Scene::new();
    let (one, other) = tokio::join!(
        LocalPostgres::start(scene.wanted()),
        LocalPostgres::start(scene.wanted())
    );
    assert!(
        one.is_ok() ^ other.is_ok(),
        "one holds the folder: {one:?} {other:?}"
    );
    one.or(other)
        .expect("the one that holds it")
        .stop()
        .await
        .expect("a stop");
}

#[tokio::test]
async fn a_guest_joins_an_open_house_and_leaves_it_open() {
    let scene = Scene::new();
    let (host, guest) = tokio::join!(LocalPostgres::start(scene.wanted()), async {
        tokio::time::sleep(Duration::from_millis(50)).await; // while the host is still making the data
        LocalPostgres::join(scene.wanted()).await
    });
    let (host, guest) = (host.expect("a host"), guest.expect("a guest"));

    assert_eq!(guest.pid(), host.pid());
    assert_eq!(ask(guest.program(), "select 'here'").await, "here");
    guest.stop().await.expect("nothing to stop");
    assert_eq!(ask(host.program(), "select 'here'").await, "here");
    host.stop().await.expect("a stop");

    let alone = LocalPostgres::join(scene.wanted())
        .await
        .expect("a house to itself");
    let pid = alone.pid();
    alone.stop().await.expect("a stop");
    assert!(!is_alive(pid), "who joins an empty house holds it");
}

#[tokio::test]
async fn a_folder_may_have_spaces_and_quotes_in_its_name() {
    for name in ["the till's data", "caf\u{e9}, \"back\" $HOME"] {
        let scene = Scene::at(name);
        let postgres = scene.start().await;
        assert_eq!(ask(postgres.program(), "select 'here'").await, "here");
        let pid = postgres.pid();
        drop(postgres);
        let postgres = scene.start().await;
        assert_eq!(postgres.pid(), pid, "adopted");
        postgres.stop().await.expect("a stop");
    }
}

#[tokio::test]
async fn a_folder_may_lie_very_deep() {
    // Too long for a socket's address, then too long for PostgreSQL itself.
    for depth in [1, 9] {
        let scene = Scene::at(vec!["d".repeat(150); depth].join("/"));
        let postgres = scene.start().await;
        let pid = postgres.pid();
        assert_eq!(ask(postgres.program(), "select 'here'").await, "here");
        let socket = socket_of(&scene);
        assert!(
            socket.to_string_lossy().starts_with("/tmp/comanda-"),
            "{socket:?}"
        );
        assert_eq!(
            fs::metadata(&socket)
                .expect("the socket's folder")
                .permissions()
                .mode()
                & 0o777,
            0o700
        );
        drop(postgres);

        let postgres = scene.start().await;
        assert_eq!(postgres.pid(), pid, "adopted");
        drop(postgres);
        send(pid, Signal::KILL);
        wait_until_gone(pid);

        let postgres = scene.start().await;
        assert_eq!(socket_of(&scene), socket, "a short name is used again");
        postgres.stop().await.expect("a stop");
        assert!(!socket.exists(), "and goes with the server");
    }
}

fn socket_of(scene: &Scene) -> PathBuf {
    let file = fs::read_to_string(scene.cluster().join("postmaster.pid")).expect("a running server's file");
    file.lines().nth(4).expect("the socket's folder").into()
}

#[tokio::test]
async fn a_half_made_database_is_made_again() {
    let scene = Scene::new();
    scene.start().await.stop().await.expect("a stop");
    fs::rename(scene.cluster(), scene.data.join("postgresql/cluster.new"))
        .expect("what a killed initdb leaves");

    let postgres = scene.start().await;
    assert_eq!(ask(postgres.program(), "select 'here'").await, "here");
    assert!(!scene.data.join("postgresql/cluster.new").exists());
    postgres.stop().await.expect("a stop");
}

#[tokio::test]
async fn roots_data_goes_elsewhere_when_a_folder_on_the_way_is_closed() {
    if !is_root() {
        return; // an ordinary user's PostgreSQL is that user
    }
    let scene = Scene::at("home/clone/data");
    let home = scene.root.join("home");
    fs::DirBuilder::new()
        .mode(0o700)
        .create(&home)
        .expect("a home like root's");
    let elsewhere = scene.root.join("elsewhere");

    let said = scene.refusal().await.to_string();
    assert!(
        said.contains(&format!("{home:?}")) && said.contains("postgres"),
        "{said}"
    );
    assert!(
        !home.join("clone").exists(),
        "nothing is made where nothing can be kept"
    );

    let wanted = Wanted {
        data_for_root: Some(elsewhere.clone()),
        ..scene.wanted()
    };
    let postgres = LocalPostgres::start(wanted).await.expect("a server elsewhere");
    assert_eq!(postgres.data(), elsewhere);
    assert_eq!(postgres.instead_of(), Some(scene.data.as_path()));
    assert_eq!(ask(postgres.program(), "select 'here'").await, "here");
    postgres.stop().await.expect("a stop");
}

#[tokio::test]
async fn data_that_became_unreachable_is_not_replaced_by_an_empty_house() {
    if !is_root() {
        return;
    }
    let scene = Scene::at("home/data");
    scene.start().await.stop().await.expect("a stop");
    fs::set_permissions(scene.root.join("home"), fs::Permissions::from_mode(0o700)).expect("a closed home");

    let wanted = Wanted {
        data_for_root: Some(scene.root.join("elsewhere")),
        ..scene.wanted()
    };
    let refusal = LocalPostgres::start(wanted).await.expect_err("a refusal");
    assert!(matches!(refusal, LocalPostgresError::Closed { .. }), "{refusal}");
    assert!(!scene.root.join("elsewhere").exists());
}

#[tokio::test]
async fn an_ordinary_users_house_can_be_opened_by_root_and_by_them_again() {
    if !is_root() {
        return;
    }
    let scene = Scene::new();
    let users = fs::read_to_string("/etc/passwd").expect("the machine's users");
    let Some(line) = users.lines().find(|line| line.starts_with("nobody:")) else {
        return;
    };
    let owner = line
        .split(':')
        .nth(2)
        .and_then(|uid| uid.parse().ok())
        .expect("a number");
    fs::create_dir(&scene.data).expect("their folder");
    fs::set_permissions(&scene.data, fs::Permissions::from_mode(0o700)).expect("closed to others");
    fs::create_dir(scene.data.join("postgresql")).expect("their database's folder");
    for folder in [scene.data.clone(), scene.data.join("postgresql")] {
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).expect("closed to others");
        std::os::unix::fs::chown(folder, Some(owner), Some(owner)).expect("theirs");
    }

    let postgres = scene.start().await;
    assert_eq!(
        fs::metadata(format!("/proc/{}", postgres.pid()))
            .expect("the server")
            .uid(),
        owner
    );
    postgres.stop().await.expect("a stop");
    for entry in fs::read_dir(&scene.data).expect("their folder") {
        let entry = entry.expect("an entry");
        assert_eq!(
            entry.metadata().expect("its owner").uid(),
            owner,
            "{:?}",
            entry.path()
        );
    }
}

#[tokio::test]
async fn data_of_another_major_version_is_left_alone_and_its_package_named() {
    let scene = Scene::new();
    scene.start().await.stop().await.expect("a stop");
    fs::write(scene.cluster().join("PG_VERSION"), "9.6\n").expect("an old house");

    let said = scene.refusal().await.to_string();
    assert!(
        said.contains("postgresql-9") && said.contains("written by PostgreSQL 9"),
        "{said}"
    );
}

#[tokio::test]
async fn a_folder_that_is_no_database_is_not_written_into() {
    let scene = Scene::new();
    scene.start().await.stop().await.expect("a stop");
    fs::remove_file(scene.cluster().join("PG_VERSION")).expect("a damaged house");

    assert!(matches!(
        scene.refusal().await,
        LocalPostgresError::NotACluster { .. }
    ));
}

#[tokio::test]
async fn missing_programs_are_said_with_what_to_install() {
    let scene = Scene::new();
    let wanted = Wanted {
        programs: Some(scene.root.clone()),
        ..scene.wanted()
    };
    let said = LocalPostgres::start(wanted)
        .await
        .expect_err("a refusal")
        .to_string();
    assert!(
        said.contains(&format!("{:?}", scene.root)) && said.contains("initdb"),
        "{said}"
    );
}

#[tokio::test]
async fn a_failed_start_says_what_the_server_said() {
    let scene = Scene::new();
    scene.start().await.stop().await.expect("a stop");
    let conf = scene.cluster().join("postgresql.conf");
    fs::OpenOptions::new()
        .append(true)
        .open(&conf)
        .and_then(|mut conf| writeln!(conf, "work_mem = 'plenty'"))
        .expect("a slip of the pen");

    let said = scene.refusal().await.to_string();
    assert!(
        said.contains("work_mem") && said.contains("postgresql.log"),
        "{said}"
    );
}

/// A disk of 64 MB, unmounted at the end.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: &Path) -> Option<Self> {
        fs::create_dir(at).expect("a place for the disk");
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", "size=64m,mode=755", "tmpfs"])
            .arg(at);
        let mounted = mount
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        mounted.then(|| Self(at.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[tokio::test]
async fn a_full_disk_is_called_by_its_name() {
    let scene = Scene::at("disk/data");
    let Some(disk) = SmallDisk::mount(&scene.root.join("disk")) else {
        return;
    };

    let said = scene.refusal().await.to_string();
    assert!(said.contains("is full") && said.contains("200 MB"), "{said}");
    assert!(!scene.cluster().exists(), "nothing half made");

    // And a house that was open, on a disk that filled up overnight.
    let other = Scene::new();
    other.start().await.stop().await.expect("a stop");
    let data = disk.0.join("data");
    fs::remove_dir_all(&data).expect("room for it");
    let copied = Command::new("cp")
        .arg("-a")
        .arg(&other.data)
        .arg(&data)
        .status()
        .expect("cp");
    assert!(copied.success());
    let mut rest = fs::File::create(disk.0.join("rest")).expect("a file");
    while rest.write_all(&[0; 4096]).is_ok() {}

    let refusal = scene.refusal().await;
    assert!(
        matches!(refusal, LocalPostgresError::DiskFull { .. }),
        "{refusal}"
    );
}
