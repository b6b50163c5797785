//! Devices that belong to a house: how they come in, and what each may do there.
//!
//! A manager makes a code, somebody types it on the new device once. It is short, so it lives for minutes, works once, and
//! whoever guesses is slowed.

use time::{Duration, OffsetDateTime};

use super::location::is_text;
use super::sign_in::{Failures, left};
use super::staff::Role;

/// What a code is made of: nothing that looks like something else, and no vowel that makes words.
const ALPHABET: &[u8; 28] = b"23456789BCDFGHJKLMNPQRSTVWXZ";
/// Characters of a code.
pub const CODE_CHARS: usize = 6;
/// How long a code can be used.
pub const CODE_LASTS: Duration = Duration::minutes(10);
/// Characters of a device's name, at most.
pub const NAME_CHARS_MAX: usize = 60;
/// Devices of one restaurant, at most, and as many codes that wait.
pub const DEVICES_MAX: i64 = 300;
/// Wrong tries of one browser, and of one address, before the first delay.
const FREE_OF_BROWSER: u32 = 5;
const FREE_OF_ADDRESS: u32 = 20;
/// Without another try for so long, a count begins anew.
pub const FORGIVEN_AFTER: Duration = Duration::hours(24);

/// What a device is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// People sign in on it with their PIN.
    Tablet,
    /// It shows one view, with nobody signed in: a station's slug, or `expo`.
    Screen(String),
}

impl Scope {
    /// As forms and rows have it.
    pub fn of(kind: &str, view: Option<&str>) -> Option<Self> {
        match (kind, view) {
            ("tablet", _) => Some(Self::Tablet),
            ("screen", Some(view)) => Some(Self::Screen(view.to_owned())),
            _ => None,
        }
    }

    /// `tablet` or `screen`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Tablet => "tablet",
            Self::Screen(_) => "screen",
        }
    }

    /// What a screen shows.
    pub fn view(&self) -> Option<&str> {
        match self {
            Self::Tablet => None,
            Self::Screen(view) => Some(view),
        }
    }

    /// Whose part a screen has by itself: at the pass it hands over, at a station it cooks.
    pub fn role(&self) -> Option<Role> {
        self.view().map(|view| if view == "expo" { Role::Expo } else { Role::Cook })
    }

    /// Where its work is.
    pub fn home(&self) -> String {
        self.view().map_or_else(|| "/sign-in".to_owned(), |view| format!("/kitchen/{view}"))
    }
}

/// Whether that will do as a device's name.
pub fn is_name(name: &str) -> bool {
    is_text(name, NAME_CHARS_MAX)
}

/// What is said when it will not.
pub const NAME_WORDS: &str = "Say where the device is, in at most 60 characters: Grill left, Tablet 3.";

/// A code from random bytes; none if there were too few that will do. Every code is as likely as every other.
pub fn code(random: &[u8]) -> Option<String> {
    let fair = u8::MAX - u8::MAX % 28;
    let usable = random.iter().filter(|byte| **byte < fair);
    let letter = |byte: &u8| ALPHABET.get(usize::from(byte % 28)).map(|letter| char::from(*letter));
    let code: String = usable.filter_map(letter).take(CODE_CHARS).collect();
    (code.len() == CODE_CHARS).then_some(code)
}

/// What somebody typed, as the code that it may be: case, spaces and dashes do not matter.
pub fn read(typed: &str) -> Option<String> {
    let plain = typed.chars().filter(|letter| !letter.is_whitespace() && *letter != '-').take(CODE_CHARS + 1);
    let code: String = plain.map(|letter| letter.to_ascii_uppercase()).collect();
    let is_one = code.len() == CODE_CHARS && code.bytes().all(|byte| ALPHABET.contains(&byte));
    is_one.then_some(code)
}

/// How long a stranger must still wait before the next try.
pub fn wait(of_browser: Option<Failures>, of_address: Option<Failures>, now: OffsetDateTime) -> Duration {
    left(of_browser, FREE_OF_BROWSER, now).max(left(of_address, FREE_OF_ADDRESS, now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_holds_nothing_that_looks_like_something_else() {
        let all = code(&[0, 1, 2, 3, 4, 5]).expect("six letters");
        assert_eq!(all, "234567");
        assert!(!ALPHABET.iter().any(|letter| b"01OIAEU".contains(letter)));
        assert_eq!(code(&[255, 254, 253, 252, 0, 0, 0, 0, 0]), None, "what is not fair is drawn anew");
    }

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        assert_eq!(read(" k7q-2mx ").as_deref(), Some("K7Q2MX"));
        for wrong in ["", "K7Q2M", "K7Q2MXX", "K7Q2M0", "K7Q2MÉ", &"K".repeat(10_000)] {
            assert_eq!(read(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn guesses_from_one_address_wait_whatever_the_browser_forgets() {
        let now = time::macros::datetime!(2026-11-20 12:00 UTC);
        let tried = |count| Some(Failures { count, last_at: now });
        assert_eq!(wait(tried(4), tried(19), now), Duration::ZERO);
        assert_eq!(wait(tried(5), None, now), Duration::seconds(2));
        assert_eq!(wait(None, tried(24), now), Duration::seconds(32));
    }

    #[test]
    fn a_screen_has_the_part_of_where_it_stands() {
        assert_eq!(Scope::of("screen", Some("expo")).and_then(|scope| scope.role()), Some(Role::Expo));
        assert_eq!(Scope::of("screen", Some("grill")).and_then(|scope| scope.role()), Some(Role::Cook));
        assert_eq!(Scope::of("tablet", None).and_then(|scope| scope.role()), None);
        assert_eq!(Scope::of("screen", None), None);
    }
}
