//! The program as people and machines meet it: a real port, a real PostgreSQL, real sockets. One file a noun; each
//! verb once, twice, and by the wrong person.

#[path = "../support/mod.rs"]
mod support;

mod orders;
mod refusals;
mod tickets;
