//! Taking an order: the menu as tiles, the basket, and one long form for browsers without scripts.

use std::collections::BTreeMap;

use askama::Template;
use axum::Json;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::{Deserialize, Serialize};

use super::auth::{Holder, SignedIn};
use super::command;
use super::error::{AppError, Result, wants_json};
use super::extract::{Body, Path};
use super::frame::{BoardStart, Frame};
use super::slip::{self, Entered};
use super::state::App;
use crate::board::picture::View;
use crate::domain::card::{Card, ItemCard};
use crate::domain::check::OrderType;
use crate::domain::check_view::OpenCheck;
use crate::domain::ids::{BoardSeq, CheckId, LocationId, OrderId, TableId, TicketId};
use crate::domain::menu::{House, Item, Modifier, ModifierGroup, Prefix};
use crate::domain::money::Money;
use crate::domain::order::{self, Draft, Slip};
use crate::domain::staff::Action;
use crate::fragments;
use crate::store;
use crate::store::orders::{Placed, Sent};

/// `GET /tables/{table_id}` and `GET /takeaway`.
#[derive(Template)]
#[template(path = "order/page.html")]
pub struct OrderPage {
    /// What surrounds it.
    pub frame: Frame,
    /// Where its live view (`items`) starts.
    pub board: BoardStart,
    /// For whom.
    pub place: OrderPlace,
    /// The id that a plain form carries.
    pub order_id: OrderId,
    /// The menu, by category; categories without items are left out.
    pub categories: Vec<MenuCategory>,
    /// Articles of what is 86'd.
    pub eighty_sixed: Vec<String>,
    /// The menu as data for the scripts, safe inside a script element.
    pub menu_json: String,
    /// What a plain form got wrong, above it.
    pub failures: Vec<String>,
    /// What a plain form had filled in.
    pub entered: Entered,
}

/// For whom an order is.
#[derive(Debug, Clone)]
pub struct OrderPlace {
    /// The table; none for takeaway and the like.
    pub table_id: Option<TableId>,
    /// "T12", "Takeaway".
    pub label: String,
    /// How the guests eat.
    pub order_type: OrderType,
    /// Seats at the table: how many seats are offered.
    pub seats: Option<i16>,
    /// The open check that the order adds to.
    pub check: Option<OpenCheck>,
}

/// A page of the menu.
#[derive(Debug, Clone)]
pub struct MenuCategory {
    /// Its name.
    pub name: String,
    /// Its dishes, in the order of the menu.
    pub dishes: Vec<Dish>,
}

/// A menu entry with its choices.
#[derive(Debug, Clone)]
pub struct Dish {
    /// The entry.
    pub item: Item,
    /// Its choice sets, in order.
    pub groups: Vec<ModifierGroup>,
}

impl OrderPage {
    /// Draws the menu of a house for one table, or for guests without one.
    pub fn new(
        frame: Frame,
        board: BoardStart,
        place: OrderPlace,
        house: &House,
        eighty_sixed: &[ItemCard],
    ) -> askama::Result<Self> {
        let menu_json = menu_json(house, &place);
        let categories = house
            .categories
            .iter()
            .map(|category| MenuCategory {
                name: category.name.clone(),
                dishes: house
                    .items_of(category.category_id)
                    .map(|item| Dish {
                        item: item.clone(),
                        groups: house.groups_of(item).cloned().collect(),
                    })
                    .collect(),
            })
            .filter(|category| !category.dishes.is_empty())
            .collect();
        let articles: Result<Vec<String>, _> =
            eighty_sixed.iter().map(fragments::cards::item_article).collect();
        Ok(Self {
            frame,
            board,
            place,
            order_id: OrderId::new(),
            categories,
            eighty_sixed: articles?,
            menu_json,
            failures: Vec::new(),
            entered: Entered::default(),
        })
    }
}

impl OrderPage {
    /// The order type as the form carries it.
    fn order_type_key(&self) -> &'static str {
        match self.place.order_type {
            OrderType::DineIn => "dine_in",
            OrderType::Takeaway => "takeaway",
            OrderType::Delivery => "delivery",
            OrderType::BarTab => "bar_tab",
        }
    }
}

impl Dish {
    /// Whether a choice must be made before it can be sent.
    pub fn is_forced(&self) -> bool {
        self.groups.iter().any(|group| group.min_choices > 0)
    }

    /// `choice.<item>.<group>`: the field of a plain form.
    fn choice(&self, group: &ModifierGroup) -> String {
        format!("choice.{}.{}", self.item.item_id, group.group_id)
    }
}

