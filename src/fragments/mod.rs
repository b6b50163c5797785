//! Markup shown in more than one place: by a page, by the socket and by a snapshot. The bytes are the same in all.

pub mod floor;
pub mod times;
