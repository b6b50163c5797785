//! What a supervisor (systemd, or whoever speaks its words) and the program tell each other: a port that was opened
//! ahead, that the house is open, that it still answers, that it closes.
//!
//! Where nobody supervises, all of it does nothing. Proof of life is an answer through the program's own port while
//! every chore is there. The database is not asked: while it is away a new process would not help.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use listenfd::ListenFd;
use rustix::net::{AddressFamily, SocketType};
use sd_notify::NotifyState;
use tokio::time::sleep;
use tokio_rustls::TlsConnector;

use crate::probe;

/// Between two questions to a port that was just opened.
const ASK_AGAIN_AFTER: Duration = Duration::from_millis(20);

/// The first answer gets this long; it is asked for again until it comes.
const FIRST_ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// A port that a supervisor opened for this process: connections wait in it while no program runs.
///
/// Asked once, before there are threads: what it finds out is taken from the environment, so that no child sees it.
pub fn inherited() -> std::io::Result<Option<TcpListener>> {
    let mut handed = ListenFd::from_env();
    match handed.len() {
        0 => Ok(None),
        1 => {
            let family = |family: AddressFamily| i32::from(family.as_raw());
            let kind = i32::try_from(SocketType::STREAM.as_raw()).unwrap_or_default();
            // Of one family or the other: the first question leaves what it does not take.
            match handed.take_custom(0, family(AddressFamily::INET), kind, "TCP port") {
                Ok(port) => Ok(port),
                Err(_) => handed.take_custom(0, family(AddressFamily::INET6), kind, "TCP port"),
            }
        }
        many => Err(std::io::Error::other(format!("{many} sockets were handed over, one is served"))),
    }
}

/// Says in words how far the program is.
pub fn status(words: &str) {
    tell(&[NotifyState::Status(words)]);
}

/// Says that the house is open once its port answers, and from then on, as often as is asked for, that it still does.
/// Never ends by itself.
pub async fn watch(
    address: SocketAddr,
    tls: Option<&TlsConnector>,
    words: &str,
    mut chores_are_there: impl FnMut() -> bool,
) {
    if !is_there() {
        return std::future::pending().await;
    }
    while let Err(err) = probe::ask(address, tls, FIRST_ANSWER_WITHIN).await {
        tracing::debug!(error = &err as &dyn std::error::Error, "the port does not answer yet");
        sleep(ASK_AGAIN_AFTER).await;
    }
    tell(&[NotifyState::Ready, NotifyState::Status(words)]);
    let Some(patience) = sd_notify::watchdog_enabled() else {
        return std::future::pending().await;
    };
    let mut failing = false;
    loop {
        let silent = match probe::ask(address, tls, patience / 4).await {
            Ok(()) if chores_are_there() => None,
            Ok(()) => Some("a chore has ended".to_owned()),
            Err(err) => Some(err.to_string()),
        };
        match silent {
            None => {
                failing = false;
                tell(&[NotifyState::Watchdog]);
            }
            Some(why) if !failing => {
                failing = true;
                tracing::error!(why, "the supervisor is not told that all is well");
            }
            Some(_) => {}
        }
        sleep(patience / 4).await;
    }
}

/// Says that the program ends, and then that it is still at it: what is open gets its time. Never ends by itself.
pub async fn stopping(words: &str) {
    tell(&[NotifyState::Stopping, NotifyState::Status(words)]);
    let Some(patience) = sd_notify::watchdog_enabled().filter(|_| is_there()) else {
        return std::future::pending().await;
    };
    loop {
        tell(&[NotifyState::Watchdog]);
        sleep(patience / 4).await;
    }
}

fn is_there() -> bool {
    std::env::var_os("NOTIFY_SOCKET").is_some()
}

fn tell(words: &[NotifyState<'_>]) {
    if let Err(err) = sd_notify::notify(words) {
        tracing::warn!(error = &err as &dyn std::error::Error, "the supervisor cannot be told");
    }
}
