//! The world: one database, two processes with a board each, screens that move between them, and a
//! judge who knows every state that was ever committed.

use std::collections::HashSet;

use comanda::board::core::{Core, Delta, Epoch, Limits, Output, Seq};

use super::database::{Database, Write};
use super::ops::{Heard, Op, PROCESSES, SCREENS, Weather};
use super::picture::{Kitchen, Row, VIEWS, View, render, sum};
use super::screens::{Client, Serving};

pub(crate) struct Read {
    pub(crate) since: Seq,
    pub(crate) asked_ms: u64,
    pub(crate) delta: Option<Delta<u16, Row>>,
}

pub(crate) struct Poll {
    pub(crate) asked_at: Seq,
    pub(crate) asked_ms: u64,
    pub(crate) epoch: Epoch,
    pub(crate) seq: Seq,
}

pub(crate) struct Process {
    pub(crate) core: Core<Kitchen>,
    /// Counts restarts.
    pub(crate) life: u32,
    pub(crate) read: Option<Read>,
    pub(crate) poll: Option<Poll>,
    /// What this board reported as seen.
    pub(crate) seen: HashSet<(u16, Seq)>,
}

/// A commit's rows on their way to the board of the process that committed.
struct Parcel {
    process: usize,
    epoch: Epoch,
    seq: Seq,
    rows: Vec<Row>,
}

pub(crate) struct World {
    pub(crate) weather: Weather,
    pub(crate) db: Database,
    pub(crate) processes: Vec<Process>,
    pub(crate) clients: Vec<Client>,
    pub(crate) now_ms: u64,
    /// Messages taken by screens, beats not counted.
    pub(crate) taken: usize,
    limits: Limits,
    rings: Vec<(Epoch, Seq)>,
    parcels: Vec<Parcel>,
}

impl World {
    pub(crate) fn new(weather: Weather, limits: Limits) -> Self {
        let process =
            |_| Process { core: Core::new(limits, 0), life: 0, read: None, poll: None, seen: HashSet::new() };
        Self {
            weather,
            db: Database::new(),
            processes: (0..PROCESSES).map(process).collect(),
            clients: (0..SCREENS).map(|screen| Client::new(VIEWS[screen % VIEWS.len()])).collect(),
            now_ms: 0,
            taken: 0,
            limits,
            rings: Vec::new(),
            parcels: Vec::new(),
        }
    }

    pub(crate) fn run(&mut self, ops: &[Op]) {
        self.calm();
        for op in ops {
            self.happen(op);
        }
    }

    fn happen(&mut self, op: &Op) {
        match op {
            Op::Commit { process, writes, heard } => self.commit(*process, writes, *heard),
            Op::RollBack { writes } => {
                let before = self.db.seq;
                self.db.roll_back(writes);
                assert_eq!(self.db.seq, before, "P5: a rollback leaves no hole");
            }
            Op::Ring { process, which, keep } => self.deliver_ring(*process, *which, *keep),
            Op::Noise { process, foreign, seq } => {
                let epoch = if *foreign { "nobody's".into() } else { Epoch::clone(&self.db.epoch) };
                let out = self.processes[*process].core.ring(&epoch, *seq);
                self.act(*process, out);
            }
            Op::PlacedArrives { which } => self.deliver_parcel(*which),
            Op::PollLeaves { process } => self.poll_leaves(*process),
            Op::PollArrives { process } => self.poll_arrives(*process),
            Op::ReadRuns { process } => self.read_runs(*process),
            Op::ReadArrives { process } => self.read_arrives(*process),
            Op::ReadFails { process } => {
                if self.processes[*process].read.take().is_some() {
                    self.processes[*process].core.load_failed();
                }
            }
            Op::Connect { screen, process } => self.connect(*screen, *process),
            Op::Cut { screen } => self.cut(*screen),
            Op::Send { screen } => self.send(*screen),
            Op::Receive { screen, messages } => self.receive(*screen, *messages),
            Op::Fetch { screen, process } => self.fetch(*screen, *process),
            Op::Beat { screen } => self.beat(*screen),
            Op::Ack { screen, but } => self.acknowledge(*screen, *but),
            Op::Wait { ms } => {
                self.now_ms += ms;
                for process in &mut self.processes {
                    process.core.tick(self.now_ms);
                }
            }
            Op::Calm => self.calm(),
            Op::Serve { process } => self.serve(*process),
            Op::Restart { process } => self.restart(*process),
            Op::Restore { turns } => self.db.go_back(*turns, true),
            Op::PutBack { turns } => self.put_back(*turns),
        }
    }

