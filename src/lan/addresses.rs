//! Where this machine is found on its network: its name, and its addresses.

use std::io;
use std::net::IpAddr;

use if_addrs::{IfAddr, get_if_addrs};
use ipnet::IpNet;

/// Addresses that are looked at, at most: a machine full of containers has hundreds.
const ADDRESSES_MAX: usize = 16;

/// Interfaces of containers and virtual machines: nobody in the dining room reaches the house through them.
const INDOORS: [&str; 7] = ["docker", "br-", "veth", "virbr", "lxc", "cni", "podman"];

/// Where a machine is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// Its name, without a domain: what stands before `.local`.
    pub name: String,
    /// Its addresses, each with the network it is in; IPv4 first.
    pub networks: Vec<IpNet>,
}

/// Where this machine is found now.
pub fn here() -> io::Result<Places> {
    let mut networks: Vec<IpNet> = get_if_addrs()?
        .into_iter()
        .filter(|interface| {
            !interface.is_loopback() && !INDOORS.iter().any(|name| interface.name.starts_with(name))
        })
        .filter_map(|interface| match interface.addr {
            IfAddr::V4(v4) => IpNet::new(v4.ip.into(), v4.prefixlen).ok(),
            // A link-local address means something else on every device.
            IfAddr::V6(v6) if v6.ip.is_unicast_link_local() => None,
            IfAddr::V6(v6) => IpNet::new(v6.ip.into(), v6.prefixlen).ok(),
        })
        .collect();
    networks.sort_by_key(|network| (matches!(network.addr(), IpAddr::V6(_)), network.addr()));
    networks.dedup();
    networks.truncate(ADDRESSES_MAX);
    Ok(Places { name: name(&rustix::system::uname().nodename().to_string_lossy()), networks })
}

/// A host's name as a certificate may carry it.
fn name(host: &str) -> String {
    let label = host.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let label: String = label.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(63).collect();
    let label = label.trim_matches('-');
    if label.is_empty() { "comanda".to_owned() } else { label.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_stands_before_local() {
        assert_eq!(name("Kasse-1.fritz.box"), "kasse-1");
        assert_eq!(name("café bar"), "cafbar");
        assert_eq!(name("-"), "comanda");
    }

    #[test]
    fn this_machine_is_somewhere() {
        let places = here().expect("addresses");
        assert!(!places.name.is_empty());
        assert!(places.networks.iter().all(|network| !network.addr().is_loopback()), "{places:?}");
        let mut sorted = places.networks.clone();
        sorted.sort_by_key(|network| network.addr().is_ipv6());
        assert_eq!(sorted, places.networks);
    }
}
