//! Errors as pages: a title, words that say what to do, links out. A fragment for scripts that paint one.

use askama::Template;

use super::frame::Frame;

/// The answer to a navigation that failed.
#[derive(Template)]
#[template(path = "errors/page.html")]
pub struct ErrorPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The status, printed small.
    pub status: u16,
    /// What happened, in three words.
    pub title: String,
    /// What to do next.
    pub words: String,
    /// Ways out.
    pub links: Vec<Link>,
}

/// A way out.
#[derive(Debug, Clone)]
pub struct Link {
    /// A local path.
    pub address: String,
    /// Where it leads.
    pub words: String,
}

/// The same as a fragment.
#[derive(Template)]
#[template(path = "errors/_notice.html")]
pub struct Notice {
    /// What happened and what to do next.
    pub words: String,
}
