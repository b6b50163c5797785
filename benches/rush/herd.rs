//! A crowd comes back: every screen loses its line at once, and the board has moved meanwhile.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::Failure;
use crate::house::{Folder, House};
use crate::ledger::{Ledger, Reckoning};
use crate::report::{Goal, Work};
use crate::screens::{Screens, Standing, Watched};
use crate::works::{FAN_ORDER, QUIET, Stage, delivered};

const SCREENS: usize = 10_000;
const READS: &str = "comanda_delta_read_seconds_count";

/// What happened to their lines.
#[derive(Clone, Copy)]
enum Fault {
    /// The network, say. The program knows the board.
    LinesCut,
    /// The program was killed and started anew: it knows no board.
    Killed,
}

/// Ten thousand screens of one board lose their lines, and come back at once, one order behind.
pub(crate) async fn herd(folder: &Folder, token: &str) -> Result<Work, Failure> {
    let mut work =
        Work::new("W6", format!("{SCREENS} screens of one board lose their lines and come back at once"));
    let mut reckoned = Reckoning::default();
    for (fault, name) in [(Fault::LinesCut, "lines cut"), (Fault::Killed, "program killed")] {
        let stage = Stage::open(folder, token).await?;
        let came = came_back(stage, folder, fault).await?;
        let took = came.took.as_secs_f64();
        work.goals.push(Goal::new(format!("{name}: all of them current after"), 5.0, took, "s"));
        work.goals.push(Goal::new(format!("{name}: reads of the board"), 1.0, came.reads, ""));
        work.fact(
            &format!("{name}: all sockets open after"),
            format!("{:.2} s", came.opened_in.as_secs_f64()),
        );
        reckoned.add(came.reckoning);
    }
    delivered(&mut work, reckoned);
    Ok(work)
}

struct Came {
    took: Duration,
    opened_in: Duration,
    reads: f64,
    reckoning: Reckoning,
}

async fn came_back(mut stage: Stage, folder: &Folder, fault: Fault) -> Result<Came, Failure> {
    let ledger = Ledger::new(Instant::now());
    let _cleared = stage.kitchen(&ledger).await?;
    let views = [Watched::here("station-grill", SCREENS)];
    let before = Screens::open(stage.door(), &views, ledger.start()).await?;
    before.settle(QUIET).await;
    let stood = [Standing::of(stage.door(), &views[0]).await?];
    let _all_there = before.close()?;
    let (mut card, mut line) = (stage.card().await?, stage.line().await?);
    ledger.send(&mut line, &card.order(&FAN_ORDER)?).await?;
    if matches!(fault, Fault::Killed) {
        stage.house.kill()?;
        stage.house = House::start(folder).await?;
    }
    let (reads, began) = (stage.house.counted(READS).await?, Instant::now());
    let after = Screens::open_at(stage.door(), &views, &stood, ledger.start()).await?;
    let opened_in = began.elapsed();
    while after.cards() < SCREENS as u64 && began.elapsed() < Duration::from_mins(1) {
        sleep(Duration::from_millis(5)).await;
    }
    let took = began.elapsed();
    let reads = stage.house.counted(READS).await? - reads;
    let reckoning = ledger.reckon(&views, &after.close()?);
    stage.house.stop()?;
    Ok(Came { took, opened_in, reads, reckoning })
}