/// `NO onion`, `ADD bacon +1.50`: a choice as a person reads it.
fn choice_words(modifier: &Modifier) -> String {
    let mut words = String::new();
    if let Some(prefix) = modifier.prefix {
        words.push_str(prefix.word());
        words.push(' ');
    }
    words.push_str(&modifier.name);
    if modifier.price_minor.0 != 0 {
        let sign = if modifier.price_minor.0 > 0 { "+" } else { "" };
        words = format!("{words} {sign}{}", modifier.price_minor);
    }
    words
}

#[derive(Serialize)]
struct MenuData<'a> {
    location_id: LocationId,
    table_id: Option<TableId>,
    check_id: Option<CheckId>,
    order_type: OrderType,
    covers: Option<i16>,
    currency: &'a str,
    stations: BTreeMap<&'a str, &'a str>,
    items: Vec<ItemData<'a>>,
    groups: Vec<GroupData<'a>>,
}

#[derive(Serialize)]
struct ItemData<'a> {
    id: String,
    name: &'a str,
    kitchen_name: &'a str,
    description: &'a str,
    price_minor: i64,
    allergens: &'a [String],
    groups: Vec<String>,
}

#[derive(Serialize)]
struct GroupData<'a> {
    id: String,
    name: &'a str,
    min: i16,
    max: i16,
    modifiers: Vec<ModifierData<'a>>,
}

#[derive(Serialize)]
struct ModifierData<'a> {
    id: String,
    name: &'a str,
    prefix: Option<&'static str>,
    price_minor: i64,
}

/// What the scripts need to know of the menu. No `<` or `&` is left, so nothing in it can end the script element.
fn menu_json(house: &House, place: &OrderPlace) -> String {
    let mut groups: Vec<&ModifierGroup> = house.groups.values().collect();
    groups.sort_by_key(|group| group.group_id);
    let data = MenuData {
        location_id: house.location_id,
        table_id: place.table_id,
        check_id: place.check.as_ref().map(|check| check.check_id),
        order_type: place.order_type,
        covers: place.check.as_ref().and_then(|check| check.covers),
        currency: &house.currency,
        stations: house
            .stations
            .iter()
            .map(|station| (station.slug.as_str(), station.name.as_str()))
            .collect(),
        items: house
            .items
            .iter()
            .map(|item| ItemData {
                id: item.item_id.to_string(),
                name: &item.name,
                kitchen_name: &item.kitchen_name,
                description: &item.description,
                price_minor: item.price_minor.0,
                allergens: &item.allergens,
                groups: item.groups.iter().map(ToString::to_string).collect(),
            })
            .collect(),
        groups: groups
            .into_iter()
            .map(|group| GroupData {
                id: group.group_id.to_string(),
                name: &group.name,
                min: group.min_choices,
                max: group.max_choices,
                modifiers: group
                    .modifiers
                    .iter()
                    .map(|modifier| ModifierData {
                        id: modifier.modifier_id.to_string(),
                        name: &modifier.name,
                        prefix: modifier.prefix.map(Prefix::word),
                        price_minor: modifier.price_minor.0,
                    })
                    .collect(),
            })
            .collect(),
    };
    let json = serde_json::to_string(&data).unwrap_or_else(|_| "{}".to_owned());
    json.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
}

/// `GET /tables/{table_id}`: an order for that table; it adds to the table's open check.
pub async fn at_table(
    waiter: SignedIn,
    Path(table_id): Path<TableId>,
    State(app): State<App>,
) -> Result<Html<String>> {
    waiter.may(Action::Serve)?;
    let house = app.house(waiter.who.location_id).await?;
    let table = house.table(table_id).ok_or(AppError::NotFound)?;
    let check = store::checks::open_at(&app.db, house.location_id, table_id).await?;
    let place = OrderPlace {
        table_id: Some(table_id),
        label: table.label.clone(),
        order_type: OrderType::DineIn,
        seats: Some(table.seats),
        check,
    };
    page(&app, &waiter, place, Vec::new(), None).await
}

/// Which check a takeaway order adds to.
#[derive(Debug, Default, Deserialize)]
pub struct Takeaway {
    check_id: Option<CheckId>,
}

/// `GET /takeaway`: an order for guests without a table.
pub async fn takeaway(
    waiter: SignedIn,
    Query(takeaway): Query<Takeaway>,
    State(app): State<App>,
) -> Result<Html<String>> {
    waiter.may(Action::Serve)?;
    let (order_type, check) = match takeaway.check_id {
        Some(check_id) => {
            let check = store::checks::find(&app.db, waiter.who.location_id, check_id).await?;
            let open = OpenCheck {
                check_id,
                check_no: check.check_no,
                covers: check.covers,
            };
            (check.order_type, Some(open))
        }
        None => (OrderType::Takeaway, None),
    };
    let label = order_type.word().to_owned();
    let place = OrderPlace {
        table_id: None,
        label,
        order_type,
        seats: None,
        check,
    };
    page(&app, &waiter, place, Vec::new(), None).await
}

