//! What is left of a dish: off the menu, back on it, counted down.

use serde_json::json;
use sqlx::PgPool;
use thiserror::Error;
use time::OffsetDateTime;

use super::{Actor, StoreError, Turn};
use crate::domain::ids::{ItemId, LocationId};
use crate::domain::ticket::Step;

/// Takes an item off the menu. Orders decided on the menu before are decided again: it moves `menu_version`.
#[tracing::instrument(name = "store.items.eighty_six", level = "debug", skip_all, fields(item = %item_id))]
pub async fn eighty_six(turn: &mut Turn, item_id: ItemId, actor: &Actor) -> Result<Step, StoreError> {
    let step = set_eighty_six(turn, item_id, Some(actor.at), false, actor).await?;
    if step == Step::Do {
        turn.tell("86", actor, item_id.0, json!({})).await?;
    }
    Ok(step)
}

/// Puts an item back on the menu.
#[tracing::instrument(name = "store.items.bring_back", level = "debug", skip_all, fields(item = %item_id))]
pub async fn bring_back(turn: &mut Turn, item_id: ItemId, actor: &Actor) -> Result<Step, StoreError> {
    let step = set_eighty_six(turn, item_id, None, true, actor).await?;
    if step == Step::Do {
        turn.tell("back", actor, item_id.0, json!({})).await?;
    }
    Ok(step)
}

/// Why a count is not written.
#[derive(Debug, Error)]
pub enum CountError {
    /// Somebody ordered since that number was read.
    #[error("{} now: somebody ordered meanwhile. Count again.", left_words(*.0))]
    Moved(Option<i32>),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for CountError {
    fn from(err: sqlx::Error) -> Self {
        Self::Store(err.into())
    }
}

fn left_words(left: Option<i32>) -> String {
    left.map_or_else(|| "Nobody counts it".to_owned(), |left| format!("{left} left"))
}

/// Says how many portions are left of an item, or that nobody counts any more. A count puts an item back that was off the
/// menu; none left takes it off. `was`: what whoever counts has seen, if they say so; it must still be so.
/// Orders decided on the menu before are decided again: from now on they take portions.
#[tracing::instrument(name = "store.items.count", level = "debug", skip_all, fields(item = %item_id))]
pub async fn count(
    turn: &mut Turn,
    item_id: ItemId,
    remaining: Option<i32>,
    was: Option<Option<i32>>,
    actor: &Actor,
) -> Result<Step, CountError> {
    if let Some(was) = was {
        let left = sqlx::query_scalar!(
            "select remaining from items where location_id = $1 and item_id = $2",
            turn.location_id as LocationId,
            item_id as ItemId,
        )
        .fetch_optional(&mut *turn.tx)
        .await?
        .ok_or(StoreError::NotFound)?;
        if left != was && left != remaining {
            return Err(CountError::Moved(left));
        }
    }
    // Nothing left, said by hand, is off the menu: what waits of it asks before it is fired.
    let off = (remaining == Some(0)).then_some(actor.at);
    if remaining.is_some() {
        set_eighty_six(turn, item_id, off, false, actor).await?;
    }
    let row = sqlx::query!(
        r#"with item as (
            update items set remaining = $3, board_seq = $4
            where location_id = $1 and item_id = $2 and remaining is distinct from $3
            returning item_id
        )
        , menu as (
            update boards set menu_version = menu_version + 1
            where location_id = $1 and exists (select from item)
        )
        select exists (select from item) as "changed!", i.board_seq = $4 as "back!"
        from items i where i.location_id = $1 and i.item_id = $2"#,
        turn.location_id as LocationId,
        item_id as ItemId,
        remaining,
        turn.seq.0,
    )
    .fetch_optional(&mut *turn.tx)
    .await?
    .ok_or(StoreError::NotFound)?;
    if !row.changed && !row.back {
        return Ok(Step::Already);
    }
    turn.tell("count", actor, item_id.0, json!({ "remaining": remaining })).await?;
    Ok(Step::Do)
}

