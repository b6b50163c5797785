//! What the server is told, and how it is reached.

use std::path::Path;

use sqlx::postgres::{PgConnectOptions, PgSslMode};

/// The port names the socket; the folder is private, so it need not be free on the machine.
const PORT: u16 = 5432;

/// What the server is told. Where it listens is said here and not in a file, so that no edit can open it.
pub(super) fn settings(socket: &Path, throw_away: bool) -> Vec<String> {
    let mut settings = vec![
        "listen_addresses=".to_owned(), // no network at all
        format!("unix_socket_directories=\"{}\"", socket.display()),
        "unix_socket_permissions=0700".to_owned(),
        format!("port={PORT}"),
        "max_connections=60".to_owned(), // one program's pool, a backup, somebody with psql
        "shared_buffers=128MB".to_owned(), // a day of a house fits; the till's machine has other work
        "wal_compression=on".to_owned(), // fewer bytes for the small disks tills have
        "timezone=UTC".to_owned(),       // a day's borders come from the location, never from the machine
        "log_timezone=UTC".to_owned(),
        // A young house is described to the planner while it is still young: every minute is too late for its first rush.
        "autovacuum_naptime=10s".to_owned(),
        "log_checkpoints=off".to_owned(), // a line every five minutes that nobody reads
        "log_min_error_statement=panic".to_owned(), // a refused order is an answer, its text no news for a log
    ];
    if throw_away {
        settings.extend(
            ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200"]
                .map(str::to_owned),
        );
    }
    settings
}

/// How to reach a database of a server.
pub(super) fn options(socket: &Path, role: &str, database: &str) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass()
        .socket(socket)
        .port(PORT)
        .username(role)
        .database(database)
        .ssl_mode(PgSslMode::Disable) // whatever PGSSLMODE wants of other servers: this one is a file
        .application_name("comanda")
}
