//! What a station's page costs, in a real browser: `page.mjs` measures, we order.

use std::env;
use std::process::Stdio;
use std::time::{Duration, Instant};

use comanda::domain::demo::STAFF;
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use tokio::time::{sleep, timeout};

use crate::Failure;
use crate::figures::Samples;
use crate::ledger::Ledger;
use crate::report::{Goal, Work};
use crate::works::{FAN_ORDER, Stage};

const CARDS: usize = 60;
const SWAPS: usize = 30;
/// A browser is slow to start where everything else is busy.
const READY_WITHIN: Duration = Duration::from_mins(2);
const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/rush/page.mjs");

/// One line of what it says.
#[derive(Deserialize)]
#[serde(untagged)]
enum Said {
    Visit { first_byte_ms: f64 },
    Loaded { bytes: f64, files: u32 },
    Swap { handle_ms: f64, frame_ms: f64 },
}

fn ms(samples: &mut Samples, ms: f64) {
    samples.add(Duration::from_secs_f64(ms.max(0.0) / 1000.0));
}

/// The grill's page with sixty cards. None where nobody named a browser.
pub(crate) async fn page(stage: &Stage) -> Result<Option<Work>, Failure> {
    let Some(browser) = env::var_os("CHROMIUM") else {
        eprintln!("rush: W9 is left out: CHROMIUM names no browser");
        return Ok(None);
    };
    let mut work = Work::new("W9", format!("a station's page with {CARDS} cards, in Chromium"));
    let ledger = Ledger::new(Instant::now());
    let mut kitchen = stage.kitchen(&ledger).await?;
    let (mut card, mut line) = (stage.card().await?, stage.line().await?);
    for _ in 0..CARDS {
        ledger.send(&mut line, &card.order(&FAN_ORDER)?).await?;
    }
    let cook = STAFF.iter().find(|person| person.name == "Rui").ok_or("no cook")?;
    let url = format!("http://localhost:{}", stage.house.address.port());
    let mut child = Command::new("node")
        .args([PROGRAM, &url, "grill", cook.name, cook.pin])
        .env("CHROMIUM", browser)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let mut said = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
    let (mut visits, mut swaps, mut handled, mut framed) =
        (Samples::default(), Samples::default(), Samples::default(), Samples::default());
    loop {
        let line = timeout(READY_WITHIN, said.next_line()).await??.ok_or("the browser ended")?;
        if line == "ready" {
            break;
        }
        match serde_json::from_str(&line)? {
            Said::Visit { first_byte_ms } => ms(&mut visits, first_byte_ms),
            Said::Loaded { bytes, files } => {
                work.goals.push(Goal::new(
                    "all that a first visit loads, compressed",
                    60.0,
                    bytes / 1000.0,
                    "kB",
                ));
                work.fact("files of a first visit", files.to_string());
            }
            Said::Swap { .. } => return Err("a swap before it was ready".into()),
        }
    }
    for _ in 0..SWAPS {
        sleep(Duration::from_millis(500)).await;
        ledger.send(&mut line, &card.order(&FAN_ORDER)?).await?;
    }
    sleep(Duration::from_secs(1)).await; // the last card is painted
    drop(child.stdin.take());
    while let Some(line) = said.next_line().await? {
        if let Said::Swap { handle_ms, frame_ms } = serde_json::from_str(&line)? {
            ms(&mut handled, handle_ms);
            ms(&mut framed, frame_ms);
            ms(&mut swaps, handle_ms + frame_ms);
        }
    }
    child.wait().await?;
    kitchen.work(0).await?;
    let (visits, swaps) = (visits.spread(), swaps.spread());
    work.goals.push(Goal::new("first byte, p50", 5.0, visits.p50(), "ms"));
    work.goals.push(Goal::new("a card's swap at a quarter of the speed, p50", 16.0, swaps.p50(), "ms"));
    for (what, spread) in [
        ("first byte", visits),
        ("a swap, in all", swaps),
        ("of it the message: parsed, put in its place", handled.spread()),
        ("of it the frame: style, layout, paint", framed.spread()),
    ] {
        work.spreads.push((what.to_owned(), spread));
    }
    Ok(Some(work))
}
