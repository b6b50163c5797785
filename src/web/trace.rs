//! One span a request, named by its route and who asks; ids and paths, never bodies.

use axum::body::Body;
use axum::extract::MatchedPath;
use axum::http::Request;
use tracing::Span;

use super::outside::Outside;

/// The span of a request.
pub fn span(request: &Request<Body>) -> Span {
    let route = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str);
    let client = request.extensions().get::<Outside>().map(|outside| outside.address);
    let client = client.as_ref().map(tracing::field::display);
    tracing::info_span!("request", method = %request.method(), route, client)
}
