//! What somebody entered in a plain form while their sign-in ended: it is not lost, the answer's page holds it.
//!
//! With scripts a page keeps its own draft and asks with `fetch`. Without, the form is all there is: the browser has sent it
//! and left the page. The answer carries every field along, to be sent again once somebody has signed in beside it.

use askama::Template;
use axum::extract::{FromRequest as _, Request};
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::error::{AppError, navigates};
use super::extract::Body;
use super::frame::Frame;

/// Fields that no page prints: who was signed out enters them anew.
const SECRET: [&str; 3] = ["pin", "password", "code"];

/// The fields of a form that nobody was signed in for, in their order: with the answer, until it gets its look.
#[derive(Debug, Clone)]
pub struct Kept(Vec<(String, String)>);

/// The answer to such a form.
#[derive(Template)]
#[template(path = "errors/kept.html")]
pub struct KeptPage {
    /// What surrounds it.
    pub frame: Frame,
    /// Where the form goes.
    pub address: String,
    /// Its fields.
    pub fields: Vec<(String, String)>,
}

impl KeptPage {
    /// The page that holds what was entered.
    pub fn new(frame: Frame, address: String, Kept(fields): Kept) -> Self {
        Self { frame, address, fields }
    }
}

/// Holds on to a plain form until it is known whether anybody was signed in.
pub async fn form(request: Request, next: Next) -> Response {
    let is_plain_form = request.method() == Method::POST
        && navigates(request.headers())
        && request
            .headers()
            .get(header::CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
    if !is_plain_form {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let read = Body::from_request(Request::from_parts(parts.clone(), body), &()).await;
    let bytes = match read {
        Ok(Body(bytes)) => bytes,
        Err(err) => return AppError::into_response(err),
    };
    let mut response = next.run(Request::from_parts(parts, bytes.clone().into())).await;
    if response.status() == StatusCode::UNAUTHORIZED
        && let Ok(fields) = serde_urlencoded::from_bytes::<Vec<(String, String)>>(&bytes)
        && !fields.is_empty()
        && fields.iter().all(|(name, _)| !SECRET.contains(&name.as_str()))
    {
        response.extensions_mut().insert(Kept(fields));
    }
    response
}
