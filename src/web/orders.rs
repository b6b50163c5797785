//! A Send: JSON from a tablet or a machine, or the long form of a browser without scripts. The same rules for all.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Serialize;
use tokio::time::timeout;

use super::auth::{Holder, SignedIn};
use super::command;
use super::error::{AppError, Result, wants_json};
use super::extract::{Body, Path};
use super::order_page::{OrderPlace, page};
use super::slip::{self, Entered};
use super::state::App;
use crate::domain::check::OrderType;
use crate::domain::check_view::OpenCheck;
use crate::domain::ids::{BoardSeq, CheckId, OrderId, TicketId};
use crate::domain::menu::House;
use crate::domain::order::{self, Draft, Slip};
use crate::domain::staff::Action;
use crate::store::orders::{Placed, Sent};
use crate::store::{self, StoreError};

/// `POST /orders`, as JSON or as the long form of a browser without scripts. The same rules for both.
pub async fn send(
    waiter: SignedIn,
    State(app): State<App>,
    headers: HeaderMap,
    Body(body): Body,
) -> Result<Response> {
    waiter.may(Action::Serve)?;
    if wants_json(&headers) {
        let strict = matches!(waiter.holder, Holder::Token(_));
        let draft = slip::from_json(&body, strict)?;
        let (status, placed) = place(&app, &waiter, draft).await?;
        return Ok((status, Json(placed)).into_response());
    }
    let entered = slip::from_form(&body)?;
    let draft = entered.draft(&*app.house(waiter.who.location_id).await?);
    // Given up here, not in the command: that goes on in a task of its own.
    let placed = timeout(FORM_ANSWERED_WITHIN, place(&app, &waiter, draft)).await;
    match placed.unwrap_or(Err(AppError::Away)) {
        Ok((_, placed)) => Ok(Redirect::to(&format!("/checks/{}", placed.check_id)).into_response()),
        Err(refused) => again(&app, &waiter, refused, entered).await,
    }
}

/// A person who sent a plain form waits so long. Shorter than any request's time, so that the form comes back.
const FORM_ANSWERED_WITHIN: Duration = Duration::from_secs(6);

/// The long form again, with everything that was entered and what is wrong with it.
async fn again(app: &App, waiter: &SignedIn, refused: AppError, mut entered: Entered) -> Result<Response> {
    let house = app.house(waiter.who.location_id).await?;
    let table = entered.table_id.and_then(|table_id| house.table(table_id));
    let (mut check, mut named) = (None, None);
    let failures = match &refused {
        // Nobody knows what became of it. The very same form, and the key says whether it was placed.
        AppError::Away => {
            named = entered.check_id;
            vec!["Not confirmed: the server cannot reach its database just now. Send it again as it is: however often, it is one order.".to_owned()]
        }
        AppError::Refused(refusals) => {
            check = open_check(app, &house, &entered).await?;
            refusals.iter().map(|refusal| refusal.message.clone()).collect()
        }
        // The page before was sent, and came back from the browser's history.
        AppError::Conflict { field: Some("id"), .. } => {
            check = open_check(app, &house, &entered).await?;
            entered.id = None;
            vec!["This form was sent before, with something else in it. What it held then is on the check: take it out here, and send what is to be added.".to_owned()]
        }
        _ => return Err(refused),
    };
    let order_type = entered.order_type.unwrap_or(match table {
        Some(_) => OrderType::DineIn,
        None => OrderType::Takeaway,
    });
    let place = OrderPlace {
        table_id: table.map(|table| table.table_id),
        label: table.map_or_else(|| order_type.word().to_owned(), |table| table.label.clone()),
        order_type,
        seats: table.map(|table| table.seats),
        check,
        named,
    };
    let (status, retry_after) = (refused.status(), refused.retry_after_s());
    let page = page(app, waiter, place, failures, Some(entered)).await?;
    let retry_after = retry_after.map(|seconds| [(header::RETRY_AFTER, seconds.to_string())]);
    Ok((status, retry_after, page).into_response())
}

/// The check that the form adds to, if it is open.
async fn open_check(app: &App, house: &House, entered: &Entered) -> Result<Option<OpenCheck>> {
    let here = house.location_id;
    Ok(match (entered.check_id, entered.table_id) {
        (Some(check_id), _) => match store::checks::find(&app.db, here, check_id).await {
            Ok(check) => check.is_open().then_some(OpenCheck {
                check_id,
                check_no: check.check_no,
                covers: check.covers,
                allergies: check.allergies,
            }),
            Err(StoreError::NotFound) => None,
            Err(err) => return Err(err.into()),
        },
        (None, Some(table_id)) => store::checks::open_at(&app.db, here, table_id).await?,
        (None, None) => None,
    })
}

