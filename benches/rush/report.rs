//! The report: a page for people, and the raw numbers beside it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, process};

use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::Failure;
use crate::figures::Spread;
use crate::ledger::Reckoning;

/// Above this line a run writes, below it people do.
const BELOW: &str = "<!-- Written by hand from here on: a run keeps it. -->";

/// One piece of work, measured.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) name: &'static str,
    pub(crate) what: String,
    pub(crate) spreads: Vec<(String, Spread)>,
    pub(crate) facts: Vec<(String, String)>,
    pub(crate) goals: Vec<Goal>,
    /// None where nothing is delivered.
    pub(crate) delivered: Option<Reckoning>,
}

/// What was to be reached, and what was.
#[derive(Debug)]
pub(crate) struct Goal {
    pub(crate) what: String,
    pub(crate) most: f64,
    pub(crate) reached: f64,
    pub(crate) unit: &'static str,
}

impl Goal {
    pub(crate) fn new(what: impl Into<String>, most: f64, reached: f64, unit: &'static str) -> Self {
        Self { what: what.into(), most, reached, unit }
    }

    fn is_met(&self) -> bool {
        self.reached <= self.most
    }

    fn verdict(&self) -> String {
        if self.is_met() {
            "met".to_owned()
        } else {
            format!("missed: {:.2} times the goal", self.reached / self.most)
        }
    }
}

impl Work {
    pub(crate) fn new(name: &'static str, what: impl Into<String>) -> Self {
        let (spreads, facts, goals) = (Vec::new(), Vec::new(), Vec::new());
        Self { name, what: what.into(), spreads, facts, goals, delivered: None }
    }

    pub(crate) fn fact(&mut self, what: &str, value: impl Into<String>) {
        self.facts.push((what.to_owned(), value.into()));
    }

    pub(crate) fn is_clean(&self) -> bool {
        self.delivered.as_ref().is_none_or(Reckoning::is_clean)
    }

    pub(crate) fn page(&self) -> String {
        let mut page = format!("## {}: {}\n\n", self.name, self.what);
        let mut say = |line: std::fmt::Arguments<'_>| {
            let _ = writeln!(page, "{line}"); // a string takes everything
        };
        if !self.spreads.is_empty() {
            say(format_args!("| ms | samples | p50 | p95 | p99 | max |\n|---|--:|--:|--:|--:|--:|"));
            for (what, spread) in &self.spreads {
                say(format_args!("| {what} | {} |", spread.cells()));
            }
            say(format_args!(""));
        }
        say(format_args!("| goal | at most | reached | |\n|---|--:|--:|---|"));
        for goal in &self.goals {
            let Goal { what, most, reached, unit } = goal;
            say(format_args!("| {what} | {most:.2} {unit} | {reached:.2} {unit} | {} |", goal.verdict()));
        }
        say(format_args!(""));
        if let Some(delivered) = &self.delivered {
            let Reckoning { orders, expected, lost, doubled, trouble, .. } = delivered;
            say(format_args!(
                "- {orders} orders, {expected} cards expected on screens: {lost} lost, {doubled} doubled, {} troubles.",
                trouble.len()
            ));
            for trouble in trouble.iter().take(5) {
                say(format_args!("  - {trouble}"));
            }
        }
        for (what, value) in &self.facts {
            say(format_args!("- {what}: {value}"));
        }
        page
    }

    fn json(&self) -> Value {
        let spreads: serde_json::Map<_, _> =
            self.spreads.iter().map(|(what, spread)| (what.clone(), spread.json())).collect();
        let goals = self.goals.iter().map(|goal| {
            json!({"what": goal.what, "at_most": goal.most, "reached": goal.reached, "unit": goal.unit, "met": goal.is_met()})
        });
        let delivered = self.delivered.as_ref().map(|delivered| {
            json!({"orders": delivered.orders, "expected": delivered.expected, "lost": delivered.lost,
                "doubled": delivered.doubled, "trouble": delivered.trouble, "frames": delivered.frames,
                "frame_bytes": delivered.frame_bytes})
        });
        json!({"name": self.name, "what": self.what, "spreads": spreads, "goals": goals.collect::<Vec<_>>(),
            "delivered": delivered, "facts": self.facts})
    }
}

/// The machine and the build, for whoever compares.
pub(crate) fn machine(postgres: &str) -> Vec<(String, String)> {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let cpu = read("/proc/cpuinfo");
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or(": unknown");
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let memory = read("/proc/meminfo");
    let git = process::Command::new("git").args(["describe", "--always", "--dirty"]).output();
    let build =
        git.map_or_else(|_| String::new(), |git| String::from_utf8_lossy(&git.stdout).trim().to_owned());
    let row = |what: &str, value: &str| (what.to_owned(), value.trim().trim_start_matches(": ").to_owned());
    vec![
        row("command", &format!("cargo bench --bench rush -- {}", words().join(" "))),
        row("machine", &format!("{cores} cores, {}", model.trim().trim_start_matches(':').trim())),
        row("memory", memory.lines().next().unwrap_or("").trim_start_matches("MemTotal:")),
        row("kernel", &read("/proc/sys/kernel/osrelease")),
        row("load before", &read("/proc/loadavg")),
        row("PostgreSQL", postgres),
        row("build", &format!("{build}, profile {}", profile().unwrap_or_default())),
    ]
}

/// The folder that cargo built us into: `release` for `cargo bench`, else the profile that was named.
fn profile() -> Option<String> {
    let program = env::current_exe().ok()?;
    Some(program.parent()?.parent()?.file_name()?.to_str()?.to_owned())
}

/// What was asked for on the command line.
pub(crate) fn words() -> Vec<String> {
    env::args().skip(1).filter(|word| word != "--bench").collect()
}

/// Writes `YYYY-MM-DD.md` and `.json` into the folder.
pub(crate) fn write(folder: &Path, machine: &[(String, String)], works: &[Work]) -> Result<PathBuf, Failure> {
    fs::create_dir_all(folder)?;
    let day = OffsetDateTime::now_utc().date().to_string();
    let path = folder.join(format!("{day}.md"));
    let below = by_hand(folder)?;
    let mut page = format!(
        "# The rush, {day}\n\nServer, PostgreSQL and load on one machine, every order committed to the disk.\n\n"
    );
    for (what, value) in machine {
        writeln!(page, "- {what}: {value}")?;
    }
    for work in works {
        write!(page, "\n{}", work.page())?;
    }
    write!(page, "\n{BELOW}\n{below}")?;
    fs::write(&path, page)?;
    let raw =
        json!({"day": day, "machine": machine, "works": works.iter().map(Work::json).collect::<Vec<_>>()});
    fs::write(path.with_extension("json"), serde_json::to_string(&raw)? + "\n")?;
    Ok(path)
}

/// What people wrote below the newest report.
fn by_hand(folder: &Path) -> Result<String, Failure> {
    let mut reports: Vec<PathBuf> =
        fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    reports.retain(|path| path.extension().is_some_and(|ending| ending == "md"));
    reports.sort();
    for report in reports.iter().rev() {
        if let Some((_, below)) = fs::read_to_string(report)?.split_once(&format!("{BELOW}\n")) {
            return Ok(below.to_owned());
        }
    }
    Ok(String::new())
}
