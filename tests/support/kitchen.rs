//! Where something stands, asked of the rows.

use comanda::domain::ids::{FireId, LineId, TicketId};

use super::{Placed, TestApp};

impl TestApp {
    /// The fire that holds a course of that check.
    pub(crate) async fn held(&self, placed: &Placed, course: i16) -> FireId {
        let held = format!(
            "select fire_id from fires
            where check_id = $1 and course = {course} and fired_at is null and cleared_at is null"
        );
        FireId(self.ask(&held, placed.check().0).await)
    }

    /// A line of that check, by its dish.
    pub(crate) async fn line(&self, placed: &Placed, dish: &str) -> LineId {
        let line = format!(
            "select l.line_id from order_lines l join orders o using (location_id, order_id)
            where o.check_id = $1 and l.item_name = '{dish}'"
        );
        LineId(self.ask(&line, placed.check().0).await)
    }

    /// The ticket of a line at a station, wherever it stands now.
    pub(crate) async fn ticket_of(&self, line: LineId, station: &str) -> TicketId {
        let ticket = format!(
            "select t.ticket_id from ticket_lines tl join tickets t using (location_id, ticket_id)
            join stations s using (location_id, station_id) where tl.line_id = $1 and s.slug = '{station}'"
        );
        TicketId(self.ask(&ticket, line.0).await)
    }

    /// Where a ticket stands.
    pub(crate) async fn state_of(&self, ticket: TicketId) -> String {
        self.ask("select state from tickets where ticket_id = $1", ticket.0).await
    }
}
