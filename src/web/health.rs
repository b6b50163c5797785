//! Whether the program is alive, whether it can serve, and what it counts: for supervisors, proxies and Prometheus.

use std::collections::HashMap;
use std::time::Duration;

use axum::Json;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tokio::time::{Instant, timeout};

use super::error::wants_json;
use super::state::{App, Phase};
use crate::board::bell::BellState;
use crate::metrics::Standing;
use crate::store;
use crate::this_process::{cpu, memory_bytes, open_files};

/// What the database gets to answer a supervisor.
const ANSWERS_WITHIN: Duration = Duration::from_secs(1);

/// `GET /healthz`. It asks nobody, so a database that is away restarts nothing.
pub async fn alive() -> &'static str {
    "alive\n"
}

/// Whether this process can serve, and if not, why.
#[derive(Debug, Serialize)]
struct Readiness {
    ready: bool,
    /// In words.
    says: &'static str,
    /// It was told to stop.
    stopping: bool,
    /// The database answered within a second.
    database: bool,
    /// Every migration of this build has run there; unknown while it does not answer.
    migrations: Option<bool>,
    /// How other processes are heard: off, connected, away. No reason to be not ready: the poll does its work.
    bell: &'static str,
}

/// `GET /readyz`: 200, or 503 with words.
pub async fn ready(State(app): State<App>, headers: HeaderMap) -> Response {
    let stopping = *app.phase.borrow() != Phase::Open;
    let answer = timeout(ANSWERS_WITHIN, store::migrations::are_current(&app.db)).await;
    let migrations = answer.ok().and_then(Result::ok);
    let says = match migrations {
        _ if stopping => "not ready: the program is stopping",
        None => "not ready: the database does not answer",
        Some(false) => "not ready: the database's schema is older than this build; run: comanda migrate",
        Some(true) => "ready",
    };
    let ready = !stopping && migrations == Some(true);
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    if wants_json(&headers) {
        let bell = bell_word(app.bell.state());
        let database = migrations.is_some();
        return (status, Json(Readiness { ready, says, stopping, database, migrations, bell }))
            .into_response();
    }
    (status, format!("{says}\n")).into_response()
}

/// How the bell hangs, in a word.
pub(super) fn bell_word(bell: BellState) -> &'static str {
    match bell {
        BellState::Alone => "off",
        BellState::Up => "connected",
        BellState::Away => "away",
    }
}

/// `GET /metrics`, on a port of its own.
pub async fn metrics(State(app): State<App>) -> impl IntoResponse {
    let content_type = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (content_type, app.metrics.text(&standing(&app)))
}

fn standing(app: &App) -> Standing {
    let mut sockets = HashMap::from(["station", "screen", "expo", "floor", "items"].map(|kind| (kind, 0)));
    let mut newest = HashMap::new();
    let mut cursors_behind = 0;
    for watcher in app.sockets.watchers() {
        let view = watcher.view();
        *sockets.entry(view.kind()).or_default() += 1;
        let view = (watcher.location_id, view);
        let last = newest.entry(view).or_insert_with_key(|(here, view)| app.hub.last_of(*here, view));
        cursors_behind += usize::from(last.is_some_and(|last| watcher.reach().written < last));
    }
    let idle = u32::try_from(app.db.num_idle()).unwrap_or(u32::MAX);
    Standing {
        sockets: sockets.into_iter().collect(),
        cursors_behind,
        bell_is_up: match app.bell.state() {
            BellState::Alone => None,
            BellState::Up => Some(true),
            BellState::Away => Some(false),
        },
        pool: [app.db.size(), idle, app.settings.database_connections],
        memory_bytes: memory_bytes(),
        files: open_files(),
        cpu: cpu(),
        ..app.hub.standing()
    }
}

/// Counts every request under the template of its address.
pub async fn count(State(app): State<App>, request: Request, next: Next) -> Response {
    let (method, route) = (request.method().clone(), request.extensions().get::<MatchedPath>().cloned());
    let asked_at = Instant::now();
    let response = next.run(request).await;
    let route = route.as_ref().map_or("-", MatchedPath::as_str);
    app.metrics.answered(method.as_str(), route, response.status().as_u16(), asked_at.elapsed());
    response
}
