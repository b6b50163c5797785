//! How a device learns to trust the house: the authority's certificate, and what to tap, drawn for each kind of device.
//!
//! These pages stand on the plain port too, where a device begins that knows nothing yet. They say nothing secret, ask for
//! nothing, and set no cookie.

use askama::Template;
use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, Method, header};
use axum::response::{Html, IntoResponse, Redirect, Response};

use super::error::{AppError, Result};
use super::frame::Frame;
use super::state::App;
use crate::lan::Lan;

/// What makes a device offer to install it.
const CERTIFICATE_TYPE: &str = "application/x-x509-ca-cert";

/// `GET /trust`.
#[derive(Template)]
#[template(path = "trust/page.html")]
pub struct TrustPage {
    /// What surrounds it; it belongs to no restaurant.
    pub frame: Frame,
    /// Where the house is.
    pub invitation: Invitation,
    /// What the device will call the authority.
    pub authority: String,
    /// What a careful person compares.
    pub fingerprint: String,
    /// What is done on which device.
    pub devices: &'static [Device],
}

/// How another device finds the house.
#[derive(Debug, Clone)]
pub struct Invitation {
    /// Its addresses, the best first.
    pub addresses: Vec<String>,
    /// Where a new device begins.
    pub begin: String,
    /// The same as a QR code: an `svg` element.
    pub picture: String,
}

/// A kind of device, and what is done on it.
#[derive(Debug)]
pub struct Device {
    /// What people call it.
    pub name: &'static str,
    /// For links.
    pub slug: &'static str,
    /// One after the other.
    pub steps: &'static [Step],
}

/// One thing to do.
#[derive(Debug)]
pub struct Step {
    /// In words.
    pub words: &'static str,
    /// The head of the screen on which it is done.
    pub screen: &'static str,
    /// What stands there, one below the other.
    pub rows: &'static [&'static str],
    /// Which of them is tapped.
    pub tap: usize,
}

const fn step(words: &'static str, screen: &'static str, rows: &'static [&'static str], tap: usize) -> Step {
    Step { words, screen, rows, tap }
}

/// What is in the houses that we know.
pub const DEVICES: [Device; 6] = [
    Device {
        name: "iPad, iPhone",
        slug: "ios",
        steps: &[
            step(
                "In Safari, tap Get the certificate above, and allow the download.",
                "Safari",
                &["Ignore", "Allow"],
                1,
            ),
            step(
                "Open Settings. Below your name stands Profile Downloaded: install it.",
                "Settings",
                &["Your name", "Profile Downloaded", "Wi-Fi"],
                1,
            ),
            step(
                "Settings, General, About, at the very end Certificate Trust Settings: turn Comanda on.",
                "Certificate Trust Settings",
                &["Enable full trust for", "Comanda"],
                1,
            ),
        ],
    },
    Device {
        name: "Android",
        slug: "android",
        steps: &[
            step(
                "Tap Get the certificate above. It goes to Downloads.",
                "Chrome",
                &["Get the certificate"],
                0,
            ),
            step(
                "Open Settings and look for CA certificate (Security, More, Encryption & credentials, Install a certificate).",
                "Install a certificate",
                &["CA certificate", "VPN & app user certificate", "Wi-Fi certificate"],
                0,
            ),
            step(
                "Tap Install anyway, and choose the file in Downloads.",
                "Downloads",
                &["comanda-ca.crt"],
                0,
            ),
        ],
    },
    Device {
        name: "Windows",
        slug: "windows",
        steps: &[
            step(
                "Get the certificate above, open the file, and choose Install Certificate.",
                "Certificate",
                &["Install Certificate…", "OK"],
                0,
            ),
            step(
                "Current User, then Place all certificates in the following store: Trusted Root Certification Authorities.",
                "Certificate Import Wizard",
                &["Automatically select", "Place all in: Trusted Root"],
                1,
            ),
            step(
                "Finish, and confirm with Yes. Then close the browser once.",
                "Security Warning",
                &["Yes", "No"],
                0,
            ),
        ],
    },
    Device {
        name: "Mac",
        slug: "macos",
        steps: &[
            step(
                "Get the certificate above and open the file: Keychain Access adds it.",
                "Add Certificates",
                &["Keychain: login", "Add"],
                1,
            ),
            step(
                "Find Comanda under login, Certificates, and open it with two clicks.",
                "Keychain Access",
                &["login", "Certificates", "Comanda"],
                2,
            ),
            step(
                "Open Trust and choose Always Trust. Close the window; it asks for your password.",
                "Trust",
                &["When using this certificate:", "Always Trust"],
                1,
            ),
        ],
    },
    Device {
        name: "Chromium on Linux",
        slug: "chromium",
        steps: &[
            step(
                "For a screen that nobody touches, once, as its user: apt install libnss3-tools.",
                "Terminal",
                &["$ apt install libnss3-tools"],
                0,
            ),
            step(
                "Fetch it: curl -o comanda-ca.crt and the address of Get the certificate above.",
                "Terminal",
                &["$ curl -o comanda-ca.crt …/trust/ca.crt"],
                0,
            ),
            step(
                "Then: certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n Comanda -i comanda-ca.crt, and start Chromium anew.",
                "Terminal",
                &["$ certutil -d sql:$HOME/.pki/nssdb", "  -A -t C,, -n Comanda", "  -i comanda-ca.crt"],
                0,
            ),
        ],
    },
    Device {
        name: "Firefox",
        slug: "firefox",
        steps: &[
            step(
                "Get the certificate above and save the file. Open Settings and look for certificates.",
                "Settings",
                &["Find in Settings: certificates", "View Certificates…"],
                1,
            ),
            step(
                "Under Authorities choose Import and the file.",
                "Certificate Manager",
                &["Your Certificates", "Authorities", "Import…"],
                2,
            ),
            step(
                "Tick Trust this CA to identify websites.",
                "Downloading Certificate",
                &["Trust this CA to identify websites", "OK"],
                0,
            ),
        ],
    },
];

