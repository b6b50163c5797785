//! Static files, packed into the program by `build.rs`. The address carries the hash of all of them, so a browser
//! keeps them for good, relative imports between modules just work, and a new build is fetched whole.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::extract::Path;

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

const FOR_GOOD: &str = "public, max-age=31536000, immutable";

/// A file below `static/`, as it is and packed.
struct Asset {
    name: &'static str,
    content_type: &'static str,
    bytes: &'static [u8],
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

/// The address of a file below `static/`: `url("app.css")` is `/assets/{BUILD}/app.css`.
///
/// # Panics
/// When there is no such file: a page that names it is wrong, and the tests that draw every page say so.
pub fn url(path: &str) -> String {
    assert!(find(path).is_some(), "static/{path} does not exist");
    format!("/assets/{BUILD}/{path}")
}

/// `GET /assets/{build}/{*path}`. A page of another build (two may run side by side) gets this build's file, but
/// may not keep it.
pub async fn serve(Path((build, path)): Path<(String, String)>, headers: HeaderMap) -> Response {
    let Some(asset) = find(&path) else {
        return (StatusCode::NOT_FOUND, "There is no such file.").into_response();
    };
    let (encoding, body) = asset.packed_for(&headers);
    let tag = format!("\"{BUILD}-{}\"", encoding.unwrap_or("identity"));
    let kept = if build == BUILD { FOR_GOOD } else { "no-store" };
    let mut answer = HeaderMap::new();
    let mut set = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            answer.insert(name, value);
        }
    };
    set(header::CONTENT_TYPE, asset.content_type);
    set(header::CACHE_CONTROL, kept);
    set(header::ETAG, &tag);
    set(header::VARY, "accept-encoding");
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    if let Some(encoding) = encoding {
        set(header::CONTENT_ENCODING, encoding);
    }
    if holds(&headers, &tag) {
        return (StatusCode::NOT_MODIFIED, answer).into_response();
    }
    (answer, body).into_response()
}

fn find(path: &str) -> Option<&'static Asset> {
    let at = ASSETS.binary_search_by(|asset| asset.name.cmp(path)).ok()?;
    ASSETS.get(at)
}

/// Whether the browser says that it has this very body.
fn holds(headers: &HeaderMap, tag: &str) -> bool {
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    known.is_some_and(|known| known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag))
}

impl Asset {
    /// The smallest body that the browser takes, and its encoding's name.
    fn packed_for(&self, headers: &HeaderMap) -> (Option<&'static str>, &'static [u8]) {
        let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
        for (encoding, packed) in [("br", self.brotli), ("gzip", self.gzip)] {
            if let Some(packed) = packed
                && accepted.is_some_and(|accepted| accepts(accepted, encoding))
            {
                return (Some(encoding), packed);
            }
        }
        (None, self.bytes)
    }
}

/// Whether an `Accept-Encoding` names this encoding with a weight above zero.
fn accepts(accepted: &str, encoding: &str) -> bool {
    accepted.split(',').any(|one| {
        let (name, weight) = one.split_once(';').unwrap_or((one, "q=1"));
        let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.trim().parse::<f32>().ok());
        name.trim().eq_ignore_ascii_case(encoding) && weight.is_some_and(|weight| weight > 0.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn ask(build: &str, path: &str, sent: &[(HeaderName, &str)]) -> Response {
        let headers = sent.iter().map(|(name, value)| (name.clone(), value.parse().expect("a header")));
        serve(Path((build.to_owned(), path.to_owned())), headers.collect()).await
    }

    fn header_of(answer: &Response, name: &HeaderName) -> Option<String> {
        answer.headers().get(name).map(|value| value.to_str().expect("readable").to_owned())
    }

    #[tokio::test]
    async fn a_file_is_kept_for_good_under_its_builds_address() {
        let answer = ask(BUILD, "app.css", &[]).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(header_of(&answer, &header::CACHE_CONTROL).as_deref(), Some(FOR_GOOD));
        assert_eq!(header_of(&answer, &header::CONTENT_TYPE).as_deref(), Some("text/css; charset=utf-8"));
        assert_eq!(header_of(&answer, &header::X_CONTENT_TYPE_OPTIONS).as_deref(), Some("nosniff"));
        assert_eq!(header_of(&answer, &header::CONTENT_ENCODING), None);
    }

    #[tokio::test]
    async fn another_builds_page_gets_the_file_but_may_not_keep_it() {
        let answer = ask("000000000000", "app.css", &[]).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(header_of(&answer, &header::CACHE_CONTROL).as_deref(), Some("no-store"));
    }

    #[tokio::test]
    async fn the_smallest_body_that_the_browser_takes_is_sent() {
        for (accepted, sent) in [
            ("gzip, deflate, br", Some("br")),
            ("gzip;q=1.0, br;q=0", Some("gzip")),
            ("GZIP", Some("gzip")),
            ("identity", None),
        ] {
            let answer = ask(BUILD, "app.css", &[(header::ACCEPT_ENCODING, accepted)]).await;
            assert_eq!(header_of(&answer, &header::CONTENT_ENCODING).as_deref(), sent, "{accepted}");
        }
    }

    #[tokio::test]
    async fn a_browser_that_holds_the_file_gets_no_body() {
        let tag = header_of(&ask(BUILD, "app.css", &[]).await, &header::ETAG).expect("a tag");
        let again = ask(BUILD, "app.css", &[(header::IF_NONE_MATCH, &tag)]).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    }

    #[tokio::test]
    async fn what_is_not_packed_is_not_found() {
        for path in ["", "app", "../Cargo.toml", "js", "app.css/"] {
            assert_eq!(ask(BUILD, path, &[]).await.status(), StatusCode::NOT_FOUND, "{path}");
        }
    }

    #[test]
    fn an_address_carries_the_build() {
        assert_eq!(url("app.css"), format!("/assets/{BUILD}/app.css"));
        assert_eq!(BUILD.len(), 12);
        assert!(ASSETS.is_sorted_by_key(|asset| asset.name));
    }

    #[test]
    #[should_panic(expected = "static/missing.css does not exist")]
    fn a_page_that_names_a_missing_file_is_found_out() {
        url("missing.css");
    }
}
