//! What a station does with its cards: bump, undo, recall, acknowledge.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use serde::de::IntoDeserializer as _;
use serde::de::value::StrDeserializer;

use super::auth::SignedIn;
use super::command::{Done, act, command};
use super::error::{AppError, Result};
use super::extract::{Back, Form, Path, answer};
use super::state::App;
use crate::domain::ids::{LineId, TicketId, Version};
use crate::domain::screen::Wall;
use crate::domain::staff::Action;
use crate::domain::ticket::LineState;
use crate::store;

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

/// Who works that ticket: a cook any, a bound screen those that it can show. Unrouted tickets are the pass's.
pub(super) async fn worker(app: &App, cook: &SignedIn, ticket_id: TicketId) -> Result<()> {
    cook.may(Action::WorkStation)?;
    let Some(bound_to) = &cook.who.station else {
        return Ok(());
    };
    let place = store::tickets::place_of(&app.db, cook.who.location_id, ticket_id).await?;
    let house = app.house(cook.who.location_id).await?;
    let works = |wall: Wall<'_>| wall.works(place.station_id, place.order_type, place.state);
    if house.wall(bound_to).is_some_and(works) { Ok(()) } else { Err(AppError::Forbidden) }
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
    act(&app, &cook, move |turn, actor| Box::pin(store::tickets::bump(turn, ticket_id, version, actor)))
        .await?;
    Ok(answer(&headers, &seen.back.or(HOME)))
}

/// `POST /tickets/{ticket_id}/start`: a cook begins with what waits on it.
pub async fn start(
    cook: SignedIn,
    Path(ticket_id): Path<TicketId>,
    State(app): State<App>,
    headers: HeaderMap,
    Form(seen): Form<Seen>,
) -> Result<Response> {
    worker(&app, &cook, ticket_id).await?;
    let version = seen.version()?;
    act(&app, &cook, move |turn, actor| Box::pin(store::tickets::start(turn, ticket_id, version, actor)))
        .await?;
    Ok(answer(&headers, &seen.back.or(HOME)))
}

/// What a line's button carries: `<line_id>:<state>`, the state that it is to have.
#[derive(Debug, Deserialize)]
pub struct LineSlip {
    #[serde(default)]
    line: String,
    #[serde(flatten)]
    seen: Seen,
}

impl LineSlip {
    fn line(&self) -> Result<(LineId, LineState)> {
        let wrong =
            || AppError::field("line", "Say which line is waiting, started or ready: <line_id>:<state>.");
        let (line_id, state) = self.line.split_once(':').ok_or_else(wrong)?;
        let word: StrDeserializer<'_, serde::de::value::Error> = state.into_deserializer();
        let state = LineState::deserialize(word).map_err(|_| wrong())?;
        Ok((line_id.parse().map_err(|_| wrong())?, state))
    }
}

/// `POST /tickets/{ticket_id}/line`: how far the station is with one line of it.
pub async fn line(
    cook: SignedIn,
    Path(ticket_id): Path<TicketId>,
    State(app): State<App>,
    headers: HeaderMap,
    Form(slip): Form<LineSlip>,
) -> Result<Response> {
    worker(&app, &cook, ticket_id).await?;
    let (version, (line_id, to)) = (slip.seen.version()?, slip.line()?);
    act(&app, &cook, move |turn, actor| {
        Box::pin(store::tickets::work(turn, ticket_id, line_id, to, version, actor))
    })
    .await?;
    Ok(answer(&headers, &slip.seen.back.or(HOME)))
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
    act(&app, &cook, move |turn, actor| Box::pin(store::tickets::undo(turn, ticket_id, actor))).await?;
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
    act(&app, &cook, move |turn, actor| Box::pin(store::tickets::recall(turn, ticket_id, at_pass, actor)))
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
    act(&app, &cook, move |turn, actor| {
        Box::pin(store::tickets::acknowledge(turn, ticket_id, version, actor))
    })
    .await?;
    Ok(answer(&headers, &seen.back.or(HOME)))
}

/// `POST /kitchen/{slug}/recall`: what was bumped last of what stands here, or what the pass handed over last.
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
    let tickets = house.wall(&slug).ok_or(AppError::NotFound)?.tickets_shown(&house);
    let (at_pass, actor) = (at_pass(&cook), cook.actor(app.clock.now()));
    let done = command(&app, cook.who.location_id, move |turn| {
        Box::pin(async move {
            match tickets {
                Some(of) => {
                    store::tickets::recall_last(turn, &of, at_pass, &actor).await?;
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
