//! An article: one card, or one fold over a view's cards, drawn once and shared by every screen.

use std::sync::Arc;

use super::Seq;

/// One `<article>` as every screen of a view gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Article {
    id: Arc<str>,
    seq: Seq,
    html: Arc<str>,
    /// The article's part in its view's checksum.
    mark: u32,
}

impl Article {
    /// A card: `html` is the whole element and carries `id` and `seq` as `id` and `data-seq`.
    pub fn card(id: impl Into<Arc<str>>, seq: Seq, html: impl Into<Arc<str>>) -> Self {
        let id = id.into();
        let mark = fnv1a(format!("{id}@{seq}").as_bytes());
        Self { id, seq, html: html.into(), mark }
    }

    /// A fold over a view's cards. No turn stamps it, so a digest of its content stands in `data-seq`:
    /// equal content then has an equal mark in every process, before a restart and after. `wrap` gets
    /// that digest and draws the whole element around `body`, with `data-fold`, which tells the page to
    /// replace it always.
    pub fn fold(id: impl Into<Arc<str>>, body: &str, wrap: impl FnOnce(Seq) -> String) -> Self {
        let seq = digest(body);
        Self::card(id, seq, wrap(seq))
    }

    /// The element's id.
    pub fn id(&self) -> &Arc<str> {
        &self.id
    }

    /// What stands in `data-seq`: a card's turn, a fold's digest.
    pub fn seq(&self) -> Seq {
        self.seq
    }

    /// The whole element.
    pub fn html(&self) -> &Arc<str> {
        &self.html
    }

    /// FNV-1a-32 of `id@data-seq`: what the article adds to its view's checksum.
    pub fn mark(&self) -> u32 {
        self.mark
    }
}

/// A fold's `data-seq`: FNV-1a-32 of its content, as a positive number.
pub fn digest(body: &str) -> Seq {
    Seq::from(fnv1a(body.as_bytes()).max(1))
}

/// FNV-1a, 32 bits: offset basis 2166136261, prime 16777619 (Fowler, Noll, Vo).
pub fn fnv1a(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fnv1a_gives_the_published_values() {
        assert_eq!(fnv1a(b""), 0x811c_9dc5);
        assert_eq!(fnv1a(b"a"), 0xe40c_292c);
        assert_eq!(fnv1a(b"foobar"), 0xbf9c_f968);
    }

    #[test]
    fn a_fold_of_equal_content_is_equal_whoever_draws_it() {
        let draw = || Article::fold("all-day", "3 Burger", |seq| format!("<article {seq}>"));
        assert_eq!(draw(), draw());
        assert_eq!(draw().seq(), digest("3 Burger"));
        assert!(0 < draw().seq());
    }
}
