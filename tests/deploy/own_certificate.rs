//! `--tls-cert` and `--tls-key`: a certificate of one's own, without a proxy.

use std::fs;
use std::net::SocketAddr;

use hyper::Method;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio_rustls::rustls::pki_types::CertificateDer;

use super::browser::Browser;
use super::house::{House, said, until};

const HOST: &str = "pos.example";

/// Writes a new certificate for [`HOST`] where the settings name it.
fn write(house: &House) -> CertificateDer<'static> {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed([HOST.to_owned()]).expect("a certificate");
    // The key first: between the two files there is a moment in which they do not fit.
    fs::write(house.root.join("key.pem"), signing_key.serialize_pem()).expect("a file");
    fs::write(house.root.join("cert.pem"), cert.pem()).expect("a file");
    cert.der().clone()
}

async fn is_shown(house: &House, certificate: &CertificateDer<'static>) -> bool {
    let address = SocketAddr::from(([127, 0, 0, 1], house.address.port()));
    Browser::new(HOST, address, certificate.clone()).line(&["http/1.1"]).await.is_ok()
}

#[tokio::test]
async fn a_certificate_is_shown_and_exchanged_while_the_house_is_open() {
    let mut house = House::new();
    let first = write(&house);
    let (certificate, key) = (house.root.join("cert.pem"), house.root.join("key.pem"));
    let settings = [
        ("COMANDA_INSECURE_HTTP", "false"),
        ("COMANDA_TLS_CERT", certificate.to_str().expect("text")),
        ("COMANDA_TLS_KEY", key.to_str().expect("text")),
    ];
    house.start(&settings);
    until("the house is open", async || is_shown(&house, &first).await).await;
    let mut browser = Browser::new(HOST, house.address, first.clone());
    let page = browser.ask(Method::GET, "/sign-in", &[("accept", "text/html")], "").await;
    assert_eq!(page.header("strict-transport-security"), "max-age=31536000");
    browser.sign_in("Inês").await;
    let health = house.errand(&settings, &["health"]).await;
    assert!(health.status.success(), "{}", said(&health));

    // A file that is no certificate changes nothing, and is said.
    fs::write(&certificate, "half a certif").expect("a file");
    until("it is said", async || house.log().contains("the old one goes on")).await;
    assert!(is_shown(&house, &first).await);

    let second = write(&house);
    until("the new one is shown", async || is_shown(&house, &second).await).await;
    assert!(!is_shown(&house, &first).await);
}

#[tokio::test]
async fn a_certificate_that_cannot_be_shown_is_named_before_the_house_opens() {
    let house = House::new();
    write(&house);
    let (certificate, key) = (house.root.join("cert.pem"), house.root.join("key.pem"));
    let other = rcgen::KeyPair::generate().expect("a key");
    fs::write(&key, other.serialize_pem()).expect("a file");
    let settings = [
        ("COMANDA_INSECURE_HTTP", "false"),
        ("COMANDA_TLS_CERT", certificate.to_str().expect("text")),
        ("COMANDA_TLS_KEY", key.to_str().expect("text")),
    ];
    let refused = house.errand(&settings, &["serve"]).await;
    assert_eq!(refused.status.code(), Some(1));
    assert!(said(&refused).contains("cert.pem"), "{}", said(&refused));
    assert!(!said(&refused).contains("PRIVATE"), "{}", said(&refused));
}
