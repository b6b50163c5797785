//! A restaurant's live board without a network: a database, processes, screens, and a world that lets
//! everything go wrong between them.

pub(crate) mod database;
pub(crate) mod house;
pub(crate) mod ops;
pub(crate) mod page;
pub(crate) mod picture;
pub(crate) mod screens;
pub(crate) mod traces;
pub(crate) mod world;
