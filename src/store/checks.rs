//! Checks: what a party had, and how it was paid. Money verbs touch no ticket.

use serde_json::json;
use sqlx::PgPool;
use thiserror::Error;
use time::OffsetDateTime;

use super::{Actor, StoreError, Turn, refused_by};
use crate::domain::card::ChosenModifier;
use crate::domain::check::{CheckState, CloseRefusal, OrderType};
use crate::domain::ids::{CheckId, LineId, LocationId, OrderId, TableId, TenderId, TicketId};
use crate::domain::money::Money;
use crate::domain::ticket::{Step, TicketState};

/// Why a check was not closed.
#[derive(Debug, Error)]
pub enum CloseError {
    /// A rule of the house.
    #[error(transparent)]
    Refused(#[from] CloseRefusal),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for CloseError {
    fn from(err: sqlx::Error) -> Self {
        Self::Store(err.into())
    }
}

/// A check as its page shows it.
#[derive(Debug, Clone)]
pub struct CheckView {
    /// Its id.
    pub check_id: CheckId,
    /// Its number of the day.
    pub check_no: i32,
    /// Its table, if it has one.
    pub table: Option<(TableId, String)>,
    /// How the guests eat.
    pub order_type: OrderType,
    /// Where it stands.
    pub state: CheckState,
    /// Guests.
    pub covers: Option<i16>,
    /// Who opened it.
    pub waiter: String,
    /// When.
    pub opened_at: OffsetDateTime,
    /// When it was closed, if it is.
    pub closed_at: Option<OffsetDateTime>,
    /// Its Sends, oldest first.
    pub orders: Vec<OrderView>,
}

/// One Send on a check.
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
    /// Its lines.
    pub lines: Vec<LineView>,
    /// Its tickets: where and when they were shown, and whether they are ready.
    pub tickets: Vec<ReceiptView>,
}

/// A line on a check.
#[derive(Debug, Clone)]
pub struct LineView {
    /// Its id.
    pub line_id: LineId,
    /// The dish.
    pub name: String,
    /// Units asked for.
    pub quantity: i32,
    /// Units voided.
    pub voided: i32,
    /// Why.
    pub void_reason: Option<String>,
    /// Whose plate.
    pub seat: Option<i16>,
    /// The course it fired with.
    pub course: i16,
    /// Free words.
    pub note: Option<String>,
    /// Choices.
    pub modifiers: Vec<ChosenModifier>,
    /// One unit, choices included.
    pub unit_price_minor: Money,
    /// Cooked at every station it needs.
    pub ready: bool,
    /// Handed over.
    pub served: bool,
}

impl LineView {
    /// Units that are charged.
    pub fn live(&self) -> i32 {
        self.quantity - self.voided
    }

    /// What the line comes to.
    pub fn total(&self) -> Money {
        self.unit_price_minor.times(self.live().unsigned_abs())
    }
}

/// A ticket as its waiter sees it: the display receipt.
#[derive(Debug, Clone)]
pub struct ReceiptView {
    /// The ticket.
    pub ticket_id: TicketId,
    /// The station, or none: unrouted.
    pub station: Option<String>,
    /// Where it stands.
    pub state: TicketState,
    /// When a screen first showed it.
    pub shown_at: Option<OffsetDateTime>,
    /// Which.
    pub shown_on: Option<String>,
    /// When the station was through with it.
    pub bumped_at: Option<OffsetDateTime>,
}

impl CheckView {
    /// What the party owes.
    pub fn total(&self) -> Money {
        self.orders
            .iter()
            .flat_map(|order| &order.lines)
            .map(LineView::total)
            .sum()
    }
}

/// The open check of a table, if a party sits there.
pub async fn open_at(
    db: &PgPool,
    location_id: LocationId,
    table_id: TableId,
) -> Result<Option<CheckId>, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"select check_id as "check_id: CheckId" from checks
        where location_id = $1 and table_id = $2 and state in ('open', 'printed') order by party limit 1"#,
        location_id as LocationId,
        table_id as TableId,
    )
    .fetch_optional(db)
    .await?)
}

