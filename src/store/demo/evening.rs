//! The party at table 7, told as the commands that would have made its rows: each takes a turn, stamps what it
//! changed and says in the audit who did it.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sqlx::PgConnection;
use sqlx::types::Json;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::domain::card::{ChosenModifier, Header};
use crate::domain::check::OrderType;
use crate::domain::demo::evening::{Done, Line, Send, VISIT};
use crate::domain::demo::menu::{self, Route};
use crate::domain::demo::{LOCATION_ID, id_of, staff_id, station_id, table_id};
use crate::domain::ids::{BoardSeq, CheckId, DeviceId, FireId, LineId, OrderId, StaffId, TicketId};
use crate::domain::money::Money;

/// How long after the tap a kitchen screen confirmed the card.
const SHOWN_AFTER: Duration = Duration::milliseconds(300);

/// Tells the visit up to `now`.
pub(super) async fn tell(db: &mut PgConnection, now: OffsetDateTime) -> Result<(), sqlx::Error> {
    let mut story = Story {
        db,
        now,
        check_id: CheckId::new(),
        seq: BoardSeq::default(),
    };
    for (send, send_no) in VISIT.sends.iter().zip(1..) {
        let sent_at = story.ago(send.minutes_ago);
        story.turn().await?;
        if send_no == 1 {
            story.open_check(sent_at).await?;
        }
        let fire_id = story.send(send, send_no, sent_at).await?;
        story.turn().await?;
        story.show(fire_id, sent_at + SHOWN_AFTER).await?;
        for bump in send.bumps {
            story.turn().await?;
            story.bump(fire_id, bump).await?;
        }
        if let Some(done) = &send.handed_over {
            story.turn().await?;
            story.hand_over(fire_id, done).await?;
        }
    }
    Ok(())
}

struct Story<'a> {
    db: &'a mut PgConnection,
    now: OffsetDateTime,
    check_id: CheckId,
    seq: BoardSeq,
}

/// Who did something, where and when.
struct Hand {
    staff_id: StaffId,
    device_id: DeviceId,
    at: OffsetDateTime,
}

impl Hand {
    fn of(done: &Done, at: OffsetDateTime) -> Self {
        Self {
            staff_id: staff_id(done.by),
            device_id: DeviceId(id_of("screen", done.at)),
            at,
        }
    }

    fn of_waiter(at: OffsetDateTime) -> Self {
        Self {
            staff_id: staff_id(VISIT.waiter),
            device_id: DeviceId(id_of("tablet", VISIT.waiter)),
            at,
        }
    }
}

/// An order line with where it goes.
struct Plate {
    line_id: LineId,
    route: &'static Route,
}

