//! Boards: what changed since a turn, where every board stands, what screens confirmed, and the day's roll.

use serde::Deserialize;
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{StoreError, Turn};
use crate::domain::card::{Card, CardKey};
use crate::domain::ids::{BoardSeq, CheckId, FireId, ItemId, LocationId, TableId, TicketId};
use crate::domain::ticket::Step;

/// A board as one snapshot of the database holds it.
#[derive(Debug)]
pub struct Delta {
    /// Which history of the database.
    pub epoch: String,
    /// The last turn in it.
    pub seq: BoardSeq,
    /// Proves the cached house.
    pub menu_version: i64,
    /// Proves cached sessions.
    pub people_version: i64,
    /// Everything on the board. What is not here has left.
    pub keys: Vec<CardKey>,
    /// What was stamped after the turn it was asked for.
    pub cards: Vec<Card>,
}

#[derive(Deserialize)]
struct BoardRow {
    epoch: String,
    menu_version: i64,
    people_version: i64,
}

/// Reads what is on the board, and the bodies of what was stamped after `since`.
#[tracing::instrument(name = "store.boards.delta", level = "debug", skip_all, fields(since = since.0))]
pub async fn delta(db: &PgPool, location_id: LocationId, since: BoardSeq) -> Result<Delta, StoreError> {
    let rows = sqlx::query_file!("src/store/delta.sql", location_id.0, since.0).fetch_all(db).await?;
    let mut board = None;
    let (mut keys, mut cards) = (Vec::with_capacity(rows.len()), Vec::new());
    for row in rows {
        let key = match row.kind.as_str() {
            "board" => {
                let body: BoardRow = read(row.body.unwrap_or_default())?;
                board = Some((BoardSeq(row.board_seq), body));
                continue;
            }
            "ticket" => CardKey::Ticket(TicketId(row.id)),
            "fire" => CardKey::Fire(FireId(row.id)),
            "table" => CardKey::Table(TableId(row.id)),
            "check" => CardKey::Check(CheckId(row.id)),
            _ => CardKey::Item(ItemId(row.id)),
        };
        keys.push(key);
        if let Some(body) = row.body {
            cards.push(match key {
                CardKey::Ticket(_) => Card::Ticket(read(body)?),
                CardKey::Fire(_) => Card::Fire(read(body)?),
                CardKey::Table(_) | CardKey::Check(_) => Card::Tile(read(body)?),
                CardKey::Item(_) => Card::Item(read(body)?),
            });
        }
    }
    let (seq, board) = board.ok_or(StoreError::NotFound)?;
    Ok(Delta {
        epoch: board.epoch,
        seq,
        menu_version: board.menu_version,
        people_version: board.people_version,
        keys,
        cards,
    })
}

fn read<T: serde::de::DeserializeOwned>(body: serde_json::Value) -> Result<T, StoreError> {
    serde_json::from_value(body).map_err(|err| StoreError::Broken(sqlx::Error::Decode(Box::new(err))))
}

/// Where a board stands: what the poll asks every quarter second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The restaurant.
    pub location_id: LocationId,
    /// Which history of the database.
    pub epoch: String,
    /// The last turn.
    pub seq: BoardSeq,
    /// Proves the cached house.
    pub menu_version: i64,
    /// Proves cached sessions.
    pub people_version: i64,
}

/// Where these boards stand. A location that is not answered does not exist any more.
#[tracing::instrument(name = "store.boards.heads", level = "trace", skip_all)]
pub async fn heads(db: &PgPool, location_ids: &[LocationId]) -> Result<Vec<Head>, StoreError> {
    let ids: Vec<Uuid> = location_ids.iter().map(|id| id.0).collect();
    Ok(sqlx::query_as!(
        Head,
        r#"select location_id as "location_id: LocationId", seq as "seq: BoardSeq", menu_version, people_version
          , board_epoch(incarnation) as "epoch!"
        from boards where location_id = any($1)"#,
        &ids,
    )
    .fetch_all(db)
    .await?)
}

/// A screen's word that a ticket's card was painted on a visible page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The ticket.
    pub ticket_id: TicketId,
    /// The stamp that was painted.
    pub seq: BoardSeq,
    /// The screen's name.
    pub screen: String,
    /// When the server heard of it.
    pub at: OffsetDateTime,
}

/// Writes receipts. The floor's tiles are stamped, the tickets are not: no card at the station changes.
#[tracing::instrument(name = "store.boards.receive", level = "debug", skip_all, fields(receipts = receipts.len()))]
pub async fn receive(turn: &mut Turn, receipts: &[Receipt]) -> Result<Step, StoreError> {
    let ticket_ids: Vec<Uuid> = receipts.iter().map(|receipt| receipt.ticket_id.0).collect();
    let seqs: Vec<i64> = receipts.iter().map(|receipt| receipt.seq.0).collect();
    let screens: Vec<String> = receipts.iter().map(|receipt| receipt.screen.clone()).collect();
    let times: Vec<OffsetDateTime> = receipts.iter().map(|receipt| receipt.at).collect();
    let shown = sqlx::query_scalar!(
        r#"with receipt as (
            select distinct on (ticket_id) * from unnest($2::uuid[], $3::bigint[], $4::text[], $5::timestamptz[])
                as receipt (ticket_id, seq, screen, at)
            order by ticket_id, seq desc
        )
        , shown as (
            update tickets t
            set shown_seq = receipt.seq, shown_at = coalesce(t.shown_at, receipt.at)
              , shown_on = coalesce(t.shown_on, receipt.screen)
            from receipt
            where t.location_id = $1 and t.ticket_id = receipt.ticket_id
                and t.shown_seq < receipt.seq and receipt.seq <= t.board_seq
            returning t.fire_id
        )
        , bill as (
            update checks c set board_seq = $6
            from fires f
            where f.location_id = $1 and f.fire_id in (select fire_id from shown)
                and c.location_id = $1 and c.check_id = f.check_id
            returning c.table_id
        )
        , tile as (
            update tables set board_seq = $6 from bill
            where tables.location_id = $1 and tables.table_id = bill.table_id
        )
        select count(*) as "shown!" from shown"#,
        turn.location_id.0,
        &ticket_ids,
        &seqs,
        &screens,
        &times,
        turn.seq.0,
    )
    .fetch_one(&mut *turn.tx)
    .await?;
    Ok(if shown == 0 { Step::Already } else { Step::Do })
}
