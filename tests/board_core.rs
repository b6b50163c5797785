//! The promises of the live board, over thousands of interleavings of commits, rings, reads, faults and
//! screens. P1 to P9 are the protocol's names for them.

mod support_core;

use std::collections::HashMap;
use std::sync::Arc;

use comanda::board::core::{
    Ask, Attached, Core, Cursor, Delta, Frame, Limits, Output, Pull, Seen, Shown, Why, digest,
};
use proptest::prelude::*;
use support_core::database::{Database, Write};
use support_core::ops::{Weather, limits, ops};
use support_core::picture::{Kitchen, Row, VIEWS, View, encode, render, sum};
use support_core::traces;
use support_core::world::World;

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(1500))]

    /// P1 to P5, P7, P9, checked at every message every screen takes.
    #[test]
    fn every_screen_shows_only_committed_states_and_in_the_end_the_last(
        ops in ops(Weather::Rough, 20..120),
        limits in limits(),
    ) {
        let mut world = World::new(Weather::Rough, limits);
        world.run(&ops);
        world.come_to_rest();
    }
}

proptest! {
    #![proptest_config(config(700))]

    /// P3 and P7 where no epoch tells: the checksum is the net.
    #[test]
    fn screens_recover_from_a_disk_that_was_put_back(ops in ops(Weather::Foul, 20..120), limits in limits()) {
        let mut world = World::new(Weather::Foul, limits);
        world.run(&ops);
        world.come_to_rest();
    }
}

#[test]
fn a_thousand_traces_are_written_for_the_browsers_reducer() {
    assert!(12_000 < traces::write(1000), "traces worth replaying");
}

const EXPO: View = VIEWS[2];

/// One board, one database, and a hub that does at once what it is asked.
struct House {
    db: Database,
    core: Core<Kitchen>,
    reads: usize,
}

impl House {
    fn new(limits: Limits) -> Self {
        let mut house = Self { db: Database::new(), core: Core::new(limits, 0), reads: 0 };
        house.put(0, 1);
        house
    }

    fn act(&mut self, out: Vec<Output<View>>) {
        let mut todo = out;
        while let Some(output) = todo.pop() {
            if let Output::Read { since } = output {
                self.reads += 1;
                todo.extend(self.core.loaded(self.db.delta(since, 0)));
            }
        }
    }

    /// Commits, and nobody hears of it.
    fn put(&mut self, key: u16, units: u8) -> Vec<Row> {
        self.db.commit(&[Write::Put { key, stations: 0b01, units }])
    }

    fn ring(&mut self) {
        let out = self.core.ring(&self.db.epoch, self.db.seq);
        self.act(out);
    }

    fn ask(&self, view: View, since: i64) -> Ask<View> {
        Ask { view, epoch: Some(Arc::clone(&self.db.epoch)), since }
    }

    fn attach(&mut self, view: View, since: i64) -> Cursor<View> {
        let ask = self.ask(view, since);
        for _ in 0..2 {
            match self.core.attach(&ask, None, 0) {
                (Attached::Live(cursor), _) => return cursor,
                (_, out) => self.act(out),
            }
        }
        panic!("not attached")
    }

    fn pull(&mut self, cursor: &mut Cursor<View>) -> Vec<Arc<Frame<Arc<str>>>> {
        match self.core.pull(cursor) {
            Pull::Idle => Vec::new(),
            Pull::Frames(frames) => frames,
            Pull::Reset(why) => panic!("reset: {why:?}"),
        }
    }
}

fn ids(frame: &Frame<Arc<str>>) -> Vec<&str> {
    frame.articles.iter().map(|article| article.id().as_ref()).collect()
}

