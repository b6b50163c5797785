//! A check as its page reads it: what was sent, what the kitchen did with it, what it comes to.

use time::OffsetDateTime;

use super::allergy::{Allergen, Allergies};
use super::card::ChosenModifier;
use super::check::{CheckState, OrderType};
use super::course::COURSES_MAX;
use super::ids::{CheckId, FireId, LineId, OrderId, TableId, TicketId};
use super::line::LineStanding;
use super::money::Money;
use super::ticket::TicketState;
use super::unseen::whom;

/// A check as the page shows it.
#[derive(Debug, Clone)]
pub struct CheckView {
    /// Its id.
    pub check_id: CheckId,
    /// Its number of the business day.
    pub check_no: i32,
    /// Its table.
    pub table_id: Option<TableId>,
    /// "T12", "Takeaway".
    pub label: String,
    /// How the guests eat.
    pub order_type: OrderType,
    /// Where it stands.
    pub state: CheckState,
    /// Guests, if somebody said.
    pub covers: Option<i16>,
    /// Whose party it is.
    pub waiter: String,
    /// Important guests.
    pub vip: bool,
    /// When.
    pub opened_at: OffsetDateTime,
    /// When it was closed, and by whom.
    pub closed: Option<(OffsetDateTime, String)>,
    /// What its guests must not eat.
    pub allergies: Allergies,
    /// How often something was told of them.
    pub allergies_told: i32,
    /// What it comes to, voids taken off.
    pub total_minor: Money,
    /// The tax within the total, by rate.
    pub taxes: Vec<TaxWithin>,
    /// Its courses that wait for somebody to fire them, in order.
    pub held: Vec<HeldCourse>,
    /// Its Sends, newest last.
    pub orders: Vec<OrderView>,
}

/// A course on hold.
#[derive(Debug, Clone)]
pub struct HeldCourse {
    /// Its fire.
    pub fire_id: FireId,
    /// Which course.
    pub course: i16,
    /// When the house's rule fires it, if that is known.
    pub due_at: Option<OffsetDateTime>,
    /// What waits, whatever Send it came with.
    pub lines: Vec<HeldLine>,
}

/// A line on hold.
#[derive(Debug, Clone)]
pub struct HeldLine {
    /// Its id.
    pub line_id: LineId,
    /// The dish, by its name for guests.
    pub name: String,
    /// Units that still count.
    pub live: i32,
    /// Whose plate.
    pub seat: Option<i16>,
    /// 86'd since it was ordered.
    pub eighty_sixed: bool,
    /// What it contains that its guest must not eat, and nobody has asked them about.
    pub unasked: Vec<Allergen>,
}

impl HeldLine {
    /// Why whoever fires it is asked first.
    pub fn doubt(&self) -> Option<String> {
        match (self.eighty_sixed, self.unasked.as_slice()) {
            (true, _) => Some("86".to_owned()),
            (false, []) => None,
            (false, unasked) => Some(format!("allergy, it contains {}", Allergen::words(unasked))),
        }
    }
}

impl HeldCourse {
    /// Its dishes that whoever fires it is asked about, and why: `Sardines: 86`.
    pub fn doubts(&self) -> Vec<String> {
        self.lines.iter().filter_map(|line| Some(format!("{}: {}", line.name, line.doubt()?))).collect()
    }
}

/// The tax of one rate within the total.
#[derive(Debug, Clone, Copy)]
pub struct TaxWithin {
    /// The rate, in hundredths of a percent.
    pub basis_points: i32,
    /// What it comes to.
    pub amount: Money,
}

/// One Send of the check.
#[derive(Debug, Clone)]
pub struct OrderView {
    /// Its id.
    pub order_id: OrderId,
    /// Which Send.
    pub send_no: i32,
    /// When it was sent.
    pub sent_at: OffsetDateTime,
    /// By whom.
    pub waiter: String,
    /// What was asked for, in the order of the slip.
    pub lines: Vec<LineView>,
    /// What left the floor with it, by course.
    pub fires: Vec<FireView>,
}

/// One line of a Send.
#[derive(Debug, Clone)]
pub struct LineView {
    /// Its id.
    pub line_id: LineId,
    /// The dish, by its name for guests.
    pub name: String,
    /// Units asked for.
    pub quantity: i32,
    /// Units voided since.
    pub voided: i32,
    /// Why.
    pub void_reason: Option<String>,
    /// Of those, what was made already and thrown away.
    pub wasted: i32,
    /// What it contains that its guest must not eat, and nobody has asked them about.
    pub unasked: Vec<Allergen>,
    /// It is cooked again, without being paid: why.
    pub refire: Option<String>,
    /// Whose plate.
    pub seat: Option<i16>,
    /// Its course.
    pub course: i16,
    /// Free words to the kitchen.
    pub note: Option<String>,
    /// Choices, as they were when ordered.
    pub modifiers: Vec<ChosenModifier>,
    /// One unit, choices included.
    pub unit_price_minor: Money,
    /// How far it is.
    pub standing: LineStanding,
}

/// One course of a Send in the kitchen; what is on hold is no part of it yet.
#[derive(Debug, Clone)]
pub struct FireView {
    /// Its id.
    pub fire_id: FireId,
    /// The course.
    pub course: i16,
    /// When it was fired.
    pub fired_at: OffsetDateTime,
    /// Since when it is to be made first, if it is.
    pub rushed_at: Option<OffsetDateTime>,
    /// The telling of allergies that nobody at the pass has seen yet, if there is one.
    pub allergy_unseen: Option<i32>,
    /// Put on plates at the pass: when.
    pub plated_at: Option<OffsetDateTime>,
    /// Handed to the guest: when.
    pub handed_over_at: Option<OffsetDateTime>,
    /// Neither handed over nor cleared.
    pub stands: bool,
    /// One a station; none where only the pass has it.
    pub tickets: Vec<TicketReceipt>,
}

