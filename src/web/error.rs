//! Errors: one enum knows its status and its words, one layer knows how they look.
//!
//! A handler's error becomes an empty answer that carries a [`Told`]; [`render`] makes of it JSON for scripts and
//! machines, a page with ways out for a navigation, or the way to the sign-in page.

mod verbs;

use std::time::Duration;

use askama::Template as _;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Serialize;
use thiserror::Error;
use time::OffsetDateTime;

use super::frame::Frame;
use super::kept::{Kept, KeptPage};
use super::notice::{ErrorPage, Link};
use super::state::App;
use crate::board::hub::Busy;
use crate::domain::ids::LocationId;
use crate::domain::order::Refusal;
use crate::store::StoreError;

/// Whatever a request can come to instead of its answer.
#[derive(Debug, Error)]
pub enum AppError {
    /// Nobody is signed in: 401, and for a navigation the sign-in page.
    #[error("Sign in first.")]
    SignedOut,
    /// The device was paired, and somebody has ended that: 401, and for a navigation the way to another code.
    #[error("This device is not paired any more. A manager can pair it again.")]
    Revoked,
    /// Signed in, but not for that: 403.
    #[error("Your sign-in does not allow that.")]
    Forbidden,
    /// A browser that belongs to no restaurant, where there is a choice: 403.
    #[error(
        "This device is not paired with a restaurant. A manager pairs it, and then people sign in on it."
    )]
    Unpaired,
    /// From a foreign page, or from nowhere: 403.
    #[error("That request did not come from one of our pages.")]
    CrossSite,
    /// Not in this restaurant, if anywhere: 404.
    #[error("There is no such thing here.")]
    NotFound,
    /// A rule of the house, or somebody was faster: 409.
    #[error("{words}")]
    Conflict {
        /// What happened, and what to do.
        words: String,
        /// The field that is to blame, if it is one.
        field: Option<&'static str>,
        /// When somebody was faster, if that is it.
        at: Option<OffsetDateTime>,
    },
    /// What was sent cannot be done; the fields say why: 422.
    #[error("{}", .0.first().map_or("That cannot be done.", |refusal| refusal.message.as_str()))]
    Refused(Vec<Refusal>),
    /// A body that is no form and no JSON of ours: 400.
    #[error("{0}")]
    Unreadable(String),
    /// A body beyond the limit: 413.
    #[error("That is longer than anything this server takes: 256 KiB.")]
    TooLarge,
    /// Slow down: 429.
    #[error("Too many tries. Wait {retry_after_s} seconds.")]
    TooMany {
        /// Seconds.
        retry_after_s: u32,
    },
    /// The database is away, or too busy: 503. Nothing was lost: the same may be sent again.
    #[error("The server cannot reach its database just now. Nothing is lost: try again in a moment.")]
    Away,
    /// This program is being replaced: 503. Another one has its address, or will.
    #[error("This server is being replaced. Try again in a moment.")]
    Leaving,
    /// Our mistake: 500.
    #[error("Something broke on our side.")]
    Broken,
}

/// The result of a handler.
pub type Result<T, E = AppError> = std::result::Result<T, E>;

impl AppError {
    /// What the answer's first line says.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::SignedOut | Self::Revoked => StatusCode::UNAUTHORIZED,
            Self::Forbidden | Self::Unpaired | Self::CrossSite => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Conflict { .. } => StatusCode::CONFLICT,
            Self::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Unreadable(_) => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Away | Self::Leaving => StatusCode::SERVICE_UNAVAILABLE,
            Self::Broken => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// One field is wrong.
    pub fn field(field: &'static str, message: impl Into<String>) -> Self {
        Self::Refused(vec![Refusal::of_order(field, message)])
    }

    /// A rule of the house forbids it just now.
    pub fn conflict(words: impl Into<String>) -> Self {
        Self::Conflict { words: words.into(), field: None, at: None }
    }

    /// How long to wait before the same is tried again, where that is known.
    pub fn retry_after_s(&self) -> Option<u32> {
        match self {
            Self::TooMany { retry_after_s } => Some(*retry_after_s),
            Self::Away => Some(2),
            Self::Leaving => Some(1),
            _ => None,
        }
    }
}

impl From<StoreError> for AppError {
    fn from(err: StoreError) -> Self {
        match err {
            StoreError::NotFound => Self::NotFound,
            StoreError::Away(_) => {
                tracing::warn!(error = &err as &dyn std::error::Error, "the database is away");
                Self::Away
            }
            StoreError::Broken(_) => {
                tracing::error!(
                    error = &err as &dyn std::error::Error,
                    "the database answered with an error"
                );
                Self::Broken
            }
        }
    }
}

impl From<Busy> for AppError {
    fn from(_: Busy) -> Self {
        Self::Away
    }
}

impl From<askama::Error> for AppError {
    fn from(err: askama::Error) -> Self {
        tracing::error!(error = &err as &dyn std::error::Error, "a page could not be drawn");
        Self::Broken
    }
}

/// In an answer's extensions: the restaurant of whoever asked. An error page says no other's name.
#[derive(Debug, Clone, Copy)]
pub struct Here(pub LocationId);