#[test]
fn a_stalled_screen_costs_its_cursor_and_nothing_more() {
    let mut house = House::new(Limits::default());
    let floor = VIEWS[3];
    house.ring();
    let mut parked = Vec::new();
    for turn in 0..3000_u16 {
        house.put(turn % 40, u8::try_from(turn % 7).expect("small"));
        house.ring();
        if turn % 30 == 0 {
            parked.push(house.attach(floor, house.db.seq));
        }
    }
    let mut kept = HashMap::new();
    for mut cursor in parked {
        match house.core.pull(&mut cursor) {
            Pull::Idle => {}
            Pull::Reset(why) => assert_eq!(why, Why::Slow),
            Pull::Frames(frames) if frames[0].all.is_some() => {
                assert!(frames[0].bytes() <= 8 * 1024, "P6: a catch-up is small");
                assert!(encode(&frames[0], None).len() <= frames[0].bytes());
            }
            Pull::Frames(frames) => {
                kept.extend(frames.iter().map(|frame| (Arc::as_ptr(frame), frame.bytes())));
            }
        }
    }
    assert!((200..=256).contains(&kept.len()), "P6: frames are shared and bounded: {}", kept.len());
    assert!(kept.values().sum::<usize>() <= 512 * 1024, "P6: so are their bytes");
}

#[test]
fn rings_lost_doubled_late_or_invented_change_nothing_but_time() {
    let (mut told, mut untold) = (House::new(Limits::default()), House::new(Limits::default()));
    let mut screens = [told.attach(EXPO, 1), untold.attach(EXPO, 1)];
    for turn in 0..60_u16 {
        for house in [&mut told, &mut untold] {
            house.put(turn % 9, u8::try_from(turn % 4).expect("small"));
        }
        told.ring();
        for noise in [0, i64::MIN, untold.core.head()] {
            let out = untold.core.ring("E0", noise);
            assert!(out.is_empty(), "P9: what is known already asks for nothing");
        }
        if turn % 7 == 6 {
            let (epoch, seq) = (Arc::clone(&untold.db.epoch), untold.db.seq);
            let out = untold.core.polled(&epoch, seq, untold.core.head(), 0);
            untold.act(out);
        }
    }
    untold.ring();
    let beats = [told.core.beat(&screens[0]), untold.core.beat(&screens[1])];
    assert_eq!(beats, [None, None], "a screen that has something coming gets no beat");
    let frames = [told.pull(&mut screens[0]).len(), untold.pull(&mut screens[1]).len()];
    assert_eq!(frames, [60, 9]);
    let beat = told.core.beat(&screens[0]);
    assert_eq!(beat, untold.core.beat(&screens[1]), "P9: one sum in the end");
    assert_eq!(beat.expect("a beat").sum, sum(&render(&EXPO, &told.db.rows)));
}

#[test]
fn a_screen_ahead_of_the_board_waits_for_a_read_that_begins_after_it_came() {
    let mut house = House::new(Limits::default());
    house.ring();
    let early = house.put(1, 1);
    let out = house.core.ring("E0", 2);
    assert_eq!(out, [Output::Read { since: 1 }]);
    let before = house.db.delta(1, 0);
    house.put(2, 1);
    let ask = house.ask(EXPO, 3);
    let (attached, out) = house.core.attach(&ask, None, 0);
    let Attached::Wait(waiting) = attached else { panic!("{attached:?}") };
    assert_eq!(out, [], "one read at a time");
    assert_eq!(early.len(), 1);

    let out = house.core.loaded(before);
    assert_eq!(out, [Output::Settle, Output::Read { since: 2 }]);
    let (attached, out) = house.core.attach(&ask, Some(waiting), 0);
    assert!(matches!(attached, Attached::Wait(again) if again == waiting && out.is_empty()));

    house.core.load_failed();
    let (attached, out) = house.core.attach(&ask, Some(waiting), 0);
    assert!(matches!(attached, Attached::Wait(_)) && out.is_empty(), "nothing is known yet");
    let out = house.core.polled("E0", 2, 2, 0); // an old answer, but the database is there
    house.act(out);
    assert!(matches!(house.core.attach(&ask, Some(waiting), 0).0, Attached::Live(_)));

    let ask = house.ask(EXPO, 9);
    let (Attached::Wait(waiting), out) = house.core.attach(&ask, None, 0) else { panic!() };
    house.act(out);
    let (attached, _) = house.core.attach(&ask, Some(waiting), 0);
    assert!(matches!(attached, Attached::Reset(Why::Behind)), "the database itself is behind");
    let (shown, _) = house.core.snapshot(&ask, Some(waiting), 0);
    assert!(matches!(shown, Shown::Ready(snapshot) if snapshot.frame.from == 0 && snapshot.head == 3));
}

