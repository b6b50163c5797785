//! Comanda: a restaurant POS whose kitchen screens are live. The rooms, in reading order.

pub mod domain;
pub mod store;
