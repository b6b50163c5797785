//! The doors between the rooms, read from the sources: which room may name which, and which crates. What is here
//! stands in docs/architecture.md in words.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A room and its doors. The first one that a file's path begins with is its own.
struct Room {
    path: &'static str,
    /// Rooms of ours that it may name, besides itself.
    rooms: &'static [&'static str],
    /// Crates that it may name, besides the standard library.
    crates: &'static [&'static str],
    /// What the door is for, said to whoever runs into it.
    why: &'static str,
}

const ROOMS: &[Room] = &[
    Room {
        path: "domain",
        rooms: &[],
        crates: &["jiff", "serde", "sha2", "sqlx", "thiserror", "time", "uuid"],
        why: "domain holds the rules of the house, pure: no I/O, no clock, no async, no other room",
    },
    Room {
        path: "store",
        rooms: &["domain"],
        crates: &["serde", "serde_json", "sha2", "sqlx", "thiserror", "time", "tracing", "uuid"],
        why: "store is SQL and nothing else: no page, no socket, no header",
    },
    Room {
        path: "fragments",
        rooms: &["domain"],
        crates: &["askama", "time"],
        why: "fragments draw what they are handed: they ask nobody",
    },
    Room {
        path: "board/core",
        rooms: &[],
        crates: &[],
        why: "the core is a value: no task, no clock, no socket, so that its interleavings can be proved",
    },
    Room {
        path: "board/attachment",
        rooms: &["domain", "store"],
        crates: &["bytes"],
        why: "a screen's place is a cursor at its hub, and its receipts are the store's; it asks nothing itself",
    },
    Room {
        path: "board/callers",
        rooms: &[],
        crates: &["tokio"],
        why: "callers walk lists: what a screen does when it is called is its own business",
    },
    Room {
        path: "board/bell",
        rooms: &["domain"],
        crates: &["redis", "tokio", "tracing"],
        why: "the bell says which board moved and hears the same of others: Redis is nobody else's business",
    },
    Room {
        path: "board/outlook",
        rooms: &["domain", "metrics"],
        crates: &[],
        why: "how boards stand is said of what the hub holds; it asks nobody",
    },
    Room {
        path: "board/hub",
        rooms: &["clock", "domain", "metrics", "store"],
        crates: &["bytes", "sqlx", "time", "tokio", "tracing"],
        why: "the hub is tokio and the delta around the core; it knows no browser",
    },
    Room {
        path: "board",
        rooms: &["domain", "fragments"],
        crates: &["askama", "bytes", "serde", "serde_json", "tracing"],
        why: "board says who is watching now; only its hub runs tasks and reads the database",
    },
    Room {
        path: "web/limits",
        rooms: &["board"],
        crates: &["redis", "time", "tokio", "tracing"],
        why: "limits count requests, and add up with other processes through Redis",
    },
    Room {
        path: "web",
        rooms: &[
            "board",
            "clock",
            "config",
            "disk",
            "domain",
            "fragments",
            "lan",
            "metrics",
            "store",
            "this_process",
        ],
        crates: &[
            "argon2",
            "askama",
            "async_trait",
            "axum",
            "base64",
            "bytes",
            "futures_util",
            "hmac",
            "hyper",
            "hyper_util",
            "rand",
            "rmp_serde",
            "serde",
            "serde_ignored",
            "serde_json",
            "serde_urlencoded",
            "sha2",
            "sqlx",
            "thiserror",
            "time",
            "tokio",
            "tokio_tungstenite",
            "tower_sessions",
            "tracing",
            "uuid",
        ],
        why: "web is what the browser talks to; it knows nothing of how the program was started",
    },
    Room {
        path: "app",
        rooms: &["web"],
        crates: &["axum", "tower_http", "tower_sessions"],
        why: "app is the list of routes and the stack of layers, and nothing happens there",
    },
    Room {
        path: "chores",
        rooms: &["config", "disk", "domain", "metrics", "store", "web"],
        crates: &["tokio", "tracing"],
        why: "chores go through the same door for commands as everyone",
    },
    Room {
        path: "metrics",
        rooms: &[],
        crates: &["prometheus", "tracing"],
        why: "what is counted is numbers: who counts names it, and it names nobody",
    },
    Room {
        path: "this_process",
        rooms: &["domain"],
        crates: &["time"],
        why: "what the system says of this process",
    },
    Room { path: "clock", rooms: &[], crates: &["time"], why: "the clock asks nobody" },
    Room {
        path: "disk",
        rooms: &[],
        crates: &["rustix"],
        why: "how much room is left is numbers: what is given up for it is others' business",
    },
    Room {
        path: "backup",
        rooms: &["clock", "config", "disk", "domain", "local_postgres", "store", "this_process"],
        crates: &["rand", "serde_json", "serde_urlencoded", "sqlx", "thiserror", "time", "tokio", "tracing"],
        why: "dumps are files and databases: no page, no screen and no rule",
    },
    Room {
        path: "config",
        rooms: &[],
        crates: &["clap", "ipnet", "redis", "sqlx"],
        why: "settings are read before anything runs",
    },
    Room {
        path: "local_postgres",
        rooms: &[],
        crates: &["rand", "rustix", "sqlx", "thiserror", "tokio", "tracing"],
        why: "the private PostgreSQL knows nothing of restaurants",
    },
    Room {
        path: "house_database",
        rooms: &["config", "local_postgres", "store"],
        crates: &["sqlx", "thiserror", "tokio", "tracing"],
        why: "which database, migrated and checked: no page and no rule",
    },
    Room {
        path: "lan",
        rooms: &["clock", "tls"],
        crates: &[
            "if_addrs",
            "ipnet",
            "qrcode",
            "rcgen",
            "rustix",
            "serde",
            "serde_json",
            "sha2",
            "thiserror",
            "time",
            "tokio",
            "tokio_rustls",
            "tracing",
        ],
        why: "the house's own network is names, addresses and certificates: no page and no rule",
    },
    Room {
        path: "tls",
        rooms: &[],
        crates: &["axum", "thiserror", "tokio", "tokio_rustls", "tokio_util", "tracing"],
        why: "a door shows a certificate; what is behind it is not its business",
    },
    Room {
        path: "lines",
        rooms: &["tls"],
        crates: &["axum", "hyper", "hyper_util", "rustix", "tokio", "tokio_util", "tower", "tracing"],
        why: "a line is answered by whatever router it is given; what is asked there is not its business",
    },
    Room {
        path: "entrance",
        rooms: &["clock", "config", "errands", "lan", "tls"],
        crates: &["rustix", "time", "tokio", "tokio_rustls"],
        why: "ports are opened before anything is behind them",
    },
    Room {
        path: "welcome",
        rooms: &["domain", "errands", "house_database", "lan"],
        crates: &[],
        why: "what the terminal says",
    },
    Room {
        path: "probe",
        rooms: &[],
        crates: &["thiserror", "tokio", "tokio_rustls"],
        why: "who asks whether the program is alive knows nothing else of it",
    },
    Room {
        path: "secrets",
        rooms: &["config"],
        crates: &["thiserror"],
        why: "secrets are read before anything runs",
    },
    Room {
        path: "supervisor",
        rooms: &["probe"],
        crates: &["listenfd", "rustix", "sd_notify", "tokio", "tokio_rustls", "tracing"],
        why: "a supervisor hears whether the program lives, and nothing of restaurants",
    },
    Room {
        path: "errands",
        rooms: &["backup", "clock", "config", "domain", "house_database", "probe", "store", "tls", "web"],
        crates: &["rand", "sqlx", "tokio_rustls"],
        why: "errands do one thing and end: they open no port",
    },
    Room {
        path: "serve",
        rooms: &[
            "app",
            "backup",
            "board",
            "chores",
            "clock",
            "config",
            "disk",
            "domain",
            "entrance",
            "errands",
            "house_database",
            "lan",
            "lines",
            "metrics",
            "store",
            "supervisor",
            "this_process",
            "tls",
            "web",
            "welcome",
        ],
        crates: &["axum", "sqlx", "time", "tokio", "tracing"],
        why: "serve puts the parts together; what they do is theirs",
    },
    Room {
        path: "",
        rooms: &[],
        crates: &["clap", "comanda", "tokio", "tracing_subscriber"],
        why: "main and lib only point the way",
    },
];

