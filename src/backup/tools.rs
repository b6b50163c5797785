//! PostgreSQL's own programs, told where to go by their environment: what stands there only this user can read, and a
//! password never stands among the arguments.

use std::fs::File;
use std::path::Path;
use std::process::Stdio;

use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnectOptions;
use tokio::process::Command;

use super::error::{BackupError, While as _};
use super::place::Place;

/// The end of what a program said.
const SAID_LINES_MAX: usize = 8;

/// One of the programs, with nothing of this process's environment but what finds files.
pub(super) fn program(place: &Place, name: &str) -> Command {
    let mut command = Command::new(place.programs.join(name));
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("LC_ALL", "C.UTF-8");
    if let Some(home) = std::env::var_os("HOME") {
        command.env("HOME", home); // ~/.postgresql has certificates
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

/// Tells it which database, as whom, and how.
pub(super) fn reach(command: &mut Command, to: &PgConnectOptions) {
    let host =
        to.get_socket().map_or_else(|| to.get_host().to_owned(), |socket| socket.display().to_string());
    command
        .env("PGHOST", host)
        .env("PGPORT", to.get_port().to_string())
        .env("PGUSER", to.get_username())
        .env("PGDATABASE", to.get_database().unwrap_or_else(|| to.get_username()))
        .env("PGAPPNAME", "comanda backup");
    let url = to.to_url_lossy();
    for (key, value) in url.query_pairs() {
        let variable = match &*key {
            "sslmode" => "PGSSLMODE",
            "sslrootcert" => "PGSSLROOTCERT",
            "sslcert" => "PGSSLCERT",
            "sslkey" => "PGSSLKEY",
            _ => continue,
        };
        command.env(variable, &*value);
    }
    let password = url
        .password()
        .map(|coded| serde_urlencoded::from_str::<Vec<(String, String)>>(&format!("p={coded}")));
    if let Some(Ok(pairs)) = password
        && let Some((_, password)) = pairs.into_iter().next()
    {
        command.env("PGPASSWORD", password);
    }
}

/// Runs it to its end. What it printed is told where it gave up.
pub(super) async fn run(
    mut command: Command,
    name: &'static str,
    path: &Path,
) -> Result<Vec<u8>, BackupError> {
    // Not `output()`, which would take a dump's own file away and keep all of it in memory.
    let child = command.spawn().while_trying("run", path)?;
    let output = child.wait_with_output().await.while_trying("run", path)?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<_> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let said = match lines.len() {
        0 => "nothing".to_owned(),
        count => lines[count.saturating_sub(SAID_LINES_MAX)..].join("; "),
    };
    Err(BackupError::Tool { program: name, said })
}

/// `pg_restore` with a dump as its input.
pub(super) fn pg_restore(place: &Place, dump: &Path) -> Result<Command, BackupError> {
    let mut command = program(place, "pg_restore");
    command.stdin(File::open(dump).while_trying("open", dump)?);
    Ok(command)
}