async fn page(
    app: &App,
    waiter: &SignedIn,
    place: OrderPlace,
    failures: Vec<String>,
    entered: Option<Entered>,
) -> Result<Html<String>> {
    let (snapshot, cards) = app.hub.page(waiter.who.location_id, &View::Items).await?;
    // After the board: 86 moves the menu first, so a menu read now knows at least what the board shows.
    let house = app.house(waiter.who.location_id).await?;
    let board = BoardStart::of(&View::Items, &snapshot, app.hub.now_ms());
    let eighty_sixed: Vec<ItemCard> = cards
        .into_iter()
        .filter_map(|card| match card {
            Card::Item(item) => Some(item),
            Card::Ticket(_) | Card::Fire(_) | Card::Tile(_) => None,
        })
        .collect();
    let frame = Frame::of(&house, Some(&waiter.who));
    let mut page = OrderPage::new(frame, board, place, &house, &eighty_sixed)?;
    page.failures = failures;
    if let Some(entered) = entered {
        page.order_id = entered.id.unwrap_or(page.order_id);
        page.entered = entered;
    }
    Ok(Html(page.render()?))
}

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
    let (table_id, check_id) = (draft.table_id, draft.check_id);
    match place(&app, &waiter, draft).await {
        Ok((_, placed)) => Ok(Redirect::to(&format!("/checks/{}", placed.check_id)).into_response()),
        Err(AppError::Refused(refusals)) => {
            let failures = refusals.into_iter().map(|refusal| refusal.message).collect();
            again(&app, &waiter, table_id, check_id, failures, entered).await
        }
        Err(AppError::Away) => {
            let failures = vec![AppError::Away.to_string()];
            again(&app, &waiter, table_id, check_id, failures, entered).await
        }
        Err(err) => Err(err),
    }
}

/// The long form again, with everything that was entered and what is wrong with it.
async fn again(
    app: &App,
    waiter: &SignedIn,
    table_id: Option<TableId>,
    check_id: Option<CheckId>,
    failures: Vec<String>,
    entered: Entered,
) -> Result<Response> {
    let house = app.house(waiter.who.location_id).await?;
    let table = table_id.and_then(|table_id| house.table(table_id));
    let check = match (check_id, table) {
        (Some(check_id), _) => {
            let check = store::checks::find(&app.db, house.location_id, check_id)
                .await
                .ok();
            check
                .filter(crate::domain::check_view::CheckView::is_open)
                .map(|check| OpenCheck {
                    check_id,
                    check_no: check.check_no,
                    covers: check.covers,
                })
        }
        (None, Some(table)) => store::checks::open_at(&app.db, house.location_id, table.table_id).await?,
        (None, None) => None,
    };
    let order_type = if table.is_some() {
        OrderType::DineIn
    } else {
        OrderType::Takeaway
    };
    let place = OrderPlace {
        table_id: table.map(|table| table.table_id),
        label: table.map_or_else(|| order_type.word().to_owned(), |table| table.label.clone()),
        order_type,
        seats: table.map(|table| table.seats),
        check,
    };
    let page = page(app, waiter, place, failures, Some(entered)).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
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
            .map(|(ticket_id, id)| PlacedTicket {
                ticket_id,
                station: id.and_then(station),
            })
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

async fn place(app: &App, waiter: &SignedIn, draft: Draft) -> Result<(StatusCode, PlacedOrder)> {
    let slip = Slip::parse(draft).map_err(AppError::Refused)?;
    let hash = store::orders::slip_hash(&slip);
    let here = waiter.who.location_id;
    for _ in 0..MENUS_MAX {
        let house = app.house(here).await?;
        let placement = match order::place(&house, &slip) {
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
        match command::send(app, placement, hash, waiter.actor(app.clock.now())).await? {
            Sent::Placed(placed, _) => return Ok((StatusCode::CREATED, PlacedOrder::of(&house, placed))),
            Sent::Already(placed) => return Ok((StatusCode::OK, PlacedOrder::of(&house, placed))),
            Sent::KeyTaken => return Err(key_taken()),
            Sent::CheckClosed => {
                let words = "This check is closed, or is none of this restaurant. Open a new one.";
                return Err(AppError::field("check_id", words));
            }
            Sent::MenuMoved => app.houses.forget(here),
        }
    }
    Err(AppError::Away)
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
