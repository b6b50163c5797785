//! A hub's reads of the delta, and whoever waits for one.

use std::sync::Arc;

use tokio::sync::watch;
use tokio::time::timeout;

use super::{Board, Busy, Hub, WAIT_MAX, lock};
use crate::board::core::{Delta, Seq};
use crate::domain::ids::BoardSeq;
use crate::metrics::seconds;
use crate::store::{self, StoreError};

/// Until the board has read what was committed here before: a page that is drawn after a bump shows it bumped.
pub(super) async fn own_commands(board: &Board, settled: &mut watch::Receiver<()>) {
    loop {
        settled.mark_unchanged();
        let is_behind = {
            let core = lock(&board.core);
            let rung = lock(&board.rung);
            core.epoch() == Some(&rung.0) && core.head() < rung.1
        };
        if !is_behind || settled.changed().await.is_err() {
            return;
        }
    }
}

pub(super) async fn wait(settled: &mut watch::Receiver<()>) -> Result<(), Busy> {
    match timeout(WAIT_MAX, settled.changed()).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(Busy),
    }
}

/// A read under way. Whatever becomes of its task, the core is told that it is over.
struct Reading<'board> {
    board: &'board Board,
    landed: bool,
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        if !self.landed {
            lock(&self.board.core).load_failed();
        }
    }
}

/// Reads the delta that a core asked for. A task of its own: whoever rang does not wait for it.
pub(super) async fn read(hub: Hub, board: Arc<Board>, since: Seq) {
    let mut reading = Reading { board: &board, landed: false };
    let (asked_ms, begun_us) = (hub.watch_ms(), hub.watch_us());
    let delta = store::boards::delta(&hub.0.db, board.location_id, BoardSeq(since)).await;
    let reads = &hub.metrics().reads;
    let outputs = match delta {
        Ok(delta) => {
            reads.took.observe(seconds(hub.watch_us().saturating_sub(begun_us)));
            lock(&board.core).loaded(Delta {
                epoch: delta.epoch.into(),
                seq: delta.seq.0,
                asked_at: since,
                asked_ms,
                ids: delta.keys,
                rows: delta.cards,
            })
        }
        Err(err) => {
            reads.failed.inc();
            match err {
                StoreError::Away(_) => tracing::warn!("a board could not be read: the database is away"),
                StoreError::Broken(_) | StoreError::NotFound => {
                    tracing::error!(error = &err as &dyn std::error::Error, "a board could not be read");
                }
            }
            return;
        }
    };
    reading.landed = true;
    hub.act(&board, outputs);
}
