//! How boards stand, for whoever watches over the house: metrics and the manager's page.

use std::time::Duration;

use super::core::Seq;
use super::hub::{Hub, lock};
use super::picture::View;
use crate::domain::card::{Card, Header};
use crate::domain::ids::LocationId;
use crate::domain::ticket::TicketState;
use crate::metrics::Standing;

impl Hub {
    /// Where the boards of this process stand against the database, as of the last poll.
    pub fn standing(&self) -> Standing {
        let (boards, now_ms) = (self.boards(), self.watch_ms());
        let mut standing = Standing { boards: boards.len(), ..Standing::default() };
        for board in boards {
            let head = lock(&board.core).head();
            if let Some((turns, ms)) = board.stamps.behind(head, now_ms) {
                standing.boards_behind += 1;
                standing.behind_turns = standing.behind_turns.max(turns);
                standing.behind_for = standing.behind_for.max(Duration::from_millis(ms));
            }
        }
        standing
    }

    /// The turn of a view's newest frame, or of its first draw; none while nobody watches it.
    pub fn last_of(&self, location_id: LocationId, view: &View) -> Option<Seq> {
        lock(&self.known(location_id)?.core).last(view)
    }

    /// What the newest card is headed with that a view shows and that was stamped by then; those are left out.
    pub fn newest_card(
        &self,
        location_id: LocationId,
        view: &View,
        upto: Seq,
        but: &[String],
    ) -> Option<Header> {
        let board = self.known(location_id)?;
        let core = lock(&board.core);
        let is_seen = |card: &&Card| {
            card.seq().0 <= upto && (but.is_empty() || !but.contains(&card.key().element_id()))
        };
        let headed = core.rows(view).filter(is_seen).filter_map(|card| match card {
            Card::Ticket(ticket) if ticket.state == TicketState::Held => None,
            Card::Ticket(ticket) => Some((ticket.fired_at, &ticket.header)),
            Card::Fire(fire) => Some((fire.fired_at?, &fire.header)),
            Card::Tile(_) | Card::Item(_) | Card::Message(_) | Card::Lent(_) => None,
        });
        headed.max_by_key(|(fired_at, _)| *fired_at).map(|(_, header)| header.clone())
    }
}
