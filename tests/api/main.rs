//! The program as people and machines meet it: a real port, a real PostgreSQL, real sockets. One file a noun; each
//! verb once, twice, and by the wrong person.

#[path = "../support/mod.rs"]
mod support;

mod abuse;
mod ages;
mod allergies;
mod board;
mod changes;
mod checks;
mod counts;
mod courses;
mod days;
mod devices;
mod fires;
mod inbox;
mod incidents;
mod items;
mod kept;
mod legs;
mod lend;
mod lines;
mod manage;
mod messages;
mod moves;
mod next_course;
mod orders;
mod party;
mod pass;
mod receipts;
mod recent;
mod refire;
mod refusals;
mod routes;
mod rush;
mod screens;
mod security;
mod set_up;
mod setup;
mod sign_in;
mod slow;
mod states;
mod status;
mod tenants;
mod tickets;
mod unseen;
mod voids;
