//! The one door for writes: turn, work, commit, ring, in a task of its own.
//!
//! axum drops a handler when the tablet hangs up; a command must not be dropped between its commit and its ring, so
//! it never runs inside the handler. Only what a commit returns can ring.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use super::auth::SignedIn;
use super::error::AppError;
use super::state::App;
use crate::board::hub::Hub;
use crate::config::FailPoint;
use crate::domain::ids::LocationId;
use crate::domain::menu::House;
use crate::domain::order::Placement;
use crate::domain::ticket::Step;
use crate::store::orders::Sent;
use crate::store::receipts::{Receipt, Received};
use crate::store::{self, Actor, Committed, StoreError, Turn};

/// What a command's work came to.
#[derive(Debug)]
pub enum Done<T> {
    /// Rows changed: commit and ring.
    Changed(T),
    /// It was so already: roll back, the turn was never taken.
    Already(T),
}

impl<T> Done<T> {
    /// From what a rule of the house said.
    pub fn by(step: Step, value: T) -> Self {
        match step {
            Step::Do => Self::Changed(value),
            Step::Already => Self::Already(value),
        }
    }
}

/// The work of a command, under its turn.
pub type Work<'turn, T, E> = Pin<Box<dyn Future<Output = Result<Done<T>, E>> + Send + 'turn>>;

/// Takes the location's turn, works, commits, rings.
#[tracing::instrument(name = "command", level = "debug", skip_all, fields(location = %location_id, seq = Empty))]
pub async fn command<T, E, F>(app: &App, location_id: LocationId, work: F) -> Result<T, AppError>
where
    T: Send + 'static,
    E: Into<AppError> + Send + 'static,
    F: for<'turn> FnOnce(&'turn mut Turn) -> Work<'turn, T, E> + Send + 'static,
{
    let app = app.clone();
    apart(async move {
        let mut turn = store::turn(&app.db, location_id).await?;
        match work(&mut turn).await.map_err(Into::into)? {
            Done::Changed(value) => {
                let committed = turn.commit().await?;
                Span::current().record("seq", committed.seq.0);
                tell(&app, &committed, |hub| hub.ring(&committed));
                Ok(value)
            }
            Done::Already(value) => Ok(value),
        }
    })
    .await
}

/// A verb of somebody's that is done, or was done already.
pub type Verb<'turn, E> = Pin<Box<dyn Future<Output = Result<Step, E>> + Send + 'turn>>;

/// One verb of somebody's, with who it is for the audit.
pub async fn act<E, F>(app: &App, by: &SignedIn, verb: F) -> Result<(), AppError>
where
    E: Into<AppError> + Send + 'static,
    F: for<'turn> FnOnce(&'turn mut Turn, &'turn Actor) -> Verb<'turn, E> + Send + 'static,
{
    let actor = by.actor(app.clock.now());
    command(app, by.who.location_id, move |turn| {
        Box::pin(async move {
            let step = verb(turn, &actor).await?;
            Ok::<_, E>(Done::by(step, ()))
        })
    })
    .await
}

/// Sends an order: one statement that takes the turn inside, and a ring that brings the order's own cards. `house` is
/// the one that the placement was decided on.
#[tracing::instrument(name = "command.send", level = "debug", skip_all, fields(order = %placement.order_id, seq = Empty))]
pub async fn send(
    app: &App,
    house: Arc<House>,
    placement: Placement,
    slip_hash: [u8; 32],
    actor: Actor,
) -> Result<Sent, AppError> {
    let app = app.clone();
    apart(async move {
        let sent = match store::orders::place(&app.db, &placement, slip_hash, &actor).await {
            // The connection broke: nobody knows whether it committed. The key knows: asking again is safe.
            Err(StoreError::Away(sqlx_error)) if is_broken_line(&sqlx_error) => {
                store::orders::place(&app.db, &placement, slip_hash, &actor).await?
            }
            other => other?,
        };
        if let Sent::Placed(_, committed, taken) = &sent {
            Span::current().record("seq", committed.seq.0);
            tell(&app, committed, |hub| {
                hub.sent(committed, taken.tile_key(), |tile| placement.cards(&house, taken, tile));
            });
        }
        Ok(sent)
    })
    .await
}

/// Writes what screens confirmed, of many restaurants in one commit, and rings for each. Answers whose turn was taken by
/// somebody else.
pub async fn receive(app: &App, receipts: Vec<(LocationId, Receipt)>) -> Result<Vec<LocationId>, AppError> {
    let app = app.clone();
    apart(async move {
        let mut busy = Vec::new();
        for received in store::receipts::receive(&app.db, &receipts).await? {
            match received {
                Received::Shown { committed, tiles, was_alarmed } => tell(&app, &committed, |hub| {
                    if was_alarmed { hub.ring(&committed) } else { hub.stamped(&committed, &tiles) }
                }),
                Received::Busy(location_id) => busy.push(location_id),
            }
        }
        Ok(busy)
    })
    .await
}

fn is_broken_line(err: &(dyn std::error::Error + 'static)) -> bool {
    err.source().is_some_and(<dyn std::error::Error>::is::<std::io::Error>)
}

/// Our own screens first, then the other processes.
fn tell(app: &App, committed: &Committed, news: impl FnOnce(&Hub)) {
    match app.settings.fail_point {
        None | Some(FailPoint::NoBeats | FailPoint::NoPoll) => {
            news(&app.hub);
            let here = committed.location_id;
            app.bell.ring(here, app.hub.epoch(here), committed.seq.0);
        }
        Some(FailPoint::MuteBell) => {}
        Some(FailPoint::ExitAfterCommit) => std::process::exit(86),
    }
}

/// Runs in a task that nobody's hanging up can cancel.
async fn apart<T: Send + 'static>(
    work: impl Future<Output = Result<T, AppError>> + Send + 'static,
) -> Result<T, AppError> {
    tokio::spawn(work.instrument(Span::current())).await.unwrap_or_else(|panic| {
        tracing::error!(error = &panic as &dyn std::error::Error, "a command panicked");
        Err(AppError::Broken)
    })
}
