//! Times in markup: a machine's form, and words on the restaurant's own clock.

use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

use crate::domain::zone::Zone;

/// `2026-11-20T18:04:11Z`, for `<time datetime>`.
pub fn machine(at: &OffsetDateTime) -> String {
    let whole = at.to_offset(time::UtcOffset::UTC).replace_nanosecond(0).unwrap_or(*at);
    whole.format(&Rfc3339).unwrap_or_default()
}

/// `18:04`.
pub fn clock(at: &OffsetDateTime, zone: &Zone) -> String {
    words(*at, zone, format_description!("[hour]:[minute]"))
}

/// `18:04:11`.
pub fn second(at: &OffsetDateTime, zone: &Zone) -> String {
    words(*at, zone, format_description!("[hour]:[minute]:[second]"))
}

/// `Fri 20 Nov, 18:04`.
pub fn day(at: &OffsetDateTime, zone: &Zone) -> String {
    let format =
        format_description!("[weekday repr:short] [day padding:none] [month repr:short], [hour]:[minute]");
    words(*at, zone, format)
}

/// On the zone's clocks, or on the world's, and then it says so.
fn words(at: OffsetDateTime, zone: &Zone, format: &[BorrowedFormatItem<'_>]) -> String {
    let (at, of) = match zone.local(at) {
        Some(local) => (local, ""),
        None => (at.to_offset(time::UtcOffset::UTC), " UTC"),
    };
    at.format(format).unwrap_or_default() + of
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_printed_for_machines_and_for_people() {
        let at = time::macros::datetime!(2026-11-20 19:04:11.5 +1);
        assert_eq!(machine(&at), "2026-11-20T18:04:11Z");
        let zone = Zone::named("America/Sao_Paulo");
        assert_eq!(clock(&at, &zone), "15:04");
        assert_eq!(second(&at, &zone), "15:04:11");
        assert_eq!(day(&at, &zone), "Fri 20 Nov, 15:04");
        assert_eq!(clock(&at, &Zone::named("Mars/Olympus")), "18:04 UTC");
    }
}
