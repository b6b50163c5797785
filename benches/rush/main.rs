//! The rush: what docs/benchmarks promises, measured on the real program with every order committed to PostgreSQL.
//!
//! `cargo bench --bench rush` runs all of it and writes a dated report; `cargo bench --bench rush -- W2 W8` runs some
//! and prints. It ends with failure when a single card is lost or doubled, whatever the figures are: a missed goal is
//! a figure, a missed card is a bug.

#![expect(clippy::disallowed_methods, reason = "a bench stands outside the house: it asks the time itself")]
#![expect(clippy::large_futures, reason = "a bench has one of each")]
#![expect(clippy::similar_names, reason = "write and writes, work and works")]

mod figures;
mod frames;
mod herd;
mod house;
mod http;
mod kitchen;
mod ledger;
mod limits;
mod pace;
mod page;
mod paint;
mod peers;
mod pgbench;
mod report;
mod screens;
mod slips;
mod street;
mod works;

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use crate::house::Folder;
use crate::limits::Direct;
use crate::report::Work;
use crate::works::{Fan, Stage, within};

/// Whatever stops a run.
type Failure = Box<dyn Error + Send + Sync>;

const ALL: [&str; 11] = ["W1", "W2", "W3", "W4", "W5", "W6", "W7", "W8", "W9", "W10", PEERS];
/// Runs only when it is asked for: it needs their packages.
const PEERS: &str = "PEERS";
const W2: Fan = Fan {
    name: "W2",
    screens: 1_000,
    orders_a_second: 20,
    rounds: 4,
    round: Duration::from_secs(4),
    p50_ms: Some(6.0),
    p99_ms: 14.0,
    memory: None,
};
const W3: Fan = Fan {
    name: "W3",
    screens: 10_000,
    orders_a_second: 2,
    rounds: 3,
    round: Duration::from_secs(12),
    p50_ms: Some(40.0),
    p99_ms: 80.0,
    memory: Some("W7"),
};
const W5: Fan = Fan {
    name: "W5",
    screens: 10_000,
    orders_a_second: 20,
    rounds: 3,
    round: Duration::from_secs(5),
    p50_ms: None,
    p99_ms: 300.0,
    memory: Some("W5"),
};
/// No work lasts so long.
const WORK_MAX: Duration = Duration::from_mins(5);

/// Three servers, five cases each.
const PEERS_MAX: Duration = Duration::from_mins(15);

// One thread: what the tablets and cooks cost should not spread over the cores that serve them.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(works) if works.iter().all(Work::is_clean) => ExitCode::SUCCESS,
        Ok(_) => {
            eprintln!("rush: cards were lost or doubled, or a screen was left: see above");
            ExitCode::FAILURE
        }
        Err(err) => {
            eprintln!("rush: {err}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<Vec<Work>, Failure> {
    let words = report::words();
    if let Some(word) = words.iter().find(|word| !ALL.contains(&word.as_str())) {
        return Err(format!("there is no work {word:?}; there are {}", ALL.join(", ")).into());
    }
    // Peers alone are the whole, and them.
    let wants_all = words.iter().all(|word| word == PEERS);
    let wanted = |name: &str| wants_all || words.iter().any(|word| word == name);
    let folder = Folder::new("data");
    let first = house::House::start(&folder).await?;
    let token = house::token(&folder)?;
    let direct = Direct::open(&folder).await?;
    let machine = report::machine(&direct.version().await?);
    direct.close().await?;
    first.stop()?;
    for (what, value) in &machine {
        println!("{what}: {value}");
    }
    let mut works = Vec::new();
    let mut add = |work: Work| {
        println!("\n{}", work.page());
        works.push(work);
    };
    if wanted("W10") {
        add(within(WORK_MAX, works::starts(6)).await?);
    }
    if wanted("W8") || wanted("W1") {
        let stage = Stage::open(&folder, &token).await?;
        if wanted("W8") {
            add(within(WORK_MAX, works::alone(&stage, &folder, 8)).await?);
        }
        if wanted("W1") {
            add(within(WORK_MAX, works::rush(&stage, Duration::from_mins(3))).await?);
            if let Some(painted) = within(WORK_MAX, works::painted(&stage, 100)).await? {
                add(painted);
            }
        }
        stage.house.stop()?;
    }
    // Each on a program that has done nothing yet: memory is measured against its own beginning.
    for fan in [W2, W3, W5] {
        if wanted(fan.name) || (fan.name == "W3" && wanted("W7")) {
            let stage = Stage::open(&folder, &token).await?;
            let (work, memory) = within(WORK_MAX, works::fan(&stage, fan)).await?;
            stage.house.stop()?;
            add(work);
            if let Some(memory) = memory {
                add(memory);
            }
        }
    }
    if wanted("W6") {
        add(within(WORK_MAX, herd::herd(&folder, &token)).await?);
    }
    if words.iter().any(|word| word == PEERS) {
        add(within(PEERS_MAX, peers::peers(&folder, &token)).await?);
    }
    if wanted("W9") {
        let stage = Stage::open(&folder, &token).await?;
        let page = within(WORK_MAX, page::page(&stage)).await?;
        stage.house.stop()?;
        if let Some(page) = page {
            add(page);
        }
    }
    if wanted("W4") {
        add(within(WORK_MAX, street::street()).await?);
    }
    works.sort_by_key(|work| ALL.iter().position(|name| *name == work.name));
    if wants_all {
        let path =
            report::write(&Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/benchmarks"), &machine, &works)?;
        println!("\nWritten: {}", path.display());
    }
    Ok(works)
}
