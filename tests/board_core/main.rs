//! The promises of the live board, over thousands of interleavings of commits, rings, reads, faults and
//! screens. P1 to P9 are the protocol's names for them.

mod database;
mod house;
mod ops;
mod page;
mod picture;
mod reads;
mod scenes;
mod screens;
mod traces;
mod world;

use std::sync::Arc;

use comanda::board::core::{Ask, Attached, Core, Delta};
use proptest::prelude::*;
use proptest::test_runner::RngAlgorithm;

use house::EXPO;
use ops::{Weather, limits, ops};
use picture::{Kitchen, Row};
use world::World;

/// `XorShift`, because every lazily chosen operation seeds a generator of its own: the default one costs ten
/// times more than everything proved with it.
fn config(cases: u32) -> ProptestConfig {
    let rng_algorithm = RngAlgorithm::XorShift;
    ProptestConfig { cases, rng_algorithm, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(3000))]

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
    #![proptest_config(config(1500))]

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

fn any_delta() -> impl Strategy<Value = Delta<u16, Row>> {
    let row = (0..5_u16, any::<i64>(), 0..4_u8).prop_map(|(key, seq, stations)| Row {
        key,
        seq,
        stations,
        units: 1,
        shown: Some(seq),
    });
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
                2 => drop(core.placed(&delta.epoch, delta.seq, |_| Some(delta.rows))),
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
        for cursor in cursors {
            core.detach(cursor, 0);
        }
        prop_assert!(core.idle_since().is_some());
    }
}
