//! Comanda: a restaurant POS whose kitchen screens are live.
//!
//! The rooms, in reading order: `domain` (rules), `store` (SQL), `fragments` (markup shown in two places), `board`
//! (who is watching now), `web` (what the browser talks to), `app` (the list of routes), `chores` (what only time
//! can do). Which room may name which: docs/architecture.md, kept by `tests/rooms.rs`.

pub mod app;
pub mod backup;
pub mod board;
pub mod chores;
pub mod clock;
pub mod config;
pub mod disk;
pub mod domain;
pub mod entrance;
pub mod errands;
pub mod fragments;
pub mod house_database;
pub mod lan;
pub mod lines;
pub mod local_postgres;
pub mod metrics;
pub mod probe;
pub mod secrets;
pub mod serve;
pub mod store;
pub mod supervisor;
pub mod this_process;
pub mod tls;
pub mod web;
pub mod welcome;
