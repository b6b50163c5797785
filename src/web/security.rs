//! Cross-site refusals and the headers that every answer carries.
//!
//! There is no token in any page: cards are shared by all viewers. A browser says itself where a request comes
//! from (`Sec-Fetch-Site`, else `Origin`, else `Referer`); who cannot say it changes nothing. Machine clients carry
//! a key that no foreign page can make a browser send.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::auth::bearer;
use super::error::AppError;
use super::outside::Outside;

/// For a year, a browser that came over https comes back over nothing else.
const HTTPS_FROM_NOW_ON: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Refuses unsafe methods that do not come from our own pages.
pub async fn same_site(request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if safe || is_ours(request.headers()) {
        return next.run(request).await;
    }
    AppError::CrossSite.into_response()
}

/// Whether a request comes from one of our own pages, or from a machine with a key.
pub fn is_ours(headers: &HeaderMap) -> bool {
    if bearer(headers).is_some() {
        return true;
    }
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text(HeaderName::from_static("sec-fetch-site")) {
        return site == "same-origin";
    }
    let Some(host) = text(header::HOST) else {
        return false;
    };
    let from = text(header::ORIGIN).or_else(|| text(header::REFERER));
    from.and_then(host_of).is_some_and(|from| from.eq_ignore_ascii_case(host))
}

/// Whether an upgrade may go on: a browser always sends `Origin` with it.
pub fn upgrade_is_ours(headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    match (text(header::ORIGIN).and_then(host_of), text(header::HOST)) {
        (Some(from), Some(host)) => from.eq_ignore_ascii_case(host),
        (None, _) => bearer(headers).is_some(),
        (Some(_), None) => false,
    }
}

/// `https://house:8443/x` -> `house:8443`.
fn host_of(address: &str) -> Option<&str> {
    let rest = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"))?;
    rest.split('/').next()
}

/// What every answer says to the browser about what a page may do.
pub async fn headers(request: Request, next: Next) -> Response {
    let policy = policy(request.headers());
    let https = request.extensions().get::<Outside>().is_some_and(|outside| outside.https);
    let mut response = next.run(request).await;
    let answer = response.headers_mut();
    answer.entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=()"),
    ] {
        answer.entry(HeaderName::from_static(name)).or_insert(HeaderValue::from_static(value));
    }
    if https {
        answer.insert(header::STRICT_TRANSPORT_SECURITY, HTTPS_FROM_NOW_ON);
    }
    answer.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("private, no-cache"));
    response
}

/// Scripts, styles and sockets from here alone. Older Safari does not take 'self' for sockets: they are named.
fn policy(headers: &HeaderMap) -> HeaderValue {
    const PLAIN: &str =
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .filter(|host| host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte)));
    let named = host.map(|host| format!("{PLAIN}; connect-src 'self' ws://{host} wss://{host}"));
    named.and_then(|policy| HeaderValue::from_str(&policy).ok()).unwrap_or(HeaderValue::from_static(PLAIN))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(k, v)| (HeaderName::from_static(k), HeaderValue::from_static(v))).collect()
    }

    #[test]
    fn a_foreign_page_changes_nothing() {
        assert!(is_ours(&with(&[("sec-fetch-site", "same-origin")])));
        assert!(!is_ours(&with(&[("sec-fetch-site", "same-site")])));
        assert!(!is_ours(&with(&[("sec-fetch-site", "cross-site"), ("origin", "http://a"), ("host", "a")])));
        assert!(!is_ours(&with(&[("host", "house:3000")])), "who cannot say where it comes from");
    }

    #[test]
    fn an_old_browser_is_known_by_its_origin() {
        assert!(is_ours(&with(&[("origin", "http://house:3000"), ("host", "house:3000")])));
        assert!(is_ours(&with(&[("referer", "http://house:3000/floor"), ("host", "house:3000")])));
        assert!(!is_ours(&with(&[("origin", "http://evil"), ("host", "house:3000")])));
        assert!(!is_ours(&with(&[("origin", "null"), ("host", "house:3000")])));
    }

    #[test]
    fn a_socket_needs_our_origin_or_a_key() {
        assert!(upgrade_is_ours(&with(&[("origin", "https://house"), ("host", "house")])));
        assert!(!upgrade_is_ours(&with(&[("origin", "https://evil"), ("host", "house")])));
        assert!(!upgrade_is_ours(&with(&[("host", "house")])));
        assert!(upgrade_is_ours(&with(&[("authorization", "Bearer k"), ("host", "house")])));
    }
}
