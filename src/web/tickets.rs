//! What a station does with its cards: bump, undo, recall, acknowledge.

use std::pin::Pin;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

use super::auth::SignedIn;
use super::command::{Done, command};
use super::error::{AppError, Result};
use super::extract::{Back, Form, Path, answer};
use super::state::App;
use crate::domain::ids::{TicketId, Version};
use crate::domain::staff::Action;
use crate::domain::ticket::Step;
use crate::store;
use crate::store::tickets::TicketError;
use crate::store::{Actor, Turn};

/// What a card's form carries.
#[derive(Debug, Deserialize)]
pub struct Seen {
    /// The version on the cook's card.
    #[serde(default, deserialize_with = "super::extract::number")]
    version: Option<i64>,
    #[serde(flatten)]
    back: Back,
}

impl Seen {
    fn version(&self) -> Result<Version> {
        self.version
            .and_then(|version| i32::try_from(version).ok())
            .map(Version)
            .ok_or_else(|| AppError::field("version", "A bump carries the version that its card showed."))
    }
}

/// Where a plain form leads that does not say where it stands.
const HOME: &str = "/kitchen";

/// Who works that ticket's station: a cook anywhere, a bound screen at its own. Unrouted tickets are the pass's.
async fn worker(app: &App, cook: &SignedIn, ticket_id: TicketId) -> Result<()> {
    cook.may(Action::WorkStation)?;
    let Some(bound_to) = &cook.who.station else {
        return Ok(());
    };
    let station_id = store::tickets::station_of(&app.db, cook.who.location_id, ticket_id).await?;
    let house = app.house(cook.who.location_id).await?;
    let station = station_id.and_then(|station_id| house.station_by_id(station_id));
    let slug = station.map_or("expo", |station| station.slug.as_str());
    if bound_to == slug || bound_to == "expo" { Ok(()) } else { Err(AppError::Forbidden) }
}

/// What a verb comes to, under the turn.
type Verb<'turn> = Pin<Box<dyn Future<Output = Result<Step, TicketError>> + Send + 'turn>>;

/// One verb of a ticket's worker, through the one door for writes.
async fn work<F>(app: &App, cook: &SignedIn, verb: F) -> Result<()>
where
    F: for<'turn> FnOnce(&'turn mut Turn, &'turn Actor) -> Verb<'turn> + Send + 'static,
{
    let actor = cook.actor(app.clock.now());
    command(app, cook.who.location_id, move |turn| {
        Box::pin(async move {
            let step = verb(turn, &actor).await?;
            Ok::<_, TicketError>(Done::by(step, ()))
        })
    })
    .await
}

/// `POST /tickets/{ticket_id}/bump`.
pub async fn bump(
    cook: SignedIn,
    Path(ticket_id): Path<TicketId>,
    State(app): State<App>,
    headers: HeaderMap,
    Form(seen): Form<Seen>,
) -> Result<Response> {
    worker(&app, &cook, ticket_id).await?;
    let version = seen.version()?;
    work(&app, &cook, move |turn, actor| Box::pin(store::tickets::bump(turn, ticket_id, version, actor)))
        .await?;
    Ok(answer(&headers, &seen.back.or(HOME)))
}

/// `POST /tickets/{ticket_id}/undo`.
pub async fn undo(
    cook: SignedIn,
    Path(ticket_id): Path<TicketId>,
    State(app): State<App>,
    headers: HeaderMap,
    Form(seen): Form<Seen>,
) -> Result<Response> {
    worker(&app, &cook, ticket_id).await?;
    work(&app, &cook, move |turn, actor| Box::pin(store::tickets::undo(turn, ticket_id, actor))).await?;
    Ok(answer(&headers, &seen.back.or(HOME)))
}

/// `POST /tickets/{ticket_id}/recall`.
pub async fn recall(
    cook: SignedIn,
    Path(ticket_id): Path<TicketId>,
    State(app): State<App>,
    headers: HeaderMap,
    Form(seen): Form<Seen>,
) -> Result<Response> {
    worker(&app, &cook, ticket_id).await?;
    let at_pass = at_pass(&cook);
    work(&app, &cook, move |turn, actor| Box::pin(store::tickets::recall(turn, ticket_id, at_pass, actor)))
        .await?;
    Ok(answer(&headers, &seen.back.or(HOME)))
}

/// `POST /tickets/{ticket_id}/acknowledge`.
pub async fn acknowledge(
    cook: SignedIn,
    Path(ticket_id): Path<TicketId>,
    State(app): State<App>,
    headers: HeaderMap,
    Form(seen): Form<Seen>,
) -> Result<Response> {
    worker(&app, &cook, ticket_id).await?;
    let version = seen.version()?;
    work(&app, &cook, move |turn, actor| {
        Box::pin(store::tickets::acknowledge(turn, ticket_id, version, actor))
    })
    .await?;
    Ok(answer(&headers, &seen.back.or(HOME)))
}

/// `POST /kitchen/{slug}/recall`: what this station bumped last, or what the pass handed over last.
pub async fn recall_last(
    cook: SignedIn,
    Path(slug): Path<String>,
    State(app): State<App>,
    headers: HeaderMap,
    Form(seen): Form<Seen>,
) -> Result<Response> {
    // What the pass bumped last, a guest has.
    cook.may(if slug == "expo" { Action::RecallServed } else { Action::WorkStation })?;
    cook.at_station(&slug)?;
    let house = app.house(cook.who.location_id).await?;
    let station = house.station(&slug).map(|station| station.station_id);
    if station.is_none() && slug != "expo" {
        return Err(AppError::NotFound);
    }
    let (at_pass, actor) = (at_pass(&cook), cook.actor(app.clock.now()));
    let done = command(&app, cook.who.location_id, move |turn| {
        Box::pin(async move {
            match station {
                Some(station_id) => {
                    store::tickets::recall_last(turn, station_id, at_pass, &actor).await?;
                }
                None => {
                    store::fires::recall_last(turn, &actor).await?;
                }
            }
            Ok::<_, AppError>(Done::Changed(()))
        })
    })
    .await;
    match done {
        Err(AppError::NotFound) => Err(AppError::conflict("Nothing was bumped here today.")),
        Err(err) => Err(err),
        Ok(()) => Ok(answer(&headers, &seen.back.or(HOME))),
    }
}

/// Whether this person may bring back what the guest already has.
fn at_pass(cook: &SignedIn) -> bool {
    cook.may(Action::RecallServed).is_ok()
}
