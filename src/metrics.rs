//! What is counted, and how it reads for Prometheus.
//!
//! Counters and histograms are atomics of this process, made once with all their labels: whoever counts takes no lock
//! and asks for nothing by name (a request's route aside, which is looked up once a request). No label has values
//! that a guest, a location or a screen could add to. What is only worth knowing when somebody looks (pool, memory,
//! who is behind) is put in just before it is read: [`Metrics::text`].

use std::time::Duration;

use prometheus::core::Collector;
use prometheus::{
    Counter, Gauge, GaugeVec, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts,
    Registry, TextEncoder,
};

/// From a quarter millisecond to the longest wait there is, in seconds.
const TIMES: &[f64] =
    &[0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Everything that this process counts.
pub struct Metrics {
    registry: Registry,
    requests: HistogramVec,
    /// Orders, by what came of them.
    pub orders: Orders,
    /// Rings, by who said first that a board had moved.
    pub rings: Rings,
    /// Screens that were told to start over, by why.
    pub resets: Resets,
    /// Reads of the delta.
    pub reads: Reads,
    /// From a commit of this process to the end of the write of a frame that shows it: once a screen and write.
    pub commit_to_write: Histogram,
    /// From the end of such a write to the screen's word that it is painted. A screen says so once a second at most.
    pub write_to_ack: Histogram,
    /// Frames drawn up and encoded: once a view, however many screens watch it.
    pub frames_rendered: IntCounter,
    /// Frames handed to sockets.
    pub frames_written: IntCounter,
    /// Bytes handed to sockets.
    pub bytes_written: IntCounter,
    /// Screens that were caught up in one frame instead of following the ring.
    pub catch_ups: IntCounter,
    /// Tickets that no screen had shown in time.
    pub alarms: IntCounter,
    /// Screens that showed other cards than the server held.
    pub mismatches: IntCounter,
    backup_last_good: Gauge,
    disk_free: Gauge,
    clock_off: Gauge,
    /// How long a connection of the pool was waited for; asked once a second.
    pub pool_acquire: Histogram,
    seen: Seen,
}

/// What came of orders.
pub struct Orders {
    /// They are in the database.
    pub placed: IntCounter,
    /// They were there already: the first answer again.
    pub repeated: IntCounter,
    /// A rule of the house, or their key, was against it.
    pub refused: IntCounter,
    /// The database was away, or we broke.
    pub failed: IntCounter,
}

/// Who said that a board had moved.
pub struct Rings {
    /// A command of this process.
    pub own: IntCounter,
    /// The bell, for a command of another process.
    pub bell: IntCounter,
    /// Nobody: the poll found it.
    pub poll: IntCounter,
}

/// Why screens start over.
pub struct Resets {
    /// The database went back, or is another.
    pub epoch: IntCounter,
    /// Too much happened since their cards.
    pub behind: IntCounter,
    /// They took too long.
    pub slow: IntCounter,
}

/// Reads of the delta.
pub struct Reads {
    /// How long those took that came back.
    pub took: Histogram,
    /// Those that did not.
    pub failed: IntCounter,
}

/// What is put in when somebody looks.
struct Seen {
    sockets: GaugeVec,
    cursors_behind: Gauge,
    boards: Gauge,
    boards_behind: Gauge,
    behind_turns: Gauge,
    behind_s: Gauge,
    bell_up: Gauge,
    pool: GaugeVec,
    memory: Gauge,
    files: Gauge,
    cpu_s: Counter,
}

/// How things stand at the moment somebody looks.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Standing {
    /// Live sockets, by kind of view.
    pub sockets: Vec<(&'static str, usize)>,
    /// Screens that have something coming.
    pub cursors_behind: usize,
    /// Boards in memory.
    pub boards: usize,
    /// Those that the last poll found behind the database, and that have not caught up since.
    pub boards_behind: usize,
    /// The most turns that one of them is behind.
    pub behind_turns: i64,
    /// How long the longest has been behind.
    pub behind_for: Duration,
    /// Whether other processes are heard; none without Redis.
    pub bell_is_up: Option<bool>,
    /// Connections to the database: open, idle, allowed.
    pub pool: [u32; 3],
    /// Bytes of memory in use.
    pub memory_bytes: u64,
    /// Open files and sockets.
    pub files: usize,
    /// Time that the processor spent on this process.
    pub cpu: Duration,
}

impl Metrics {
    /// Nothing counted yet. `build` names the program's build; it started at `started_s`, seconds since 1970.
    #[expect(clippy::cast_precision_loss, reason = "a date fits")]
    pub fn new(build: &str, started_s: i64) -> Self {
        let registry = Registry::new();
        let r = &registry;
        let [placed, repeated, refused, failed] = counters(
            r,
            ("comanda_orders_total", "Orders, by what came of them"),
            "outcome",
            ["placed", "repeated", "refused", "failed"],
        );
        let [own, bell, poll] = counters(
            r,
            ("comanda_rings_total", "Boards that moved, by who said it first"),
            "by",
            ["own", "bell", "poll"],
        );
        let [epoch, behind, slow] = counters(
            r,
            ("comanda_resets_total", "Screens told to start over, by why"),
            "why",
            ["epoch", "behind", "slow"],
        );
        let info = gauges(r, "comanda_build_info", "The build that serves", &["version", "build"]);
        info.with_label_values(&[env!("CARGO_PKG_VERSION"), build]).set(1.0);
        gauge(r, "process_start_time_seconds", "When the process started, in seconds since 1970")
            .set(started_s as f64);
        Self {
            requests: listed(
                r,
                HistogramVec::new(
                    HistogramOpts::new(
                        "comanda_http_request_seconds",
                        "Requests, to the end of their answer's head",
                    )
                    .buckets(TIMES.to_vec()),
                    &["method", "route", "status"],
                ),
            ),
            orders: Orders { placed, repeated, refused, failed },
            rings: Rings { own, bell, poll },
            resets: Resets { epoch, behind, slow },
            reads: Reads {
                took: times(r, "comanda_delta_read_seconds", "Reads of what changed on a board"),
                failed: counter(
                    r,
                    "comanda_delta_reads_failed_total",
                    "Reads of a board that did not come back",
                ),
            },
            commit_to_write: times(
                r,
                "comanda_commit_to_write_seconds",
                "From a commit of this process until a screen's frame was written",
            ),
            write_to_ack: times(
                r,
                "comanda_write_to_ack_seconds",
                "From a frame's write until the screen said that it is painted",
            ),
            frames_rendered: counter(
                r,
                "comanda_frames_rendered_total",
                "Frames drawn and encoded, once a view",
            ),
            frames_written: counter(r, "comanda_frames_written_total", "Frames handed to sockets"),
            bytes_written: counter(r, "comanda_socket_bytes_written_total", "Bytes handed to sockets"),
            catch_ups: counter(r, "comanda_catch_ups_total", "Screens caught up in one frame"),
            alarms: counter(r, "comanda_unseen_alarms_total", "Tickets that no screen had shown in time"),
            mismatches: counter(
                r,
                "comanda_screen_mismatches_total",
                "Screens that showed other cards than were held",
            ),
            backup_last_good: gauge(
                r,
                "comanda_backup_last_good_timestamp_seconds",
                "The moment that the last good dump shows, in seconds since 1970; 0: there is none",
            ),
            disk_free: gauge(
                r,
                "comanda_disk_free_bytes",
                "Room under the data and the dumps, the fullest disk; -1: none of them is this program's business",
            ),
            clock_off: gauge(
                r,
                "comanda_clock_ahead_of_database_seconds",
                "How far this machine's clock is ahead of the database's",
            ),
            pool_acquire: times(
                r,
                "comanda_pool_acquire_seconds",
                "How long a connection was waited for, asked once a second",
            ),
            seen: Seen::new(r),
            registry,
        }
    }

    /// A request was answered. `route` is the template of its address, `status` the answer's.
    pub fn answered(&self, method: &str, route: &str, status: u16, took: Duration) {
        let method = match method {
            "GET" | "HEAD" | "POST" => method,
            _ => "other",
        };
        let class = match status / 100 {
            1 => "1xx",
            2 => "2xx",
            3 => "3xx",
            4 => "4xx",
            _ => "5xx",
        };
        self.requests.with_label_values(&[method, route, class]).observe(took.as_secs_f64());
    }

    /// The last good dump shows that moment, in seconds since 1970.
    #[expect(clippy::cast_precision_loss, reason = "a date fits")]
    pub fn backed_up(&self, at_s: i64) {
        self.backup_last_good.set(at_s as f64);
    }

    /// So many bytes are free; none: nobody looked.
    #[expect(clippy::cast_precision_loss, reason = "gauges are f64: exact up to 2^53")]
    pub fn disk_has(&self, free: Option<u64>) {
        self.disk_free.set(free.map_or(-1.0, |free| free as f64));
    }

    /// This machine's clock was found so far ahead of the database's.
    #[expect(clippy::cast_precision_loss, reason = "gauges are f64: exact up to 2^53")]
    pub fn clock_is_off(&self, ahead_ms: i64) {
        self.clock_off.set(ahead_ms as f64 / 1e3);
    }

    /// Everything in Prometheus' text format, with how things stand just now.
    pub fn text(&self, standing: &Standing) -> String {
        self.seen.put(standing);
        TextEncoder::new().encode_to_string(&self.registry.gather()).unwrap_or_else(|err| {
            tracing::error!(error = &err as &dyn std::error::Error, "the metrics could not be written down");
            String::new()
        })
    }
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Seen {
    fn new(r: &Registry) -> Self {
        Self {
            sockets: gauges(r, "comanda_sockets", "Live sockets, by kind of view", &["view"]),
            cursors_behind: gauge(r, "comanda_cursors_behind", "Screens that have something coming"),
            boards: gauge(r, "comanda_boards", "Boards in memory"),
            boards_behind: gauge(
                r,
                "comanda_boards_behind",
                "Boards behind what the poll saw in the database",
            ),
            behind_turns: gauge(r, "comanda_head_behind_turns", "Turns that the slowest board is behind"),
            behind_s: gauge(r, "comanda_head_behind_seconds", "How long the slowest board has been behind"),
            bell_up: gauge(
                r,
                "comanda_bell_up",
                "1: other processes are heard; 0: Redis is away; -1: there is none",
            ),
            pool: gauges(r, "comanda_pool_connections", "Connections to the database", &["state"]),
            memory: gauge(r, "process_resident_memory_bytes", "Memory in use"),
            files: gauge(r, "process_open_fds", "Open files and sockets"),
            cpu_s: listed(r, Counter::new("process_cpu_seconds_total", "Time of the processor spent")),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "gauges are f64: exact up to 2^53")]
    fn put(&self, standing: &Standing) {
        self.sockets.reset(); // a kind that nobody watches any more
        for (view, sockets) in &standing.sockets {
            self.sockets.with_label_values(&[*view]).set(*sockets as f64);
        }
        self.cursors_behind.set(standing.cursors_behind as f64);
        self.boards.set(standing.boards as f64);
        self.boards_behind.set(standing.boards_behind as f64);
        self.behind_turns.set(standing.behind_turns as f64);
        self.behind_s.set(standing.behind_for.as_secs_f64());
        self.bell_up.set(standing.bell_is_up.map_or(-1.0, |is_up| f64::from(u8::from(is_up))));
        for (state, connections) in ["open", "idle", "allowed"].into_iter().zip(standing.pool) {
            self.pool.with_label_values(&[state]).set(f64::from(connections));
        }
        self.memory.set(standing.memory_bytes as f64);
        self.files.set(standing.files as f64);
        self.cpu_s.inc_by((standing.cpu.as_secs_f64() - self.cpu_s.get()).max(0.0));
    }
}

/// Microseconds as what histograms take.
pub fn seconds(us: u64) -> f64 {
    Duration::from_micros(us).as_secs_f64()
}

fn counter(registry: &Registry, name: &str, help: &str) -> IntCounter {
    listed(registry, IntCounter::new(name, help))
}

fn counters<const N: usize>(
    registry: &Registry,
    (name, help): (&str, &str),
    label: &str,
    values: [&str; N],
) -> [IntCounter; N] {
    let all = listed(registry, IntCounterVec::new(Opts::new(name, help), &[label]));
    values.map(|value| all.with_label_values(&[value]))
}

fn gauge(registry: &Registry, name: &str, help: &str) -> Gauge {
    listed(registry, Gauge::new(name, help))
}

fn gauges(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> GaugeVec {
    listed(registry, GaugeVec::new(Opts::new(name, help), labels))
}

fn times(registry: &Registry, name: &str, help: &str) -> Histogram {
    listed(registry, Histogram::with_opts(HistogramOpts::new(name, help).buckets(TIMES.to_vec())))
}

/// Names and labels stand in this file: one that does not do is found by the first test that starts a house.
fn listed<T: Collector + Clone + 'static>(registry: &Registry, made: prometheus::Result<T>) -> T {
    let listed = made.and_then(|metric| registry.register(Box::new(metric.clone())).map(|()| metric));
    listed.unwrap_or_else(|err| panic!("a metric is named wrongly: {err}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_counted_under_its_route_and_nothing_that_a_stranger_could_make_up() {
        let metrics = Metrics::new("b1", 1);
        metrics.answered("GET", "/checks/{check_id}", 404, Duration::from_millis(2));
        metrics.answered("BREW", "-", 405, Duration::from_millis(2));
        let text = metrics.text(&Standing::default());
        let counted = |line: &str| assert!(text.lines().any(|l| l == line), "{line}:\n{text}");
        counted(
            r#"comanda_http_request_seconds_count{method="GET",route="/checks/{check_id}",status="4xx"} 1"#,
        );
        counted(r#"comanda_http_request_seconds_count{method="other",route="-",status="4xx"} 1"#);
    }

    #[test]
    fn what_stands_is_what_was_said_last() {
        let metrics = Metrics::new("b1", 1);
        let sockets = vec![("station", 3), ("floor", 1)];
        metrics.text(&Standing { sockets, pool: [4, 2, 16], ..Standing::default() });
        let text = metrics.text(&Standing { sockets: vec![("station", 2)], ..Standing::default() });
        assert!(text.contains("comanda_sockets{view=\"station\"} 2\n"), "{text}");
        assert!(!text.contains("view=\"floor\""), "{text}");
        assert!(text.contains("comanda_pool_connections{state=\"open\"} 0\n"), "{text}");
        assert!(text.contains("comanda_bell_up -1\n"), "{text}");
    }
}