/// Lines of code in a file, at most; its tests are not counted.
const LINES_MAX: usize = 400;
struct Source {
    /// Below `src/`.
    path: String,
    /// Without comments and tests, line by line.
    lines: Vec<String>,
}

fn below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of the sources") {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => below(&path, found),
            false if path.extension().is_some_and(|ext| ext == "rs") => found.push(path),
            false => {}
        }
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    below(&root, &mut paths);
    paths.sort();
    let sources: Vec<Source> = paths
        .iter()
        .map(|path| {
            let text = fs::read_to_string(path).expect("a source");
            let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
            let path = path.strip_prefix(&root).expect("below src").to_string_lossy().into_owned();
            Source { path, lines: statements(code) }
        })
        // A module of tests in a file of its own: only its parent's `#[cfg(test)]` says so.
        .filter(|source| !source.path.ends_with("/tests.rs"))
        .collect();
    assert!(sources.len() > 60, "the sources were not found");
    sources
}

/// Lines without comments. A `use` that takes several lines stands on its first one; the count stays.
fn statements(code: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut open_use = None;
    for line in code.lines() {
        let line = if line.trim_start().starts_with("//") { "" } else { line };
        match open_use {
            Some(first) => {
                let first: &mut String = &mut lines[first];
                first.push_str(line.trim());
                lines.push(String::new());
            }
            None => lines.push(line.to_owned()),
        }
        let begins = line.starts_with("use ") || line.starts_with("pub use ");
        match (open_use, line.contains(';')) {
            (None, false) if begins => open_use = Some(lines.len() - 1),
            (Some(_), true) => open_use = None,
            _ => {}
        }
    }
    lines
}

