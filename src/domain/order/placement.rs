//! A slip on this house's menu: what it costs, where it is cooked, which rows it becomes.

use super::{Refusal, Slip, SlipLine};
use crate::domain::age::AgeLimits;
use crate::domain::allergy::{Allergen, Allergies};
use crate::domain::card::ChosenModifier;
use crate::domain::check::OrderType;
use crate::domain::ids::{
    CheckId, FireId, ItemId, LineId, LocationId, ModifierId, OrderId, StationId, TableId, TicketId,
};
use crate::domain::menu::{House, Item, Modifier, RouteMode};
use crate::domain::money::{LINE_MINOR_MAX, Money};
use crate::domain::routing::Leg;

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
    /// One a course that fires, one a course that holds.
    pub fires: Vec<PlacedFire>,
    /// In the order of the slip.
    pub lines: Vec<PlacedLine>,
    /// One a fire and station.
    pub tickets: Vec<PlacedTicket>,
    /// Which line stands on which ticket.
    pub ticket_lines: Vec<PlacedTicketLine>,
    /// Portions that it takes of items of which somebody counts.
    pub portions: Vec<(ItemId, i32)>,
    /// What its guests must not eat, as far as it was told with this Send.
    pub allergies: Allergies,
}

/// A course of this Send, or what of it fires, or what of it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlacedFire {
    /// Its id. What holds joins the check's held fire of that course, if there is one: the statement decides that.
    pub fire_id: FireId,
    /// Which course.
    pub course: i16,
    /// Whether it waits for somebody to fire it.
    pub held: bool,
    /// It leaves without the pass. What is held does not: a course is fired whole.
    pub skips_pass: bool,
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
    /// What the dish contains, choices aside.
    pub allergens: Vec<Allergen>,
    /// Of these the guest was asked, and the kitchen leaves them out.
    pub despite_allergy: Vec<Allergen>,
    /// No station makes it: the pass has it.
    pub from_pass: bool,
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
    /// How old it may get: as patient as the slowest dish on it.
    pub limits: AgeLimits,
}

/// A line on a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedTicketLine {
    /// The ticket.
    pub ticket_id: TicketId,
    /// The line.
    pub line_id: LineId,
    /// Whether one bump completes it.
    pub mode: RouteMode,
    /// When it comes.
    pub step: i16,
    /// The choices that this station makes; none: the dish.
    pub part: Option<String>,
}

/// Decides prices, routing and ages of a slip on this house's menu.
///
/// Equal lines stay apart: a line's identity is its own id. An id of another restaurant is answered exactly like an
/// unknown one.
pub fn place(house: &House, slip: &Slip) -> Result<Placement, Vec<Refusal>> {
    place_for(house, slip, slip.order_type)
}

/// The same for a check whose guests eat so, which an add-on need not say: it decides how old its tickets may get.
pub fn place_for(house: &House, slip: &Slip, order_type: OrderType) -> Result<Placement, Vec<Refusal>> {
    let mut refusals = Vec::new();
    if slip.table_id.is_some_and(|table_id| house.table(table_id).is_none()) {
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
        portions: Vec::new(),
        allergies: slip.allergies.clone(),
    };
    for (n, line) in slip.lines.iter().enumerate() {
        match priced(house, n, line) {
            Ok((item, modifiers, unit_price_minor)) => {
                let limits = |station_id| house.ages.of(item.item_id, line.course, order_type, station_id);
                let chosen = (modifiers, unit_price_minor);
                placement.add(house, item, line, slip.holds(line), chosen, limits);
            }
            Err(wrong) => refusals.extend(wrong),
        }
    }
    refusals.extend(against(&slip.allergies, &placement.lines));
    if refusals.is_empty() { Ok(placement) } else { Err(refusals) }
}

/// Lines whose guest must not eat what they contain, where nobody said that this is known.
pub fn against(allergies: &Allergies, lines: &[PlacedLine]) -> Vec<Refusal> {
    let unasked = |(n, line): (usize, &PlacedLine)| {
        let wrong = allergies.unasked(line.seat, &line.allergens, &line.despite_allergy);
        if wrong.is_empty() {
            return None;
        }
        let words = Allergen::words(&wrong);
        let message = format!(
            "Allergy: {} contains {words}. Take something else, or ask the guest and say that the kitchen leaves it out.",
            line.item_name,
        );
        Some(Refusal::of_line(n, "despite_allergy", message))
    };
    lines.iter().enumerate().filter_map(unasked).collect()
}

/// Lines that ask for more than is left: `left` says what is, of items of which somebody counts. What goes comes first.
pub fn beyond(left: &[(ItemId, i32)], lines: &[PlacedLine]) -> Vec<Refusal> {
    let mut left = left.to_vec();
    let mut refusals = Vec::new();
    for (n, line) in lines.iter().enumerate() {
        let Some((_, units)) = left.iter_mut().find(|(item_id, _)| *item_id == line.item_id) else {
            continue;
        };
        if *units == 0 {
            let message = format!("{} is 86'd: the last portion is sold.", line.item_name);
            refusals.push(Refusal::of_line(n, "item_id", message));
        } else if *units < line.quantity {
            refusals.push(Refusal::of_line(
                n,
                "quantity",
                format!("Only {units} left of {}.", line.item_name),
            ));
        } else {
            *units -= line.quantity;
        }
    }
    refusals
}

