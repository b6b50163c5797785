//! Which ports are opened, in the clear or not, and what is refused: signing in over a network that anybody can read.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use time::OffsetDateTime;
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;

use crate::clock::Clock;
use crate::config::Settings;
use crate::errands::Failure;
use crate::lan::Lan;
use crate::tls::{self, Certificates, Door};

/// Connections that may wait until they are accepted. After a restart all screens knock at once, and one that finds
/// no room is heard a second later, or three. The system may allow fewer (`net.core.somaxconn`).
const WAITING_MAX: u32 = 4096;

/// What the system keeps for a screen that does not take it (Linux doubles it, for its own use). Left alone it would
/// grow to megabytes of frames, each older than the next.
const UNTAKEN_BYTES: u32 = 64 * 1024;

/// Opens a port, with room for everybody who comes back at once.
pub fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?; // a port whose last connections still linger is free
    socket.set_send_buffer_size(UNTAKEN_BYTES)?; // accepted connections inherit it
    socket.bind(address)?;
    socket.listen(WAITING_MAX)
}

/// Takes over a port that somebody opened ahead, under the same rules.
fn take_over(port: std::net::TcpListener) -> std::io::Result<TcpListener> {
    port.set_nonblocking(true)?;
    rustix::net::sockopt::set_socket_send_buffer_size(&port, UNTAKEN_BYTES as usize)?;
    rustix::net::listen(&port, WAITING_MAX.cast_signed())?; // again: with our room to wait in
    TcpListener::from_std(port)
}

/// Ports that are open, and nobody behind them yet.
#[derive(Debug)]
pub struct Ports {
    main: TcpListener,
    /// With `--lan`: where a device learns to trust the house.
    plain: Option<TcpListener>,
}

/// Opens the ports that the settings name, or takes the one that was `handed` over. The settings say afterwards where
/// it really is.
pub fn open(settings: &mut Settings, handed: Option<std::net::TcpListener>) -> Result<Ports, Failure> {
    let own = match (&settings.tls_cert, &settings.tls_key) {
        (Some(_), Some(_)) => true,
        (None, None) => false,
        _ => return Err("--tls-cert and --tls-key belong together: one of them is missing".into()),
    };
    if settings.lan && (own || settings.insecure_http) {
        return Err("--lan brings TLS of its own: leave --tls-cert and --insecure-http away".into());
    }
    if settings.lan && settings.listen.ip().is_loopback() {
        settings.listen.set_ip(every_address());
    }
    let main = match handed {
        Some(port) => take_over(port).map_err(|err| format!("the port that was handed over: {err}"))?,
        None => listen(settings.listen).map_err(|err| {
            format!("{} cannot be listened on ({err}). Is another Comanda running?", settings.listen)
        })?,
    };
    settings.listen = main.local_addr()?;
    let is_plain = !own && !settings.lan;
    if is_plain && is_beyond(settings) && !settings.insecure_http && settings.trusted_proxies.is_empty() {
        return Err(format!(
            "{} is reached from other machines, and browsers keep no sign-in over plain http. Serve your network with \
            --lan, bring a certificate with --tls-cert and --tls-key, or put a proxy with TLS before it and name it in \
            --trusted-proxies. To try things out: --insecure-http",
            settings.listen
        )
        .into());
    }
    let plain = settings.lan.then(|| listen(settings.trust_listen)).transpose();
    let plain = plain.map_err(|err| format!("{} cannot be listened on ({err})", settings.trust_listen))?;
    Ok(Ports { main, plain })
}

/// All of this machine's, of both families where it has both.
fn every_address() -> IpAddr {
    match std::net::TcpListener::bind((Ipv6Addr::UNSPECIFIED, 0)) {
        Ok(_) => Ipv6Addr::UNSPECIFIED.into(),
        Err(_) => Ipv4Addr::UNSPECIFIED.into(),
    }
}

/// Whether other machines reach the port.
pub fn is_beyond(settings: &Settings) -> bool {
    !settings.listen.ip().is_loopback()
}

/// The doors of a house that is about to open.
pub struct Entrance {
    /// Where it is.
    pub address: SocketAddr,
    /// Pages, orders, screens.
    pub door: Door,
    /// The plain port of [`Lan`].
    pub plain: Option<TcpListener>,
    /// The house's own network.
    pub lan: Option<Arc<Lan>>,
    /// How the program asks itself whether it answers.
    pub asks: Option<TlsConnector>,
    /// Certificates are kept new as long as this is there.
    pub keepers: JoinSet<()>,
}

impl Ports {
    /// Puts the doors in. The certificates of the house's own network lie in its data folder.
    pub fn furnish(self, settings: &Settings, data: &Path, now: OffsetDateTime) -> Result<Entrance, Failure> {
        let mut keepers = JoinSet::new();
        let address = self.main.local_addr()?;
        let (mut lan, mut certificates) = (None, None);
        if let Some(plain) = &self.plain {
            let house = Lan::open(data, address, plain.local_addr()?.port(), now)?;
            keepers.spawn(Arc::clone(&house).keep(Clock::System));
            certificates = Some(Arc::clone(&house.certificates));
            lan = Some(house);
        } else if let (Some(certificate), Some(key)) = (&settings.tls_cert, &settings.tls_key) {
            let shown = Arc::new(Certificates::showing(tls::read(certificate, key)?));
            keepers.spawn(tls::keep_read(Arc::clone(&shown), certificate.clone(), key.clone()));
            certificates = Some(shown);
        }
        let (door, asks) = match certificates {
            Some(shown) => {
                let asks = tls::connector(Arc::new({
                    let shown = Arc::clone(&shown);
                    move || shown.shown()
                }))?;
                (Door::with(self.main, shown)?, Some(asks))
            }
            None => (Door::from(self.main), None),
        };
        Ok(Entrance { address, door, plain: self.plain, lan, asks, keepers })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::net::TcpStream;
    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn a_crowd_that_knocks_at_once_finds_room_to_wait() {
        let listener = listen(([127, 0, 0, 1], 0).into()).expect("a port");
        let address = listener.local_addr().expect("an address");
        let allowed = std::fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap_or_default();
        let mut crowd = Vec::new();
        for n in 0..allowed.trim().parse().unwrap_or(100).min(500) {
            // Nobody accepts. Who found no room would be asked to come again a second later.
            let knock = timeout(Duration::from_millis(500), TcpStream::connect(address)).await;
            crowd.push(knock.unwrap_or_else(|_| panic!("no room for number {n}")).expect("a connection"));
        }
    }
}
