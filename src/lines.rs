//! HTTP over lines that come in at a door, with an end to everything a stranger can begin: a head that never ends, an
//! answer that nobody takes, a line that says nothing.
//!
//! A body has its end elsewhere: whoever reads one is in the middle of answering (`web::error`), and that takes so long
//! at most. Once a line has become a socket it is `web::socket`'s.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::connect_info::ConnectInfo;
use axum::response::Response;
use axum::serve::Listener;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::pin;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

use crate::tls::{self, Line};

/// A request's head may take this long from its line's first silence. A line that rests between two requests is
/// waiting for a head as well: a proxy lets go of it earlier (deploy/), so that none of its requests meets the end.
pub const HEAD_WITHIN: Duration = Duration::from_secs(30);

/// The other side may take nothing for so long, in milliseconds; then the system cuts the line (Linux), whatever was
/// asked for. Longer than a screen that is stuck keeps its place.
const TAKEN_WITHIN_MS: u32 = 30_000;

/// A head, at most, and what is read ahead of a body.
pub const HEAD_BYTES_MAX: usize = 64 * 1024;

/// A browser sends some twenty.
pub const HEADERS_MAX: usize = 100;

/// Answers every line at that door until the house is `leaving`, and then what has been asked by then.
pub async fn answer<D>(mut door: D, router: Router, leaving: impl Future<Output = ()>)
where
    D: Listener<Addr = SocketAddr>,
{
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_headers(HEADERS_MAX)
        .max_buf_size(HEAD_BYTES_MAX);
    let (lines, last_answers) = (TaskTracker::new(), CancellationToken::new());
    pin!(leaving);
    loop {
        let (line, peer) = tokio::select! {
            accepted = door.accept() => accepted,
            () = &mut leaving => break,
        };
        let router = router.clone();
        let service = service_fn(move |request| ask(router.clone(), request, peer));
        let served = http.serve_connection(TokioIo::new(line), service).with_upgrades();
        let last_answers = last_answers.clone();
        lines.spawn(async move {
            pin!(served);
            let ended = tokio::select! {
                ended = &mut served => ended,
                () = last_answers.cancelled() => {
                    served.as_mut().graceful_shutdown();
                    served.await
                }
            };
            if let Err(err) = ended {
                tracing::debug!(error = &err as &dyn std::error::Error, %peer, "a line ended badly");
            }
        });
    }
    drop(door); // whoever knocks now finds the next process, or nobody
    last_answers.cancel();
    lines.close();
    lines.wait().await;
}

/// What every line to a browser is told. Failing is only slower, or a little more patient.
pub fn furnish(line: &mut Line) {
    let tcp = tls::tcp(line);
    // A frame is small and urgent: it does not wait for the next one.
    if let Err(err) = tcp.set_nodelay(true) {
        tracing::debug!(error = &err as &dyn std::error::Error, "a line keeps its delay");
    }
    #[cfg(target_os = "linux")]
    if let Err(err) = rustix::net::sockopt::set_tcp_user_timeout(tcp, TAKEN_WITHIN_MS) {
        tracing::debug!(error = &err as &dyn std::error::Error, "a line waits as long as the system likes");
    }
}

async fn ask(
    router: Router,
    request: hyper::Request<Incoming>,
    peer: SocketAddr,
) -> Result<Response, Infallible> {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(ConnectInfo(peer));
    router.oneshot(request).await
}