impl Source {
    fn room(&self) -> &'static Room {
        let name = self.path.trim_end_matches(".rs");
        let own = |room: &&Room| name == room.path || name.starts_with(&format!("{}/", room.path));
        ROOMS.iter().find(own).unwrap_or(&ROOMS[ROOMS.len() - 1])
    }
}

/// The words that stand before `::` and begin a path; of a `use` only its first.
fn paths_of(line: &str) -> Vec<&str> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let words = line.match_indices("::").filter_map(|(at, _)| {
        let head = line[..at].trim_end_matches(is_name);
        let word = &line[head.len()..at];
        (!word.is_empty() && !head.ends_with("::") && !head.ends_with(['"', '/'])).then_some(word)
    });
    let is_use = line.starts_with("use ") || line.starts_with("pub use ");
    words.take(if is_use { 1 } else { usize::MAX }).collect()
}

/// The rooms that a line names: `crate::store::..`, `use crate::{app, store::Turn}`.
fn rooms_of(line: &str) -> Vec<String> {
    let mut rooms = Vec::new();
    for rest in line.split("crate::").skip(1) {
        let (mut depth, mut word, mut done) = (0, String::new(), false);
        for c in rest.chars() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                c if (c.is_alphanumeric() || c == '_') && depth <= 1 && !done => word.push(c),
                ',' if depth == 1 => {
                    rooms.push(std::mem::take(&mut word));
                    done = false;
                    continue;
                }
                _ if !word.is_empty() => done = true,
                _ => {}
            }
            if depth == 0 && (done || c == '}') {
                break;
            }
        }
        rooms.push(word);
    }
    rooms.retain(|room| !room.is_empty());
    rooms
}

fn dependencies() -> BTreeSet<String> {
    let manifest = include_str!("../Cargo.toml");
    let mut section = "";
    let mut names = BTreeSet::from(["comanda".to_owned()]);
    for line in manifest.lines() {
        if line.starts_with('[') {
            section = line;
        }
        if let Some((name, _)) = line.split_once(" = ")
            && section.ends_with("dependencies]")
            && !section.contains("dev-")
            && !section.contains("build-")
        {
            names.insert(name.replace('-', "_"));
        }
    }
    assert!(names.contains("axum") && names.contains("rustix"), "{names:?}");
    names
}

#[test]
fn the_reader_reads() {
    assert_eq!(
        rooms_of("use crate::{app, chores, store::{self, Turn}, web::state::App};"),
        ["app", "chores", "store", "web"]
    );
    assert_eq!(rooms_of("    crate::domain::card::Header, crate::web::x()"), ["domain", "web"]);
    assert_eq!(paths_of("use std::{path::Path, time::Duration};"), ["std"]);
    assert_eq!(paths_of("    let x = sqlx::query(std::time::now)"), ["sqlx", "std"]);
    assert_eq!(statements("use a::{\n    b,\n};\nlet c = 1;"), ["use a::{b,};", "", "", "let c = 1;"]);
}

