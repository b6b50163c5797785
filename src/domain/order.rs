//! One Send: from a tablet's draft to the rows it becomes. Prices and routing are decided here, once.
//!
//! `Draft` (as it came) -> [`Slip::parse`] (shape and limits) -> [`place`] (what this house sells, and where it is
//! cooked) -> [`Placement`] (rows, ready to write). A refusal names every line and field that is wrong, not just the
//! first.

use serde::{Deserialize, Serialize};

use super::card::ChosenModifier;
use super::check::OrderType;
use super::ids::{
    CheckId, FireId, ItemId, LineId, LocationId, ModifierId, OrderId, StationId, TableId, TicketId,
};
use super::menu::{House, Item, RouteMode};
use super::money::{LINE_MINOR_MAX, Money};

/// Lines on one slip, at most.
pub const LINES_MAX: usize = 60;
/// Units on one line, at most.
pub const QUANTITY_MAX: i64 = 99;
/// Characters in a note, at most: what a card can show.
pub const NOTE_CHARS_MAX: usize = 140;
/// Choices on one line, at most.
pub const MODIFIERS_MAX: usize = 20;

/// An order as a tablet or a machine sends it. Nothing in it is trusted yet.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Draft {
    /// Made on the tablet: the idempotency key. Required.
    pub id: Option<OrderId>,
    /// The table that ordered, if it is one.
    #[serde(default)]
    pub table_id: Option<TableId>,
    /// The check to add to; none opens one, or joins the table's open one.
    #[serde(default)]
    pub check_id: Option<CheckId>,
    /// How the guests eat; at a table, dine-in.
    #[serde(default)]
    pub order_type: Option<OrderType>,
    /// Guests, if somebody said.
    #[serde(default)]
    pub covers: Option<i64>,
    /// What they want.
    #[serde(default)]
    pub lines: Vec<DraftLine>,
}

/// A line of a draft.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct DraftLine {
    /// What.
    pub item_id: Option<ItemId>,
    /// How many; one, if nothing is said.
    #[serde(default)]
    pub quantity: Option<i64>,
    /// Choices.
    #[serde(default)]
    pub modifiers: Vec<ModifierId>,
    /// Whose plate.
    #[serde(default)]
    pub seat: Option<i64>,
    /// Serving phase; one, if nothing is said.
    #[serde(default)]
    pub course: Option<i64>,
    /// Free words to the kitchen.
    #[serde(default)]
    pub note: Option<String>,
}

/// A draft within its limits. Equal slips are equal orders: a repeat is told from another order by this value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Slip {
    id: OrderId,
    table_id: Option<TableId>,
    check_id: Option<CheckId>,
    order_type: OrderType,
    covers: Option<i16>,
    lines: Vec<SlipLine>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct SlipLine {
    item_id: ItemId,
    quantity: i32,
    modifiers: Vec<ModifierId>,
    seat: Option<i16>,
    course: i16,
    note: Option<String>,
}

/// One thing wrong with an order, said so that the waiter can mend it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// Which line, counted from 0; none when it is about the whole order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The field's name in the JSON body.
    pub field: &'static str,
    /// What to do about it.
    pub message: String,
}

impl Refusal {
    /// About the order as a whole.
    pub fn of_order(field: &'static str, message: impl Into<String>) -> Self {
        Self {
            line: None,
            field,
            message: message.into(),
        }
    }

    fn of_line(line: usize, field: &'static str, message: impl Into<String>) -> Self {
        Self {
            line: Some(line),
            field,
            message: message.into(),
        }
    }
}

