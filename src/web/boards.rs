//! `GET /board/{view}`: a view's cards over HTTP, and who may see which view. See docs/board-protocol.md.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::assets::BUILD;
use super::auth::SignedIn;
use super::error::{AppError, Result};
use super::extract::{Form, Path};
use super::state::App;
use crate::board::core::Ask;
use crate::board::picture::View;
use crate::board::wire::encode_frame;
use crate::domain::incident::{CARDS_MAX, Incident};
use crate::domain::staff::Action;
use crate::store;

/// What a screen says about itself when it asks.
#[derive(Debug, Deserialize)]
pub struct Asked {
    epoch: Option<String>,
    since: Option<i64>,
}

impl Asked {
    /// The same as the board's core asks it.
    pub(super) fn ask(self, view: View) -> Ask<View> {
        let epoch = self.epoch.filter(|epoch| !epoch.is_empty()).map(Arc::from);
        Ask { view, epoch, since: self.since.unwrap_or(0) }
    }
}

/// The view of that name, for who may see it. A view of another role is no view: 404.
pub(super) async fn view_for(app: &App, screen: &SignedIn, name: &str) -> Result<View> {
    let house = app.house(screen.who.location_id).await?;
    let view = View::named(&house, name).ok_or(AppError::NotFound)?;
    let allowed = match &view {
        View::Station { slug, .. } => screen.may(Action::WatchKitchen).and_then(|()| screen.at_station(slug)),
        View::Saved { screen: saved, .. } => {
            screen.may(Action::WatchKitchen).and_then(|()| screen.at_station(&saved.slug))
        }
        View::Expo { .. } => screen.may(Action::WatchKitchen).and_then(|()| screen.at_station("expo")),
        View::Floor { .. } | View::Items => screen.may(Action::Serve),
    };
    allowed.map(|()| view).map_err(|_| AppError::NotFound)
}

/// `GET /board/{view}?since=N&epoch=E`: what is newer, or everything; the same `cards` body as on the socket.
pub async fn snapshot(
    screen: SignedIn,
    Path(name): Path<String>,
    State(app): State<App>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response> {
    let view = view_for(&app, &screen, &name).await?;
    let snapshot = app.hub.snapshot(screen.who.location_id, &asked.ask(view)).await?;
    let checked_ms = snapshot.proved_ms.map_or(u64::MAX, |at| app.hub.watch_ms().saturating_sub(at));
    let whole = if snapshot.frame.from == 0 { "all" } else { "new" };
    let tag = format!("\"{}-{}-{name}-{BUILD}-{whole}\"", snapshot.epoch, snapshot.last);
    let mut answer = HeaderMap::new();
    let mut set = |name: &'static str, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            answer.insert(name, value);
        }
    };
    set("etag", tag.clone());
    set("cache-control", "private, no-cache".to_owned());
    set("content-type", "text/plain; charset=utf-8".to_owned());
    set("x-board-epoch", snapshot.epoch.to_string());
    set("x-board-head", snapshot.head.to_string());
    set("x-board-checked-ms", checked_ms.to_string());
    set("x-board-sum", snapshot.sum.to_string());
    set("x-board-build", BUILD.to_owned());
    set("x-board-now-ms", app.hub.now_ms().to_string());
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    if known.is_some_and(|known| known.split(',').any(|one| one.trim() == tag)) {
        return Ok((StatusCode::NOT_MODIFIED, answer).into_response());
    }
    let body = snapshot.frame.wire(|frame| encode_frame(frame, app.hub.now_ms())).text();
    Ok((answer, Body::from(body)).into_response())
}

/// What a screen shows whose checksum is not the server's.
#[derive(Debug, Deserialize)]
pub struct Differs {
    /// Which history it believes in.
    #[serde(default)]
    epoch: String,
    /// The turn that it believes to show.
    #[serde(default)]
    seq: i64,
    /// Its articles, each with its `data-seq`.
    #[serde(default)]
    shown: Vec<(String, i64)>,
}

/// Letters of an element's id, at most.
const ELEMENT_ID_MAX: usize = 60;

/// `POST /board/{view}/differs`: what that screen shows, kept beside what we hold. It has asked for everything meanwhile.
pub async fn differs(
    screen: SignedIn,
    Path(name): Path<String>,
    State(app): State<App>,
    Form(report): Form<Differs>,
) -> Result<StatusCode> {
    let view = view_for(&app, &screen, &name).await?;
    if report.shown.len() > CARDS_MAX || report.shown.iter().any(|(id, _)| id.len() > ELEMENT_ID_MAX) {
        let words = format!("At most {CARDS_MAX} cards, each with an id of {ELEMENT_ID_MAX} letters.");
        return Err(AppError::field("shown", words));
    }
    let (here, now) = (screen.who.location_id, app.clock.now());
    let (snapshot, _) = app.hub.page(here, &view).await?;
    if *report.epoch != *snapshot.epoch {
        return Ok(StatusCode::NO_CONTENT); // a history that is over: nothing to learn from
    }
    let held = snapshot.frame.articles.iter().map(|article| (article.id().to_string(), article.seq()));
    let incident = Incident {
        at: now,
        view: view.name(),
        who: screen.who.name.clone(),
        shown: (report.seq, report.shown),
        held: (snapshot.frame.seq, held.collect()),
    };
    if store::incidents::keep(&app.db, here, screen.device_id, &incident).await? {
        tracing::warn!(view = %incident.view, differ = incident.differences().len(), "a screen shows other cards than we hold");
        app.metrics.mismatches.inc();
    }
    Ok(StatusCode::NO_CONTENT)
}
