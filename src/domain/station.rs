//! Stations, and whose screen shows what.

use serde::Deserialize;
use thiserror::Error;
use time::OffsetDateTime;

use super::ids::{BoardSeq, StationId};

/// A part of the kitchen with a screen of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Station {
    /// Its id.
    pub station_id: StationId,
    /// Its name in addresses: `/kitchen/grill`.
    pub slug: String,
    /// Its name on screens.
    pub name: String,
    /// The station whose screen shows its cards meanwhile; none: its own.
    pub shown_at: Option<StationId>,
}

/// What stands on a station's own screen while another one shows its cards, or once it was taken away.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct LentCard {
    /// The station.
    pub station_id: StationId,
    /// Its stamp.
    pub board_seq: BoardSeq,
    /// Its name.
    pub name: String,
    /// Whose screen shows its cards; none: there is no such station any more.
    pub shown_at: Option<String>,
    /// The same one's id.
    pub shown_on: Option<StationId>,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
    /// Who said so.
    pub by: String,
}

/// Why a station's cards stay where they are.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LendRefusal {
    /// It is shown there anyway.
    #[error("A station cannot be shown on itself.")]
    Itself,
    /// The other one's cards are elsewhere.
    #[error("{0} is itself shown elsewhere. Choose another station.")]
    Elsewhere(String),
    /// Others are shown here: they would be nowhere.
    #[error("{0} is shown here. Take it back first.")]
    ShowsOthers(String),
}

/// Stations of a house, at most.
pub const STATIONS_MAX: i64 = 30;
/// Letters of a station's name, at most.
pub const NAME_MAX: usize = 40;

/// Why a station was not set up so.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SetUpRefusal {
    /// Another one has that name.
    #[error("There is a station or a screen {0} already. Choose another name.")]
    Taken(String),
    /// A kitchen is only so large.
    #[error("{STATIONS_MAX} stations are as many as there may be.")]
    TooMany,
    /// Somebody cooks there.
    #[error("{name} still has {tickets} tickets, or its plates wait at the pass. Hand them over first.")]
    Busy {
        /// The station.
        name: String,
        /// Live ones, held ones too.
        tickets: i64,
    },
    /// Another one's cards are shown there.
    #[error("{0} is shown there. Take it back first.")]
    ShowsOthers(String),
    /// Screens of the house show it.
    #[error("It is shown by {0}: end those screens first, under Devices.")]
    HasScreens(String),
    /// Words that nobody there has read.
    #[error("Messages wait at {0} to be read.")]
    Unread(String),
}

/// A station's name and its address: `Cold & Salads` stands at `cold-salads`.
///
/// # Errors
/// Why that is no name.
pub fn name_and_slug(name: &str) -> Result<(String, String), String> {
    let name = name.trim();
    if name.is_empty() || NAME_MAX < name.chars().count() || name.chars().any(char::is_control) {
        return Err(format!("A station has a name of at most {NAME_MAX} letters."));
    }
    let mut slug = String::new();
    for letter in name.chars().flat_map(char::to_lowercase) {
        match letter {
            'a'..='z' | '0'..='9' => slug.push(letter),
            _ if !slug.is_empty() && !slug.ends_with('-') => slug.push('-'),
            _ => {}
        }
    }
    slug.truncate(30);
    let slug = slug.trim_matches('-').to_owned();
    if !slug.starts_with(|letter: char| letter.is_ascii_lowercase()) || slug == "expo" {
        return Err(
            "Its name begins with a letter from A to Z, and is not Expo: that is the pass.".to_owned()
        );
    }
    Ok((name.to_owned(), slug))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_follows_from_the_name() {
        let slug = |name: &str| name_and_slug(name).map(|(_, slug)| slug);
        assert_eq!(slug(" Cold & Salads "), Ok("cold-salads".to_owned()));
        assert_eq!(slug("Grill 2"), Ok("grill-2".to_owned()));
        assert_eq!(slug(&"ab ".repeat(13)), Ok("ab-ab-ab-ab-ab-ab-ab-ab-ab-ab".to_owned()));
        for no_name in ["", "  ", "Expo", "2 Grills", "öö", "a\nb", &"x".repeat(41)] {
            assert!(slug(no_name).is_err(), "{no_name:?}");
        }
    }
}