/// A line's item, its choices in the menu's order, and the price of one unit.
fn priced<'a>(
    house: &'a House,
    n: usize,
    line: &SlipLine,
) -> Result<(&'a Item, Vec<ChosenModifier>, Money), Vec<Refusal>> {
    let Some(item) = house.item(line.item_id) else {
        return Err(vec![Refusal::of_line(n, "item_id", "This dish is not on the menu.")]);
    };
    if item.eighty_sixed {
        return Err(vec![Refusal::of_line(n, "item_id", format!("{} is 86'd.", item.name))]);
    }
    let mut refusals = Vec::new();
    let modifiers = chosen(house, item, &line.modifiers).unwrap_or_else(|wrong| {
        refusals.extend(wrong.into_iter().map(|words| Refusal::of_line(n, "modifiers", words)));
        Vec::new()
    });
    let unit = item.price_minor + modifiers.iter().map(|m| m.price_minor).sum();
    if unit < Money::ZERO || unit.times(line.quantity.unsigned_abs()).0 > LINE_MINOR_MAX {
        refusals.push(Refusal::of_line(n, "quantity", "This line's price is out of bounds."));
    }
    if refusals.is_empty() { Ok((item, modifiers, unit)) } else { Err(refusals) }
}

/// Choices of a dish in the menu's order, or everything that is wrong with them.
pub fn chosen(house: &House, item: &Item, wanted: &[ModifierId]) -> Result<Vec<ChosenModifier>, Vec<String>> {
    let (mut wrong, mut modifiers) = (Vec::new(), Vec::new());
    let mut known = 0;
    for group in house.groups_of(item) {
        let chosen: Vec<_> = group.modifiers.iter().filter(|m| wanted.contains(&m.modifier_id)).collect();
        known += chosen.len();
        let count = i16::try_from(chosen.len()).unwrap_or(i16::MAX);
        if count < group.min_choices {
            wrong.push(format!("{}: choose {} for {}.", group.name, group.min_choices, item.name));
        }
        if count > group.max_choices {
            wrong.push(format!("{}: choose at most {} for {}.", group.name, group.max_choices, item.name));
        }
        modifiers.extend(chosen.into_iter().map(Modifier::chosen));
    }
    if known != wanted.len() {
        wrong.push(format!("A choice of this line is not one of {}'s, or stands there twice.", item.name));
    }
    if wrong.is_empty() { Ok(modifiers) } else { Err(wrong) }
}

impl Placement {
    fn add(
        &mut self,
        house: &House,
        item: &Item,
        line: &SlipLine,
        held: bool,
        (modifiers, unit_price_minor): (Vec<ChosenModifier>, Money),
        limits: impl Fn(Option<StationId>) -> AgeLimits,
    ) {
        let legs = house.legs_of(item, &modifiers);
        let (from_pass, skips_pass) = (legs.is_empty(), !held && house.skips_pass(item, &legs));
        let (line_id, fire_id) = (LineId::new(), self.fire_of(line.course, held, skips_pass));
        for Leg { station_id, mode, step, part } in legs {
            let ticket_id = self.ticket_of(fire_id, station_id, limits(station_id));
            self.ticket_lines.push(PlacedTicketLine { ticket_id, line_id, mode, step, part });
        }
        if item.counted {
            match self.portions.iter_mut().find(|(item_id, _)| *item_id == item.item_id) {
                Some((_, units)) => *units += line.quantity,
                None => self.portions.push((item.item_id, line.quantity)),
            }
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
            allergens: item.allergens.clone(),
            despite_allergy: line.despite_allergy.clone(),
            from_pass,
        });
    }

    fn fire_of(&mut self, course: i16, held: bool, skips_pass: bool) -> FireId {
        let wanted =
            |fire: &PlacedFire| (fire.course, fire.held, fire.skips_pass) == (course, held, skips_pass);
        if let Some(fire) = self.fires.iter().find(|fire| wanted(fire)) {
            return fire.fire_id;
        }
        let fire_id = FireId::new();
        self.fires.push(PlacedFire { fire_id, course, held, skips_pass });
        fire_id
    }

    fn ticket_of(&mut self, fire_id: FireId, station_id: Option<StationId>, limits: AgeLimits) -> TicketId {
        let same = |ticket: &&mut PlacedTicket| ticket.fire_id == fire_id && ticket.station_id == station_id;
        if let Some(ticket) = self.tickets.iter_mut().find(same) {
            ticket.limits = ticket.limits.slower(limits);
            return ticket.ticket_id;
        }
        let ticket_id = TicketId::new();
        self.tickets.push(PlacedTicket { ticket_id, fire_id, station_id, limits });
        ticket_id
    }
}