/// Reads a check with everything its page shows.
#[tracing::instrument(name = "store.checks.find", level = "debug", skip_all, fields(check = %check_id))]
pub async fn find(db: &PgPool, location_id: LocationId, check_id: CheckId) -> Result<CheckView, StoreError> {
    let check = sqlx::query!(
        r#"select c.check_no, c.table_id as "table_id: TableId", t.label as "label?"
          , c.order_type as "order_type: OrderType", c.state as "state: CheckState", c.covers, s.name as waiter
          , c.opened_at, c.closed_at
        from checks c
        left join tables t on t.location_id = c.location_id and t.table_id = c.table_id
        join staff s on s.location_id = c.location_id and s.staff_id = c.opened_by
        where c.location_id = $1 and c.check_id = $2"#,
        location_id as LocationId,
        check_id as CheckId,
    )
    .fetch_optional(db)
    .await?
    .ok_or(StoreError::NotFound)?;
    Ok(CheckView {
        check_id,
        check_no: check.check_no,
        table: check.table_id.zip(check.label),
        order_type: check.order_type,
        state: check.state,
        covers: check.covers,
        waiter: check.waiter,
        opened_at: check.opened_at,
        closed_at: check.closed_at,
        orders: orders_of(db, location_id, check_id).await?,
    })
}

async fn orders_of(
    db: &PgPool,
    location_id: LocationId,
    check_id: CheckId,
) -> Result<Vec<OrderView>, StoreError> {
    let orders = sqlx::query!(
        r#"select o.order_id as "order_id: OrderId", o.send_no as "send_no!", o.sent_at, s.name as waiter
        from orders o join staff s on s.location_id = o.location_id and s.staff_id = o.staff_id
        where o.location_id = $1 and o.check_id = $2 order by o.send_no"#,
        location_id as LocationId,
        check_id as CheckId,
    )
    .fetch_all(db)
    .await?;
    let mut views: Vec<_> = orders
        .into_iter()
        .map(|row| OrderView {
            order_id: row.order_id,
            send_no: row.send_no,
            sent_at: row.sent_at,
            waiter: row.waiter,
            lines: Vec::new(),
            tickets: Vec::new(),
        })
        .collect();
    let lines = sqlx::query!(
        r#"select l.order_id as "order_id: OrderId", l.line_id as "line_id: LineId", l.item_name, l.quantity, l.voided
          , l.void_reason, l.seat, f.course, l.note
          , l.modifiers as "modifiers: sqlx::types::Json<Vec<ChosenModifier>>"
          , l.unit_price_minor as "unit_price_minor: Money", l.served_at is not null as "served!"
          , coalesce((
                select bool_and(tl.state = 'ready') or bool_or(tl.state = 'ready' and tl.mode = 'any')
                from ticket_lines tl where tl.location_id = l.location_id and tl.line_id = l.line_id), false) as "ready!"
        from orders o
        join order_lines l on l.location_id = o.location_id and l.order_id = o.order_id
        join fires f on f.location_id = l.location_id and f.fire_id = l.fire_id
        where o.location_id = $1 and o.check_id = $2 order by l.line_no"#,
        location_id as LocationId,
        check_id as CheckId,
    )
    .fetch_all(db)
    .await?;
    for row in lines {
        if let Some(order) = views.iter_mut().find(|order| order.order_id == row.order_id) {
            order.lines.push(LineView {
                line_id: row.line_id,
                name: row.item_name,
                quantity: row.quantity,
                voided: row.voided,
                void_reason: row.void_reason,
                seat: row.seat,
                course: row.course,
                note: row.note,
                modifiers: row.modifiers.0,
                unit_price_minor: row.unit_price_minor,
                ready: row.ready,
                served: row.served,
            });
        }
    }
    let tickets = sqlx::query!(
        r#"select distinct on (s.position, t.ticket_id) l.order_id as "order_id: OrderId"
          , t.ticket_id as "ticket_id: TicketId", s.name as "station?", t.state as "state: TicketState", t.shown_at
          , t.shown_on, t.bumped_at
        from fires f
        join tickets t on t.location_id = f.location_id and t.fire_id = f.fire_id
        join order_lines l on l.location_id = f.location_id and l.fire_id = f.fire_id
        left join stations s on s.location_id = t.location_id and s.station_id = t.station_id
        where f.location_id = $1 and f.check_id = $2 order by s.position, t.ticket_id"#,
        location_id as LocationId,
        check_id as CheckId,
    )
    .fetch_all(db)
    .await?;
    for row in tickets {
        if let Some(order) = views.iter_mut().find(|order| order.order_id == row.order_id) {
            order.tickets.push(ReceiptView {
                ticket_id: row.ticket_id,
                station: row.station,
                state: row.state,
                shown_at: row.shown_at,
                shown_on: row.shown_on,
                bumped_at: row.bumped_at,
            });
        }
    }
    Ok(views)
}

