//! A database of one test's own, on the server that `COMANDA_TEST_DATABASE_URL` names.

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, PgConnection, PgPool};
use uuid::Uuid;

/// A migrated database, gone again after [`Database::drop`].
pub(crate) struct Database {
    /// As its owner.
    pub(crate) pool: PgPool,
    name: String,
}

impl Database {
    /// A new one with the house's schema and nothing in it.
    pub(crate) async fn migrated() -> Self {
        let name = format!("comanda_demo_{}", Uuid::now_v7().simple());
        run(&format!("create database {name}")).await;
        let pool = PgPoolOptions::new().max_connections(3);
        let pool = pool.connect_with(server().database(&name)).await;
        let pool = pool.expect("the new database takes connections");
        let migrations = sqlx::migrate!().run(&pool).await;
        migrations.expect("the migrations apply");
        Self { pool, name }
    }

    /// Drops it. A test that failed leaves it behind to be looked at.
    pub(crate) async fn drop(self) {
        self.pool.close().await;
        run(&format!("drop database {}", self.name)).await;
    }
}

fn server() -> PgConnectOptions {
    let url = std::env::var("COMANDA_TEST_DATABASE_URL");
    let url = url.expect("COMANDA_TEST_DATABASE_URL names a PostgreSQL where databases may be created");
    url.parse().expect("COMANDA_TEST_DATABASE_URL is an address")
}

async fn run(statement: &str) {
    let mut server: PgConnection = server().connect().await.expect("the test's PostgreSQL answers");
    // Safe: the only name in it was made above.
    let done = sqlx::query(AssertSqlSafe(statement)).execute(&mut server).await;
    done.expect("the test's PostgreSQL creates and drops databases");
}