impl Device {
    /// Steps with their numbers.
    fn numbered(&self) -> impl Iterator<Item = (usize, &'static Step)> {
        (1..).zip(self.steps)
    }
}

impl Step {
    /// Rows, each with its top in the picture and whether it is the one to tap.
    fn drawn(&self) -> impl Iterator<Item = (usize, &'static str, bool)> {
        self.rows.iter().enumerate().map(|(row, words)| (34 + row * 30, *words, row == self.tap))
    }
}

impl Invitation {
    /// What the house says of itself.
    pub fn of(lan: &Lan) -> Self {
        let picture = lan.begin_svg().unwrap_or_default();
        Self { addresses: lan.addresses(), begin: lan.begin(), picture }
    }
}

fn lan(app: &App) -> Result<&Lan> {
    app.lan.as_deref().ok_or(AppError::NotFound)
}

/// `GET /trust`.
pub async fn show(State(app): State<App>) -> Result<Html<String>> {
    let lan = lan(&app)?;
    let authority = lan.authority();
    let page = TrustPage {
        frame: Frame::bare(),
        invitation: Invitation::of(lan),
        authority: authority.name().to_owned(),
        fingerprint: authority.fingerprint(),
        devices: &DEVICES,
    };
    Ok(Html(page.render()?))
}

/// `GET /trust/ca.crt`: as devices take it.
pub async fn certificate(State(app): State<App>) -> Result<Response> {
    let der = lan(&app)?.authority().der().to_vec();
    let name = "attachment; filename=\"comanda-ca.crt\"";
    let headers = [
        (header::CONTENT_TYPE, CERTIFICATE_TYPE),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, der).into_response())
}

/// `GET /trust/ca.pem`: the same, as programs take it.
pub async fn certificate_as_text(State(app): State<App>) -> Result<Response> {
    let pem = lan(&app)?.authority().pem().to_owned();
    Ok(([(header::CONTENT_TYPE, "application/x-pem-file"), (header::CACHE_CONTROL, "no-store")], pem)
        .into_response())
}

/// Everything else on the plain port: the same page over https, on the name that the browser used. Nothing that was sent
/// goes along: it was readable already.
pub async fn over_https(
    State(app): State<App>,
    method: Method,
    OriginalUri(address): OriginalUri,
    headers: HeaderMap,
) -> Result<Response> {
    let lan = lan(&app)?;
    if !matches!(method, Method::GET | Method::HEAD) {
        return Err(AppError::NotFound);
    }
    let named = headers.get(header::HOST).and_then(|host| host.to_str().ok()).map(host_of);
    let known = lan.hosts();
    let host = named.filter(|named| *named == "localhost" || known.iter().any(|host| host == named));
    let host = host.unwrap_or_else(|| known.first().map_or("localhost", String::as_str));
    let path = address.path_and_query().map_or("/", |path| path.as_str());
    Ok(Redirect::temporary(&format!("{}{path}", lan.secure(host))).into_response())
}

/// A host without its port: `[fd00::2]:80` is `[fd00::2]`.
fn host_of(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}
