//! Comanda: a restaurant POS whose kitchen screens are live. The rooms, in reading order.

<<<<<<< HEAD
pub mod clock;
pub mod local_postgres;
pub mod domain;
pub mod store;
<<<<<<< HEAD
pub mod fragments;
pub mod board;
=======
pub mod board;
pub mod domain;
pub mod fragments;
>>>>>>> kitchen
pub mod web;
=======
>>>>>>> demo
