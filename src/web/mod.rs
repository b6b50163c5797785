//! What the browser talks to: pages, forms, static files. One file a screen.

pub mod assets;
pub mod checks;
pub mod floor;
pub mod frame;
pub mod kitchen;
pub mod manage;
pub mod notice;
pub mod orders;
pub mod sign_in;
