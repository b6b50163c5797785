//! Which browser asks: until devices are paired, a long-lived random cookie is the device.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use uuid::Uuid;

use super::state::App;
use crate::domain::ids::DeviceId;

/// The device of a request.
#[derive(Debug, Clone, Copy)]
pub struct Device {
    /// Its id.
    pub id: DeviceId,
}

const YEAR_S: u32 = 365 * 24 * 60 * 60;

/// The cookie's name: `__Host-` wherever the browser honours it, so that no neighbour can plant one.
pub fn cookie_name(insecure_http: bool) -> &'static str {
    if insecure_http { "comanda_device" } else { "__Host-comanda_device" }
}

/// Gives every browser that opens a page a device id, and every handler the id of its browser.
pub async fn identify(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let name = cookie_name(app.settings.insecure_http);
    let known = cookie(request.headers(), name).and_then(|value| value.parse::<Uuid>().ok());
    let device = Device { id: known.map_or_else(DeviceId::new, DeviceId) };
    request.extensions_mut().insert(device);
    let mut response = next.run(request).await;
    if known.is_none() {
        let secure = if app.settings.insecure_http { "" } else { "; Secure" };
        let cookie =
            format!("{name}={}; Path=/; Max-Age={YEAR_S}; HttpOnly; SameSite=Strict{secure}", device.id);
        if let Ok(value) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    response
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}