/// Takes the exact amount in cash and closes the check: the table is free, nothing on it changes any more.
/// The tender's id is its key: the same payment twice is one payment.
#[tracing::instrument(name = "store.checks.close", level = "debug", skip_all, fields(check = %check_id))]
pub async fn close(
    turn: &mut Turn,
    check_id: CheckId,
    tender_id: TenderId,
    amount_minor: Money,
    actor: &Actor,
) -> Result<Step, CloseError> {
    let row = sqlx::query!(
        r#"select state as "state: CheckState"
          , coalesce((
                select sum((l.quantity - l.voided) * l.unit_price_minor)
                from orders o join order_lines l on l.location_id = o.location_id and l.order_id = o.order_id
                where o.location_id = $1 and o.check_id = $2), 0)::bigint as "due_minor!: Money"
          , (select amount_minor from tenders where location_id = $1 and tender_id = $3 and check_id = $2)
            as "tendered_minor: Money"
        from checks where location_id = $1 and check_id = $2"#,
        turn.location_id as LocationId,
        check_id as CheckId,
        tender_id as TenderId,
    )
    .fetch_optional(&mut *turn.tx)
    .await?
    .ok_or(StoreError::NotFound)?;
    if row.tendered_minor == Some(amount_minor) {
        return Ok(Step::Already);
    }
    row.state.close(amount_minor, row.due_minor)?;
    sqlx::query!(
        "insert into tenders (location_id, tender_id, check_id, kind, amount_minor, taken_at, taken_by)
        values ($1, $2, $3, 'cash', $4, $5, $6)",
        turn.location_id as LocationId,
        tender_id as TenderId,
        check_id as CheckId,
        amount_minor as Money,
        actor.at,
        actor.staff_id.0,
    )
    .execute(&mut *turn.tx)
    .await
    .map_err(|err| match refused_by(&err) {
        Some("tenders_pkey") => CloseError::Refused(CloseRefusal::TenderKeyTaken),
        _ => err.into(),
    })?;
    sqlx::query!(
        "with bill as (
            update checks set state = 'closed', closed_at = $3, closed_by = $4, board_seq = $5
            where location_id = $1 and check_id = $2
            returning table_id
        )
        update tables set board_seq = $5 from bill
        where tables.location_id = $1 and tables.table_id = bill.table_id",
        turn.location_id as LocationId,
        check_id as CheckId,
        actor.at,
        actor.staff_id.0,
        turn.seq.0,
    )
    .execute(&mut *turn.tx)
    .await?;
    turn.tell(
        "close",
        actor,
        check_id.0,
        json!({ "tender_id": tender_id, "amount_minor": amount_minor }),
    )
    .await?;
    Ok(Step::Do)
}
