//! How wrong PINs are slowed: growing delays by (device, person) and by device, so that nobody can lock a manager
//! out from elsewhere.

use time::{Duration, OffsetDateTime};

/// Digits of a PIN: at least, at most.
pub const PIN_DIGITS: std::ops::RangeInclusive<usize> = 4..=8;

/// Wrong PINs in a row, and when the last one came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failures {
    /// How many.
    pub count: u32,
    /// The last one.
    pub last_at: OffsetDateTime,
}

/// The longest that anybody waits.
const WAIT_MAX: Duration = Duration::minutes(15);

/// A person may mistype three times, a device ten times, before the first delay; then it doubles each time.
const FREE_OF_PERSON: u32 = 3;
const FREE_OF_DEVICE: u32 = 10;

/// How long this device must still wait before this person's next try. Zero: go ahead.
pub fn wait(of_person: Option<Failures>, of_device: Option<Failures>, now: OffsetDateTime) -> Duration {
    left(of_person, FREE_OF_PERSON, now).max(left(of_device, FREE_OF_DEVICE, now))
}

/// What a person is told to wait: whole seconds, the begun one too, so that whoever waits so long has waited enough.
pub fn in_seconds(wait: Duration) -> u32 {
    u32::try_from(wait.whole_seconds() + 1).unwrap_or(u32::MAX)
}

pub(super) fn left(failures: Option<Failures>, free: u32, now: OffsetDateTime) -> Duration {
    let Some(failures) = failures.filter(|failures| failures.count >= free) else {
        return Duration::ZERO;
    };
    let doublings = (failures.count - free).min(10);
    let wait = Duration::seconds(2 << doublings).min(WAIT_MAX);
    (failures.last_at + wait - now).clamp(Duration::ZERO, WAIT_MAX)
}

/// Whether a text is a PIN at all.
pub fn is_pin(text: &str) -> bool {
    PIN_DIGITS.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Characters of a password: at least, at most. Long enough that a copy of the database helps nobody for years.
const PASSWORD_CHARS: std::ops::RangeInclusive<usize> = 12..=200;

/// What is said of one that will not do.
pub const PASSWORD_WORDS: &str =
    "A password has 12 to 200 characters. A sentence that nobody else would say is a good one.";

/// Whether a text will do as a password: long, and not the same thing over and over.
pub fn is_password(text: &str) -> bool {
    let mut letters: Vec<_> = text.chars().collect();
    let chars = letters.len();
    letters.sort_unstable();
    letters.dedup();
    PASSWORD_CHARS.contains(&chars) && letters.len() >= 5
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: OffsetDateTime = time::macros::datetime!(2026-11-20 12:00 UTC);

    fn after(count: u32) -> Duration {
        wait(Some(Failures { count, last_at: NOON }), None, NOON)
    }

    #[test]
    fn two_mistakes_are_free_and_then_the_wait_doubles() {
        assert_eq!(after(2), Duration::ZERO);
        assert_eq!(after(3), Duration::seconds(2));
        assert_eq!(after(4), Duration::seconds(4));
        assert_eq!(after(400), WAIT_MAX);
    }

    #[test]
    fn a_device_that_tries_everybody_is_slowed_as_a_whole() {
        let device = Some(Failures { count: 10, last_at: NOON });
        assert_eq!(wait(None, device, NOON), Duration::seconds(2));
        assert_eq!(wait(None, device, NOON + Duration::seconds(3)), Duration::ZERO);
    }

    #[test]
    fn a_clock_that_went_back_makes_nobody_wait_for_hours() {
        let future = Some(Failures { count: 3, last_at: NOON + Duration::days(9) });
        assert_eq!(wait(future, None, NOON), WAIT_MAX);
    }

    #[test]
    fn a_password_is_long_and_not_one_letter() {
        assert!(is_password("sardines at noon") && is_password("sardinha às doze"));
        assert!(
            !is_password("sardines123")
                && !is_password("aaaaaaaaaaaaaaaa")
                && !is_password(&"abcdef".repeat(40))
        );
    }

    #[test]
    fn a_pin_is_four_to_eight_digits() {
        assert!(is_pin("0427") && is_pin("12345678"));
        assert!(!is_pin("042") && !is_pin("123456789") && !is_pin("12a4") && !is_pin("١٢٣٤"));
    }
}
