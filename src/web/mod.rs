//! What the browser talks to: pages, forms, sockets, static files. One file a screen.

pub mod assets;
pub mod auth;
pub mod checks;
pub mod command;
pub mod device;
pub mod error;
pub mod extract;
pub mod floor;
pub mod frame;
pub mod kitchen;
pub mod manage;
pub mod notice;
pub mod orders;
pub mod pins;
pub mod security;
pub mod session_store;
pub mod sign_in;
pub mod socket;
pub mod sockets;
pub mod state;
pub mod tokens;
