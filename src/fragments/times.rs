//! Times in markup: a machine's form for the browser to rewrite in the house's zone, and words in UTC until it does.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

/// `2026-11-20T18:04:11Z`, for `<time datetime>`.
pub fn machine(at: &OffsetDateTime) -> String {
    let whole = at.to_offset(time::UtcOffset::UTC).replace_nanosecond(0).unwrap_or(*at);
    whole.format(&Rfc3339).unwrap_or_default()
}

/// `18:04 UTC`.
pub fn clock(at: &OffsetDateTime) -> String {
    let format = format_description!("[hour]:[minute] UTC");
    at.to_offset(time::UtcOffset::UTC).format(format).unwrap_or_default()
}

/// `18:04:11 UTC`.
pub fn second(at: &OffsetDateTime) -> String {
    let format = format_description!("[hour]:[minute]:[second] UTC");
    at.to_offset(time::UtcOffset::UTC).format(format).unwrap_or_default()
}

/// `Fri 20 Nov, 18:04 UTC`.
pub fn day(at: &OffsetDateTime) -> String {
    let format = format_description!(
        "[weekday repr:short] [day padding:none] [month repr:short], [hour]:[minute] UTC"
    );
    at.to_offset(time::UtcOffset::UTC).format(format).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_printed_for_machines_and_for_people() {
        let at = time::macros::datetime!(2026-11-20 19:04:11.5 +1);
        assert_eq!(machine(&at), "2026-11-20T18:04:11Z");
        assert_eq!(clock(&at), "18:04 UTC");
        assert_eq!(second(&at), "18:04:11 UTC");
        assert_eq!(day(&at), "Fri 20 Nov, 18:04 UTC");
    }
}
