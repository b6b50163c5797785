//! A house that is open: router, chores and clock as the program has them, on a port of its own.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use clap::Parser as _;
use comanda::clock::Clock;
use comanda::config::{Comanda, Settings};
use comanda::web::state::{App, Phase};
use comanda::{chores, entrance, serve, store};
use sqlx::postgres::{PgArguments, PgPoolOptions};
use sqlx::{AssertSqlSafe, Decode, PgPool, Postgres, Type};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::SOON;
use super::client::Client;
use super::database::{Database, FRIDAY};

/// Tables that a command writes. What is refused leaves every one as it was.
const WRITTEN: [&str; 15] = [
    "audit",
    "api_tokens",
    "checks",
    "fires",
    "items",
    "order_lines",
    "paired_devices",
    "pairing_codes",
    "orders",
    "screens",
    "screen_stations",
    "tables",
    "tenders",
    "ticket_lines",
    "tickets",
];

/// Casa Gaivota on a Friday evening, open for one test.
pub(crate) struct TestApp {
    /// The program's own parts.
    pub(crate) app: App,
    /// The house's clock; it stands still until a test moves it.
    pub(crate) clock: Clock,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// The database as its owner sees it.
    pub(crate) db: PgPool,
    stop: watch::Sender<Phase>,
    server: JoinHandle<()>,
    chores: JoinSet<()>,
    database: Database, // the last to go
}

impl TestApp {
    /// Opens the house. Its cookies are plain, as with `--insecure-http`.
    pub(crate) async fn spawn() -> Self {
        Self::with(&["--insecure-http"]).await
    }

    /// Opens the house with these settings.
    pub(crate) async fn with(arguments: &[&str]) -> Self {
        Self::over("demo", arguments).await
    }

    /// Opens the program over a database without any restaurant.
    pub(crate) async fn without_a_house() -> Self {
        Self::over("schema", &["--insecure-http"]).await
    }

    async fn over(template: &str, arguments: &[&str]) -> Self {
        let database = Database::copy(template).await;
        let settings = settings(arguments);
        let pool = store::pool::open(database.program(), 6).await.expect("the serving pool");
        let clock = Clock::fixed(FRIDAY);
        let (app, stop) = serve::wire(settings, pool, clock.clone(), database.pins(), None);
        let chores = chores::start(&app);
        let listener = entrance::listen(([127, 0, 0, 1], 0).into()).expect("a port");
        let address = listener.local_addr().expect("an address");
        let server = tokio::spawn(serve::answer(listener, app.clone()));
        let db = PgPoolOptions::new().max_connections(2).connect_lazy_with(database.owner());
        Self { app, clock, address, db, stop, server, chores, database }
    }

    /// Starts another process beside this one, without a bell between them.
    pub(crate) async fn beside(&self) -> Beside {
        let (settings, pins) = (self.app.settings.clone(), self.database.pins());
        let pool = store::pool::open(self.database.program(), 6).await.expect("the serving pool");
        let (app, stop) = serve::wire(settings, pool, self.clock.clone(), pins, None);
        let chores = chores::start(&app);
        let listener = entrance::listen(([127, 0, 0, 1], 0).into()).expect("a port");
        let address = listener.local_addr().expect("an address");
        Beside { address, server: tokio::spawn(serve::answer(listener, app)), _stop: stop, _chores: chores }
    }

    /// A browser that nobody signed in on.
    pub(crate) fn stranger(&self) -> Client {
        Client::new(self.address)
    }

    /// A browser of that person, signed in.
    pub(crate) async fn sign_in(&self, name: &str) -> Client {
        let client = self.stranger();
        client.sign_in(name, None).await;
        client
    }

    /// A browser on which that person signed in on the way to `next`: `/kitchen/grill` binds it to that page.
    pub(crate) async fn sign_in_at(&self, name: &str, next: &str) -> Client {
        let client = self.stranger();
        client.sign_in(name, Some(next)).await;
        client
    }

    /// Inês, who serves.
    pub(crate) async fn as_waiter(&self) -> Client {
        self.sign_in("Inês").await
    }

    /// Rui, who keeps the fire.
    pub(crate) async fn as_cook(&self) -> Client {
        self.sign_in("Rui").await
    }

    /// Catarina, at the pass.
    pub(crate) async fn as_expo(&self) -> Client {
        self.sign_in("Catarina").await
    }

    /// Sofia, who runs the shift.
    pub(crate) async fn as_manager(&self) -> Client {
        self.sign_in("Sofia").await
    }

    /// A machine with a key that speaks for Sofia.
    pub(crate) async fn as_machine(&self) -> Client {
        let made =
            self.as_manager().await.post("/manage/tokens", &serde_json::json!({ "name": "till" })).await;
        self.with_key(made.json()["token"].as_str().expect("a key"))
    }

    /// A machine with that key.
    pub(crate) fn with_key(&self, token: &str) -> Client {
        Client::with_key(self.address, token)
    }

    /// Lets time pass on the house's clock.
    pub(crate) fn pass(&self, time: time::Duration) {
        self.clock.set(self.clock.now() + time);
    }

    /// What a statement answers.
    pub(crate) async fn ask<T>(&self, statement: &str, about: impl Into<Option<Uuid>>) -> T
    where
        T: Send + Unpin + for<'r> Decode<'r, Postgres> + Type<Postgres>,
    {
        let query = sqlx::query_scalar::<_, T>(AssertSqlSafe(statement));
        let query = match about.into() {
            Some(id) => query.bind(id),
            None => query,
        };
        query.fetch_one(&self.db).await.unwrap_or_else(|err| panic!("{statement}: {err}"))
    }

    /// Does what a statement says, as the owner.
    pub(crate) async fn say(&self, statement: &str, arguments: PgArguments) {
        let said = sqlx::query_with(AssertSqlSafe(statement), arguments).execute(&self.db).await;
        said.unwrap_or_else(|err| panic!("{statement}: {err}"));
    }

    /// A digest of every row that commands write, by table, and the turn.
    pub(crate) async fn rows(&self) -> BTreeMap<&'static str, String> {
        let mut rows = BTreeMap::new();
        for table in WRITTEN {
            let digest =
                format!("select md5(coalesce(string_agg(t::text, ' ' order by t::text), '')) from {table} t");
            rows.insert(table, self.ask(&digest, None).await);
        }
        rows.insert("turn", self.ask("select sum(seq)::text from boards", None).await);
        rows
    }

    /// Waits until a statement about rows is true: chores have their own pace.
    pub(crate) async fn until(&self, statement: &str, about: impl Into<Option<Uuid>>) {
        let about = about.into();
        let give_up_at = Instant::now() + SOON;
        while !self.ask::<bool>(statement, about).await {
            assert!(Instant::now() < give_up_at, "never true: {statement}");
            sleep(Duration::from_millis(25)).await;
        }
    }

    /// Tells the program to stop, as SIGTERM does.
    pub(crate) fn stop(&self) {
        self.stop.send_replace(Phase::Closing);
    }
}

/// One more process over the same database.
pub(crate) struct Beside {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    server: JoinHandle<()>,
    _stop: watch::Sender<Phase>,
    _chores: JoinSet<()>,
}

impl Drop for Beside {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.chores.abort_all();
        self.server.abort();
    }
}

fn settings(arguments: &[&str]) -> Settings {
    let words = ["comanda"].iter().chain(arguments);
    Comanda::parse_from(words).settings
}
