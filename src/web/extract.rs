//! Our own extractors: their refusals are our errors. An id that is no id is an unknown one: 404.

use axum::extract::rejection::{FormRejection, JsonRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::error::{AppError, wants_json};
use super::sign_in::local;

/// A part of the address.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, AppError> {
        #[expect(clippy::disallowed_types, reason = "this is the one place")]
        let path = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        path.map(|path| Self(path.0)).map_err(|_| AppError::NotFound)
    }
}

/// A form, or the same fields as JSON.
#[derive(Debug)]
pub struct Form<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequest<S> for Form<T> {
    type Rejection = AppError;

    async fn from_request(request: Request, state: &S) -> Result<Self, AppError> {
        let Some(kind) = request.headers().get(CONTENT_TYPE).cloned() else {
            return bare(Body::from_request(request, state).await?);
        };
        if kind.to_str().is_ok_and(|kind| kind.starts_with("application/json")) {
            let body = axum::Json::<T>::from_request(request, state).await;
            return body
                .map(|body| Self(body.0))
                .map_err(|err: JsonRejection| unreadable(err.status(), err.body_text()));
        }
        #[expect(clippy::disallowed_types, reason = "this is the one place")]
        let form = axum::extract::Form::<T>::from_request(request, state).await;
        form.map(|form| Self(form.0)).map_err(|err: FormRejection| unreadable(err.status(), err.body_text()))
    }
}

/// A request that says nothing about its body has none: a form in which nothing was filled in.
fn bare<T: DeserializeOwned>(Body(body): Body) -> Result<Form<T>, AppError> {
    if !body.is_empty() {
        let words = "This body needs a Content-Type: application/json, or a form's.".to_owned();
        return Err(AppError::Unreadable(words));
    }
    serde_urlencoded::from_bytes(&body).map(Form).map_err(|err| AppError::Unreadable(err.to_string()))
}

/// A body as it came.
#[derive(Debug)]
pub struct Body(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = AppError;

    async fn from_request(request: Request, state: &S) -> Result<Self, AppError> {
        let body = Bytes::from_request(request, state).await;
        body.map(Self).map_err(|err| unreadable(err.status(), err.body_text()))
    }
}

fn unreadable(status: StatusCode, why: String) -> AppError {
    if status == StatusCode::PAYLOAD_TOO_LARGE { AppError::TooLarge } else { AppError::Unreadable(why) }
}

/// A number that a form sends as text: empty is none.
pub fn number<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    use serde::Deserialize as _;
    #[derive(serde::Deserialize)]
    #[serde(untagged)]
    enum Number {
        Plain(i64),
        Text(String),
    }
    match Option::<Number>::deserialize(deserializer)? {
        None => Ok(None),
        Some(Number::Plain(number)) => Ok(Some(number)),
        Some(Number::Text(text)) if text.trim().is_empty() => Ok(None),
        Some(Number::Text(text)) => text.trim().parse().map(Some).map_err(serde::de::Error::custom),
    }
}

/// What a form carries that has nothing to say but where it came from.
#[derive(Debug, Default, serde::Deserialize)]
pub struct Back {
    /// The page it stands on: a plain form comes back there.
    #[serde(default)]
    back: Option<String>,
}

impl Back {
    /// That page, if it is one of ours; else `home`.
    pub fn or(self, home: &str) -> String {
        local(self.back).unwrap_or_else(|| home.to_owned())
    }
}

/// After a command: nothing more to say to a script, back to the page for a plain form.
pub fn answer(headers: &HeaderMap, back: &str) -> Response {
    if wants_json(headers) {
        StatusCode::NO_CONTENT.into_response()
    } else {
        Redirect::to(back).into_response()
    }
}

/// Whether a box is checked: a form says `on`, a machine true.
pub(super) fn is_checked(said: &serde_json::Value) -> bool {
    match said {
        serde_json::Value::Bool(said) => *said,
        serde_json::Value::String(said) => !matches!(said.as_str(), "" | "false" | "no" | "off"),
        serde_json::Value::Null => false,
        serde_json::Value::Number(_) | serde_json::Value::Array(_) | serde_json::Value::Object(_) => true,
    }
}
