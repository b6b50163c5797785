//! The rules of the house. Pure: no I/O, no clock, no async. Whoever needs the time is handed `now`.

pub mod age;
pub mod allergy;
pub mod backup;
pub mod card;
pub mod check;
pub mod check_view;
pub mod cleared;
pub mod course;
pub mod demo;
pub mod device;
pub mod fire;
pub mod ids;
pub mod line;
pub mod location;
pub mod menu;
pub mod message;
pub mod money;
pub mod order;
pub mod recent;
pub mod sign_in;
pub mod staff;
pub mod station;
pub mod ticket;
pub mod unseen;
pub mod watch;
pub mod zone;
