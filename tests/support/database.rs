//! A database of one test's own: a copy of a template on a PostgreSQL that all test programs of a build share.
//!
//! The server is private, lies in the build's own folder and ends itself a minute after the last test. A template
//! is made once; its name carries what it was made of, so a stale one is never copied. A copy takes about 30 ms, and
//! the PINs of the demo restaurant are hashed once a template, not once a test.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use comanda::domain::demo::STAFF;
use comanda::local_postgres::{LocalPostgres, Wanted};
use comanda::store;
use comanda::web::pins::Pins;
use sha2::{Digest, Sha256};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection};
use time::OffsetDateTime;
use time::macros::datetime;
use tokio::sync::OnceCell;

/// When every test begins: a Friday, 21:40 in Lisbon. Far ahead, so that no browser's clock ends a session.
pub(crate) const FRIDAY: OffsetDateTime = datetime!(2099-11-20 21:40 UTC);

/// A copy whose test was killed is swept by a later run when it is this old.
const FORGOTTEN_AFTER_S: u64 = 15 * 60;

/// A database that ends with its value, after a panic too.
pub(crate) struct Database {
    name: String,
    server: &'static Server,
}

struct Server {
    postgres: LocalPostgres,
    schema: String,
    demo: String,
}

static SERVER: OnceCell<Server> = OnceCell::const_new();

impl Database {
    /// A fresh copy: of the `schema` alone, or of the `demo` restaurant as of [`FRIDAY`].
    pub(crate) async fn copy(of: &str) -> Self {
        let server = SERVER.get_or_init(Server::open).await;
        let template = match of {
            "schema" => &server.schema,
            "demo" => &server.demo,
            other => panic!("there is no template {other}"),
        };
        let name = format!("test_{}_{:08x}", now_s(), rand::random::<u32>());
        let mut admin = server.admin().await;
        say(&mut admin, &format!("create database {name} template {template} owner comanda_owner")).await;
        Self { name, server }
    }

    /// Signs in as the owner: migrations, the demo, and a test that looks at rows.
    pub(crate) fn owner(&self) -> PgConnectOptions {
        self.server.postgres.owner().database(&self.name)
    }

    /// In this database with every right there is.
    pub(crate) async fn admin(&self) -> PgConnection {
        self.server
            .postgres
            .admin()
            .database(&self.name)
            .connect()
            .await
            .expect("the tests' PostgreSQL answers")
    }

    /// Signs in with the rights of the program that serves.
    pub(crate) fn program(&self) -> PgConnectOptions {
        self.server.postgres.program().database(&self.name)
    }

    /// What proves the PINs of the demo restaurant.
    pub(crate) fn pins(&self) -> Pins {
        Pins::open(self.server.postgres.data()).expect("the key of the PINs")
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (admin, name) = (self.server.postgres.admin(), self.name.clone());
        // A thread of its own: the test's runtime may be on its way out.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let mut admin = admin.connect().await?;
                let statement = AssertSqlSafe(format!("drop database if exists {name} with (force)"));
                sqlx::query(statement).execute(&mut admin).await?;
                admin.close().await
            })
        });
        let _ = dropping.join(); // a later run sweeps what stays
    }
}