    fn commit(&mut self, process: usize, writes: &[Write], heard: Heard) {
        let rows = self.db.commit(writes);
        let (epoch, seq) = (Epoch::clone(&self.db.epoch), self.db.seq);
        let leaves = writes.iter().any(|write| matches!(write, Write::Remove { .. }));
        match heard {
            Heard::Lost => {}
            Heard::Placed | Heard::PlacedLate if !leaves => {
                self.parcels.push(Parcel { process, epoch, seq, rows });
                if heard == Heard::Placed {
                    self.deliver_parcel(self.parcels.len() - 1);
                }
            }
            Heard::Late | Heard::PlacedLate => self.rings.push((epoch, seq)),
            Heard::Now | Heard::Twice | Heard::Placed => {
                let out = self.processes[process].core.ring(&epoch, seq);
                self.act(process, out);
                if heard == Heard::Twice {
                    let out = self.processes[process].core.ring(&epoch, seq);
                    self.act(process, out);
                }
                self.rings.push((epoch, seq)); // for the other process
            }
        }
    }

    fn deliver_ring(&mut self, process: usize, which: usize, keep: bool) {
        if self.rings.is_empty() {
            return;
        }
        let which = which % self.rings.len();
        let (epoch, seq) = self.rings[which].clone();
        if !keep {
            self.rings.remove(which);
        }
        let out = self.processes[process].core.ring(&epoch, seq);
        self.act(process, out);
    }

    fn deliver_parcel(&mut self, which: usize) {
        if self.parcels.is_empty() {
            return;
        }
        let Parcel { process, epoch, seq, rows } = self.parcels.remove(which % self.parcels.len());
        let out = self.processes[process].core.placed(&epoch, seq, |_| Some(rows));
        self.act(process, out);
    }

    fn poll_leaves(&mut self, process: usize) {
        let process = &mut self.processes[process];
        let (epoch, seq) = (Epoch::clone(&self.db.epoch), self.db.seq);
        let (asked_at, asked_ms) = (process.core.head(), self.now_ms);
        process.poll = Some(Poll { asked_at, asked_ms, epoch, seq });
    }

    fn poll_arrives(&mut self, process: usize) {
        let Some(poll) = self.processes[process].poll.take() else {
            return;
        };
        let core = &mut self.processes[process].core;
        let out = core.polled(&poll.epoch, poll.seq, poll.asked_at, poll.asked_ms);
        self.act(process, out);
    }

    fn read_runs(&mut self, process: usize) {
        if let Some(read) = &mut self.processes[process].read
            && read.delta.is_none()
        {
            read.delta = Some(self.db.delta(read.since, read.asked_ms));
        }
    }

    fn read_arrives(&mut self, process: usize) {
        let Some(delta) = self.processes[process].read.as_mut().and_then(|read| read.delta.take()) else {
            return;
        };
        self.processes[process].read = None;
        let out = self.processes[process].core.loaded(delta);
        self.act(process, out);
    }