#[test]
fn no_closed_door_is_opened() {
    let dependencies = dependencies();
    let mut opened = Vec::new();
    for source in sources() {
        let room = source.room();
        let own = room.path.split('/').next().unwrap_or_default();
        for (line, n) in source.lines.iter().zip(1..) {
            for named in rooms_of(line) {
                let is_core = room.path == "board/core";
                let is_open = room.rooms.contains(&named.as_str()) || (named == own && !is_core);
                if !is_open {
                    opened.push(format!("src/{}:{n} names the room `{named}`: {}", source.path, room.why));
                }
            }
            for named in paths_of(line).into_iter().filter(|word| dependencies.contains(*word)) {
                if !room.crates.contains(&named) {
                    opened.push(format!("src/{}:{n} names the crate `{named}`: {}", source.path, room.why));
                }
            }
        }
    }
    assert!(opened.is_empty(), "a closed door was opened:\n{}", opened.join("\n"));
}

#[test]
fn sql_is_written_in_the_store_alone() {
    const SQL: [&str; 12] = [
        "query!",
        "query_as!",
        "query_scalar!",
        "query_file!",
        "sqlx::query",
        "raw_sql",
        "\"select ",
        "\"insert into ",
        "\"update ",
        "\"delete from ",
        "\"with ",
        "#\"select ",
    ];
    for source in sources() {
        if source.path.starts_with("store") || source.path.starts_with("local_postgres") {
            continue;
        }
        for (line, n) in source.lines.iter().zip(1..) {
            let found = SQL.iter().find(|word| line.contains(*word));
            assert!(
                found.is_none(),
                "src/{}:{n} writes SQL: {line}\nall SQL stands in src/store, one file a noun",
                source.path
            );
        }
    }
}

#[test]
fn sqlx_is_no_more_to_the_other_rooms_than_a_pool_and_a_type() {
    for source in sources() {
        let allowed: &[&str] = match source.room().path {
            "domain" => &["sqlx::Type"],
            "web" | "board/hub" => &["sqlx::PgPool"],
            _ => continue,
        };
        for (line, n) in source.lines.iter().zip(1..) {
            let mut rest = line.clone();
            for word in allowed {
                rest = rest.replace(word, "");
            }
            assert!(
                !rest.contains("sqlx::"),
                "src/{}:{n}: {line}\nhere sqlx is {allowed:?} and nothing else",
                source.path
            );
        }
    }
}

#[test]
fn only_the_clock_asks_what_time_it_is() {
    for source in sources().iter().filter(|source| source.path != "clock.rs") {
        for (line, n) in source.lines.iter().zip(1..) {
            let asks = ["now_utc(", "now_local(", "SystemTime::now("].iter().any(|word| line.contains(word));
            assert!(
                !asks,
                "src/{}:{n} asks the machine for the time: everyone else is handed `now`",
                source.path
            );
        }
    }
}

#[test]
fn no_rule_waits_for_anything() {
    for source in sources() {
        if !matches!(source.room().path, "domain" | "fragments" | "board/core") {
            continue;
        }
        for (line, n) in source.lines.iter().zip(1..) {
            let waits = [
                "async fn",
                "async move",
                ".await;",
                ".await?",
                "std::fs",
                "std::net",
                "std::thread",
                "std::env",
            ]
            .iter()
            .any(|word| line.contains(word));
            assert!(!waits, "src/{}:{n}: {line}\n{}", source.path, source.room().why);
        }
    }
}

#[test]
fn every_file_says_its_bargain_first() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    below(&root, &mut paths);
    for path in paths.iter().filter(|path| !path.ends_with("tests.rs")) {
        let text = fs::read_to_string(path).expect("a source");
        assert!(text.starts_with("//! "), "{} does not begin with its bargain", path.display());
    }
}

#[test]
fn no_file_is_longer_than_a_person_reads() {
    for source in sources() {
        let lines = source.lines.len();
        assert!(
            lines <= LINES_MAX,
            "src/{} has {lines} lines, {LINES_MAX} are its limit: give a part of it a file and a name",
            source.path
        );
    }
}
