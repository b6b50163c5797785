//! What the scenes share: a dump, the ways in, the manager's view.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use rustix::process::Signal;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions as _, PgConnection};

use super::house::{House, PLAIN, said, send};

/// A dump of the house as it is.
pub(crate) async fn dump(house: &House, name: &str) -> PathBuf {
    let path = house.root.join(name);
    let done = house.errand(PLAIN, &["backup", &path.to_string_lossy()]).await;
    assert!(done.status.success() && said(&done).contains("restored and counted"), "{}", said(&done));
    path
}

/// `comanda restore`, with these words behind the file.
pub(crate) async fn restore(house: &House, dump: &Path, words: &[&str]) -> Output {
    let path = dump.to_string_lossy();
    let words: Vec<&str> = ["restore", &path].into_iter().chain(words.iter().copied()).collect();
    house.errand(PLAIN, &words).await
}

/// The words of an errand that must have failed.
pub(crate) fn refusal(output: &Output) -> String {
    assert!(!output.status.success(), "it was done: {}", said(output));
    said(output)
}

/// Tells the program to stop, and waits for its end.
pub(crate) async fn close(house: &mut House) {
    send(house.pid(), Signal::TERM);
    house.ended().await;
}

/// A database of the house's server, as that role. The server has to run.
pub(crate) async fn connect(house: &House, role: &str, database: &str) -> PgConnection {
    let file =
        fs::read_to_string(house.data.join("postgresql/cluster/postmaster.pid")).expect("a running server");
    let socket = file.lines().nth(4).expect("where it listens").to_owned();
    let options = PgConnectOptions::new_without_pgpass().socket(socket).ssl_mode(PgSslMode::Disable);
    options.username(role).database(database).connect().await.expect("a connection")
}

pub(crate) async fn ask<T>(db: &mut PgConnection, question: &str) -> T
where
    T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres> + Send + Unpin,
{
    let answer = sqlx::query_scalar(AssertSqlSafe(question)).fetch_one(db).await;
    answer.unwrap_or_else(|err| panic!("{question}: {err}"))
}

pub(crate) async fn say(db: &mut PgConnection, statement: &str) {
    let done = sqlx::raw_sql(AssertSqlSafe(statement)).execute(db).await;
    done.unwrap_or_else(|err| panic!("{statement}: {err}"));
}

/// A page, as that person's machine sees it.
pub(crate) async fn page(house: &House, token: &str, path: &str) -> String {
    let asked = reqwest::Client::new().get(house.base() + path).bearer_auth(token).send();
    asked.await.expect("an answer").text().await.expect("text")
}

/// A key in the name of the manager.
pub(crate) async fn manager(house: &House) -> String {
    let made = house.errand(PLAIN, &["token", "--name", "watch", "--staff", "Sofia"]).await;
    assert!(made.status.success(), "{}", said(&made));
    String::from_utf8(made.stdout).expect("text").trim().to_owned()
}
