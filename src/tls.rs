//! TLS of the program's own: the certificate that its port shows, and the door that shows it.
//!
//! A certificate may be exchanged at any time; lines that are open keep theirs. A handshake that takes its time holds
//! up nobody: it has a task of its own, and there are only so many.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use axum::serve::Listener;
use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::{self, PemObject as _};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{self, ServerConfig};
use tokio_rustls::server::TlsStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};
use tokio_util::either::Either;

/// A handshake gets this long: whoever is on the other side is a browser, not a person.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);
/// Handshakes at once, at most; further lines wait until they are accepted.
const HANDSHAKES_MAX: usize = 512;
/// How often it is looked whether a certificate's files have changed.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The only cryptography of the house.
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// Why a certificate cannot be shown.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file.
    #[error("{path} cannot be used: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        source: pem::Error,
    },
    /// There is none in it.
    #[error("{path} holds no certificate")]
    Empty {
        /// Where it should be.
        path: PathBuf,
    },
    /// Certificate and key.
    #[error("the certificate {path} cannot be shown")]
    Pair {
        /// The certificate.
        path: PathBuf,
        /// Why not.
        #[source]
        source: rustls::Error,
    },
}

/// The certificate that is shown now.
#[derive(Debug)]
pub struct Certificates(RwLock<Arc<CertifiedKey>>);

impl Certificates {
    /// Begins with that one.
    pub fn showing(key: CertifiedKey) -> Self {
        Self(RwLock::new(Arc::new(key)))
    }

    /// Goes on with that one.
    pub fn show(&self, key: CertifiedKey) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(key);
    }

    /// The one that is shown.
    pub fn shown(&self) -> CertificateDer<'static> {
        self.now().cert[0].clone()
    }

    fn now(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.now())
    }
}

/// A certificate with its key, from two PEM files.
pub fn read(certificate: &Path, key: &Path) -> Result<CertifiedKey, TlsError> {
    let file = |path: &Path| {
        let path = path.to_owned();
        move |source| TlsError::File { path, source }
    };
    let chain = chain(certificate)?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(file(key))?;
    let pair = CertifiedKey::from_der(chain, key, &provider());
    pair.map_err(|source| TlsError::Pair { path: certificate.to_owned(), source })
}

/// The certificates of a PEM file; the first is the one that is shown.
pub fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = read.map_err(|source| TlsError::File { path: path.to_owned(), source })?;
    if chain.is_empty() { Err(TlsError::Empty { path: path.to_owned() }) } else { Ok(chain) }
}

/// Reads the files again whenever they have changed. What cannot be used is said, and the old one goes on.
pub async fn keep_read(certificates: Arc<Certificates>, certificate: PathBuf, key: PathBuf) {
    let mut known = stamps(&certificate, &key);
    loop {
        sleep(LOOK_EVERY).await;
        let found = stamps(&certificate, &key);
        if found == known {
            continue;
        }
        match read(&certificate, &key) {
            Ok(pair) => {
                certificates.show(pair);
                tracing::info!(path = %certificate.display(), "a new certificate is shown from now on");
            }
            Err(err) => {
                let error = &err as &dyn std::error::Error;
                tracing::error!(error, "the certificate has changed and cannot be used; the old one goes on");
            }
        }
        known = found;
    }
}

fn stamps(certificate: &Path, key: &Path) -> [Option<(SystemTime, u64)>; 2] {
    [certificate, key].map(|path| fs::metadata(path).and_then(|file| Ok((file.modified()?, file.len()))).ok())
}

/// A line to a browser: in the clear, or not. Boxed, because plain lines are many and pay for the larger one.
pub type Line = Either<TcpStream, Box<TlsStream<TcpStream>>>;

/// The port, with or without TLS.
#[derive(Debug)]
pub enum Door {
    /// What comes is served as it is.
    Plain(TcpListener),
    /// What comes has shaken hands.
    Tls(Porter),
}

/// Lines that have shaken hands.
#[derive(Debug)]
pub struct Porter {
    address: SocketAddr,
    ready: mpsc::Receiver<(Box<TlsStream<TcpStream>>, SocketAddr)>,
    _accepting: JoinSet<()>,
}

impl From<TcpListener> for Door {
    fn from(listener: TcpListener) -> Self {
        Self::Plain(listener)
    }
}

