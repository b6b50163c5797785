//! Words to the kitchen that somebody there must have read.

use serde::Deserialize;
use time::OffsetDateTime;

use super::ids::{BoardSeq, MessageId, StationId};

/// Letters of a message, at most: a card that is read in one glance.
pub const WORDS_MAX: usize = 200;
/// Messages of a house that nobody has read, at most: beyond that nobody reads any.
pub const UNREAD_MAX: i64 = 60;

/// A message as a station's card shows it, until it was read there.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct MessageCard {
    /// Its own id: every station has one of its own.
    pub message_id: MessageId,
    /// None: the pass.
    pub station_id: Option<StationId>,
    /// Its stamp.
    pub board_seq: BoardSeq,
    /// What it says.
    pub words: String,
    /// Who said it.
    pub said_by: String,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub said_at: OffsetDateTime,
}

/// A message of the day as whoever says one sees it: with what became of it everywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// What it says.
    pub words: String,
    /// Who said it.
    pub said_by: String,
    /// When.
    pub said_at: OffsetDateTime,
    /// By station, in the kitchen's order; the pass last.
    pub copies: Vec<Copy>,
}

/// What became of a message at one station.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    /// The station's name; none: the pass.
    pub station: Option<String>,
    /// Who has read it there, and when.
    pub read: Option<(String, OffsetDateTime)>,
    /// The night took it away unread.
    pub cleared: bool,
}

impl Copy {
    /// Where, in a word.
    pub fn place(&self) -> &str {
        self.station.as_deref().unwrap_or("The pass")
    }
}

/// What is wrong with those words, if anything is.
pub fn fault(words: &str) -> Option<String> {
    match words.chars().count() {
        0 => Some("Say something.".to_owned()),
        1..=WORDS_MAX if words.chars().any(char::is_control) => {
            Some("One line, without control characters.".to_owned())
        }
        1..=WORDS_MAX => None,
        count => Some(format!("At most {WORDS_MAX} letters; these are {count}.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_a_length_and_one_line() {
        assert_eq!(fault("Fire brigade in five minutes"), None);
        assert_eq!(fault(&"ä".repeat(WORDS_MAX)), None);
        assert!(
            fault("").is_some() && fault("a\nb").is_some() && fault(&"ä".repeat(WORDS_MAX + 1)).is_some()
        );
    }
}
