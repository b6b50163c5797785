//! Comanda: a restaurant POS whose kitchen screens are live. The rooms, in reading order.

pub mod board;
pub mod domain;
pub mod fragments;
pub mod web;
