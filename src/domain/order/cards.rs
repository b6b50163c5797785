//! The cards of a Send, made from its placement: what the database would answer if the board were read again.
//!
//! `tests/store/sends.rs` holds them against `delta.sql`, field by field. Whatever a card prints belongs in both.

use time::OffsetDateTime;

use super::Placement;
use super::placement::{PlacedFire, PlacedLine, PlacedTicket, PlacedTicketLine};
use crate::domain::age::AgeLimits;
use crate::domain::allergy::Allergies;
use crate::domain::card::{
    Card, CardKey, FireCard, FireLine, FireTicket, Header, TicketCard, TicketLine, Tile, TileCheck,
};
use crate::domain::check::{CheckState, OrderType};
use crate::domain::ids::{BoardSeq, CheckId, FireId, LineId, TableId, TicketId, Version};
use crate::domain::menu::House;
use crate::domain::money::Money;
use crate::domain::ticket::{LineState, TicketState};

/// What a Send's turn decided: the check it stands on, as the Send left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The turn.
    pub seq: BoardSeq,
    /// When it was sent.
    pub at: OffsetDateTime,
    /// Who sent it, by name.
    pub waiter: String,
    /// The check.
    pub check_id: CheckId,
    /// Its number of the business day.
    pub check_no: i32,
    /// Which Send of the check this is.
    pub send_no: i32,
    /// The check's table, which need not be named by the slip.
    pub table_id: Option<TableId>,
    /// That table's label.
    pub table: Option<String>,
    /// How the check's guests eat.
    pub order_type: OrderType,
    /// Its guests, as far as anybody said.
    pub covers: Option<i16>,
    /// Its guests are important.
    pub vip: bool,
    /// What the check's guests must not eat, and which telling that was.
    pub allergies: (Allergies, i32),
    /// Whether more cards changed than the Send's own, or its cards have lines of another Send: something joined a course
    /// that the check already holds, an allergy was told, or portions were counted.
    pub reaches_others: bool,
}

impl Taken {
    /// Which tile of the floor shows the check.
    pub fn tile_key(&self) -> CardKey {
        self.table_id.map_or(CardKey::Check(self.check_id), CardKey::Table)
    }

    fn header(&self, course: i16) -> Header {
        Header {
            check_no: self.check_no,
            send_no: self.send_no,
            table: self.table.clone(),
            waiter: self.waiter.clone(),
            order_type: self.order_type,
            course,
            vip: self.vip,
            allergies: self.allergies.0.clone(),
            allergies_told: self.allergies.1,
        }
    }

    /// The check as its first Send opened it.
    fn opened(&self, tickets_open: i64, fires_held: i64, total_minor: Money) -> TileCheck {
        TileCheck {
            check_id: self.check_id,
            check_no: self.check_no,
            order_type: self.order_type,
            state: CheckState::Open,
            covers: self.covers,
            waiter: self.waiter.clone(),
            vip: self.vip,
            opened_at: self.at,
            tickets_open,
            alarms: Vec::new(),
            late: Vec::new(),
            ready: Vec::new(),
            fires_held,
            total_minor,
        }
    }
}