#[test]
fn a_screen_from_between_two_reads_is_told_all_ids() {
    let mut house = House::new(Limits::default());
    let mut here = house.attach(EXPO, 1);
    house.put(5, 1); // turn 2: another process shows it
    house.db.commit(&[Write::Remove { key: 5 }, Write::Put { key: 6, stations: 0b01, units: 1 }]);
    house.ring();
    assert_eq!(house.pull(&mut here).len(), 1);
    let mut roamer = house.attach(EXPO, 2);
    assert_eq!(house.core.beat(&roamer), None);
    let frames = house.pull(&mut roamer);
    assert_eq!((frames[0].from, frames[0].seq, frames.len()), (2, 3, 1));
    let all: Vec<&str> = frames[0].all.iter().flatten().map(AsRef::as_ref).collect();
    assert_eq!(all, ["t-0", "t-6", "all-day"], "so that t-5 leaves");
    assert_eq!(ids(&frames[0]), ["t-6", "all-day"]);
    assert!(house.core.beat(&roamer).is_some());
}

#[test]
fn the_fold_is_sent_when_what_it_says_changes() {
    let mut house = House::new(Limits::default());
    let mut cursor = house.attach(EXPO, 1);
    house.put(1, 2);
    house.ring();
    house.put(1, 2);
    house.ring();
    let frames = house.pull(&mut cursor);
    assert_eq!([ids(&frames[0]), ids(&frames[1])], [vec!["t-1", "all-day"], vec!["t-1"]]);
    assert_eq!(frames[0].articles[1].seq(), digest("<li>3 Crème brûlée</li>"));
    // A view whose fold goes with its last card.
    let mut grill = house.attach(VIEWS[0], 3);
    house.db.commit(&[Write::Remove { key: 0 }, Write::Remove { key: 1 }]);
    house.ring();
    let frames = house.pull(&mut grill);
    let gone: Vec<&str> = frames[0].gone.iter().map(AsRef::as_ref).collect();
    assert_eq!(gone, ["t-0", "t-1", "all-day"]);
}

#[test]
fn a_stamp_is_reported_seen_once_and_only_if_it_was_served() {
    let mut house = House::new(Limits::default());
    let (mut here, mut there) = (house.attach(EXPO, 1), house.attach(VIEWS[0], 1));
    house.put(2, 1);
    house.put(3, 1); // nobody keeps receipts of odd rows
    house.put(4, 1);
    house.ring();
    let seen = |key, seq| Seen { key, seq };
    assert_eq!(house.core.ack(&here, 99, &[]), [seen(0, 1)], "not served yet");
    house.pull(&mut here);
    house.pull(&mut there);
    assert_eq!(house.core.ack(&there, 4, &["t-4"]), [seen(2, 2)]);
    assert_eq!(house.core.ack(&here, 3, &[]), [], "the first acknowledgement wins");
    assert_eq!(house.core.ack(&here, 4, &[]), [seen(4, 4)]);
    house.put(2, 2);
    house.ring();
    house.pull(&mut here);
    assert_eq!(house.core.ack(&here, 5, &[]), [seen(2, 5)], "a new stamp is seen anew");
}

#[test]
fn rows_handed_over_save_the_read_if_they_are_the_next_turn() {
    let mut house = House::new(Limits::default());
    let mut cursor = house.attach(EXPO, 1);
    let reads = house.reads;
    let (second, third) = (house.put(1, 1), house.put(2, 1));
    assert_eq!(house.core.placed("E0", 2, second), [Output::Wake(EXPO)]);
    assert_eq!(house.reads, reads);
    let out = house.core.placed("another", 3, third.clone());
    assert_eq!(out, [Output::Read { since: 2 }], "rows of another history are a ring");
    house.act(out);
    assert_eq!(house.core.placed("E0", 3, third), [], "known");
    let frames = house.pull(&mut cursor);
    assert_eq!(frames.iter().map(|frame| (frame.from, frame.seq)).collect::<Vec<_>>(), [(1, 2), (2, 3)]);
}

