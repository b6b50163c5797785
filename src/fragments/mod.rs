//! Fragments: the partials that page, socket and resync share. A card is drawn here and nowhere else.
//!
//! Every function gives one whole `<article>` (or the body of a fold) as a string, the same bytes for every viewer
//! of a view: no user's name, no clock, no token. What an age looks like *now* is written beside the article by
//! whoever shows it; see [`slot::Slot`].

pub mod about;
pub mod cards;
pub mod expo;
pub mod floor;
pub mod slot;
pub mod times;
pub mod totals;

use time::OffsetDateTime;

/// Milliseconds since 1970: what `data-` attributes carry.
pub(crate) fn millis(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}

/// A moment for `<time datetime>`: UTC, to the second.
pub(crate) fn utc(at: OffsetDateTime) -> String {
    let at = at.to_offset(time::UtcOffset::UTC);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

/// Who takes the next free slot, as a string that sorts: rank digit, fire in milliseconds, id.
pub(crate) fn sort_key(rank: u8, fired_at: OffsetDateTime, id: impl std::fmt::Display) -> String {
    format!("{rank}-{:013}-{id}", millis(fired_at))
}
