//! How the world beyond a proxy sees a request: who asks, and whether their browser speaks https.
//!
//! A proxy says so in headers that anybody can write. They are believed from addresses that the settings name, and
//! from nobody else. Nothing is allowed by an address: it stands in the log, and guesses at codes and passwords are slowed by it.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName};
use axum::middleware::Next;
use axum::response::Response;

use super::state::App;
use crate::config::Network;
use crate::disk::Room;

/// Proxies one behind the other, at most: further names are not read.
const HOPS_MAX: usize = 8;

/// A request's other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outside {
    /// Who asks.
    pub address: IpAddr,
    /// Whether the browser may be told to come over nothing but https: it does, and everybody knows the certificate. The
    /// house's own authority does not count: a device that is to trust a new one has to get through in the clear.
    pub https: bool,
}

/// Finds out who asks, for the log and for the headers of the answer.
pub async fn look(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    let mut outside = seen(peer.ip(), request.headers(), &app.settings.trusted_proxies);
    outside.https |= app.settings.tls_cert.is_some();
    request.extensions_mut().insert(outside);
    let is_readable = app.settings.insecure_http && !app.settings.listen.ip().is_loopback();
    let says = Says { is_readable, free: app.disks.free().filter(|_| app.disks.room() != Room::Enough) };
    SAYS.scope(says, next.run(request)).await
}

tokio::task_local! {
    /// What the frame of every page that is drawn for this request has to say.
    static SAYS: Says;
}

#[derive(Debug, Clone, Copy)]
struct Says {
    /// Whoever shares the network can read it.
    is_readable: bool,
    /// So many bytes are free, and that is not enough.
    free: Option<u64>,
}

/// Whether whoever shares the network can read the request that is being answered.
pub fn is_readable() -> bool {
    SAYS.try_with(|says| says.is_readable).unwrap_or(false)
}

/// The bytes that are free, where they are few.
pub fn little_room() -> Option<u64> {
    SAYS.try_with(|says| says.free).unwrap_or(None)
}

/// The last name in `X-Forwarded-For` that is no proxy of ours; each of them writes who asked it.
fn seen(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> Outside {
    let is_ours = |address: IpAddr| trusted.iter().any(|network| network.holds(address));
    let peer = peer.to_canonical();
    if !is_ours(peer) {
        return Outside { address: peer, https: false };
    }
    let named = |name| {
        let values = headers.get_all(HeaderName::from_static(name)).iter().rev();
        values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.rsplit(',')).map(str::trim)
    };
    let mut address = peer;
    for name in named("x-forwarded-for").take(HOPS_MAX) {
        let Ok(next) = name.parse::<IpAddr>() else {
            break; // what stands before it was written by nobody we know
        };
        address = next.to_canonical();
        if !is_ours(address) {
            break;
        }
    }
    let https = named("x-forwarded-proto").next().is_some_and(|proto| proto.eq_ignore_ascii_case("https"));
    Outside { address, https }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(peer: &str, headers: &[(&'static str, &'static str)]) -> (String, bool) {
        let trusted = ["127.0.0.1", "10.1.0.0/16", "::1"].map(|network| network.parse().expect("a network"));
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::from_static(name), value.parse().expect("a value"));
        }
        let outside = seen(peer.parse().expect("an address"), &map, &trusted);
        (outside.address.to_string(), outside.https)
    }

    const SAYS: [(&str, &str); 2] = [("x-forwarded-for", "192.0.2.7"), ("x-forwarded-proto", "https")];

    #[test]
    fn a_proxy_of_ours_is_believed() {
        for peer in ["127.0.0.1", "10.1.255.3", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(ask(peer, &SAYS), ("192.0.2.7".to_owned(), true), "{peer}");
        }
        assert_eq!(ask("127.0.0.1", &[]), ("127.0.0.1".to_owned(), false));
    }

    #[test]
    fn nobody_else_is() {
        for peer in ["192.0.2.1", "10.2.0.1", "::2"] {
            assert_eq!(ask(peer, &SAYS), (peer.to_owned(), false), "{peer}");
        }
    }

    #[test]
    fn what_a_stranger_wrote_ahead_of_our_proxies_is_not_read() {
        let chain = |names| ask("127.0.0.1", &[("x-forwarded-for", names)]).0;
        assert_eq!(chain("1.1.1.1, 192.0.2.7"), "192.0.2.7");
        assert_eq!(chain("1.1.1.1, 192.0.2.7, 10.1.0.9"), "192.0.2.7");
        assert_eq!(chain("1.1.1.1, unknown, 10.1.0.9"), "10.1.0.9");
        assert_eq!(chain("10.1.0.8, 10.1.0.9"), "10.1.0.8");
        let two = [("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "192.0.2.7")];
        assert_eq!(ask("127.0.0.1", &two).0, "192.0.2.7");
        let protos = [("x-forwarded-proto", "https, http")];
        assert!(!ask("127.0.0.1", &protos).1, "the last one is our proxy's");
    }
}
