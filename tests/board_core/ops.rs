//! What can happen, in any order.

use std::ops::Range;

use comanda::board::core::{Limits, Seq};
use proptest::prelude::*;

use super::database::Write;

pub(crate) const PROCESSES: usize = 2;
pub(crate) const SCREENS: usize = 4;

/// How the process that committed hears of its own commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heard {
    Lost,
    Late,
    Now,
    Twice,
    /// Its rows are handed over, if nothing left by the command.
    Placed,
    /// They are handed over later.
    PlacedLate,
}

#[derive(Debug, Clone)]
pub(crate) enum Op {
    Commit {
        process: usize,
        writes: Vec<Write>,
        heard: Heard,
    },
    RollBack {
        writes: Vec<Write>,
    },
    /// Any ring not delivered yet, to any process, perhaps not for the last time.
    Ring {
        process: usize,
        which: usize,
        keep: bool,
    },
    /// A ring nobody rang.
    Noise {
        process: usize,
        foreign: bool,
        seq: Seq,
    },
    PlacedArrives {
        which: usize,
    },
    PollLeaves {
        process: usize,
    },
    PollArrives {
        process: usize,
    },
    ReadRuns {
        process: usize,
    },
    ReadArrives {
        process: usize,
    },
    ReadFails {
        process: usize,
    },
    Connect {
        screen: usize,
        process: usize,
    },
    Cut {
        screen: usize,
    },
    /// The process sends what the screen has coming.
    Send {
        screen: usize,
    },
    Receive {
        screen: usize,
        messages: usize,
    },
    Fetch {
        screen: usize,
        process: usize,
    },
    Beat {
        screen: usize,
    },
    Ack {
        screen: usize,
        but: u16,
    },
    Wait {
        ms: u64,
    },
    /// A process answers its read, and every screen of its own is served.
    Serve {
        process: usize,
    },
    /// For a moment all goes well: everything asked is answered, and every screen is live.
    Calm,
    Restart {
        process: usize,
    },
    /// A restore or a promotion.
    Restore {
        turns: Seq,
    },
    /// A disk put back: no epoch tells.
    PutBack {
        turns: Seq,
    },
}

fn writes() -> impl Strategy<Value = Vec<Write>> {
    let put =
        (0..6_u16, 0..4_u8, 1..4_u8).prop_map(|(key, stations, units)| Write::Put { key, stations, units });
    let remove = (0..6_u16).prop_map(|key| Write::Remove { key });
    prop::collection::vec(prop_oneof![3 => put, 1 => remove], 1..4)
}

fn heard() -> impl Strategy<Value = Heard> {
    prop::sample::select(vec![
        Heard::Lost,
        Heard::Late,
        Heard::Now,
        Heard::Twice,
        Heard::Placed,
        Heard::PlacedLate,
    ])
}

fn everyday() -> impl Strategy<Value = Op> {
    let (process, screen) = (|| 0..PROCESSES, || 0..SCREENS);
    prop_oneof![
        12 => (process(), writes(), heard())
            .prop_map(|(process, writes, heard)| Op::Commit { process, writes, heard }),
        2 => writes().prop_map(|writes| Op::RollBack { writes }),
        4 => (process(), 0..8_usize, any::<bool>())
            .prop_map(|(process, which, keep)| Op::Ring { process, which, keep }),
        1 => (process(), any::<bool>(), prop_oneof![-3..40_i64, Just(i64::MAX), Just(i64::MIN)])
            .prop_map(|(process, foreign, seq)| Op::Noise { process, foreign, seq }),
        2 => (0..4_usize).prop_map(|which| Op::PlacedArrives { which }),
        3 => process().prop_map(|process| Op::PollLeaves { process }),
        3 => process().prop_map(|process| Op::PollArrives { process }),
        6 => process().prop_map(|process| Op::ReadRuns { process }),
        8 => process().prop_map(|process| Op::ReadArrives { process }),
        1 => process().prop_map(|process| Op::ReadFails { process }),
        3 => (screen(), process()).prop_map(|(screen, process)| Op::Connect { screen, process }),
        1 => screen().prop_map(|screen| Op::Cut { screen }),
        10 => screen().prop_map(|screen| Op::Send { screen }),
        8 => (screen(), 1..4_usize).prop_map(|(screen, messages)| Op::Receive { screen, messages }),
        4 => (screen(), process()).prop_map(|(screen, process)| Op::Fetch { screen, process }),
        3 => screen().prop_map(|screen| Op::Beat { screen }),
        2 => (screen(), 0..6_u16).prop_map(|(screen, but)| Op::Ack { screen, but }),
        2 => (1..70_000_u64).prop_map(|ms| Op::Wait { ms }),
        8 => process().prop_map(|process| Op::Serve { process }),
        3 => Just(Op::Calm),
    ]
}

/// What may happen to one house.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weather {
    /// Processes restart, databases are restored or promoted.
    Rough,
    /// Disks are put back as well.
    Foul,
}

pub(crate) fn ops(weather: Weather, count: Range<usize>) -> impl Strategy<Value = Vec<Op>> {
    let restart = (0..PROCESSES).prop_map(|process| Op::Restart { process });
    let restore = (0..5_i64).prop_map(|turns| Op::Restore { turns });
    let back = (1..5_i64).prop_map(move |turns| match weather {
        Weather::Rough => Op::Restore { turns },
        Weather::Foul => Op::PutBack { turns },
    });
    prop::collection::vec(prop_oneof![150 => everyday(), 1 => restart, 1 => restore, 1 => back], count)
}

/// Small bounds are met all the time, the real ones never.
pub(crate) fn limits() -> impl Strategy<Value = Limits> {
    let small = (1..6_usize, 200..3000_usize, 300..1500_usize, 1..5_usize, 1..8_usize);
    let small = small.prop_map(|(frames_max, ring_bytes_max, catch_up_bytes_max, views_max, heads_max)| {
        Limits { frames_max, ring_bytes_max, catch_up_bytes_max, views_max, heads_max, ..Limits::default() }
    });
    prop_oneof![2 => small, 1 => Just(Limits::default())]
}
