//! Screens, scene by scene.

use std::collections::HashMap;
use std::sync::Arc;

use comanda::board::core::{Ask, Attached, Limits, Output, Pull, Seen, Shown, Why, digest};

use super::database::Write;
use super::house::{EXPO, House, ids};
use super::picture::{VIEWS, View, encode};

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

#[test]
fn fat_frames_are_bounded_by_their_bytes() {
    let mut house = House::new(Limits::default());
    let fat = View { padding: 5000, ..EXPO };
    let mut parked = vec![house.attach(fat, 1)];
    for turn in 0..200_u8 {
        house.put(1, turn);
        house.ring();
        parked.push(house.attach(fat, house.db.seq));
    }
    let bytes = |frames: &[Arc<super::house::Sent>]| frames.iter().map(|frame| frame.bytes()).sum::<usize>();
    let pulled = parked.iter_mut().map(|cursor| match house.core.pull(cursor) {
        Pull::Frames(frames) => bytes(&frames),
        Pull::Idle | Pull::Reset(_) => 0,
    });
    let most = pulled.max().expect("screens");
    assert!((400 * 1024..=512 * 1024).contains(&most), "P6: {most} bytes");
}

#[test]
fn a_screen_of_another_epoch_may_know_better_and_the_database_is_asked() {
    let mut house = House::new(Limits::default());
    house.ring();
    let old = house.ask(EXPO, 1);
    house.db.go_back(0, true);
    let new = house.ask(EXPO, 1); // another process has told it
    let (Attached::Wait(waiting), out) = house.core.attach(&new, None, 0) else { panic!("not asked") };
    assert_eq!(out, [Output::Read { since: 1 }]);
    house.act(out);
    assert!(matches!(house.core.attach(&new, Some(waiting), 0).0, Attached::Live(_)));

    let (Shown::Wait(waiting), out) = house.core.snapshot(&old, None, 0) else { panic!("not asked") };
    house.act(out);
    let (attached, _) = house.core.attach(&old, Some(waiting), 0);
    assert!(matches!(attached, Attached::Reset(Why::Epoch)), "it was the screen that did not know");
    let (shown, _) = house.core.snapshot(&old, Some(waiting), 0);
    assert!(matches!(shown, Shown::Ready(snapshot) if snapshot.frame.from == 0 && *snapshot.epoch == *"E1"));
}
