//! How the program ends, what it refuses to begin, and what it says of itself.

use std::net::TcpListener;

use clap::CommandFactory as _;
use comanda::config::Comanda;
use rustix::process::Signal;

use super::house::{House, PLAIN, SURELY, is_alive, said, send};
use super::screen::Screen;
use super::tablet::Tablet;

#[tokio::test]
async fn told_to_stop_it_says_so_to_every_screen_and_takes_its_database_along() {
    let mut house = House::open().await;
    let tablet = Tablet::of(&house).await;
    let mut screen = Screen::open(&tablet).await;
    let server = house.postmaster().expect("a server");
    send(house.pid(), Signal::TERM);
    screen.wait(SURELY, "a close", |screen| screen.closed.is_some()).await;
    assert_eq!(screen.closed, Some(1012), "come back soon");
    assert_eq!(house.ended().await.code(), Some(0), "{}", house.log());
    assert!(!is_alive(server), "no database runs on behind it");
    assert_eq!(house.postmaster(), None);
}

#[tokio::test]
async fn a_second_program_on_the_same_folder_is_told_who_holds_it() {
    let house = House::open().await;
    let refused = house.errand(&[("COMANDA_LISTEN", "127.0.0.1:0")], &["serve"]).await;
    assert_eq!(refused.status.code(), Some(1));
    let words = said(&refused);
    assert!(words.contains(&format!("process {}", house.pid())), "{words}");
    assert!(house.postmaster().is_some_and(is_alive), "and the first one goes on");
}

#[tokio::test]
async fn a_port_that_is_taken_is_said_before_any_database_is_made() {
    let house = House::new();
    let _taken = TcpListener::bind(house.address).expect("a port");
    let refused = house.errand(PLAIN, &["serve"]).await;
    assert_eq!(refused.status.code(), Some(1));
    let words = said(&refused);
    assert!(words.contains(&house.address.to_string()) && words.contains("another Comanda"), "{words}");
    assert_eq!(house.postmaster(), None);
    assert!(!house.data.exists(), "nothing was made");
}

#[tokio::test]
async fn every_setting_stands_in_the_help_with_its_variable_and_its_default() {
    let house = House::new();
    let help = house.errand(PLAIN, &["--help"]).await;
    assert!(help.status.success());
    // Wrapped to the terminal's width: one line again.
    let help = said(&help).split_whitespace().collect::<Vec<_>>().join(" ");
    let command = Comanda::command();
    let settings: Vec<_> = command.get_arguments().filter(|setting| !setting.is_hide_set()).collect();
    assert!(settings.len() > 12, "the settings were found");
    for setting in settings {
        let name = format!("--{}", setting.get_long().expect("a long name"));
        let variable = format!("[env: {}", setting.get_env().expect("a variable").to_string_lossy());
        assert!(help.contains(&name) && help.contains(&variable), "{name} {variable}");
        if !setting.get_action().takes_values() {
            continue; // a switch is off
        }
        let default = setting
            .get_default_values()
            .first()
            .map(|value| format!("[default: {}", value.to_string_lossy()));
        let words = setting.get_help().map(ToString::to_string).unwrap_or_default();
        match default {
            Some(default) => assert!(help.contains(&default), "{name}: {default}"),
            None => assert!(
                words.contains("without it") || words.contains("[default: "),
                "{name} has no default: {words}"
            ),
        }
    }
    for command in command.get_subcommands() {
        assert!(help.contains(command.get_name()), "{}", command.get_name());
    }
}