impl Slip {
    /// Checks shape and limits. What this house sells is [`place`]'s business.
    pub fn parse(draft: Draft) -> Result<Self, Vec<Refusal>> {
        let mut refusals = Vec::new();
        if draft.id.is_none() {
            refusals.push(Refusal::of_order(
                "id",
                "An order needs an id: a UUID made on the tablet.",
            ));
        }
        if draft.lines.is_empty() {
            refusals.push(Refusal::of_order("lines", "Nothing is ordered yet."));
        }
        if draft.lines.len() > LINES_MAX {
            let message = format!("At most {LINES_MAX} lines fit one order. Send the rest as a second one.");
            return Err(vec![Refusal::of_order("lines", message)]);
        }
        let covers = within(draft.covers, 1..=99).unwrap_or_else(|()| {
            refusals.push(Refusal::of_order("covers", "Guests are counted from 1 to 99."));
            None
        });
        let parsed: Vec<_> = draft
            .lines
            .into_iter()
            .enumerate()
            .map(|(n, line)| SlipLine::parse(n, line))
            .collect();
        let mut lines = Vec::with_capacity(parsed.len());
        for line in parsed {
            match line {
                Ok(line) => lines.push(line),
                Err(wrong) => refusals.extend(wrong),
            }
        }
        let at_table = draft.table_id.is_some() || draft.check_id.is_some();
        let order_type = match draft.order_type {
            Some(order_type) => order_type,
            None if at_table => OrderType::DineIn,
            None => OrderType::Takeaway,
        };
        if order_type == OrderType::DineIn && !at_table {
            refusals.push(Refusal::of_order("table_id", "A dine-in order needs its table."));
        }
        match draft.id {
            Some(id) if refusals.is_empty() => Ok(Self {
                id,
                table_id: draft.table_id,
                check_id: draft.check_id,
                order_type,
                covers,
                lines,
            }),
            _ => Err(refusals),
        }
    }

    /// The idempotency key.
    pub fn id(&self) -> OrderId {
        self.id
    }

    /// The check it adds to, if it names one.
    pub fn check_id(&self) -> Option<CheckId> {
        self.check_id
    }

    /// The table it names.
    pub fn table_id(&self) -> Option<TableId> {
        self.table_id
    }
}

impl SlipLine {
    fn parse(n: usize, line: DraftLine) -> Result<Self, Vec<Refusal>> {
        let mut refusals = Vec::new();
        let mut refuse = |field, message: &str| refusals.push(Refusal::of_line(n, field, message));
        if line.item_id.is_none() {
            refuse("item_id", "This line names no dish.");
        }
        let quantity = line.quantity.unwrap_or(1);
        if !(1..=QUANTITY_MAX).contains(&quantity) {
            refuse("quantity", "A line takes 1 to 99 units.");
        }
        let seat = within(line.seat, 1..=99).unwrap_or_else(|()| {
            refuse("seat", "Seats are counted from 1 to 99.");
            None
        });
        let course = within(line.course, 1..=9).unwrap_or_else(|()| {
            refuse("course", "Courses are counted from 1 to 9.");
            None
        });
        if line.modifiers.len() > MODIFIERS_MAX {
            refuse("modifiers", "A line takes at most 20 choices.");
        }
        let note = line
            .note
            .map(|note| note.trim().to_owned())
            .filter(|note| !note.is_empty());
        if let Some(note) = &note {
            if note.chars().count() > NOTE_CHARS_MAX {
                refuse("note", "A note takes at most 140 characters.");
            }
            if note.chars().any(char::is_control) {
                refuse("note", "A note is one line of plain text.");
            }
        }
        match (line.item_id, i32::try_from(quantity)) {
            (Some(item_id), Ok(quantity)) if refusals.is_empty() => Ok(Self {
                item_id,
                quantity,
                modifiers: line.modifiers,
                seat,
                course: course.unwrap_or(1),
                note,
            }),
            _ => Err(refusals),
        }
    }
}

fn within(value: Option<i64>, range: std::ops::RangeInclusive<i64>) -> Result<Option<i16>, ()> {
    match value {
        None => Ok(None),
        Some(value) if range.contains(&value) => i16::try_from(value).map(Some).map_err(|_| ()),
        Some(_) => Err(()),
    }
}

