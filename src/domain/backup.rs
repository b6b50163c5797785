//! A dump of the house's database that has passed its proof, and when it is too old.

use time::{Duration, OffsetDateTime};

/// A night that was missed is worth a word: a day and a half.
pub const STALE_AFTER: Duration = Duration::hours(36);

/// A good dump.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// The moment that it shows.
    pub taken_at: OffsetDateTime,
    /// Where it was written.
    pub file: String,
    /// How long it is.
    pub bytes: i64,
    /// What makes it good.
    pub proof: Proof,
}

/// How a dump was proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// Restored into a database of its own, and its rows counted against the dump's snapshot.
    Restored,
    /// Read from beginning to end. Whoever made it may make no database to restore it into.
    Read,
}

impl Proof {
    /// As the database has it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Restored => "restored",
            Self::Read => "read",
        }
    }

    /// What the database has. A word that a newer build wrote proves no more than the least.
    pub fn of_word(word: &str) -> Self {
        if word == "restored" { Self::Restored } else { Self::Read }
    }

    /// For a person.
    pub fn words(self) -> &'static str {
        match self {
            Self::Restored => "restored and counted",
            Self::Read => "read from end to end, not restored",
        }
    }
}

impl Backup {
    /// Whether a night was missed since.
    pub fn is_stale(&self, now: OffsetDateTime) -> bool {
        self.taken_at + STALE_AFTER < now
    }
}