impl Placement {
    /// Every card that this Send put on the board or changed there. `tile` is the one of [`Taken::tile_key`] as it stood
    /// one turn before. None if that tile does not fit, a held card grew, an allergy was told, portions were counted, or
    /// something of it is ready at once because only the pass has it:
    /// then the board has to be read.
    pub fn cards(&self, house: &House, taken: &Taken, tile: Option<&Tile>) -> Option<Vec<Card>> {
        let is_made = |fire: &PlacedFire| self.tickets.iter().any(|ticket| ticket.fire_id == fire.fire_id);
        if taken.reaches_others || !self.fires.iter().all(is_made) {
            return None;
        }
        let mut cards = vec![Card::Tile(self.tile(taken, tile)?)];
        cards.extend(self.tickets.iter().map(|ticket| {
            let fire = self.fire(ticket.fire_id);
            let lines = self.lines.iter().filter(|line| self.stands_on(line.line_id, ticket.ticket_id));
            let home = ticket.station_id.and_then(|id| house.station_by_id(id));
            Card::Ticket(TicketCard {
                ticket_id: ticket.ticket_id,
                fire_id: ticket.fire_id,
                station_id: home.map(|home| home.shown_at.unwrap_or(home.station_id)),
                station: home.map(|home| home.name.clone()),
                lent: home.is_some_and(|home| home.shown_at.is_some()),
                state: state_of(fire),
                version: Version(1),
                board_seq: taken.seq,
                shown_seq: BoardSeq(0),
                stamped_at: taken.at,
                fired_at: taken.at,
                due_at: None,
                rushed_at: None,
                recalled: 0,
                allergies_seen: 0,
                limits: ticket.limits,
                header: taken.header(fire.map_or(1, |fire| fire.course)),
                lines: lines.map(|line| self.ticket_line(house, line, ticket)).collect(),
            })
        }));
        cards.extend(self.fires.iter().map(|fire| {
            Card::Fire(FireCard {
                fire_id: fire.fire_id,
                check_id: taken.check_id,
                board_seq: taken.seq,
                fired_at: (!fire.held).then_some(taken.at),
                due_at: None,
                rushed_at: None,
                plated_at: None,
                pass: house.pass,
                skips_pass: fire.skips_pass,
                allergies_seen: 0,
                limits: self.limits_of(fire.fire_id),
                header: taken.header(fire.course),
                tickets: self.fire_tickets(house, taken, |ticket| ticket.fire_id == fire.fire_id),
                lines: self
                    .lines
                    .iter()
                    .filter(|line| line.fire_id == fire.fire_id)
                    .map(|line| self.fire_line(house, taken, line))
                    .collect(),
            })
        }));
        Some(cards)
    }

    /// The floor's tile with this Send on it.
    fn tile(&self, taken: &Taken, held: Option<&Tile>) -> Option<Tile> {
        let is_open = |ticket: &&PlacedTicket| state_of(self.fire(ticket.fire_id)) == TicketState::Open;
        let tickets_open = count(self.tickets.iter().filter(is_open));
        let fires_held = count(self.fires.iter().filter(|fire| fire.held));
        let total_minor = self.lines.iter().map(line_total).sum();
        let mut tile = match held {
            Some(held) => held.clone(),
            None if taken.table_id.is_some() => return None, // a table's tile is always there
            None => Tile {
                table: None,
                position: Tile::LOOSE_FROM + taken.check_no,
                board_seq: taken.seq,
                checks: Vec::new(),
            },
        };
        tile.board_seq = taken.seq;
        let known = tile.checks.iter_mut().find(|check| check.check_id == taken.check_id);
        match (known, taken.send_no) {
            (Some(check), 2..) => {
                check.state = CheckState::Open; // more was ordered after the bill was printed
                check.covers = taken.covers;
                check.tickets_open += tickets_open;
                check.fires_held += fires_held;
                check.total_minor = check.total_minor + total_minor;
            }
            (None, 1) => {
                tile.checks.push(taken.opened(tickets_open, fires_held, total_minor));
                tile.checks.sort_by_key(|check| (check.opened_at, check.check_id));
            }
            _ => return None,
        }
        Some(tile)
    }

    /// Those tickets of a fire that are asked for, in the stations' order; the unrouted one last.
    fn fire_tickets(
        &self,
        house: &House,
        taken: &Taken,
        of: impl Fn(&PlacedTicket) -> bool,
    ) -> Vec<FireTicket> {
        let mut tickets: Vec<_> = self.tickets.iter().filter(|ticket| of(ticket)).collect();
        let place = |ticket: &&PlacedTicket| {
            let at = |id| house.stations.iter().position(|station| station.station_id == id);
            ticket.station_id.and_then(at).unwrap_or(usize::MAX)
        };
        tickets.sort_by_key(place);
        tickets
            .into_iter()
            .map(|ticket| FireTicket {
                ticket_id: ticket.ticket_id,
                station: ticket
                    .station_id
                    .and_then(|id| house.station_by_id(id))
                    .map(|station| station.name.clone()),
                state: state_of(self.fire(ticket.fire_id)),
                started: false,
                version: Version(1),
                board_seq: taken.seq,
                shown_seq: BoardSeq(0),
            })
            .collect()
    }

