//! The rows of one Send: order, fire, lines, tickets and their lines.

use std::collections::BTreeMap;

use sqlx::types::Json;
use time::OffsetDateTime;

use super::{Hand, Story};
use crate::domain::card::{ChosenModifier, Header};
use crate::domain::demo::evening::Line;
use crate::domain::demo::menu::{self, Route};
use crate::domain::demo::{LIMITS, LOCATION_ID, STATIONS, station_id};
use crate::domain::ids::{FireId, LineId, OrderId, TicketId};
use crate::domain::money::Money;

/// An order line with where it goes.
pub(super) struct Plate {
    line_id: LineId,
    route: &'static Route,
}

impl Story<'_> {
    /// No tablet has this slip, so its hash need only be one: that of the order's own id.
    pub(super) async fn write_order(
        &mut self,
        order_id: OrderId,
        send_no: i32,
        by: &Hand,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "insert into orders (location_id, order_id, check_id, send_no, slip_hash, staff_id, device_id, sent_at
              , board_seq)
            values ($1, $2, $3, $4, sha256(uuid_send($2)), $5, $6, $7, $8)",
        )
        .bind(LOCATION_ID)
        .bind(order_id)
        .bind(self.check_id)
        .bind(send_no)
        .bind(by.staff_id)
        .bind(by.device_id)
        .bind(by.at)
        .bind(self.seq)
        .execute(&mut *self.db)
        .await?;
        Ok(())
    }

    pub(super) async fn write_fire(
        &mut self,
        fire_id: FireId,
        header: &Header,
        at: OffsetDateTime,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "insert into fires (location_id, fire_id, check_id, course, fired_at, header, board_seq)
            values ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(LOCATION_ID)
        .bind(fire_id)
        .bind(self.check_id)
        .bind(header.course)
        .bind(at)
        .bind(Json(header))
        .bind(self.seq)
        .execute(&mut *self.db)
        .await?;
        Ok(())
    }

    pub(super) async fn write_lines(
        &mut self,
        order_id: OrderId,
        fire_id: FireId,
        lines: &'static [Line],
    ) -> Result<Vec<Plate>, sqlx::Error> {
        let mut plates = Vec::with_capacity(lines.len());
        for (line, line_no) in lines.iter().zip(1_i16..) {
            let (category, item, route) = menu::find(line.item).ok_or(sqlx::Error::RowNotFound)?;
            let modifiers = chosen(item, line);
            let unit_price =
                item.price + modifiers.iter().map(|modifier| modifier.price_minor).sum::<Money>();
            let line_id = LineId::new();
            sqlx::query(
                "insert into order_lines (location_id, line_id, order_id, line_no, item_id, item_name, kitchen_name
                  , quantity, seat, note, modifiers, unit_price_minor, tax_basis_points, fire_id)
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
            )
            .bind(LOCATION_ID)
            .bind(line_id)
            .bind(order_id)
            .bind(line_no)
            .bind(item.id())
            .bind(item.name)
            .bind(item.kitchen_name)
            .bind(line.quantity)
            .bind(line.seat)
            .bind(line.note)
            .bind(Json(modifiers))
            .bind(unit_price)
            .bind(category.tax_basis_points)
            .bind(fire_id)
            .execute(&mut *self.db)
            .await?;
            plates.push(Plate { line_id, route });
        }
        Ok(plates)
    }

    /// A ticket for every station that some line goes to.
    pub(super) async fn write_tickets(
        &mut self,
        fire_id: FireId,
        header: &Header,
        plates: &[Plate],
        at: OffsetDateTime,
    ) -> Result<(), sqlx::Error> {
        let mut tickets = BTreeMap::new();
        for plate in plates {
            for &slug in plate.route.stations {
                tickets.entry(slug).or_insert_with(Vec::new).push(plate);
            }
        }
        for (slug, plates) in tickets {
            let ticket_id = TicketId::new();
            let own = STATIONS.iter().find(|station| station.slug == slug).and_then(|station| station.limits);
            let limits = own.unwrap_or(LIMITS);
            sqlx::query(
                "insert into tickets (location_id, ticket_id, fire_id, station_id, state, board_seq, stamped_at, header
                  , warn_after_s, late_after_s, late_at)
                values ($1, $2, $3, $4, 'open', $5, $6, $7, $8, $9, $6 + make_interval(secs => $9))",
            )
            .bind(LOCATION_ID)
            .bind(ticket_id)
            .bind(fire_id)
            .bind(station_id(slug))
            .bind(self.seq)
            .bind(at)
            .bind(Json(header))
            .bind(limits.warn_after_s)
            .bind(limits.late_after_s)
            .execute(&mut *self.db)
            .await?;
            for plate in plates {
                sqlx::query(
                    "insert into ticket_lines (location_id, ticket_id, line_id, fire_id, mode)
                    values ($1, $2, $3, $4, $5)",
                )
                .bind(LOCATION_ID)
                .bind(ticket_id)
                .bind(plate.line_id)
                .bind(fire_id)
                .bind(plate.route.mode)
                .execute(&mut *self.db)
                .await?;
            }
        }
        Ok(())
    }
}

/// What the line chose, in the order the waiter was asked.
fn chosen(item: &menu::Item, line: &Line) -> Vec<ChosenModifier> {
    let choices = item.groups.iter().flat_map(|group| group.choices);
    choices
        .filter(|choice| line.choices.contains(&choice.name))
        .map(|choice| ChosenModifier {
            name: choice.name.to_owned(),
            prefix: choice.prefix,
            price_minor: choice.price,
        })
        .collect()
}
