//! The house's certificate authority. Its key never leaves the data folder; what it may speak for is written into its own
//! certificate, so that a device that trusts it trusts it with this network and nothing else.

use std::fs;
use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use ipnet::IpNet;
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, NameConstraints, SanType,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use time::{Duration, OffsetDateTime};
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::sign::CertifiedKey;

use super::addresses::Places;
use crate::tls;

/// How long devices trust the house before they have to be told again.
const AUTHORITY_LASTS: Duration = Duration::days(10 * 365);
/// Apple takes no certificate that is good for longer.
const LEAF_LASTS: Duration = Duration::days(397);
/// So long before its end a certificate is renewed.
const RENEWED_BEFORE: Duration = Duration::days(30);
/// Clocks of old tablets go wrong: everything is good since a day ago.
const SINCE: Duration = Duration::days(1);

/// Networks that no public name leads to (RFC 1918, RFC 6598, RFC 3927, RFC 4193), and the machine itself.
const PRIVATE: [&str; 8] = [
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "169.254.0.0/16",
    "127.0.0.0/8",
    "fc00::/7",
    "::1/128",
];

/// The authority, and what it signs with.
pub struct Authority {
    pem: String,
    der: CertificateDer<'static>,
    about: About,
    issuer: Issuer<'static, KeyPair>,
    folder: PathBuf,
}

/// What a certificate of the authority was made of.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct About {
    name: String,
    networks: Vec<String>,
    #[serde(with = "time::serde::timestamp")]
    made_at: OffsetDateTime,
}

/// A certificate of the house, and when it is time for the next.
#[derive(Debug)]
pub struct Leaf {
    /// What the port shows, and its key.
    pub key: CertifiedKey,
    /// From then on it is due.
    pub renew_at: OffsetDateTime,
}

/// Why there is no TLS of our own.
#[derive(Debug, Error)]
pub enum LanError {
    /// The machine does not say where it is.
    #[error("the machine's addresses cannot be read")]
    Addresses(#[source] io::Error),
    /// The data folder.
    #[error("the house's certificate authority, {path}, cannot be used")]
    File {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: io::Error,
    },
    /// A certificate.
    #[error("a certificate could not be made")]
    Certificate(#[from] rcgen::Error),
    /// A key.
    #[error("a certificate cannot be shown")]
    Tls(#[from] tokio_rustls::rustls::Error),
}

impl Authority {
    /// Reads the authority in that folder. Where there is none, or where it has ended, a new one is made.
    pub fn open(folder: &Path, places: &Places, now: OffsetDateTime) -> Result<Self, LanError> {
        let (certificate, key, about) =
            (folder.join("ca.pem"), folder.join("ca.key"), folder.join("ca.json"));
        match fs::read_to_string(&certificate) {
            Ok(pem) => {
                let text = |path: &Path| fs::read_to_string(path).map_err(|source| file(path, source));
                let key = KeyPair::from_pem(&text(&key)?).map_err(|err| file(&key, invalid(&err)))?;
                let read = serde_json::from_str::<About>(&text(&about)?);
                let about = read.map_err(|err| file(&about, invalid(&err)))?;
                if now < about.made_at + AUTHORITY_LASTS - LEAF_LASTS {
                    return Self::of(folder, pem, about, key);
                }
                tracing::warn!(
                    "the house's authority comes to its end: there is a new one that devices have to trust"
                );
            }
            Err(err) if err.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(file(&certificate, source)),
        }
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(|source| file(folder, source))?;
        let made = About {
            name: format!("Comanda on {} ({})", places.name, now.date()),
            networks: networks(places),
            made_at: now,
        };
        let pair = KeyPair::generate()?;
        let pem = made.params()?.self_signed(&pair)?.pem();
        // The certificate last: without it the others are nothing.
        write(&key, &pair.serialize_pem())?;
        write(&about, &serde_json::to_string(&made).map_err(|err| file(&about, invalid(&err)))?)?;
        write(&certificate, &pem)?;
        Self::of(folder, pem, made, pair)
    }

    fn of(folder: &Path, pem: String, about: About, key: KeyPair) -> Result<Self, LanError> {
        let der = CertificateDer::from_pem_slice(pem.as_bytes());
        let der = der.map_err(|err| file(&folder.join("ca.pem"), invalid(&err)))?;
        let issuer = Issuer::new(about.params()?, key);
        Ok(Self { pem, der, about, issuer, folder: folder.to_owned() })
    }

    /// A certificate for that machine, with a key of its own that is never written down.
    pub fn leaf(&self, places: &Places, now: OffsetDateTime) -> Result<Leaf, LanError> {
        let mut params = CertificateParams::new([
            "localhost".to_owned(),
            places.name.clone(),
            format!("{}.local", places.name),
        ])?;
        let own = [IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST)];
        for address in own.into_iter().chain(places.networks.iter().map(IpNet::addr)) {
            // One address too many would make the whole certificate void.
            if self.covers(address) {
                params.subject_alt_names.push(SanType::IpAddress(address));
            } else {
                tracing::warn!(%address, folder = %self.folder.display(), "the house's authority was made elsewhere and cannot speak for this address: remove the folder, and let devices trust a new one");
            }
        }
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, places.name.clone());
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.not_before = now - SINCE;
        params.not_after = params.not_before + LEAF_LASTS;
        let ends_at = params.not_after;
        let pair = KeyPair::generate()?;
        let certificate = params.signed_by(&pair, &self.issuer)?;
        // For `comanda health`: which certificate to expect.
        write(&self.folder.join("leaf.pem"), &certificate.pem())?;
        let chain = vec![certificate.der().clone(), self.der.clone()];
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(pair.serialize_der()));
        Ok(Leaf {
            key: CertifiedKey::from_der(chain, key, &tls::provider())?,
            renew_at: ends_at - RENEWED_BEFORE,
        })
    }

