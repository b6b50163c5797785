//! The party at table 7, told as the commands that would have made its rows: each takes a turn, stamps what it
//! changed and says in the audit who did it.

mod slip;

use serde_json::{Value, json};
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::domain::allergy::Allergies;
use crate::domain::card::Header;
use crate::domain::check::OrderType;
use crate::domain::demo::evening::{Done, Send, VISIT};
use crate::domain::demo::{LOCATION_ID, id_of, staff_id, station_id, table_id};
use crate::domain::ids::{BoardSeq, CheckId, DeviceId, FireId, OrderId, StaffId};

/// How long after the tap a kitchen screen confirmed the card.
const SHOWN_AFTER: Duration = Duration::milliseconds(300);

/// Tells the visit up to `now`.
pub(super) async fn tell(db: &mut PgConnection, now: OffsetDateTime) -> Result<(), sqlx::Error> {
    let mut story = Story { db, now, check_id: CheckId::new(), seq: BoardSeq::default() };
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
        Self { staff_id: staff_id(done.by), device_id: DeviceId(id_of("screen", done.at)), at }
    }

    fn of_waiter(at: OffsetDateTime) -> Self {
        Self { staff_id: staff_id(VISIT.waiter), device_id: DeviceId(id_of("tablet", VISIT.waiter)), at }
    }
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
            vip: false,
            allergies: Allergies::default(),
            allergies_told: 0,
        };
        let by = Hand::of_waiter(at);
        self.write_order(order_id, send_no, &by).await?;
        self.write_fire(fire_id, &header, at).await?;
        let plates = self.write_lines(order_id, fire_id, send.lines).await?;
        self.write_tickets(fire_id, &header, &plates, at).await?;
        self.stamp(fire_id).await?;
        self.audit("send", &by, order_id.0, json!({})).await?;
        Ok(fire_id)
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
