//! Checks: what a party had, and how it was paid. Money verbs touch no ticket.

mod fires;
mod moves;
mod party;

use std::collections::BTreeMap;

use fires::fires_of;
pub use moves::{MoveError, move_to};
pub use party::{PartyError, hand_to, set_vip};
use serde_json::json;
use sqlx::PgPool;
use sqlx::types::Json;
use thiserror::Error;

use super::{Actor, StoreError, Turn, refused_by};
use crate::domain::allergy::{Allergen, Allergies};
use crate::domain::card::{ChosenModifier, Header};
use crate::domain::check::{CheckState, CloseRefusal, OrderType};
use crate::domain::check_view::{CheckView, HeldCourse, HeldLine, LineView, OpenCheck, OrderView, TaxWithin};
use crate::domain::ids::{CheckId, FireId, LineId, LocationId, OrderId, TableId, TenderId};
use crate::domain::line::LineStanding;
use crate::domain::money::Money;
use crate::domain::ticket::{LineState, Step};

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

/// The open check of a table, if a party sits there.
#[tracing::instrument(name = "store.checks.open_at", level = "debug", skip_all)]
pub async fn open_at(
    db: &PgPool,
    location_id: LocationId,
    table_id: TableId,
) -> Result<Option<OpenCheck>, StoreError> {
    let row = sqlx::query!(
        r#"select check_id as "check_id: CheckId", check_no, covers, allergies as "allergies: Json<Allergies>" from checks
        where location_id = $1 and table_id = $2 and state in ('open', 'printed') order by party limit 1"#,
        location_id as LocationId,
        table_id as TableId,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| OpenCheck {
        check_id: row.check_id,
        check_no: row.check_no,
        covers: row.covers,
        allergies: row.allergies.0,
    }))
}

/// Tables where nobody sits, in the floor's order.
#[tracing::instrument(name = "store.checks.free_tables", level = "debug", skip_all)]
pub async fn free_tables(db: &PgPool, location_id: LocationId) -> Result<Vec<(TableId, String)>, StoreError> {
    let rows = sqlx::query!(
        r#"select table_id as "table_id: TableId", label from tables t
        where location_id = $1 and not exists (
            select from checks c
            where c.location_id = t.location_id and c.table_id = t.table_id and c.state in ('open', 'printed'))
        order by position, label"#,
        location_id as LocationId,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.table_id, row.label)).collect())
}

/// Reads a check with everything its page shows.
#[tracing::instrument(name = "store.checks.find", level = "debug", skip_all, fields(check = %check_id))]
pub async fn find(db: &PgPool, location_id: LocationId, check_id: CheckId) -> Result<CheckView, StoreError> {
    let check = sqlx::query!(
        r#"select c.check_no, c.table_id as "table_id: TableId", t.label as "label?"
          , c.order_type as "order_type: OrderType", c.state as "state: CheckState", c.covers, s.name as waiter, c.vip
          , c.allergies as "allergies: Json<Allergies>", c.allergies_told
          , c.opened_at, c.closed_at, closer.name as "closed_by?"
        from checks c
        left join tables t on t.location_id = c.location_id and t.table_id = c.table_id
        join staff s on s.location_id = c.location_id and s.staff_id = coalesce(c.served_by, c.opened_by)
        left join staff closer on closer.location_id = c.location_id and closer.staff_id = c.closed_by
        where c.location_id = $1 and c.check_id = $2"#,
        location_id as LocationId,
        check_id as CheckId,
    )
    .fetch_optional(db)
    .await?
    .ok_or(StoreError::NotFound)?;
    let mut orders = orders_of(db, location_id, check_id).await?;
    let taxes = lines_of(db, location_id, check_id, &check.allergies, &mut orders).await?;
    fires_of(db, location_id, check_id, &mut orders).await?;
    let held = held_of(db, location_id, check_id).await?;
    Ok(CheckView {
        check_id,
        check_no: check.check_no,
        table_id: check.table_id,
        label: check.label.unwrap_or_else(|| check.order_type.word().to_owned()),
        order_type: check.order_type,
        state: check.state,
        covers: check.covers,
        waiter: check.waiter,
        vip: check.vip,
        opened_at: check.opened_at,
        closed: check.closed_at.zip(check.closed_by),
        allergies: check.allergies.0,
        allergies_told: check.allergies_told,
        total_minor: orders.iter().flat_map(|order| &order.lines).map(LineView::amount).sum(),
        taxes,
        held,
        orders,
    })
}

async fn orders_of(
    db: &PgPool,
    location_id: LocationId,
    check_id: CheckId,
) -> Result<Vec<OrderView>, StoreError> {
    let rows = sqlx::query!(
        r#"select o.order_id as "order_id: OrderId", o.send_no as "send_no!", o.sent_at, s.name as waiter
        from orders o join staff s on s.location_id = o.location_id and s.staff_id = o.staff_id
        where o.location_id = $1 and o.check_id = $2 order by o.send_no"#,
        location_id as LocationId,
        check_id as CheckId,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| OrderView {
            order_id: row.order_id,
            send_no: row.send_no,
            sent_at: row.sent_at,
            waiter: row.waiter,
            lines: Vec::new(),
            fires: Vec::new(),
        })
        .collect())
}

