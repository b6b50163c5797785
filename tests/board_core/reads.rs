//! What is heard and what is read, scene by scene.

use std::sync::Arc;

use comanda::board::core::{Limits, Output, Pull, Why};

use super::house::{EXPO, House, ids};
use super::picture::{render, sum};

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
fn rows_handed_over_save_the_read_if_they_are_the_next_turn() {
    let mut house = House::new(Limits::default());
    let mut cursor = house.attach(EXPO, 1);
    let reads = house.reads;
    let (second, third) = (house.put(1, 1), house.put(2, 1));
    assert_eq!(house.core.placed("E0", 2, |_| Some(second)), [Output::Wake(EXPO)]);
    assert_eq!(house.reads, reads);
    let out = house.core.placed("another", 3, |_| Some(third.clone()));
    assert_eq!(out, [Output::Read { since: 2 }], "rows of another history are a ring");
    house.act(out);
    assert_eq!(house.core.placed("E0", 3, |_| Some(third)), [], "known");
    let frames = house.pull(&mut cursor);
    assert_eq!(frames.iter().map(|frame| (frame.from, frame.seq)).collect::<Vec<_>>(), [(1, 2), (2, 3)]);
}

#[test]
fn what_is_heard_during_a_read_asks_for_one_more_and_only_if_the_read_missed_it() {
    let mut house = House::new(Limits::default());
    house.ring();
    house.put(1, 1);
    assert_eq!(house.core.ring("E0", 2), [Output::Read { since: 1 }]);
    let early = house.db.delta(1, 0);
    house.put(2, 1);
    assert_eq!(house.core.ring("E0", 3), []);
    assert_eq!(house.core.ring("E0", 3), []);
    let late = house.db.delta(1, 0);
    assert_eq!(house.core.loaded(early), [Output::Settle, Output::Read { since: 2 }]);
    assert_eq!(house.core.ring("E0", 3), []);
    assert_eq!(house.core.loaded(late), [Output::Settle], "the read saw it");
    assert_eq!(house.core.head(), 3);
    assert_eq!(house.core.ring("another", 1), [Output::Read { since: 3 }]);
}

#[test]
fn a_row_that_comes_twice_is_drawn_once() {
    let mut house = House::new(Limits::default());
    let mut cursor = house.attach(EXPO, 1);
    let rows = house.put(1, 1);
    assert_eq!(house.core.ring("E0", 2), [Output::Read { since: 1 }]);
    house.core.placed("E0", 2, |_| Some(rows));
    house.put(2, 1);
    house.act(vec![Output::Read { since: 1 }]); // brings t-1 again
    let frames = house.pull(&mut cursor);
    assert_eq!([ids(&frames[0]), ids(&frames[1])], [["t-1", "all-day"], ["t-2", "all-day"]]);
}

#[test]
fn a_read_that_contradicts_what_is_held_drops_the_board() {
    let mut house = House::new(Limits::default());
    let mut cursor = house.attach(EXPO, 1);
    let mut delta = house.db.delta(1, 0);
    (delta.seq, delta.ids) = (2, vec![0, 5]); // t-5 without a body: its stamp is one we passed
    assert_eq!(house.core.loaded(delta), [Output::ResetAll, Output::Read { since: 0 }]);
    assert!(matches!(house.core.pull(&mut cursor), Pull::Reset(Why::Epoch)));
    // A full read that contradicts itself is asked for again by the next poll, not at once.
    let mut delta = house.db.delta(0, 0);
    delta.rows.clear();
    assert_eq!(house.core.loaded(delta), [Output::ResetAll]);
    assert!(!house.core.is_loaded());
    assert_eq!(house.core.polled("E0", 1, 0, 0), [Output::Read { since: 0 }]);
}

#[test]
fn a_read_since_more_than_is_held_is_not_the_board() {
    let mut house = House::new(Limits::default());
    house.put(1, 1);
    let delta = house.db.delta(1, 0);
    assert_eq!(house.core.loaded(delta), [Output::Read { since: 0 }]);
    assert!(!house.core.is_loaded());
}

#[test]
fn a_poll_below_what_was_known_drops_the_board_at_once() {
    let mut house = House::new(Limits::default());
    house.put(1, 1);
    let mut cursor = house.attach(EXPO, 2);
    house.db.go_back(1, false);
    let out = house.core.polled("E0", 1, 2, 7);
    assert_eq!(out, [Output::ResetAll, Output::Read { since: 0 }]);
    assert!(matches!(house.core.pull(&mut cursor), Pull::Reset(Why::Epoch)));
    house.put(2, 1); // and nothing hides it any more
    house.act(out);
    assert_eq!((house.core.head(), house.core.proved_ms()), (2, Some(0)));
}