impl Story<'_> {
    fn ago(&self, minutes: i64) -> OffsetDateTime {
        self.now - Duration::minutes(minutes)
    }

    async fn turn(&mut self) -> Result<(), sqlx::Error> {
        self.seq = sqlx::query_scalar("update boards set seq = seq + 1 where location_id = $1 returning seq")
            .bind(LOCATION_ID)
            .fetch_one(&mut *self.db)
            .await?;
        Ok(())
    }

    /// The first check of the day.
    async fn open_check(&mut self, at: OffsetDateTime) -> Result<(), sqlx::Error> {
        sqlx::query(
            "with turn as (
                update boards set checks_today = checks_today + 1 where location_id = $1
                returning business_day, checks_today
            )
            insert into checks (location_id, check_id, table_id, business_day, check_no, order_type, covers, state
              , opened_at, opened_by, board_seq)
            select $1, $2, $3, business_day, checks_today, $4, $5, 'open', $6, $7, $8 from turn",
        )
        .bind(LOCATION_ID)
        .bind(self.check_id)
        .bind(table_id(VISIT.table))
        .bind(OrderType::DineIn)
        .bind(VISIT.covers)
        .bind(at)
        .bind(staff_id(VISIT.waiter))
        .bind(self.seq)
        .execute(&mut *self.db)
        .await?;
        Ok(())
    }

    /// One Send is one fire here: everything of it is of one course.
    async fn send(&mut self, send: &Send, send_no: i32, at: OffsetDateTime) -> Result<FireId, sqlx::Error> {
        let (order_id, fire_id) = (OrderId::new(), FireId::new());
        let check_no = sqlx::query_scalar(
            "update checks set sends = $3 where location_id = $1 and check_id = $2 returning check_no",
        )
        .bind(LOCATION_ID)
        .bind(self.check_id)
        .bind(send_no)
        .fetch_one(&mut *self.db)
        .await?;
        let header = Header {
            check_no,
            send_no,
            table: Some(VISIT.table.to_owned()),
            waiter: VISIT.waiter.to_owned(),
            order_type: OrderType::DineIn,
            course: send.course,
        };
        self.write_order(order_id, send_no, at).await?;
        self.write_fire(fire_id, &header, at).await?;
        let plates = self.write_lines(order_id, fire_id, send.lines).await?;
        self.write_tickets(fire_id, &header, &plates, at).await?;
        self.stamp(fire_id).await?;
        let by = Hand::of_waiter(at);
        self.audit("send", &by, order_id.0, json!({})).await?;
        Ok(fire_id)
    }

    /// No tablet has this slip, so its hash need only be one: that of the order's own id.
    async fn write_order(
        &mut self,
        order_id: OrderId,
        send_no: i32,
        at: OffsetDateTime,
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
        .bind(staff_id(VISIT.waiter))
        .bind(Hand::of_waiter(at).device_id)
        .bind(at)
        .bind(self.seq)
        .execute(&mut *self.db)
        .await?;
        Ok(())
    }

    async fn write_fire(
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

    async fn write_lines(
        &mut self,
        order_id: OrderId,
        fire_id: FireId,
        lines: &'static [Line],
    ) -> Result<Vec<Plate>, sqlx::Error> {
        let mut plates = Vec::with_capacity(lines.len());
        for (line, line_no) in lines.iter().zip(1_i16..) {
            let (category, item, route) = menu::find(line.item).ok_or(sqlx::Error::RowNotFound)?;
            let modifiers = chosen(item, line);
            let unit_price = item.price
                + modifiers
                    .iter()
                    .map(|modifier| modifier.price_minor)
                    .sum::<Money>();
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
    async fn write_tickets(
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
            sqlx::query(
                "insert into tickets (location_id, ticket_id, fire_id, station_id, state, board_seq, stamped_at, header)
                values ($1, $2, $3, $4, 'open', $5, $6, $7)",
            )
            .bind(LOCATION_ID)
            .bind(ticket_id)
            .bind(fire_id)
            .bind(station_id(slug))
            .bind(self.seq)
            .bind(at)
            .bind(Json(header))
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

    /// Every station's screen confirms its card. The floor's tile is stamped, the tickets are not.
    async fn show(&mut self, fire_id: FireId, at: OffsetDateTime) -> Result<(), sqlx::Error> {
        sqlx::query(
            "update tickets set shown_seq = tickets.board_seq, shown_at = $3, shown_on = stations.name
            from stations
            where tickets.location_id = $1 and fire_id = $2
                and stations.location_id = tickets.location_id and stations.station_id = tickets.station_id",
        )
        .bind(LOCATION_ID)
        .bind(fire_id)
        .bind(at)
        .execute(&mut *self.db)
        .await?;
        self.stamp_tile().await
    }

    /// One station is through with its ticket.
    async fn bump(&mut self, fire_id: FireId, bump: &Done) -> Result<(), sqlx::Error> {
        let by = Hand::of(bump, self.ago(bump.minutes_ago));
        let ticket_id: Uuid = sqlx::query_scalar(
            "with ticket as (
                update tickets set state = 'bumped', bumped_at = $4, bumped_by = $5, bumped_on = $6, stamped_at = $4
                  , board_seq = $7
                where location_id = $1 and fire_id = $2 and station_id = $3
                returning ticket_id
            )
            , made as (
                update ticket_lines set state = 'ready', ready_at = $4
                from ticket
                where location_id = $1 and ticket_lines.ticket_id = ticket.ticket_id
            )
            select ticket_id from ticket",
        )
        .bind(LOCATION_ID)
        .bind(fire_id)
        .bind(station_id(bump.at))
        .bind(by.at)
        .bind(by.staff_id)
        .bind(by.device_id)
        .bind(self.seq)
        .fetch_one(&mut *self.db)
        .await?;
        self.stamp(fire_id).await?;
        let station = json!({ "station_id": station_id(bump.at) });
        self.audit("bump", &by, ticket_id, station).await
    }

    /// The pass hands the fire over: the guests have it.
    async fn hand_over(&mut self, fire_id: FireId, done: &Done) -> Result<(), sqlx::Error> {
        let by = Hand::of(done, self.ago(done.minutes_ago));
        sqlx::query(
            "with fire as (
                update fires set handed_over_at = $3, handed_over_by = $4, handed_over_on = $5
                where location_id = $1 and fire_id = $2
            )
            update order_lines set served_at = $3 where location_id = $1 and fire_id = $2",
        )
        .bind(LOCATION_ID)
        .bind(fire_id)
        .bind(by.at)
        .bind(by.staff_id)
        .bind(by.device_id)
        .execute(&mut *self.db)
        .await?;
        self.stamp(fire_id).await?;
        self.audit("hand_over", &by, fire_id.0, json!({})).await
    }

    /// A changed ticket stamps its fire and its table too.
    async fn stamp(&mut self, fire_id: FireId) -> Result<(), sqlx::Error> {
        sqlx::query("update fires set board_seq = $3 where location_id = $1 and fire_id = $2")
            .bind(LOCATION_ID)
            .bind(fire_id)
            .bind(self.seq)
            .execute(&mut *self.db)
            .await?;
        self.stamp_tile().await
    }

    async fn stamp_tile(&mut self) -> Result<(), sqlx::Error> {
        sqlx::query(
            "with bill as (
                update checks set board_seq = $3 where location_id = $1 and check_id = $2 returning table_id
            )
            update tables set board_seq = $3 from bill
            where tables.location_id = $1 and tables.table_id = bill.table_id",
        )
        .bind(LOCATION_ID)
        .bind(self.check_id)
        .bind(self.seq)
        .execute(&mut *self.db)
        .await?;
        Ok(())
    }

    async fn audit(
        &mut self,
        verb: &str,
        by: &Hand,
        subject: Uuid,
        detail: Value,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "insert into audit (location_id, at, seq, verb, staff_id, device_id, subject, detail)
            values ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(LOCATION_ID)
        .bind(by.at)
        .bind(self.seq)
        .bind(verb)
        .bind(by.staff_id)
        .bind(by.device_id)
        .bind(subject)
        .bind(detail)
        .execute(&mut *self.db)
        .await?;
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
