//! Who is watching now: how a committed change reaches every screen, in order, with nothing lost.

pub mod attachment;
pub mod bell;
pub mod callers;
pub mod core;
pub mod hub;
mod outlook;
pub mod picture;
mod stamps;
pub mod wire;
