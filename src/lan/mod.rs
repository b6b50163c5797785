//! The house's own network: TLS of the house's own, for screens and tablets that no public name leads to.
//!
//! A browser keeps our sign-in, the wake lock and the offline basket only over https. So the house is its own authority: made
//! once, kept in the data folder, able to speak for this network and for nothing beyond it. Devices are told once to
//! trust it; the certificates under it are renewed without anybody noticing.

pub mod addresses;
pub mod authority;

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use ipnet::IpNet;
use qrcode::QrCode;
use qrcode::render::{svg, unicode};
use time::OffsetDateTime;
use tokio::time::sleep;

use crate::clock::Clock;
use crate::tls::Certificates;
use addresses::Places;
use authority::{Authority, LanError};

/// How often it is looked whether the machine has moved, or its certificate comes to its end.
const LOOK_EVERY: Duration = Duration::from_secs(20);

/// What devices need to know to find the house and to trust it.
#[derive(Debug)]
pub struct Lan {
    authority: Authority,
    /// What the port shows.
    pub certificates: Arc<Certificates>,
    held: RwLock<Held>,
    /// Where TLS is spoken: on all addresses of the machine, of one family or both, or on a single one.
    listen: SocketAddr,
    /// The plain port, which hands out the authority's certificate.
    plain_port: u16,
}

/// What the present certificate is for.
#[derive(Debug, Clone)]
struct Held {
    places: Places,
    renew_at: OffsetDateTime,
}

impl Lan {
    /// Opens the house's authority below that folder, or makes it; with a first certificate for where the machine is.
    pub fn open(
        data: &Path,
        listen: SocketAddr,
        plain_port: u16,
        now: OffsetDateTime,
    ) -> Result<Arc<Self>, LanError> {
        let places = addresses::here().map_err(LanError::Addresses)?;
        let authority = Authority::open(&data.join("lan"), &places, now)?;
        let leaf = authority.leaf(&places, now)?;
        let held = RwLock::new(Held { places, renew_at: leaf.renew_at });
        let certificates = Arc::new(Certificates::showing(leaf.key));
        Ok(Arc::new(Self { authority, certificates, held, listen, plain_port }))
    }

    /// Renews the certificate when it is due, or when the machine is found elsewhere. Answers whether it did.
    fn look(&self, places: Places, now: OffsetDateTime) -> Result<bool, LanError> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner).clone();
        if held.places == places && now < held.renew_at {
            return Ok(false);
        }
        let leaf = self.authority.leaf(&places, now)?;
        self.certificates.show(leaf.key);
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = Held { places, renew_at: leaf.renew_at };
        Ok(true)
    }

    /// Looks again and again. Never ends by itself.
    pub async fn keep(self: Arc<Self>, clock: Clock) {
        let mut failing = false;
        loop {
            sleep(LOOK_EVERY).await;
            let looked = addresses::here().map_err(LanError::Addresses);
            match looked.and_then(|places| self.look(places, clock.now())) {
                Ok(renewed) => {
                    failing = false;
                    if renewed {
                        tracing::info!(addresses = ?self.addresses(), "the house has a new certificate");
                    }
                }
                Err(err) if !failing => {
                    failing = true;
                    let error = &err as &dyn std::error::Error;
                    tracing::error!(error, "the house's certificate cannot be renewed; it is tried again");
                }
                Err(_) => {}
            }
        }
    }

    /// The authority's certificate, for devices.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Names and addresses that the certificate is for, the best first.
    pub fn hosts(&self) -> Vec<String> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        let numbers = held.places.networks.iter().map(IpNet::addr);
        let covered =
            numbers.filter(|address| self.authority.covers(*address) && self.is_reached_at(*address));
        let numbers = covered
            .map(|address| if address.is_ipv6() { format!("[{address}]") } else { address.to_string() });
        numbers.chain([format!("{}.local", held.places.name)]).collect()
    }

    fn is_reached_at(&self, address: IpAddr) -> bool {
        match self.listen.ip() {
            IpAddr::V4(all) if all.is_unspecified() => address.is_ipv4(),
            IpAddr::V6(all) if all.is_unspecified() => true, // both families
            one => one == address,
        }
    }

    /// Where the house is, for browsers: `https://192.168.1.20:3000`.
    pub fn addresses(&self) -> Vec<String> {
        self.hosts().iter().map(|host| self.secure(host)).collect()
    }

    /// The house over TLS at that host, which is written as in an address.
    pub fn secure(&self, host: &str) -> String {
        match self.listen.port() {
            443 => format!("https://{host}"),
            port => format!("https://{host}:{port}"),
        }
    }

    /// Where a device begins that does not trust the house yet.
    pub fn begin(&self) -> String {
        let host = self.hosts().into_iter().next().unwrap_or_default();
        match self.plain_port {
            80 => format!("http://{host}/trust"),
            port => format!("http://{host}:{port}/trust"),
        }
    }

    /// That address as a picture for a page; nothing if it is too long for one.
    pub fn begin_svg(&self) -> Option<String> {
        picture(&self.begin())
    }

    /// The same for a terminal.
    pub fn begin_blocks(&self) -> Option<String> {
        let code = QrCode::new(self.begin()).ok()?;
        Some(
            code.render::<unicode::Dense1x2>()
                .dark_color(unicode::Dense1x2::Light)
                .light_color(unicode::Dense1x2::Dark)
                .build(),
        )
    }
}

/// An address as a QR code for a page; nothing if it is too long for one.
pub fn picture(address: &str) -> Option<String> {
    let code = QrCode::new(address).ok()?;
    let picture = code.render::<svg::Color<'_>>().min_dimensions(180, 180).build();
    // Inside a page, and never stretched: the prologue goes.
    picture.find("<svg").map(|at| picture[at..].to_owned())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_certificate_is_renewed_before_it_ends_and_when_the_machine_moves() {
        let data = std::env::temp_dir().join(format!("comanda-lan-{:016x}", rand::random::<u64>()));
        std::fs::create_dir(&data).expect("a folder");
        let now = datetime!(2026-11-20 20:00 UTC);
        let lan = Lan::open(&data, ([0, 0, 0, 0], 3000).into(), 3080, now).expect("an authority");
        let places = addresses::here().expect("addresses");
        let first = lan.certificates.shown();
        assert!(
            !lan.look(places.clone(), now + time::Duration::days(300)).expect("a look"),
            "it is good for a year"
        );
        assert_eq!(lan.certificates.shown(), first);
        assert!(
            lan.look(places.clone(), now + time::Duration::days(370)).expect("a look"),
            "its end is near"
        );
        let second = lan.certificates.shown();
        assert_ne!(second, first);
        let moved = Places {
            networks: ["10.9.8.7/24", "fd12::7/64"]
                .map(|network| network.parse().expect("a network"))
                .to_vec(),
            ..places
        };
        assert!(lan.look(moved.clone(), now).expect("a look"), "the machine has another address");
        assert_eq!(lan.addresses()[0], "https://10.9.8.7:3000");
        assert!(!lan.addresses().iter().any(|address| address.contains('[')), "IPv6 is not listened on");
        assert!(!lan.look(moved, now).expect("a look"));
        std::fs::remove_dir_all(data).expect("no folder");
    }
}