/// How far one station got: sent, shown, ready.
#[derive(Debug, Clone)]
pub struct TicketReceipt {
    /// Its id.
    pub ticket_id: TicketId,
    /// None: no route matched, the pass has it.
    pub station: Option<String>,
    /// The station whose screen shows it; none: the pass.
    pub screen: Option<String>,
    /// Where it stands.
    pub state: TicketState,
    /// When a screen first confirmed that it was painted.
    pub shown_at: Option<OffsetDateTime>,
    /// Which screen.
    pub shown_on: Option<String>,
    /// Whether the floor was told that no screen has shown it.
    pub alarmed: bool,
    /// When the station was through with it.
    pub bumped_at: Option<OffsetDateTime>,
    /// How often it came back.
    pub recalled: i32,
}

impl TaxWithin {
    /// `21%`, `5.5%`: the rate as people write it.
    pub fn rate(&self) -> String {
        let (whole, part) = (self.basis_points / 100, self.basis_points % 100);
        match part {
            0 => format!("{whole}%"),
            part if part % 10 == 0 => format!("{whole}.{}%", part / 10),
            part => format!("{whole}.{part:02}%"),
        }
    }
}

impl LineView {
    /// Units that still count.
    pub fn live(&self) -> i32 {
        self.quantity - self.voided
    }

    /// What the live units come to.
    pub fn amount(&self) -> Money {
        self.unit_price_minor.times(u32::try_from(self.live()).unwrap_or(0))
    }
}

impl FireView {
    /// It left the floor later than its Send.
    pub fn was_held(&self, sent_at: &OffsetDateTime) -> bool {
        self.fired_at > *sent_at
    }

    /// A station still works on it.
    pub fn is_cooking(&self) -> bool {
        self.tickets.iter().any(|ticket| ticket.state == TicketState::Open)
    }

    /// Every station is through with it, and nobody has handed it over.
    pub fn is_ready(&self) -> bool {
        self.stands
            && (self.tickets.is_empty()
                || self.tickets.iter().any(|ticket| ticket.state == TicketState::Bumped))
            && self.tickets.iter().all(|ticket| ticket.state != TicketState::Open)
    }
}

impl TicketReceipt {
    /// "Grill", or where unrouted dishes go.
    pub fn place(&self) -> &str {
        self.station.as_deref().unwrap_or("the pass (no station)")
    }

    /// Whom to go and tell, because no screen has shown it.
    pub fn alarm(&self) -> Option<&str> {
        let is_unseen = self.alarmed && self.shown_at.is_none() && self.state == TicketState::Open;
        is_unseen.then(|| whom(self.screen.as_deref()))
    }
}

impl CheckView {
    /// Lines may still be added or voided, and the check can be closed.
    pub fn is_open(&self) -> bool {
        self.state.takes_orders()
    }

    /// The courses a held line may move to: those of the check, and the next one.
    pub fn courses(&self) -> std::ops::RangeInclusive<i16> {
        let lines = self.orders.iter().flat_map(|order| &order.lines);
        let last = lines.map(|line| line.course).max().unwrap_or(1);
        1..=COURSES_MAX.min(last + 1)
    }

    /// Whether somebody still waits for something of it, paid or not.
    pub fn is_awaited(&self) -> bool {
        let fires = || self.orders.iter().flat_map(|order| &order.fires);
        let is_awaited = |fire: &FireView| {
            let is_there = |ticket: &TicketReceipt| ticket.state != TicketState::Cleared;
            fire.stands && (fire.tickets.is_empty() || fire.tickets.iter().any(is_there))
        };
        self.is_open() || fires().any(is_awaited)
    }

    /// Tickets that the kitchen still works on.
    pub fn tickets_open(&self) -> usize {
        let tickets = self.orders.iter().flat_map(|order| &order.fires).flat_map(|fire| &fire.tickets);
        tickets.filter(|ticket| ticket.state == TicketState::Open).count()
    }

    /// The order page that adds to it.
    pub fn add_address(&self) -> String {
        match self.table_id {
            Some(table_id) => format!("/tables/{table_id}"),
            None => format!("/takeaway?check_id={}", self.check_id),
        }
    }

    /// The element id of its tile on the floor.
    pub fn tile_id(&self) -> String {
        match self.table_id {
            Some(table_id) => format!("b-{table_id}"),
            None => format!("c-{}", self.check_id),
        }
    }
}

/// The open check that an order adds to.
#[derive(Debug, Clone)]
pub struct OpenCheck {
    /// Its id.
    pub check_id: CheckId,
    /// Its number of the business day.
    pub check_no: i32,
    /// Guests, if somebody said.
    pub covers: Option<i16>,
    /// What they must not eat.
    pub allergies: Allergies,
}

/// What became of an allergy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum AllergyVerb {
    /// A guest said so.
    Told,
    /// It was a mistake.
    TakenBack,
    /// A station or the pass has read it.
    Seen,
    /// A dish was ordered that contains it: the kitchen leaves it out.
    OrderedAnyway,
}

/// One step of the chain: who knew what, and when.
#[derive(Debug, Clone)]
pub struct AllergyStep {
    /// What happened.
    pub verb: AllergyVerb,
    /// Whose plate; none: the whole table's.
    pub seat: Option<i16>,
    /// Which of the fourteen; what a dish contains, where one was ordered.
    pub allergens: Vec<Allergen>,
    /// The dish that was ordered.
    pub dish: Option<String>,
    /// The course that was seen or ordered.
    pub course: Option<i16>,
    /// Where it was seen.
    pub place: Option<String>,
    /// When.
    pub at: OffsetDateTime,
    /// Who.
    pub by: String,
}
