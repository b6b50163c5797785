//! The real program as a process of its own, and what befalls it: it is killed between commit and ring, its database
//! is killed, stopped and silent, tablets hang up. Asserted is what each side was told and what the database and the
//! screens hold afterwards.

mod away;
mod bell;
mod browser;
mod elsewhere;
mod ends;
mod errands;
mod figures;
mod house;
mod killed;
mod metrics;
mod newcomers;
mod nginx;
mod processes;
mod redis_server;
mod rolling;
mod screen;
mod status;
mod tablet;