/// The rows that a slip becomes, ids and all. Times, check and Send numbers are the turn's.
#[derive(Debug, Clone)]
pub struct Placement {
    /// The restaurant.
    pub location_id: LocationId,
    /// The menu all of this was decided on: the statement refuses any other.
    pub menu_version: i64,
    /// The idempotency key.
    pub order_id: OrderId,
    /// The table that ordered.
    pub table_id: Option<TableId>,
    /// The check to add to, if the slip named one.
    pub check_id: Option<CheckId>,
    /// The check that is opened when there is none.
    pub new_check_id: CheckId,
    /// How the guests eat.
    pub order_type: OrderType,
    /// Guests.
    pub covers: Option<i16>,
    /// One a course.
    pub fires: Vec<PlacedFire>,
    /// In the order of the slip.
    pub lines: Vec<PlacedLine>,
    /// One a fire and station.
    pub tickets: Vec<PlacedTicket>,
    /// Which line stands on which ticket.
    pub ticket_lines: Vec<PlacedTicketLine>,
}

/// A course of this Send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlacedFire {
    /// Its id.
    pub fire_id: FireId,
    /// Which course.
    pub course: i16,
}

/// A line with everything that will not change any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedLine {
    /// Its id.
    pub line_id: LineId,
    /// The course it belongs to.
    pub fire_id: FireId,
    /// What.
    pub item_id: ItemId,
    /// Its name for guests, as of now.
    pub item_name: String,
    /// Its name for the kitchen, as of now.
    pub kitchen_name: String,
    /// How many.
    pub quantity: i32,
    /// Whose plate.
    pub seat: Option<i16>,
    /// Free words.
    pub note: Option<String>,
    /// Choices, in the menu's order.
    pub modifiers: Vec<ChosenModifier>,
    /// One unit, choices included.
    pub unit_price_minor: Money,
    /// The tax contained in it.
    pub tax_basis_points: i32,
}

/// One fire at one station.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlacedTicket {
    /// Its id.
    pub ticket_id: TicketId,
    /// The course.
    pub fire_id: FireId,
    /// None: the Unrouted lane.
    pub station_id: Option<StationId>,
}

/// A line on a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlacedTicketLine {
    /// The ticket.
    pub ticket_id: TicketId,
    /// The line.
    pub line_id: LineId,
    /// The course of both.
    pub fire_id: FireId,
    /// The route's.
    pub mode: RouteMode,
}

/// Decides prices and routing of a slip on this house's menu.
///
/// Equal lines stay apart: a line's identity is its own id. An id of another restaurant is answered exactly like an
/// unknown one.
pub fn place(house: &House, slip: &Slip) -> Result<Placement, Vec<Refusal>> {
    let mut refusals = Vec::new();
    if slip
        .table_id
        .is_some_and(|table_id| house.table(table_id).is_none())
    {
        refusals.push(Refusal::of_order("table_id", "There is no such table here."));
    }
    let mut placement = Placement {
        location_id: house.location_id,
        menu_version: house.menu_version,
        order_id: slip.id,
        table_id: slip.table_id,
        check_id: slip.check_id,
        new_check_id: CheckId::new(),
        order_type: slip.order_type,
        covers: slip.covers,
        fires: Vec::new(),
        lines: Vec::with_capacity(slip.lines.len()),
        tickets: Vec::new(),
        ticket_lines: Vec::new(),
    };
    for (n, line) in slip.lines.iter().enumerate() {
        match priced(house, n, line) {
            Ok((item, modifiers, unit_price_minor)) => {
                placement.add(house, item, line, modifiers, unit_price_minor);
            }
            Err(wrong) => refusals.extend(wrong),
        }
    }
    if refusals.is_empty() {
        Ok(placement)
    } else {
        Err(refusals)
    }
}

