//! What screens were sent and what they must show after each message, written down so that the browser's
//! reducer can be held against it.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

use super::ops::{Weather, limits, ops};
use super::page::Page;
use super::world::World;

/// A tiny generator (xorshift64*), so that traces are the same on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % sides
    }
}

/// Where traces go: `COMANDA_TRACES`, else `target/traces/board.jsonl`.
fn path() -> PathBuf {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/traces/board.jsonl");
    std::env::var_os("COMANDA_TRACES").map_or_else(beside, PathBuf::from)
}

/// Writes `count` traces, one JSON line each; answers how many messages they hold.
pub(crate) fn write(count: u64) -> usize {
    let path = path();
    let folder = path.parent().expect("a folder");
    std::fs::create_dir_all(folder).expect("the traces' folder");
    // Written aside and moved: whoever reads meanwhile sees all of it or the former.
    let aside = path.with_extension("new");
    let mut file = std::io::BufWriter::new(std::fs::File::create(&aside).expect("the traces' file"));
    let seed = TestRng::from_seed(RngAlgorithm::XorShift, b"every cook sees.");
    let mut runner = TestRunner::new_with_rng(Config::default(), seed);
    let mut messages = 0;
    for number in 0..count {
        let weather = if number % 4 == 3 { Weather::Foul } else { Weather::Rough };
        let tree = (ops(weather, 40..160), limits()).new_tree(&mut runner).expect("operations");
        let (ops, limits) = tree.current();
        let mut world = World::new(weather, limits);
        world.run(&ops);
        world.come_to_rest();
        let logs = world.clients.into_iter().map(|client| client.log);
        let log = logs.max_by_key(|log| log.iter().filter(|text| is_step(text)).count());
        let log = log.expect("a screen");
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15 ^ (number + 1));
        let log = if number % 2 == 0 { log } else { mangle(&log, &mut dice) };
        messages += log.len();
        let steps: Vec<Value> = replay(&log);
        writeln!(file, "{}", json!({ "number": number, "steps": steps })).expect("room on the disk");
    }
    file.flush().expect("room on the disk");
    drop(file);
    std::fs::rename(&aside, &path).expect("the traces in their place");
    messages
}

/// Whether the message is a frame of the ring: those are what traces are for.
fn is_step(text: &str) -> bool {
    text.contains("\"cards\"") && !text.contains("\"all\":")
}

fn replay(log: &[Arc<str>]) -> Vec<Value> {
    let mut page = Page::default();
    let step = |text: &Arc<str>| {
        let took = page.take(text).as_str();
        json!({ "text": text.as_ref(), "took": took, "page": page.digest() })
    };
    log.iter().map(step).collect()
}

/// What no honest connection does: messages doubled, lost, swapped and altered.
fn mangle(log: &[Arc<str>], dice: &mut Dice) -> Vec<Arc<str>> {
    let mut mangled: Vec<Arc<str>> = Vec::new();
    for text in log {
        match dice.roll(12) {
            0 => mangled.extend([Arc::clone(text), Arc::clone(text)]),
            1 => {}
            2 if !mangled.is_empty() => mangled.insert(mangled.len() - 1, Arc::clone(text)),
            3 => mangled.push(Arc::clone(&log[usize::try_from(dice.roll(log.len() as u64)).unwrap_or(0)])),
            4 => mangled.push(text.replace("\"sum\":", "\"sum\":1").into()),
            5 => mangled.push(without_an_article(text)),
            _ => mangled.push(Arc::clone(text)),
        }
    }
    mangled
}

fn without_an_article(text: &str) -> Arc<str> {
    let end = "</article>";
    match (text.find("\n<article"), text.find(end)) {
        (Some(from), Some(to)) => format!("{}{}", &text[..from], &text[to + end.len()..]).into(),
        _ => text.into(),
    }
}
