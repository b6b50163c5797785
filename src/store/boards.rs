//! Boards: what changed since a turn, and where every board stands.

use serde::Deserialize;
use sqlx::PgPool;
use uuid::Uuid;

use super::StoreError;
use crate::domain::card::{Card, CardKey};
use crate::domain::ids::{
    BoardSeq, CheckId, FireId, ItemId, LocationId, MessageId, StationId, TableId, TicketId,
};

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
            "message" => CardKey::Message(MessageId(row.id)),
            "station" => CardKey::Station(StationId(row.id)),
            _ => CardKey::Item(ItemId(row.id)),
        };
        keys.push(key);
        if let Some(body) = row.body {
            cards.push(match key {
                CardKey::Ticket(_) => Card::Ticket(read(body)?),
                CardKey::Fire(_) => Card::Fire(read(body)?),
                CardKey::Table(_) | CardKey::Check(_) => Card::Tile(read(body)?),
                CardKey::Item(_) => Card::Item(read(body)?),
                CardKey::Message(_) => Card::Message(read(body)?),
                CardKey::Station(_) => Card::Lent(read(body)?),
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
        r#"with here as materialized (select database_history() as history)
        select location_id as "location_id: LocationId", seq as "seq: BoardSeq", menu_version, people_version
          , board_epoch(incarnation, history) as "epoch!"
        from here, boards where location_id = any($1)"#,
        &ids,
    )
    .fetch_all(db)
    .await?)
}
