//! Orders: one Send is one statement, and one key is one order.

mod columns;

use columns::Columns;
use sha2::{Digest, Sha256};
use sqlx::{PgExecutor, PgPool};

use super::allergies::{self, AllergyError};
use super::{Actor, Committed, StoreError, Turn, refused_by};
use crate::domain::allergy::Allergies;
use crate::domain::check::OrderType;
use crate::domain::ids::{BoardSeq, CheckId, ItemId, LocationId, OrderId, StationId, TableId, TicketId};
use crate::domain::order::{self, Placement, Refusal, Slip, Taken};

/// What a Send did. Rebuilt from the rows it is the same again: equal answers to equal Sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// The order.
    pub order_id: OrderId,
    /// The check it stands on.
    pub check_id: CheckId,
    /// That check's number of the day.
    pub check_no: i32,
    /// Which Send of that check.
    pub send_no: i32,
    /// Its turn.
    pub seq: BoardSeq,
    /// Its tickets, by id.
    pub tickets: Vec<(TicketId, Option<StationId>)>,
}

/// How a Send ended.
#[derive(Debug)]
pub enum Sent {
    /// It is in the database; ring, with what the turn decided.
    Placed(Placed, Committed, Taken),
    /// It was there already, with the same slip: the first result.
    Already(Placed),
    /// The key is taken by another slip.
    KeyTaken,
    /// The menu moved on: load it and decide again.
    MenuMoved,
    /// The check it names is closed, or never was.
    CheckClosed,
    /// Lines ask for more than is left.
    SoldOut(Vec<Refusal>),
    /// Lines contain what a guest of the check must not eat, and nobody said that this is known.
    AgainstAllergies(Vec<Refusal>),
    /// The check is open, but not at the table that the slip names too.
    OtherTable,
}

/// What tells a repeat from another order under the same key.
///
/// # Panics
/// Never: a slip is plain data.
pub fn slip_hash(slip: &Slip) -> [u8; 32] {
    #[expect(clippy::expect_used, reason = "a slip is plain data: ids, numbers and strings always serialise")]
    let canonical = serde_json::to_vec(slip).expect("a slip serialises");
    Sha256::digest(canonical).into()
}

/// Places an order: turn, check, slip, lines, fires, tickets and the floor's tile, all or nothing. An allergy that is told
/// with it reaches every card of the check in the same commit.
#[tracing::instrument(name = "store.orders.place", level = "debug", skip_all, fields(order = %placement.order_id))]
pub async fn place(
    db: &PgPool,
    placement: &Placement,
    slip_hash: [u8; 32],
    actor: &Actor,
) -> Result<Sent, StoreError> {
    let sent = if placement.allergies.is_empty() {
        insert(db, placement, slip_hash, actor).await
    } else {
        match with_allergies(db, placement, slip_hash, actor).await {
            Ok(sent) => Ok(sent),
            Err(AllergyError::Store(StoreError::Away(err) | StoreError::Broken(err))) => Err(err),
            Err(AllergyError::Store(err)) => return Err(err),
            Err(AllergyError::Refused(_)) => return Ok(Sent::CheckClosed),
        }
    };
    match sent {
        Ok(sent) => Ok(sent),
        Err(err) => why(db, placement, slip_hash, err).await,
    }
}

/// The Send and what was told with it, in one commit.
async fn with_allergies(
    db: &PgPool,
    placement: &Placement,
    slip_hash: [u8; 32],
    actor: &Actor,
) -> Result<Sent, AllergyError> {
    let mut tx = db.begin().await?;
    let mut sent = insert(&mut *tx, placement, slip_hash, actor).await?;
    let (location_id, menu_version) = (placement.location_id, placement.menu_version);
    if let Sent::Placed(placed, committed, taken) = &mut sent {
        let mut turn = Turn { tx, location_id, seq: placed.seq, menu_version };
        taken.reaches_others = true;
        allergies::tell(&mut turn, placed.check_id, &placement.allergies, true, actor).await?;
        *committed = turn.commit().await?;
    }
    Ok(sent)
}

