//! The page that takes an order: the menu as tiles, the basket, and one long form for browsers without scripts.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Html;
use serde::{Deserialize, Serialize};

use super::auth::SignedIn;
use super::error::{AppError, Result};
use super::extract::Path;
use super::frame::{BoardStart, Frame};
use super::slip::Entered;
use super::state::App;
use crate::board::picture::View;
use crate::domain::allergy::{Allergen, Allergies};
use crate::domain::card::{Card, ItemCard};
use crate::domain::check::OrderType;
use crate::domain::check_view::OpenCheck;
use crate::domain::ids::{CheckId, ItemId, LocationId, OrderId, TableId};
use crate::domain::menu::{House, Item, Modifier, ModifierGroup, Prefix};
use crate::domain::money::Money;
use crate::domain::staff::Action;
use crate::fragments;
use crate::store;

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
    /// Articles of what is 86'd or counted.
    pub eighty_sixed: Vec<String>,
    /// Which of them nobody can order.
    pub out: Vec<ItemId>,
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
    /// The check that a form named, where nobody could be asked about it.
    pub named: Option<CheckId>,
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
                    .map(|item| Dish { item: item.clone(), groups: house.groups_of(item).cloned().collect() })
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
            out: eighty_sixed.iter().filter(|item| item.is_out()).map(|item| item.item_id).collect(),
            menu_json,
            failures: Vec::new(),
            entered: Entered::default(),
        })
    }
}

impl OrderPage {
    /// Whether nobody can order that just now.
    fn is_out(&self, item_id: impl std::borrow::Borrow<ItemId>) -> bool {
        self.out.contains(item_id.borrow())
    }

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
    allergies: Allergies,
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
    allergens: &'a [Allergen],
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
        allergies: place.check.as_ref().map(|check| check.allergies.clone()).unwrap_or_default(),
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
    json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
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
        named: None,
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
                allergies: check.allergies,
            };
            (check.order_type, Some(open))
        }
        None => (OrderType::Takeaway, None),
    };
    let label = order_type.word().to_owned();
    let place = OrderPlace { table_id: None, label, order_type, seats: None, check, named: None };
    page(&app, &waiter, place, Vec::new(), None).await
}

/// Draws the page for that place; `entered` is what a plain form had filled in.
pub(super) async fn page(
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
            Card::Ticket(_) | Card::Fire(_) | Card::Tile(_) | Card::Message(_) | Card::Lent(_) => None,
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
