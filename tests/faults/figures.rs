//! How long it took. Printed for docs/benchmarks (`cargo test --test faults -- --nocapture`), asserted by nobody.

use std::time::Duration;

use super::screen::Screen;
use super::tablet::{Taken, cards_of};

/// Prints, from the first try of each order on, after what time it was answered and after what time each screen had
/// all of its cards, which it has by now.
pub(crate) fn say(what: &str, taken: &[Taken], screens: &[&Screen]) {
    let answered = taken.iter().map(|taken| taken.answered - taken.posted);
    let shown = screens.iter().flat_map(|screen| {
        taken.iter().map(|taken| {
            let came = cards_of(&taken.answer).into_iter().map(|card| screen.came[&card]).max();
            came.expect("it has cards").saturating_duration_since(taken.posted)
        })
    });
    let (orders, answered, shown) = (taken.len(), spread(answered), spread(shown));
    println!(
        "figures: {what}: {orders} orders, answered {answered}, on each of {} screens {shown}",
        screens.len()
    );
}

fn spread(times: impl Iterator<Item = Duration>) -> String {
    let mut ms: Vec<_> = times.map(|time| time.as_secs_f64() * 1000.0).collect();
    ms.sort_by(f64::total_cmp);
    let at = |percent: usize| {
        ms.get((ms.len() * percent).div_ceil(100).saturating_sub(1)).copied().unwrap_or(f64::NAN)
    };
    format!("p50 {:.0} p99 {:.0} max {:.0} ms", at(50), at(99), at(100))
}