    /// Whether it may speak for that address.
    pub fn covers(&self, address: IpAddr) -> bool {
        let networks = self.about.networks.iter().filter_map(|network| network.parse::<IpNet>().ok());
        networks.into_iter().any(|network| network.contains(&address))
    }

    /// Its certificate, as devices take it.
    pub fn der(&self) -> &CertificateDer<'static> {
        &self.der
    }

    /// The same, as programs take it.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// What a device calls it.
    pub fn name(&self) -> &str {
        &self.about.name
    }

    /// What a careful person compares: SHA-256 of its certificate, in pairs.
    pub fn fingerprint(&self) -> String {
        let pairs: Vec<String> = Sha256::digest(&self.der).iter().map(|byte| format!("{byte:02X}")).collect();
        pairs.join(":")
    }
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").field("name", &self.about.name).finish_non_exhaustive()
    }
}

impl About {
    fn params(&self) -> Result<CertificateParams, rcgen::Error> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, self.name.clone());
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0)); // it makes no other authority
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let host = self.name.split(' ').nth(2).unwrap_or_default().to_owned();
        let names = ["localhost".to_owned(), "local".to_owned(), host].map(GeneralSubtree::DnsName);
        let networks =
            self.networks.iter().filter_map(|network| network.parse::<IpNet>().ok()).map(|network| {
                GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(
                    network.network(),
                    network.prefix_len(),
                ))
            });
        params.name_constraints = Some(NameConstraints {
            permitted_subtrees: names.into_iter().chain(networks).collect(),
            excluded_subtrees: Vec::new(),
        });
        params.not_before = self.made_at - SINCE;
        params.not_after = self.made_at + AUTHORITY_LASTS;
        Ok(params)
    }
}

/// The networks that an authority made here may speak for: private ones, and what the machine is in besides.
fn networks(places: &Places) -> Vec<String> {
    let private: Vec<IpNet> = PRIVATE.iter().filter_map(|network| network.parse().ok()).collect();
    let here = places.networks.iter().map(IpNet::trunc);
    let besides = here.filter(|network| !private.iter().any(|known| known.contains(network)));
    private.iter().copied().chain(besides).map(|network| network.to_string()).collect()
}

fn file(path: &Path, source: io::Error) -> LanError {
    LanError::File { path: path.to_owned(), source }
}

fn invalid(err: &dyn std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, err.to_string())
}

