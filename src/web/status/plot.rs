//! The last hour as a picture: two lines over sixty minutes, and what its height stands for.

use crate::domain::watch::Minute;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 180.0;
/// Room for the words at the left, and at the foot.
const LEFT: f64 = 56.0;
const FOOT: f64 = 22.0;
const HEAD: f64 = 8.0;
/// Heights that a person reads easily, in milliseconds.
const TOPS_MS: [f64; 12] = [50.0, 100.0, 200.0, 500.0, 1e3, 2e3, 5e3, 1e4, 3e4, 6e4, 6e5, 3.6e6];

/// Coordinates of an SVG of 720 by 180.
#[derive(Debug, Clone, PartialEq)]
pub struct Plot {
    /// Where each minute's p50 stands.
    pub p50: Vec<Dot>,
    /// Where each minute's p99 stands.
    pub p99: Vec<Dot>,
    /// Lines across, each with its height in words.
    pub marks: Vec<(f64, String)>,
}

/// A minute's place.
#[derive(Debug, Clone, PartialEq)]
pub struct Dot {
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
    /// In words, for whoever points at it.
    pub words: String,
}

impl Plot {
    /// Draws minutes, the oldest at the left.
    pub fn of(minutes: &[Minute]) -> Self {
        let most = minutes.iter().map(|minute| minute.p99_ms).fold(0.0, f64::max);
        let top = TOPS_MS.into_iter().find(|top| most <= *top).unwrap_or(most);
        let y = |ms: f64| round(HEAD + (HEIGHT - HEAD - FOOT) * (1.0 - (ms / top).clamp(0.0, 1.0)));
        let x = |ago: i32| round(LEFT + (WIDTH - LEFT - HEAD) * f64::from(59 - ago) / 59.0);
        let line = |of: fn(&Minute) -> f64, name: &str| {
            let mut minutes = minutes.to_vec();
            minutes.sort_by_key(|minute| -minute.ago);
            let dots = minutes.iter().map(|minute| Dot {
                x: x(minute.ago),
                y: y(of(minute)),
                words: format!("{} min ago: {name} {}, of {}", minute.ago, ms(of(minute)), minute.tickets),
            });
            dots.collect()
        };
        Self {
            p50: line(|minute| minute.p50_ms, "p50"),
            p99: line(|minute| minute.p99_ms, "p99"),
            marks: [1.0, 0.5, 0.0].map(|part| (y(top * part), ms(top * part))).to_vec(),
        }
    }

    /// Dots as the points of a line.
    pub fn points(dots: &[Dot]) -> String {
        dots.iter().map(|dot| format!("{},{}", dot.x, dot.y)).collect::<Vec<_>>().join(" ")
    }
}

/// `45 ms`, `1.2 s`, `7 min`.
pub(super) fn ms(ms: f64) -> String {
    match ms {
        ..1e3 => format!("{ms:.0} ms"),
        ..6e4 => format!("{:.1} s", ms / 1e3),
        _ => format!("{:.0} min", ms / 6e4),
    }
}

fn round(coordinate: f64) -> f64 {
    (coordinate * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_minute_stands_left_and_the_slowest_high() {
        let minute = |ago, p50_ms, p99_ms| Minute { ago, tickets: 3, p50_ms, p99_ms };
        let plot = Plot::of(&[minute(0, 40.0, 90.0), minute(59, 10.0, 100.0)]);
        assert_eq!((plot.p99[0].x, plot.p99[0].y), (LEFT, HEAD));
        assert!(plot.p50[0].x < plot.p50[1].x && plot.p50[1].y < plot.p50[0].y);
        assert_eq!(plot.marks[0].1, "100 ms");
        assert_eq!(Plot::points(&plot.p99), "56,8 712,23");
        assert!(plot.p99[1].words.starts_with("0 min ago: p99 90 ms, of 3"));
    }

    #[test]
    fn an_hour_without_orders_is_an_empty_plot_and_no_division_by_nothing() {
        let plot = Plot::of(&[]);
        assert!(plot.p50.is_empty() && plot.marks.iter().all(|(y, _)| y.is_finite()));
    }
}
