//! What a saved screen says of itself: its name, its columns, and that nothing can come to it where that is so. It stands in the
//! all-day article, because every frame and every snapshot that changes what a screen shows brings that along: so a screen
//! that is open becomes the other one without being loaded anew.

use askama::Template;

use crate::domain::screen::Screen;

/// What is said where no station is left.
pub const NO_STATION: &str =
    "No station is on this screen any more: nothing comes here. A manager chooses under Screens.";

/// What a screen says of itself.
///
/// # Errors
///
/// None but askama's own; writing to a string does not fail.
pub fn about(screen: &Screen) -> Result<String, askama::Error> {
    About { screen }.render()
}

/// What a screen says where no card stands.
pub fn empty_words(screen: &Screen) -> &'static str {
    if screen.query.stations.is_empty() { NO_STATION } else { "No open tickets." }
}

/// The words of [`about`].
#[derive(Debug, Template)]
#[template(
    ext = "html",
    source = r#"<p id="about-screen" data-name="{{ screen.query.name }}" data-columns="{{ screen.query.columns }}" data-empty="{{ self::empty_words(screen) }}" hidden></p>"#
)]
pub struct About<'a> {
    /// Which.
    pub screen: &'a Screen,
}
