//! Samples and what is said of them: exact percentiles over all samples, no sketches.

use std::time::Duration;

use serde_json::{Value, json};

/// Durations of one kind, in microseconds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Samples {
    us: Vec<u32>,
}

impl Samples {
    pub(crate) fn add(&mut self, took: Duration) {
        self.add_us(u32::try_from(took.as_micros()).unwrap_or(u32::MAX));
    }

    pub(crate) fn add_us(&mut self, us: u32) {
        self.us.push(us);
    }

    /// Sorted once, read often.
    pub(crate) fn spread(&self) -> Spread {
        let mut us = self.us.clone();
        us.sort_unstable();
        Spread { us }
    }
}

/// Samples in order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Spread {
    us: Vec<u32>,
}

impl Spread {
    pub(crate) fn len(&self) -> usize {
        self.us.len()
    }

    /// The nearest rank: the smallest sample that `per_mille` of them do not exceed. In milliseconds.
    pub(crate) fn at(&self, per_mille: usize) -> f64 {
        let rank = (self.us.len() * per_mille).div_ceil(1000).max(1) - 1;
        self.us.get(rank).map_or(f64::NAN, |us| f64::from(*us) / 1000.0)
    }

    pub(crate) fn p50(&self) -> f64 {
        self.at(500)
    }

    pub(crate) fn p99(&self) -> f64 {
        self.at(990)
    }

    pub(crate) fn max(&self) -> f64 {
        self.at(1000)
    }

    /// p50, p95, p99, max as cells of a table.
    pub(crate) fn cells(&self) -> String {
        let [a, b, c, d] = [500, 950, 990, 1000].map(|at| format!("{:.2}", self.at(at)));
        format!("{} | {a} | {b} | {c} | {d}", self.len())
    }

    /// The percentiles, and a histogram whose classes are a tenth wide: enough to draw it again.
    pub(crate) fn json(&self) -> Value {
        let mut classes: Vec<(u32, u32)> = Vec::new();
        let mut upto = 10_u32;
        for us in &self.us {
            while *us > upto {
                upto = upto.saturating_add((upto / 10).max(1));
            }
            match classes.last_mut() {
                Some((class, count)) if *class == upto => *count += 1,
                _ => classes.push((upto, 1)),
            }
        }
        json!({
            "samples": self.len(), "p50_ms": self.p50(), "p95_ms": self.at(950), "p99_ms": self.p99(),
            "max_ms": self.max(), "histogram_upto_us": classes,
        })
    }
}