/// Fills in the lines; answers the tax within the total, by rate.
async fn lines_of(
    db: &PgPool,
    location_id: LocationId,
    check_id: CheckId,
    allergies: &Allergies,
    orders: &mut [OrderView],
) -> Result<Vec<TaxWithin>, StoreError> {
    let rows = sqlx::query!(
        r#"select l.order_id as "order_id: OrderId", l.line_id as "line_id: LineId", l.item_name, l.quantity, l.voided
          , l.void_reason, l.wasted, l.refire_reason, l.allergens, l.despite_allergy, l.seat, f.course, l.note
          , l.modifiers as "modifiers: Json<Vec<ChosenModifier>>"
          , l.unit_price_minor as "unit_price_minor: Money", l.tax_basis_points
          , f.fired_at is not null as "fired!", l.served_at is not null as "served!"
          , case when coalesce(made.every, l.from_pass) then 'ready' when made.started then 'started' else 'waiting' end
                as "made!: LineState"
        from orders o
        join order_lines l on l.location_id = o.location_id and l.order_id = o.order_id
        join fires f on f.location_id = l.location_id and f.fire_id = l.fire_id
        cross join lateral (
            select bool_and(tl.state = 'ready') as every
              , bool_or(tl.state <> 'waiting') as started
            from ticket_lines tl where tl.location_id = l.location_id and tl.line_id = l.line_id offset 0) as made
        where o.location_id = $1 and o.check_id = $2 order by f.course, l.line_no"#,
        location_id as LocationId,
        check_id as CheckId,
    )
    .fetch_all(db)
    .await?;
    let mut by_rate: BTreeMap<i32, Money> = BTreeMap::new();
    for row in rows {
        let line = LineView {
            line_id: row.line_id,
            name: row.item_name,
            quantity: row.quantity,
            voided: row.voided,
            void_reason: row.void_reason,
            unasked: allergies.unasked(
                row.seat,
                &Allergen::from_keys(&row.allergens),
                &Allergen::from_keys(&row.despite_allergy),
            ),
            wasted: row.wasted,
            refire: row.refire_reason,
            seat: row.seat,
            course: row.course,
            note: row.note,
            modifiers: row.modifiers.0,
            unit_price_minor: row.unit_price_minor,
            standing: LineStanding::of(row.voided < row.quantity, row.fired, row.served, row.made),
        };
        let of_rate = by_rate.entry(row.tax_basis_points).or_default();
        *of_rate = *of_rate + line.amount();
        if let Some(order) = orders.iter_mut().find(|order| order.order_id == row.order_id) {
            order.lines.push(line);
        }
    }
    Ok(by_rate
        .into_iter()
        .filter(|(basis_points, amount)| *basis_points > 0 && *amount != Money::ZERO)
        .map(|(basis_points, amount)| TaxWithin {
            basis_points,
            amount: amount.tax_within(basis_points.unsigned_abs()),
        })
        .collect())
}

/// What waits for somebody to fire it, in the order of the courses.
async fn held_of(
    db: &PgPool,
    location_id: LocationId,
    check_id: CheckId,
) -> Result<Vec<HeldCourse>, StoreError> {
    let rows = sqlx::query!(
        r#"select f.fire_id as "fire_id: FireId", f.course, f.due_at, l.line_id as "line_id: LineId", l.item_name
          , l.quantity - l.voided as "live!", l.seat, i.eighty_sixed_at is not null as "eighty_sixed!"
          , l.allergens, l.despite_allergy, f.header as "header: Json<Header>"
        from fires f
        join order_lines l on l.location_id = f.location_id and l.fire_id = f.fire_id and l.voided < l.quantity
        join items i on i.location_id = l.location_id and i.item_id = l.item_id
        join orders o on o.location_id = l.location_id and o.order_id = l.order_id
        where f.location_id = $1 and f.check_id = $2 and f.fired_at is null and f.on_board
        order by f.course, f.fire_id, o.send_no, l.line_no"#,
        location_id as LocationId,
        check_id as CheckId,
    )
    .fetch_all(db)
    .await?;
    let mut held: Vec<HeldCourse> = Vec::new();
    for row in rows {
        if held.last().is_none_or(|course| course.fire_id != row.fire_id) {
            held.push(HeldCourse {
                fire_id: row.fire_id,
                course: row.course,
                due_at: row.due_at,
                lines: Vec::new(),
            });
        }
        if let Some(course) = held.last_mut() {
            course.lines.push(HeldLine {
                line_id: row.line_id,
                name: row.item_name,
                live: row.live,
                seat: row.seat,
                eighty_sixed: row.eighty_sixed,
                unasked: row.header.allergies.unasked(
                    row.seat,
                    &Allergen::from_keys(&row.allergens),
                    &Allergen::from_keys(&row.despite_allergy),
                ),
            });
        }
    }
    Ok(held)
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
          , exists (select from fires where location_id = $1 and check_id = $2 and fired_at is null and on_board) as "held!"
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
    row.state.close(amount_minor, row.due_minor, row.held)?;
    sqlx::query!(
        "insert into tenders (location_id, tender_id, check_id, kind, amount_minor, taken_at, taken_by)
        values ($1, $2, $3, 'cash', $4, $5, $6)",
        turn.location_id as LocationId,
        tender_id as TenderId,
        check_id as CheckId,
        amount_minor as Money,
        actor.at,
        actor.staff_id.map(|id| id.0),
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
              , awaited = exists (select from fires where location_id = $1 and check_id = $2 and on_board)
            where location_id = $1 and check_id = $2
            returning table_id
        )
        update tables set board_seq = $5 from bill
        where tables.location_id = $1 and tables.table_id = bill.table_id",
        turn.location_id as LocationId,
        check_id as CheckId,
        actor.at,
        actor.staff_id.map(|id| id.0),
        turn.seq.0,
    )
    .execute(&mut *turn.tx)
    .await?;
    turn.tell("close", actor, check_id.0, json!({ "tender_id": tender_id, "amount_minor": amount_minor }))
        .await?;
    Ok(Step::Do)
}
