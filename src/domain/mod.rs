//! The rules of the house. Pure: no I/O, no clock, no async. Whoever needs the time is handed `now`.

pub mod card;
pub mod check;
pub mod demo;
pub mod ids;
pub mod menu;
pub mod money;
pub mod staff;
pub mod station;
pub mod ticket;