#[test]
fn a_view_is_forgotten_a_minute_after_its_last_screen_left() {
    let mut house = House::new(Limits { views_max: 2, ..Limits::default() });
    let cursor = house.attach(EXPO, 1);
    assert_eq!(house.core.idle_since(), None);
    house.core.tick(u64::MAX);
    assert_eq!(house.core.views(), 1);
    house.core.detach(cursor, 1000);
    assert_eq!(house.core.idle_since(), Some(1000));
    house.core.tick(60_999);
    assert_eq!(house.core.views(), 1);
    house.core.tick(61_000);
    assert_eq!(house.core.views(), 0);
    for view in VIEWS {
        house.core.snapshot(&Ask { view, epoch: None, since: 0 }, None, 70_000);
    }
    assert_eq!((house.core.views(), house.core.idle_since()), (2, Some(70_000)));
}

#[test]
fn a_herd_shares_one_snapshot_and_one_catch_up() {
    let mut house = House::new(Limits { frames_max: 1, ..Limits::default() });
    let mut herd: Vec<_> = (0..3).map(|_| house.attach(EXPO, 1)).collect();
    for key in 1..5 {
        house.put(key, 1);
        house.ring();
    }
    let catch_ups: Vec<_> = herd.iter_mut().map(|cursor| house.pull(cursor).remove(0)).collect();
    assert!(catch_ups.iter().all(|frame| Arc::ptr_eq(frame, &catch_ups[0])));
    let ask = house.ask(EXPO, 0);
    let mut snapshot = || match house.core.snapshot(&ask, None, 0).0 {
        Shown::Ready(snapshot) => snapshot.frame,
        Shown::Wait(_) => panic!("loaded"),
    };
    assert!(Arc::ptr_eq(&snapshot(), &snapshot()));
}

fn any_delta() -> impl Strategy<Value = Delta<u16, Row>> {
    let row = (0..5_u16, any::<i64>(), 0..4_u8)
        .prop_map(|(key, seq, stations)| Row { key, seq, stations, units: 1, shown: Some(seq) });
    let turn = || prop_oneof![-2..6_i64, any::<i64>()];
    let lists = (prop::collection::vec(0..5_u16, 0..5), prop::collection::vec(row, 0..5));
    ("E[01]", turn(), turn(), any::<u64>(), lists).prop_map(
        |(epoch, seq, asked_at, asked_ms, (ids, rows))| Delta {
            epoch: epoch.into(),
            seq,
            asked_at,
            asked_ms,
            ids,
            rows,
        },
    )
}

proptest! {
    #![proptest_config(config(1000))]

    #[test]
    fn nothing_that_comes_in_is_a_panic(
        limits in limits(),
        inputs in prop::collection::vec((0..8_u8, any_delta()), 0..40),
    ) {
        let mut core = Core::<Kitchen>::new(limits, 0);
        let mut cursors = Vec::new();
        for (what, delta) in inputs {
            let ask = Ask { view: EXPO, epoch: Some(Arc::clone(&delta.epoch)), since: delta.asked_at };
            match what {
                0 => drop(core.ring(&delta.epoch, delta.seq)),
                1 => drop(core.polled(&delta.epoch, delta.seq, delta.asked_at, delta.asked_ms)),
                2 => drop(core.placed(&delta.epoch, delta.seq, delta.rows)),
                3 | 4 => drop(core.loaded(delta)),
                5 => drop(core.snapshot(&ask, None, delta.asked_ms)),
                6 => cursors.extend(match core.attach(&ask, None, delta.asked_ms).0 {
                    Attached::Live(cursor) => Some(cursor),
                    Attached::Wait(_) | Attached::Reset(_) => None,
                }),
                _ => core.tick(delta.asked_ms),
            }
            for cursor in &mut cursors {
                core.pull(cursor);
                core.beat(cursor);
                core.ack(cursor, i64::MAX, &["t-1"]);
            }
        }
        cursors.into_iter().for_each(|cursor| core.detach(cursor, 0));
        prop_assert!(core.idle_since().is_some());
    }
}
