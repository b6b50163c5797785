//! `PostgreSQL` as the board sees it: turns, deltas, rollbacks, restores, and a memory of every committed
//! state, by which screens are judged.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use comanda::board::core::{Delta, Epoch, Seq};

use super::picture::Row;

pub(crate) type Rows = BTreeMap<u16, Row>;

/// One row's part in a transaction.
#[derive(Debug, Clone)]
pub(crate) enum Write {
    Put { key: u16, stations: u8, units: u8 },
    Remove { key: u16 },
}

pub(crate) struct Database {
    pub(crate) epoch: Epoch,
    pub(crate) seq: Seq,
    pub(crate) rows: Rows,
    epochs: u32,
    /// Every state that was ever committed. A disk put back can give one turn two states.
    committed: HashMap<(Epoch, Seq), Vec<Arc<Rows>>>,
}

impl Database {
    pub(crate) fn new() -> Self {
        let mut database =
            Self { epoch: "E0".into(), seq: 0, rows: Rows::new(), epochs: 0, committed: HashMap::new() };
        database.remember();
        database
    }

    fn remember(&mut self) {
        let key = (Epoch::clone(&self.epoch), self.seq);
        self.committed.entry(key).or_default().push(Arc::new(self.rows.clone()));
    }

    pub(crate) fn committed(&self, epoch: &Epoch, seq: Seq) -> &[Arc<Rows>] {
        self.committed.get(&(Epoch::clone(epoch), seq)).map_or(&[], Vec::as_slice)
    }

    /// Takes the turn, writes, commits; answers the rows written.
    pub(crate) fn commit(&mut self, writes: &[Write]) -> Vec<Row> {
        let written = self.write(writes);
        self.remember();
        written
    }

    fn write(&mut self, writes: &[Write]) -> Vec<Row> {
        self.seq += 1;
        let mut written = BTreeMap::new();
        for write in writes {
            match *write {
                Write::Put { key, stations, units } => {
                    let shown = (key % 2 == 0).then_some(0);
                    let row = Row { key, seq: self.seq, stations, units, shown };
                    self.rows.insert(key, row.clone());
                    written.insert(key, row);
                }
                Write::Remove { key } => {
                    self.rows.remove(&key);
                    written.remove(&key);
                }
            }
        }
        written.into_values().collect()
    }

    /// Takes the turn, writes, and changes its mind.
    pub(crate) fn roll_back(&mut self, writes: &[Write]) {
        let (seq, rows) = (self.seq, self.rows.clone());
        self.write(writes);
        (self.seq, self.rows) = (seq, rows);
    }

    /// The one statement: everything on the board, and the bodies above `since`.
    pub(crate) fn delta(&self, since: Seq, asked_ms: u64) -> Delta<u16, Row> {
        Delta {
            epoch: Epoch::clone(&self.epoch),
            seq: self.seq,
            asked_at: since,
            asked_ms,
            ids: self.rows.keys().copied().collect(),
            rows: self.rows.values().filter(|row| since < row.seq).cloned().collect(),
        }
    }

    /// Goes back to an earlier turn. A restore or a promotion begins a new epoch; a disk put back doesn't.
    pub(crate) fn go_back(&mut self, turns: Seq, new_epoch: bool) {
        self.seq = (self.seq - turns).max(0);
        let Some(rows) = self.committed(&self.epoch, self.seq).last().map(Arc::clone) else {
            // Before this epoch's first turn: restored from a dump of what it began with.
            return self.go_back(-1, new_epoch);
        };
        self.rows = rows.as_ref().clone();
        if new_epoch {
            self.epochs += 1;
            self.epoch = format!("E{}", self.epochs).into();
        }
        self.remember();
    }
}
