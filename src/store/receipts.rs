//! What screens confirmed: which tickets were painted, where, and when first.

use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Committed, StoreError};
use crate::domain::card::CardKey;
use crate::domain::ids::{BoardSeq, CheckId, LocationId, TableId, TicketId};

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

/// What became of a restaurant's receipts.
#[derive(Debug)]
pub enum Received {
    /// They took a turn.
    Shown {
        /// Must ring.
        committed: Committed,
        /// The floor's tiles that were stamped.
        tiles: Vec<CardKey>,
        /// Whether one of them had been alarmed about a ticket that is seen now: its tile says less from here on.
        was_alarmed: bool,
    },
    /// Somebody else has the turn just now: to be tried again.
    Busy(LocationId),
}

/// Writes receipts of many restaurants in one commit, a turn each. Nobody is waited for: whose turn is taken comes next
/// time, so that no restaurant waits for another's. Where nothing is new no turn is taken, and nothing is answered.
///
/// The floor's tiles are stamped, the tickets are not: no card at the station changes.
#[tracing::instrument(name = "store.receipts.receive", level = "debug", skip_all, fields(receipts = receipts.len()))]
pub async fn receive(db: &PgPool, receipts: &[(LocationId, Receipt)]) -> Result<Vec<Received>, StoreError> {
    let location_ids: Vec<Uuid> = receipts.iter().map(|(location_id, _)| location_id.0).collect();
    let ticket_ids: Vec<Uuid> = receipts.iter().map(|(_, receipt)| receipt.ticket_id.0).collect();
    let seqs: Vec<i64> = receipts.iter().map(|(_, receipt)| receipt.seq.0).collect();
    let screens: Vec<String> = receipts.iter().map(|(_, receipt)| receipt.screen.clone()).collect();
    let times: Vec<OffsetDateTime> = receipts.iter().map(|(_, receipt)| receipt.at).collect();
    let rows = sqlx::query!(
        r#"with receipt as materialized (
            select distinct on (location_id, ticket_id) *
            from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::timestamptz[])
                as receipt (location_id, ticket_id, seq, screen, at)
            order by location_id, ticket_id, seq desc
        )
        , news as materialized (
            select distinct t.location_id
            from receipt
            join tickets t on t.location_id = receipt.location_id and t.ticket_id = receipt.ticket_id
                and t.shown_seq < receipt.seq and receipt.seq <= t.board_seq
        )
        , free as materialized (
            select b.location_id from news join boards b on b.location_id = news.location_id
            for update of b skip locked
        )
        , turn as (
            update boards b set seq = b.seq + 1 from free
            where b.location_id = free.location_id
            returning b.location_id, b.seq
        )
        , shown as (
            update tickets t
            set shown_seq = receipt.seq, shown_at = coalesce(t.shown_at, receipt.at)
              , shown_on = coalesce(t.shown_on, receipt.screen)
            from receipt join turn on turn.location_id = receipt.location_id
            where t.location_id = receipt.location_id and t.ticket_id = receipt.ticket_id
                and t.shown_seq < receipt.seq and receipt.seq <= t.board_seq
            returning t.location_id, t.fire_id, t.alarmed_at is not null as was_alarmed
        )
        , batch as (
            select location_id, fire_id, bool_or(was_alarmed) as was_alarmed from shown group by 1, 2
        )
        , bill as (
            update checks c set board_seq = turn.seq
            from batch
            join turn on turn.location_id = batch.location_id
            join fires f on f.location_id = batch.location_id and f.fire_id = batch.fire_id
            where c.location_id = f.location_id and c.check_id = f.check_id
            returning c.location_id, c.check_id, c.table_id, c.on_board or c.awaited and c.table_id is null as on_board
        )
        , tile as (
            update tables b set board_seq = turn.seq
            from bill join turn on turn.location_id = bill.location_id
            where b.location_id = bill.location_id and b.table_id = bill.table_id
        )
        select news.location_id as "location_id!: LocationId", turn.seq as "seq?: BoardSeq"
          , array(select bill.table_id from bill
                where bill.location_id = news.location_id and bill.table_id is not null) as "table_ids!"
          , array(select bill.check_id from bill
                where bill.location_id = news.location_id and bill.on_board) as "check_ids!"
          , exists(select from batch
                where batch.location_id = news.location_id and batch.was_alarmed) as "was_alarmed!"
        from news left join turn on turn.location_id = news.location_id"#,
        &location_ids,
        &ticket_ids,
        &seqs,
        &screens,
        &times,
    )
    .fetch_all(db)
    .await?;
    let received = rows.into_iter().map(|row| {
        let Some(seq) = row.seq else { return Received::Busy(row.location_id) };
        let tables = row.table_ids.into_iter().map(|id| CardKey::Table(TableId(id)));
        let checks = row.check_ids.into_iter().map(|id| CardKey::Check(CheckId(id)));
        Received::Shown {
            committed: Committed { location_id: row.location_id, seq },
            tiles: tables.chain(checks).collect(),
            was_alarmed: row.was_alarmed,
        }
    });
    Ok(received.collect())
}
