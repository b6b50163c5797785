//! Boards: what changed since a turn, where every board stands, what screens confirmed, and the day's roll.

use serde::Deserialize;
use serde_json::json;
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
    let rows = sqlx::query_file!("src/store/delta.sql", location_id.0, since.0)
        .fetch_all(db)
        .await?;
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

/// Locations whose business day is over at `now`.
#[tracing::instrument(name = "store.boards.due", level = "trace", skip_all)]
pub async fn due(db: &PgPool, now: OffsetDateTime) -> Result<Vec<LocationId>, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"select b.location_id as "location_id: LocationId"
        from boards b join locations l on l.location_id = b.location_id
        where business_day_at($1, l.time_zone, l.cut_off_hour) > b.business_day"#,
        now,
    )
    .fetch_all(db)
    .await?)
}

/// Begins the new business day: what is still on a board is cleared, and the audit keeps what it was. Open checks
/// stay open: their money is still owed.
#[tracing::instrument(name = "store.boards.roll", level = "info", skip_all)]
pub async fn roll(turn: &mut Turn, now: OffsetDateTime) -> Result<Step, StoreError> {
    let rolled = sqlx::query!(
        "update boards b set business_day = business_day_at($2, l.time_zone, l.cut_off_hour), checks_today = 0
        from locations l
        where b.location_id = $1 and l.location_id = $1
            and business_day_at($2, l.time_zone, l.cut_off_hour) > b.business_day",
        turn.location_id.0,
        now,
    )
    .execute(&mut *turn.tx)
    .await?;
    if rolled.rows_affected() == 0 {
        return Ok(Step::Already);
    }
    sqlx::query!(
        "with chits as (
            update tickets t set state = 'cleared', board_seq = $2, stamped_at = $3
            from fires f
            where t.location_id = $1 and t.on_board and f.location_id = $1 and f.fire_id = t.fire_id
            returning t.ticket_id, t.station_id, t.header, f.fired_at, f.fire_id
        )
        , batch as (
            update fires set cleared_at = $3, board_seq = $2
            where location_id = $1 and on_board
            returning fire_id, header, fired_at, check_id
        )
        , bill as (
            update checks c set board_seq = $2 from batch
            where c.location_id = $1 and c.check_id = batch.check_id
            returning c.table_id
        )
        , tile as (
            update tables set board_seq = $2 from bill
            where tables.location_id = $1 and tables.table_id = bill.table_id
        )
        , told as (
            insert into audit (location_id, at, seq, verb, subject, detail)
            select $1, $3, $2, 'day_cleared', chits.ticket_id, jsonb_build_object(
                'header', chits.header, 'fired_at', chits.fired_at
              , 'station', (select name from stations s where s.location_id = $1 and s.station_id = chits.station_id))
            from chits
        )
        insert into audit (location_id, at, seq, verb, subject, detail)
        select $1, $3, $2, 'day_cleared', batch.fire_id, jsonb_build_object(
            'header', batch.header, 'fired_at', batch.fired_at, 'station', 'Pass')
        from batch
        where not exists (select from chits where chits.fire_id = batch.fire_id)",
        turn.location_id.0,
        turn.seq.0,
        now,
    )
    .execute(&mut *turn.tx)
    .await?;
    sqlx::query!(
        "insert into audit (location_id, at, seq, verb, subject, detail) values ($1, $2, $3, 'day_rolled', $1, $4)",
        turn.location_id.0,
        now,
        turn.seq.0,
        json!({}),
    )
    .execute(&mut *turn.tx)
    .await?;
    Ok(Step::Do)
}

/// A ticket, or a cooked fire at the pass, that the day's cut-off took off a board.
#[derive(Debug, Clone)]
pub struct Cleared {
    /// What its card was headed with.
    pub header: crate::domain::card::Header,
    /// The station, "Pass", or none: unrouted.
    pub station: Option<String>,
    /// When it had been fired.
    pub fired_at: Option<OffsetDateTime>,
    /// When it was cleared.
    pub cleared_at: OffsetDateTime,
}

#[derive(Deserialize)]
struct ClearedRow {
    header: crate::domain::card::Header,
    station: Option<String>,
    #[serde(default, with = "time::serde::rfc3339::option")]
    fired_at: Option<OffsetDateTime>,
}

/// What the last cut-off cleared, oldest first; at most 200.
#[tracing::instrument(name = "store.boards.cleared", level = "debug", skip_all)]
pub async fn cleared(db: &PgPool, location_id: LocationId) -> Result<Vec<Cleared>, StoreError> {
    let rows = sqlx::query!(
        r#"select at, detail from audit
        where location_id = $1 and verb = 'day_cleared'
            and seq = (select max(seq) from audit where location_id = $1 and verb = 'day_rolled')
        order by detail ->> 'fired_at', audit_id limit 200"#,
        location_id.0,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            let detail: ClearedRow = read(row.detail)?;
            Ok(Cleared {
                header: detail.header,
                station: detail.station,
                fired_at: detail.fired_at,
                cleared_at: row.at,
            })
        })
        .collect()
}