/// The one statement of a Send.
async fn insert(
    db: impl PgExecutor<'_>,
    placement: &Placement,
    slip_hash: [u8; 32],
    actor: &Actor,
) -> Result<Sent, sqlx::Error> {
    let rows = Columns::of(placement);
    let row = sqlx::query_file!(
        "src/store/place.sql",
        placement.location_id as LocationId,
        placement.menu_version,
        placement.order_id as OrderId,
        &slip_hash[..],
        actor.staff_id.map(|id| id.0),
        actor.device_id.0,
        actor.at,
        actor.name,
        placement.table_id.map(|id| id.0),
        placement.check_id.map(|id| id.0),
        placement.new_check_id.0,
        placement.order_type as _,
        placement.covers,
        &rows.fire_ids,
        &rows.courses,
        &rows.line_ids,
        &rows.line_fire_ids,
        &rows.item_ids,
        &rows.item_names,
        &rows.kitchen_names,
        &rows.quantities,
        &rows.seats as &[Option<i16>],
        &rows.notes as &[Option<String>],
        &rows.modifiers,
        &rows.unit_prices,
        &rows.taxes,
        &rows.ticket_ids,
        &rows.ticket_fire_ids,
        &rows.ticket_station_ids as &[Option<uuid::Uuid>],
        &rows.ticket_line_ticket_ids,
        &rows.ticket_line_line_ids,
        &rows.ticket_line_modes,
        &rows.held,
        &rows.allergens,
        &rows.despite_allergy,
        &rows.portion_item_ids,
        &rows.portion_units,
        &rows.ticket_warn_after_s,
        &rows.ticket_late_after_s,
        &rows.skip_pass,
        &rows.from_pass,
        &rows.ticket_line_steps,
        &rows.ticket_line_parts as &[Option<String>],
    )
    .fetch_one(db)
    .await?;
    let seq = BoardSeq(row.seq);
    // What joined a held course stands on tickets that were there: the statement says which.
    let mut asked: Vec<_> = placement.tickets.iter().map(|t| (t.ticket_id, t.station_id)).collect();
    asked.sort_unstable();
    let stand = asked.into_iter().zip(row.chits);
    let mut tickets: Vec<_> = stand.map(|((_, station), id)| (TicketId(id), station)).collect();
    tickets.sort_unstable();
    let placed = Placed {
        order_id: placement.order_id,
        check_id: CheckId(row.check_id),
        check_no: row.check_no,
        send_no: row.sends,
        seq,
        tickets,
    };
    let taken = Taken {
        seq,
        at: actor.at,
        waiter: actor.name.clone(),
        check_id: placed.check_id,
        check_no: placed.check_no,
        send_no: placed.send_no,
        table_id: row.table_id.map(TableId),
        table: row.table_label,
        order_type: row.order_type,
        covers: row.covers,
        vip: row.vip.unwrap_or_default(),
        allergies: (row.allergies.0, row.allergies_told),
        reaches_others: row.joined || !placement.portions.is_empty(),
    };
    Ok(Sent::Placed(placed, Committed { location_id: placement.location_id, seq }, taken))
}

/// One diagnosing read after a refusal. Which constraint speaks first is undefined, so its name decides nothing:
/// the rows do.
async fn why(
    db: &PgPool,
    placement: &Placement,
    slip_hash: [u8; 32],
    refusal: sqlx::Error,
) -> Result<Sent, StoreError> {
    let by_rule = refused_by(&refusal).is_some();
    if !by_rule && !matches!(refusal, sqlx::Error::Io(_)) {
        return Err(refusal.into()); // not a rule of ours: the database is away, or the statement is wrong
    }
    let found = sqlx::query!(
        r#"select boards.menu_version, orders.slip_hash as "slip_hash?"
          , (select state from checks where checks.location_id = $1 and check_id = $3) as "check_state?"
          , (select table_id from checks where checks.location_id = $1 and check_id = $3) as "check_table?"
          , (select allergies from checks
             where checks.location_id = $1 and state in ('open', 'printed') and (
                check_id = $3 or $3::uuid is null and table_id = $4)
             order by party limit 1) as "allergies?: sqlx::types::Json<Allergies>"
        from boards left join orders on orders.location_id = $1 and order_id = $2
        where boards.location_id = $1"#,
        placement.location_id as LocationId,
        placement.order_id as OrderId,
        placement.check_id.map(|id| id.0),
        placement.table_id.map(|id| id.0),
    )
    .fetch_optional(db)
    .await?
    .ok_or(StoreError::NotFound)?;
    match found.slip_hash {
        Some(first) if first == slip_hash => {
            return Ok(Sent::Already(find(db, placement.location_id, placement.order_id).await?));
        }
        Some(_) => return Ok(Sent::KeyTaken),
        None => {}
    }
    if !by_rule {
        return Err(refusal.into());
    }
    if found.menu_version != placement.menu_version {
        return Ok(Sent::MenuMoved);
    }
    let takes_orders = matches!(found.check_state.as_deref(), Some("open" | "printed"));
    if placement.check_id.is_some() && !takes_orders {
        return Ok(Sent::CheckClosed);
    }
    if let Some(known) = found.allergies {
        let refusals = order::against(&known.0, &placement.lines);
        if !refusals.is_empty() {
            return Ok(Sent::AgainstAllergies(refusals));
        }
    }
    if !placement.portions.is_empty() {
        let refusals = order::beyond(&left(db, placement).await?, &placement.lines);
        if !refusals.is_empty() {
            return Ok(Sent::SoldOut(refusals));
        }
    }
    let named = placement.table_id.map(|id| id.0);
    if placement.check_id.is_some() && named.is_some() && named != found.check_table {
        return Ok(Sent::OtherTable);
    }
    Err(StoreError::Broken(refusal))
}