/// A line's item, its choices in the menu's order, and the price of one unit.
fn priced<'a>(
    house: &'a House,
    n: usize,
    line: &SlipLine,
) -> Result<(&'a Item, Vec<ChosenModifier>, Money), Vec<Refusal>> {
    let Some(item) = house.item(line.item_id) else {
        return Err(vec![Refusal::of_line(
            n,
            "item_id",
            "This dish is not on the menu.",
        )]);
    };
    if item.eighty_sixed {
        return Err(vec![Refusal::of_line(
            n,
            "item_id",
            format!("{} is 86'd.", item.name),
        )]);
    }
    let mut refusals = Vec::new();
    let mut modifiers = Vec::new();
    let mut known = 0;
    for group in house.groups_of(item) {
        let chosen: Vec<_> = group
            .modifiers
            .iter()
            .filter(|m| line.modifiers.contains(&m.modifier_id))
            .collect();
        known += chosen.len();
        let count = i16::try_from(chosen.len()).unwrap_or(i16::MAX);
        if count < group.min_choices {
            let message = format!("{}: choose {} for {}.", group.name, group.min_choices, item.name);
            refusals.push(Refusal::of_line(n, "modifiers", message));
        }
        if count > group.max_choices {
            let message = format!(
                "{}: choose at most {} for {}.",
                group.name, group.max_choices, item.name
            );
            refusals.push(Refusal::of_line(n, "modifiers", message));
        }
        modifiers.extend(chosen.into_iter().map(|m| ChosenModifier {
            name: m.name.clone(),
            prefix: m.prefix,
            price_minor: m.price_minor,
        }));
    }
    if known != line.modifiers.len() {
        let message = format!(
            "A choice of this line is not one of {}'s, or stands there twice.",
            item.name
        );
        refusals.push(Refusal::of_line(n, "modifiers", message));
    }
    let unit = item.price_minor + modifiers.iter().map(|m| m.price_minor).sum();
    if unit < Money::ZERO || unit.times(line.quantity.unsigned_abs()).0 > LINE_MINOR_MAX {
        refusals.push(Refusal::of_line(
            n,
            "quantity",
            "This line's price is out of bounds.",
        ));
    }
    if refusals.is_empty() {
        Ok((item, modifiers, unit))
    } else {
        Err(refusals)
    }
}

impl Placement {
    fn add(
        &mut self,
        house: &House,
        item: &Item,
        line: &SlipLine,
        modifiers: Vec<ChosenModifier>,
        unit_price_minor: Money,
    ) {
        let (line_id, fire_id) = (LineId::new(), self.fire_of(line.course));
        let (mode, stations) = match house.route_of(item) {
            Some(route) if !route.stations.is_empty() => {
                (route.mode, route.stations.iter().copied().map(Some).collect())
            }
            _ => (RouteMode::Each, vec![None]), // matches no station: the Unrouted lane, never dropped
        };
        for station_id in stations {
            let ticket_id = self.ticket_of(fire_id, station_id);
            self.ticket_lines.push(PlacedTicketLine {
                ticket_id,
                line_id,
                fire_id,
                mode,
            });
        }
        self.lines.push(PlacedLine {
            line_id,
            fire_id,
            item_id: item.item_id,
            item_name: item.name.clone(),
            kitchen_name: item.kitchen_name.clone(),
            quantity: line.quantity,
            seat: line.seat,
            note: line.note.clone(),
            modifiers,
            unit_price_minor,
            tax_basis_points: item.tax_basis_points,
        });
    }

    fn fire_of(&mut self, course: i16) -> FireId {
        if let Some(fire) = self.fires.iter().find(|fire| fire.course == course) {
            return fire.fire_id;
        }
        let fire_id = FireId::new();
        self.fires.push(PlacedFire { fire_id, course });
        fire_id
    }

    fn ticket_of(&mut self, fire_id: FireId, station_id: Option<StationId>) -> TicketId {
        let same = |ticket: &&PlacedTicket| ticket.fire_id == fire_id && ticket.station_id == station_id;
        if let Some(ticket) = self.tickets.iter().find(same) {
            return ticket.ticket_id;
        }
        let ticket_id = TicketId::new();
        self.tickets.push(PlacedTicket {
            ticket_id,
            fire_id,
            station_id,
        });
        ticket_id
    }
}