/// Whole or not at all, and for this user alone.
fn write(path: &Path, text: &str) -> Result<(), LanError> {
    let beside = path.with_extension("new");
    let written = || -> io::Result<()> {
        match fs::remove_file(&beside) {
            Err(err) if err.kind() != io::ErrorKind::NotFound => return Err(err),
            _ => {}
        }
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    written().map_err(|source| file(path, source))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt as _;
    use std::sync::Arc;

    use time::macros::datetime;
    use tokio_rustls::rustls::client::WebPkiServerVerifier;
    use tokio_rustls::rustls::pki_types::{ServerName, UnixTime};
    use tokio_rustls::rustls::{RootCertStore, client::danger::ServerCertVerifier as _};

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-20 20:00 UTC);

    fn scene() -> (PathBuf, Places) {
        let folder = std::env::temp_dir().join(format!("comanda-lan-{:016x}", rand::random::<u64>()));
        let networks = ["192.168.7.20/24", "192.0.2.9/28"].map(|network| network.parse().expect("a network"));
        (folder, Places { name: "kasse".to_owned(), networks: networks.to_vec() })
    }

    /// Whether a device that trusts this authority takes this certificate for that name, that day.
    fn takes(authority: &Authority, leaf: &CertificateDer<'_>, name: &str, day: OffsetDateTime) -> bool {
        let mut roots = RootCertStore::empty();
        roots.add(authority.der().clone()).expect("a root");
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), tls::provider());
        let day =
            UnixTime::since_unix_epoch(std::time::Duration::from_secs(day.unix_timestamp().unsigned_abs()));
        let name = ServerName::try_from(name).expect("a name");
        verifier.build().expect("a verifier").verify_server_cert(leaf, &[], &name, &[], day).is_ok()
    }

    #[test]
    fn devices_take_the_house_by_every_name_and_address_it_has() {
        let (folder, places) = scene();
        let authority = Authority::open(&folder, &places, NOW).expect("an authority");
        let leaf = authority.leaf(&places, NOW).expect("a certificate");
        let shown = leaf.key.cert[0].clone();
        for name in ["kasse.local", "kasse", "localhost", "192.168.7.20", "192.0.2.9", "127.0.0.1", "::1"] {
            assert!(takes(&authority, &shown, name, NOW), "{name}");
        }
        for name in ["192.168.7.21", "bank.example", "other.local"] {
            assert!(!takes(&authority, &shown, name, NOW), "{name}");
        }
        assert!(takes(&authority, &shown, "kasse.local", leaf.renew_at + Duration::days(29)));
        assert!(!takes(&authority, &shown, "kasse.local", leaf.renew_at + Duration::days(31)));
        fs::remove_dir_all(folder).expect("no folder");
    }

    #[test]
    fn whoever_steals_its_key_speaks_for_this_network_and_for_nobody_else() {
        let (folder, places) = scene();
        let authority = Authority::open(&folder, &places, NOW).expect("an authority");
        let forged = |name: &str| {
            let mut params = CertificateParams::new([name.to_owned()]).expect("a name");
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
            let key = KeyPair::generate().expect("a key");
            let certificate = params.signed_by(&key, &authority.issuer).expect("a certificate");
            takes(&authority, certificate.der(), name, NOW)
        };
        assert!(forged("other.local") && forged("10.1.2.3"), "what it may sign is taken");
        for name in ["bank.example", "www.google.com", "8.8.8.8", "192.0.2.200", "2001:db8::1"] {
            assert!(!forged(name), "{name}");
        }
        fs::remove_dir_all(folder).expect("no folder");
    }

    #[test]
    fn it_is_made_once_and_its_key_is_for_nobody_else() {
        let (folder, places) = scene();
        let first = Authority::open(&folder, &places, NOW).expect("an authority");
        for name in ["ca.key", "ca.pem", "ca.json"] {
            assert_eq!(fs::metadata(folder.join(name)).expect("a file").mode() & 0o777, 0o600, "{name}");
        }
        assert_eq!(fs::metadata(&folder).expect("a folder").mode() & 0o777, 0o700);
        let again = Authority::open(&folder, &places, NOW + Duration::days(900)).expect("the same");
        assert_eq!(again.fingerprint(), first.fingerprint());
        let leaf = again.leaf(&places, NOW).expect("a certificate");
        assert!(
            takes(&first, &leaf.key.cert[0], "kasse.local", NOW),
            "what it signs now is taken by who trusted it then"
        );
        let later = Authority::open(&folder, &places, NOW + Duration::days(9 * 365)).expect("a new one");
        assert_ne!(
            later.fingerprint(),
            first.fingerprint(),
            "it ends before the certificates under it would"
        );

        fs::write(folder.join("ca.key"), "no key").expect("a file");
        let refused = Authority::open(&folder, &places, NOW).expect_err("no key");
        assert!(refused.to_string().contains("ca.key"), "{refused}");
        fs::remove_dir_all(folder).expect("no folder");
    }

    #[test]
    fn an_address_beyond_its_word_is_left_out_and_spoils_nothing() {
        let (folder, mut places) = scene();
        let authority = Authority::open(&folder, &places, NOW).expect("an authority");
        places.networks.push("203.0.113.5/24".parse().expect("a network"));
        let leaf = authority.leaf(&places, NOW).expect("a certificate");
        assert!(takes(&authority, &leaf.key.cert[0], "192.168.7.20", NOW));
        assert!(!takes(&authority, &leaf.key.cert[0], "203.0.113.5", NOW));
        fs::remove_dir_all(folder).expect("no folder");
    }
}