    fn fire_line(&self, house: &House, taken: &Taken, line: &PlacedLine) -> FireLine {
        let tickets =
            self.fire_tickets(house, taken, |ticket| self.stands_on(line.line_id, ticket.ticket_id));
        FireLine {
            line_id: line.line_id,
            name: line.kitchen_name.clone(),
            quantity: line.quantity,
            voided: 0,
            void_reason: None,
            refire: None,
            seat: line.seat,
            note: line.note.clone(),
            modifiers: line.modifiers.clone(),
            allergens: line.allergens.clone(),
            despite_allergy: line.despite_allergy.clone(),
            eighty_sixed: false,
            changed: false,
            changed_from: None,
            from_pass: line.from_pass,
            ready: line.from_pass && self.fire(line.fire_id).is_some_and(|fire| !fire.held),
            stations: tickets.into_iter().filter_map(|ticket| ticket.station).collect(),
        }
    }

    fn ticket_line(&self, house: &House, line: &PlacedLine, ticket: &PlacedTicket) -> TicketLine {
        let here = |leg: &&PlacedTicketLine| leg.line_id == line.line_id && leg.ticket_id == ticket.ticket_id;
        let leg = self.ticket_lines.iter().find(here);
        TicketLine {
            line_id: line.line_id,
            name: line.kitchen_name.clone(),
            quantity: line.quantity,
            voided: 0,
            acknowledged: 0,
            changed_from: None,
            void_reason: None,
            refire: None,
            seat: line.seat,
            note: line.note.clone(),
            modifiers: line.modifiers.clone(),
            allergens: line.allergens.clone(),
            eighty_sixed: false,
            state: LineState::Waiting,
            part: leg.and_then(|leg| leg.part.clone()),
            comes_later: leg.is_some_and(|leg| leg.step > 1),
            waits_for: leg.map(|leg| self.before(house, leg)).unwrap_or_default(),
        }
    }

    /// The stations that have a line before that one.
    fn before(&self, house: &House, leg: &PlacedTicketLine) -> Vec<String> {
        let earlier = self.ticket_lines.iter().filter(|e| e.line_id == leg.line_id && e.step < leg.step);
        let mut stations: Vec<_> = earlier
            .filter_map(|e| {
                let ticket = self.tickets.iter().find(|ticket| ticket.ticket_id == e.ticket_id)?;
                let at = house.stations.iter().position(|here| Some(here.station_id) == ticket.station_id)?;
                Some((e.step, at))
            })
            .collect();
        stations.sort_unstable();
        stations.into_iter().map(|(_, at)| house.stations[at].name.clone()).collect()
    }

    fn fire(&self, fire_id: FireId) -> Option<&PlacedFire> {
        self.fires.iter().find(|fire| fire.fire_id == fire_id)
    }

    /// The pass waits for the most patient of a fire's tickets.
    fn limits_of(&self, fire_id: FireId) -> AgeLimits {
        let of_fire =
            self.tickets.iter().filter(|ticket| ticket.fire_id == fire_id).map(|ticket| ticket.limits);
        of_fire.reduce(AgeLimits::slower).unwrap_or(AgeLimits::DEFAULT)
    }

    fn stands_on(&self, line_id: LineId, ticket_id: TicketId) -> bool {
        self.ticket_lines.iter().any(|line| line.line_id == line_id && line.ticket_id == ticket_id)
    }
}

fn state_of(fire: Option<&PlacedFire>) -> TicketState {
    if fire.is_some_and(|fire| fire.held) { TicketState::Held } else { TicketState::Open }
}

fn count<T>(of: impl Iterator<Item = T>) -> i64 {
    i64::try_from(of.count()).unwrap_or(i64::MAX)
}

fn line_total(line: &PlacedLine) -> Money {
    line.unit_price_minor.times(u32::try_from(line.quantity).unwrap_or(0))
}