    /// Does what a board asks.
    pub(crate) fn act(&mut self, process: usize, out: Vec<Output<View>>) {
        for output in out {
            match output {
                Output::Read { since } => {
                    assert!(self.processes[process].read.is_none(), "one read at a time");
                    let asked_ms = self.now_ms;
                    self.processes[process].read = Some(Read { since, asked_ms, delta: None });
                }
                Output::Wake(view) => self.rouse(process, |link| link.views(&view)),
                Output::Settle => self.rouse(process, |link| matches!(link.serving, Serving::Waiting(..))),
                Output::ResetAll => {
                    self.processes[process].seen.clear();
                    self.rouse(process, |link| {
                        let live = matches!(link.serving, Serving::Live(_));
                        link.must_reset |= live;
                        live
                    });
                }
            }
        }
    }

    fn restart(&mut self, process: usize) {
        let life = self.processes[process].life + 1;
        let core = Core::new(self.limits, self.now_ms);
        self.processes[process] = Process { core, life, read: None, poll: None, seen: HashSet::new() };
        self.parcels.retain(|parcel| parcel.process != process);
        for client in &mut self.clients {
            if client.link.as_ref().is_some_and(|link| link.process == process) {
                client.link = None;
            }
        }
    }

    /// `PostgreSQL` is stopped for it: questions under way die, and a poll comes before anyone can have
    /// passed the old turn again.
    fn put_back(&mut self, turns: Seq) {
        self.db.go_back(turns, false);
        self.parcels.clear();
        for process in 0..PROCESSES {
            if self.processes[process].read.take().is_some() {
                self.processes[process].core.load_failed();
            }
            self.poll_leaves(process);
            self.poll_arrives(process);
        }
    }

    /// No more commits, no more faults; bells lost, polls as ever. Then every screen must be right.
    pub(crate) fn come_to_rest(&mut self) {
        self.rings.clear();
        self.parcels.clear();
        let mut quiet = 0;
        for _round in 0..12 {
            let taken = self.taken;
            self.calm();
            quiet = if self.taken == taken { quiet + 1 } else { 0 };
            if quiet == 2 {
                break;
            }
        }
        for screen in 0..SCREENS {
            self.judge_at_rest(screen);
        }
    }

    fn serve(&mut self, process: usize) {
        self.read_runs(process);
        self.read_arrives(process);
        for screen in 0..SCREENS {
            let link = self.clients[screen].link.as_ref();
            if link.is_some_and(|link| link.process == process && link.roused) {
                self.send(screen);
                self.receive(screen, 1);
            }
        }
    }

    fn calm(&mut self) {
        for process in 0..PROCESSES {
            self.poll_arrives(process);
            self.poll_leaves(process);
            self.poll_arrives(process);
            for _ in 0..4 {
                self.read_runs(process);
                self.read_arrives(process);
            }
            assert!(self.processes[process].read.is_none(), "reads come to an end");
        }
        for screen in 0..SCREENS {
            self.settle(screen);
        }
    }

    fn judge_at_rest(&mut self, screen: usize) {
        let client = &mut self.clients[screen];
        let expected = render(&client.view, &self.db.rows);
        assert_eq!(client.page.epoch.as_ref(), Some(&self.db.epoch), "P7: the old epoch is gone");
        assert_eq!(client.page.seq, self.db.seq, "P1: a beat proves completeness");
        match self.weather {
            Weather::Rough => assert_eq!(client.page.cards, expected, "P3: as freshly drawn"),
            // Ids and stamps are all a checksum sees of a disk that was put back.
            Weather::Foul => assert_eq!(sum(&client.page.cards), sum(&expected), "P3: as the sum sees it"),
        }
        let link = client.link.as_ref().expect("a link");
        let Serving::Live(cursor) = &link.serving else { panic!("a screen at rest is live") };
        let beat = self.processes[link.process].core.beat(cursor).expect("a beat");
        assert_eq!((beat.seq, beat.sum), (self.db.seq, sum(&expected)), "P3: the sum");
        assert_eq!(beat.proved_ms, Some(self.now_ms), "the last poll proves it");
    }
}