/// What is left of the counted items of a placement.
async fn left(db: &PgPool, placement: &Placement) -> Result<Vec<(ItemId, i32)>, StoreError> {
    let item_ids: Vec<_> = placement.portions.iter().map(|(item_id, _)| item_id.0).collect();
    let rows = sqlx::query!(
        r#"select item_id as "item_id: ItemId", remaining as "remaining!" from items
        where location_id = $1 and item_id = any($2) and remaining is not null"#,
        placement.location_id as LocationId,
        &item_ids,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.item_id, row.remaining)).collect())
}

/// Whether that key was used before: with the same slip, the first result; with another one, [`Sent::KeyTaken`].
#[tracing::instrument(name = "store.orders.repeated", level = "debug", skip_all)]
pub async fn repeated(
    db: &PgPool,
    location_id: LocationId,
    order_id: OrderId,
    slip_hash: [u8; 32],
) -> Result<Option<Sent>, StoreError> {
    let first = sqlx::query_scalar!(
        "select slip_hash from orders where location_id = $1 and order_id = $2",
        location_id as LocationId,
        order_id as OrderId,
    )
    .fetch_optional(db)
    .await?;
    match first {
        None => Ok(None),
        Some(first) if first == slip_hash => Ok(Some(Sent::Already(find(db, location_id, order_id).await?))),
        Some(_) => Ok(Some(Sent::KeyTaken)),
    }
}

/// An order as it was placed, rebuilt from its rows.
#[tracing::instrument(name = "store.orders.find", level = "debug", skip_all)]
pub async fn find(db: &PgPool, location_id: LocationId, order_id: OrderId) -> Result<Placed, StoreError> {
    let order = sqlx::query!(
        r#"select check_id as "check_id!: CheckId", send_no as "send_no!", board_seq as "board_seq!: BoardSeq"
          , (select check_no from checks where checks.location_id = $1 and checks.check_id = orders.check_id) as "check_no!"
        from orders where location_id = $1 and order_id = $2"#,
        location_id as LocationId,
        order_id as OrderId,
    )
    .fetch_optional(db)
    .await?
    .ok_or(StoreError::NotFound)?;
    let tickets = sqlx::query!(
        // A young database has no statistics: `offset 0` makes every plan go from line to ticket by their keys.
        r#"select distinct t.ticket_id as "ticket_id: TicketId", t.station_id as "station_id: StationId"
        from order_lines l
        cross join lateral (
            select tl.location_id, tl.ticket_id from ticket_lines tl
            where tl.location_id = l.location_id and tl.line_id = l.line_id offset 0) as leg
        cross join lateral (
            select t.ticket_id, t.station_id from tickets t
            where t.location_id = leg.location_id and t.ticket_id = leg.ticket_id offset 0) as t
        where l.location_id = $1 and l.order_id = $2 and l.refire_of is null
        order by 1"#,
        location_id as LocationId,
        order_id as OrderId,
    )
    .fetch_all(db)
    .await?;
    Ok(Placed {
        order_id,
        check_id: order.check_id,
        check_no: order.check_no,
        send_no: order.send_no,
        seq: order.board_seq,
        tickets: tickets.into_iter().map(|row| (row.ticket_id, row.station_id)).collect(),
    })
}
