//! What the browser talks to: pages, forms, static files. One file a screen.

pub mod assets;
pub mod frame;
pub mod kitchen;
