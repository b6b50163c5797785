//! Orders at a pace, whether the last one was answered or not: a guest does not wait for another table's order.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use crate::Failure;
use crate::http::Line;
use crate::ledger::Ledger;
use crate::screens::Door;
use crate::slips::Order;

/// Lines that nobody uses just now.
#[derive(Debug, Clone)]
pub(crate) struct Lines {
    address: SocketAddr,
    free: Arc<Mutex<Vec<Line>>>,
}

impl Lines {
    pub(crate) fn to(address: SocketAddr) -> Self {
        Self { address, free: Arc::default() }
    }

    /// One that speaks for that key, laid if none is free.
    pub(crate) async fn take(&self, key: &str) -> Result<Line, Failure> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match free {
            Some(mut line) => {
                line.speak_for(key);
                Ok(line)
            }
            None => Ok(Line::open(self.address, key).await?),
        }
    }

    fn give_back(&self, line: Line) {
        self.free.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }
}

/// So many orders a second for so long; it ends when the last one is answered. A pace that the machine cannot keep is
/// made up for as far as it goes.
pub(crate) async fn send(
    (a_second, lasts): (u32, Duration),
    door: Door<'_>,
    lines: &Lines,
    ledger: &Ledger,
    mut next: impl FnMut() -> Result<Order, Failure>,
) -> Result<(), Failure> {
    let mut sending = JoinSet::new();
    let mut ticks = interval(Duration::from_secs(1) / a_second);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let began = Instant::now();
    while began.elapsed() < lasts {
        ticks.tick().await;
        let order = next()?;
        let mut line = lines.take(&door.keys[order.house]).await?;
        let (ledger, lines) = (ledger.clone(), lines.clone());
        sending.spawn(async move {
            ledger.send(&mut line, &order).await?;
            lines.give_back(line);
            Ok::<_, Failure>(())
        });
        while let Some(sent) = sending.try_join_next() {
            sent??;
        }
    }
    while let Some(sent) = sending.join_next().await {
        sent??;
    }
    Ok(())
}
