//! One board and its database, for scenes told step by step.

use std::sync::Arc;

use comanda::board::core::{Ask, Attached, Core, Cursor, Frame, Limits, Output, Pull};

use super::database::{Database, Write};
use super::picture::{Kitchen, Row, VIEWS, View};

/// A frame as this house sends it.
pub(crate) type Sent = Frame<Arc<str>>;

/// The view that shows every station's cards.
pub(crate) const EXPO: View = VIEWS[2];

/// One board, one database, and a hub that does at once what it is asked.
pub(crate) struct House {
    pub(crate) db: Database,
    pub(crate) core: Core<Kitchen>,
    pub(crate) reads: usize,
}

impl House {
    pub(crate) fn new(limits: Limits) -> Self {
        let mut house = Self { db: Database::new(), core: Core::new(limits, 0), reads: 0 };
        house.put(0, 1);
        house
    }

    pub(crate) fn act(&mut self, out: Vec<Output<View>>) {
        let mut todo = out;
        while let Some(output) = todo.pop() {
            if let Output::Read { since } = output {
                self.reads += 1;
                todo.extend(self.core.loaded(self.db.delta(since, 0)));
            }
        }
    }

    /// Commits, and nobody hears of it.
    pub(crate) fn put(&mut self, key: u16, units: u8) -> Vec<Row> {
        self.db.commit(&[Write::Put { key, stations: 0b01, units }])
    }

    pub(crate) fn ring(&mut self) {
        let out = self.core.ring(&self.db.epoch, self.db.seq);
        self.act(out);
    }

    pub(crate) fn ask(&self, view: View, since: i64) -> Ask<View> {
        Ask { view, epoch: Some(Arc::clone(&self.db.epoch)), since }
    }

    pub(crate) fn attach(&mut self, view: View, since: i64) -> Cursor<View> {
        let ask = self.ask(view, since);
        for _ in 0..2 {
            match self.core.attach(&ask, None, 0) {
                (Attached::Live(cursor), _) => return cursor,
                (_, out) => self.act(out),
            }
        }
        panic!("not attached")
    }

    pub(crate) fn pull(&mut self, cursor: &mut Cursor<View>) -> Vec<Arc<Sent>> {
        match self.core.pull(cursor) {
            Pull::Idle => Vec::new(),
            Pull::Frames(frames) => frames,
            Pull::Reset(why) => panic!("reset: {why:?}"),
        }
    }
}

pub(crate) fn ids(frame: &Sent) -> Vec<&str> {
    frame.articles.iter().map(|article| article.id().as_ref()).collect()
}
