//! The private PostgreSQL, with real server programs: what a till's owner does to it, and what a bad night does.

mod doors;
mod opening;
mod places;
mod refusals;
mod scene;