/// An item of which somebody counts, or that is off the menu.
#[derive(Debug, Clone, Copy)]
pub struct Left {
    /// The item.
    pub item_id: ItemId,
    /// Since when it is off the menu.
    pub since: Option<OffsetDateTime>,
    /// Portions that are left.
    pub remaining: Option<i32>,
}

/// What is off the menu or counted.
#[tracing::instrument(name = "store.items.left", level = "debug", skip_all)]
pub async fn left(db: &PgPool, location_id: LocationId) -> Result<Vec<Left>, StoreError> {
    let rows = sqlx::query!(
        r#"select item_id as "item_id: ItemId", eighty_sixed_at, remaining from items
        where location_id = $1 and on_board"#,
        location_id as LocationId,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Left { item_id: row.item_id, since: row.eighty_sixed_at, remaining: row.remaining })
        .collect())
}

async fn set_eighty_six(
    turn: &mut Turn,
    item_id: ItemId,
    since: Option<OffsetDateTime>,
    forgets_sold_out: bool, // what was counted down to nothing is on the menu again, uncounted
    actor: &Actor,
) -> Result<Step, StoreError> {
    let row = sqlx::query!(
        r#"with item as (
            update items set eighty_sixed_at = $3, board_seq = $4
              , remaining = case when $6 and remaining = 0 then null else remaining end
            where location_id = $1 and item_id = $2
                and ((eighty_sixed_at is null) <> ($3::timestamptz is null) or $6 and remaining = 0)
            returning item_id
        )
        , menu as (
            update boards set menu_version = menu_version + 1
            where location_id = $1 and exists (select from item)
        )
        , waiting as ( -- what is held says so: its cards are drawn anew
            select l.line_id, l.fire_id
            from item
            join fires f on f.location_id = $1 and f.on_board and f.fired_at is null
            join order_lines l on l.location_id = $1 and l.fire_id = f.fire_id and l.item_id = item.item_id
        )
        , batch as (
            update fires set board_seq = $4
            where location_id = $1 and fire_id in (select fire_id from waiting)
            returning check_id
        )
        , bill as ( -- the check's page listens to its tile
            update checks set board_seq = $4
            where location_id = $1 and check_id in (select check_id from batch)
            returning table_id
        )
        , tile as (
            update tables set board_seq = $4
            where location_id = $1 and table_id in (select table_id from bill)
        )
        , chits as (
            update tickets t set board_seq = $4, stamped_at = $5
            from ticket_lines tl, waiting
            where tl.location_id = $1 and tl.line_id = waiting.line_id
                and t.location_id = $1 and t.ticket_id = tl.ticket_id and t.state = 'held'
        )
        select exists (select from item) as "changed!"
          , exists (select from items where location_id = $1 and item_id = $2) as "known!""#,
        turn.location_id as LocationId,
        item_id as ItemId,
        since,
        turn.seq.0,
        actor.at,
        forgets_sold_out,
    )
    .fetch_one(&mut *turn.tx)
    .await?;
    match (row.known, row.changed) {
        (false, _) => Err(StoreError::NotFound),
        (true, true) => Ok(Step::Do),
        (true, false) => Ok(Step::Already),
    }
}

/// What is off the menu just now, longest first.
#[tracing::instrument(name = "store.items.eighty_sixed", level = "debug", skip_all)]
pub async fn eighty_sixed(
    db: &PgPool,
    location_id: LocationId,
) -> Result<Vec<(ItemId, String, OffsetDateTime)>, StoreError> {
    let rows = sqlx::query!(
        r#"select item_id as "item_id: ItemId", name, eighty_sixed_at as "since!" from items
        where location_id = $1 and eighty_sixed_at is not null order by eighty_sixed_at, name"#,
        location_id as LocationId,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.item_id, row.name, row.since)).collect())
}
