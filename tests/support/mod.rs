//! What the stories are told with: a house on a real port over a database of its own, people with browsers, machines
//! with keys, screens with sockets.

use std::time::Duration;

/// What should come soon comes within that, on a machine that is busy with other things too.
pub(crate) const SOON: Duration = Duration::from_secs(20);

pub(crate) mod app;
pub(crate) mod client;
#[expect(dead_code, reason = "each test program uses its part of it")]
pub(crate) mod database;
mod kitchen;
pub(crate) mod screen;
pub(crate) mod slip;

pub(crate) use app::TestApp;
pub(crate) use client::{Answer, Client, Placed};
pub(crate) use screen::Screen;
pub(crate) use slip::{dish, slip};
