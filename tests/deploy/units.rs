//! systemd's units, by systemd's own checkers, and the settings of the system around them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::CommandFactory as _;
use comanda::config::Comanda;

use super::house::said;

/// The most that systemd may find exposed, in tenths: below it is "OK".
const EXPOSURE_MAX: &str = "25";

pub(crate) fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy")
}

fn units() -> Vec<(String, String)> {
    let folder = deploy().join("systemd");
    let mut units: Vec<_> = fs::read_dir(folder)
        .expect("a folder of units")
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, fs::read_to_string(path).expect("a unit"))
        })
        .collect();
    units.sort();
    let names: Vec<_> = units.iter().map(|(name, _)| name).collect();
    assert!(units.len() >= 6, "units are missing: {names:?}");
    units
}

/// The value of a setting in a unit, or of several of the name.
fn values<'a>(unit: &'a str, name: &str) -> Vec<&'a str> {
    unit.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix('=')).collect()
}

/// Names of settings that the program reads from its environment.
pub(crate) fn settings() -> BTreeSet<String> {
    let command = Comanda::command();
    let names = command.get_arguments().filter_map(|setting| setting.get_env());
    let names: BTreeSet<String> = names.map(|name| name.to_string_lossy().into_owned()).collect();
    assert!(names.len() > 12, "{names:?}");
    names
}

#[test]
fn systemd_understands_every_unit() {
    let folder = std::env::temp_dir().join(format!("comanda-units-{:016x}", rand::random::<u64>()));
    fs::create_dir(&folder).expect("a folder");
    let mut names = Vec::new();
    for (name, unit) in units() {
        // The program stands elsewhere until it is installed.
        fs::write(folder.join(&name), unit.replace("/usr/local/bin/comanda", "/bin/true")).expect("a copy");
        names.push(name.replace('@', "@3001"));
    }
    for (name, instance) in units().iter().map(|(name, _)| name).zip(&names).filter(|(name, i)| name != i) {
        std::os::unix::fs::symlink(name, folder.join(instance)).expect("an instance");
    }
    let checked = Command::new("systemd-analyze")
        .args(["verify", "--man=no", "--recursive-errors=one"])
        .args(names.iter().map(|name| folder.join(name)))
        .output()
        .expect("systemd-analyze");
    fs::remove_dir_all(&folder).expect("no folder");
    let words = said(&checked);
    // Units of this machine's own are looked at too; ours are named by their folder, or by name.
    let ours: Vec<_> = words.lines().filter(|line| line.contains("comanda")).collect();
    assert!(checked.status.success() && ours.is_empty(), "{words}");
}

#[test]
fn what_a_service_exposes_stays_below_the_threshold() {
    for (name, unit) in units() {
        if !unit.contains("[Service]") {
            continue;
        }
        let checked = Command::new("systemd-analyze")
            .args(["security", "--offline=true", "--no-pager", &format!("--threshold={EXPOSURE_MAX}")])
            .arg(deploy().join("systemd").join(&name))
            .output()
            .expect("systemd-analyze");
        let words = said(&checked);
        assert!(checked.status.success(), "{name}: {}", words.lines().last().unwrap_or_default());
        assert!(words.contains("Overall exposure level"), "{name} was not looked at: {words}");
    }
}

#[test]
fn units_name_words_and_settings_that_the_program_knows() {
    let (command, settings) = (Comanda::command(), settings());
    let mut programs = 0;
    for (name, unit) in units() {
        for start in values(&unit, "ExecStart") {
            if let Some(word) = start.strip_prefix("/usr/local/bin/comanda ") {
                programs += 1;
                assert!(command.find_subcommand(word).is_some(), "{name}: comanda {word}");
            }
        }
        for pair in values(&unit, "Environment").iter().flat_map(|line| line.split(' ')) {
            let (variable, _) = pair.split_once('=').expect("NAME=value");
            assert!(settings.contains(variable), "{name}: {variable}");
        }
        for credential in values(&unit, "LoadCredential") {
            let variable = credential.strip_prefix("comanda.").expect("ours").to_uppercase();
            assert!(settings.contains(&variable), "{name}: {credential}");
        }
    }
    assert!(programs >= 3, "units that start the program");
}

#[test]
fn every_socket_has_its_service_and_holds_its_port() {
    let units = units();
    let mut sockets = 0;
    for (name, socket) in units.iter().filter(|(name, _)| name.ends_with(".socket")) {
        let service = name.replace(".socket", ".service");
        let service = units.iter().find(|(name, _)| *name == service).map(|(_, unit)| unit);
        let service = service.unwrap_or_else(|| panic!("{name} has no service"));
        assert_eq!(values(service, "Requires"), [name.as_str()]);
        assert_eq!(values(service, "Type"), ["notify"], "{name}");
        assert_eq!(values(socket, "Backlog"), ["4096"], "{name}: as many as entrance::listen asks for");
        sockets += 1;
    }
    assert_eq!(sockets, 1);
}

#[test]
fn every_timer_has_its_service_and_an_hour() {
    let units = units();
    let mut timers = 0;
    for (name, timer) in &units {
        let Some(stem) = name.strip_suffix(".timer") else { continue };
        let service = format!("{stem}.service");
        let service = units.iter().find(|(name, _)| *name == service).map(|(_, unit)| unit);
        let service = service.unwrap_or_else(|| panic!("{name} has no service"));
        assert_eq!(values(service, "Type"), ["oneshot"], "{name}");
        assert_eq!(values(timer, "WantedBy"), ["timers.target"], "{name}");
        assert_eq!(values(timer, "Persistent"), ["true"], "{name}: a machine that was off makes good for it");
        for hour in values(timer, "OnCalendar") {
            let checked =
                Command::new("systemd-analyze").args(["calendar", hour]).output().expect("systemd-analyze");
            assert!(checked.status.success(), "{name}: {}", said(&checked));
            timers += 1;
        }
    }
    assert_eq!(timers, 1);
}

#[test]
fn every_kernel_setting_exists_and_says_what_it_is_for() {
    let text = fs::read_to_string(deploy().join("sysctl.conf")).expect("a file");
    let mut found = 0;
    for paragraph in text.split("\n\n") {
        let (comments, lines): (Vec<&str>, Vec<&str>) =
            paragraph.lines().partition(|line| line.starts_with('#'));
        for line in lines {
            let (key, value) = line.split_once(" = ").expect("key = value");
            assert!(!comments.is_empty(), "{key} has no reason");
            assert!(value.split(' ').all(|number| number.parse::<u32>().is_ok()), "{line}");
            let path = format!("/proc/sys/{}", key.replace('.', "/"));
            assert!(Path::new(&path).exists(), "{path}");
            found += 1;
        }
    }
    assert!(found > 5);
}