impl Server {
    async fn open() -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("postgres");
        let wanted = Wanted {
            data_for_root: Some(PathBuf::from(format!(
                "/var/tmp/comanda-test-{}",
                &hex(folder.as_os_str().as_encoded_bytes())[..12]
            ))),
            data: folder,
            programs: None,
            throw_away: true,
        };
        let postgres = LocalPostgres::join(wanted).await.expect("a PostgreSQL for the tests");
        if !postgres.adopted() {
            end_when_idle(postgres.pid());
        }
        let mut server = Self { postgres, schema: String::new(), demo: String::new() };
        let mut admin = server.admin().await;
        // Of all test programs that start at once, one makes the templates.
        say(&mut admin, "select pg_advisory_lock(86)").await;
        let pins = Pins::open(server.postgres.data()).expect("a key for the PINs");
        let made_of = made_of(server.postgres.data());
        server.schema = server.template(&mut admin, &format!("schema_{made_of}"), None).await;
        server.demo = server.template(&mut admin, &format!("demo_{made_of}"), Some(&pins)).await;
        sweep(&mut admin, &made_of).await;
        admin.close().await.expect("the lock is let go of");
        server
    }

    async fn admin(&self) -> PgConnection {
        self.postgres.admin().connect().await.expect("the tests' PostgreSQL answers")
    }

    /// The template of that name, made if it is missing; with PINs it holds the demo restaurant.
    async fn template(&self, admin: &mut PgConnection, name: &str, demo: Option<&Pins>) -> String {
        let there: bool = sqlx::query_scalar(
            "select exists (select from pg_database where datname = $1 and datistemplate)",
        )
        .bind(name)
        .fetch_one(&mut *admin)
        .await
        .expect("the list of databases");
        if there {
            return name.to_owned();
        }
        say(admin, &format!("drop database if exists {name} with (force)")).await;
        say(admin, &format!("create database {name} owner comanda_owner")).await;
        let owner = self.postgres.owner().database(name);
        let program = self.postgres.program();
        store::migrations::run(&owner, program.get_username()).await.expect("the migrations apply");
        if let Some(pins) = demo {
            let hashes: Vec<String> =
                STAFF.iter().map(|person| pins.hash_now(person.pin).expect("a hash")).collect();
            let pool =
                PgPoolOptions::new().max_connections(1).connect_with(owner).await.expect("a connection");
            store::demo::seed(&pool, FRIDAY, &hashes).await.expect("the demo is seeded");
            pool.close().await;
        }
        say(admin, &format!("alter database {name} is_template true allow_connections false")).await;
        name.to_owned()
    }
}

/// Removes copies that nobody ended, and templates of other builds.
async fn sweep(admin: &mut PgConnection, made_of: &str) {
    let names: Vec<String> = sqlx::query_scalar("select datname::text from pg_database")
        .fetch_all(&mut *admin)
        .await
        .expect("the list of databases");
    for name in names {
        let made_at = name.strip_prefix("test_").and_then(|rest| rest.split('_').next()?.parse::<u64>().ok());
        let old_template =
            (name.starts_with("schema_") || name.starts_with("demo_")) && !name.ends_with(made_of);
        if old_template {
            say(admin, &format!("alter database {name} is_template false")).await;
        }
        if old_template || made_at.is_some_and(|made_at| made_at + FORGOTTEN_AFTER_S < now_s()) {
            say(admin, &format!("drop database if exists {name} with (force)")).await;
        }
    }
}

/// A digest of everything that a template is made of.
fn made_of(data: &Path) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = vec![data.join("pin.key"), root.join("tests/support/database.rs")];
    for folder in
        ["migrations", "src/store/demo", "src/domain/demo", "src/domain/demo/menu", "src/store", "src/domain"]
    {
        let entries = std::fs::read_dir(root.join(folder)).expect("a folder of the sources");
        let paths = entries.map(|entry| entry.expect("a file").path());
        let wanted = |path: &PathBuf| {
            path.is_file() && (folder == "migrations" || path.to_string_lossy().contains("demo"))
        };
        files.extend(paths.filter(wanted));
    }
    files.sort();
    let bytes: Vec<u8> =
        files.iter().flat_map(|file| std::fs::read(file).expect("a file of the sources")).collect();
    hex(bytes)[..16].to_owned()
}

/// Ends the server a minute after nobody uses it any more: test programs come and go, and none knows whether it is
/// the last. The children of PostgreSQL that serve somebody carry `[local]` in their names.
fn end_when_idle(pid: u32) {
    let watch = format!(
        "idle=0
        while kill -0 {pid} && [ $idle -lt 6 ]; do
            sleep 10
            if ps -A -o ppid= -o args= | grep '^ *{pid} ' | grep -q '\\[local\\]'; then idle=0; else idle=$((idle + 1)); fi
        done
        kill -INT {pid}"
    );
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(watch).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    std::os::unix::process::CommandExt::process_group(&mut shell, 0); // Ctrl-C of a test run is not meant for it
    #[expect(clippy::zombie_processes, reason = "it is there to outlive us")]
    shell.spawn().expect("a shell");
}

async fn say(db: &mut PgConnection, statement: &str) {
    // Safe: the only names in it were made here.
    let said = sqlx::raw_sql(AssertSqlSafe(statement)).execute(db).await;
    said.unwrap_or_else(|err| panic!("{statement}: {err}"));
}

fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs()
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    let digits =
        |byte: &u8| [byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16).unwrap_or('0'));
    Sha256::digest(bytes).iter().flat_map(digits).collect()
}
