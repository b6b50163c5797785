//! The store on a real `PostgreSQL`, with the rights of the program that serves: turns, rollbacks, deltas, rights,
//! and what the schema itself refuses.

mod backups;
mod constraints;
mod crowd;
#[expect(dead_code, reason = "each test program uses its part of it")]
#[path = "../support/database.rs"]
mod database;
mod delta;
mod house;
mod receipts;
mod rights;
mod sends;
mod turns;
mod whole;