/// What a Send answers, the first time and every time.
#[derive(Debug, Serialize)]
pub struct PlacedOrder {
    id: OrderId,
    check_id: CheckId,
    check_no: i32,
    send_no: i32,
    seq: BoardSeq,
    tickets: Vec<PlacedTicket>,
}

/// A ticket that a Send became.
#[derive(Debug, Serialize)]
pub struct PlacedTicket {
    ticket_id: TicketId,
    /// None: unrouted, expo has it.
    station: Option<String>,
}

impl PlacedOrder {
    fn of(house: &House, placed: Placed) -> Self {
        let station = |id| house.station_by_id(id).map(|station| station.slug.clone());
        let mut tickets: Vec<_> = placed
            .tickets
            .into_iter()
            .map(|(ticket_id, id)| PlacedTicket { ticket_id, station: id.and_then(station) })
            .collect();
        tickets.sort_by_key(|ticket| ticket.ticket_id);
        Self {
            id: placed.order_id,
            check_id: placed.check_id,
            check_no: placed.check_no,
            send_no: placed.send_no,
            seq: placed.seq,
            tickets,
        }
    }
}

/// Menus that may move under one Send before it gives up: somebody is editing right now.
const MENUS_MAX: usize = 4;

/// Places it, and counts what came of it.
async fn place(app: &App, waiter: &SignedIn, draft: Draft) -> Result<(StatusCode, PlacedOrder)> {
    let placed = decide(app, waiter, draft).await;
    let orders = &app.metrics.orders;
    let count = match &placed {
        Ok((StatusCode::CREATED, _)) => &orders.placed,
        Ok(_) => &orders.repeated,
        Err(AppError::Away | AppError::Broken) => &orders.failed,
        Err(_) => &orders.refused,
    };
    count.inc();
    placed
}

async fn decide(app: &App, waiter: &SignedIn, draft: Draft) -> Result<(StatusCode, PlacedOrder)> {
    let slip = Slip::parse(draft).map_err(AppError::Refused)?;
    let hash = store::orders::slip_hash(&slip);
    let here = waiter.who.location_id;
    for _ in 0..MENUS_MAX {
        let house = app.house(here).await?;
        let order_type = known_order_type(app, &house, &slip).await?;
        let placement = match order::place_for(&house, &slip, order_type) {
            Ok(placement) => placement,
            // It may have been placed before the dish was 86'd: then the first answer holds.
            Err(refusals) => {
                return match store::orders::repeated(&app.db, here, slip.id(), hash).await? {
                    Some(Sent::Already(placed)) => Ok((StatusCode::OK, PlacedOrder::of(&house, placed))),
                    Some(_) => Err(key_taken()),
                    None if app.houses.is_current(&house) => Err(AppError::Refused(refusals)),
                    None => continue,
                };
            }
        };
        match command::send(app, Arc::clone(&house), placement, hash, waiter.actor(app.clock.now())).await? {
            Sent::Placed(placed, ..) => return Ok((StatusCode::CREATED, PlacedOrder::of(&house, placed))),
            Sent::Already(placed) => return Ok((StatusCode::OK, PlacedOrder::of(&house, placed))),
            Sent::KeyTaken => return Err(key_taken()),
            Sent::CheckClosed => {
                let words = "This check is closed, or is none of this restaurant. Open a new one.";
                return Err(AppError::field("check_id", words));
            }
            Sent::OtherTable => {
                let words = "The check in check_id is not at this table: the party may have moved. Open the table where they sit now; what is in this basket stays here.";
                return Err(AppError::field("table_id", words));
            }
            Sent::AgainstAllergies(refusals) | Sent::SoldOut(refusals) => {
                return Err(AppError::Refused(refusals));
            }
            Sent::MenuMoved => app.houses.forget(here),
        }
    }
    Err(AppError::Away)
}

/// How the guests of the check eat that a Send is for: an add-on need not say it. Asked only where it makes a difference.
async fn known_order_type(app: &App, house: &House, slip: &Slip) -> Result<OrderType> {
    if !house.ages.depends_on_order_type() {
        return Ok(slip.order_type());
    }
    let known = store::ages::order_type(&app.db, house.location_id, slip.check_id(), slip.table_id()).await?;
    Ok(known.unwrap_or(slip.order_type()))
}

fn key_taken() -> AppError {
    let words = "Another order was sent under this id. Send this one under a new id.".to_owned();
    AppError::Conflict { words, field: Some("id"), at: None }
}

/// `GET /api/orders/{order_id}`: an order as it was placed, read from the database.
pub async fn find(
    machine: SignedIn,
    Path(order_id): Path<OrderId>,
    State(app): State<App>,
) -> Result<Json<PlacedOrder>> {
    machine.may(Action::Serve)?;
    let house = app.house(machine.who.location_id).await?;
    let placed = store::orders::find(&app.db, house.location_id, order_id).await?;
    Ok(Json(PlacedOrder::of(&house, placed)))
}
