//! Comanda: a restaurant POS whose kitchen screens are live. The rooms, in reading order.

pub mod clock;
pub mod config;
pub mod local_postgres;

pub mod domain;

pub mod store;

pub mod fragments;

pub mod board;

pub mod web;
