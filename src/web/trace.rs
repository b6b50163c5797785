//! One span a request, named by its route; ids and paths, never bodies.

use axum::body::Body;
use axum::extract::MatchedPath;
use axum::http::Request;
use tracing::Span;

/// The span of a request.
pub fn span(request: &Request<Body>) -> Span {
    let route = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str);
    tracing::info_span!("request", method = %request.method(), route)
}