/// What an answer's look is made of.
#[derive(Debug, Clone, Serialize)]
pub struct Told {
    /// What happened, and what to do.
    pub error: String,
    /// Which fields are to blame.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Refusal>,
    /// Where a person is led instead of an error page.
    #[serde(skip)]
    pub way: Option<&'static str>,
    /// When somebody was faster.
    #[serde(skip_serializing_if = "Option::is_none", with = "time::serde::rfc3339::option")]
    pub at: Option<OffsetDateTime>,
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        if let Some(seconds) = self.retry_after_s() {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        let error = self.to_string();
        let way = match &self {
            Self::Unpaired | Self::Revoked => Some("/pair"),
            _ => None,
        };
        let at = match &self {
            Self::Conflict { at, .. } => *at,
            _ => None,
        };
        let fields = match self {
            Self::Refused(fields) => fields,
            Self::Conflict { words, field: Some(field), .. } => vec![Refusal::of_order(field, words)],
            _ => Vec::new(),
        };
        response.extensions_mut().insert(Told { error, fields, way, at });
        response
    }
}

/// Whether a script or a machine asks, and not somebody's navigation.
pub fn wants_json(headers: &HeaderMap) -> bool {
    let has = |name: HeaderName, word: &str| {
        headers.get(name).and_then(|value| value.to_str().ok()).is_some_and(|value| value.contains(word))
    };
    has(header::ACCEPT, "application/json")
        || has(header::CONTENT_TYPE, "application/json")
        || headers.contains_key(header::AUTHORIZATION)
}

/// Whether a person follows a link or sends a plain form. Only such a request is ever redirected.
pub(super) fn navigates(headers: &HeaderMap) -> bool {
    match headers.get("sec-fetch-mode").and_then(|value| value.to_str().ok()) {
        Some(mode) => mode == "navigate",
        None => !wants_json(headers) && !headers.contains_key(header::UPGRADE),
    }
}

/// A request, from its first line to its answer, at most. Longer than every wait with an end of its own.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Answers in words when nothing else has answered.
pub async fn in_time(request: Request, next: Next) -> Response {
    if let Ok(response) = tokio::time::timeout(ANSWER_WITHIN, next.run(request)).await {
        return response;
    }
    tracing::warn!("a request was not answered in time");
    AppError::Away.into_response()
}

/// The look of every error.
pub async fn render(State(app): State<App>, request: Request, next: Next) -> Response {
    let (method, headers) = (request.method().clone(), request.headers().clone());
    let path = request.uri().path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string);
    let mut response = next.run(request).await;
    let Some(told) = response.extensions_mut().remove::<Told>() else {
        return response;
    };
    let here = response.extensions_mut().remove::<Here>();
    let kept = response.extensions_mut().remove::<Kept>();
    let status = response.status();
    let (parts, _) = response.into_parts();
    let body = if let Some(way) = told.way.filter(|_| navigates(&headers)) {
        return Redirect::to(way).into_response();
    } else if let Some(kept) = kept {
        let page = KeptPage::new(Frame::bare(), path, kept);
        page.render().map_or_else(|_| told.error.clone().into_response(), |html| Html(html).into_response())
    } else if status == StatusCode::UNAUTHORIZED && navigates(&headers) {
        let next = if method == Method::GET { format!("?next={}", encoded(&path)) } else { String::new() };
        return Redirect::to(&format!("/sign-in{next}")).into_response();
    } else if navigates(&headers) && !wants_json(&headers) {
        page(&app, here, status, &told).await
    } else {
        Json(&told).into_response()
    };
    let mut answer = (status, body).into_response();
    for (name, value) in &parts.headers {
        if *name != header::CONTENT_TYPE && *name != header::CONTENT_LENGTH {
            answer.headers_mut().append(name, value.clone());
        }
    }
    answer
}

/// A path as one query value.
fn encoded(path: &str) -> String {
    serde_urlencoded::to_string([("", path)]).map(|pair| pair[1..].to_owned()).unwrap_or_default()
}

async fn page(app: &App, here: Option<Here>, status: StatusCode, told: &Told) -> Response {
    let house = match here {
        Some(Here(location_id)) => app.house(location_id).await.ok(),
        None => None,
    };
    let frame = house.map_or_else(Frame::bare, |house| Frame::of(&house, None));
    let title = match status {
        StatusCode::FORBIDDEN => "Not allowed",
        StatusCode::NOT_FOUND => "Not found",
        StatusCode::CONFLICT => "That did not work",
        StatusCode::UNPROCESSABLE_ENTITY | StatusCode::BAD_REQUEST => "Something is missing",
        StatusCode::TOO_MANY_REQUESTS => "Slow down",
        StatusCode::SERVICE_UNAVAILABLE => "Just a moment",
        _ => "Something broke",
    };
    let link = |address: &str, words: &str| Link { address: address.to_owned(), words: words.to_owned() };
    let links = vec![link("/", "Back to work"), link("/sign-in", "Sign in as somebody else")];
    let words = told.error.clone();
    let page = ErrorPage { frame, status: status.as_u16(), title: title.to_owned(), words, links };
    page.render().map_or_else(|_| told.error.clone().into_response(), |html| Html(html).into_response())
}