impl Door {
    /// A port that shows these certificates. HTTP/1.1, which sockets need; the browser is told so.
    pub fn with(mut listener: TcpListener, certificates: Arc<Certificates>) -> Result<Self, rustls::Error> {
        let config = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
        let mut config = config.with_no_client_auth().with_cert_resolver(certificates);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let address = listener.local_addr().map_err(|err| rustls::Error::General(err.to_string()))?;
        let (hand_on, ready) = mpsc::channel(HANDSHAKES_MAX);
        let places = Arc::new(Semaphore::new(HANDSHAKES_MAX));
        let mut accepting = JoinSet::new();
        accepting.spawn(async move {
            // Ends with the door: what has not shaken hands by then comes again.
            let mut handshakes = JoinSet::new();
            loop {
                let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
                let (line, peer) = Listener::accept(&mut listener).await;
                while handshakes.try_join_next().is_some() {}
                let (acceptor, hand_on) = (acceptor.clone(), hand_on.clone());
                handshakes.spawn(async move {
                    match timeout(HANDSHAKE_WITHIN, acceptor.accept(line)).await {
                        Ok(Ok(line)) => _ = hand_on.send((Box::new(line), peer)).await,
                        Ok(Err(err)) => {
                            tracing::debug!(error = &err as &dyn std::error::Error, %peer, "no handshake");
                        }
                        Err(_) => tracing::debug!(%peer, "a handshake took too long"),
                    }
                    drop(place);
                });
            }
        });
        Ok(Self::Tls(Porter { address, ready, _accepting: accepting }))
    }
}

impl Listener for Door {
    type Io = Line;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Line, SocketAddr) {
        match self {
            Self::Plain(listener) => {
                let (line, peer) = Listener::accept(listener).await;
                (Either::Left(line), peer)
            }
            Self::Tls(porter) => match porter.ready.recv().await {
                Some((line, peer)) => (Either::Right(line), peer),
                None => std::future::pending().await, // it accepts as long as the door is there
            },
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        match self {
            Self::Plain(listener) => listener.local_addr(),
            Self::Tls(porter) => Ok(porter.address),
        }
    }
}

/// The bare line below.
pub fn tcp(line: &Line) -> &TcpStream {
    match line {
        Either::Left(line) => line,
        Either::Right(line) => line.get_ref().0,
    }
}

/// How the program asks itself: whoever shows that very certificate is taken, by whatever name.
pub fn connector(
    expected: Arc<dyn Fn() -> CertificateDer<'static> + Send + Sync>,
) -> Result<TlsConnector, rustls::Error> {
    let config =
        rustls::ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
    let verifier = pinned::Pinned { expected, provider: provider() };
    let config =
        config.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// A verifier that knows one certificate. Not a weaker check than names and roots: a narrower one.
mod pinned {
    use std::sync::Arc;

    use tokio_rustls::rustls::client::danger::{
        HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
    };
    use tokio_rustls::rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
    use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
    use tokio_rustls::rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};

    pub(super) struct Pinned {
        pub(super) expected: Arc<dyn Fn() -> CertificateDer<'static> + Send + Sync>,
        pub(super) provider: Arc<CryptoProvider>,
    }

    impl std::fmt::Debug for Pinned {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("Pinned")
        }
    }

    impl ServerCertVerifier for Pinned {
        fn verify_server_cert(
            &self,
            end_entity: &CertificateDer<'_>,
            _intermediates: &[CertificateDer<'_>],
            _name: &ServerName<'_>,
            _ocsp: &[u8],
            _now: UnixTime,
        ) -> Result<ServerCertVerified, Error> {
            if *end_entity == (self.expected)() {
                Ok(ServerCertVerified::assertion())
            } else {
                Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
            }
        }

        fn verify_tls12_signature(
            &self,
            message: &[u8],
            cert: &CertificateDer<'_>,
            signed: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            verify_tls12_signature(message, cert, signed, &self.provider.signature_verification_algorithms)
        }

        fn verify_tls13_signature(
            &self,
            message: &[u8],
            cert: &CertificateDer<'_>,
            signed: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            verify_tls13_signature(message, cert, signed, &self.provider.signature_verification_algorithms)
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            self.provider.signature_verification_algorithms.supported_schemes()
        }
    }
}
