//! Dumps of the house's database, their proof, and the way back.
//!
//! The bargain: a dump is `pg_dump`'s own custom format, so that PostgreSQL's tools bring it back without us; no file has a
//! dump's name before it has passed its proof; nothing that a restore puts out of the way is deleted. Passwords go to
//! PostgreSQL's programs in their environment, which only this user can read.
//!
//! Reading order: `place` (which database, with which programs), `tools`, `dump`, `proof`, `shelf` (where dumps lie),
//! `restore`, `keys`, `nightly`, `words`.

mod dump;
mod error;
mod keys;
pub mod nightly;
mod place;
mod proof;
mod restore;
pub mod shelf;
mod tools;

pub use dump::{Made, make};
pub use error::BackupError;
pub use keys::{bring_back as bring_keys_back, save as save_keys};
pub use place::Place;
pub use proof::{read_through, restore_and_count};
pub use restore::{Restored, Wish, restore};
