//! From the tablet's tap to the card that a cook can see, in a real browser: `paint.mjs` says when it was painted.

use std::collections::HashMap;
use std::env;
use std::process::Stdio;
use std::time::{Duration, Instant};

use comanda::domain::demo::STAFF;
use serde::Deserialize;
use time::OffsetDateTime;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::Failure;
use crate::figures::Samples;
use crate::house::House;

/// A browser is slow to start where everything else is busy.
const READY_WITHIN: Duration = Duration::from_mins(1);
const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/rush/paint.mjs");

#[derive(Deserialize)]
struct Painted {
    id: String,
    at_us: i64,
}

/// Watches a station in Chromium while `send` goes on; POST to paint, by what it says of each ticket. None where
/// nobody named a browser.
pub(crate) async fn watch(
    house: &House,
    station: &str,
    start: Instant,
    send: impl Future<Output = Result<(), Failure>>,
    posted_us: impl Fn(Uuid) -> Option<u32>,
) -> Result<Option<Samples>, Failure> {
    let Some(browser) = env::var_os("CHROMIUM") else { return Ok(None) };
    let start_us = (OffsetDateTime::now_utc() - start.elapsed()).unix_timestamp_nanos() / 1000;
    let cook = STAFF.iter().find(|person| person.name == "Rui").ok_or("no cook")?;
    let url = format!("http://localhost:{}", house.address.port());
    let mut child = Command::new("node")
        .args([PROGRAM, &url, station, cook.name, cook.pin])
        .env("CHROMIUM", browser)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let mut said = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
    let ready = timeout(READY_WITHIN, said.next_line()).await??;
    if ready.as_deref() != Some("ready") {
        return Err(format!("the browser's screen is not live: {ready:?}").into());
    }
    send.await?;
    sleep(Duration::from_secs(1)).await; // the last card is painted
    drop(child.stdin.take());
    let mut painted = HashMap::new();
    while let Some(line) = said.next_line().await? {
        let Painted { id, at_us } = serde_json::from_str(&line)?;
        if let Some(id) = id.strip_prefix("t-").and_then(|id| id.parse().ok()) {
            painted.insert(id, at_us);
        }
    }
    child.wait().await?;
    let mut samples = Samples::default();
    for (ticket_id, at_us) in painted {
        if let Some(posted_us) = posted_us(ticket_id) {
            let took = i128::from(at_us) - start_us - i128::from(posted_us);
            samples.add_us(u32::try_from(took).map_err(|_| "painted before it was sent: the clock moved")?);
        }
    }
    Ok(Some(samples))
}
