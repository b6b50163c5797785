//! A restaurant's time zone: the hour that people there read off a wall.

use std::hash::{Hash, Hasher};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use time::{OffsetDateTime, UtcOffset};

/// A time zone by its IANA name. The rules come with the program, so that a page reads the same on every machine.
#[derive(Debug, Clone)]
pub struct Zone {
    name: String,
    /// None where nobody knows it: the database's list may be newer than ours.
    rules: Option<TimeZone>,
}

impl Zone {
    /// The zone with that name.
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), rules: TimeZone::get(name).ok() }
    }

    /// Its IANA name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same moment on that zone's clocks; none where its rules are unknown.
    pub fn local(&self, at: OffsetDateTime) -> Option<OffsetDateTime> {
        let moment = Timestamp::from_second(at.unix_timestamp()).ok()?;
        let offset = self.rules.as_ref()?.to_offset(moment).seconds();
        Some(at.to_offset(UtcOffset::from_whole_seconds(offset).ok()?))
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Zone {}

impl Hash for Zone {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_zone_has_its_own_summer() {
        let zone = Zone::named("Europe/Lisbon");
        let winter = zone.local(datetime!(2026-11-20 18:04:11 UTC)).expect("its rules");
        let summer = zone.local(datetime!(2026-07-20 18:04:11 UTC)).expect("its rules");
        assert_eq!((winter.hour(), summer.hour()), (18, 19));
        let nepal = Zone::named("Asia/Kathmandu").local(datetime!(2026-11-20 18:30 UTC)).expect("its rules");
        assert_eq!((nepal.day(), nepal.hour(), nepal.minute()), (21, 0, 15));
        assert_eq!(Zone::named("Mars/Olympus").local(datetime!(2026-11-20 18:04 UTC)), None);
    }
}
