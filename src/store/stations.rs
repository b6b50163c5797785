//! Stations: whose screen shows their cards.

use serde_json::json;
use thiserror::Error;

use super::{Actor, StoreError, Turn};
use crate::domain::ids::{LocationId, StationId};
use crate::domain::station::LendRefusal;
use crate::domain::ticket::Step;

/// Why a station's cards stay where they are.
#[derive(Debug, Error)]
pub enum LendError {
    /// A rule of the house.
    #[error(transparent)]
    Refused(#[from] LendRefusal),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for LendError {
    fn from(err: sqlx::Error) -> Self {
        Self::Store(err.into())
    }
}

/// Shows a station's cards on another one's screen, live ones and those to come; none: on its own again. Clocks, places and
/// versions stay.
#[tracing::instrument(name = "store.stations.lend", level = "debug", skip_all, fields(station = %station_id))]
pub async fn lend(
    turn: &mut Turn,
    station_id: StationId,
    to: Option<StationId>,
    actor: &Actor,
) -> Result<Step, LendError> {
    if to == Some(station_id) {
        return Err(LendRefusal::Itself.into());
    }
    let row = sqlx::query!(
        r#"select s.shown_at as "shown_at: StationId"
          , (select name from stations other where other.location_id = $1 and other.station_id = $3 and other.shown_at is not null)
                as "elsewhere?"
          , exists (select from stations other where other.location_id = $1 and other.station_id = $3) as "known!"
          , (select name from stations other where other.location_id = $1 and other.shown_at = $2
             order by position, name limit 1) as "guest?"
        from stations s where s.location_id = $1 and s.station_id = $2"#,
        turn.location_id as LocationId,
        station_id as StationId,
        to as Option<StationId>,
    )
    .fetch_optional(&mut *turn.tx)
    .await?
    .ok_or(StoreError::NotFound)?;
    if row.shown_at == to {
        return Ok(Step::Already);
    }
    if to.is_some() {
        if !row.known {
            return Err(StoreError::NotFound.into());
        }
        if let Some(name) = row.elsewhere {
            return Err(LendRefusal::Elsewhere(name).into());
        }
        if let Some(name) = row.guest {
            return Err(LendRefusal::ShowsOthers(name).into());
        }
    }
    sqlx::query!(
        "with menu as (update boards set menu_version = menu_version + 1 where location_id = $1)
        , chits as (
            update tickets set board_seq = $4
            where location_id = $1 and station_id = $2 and on_board
            returning fire_id
        )
        , bill as (
            update checks c set board_seq = $4
            where c.location_id = $1 and c.check_id in (
                select f.check_id from fires f where f.location_id = $1 and f.fire_id in (select fire_id from chits))
            returning c.table_id
        )
        , tile as ( -- an alarm names the screen to look at
            update tables set board_seq = $4
            where location_id = $1 and table_id in (select table_id from bill)
        )
        update stations set shown_at = $3, board_seq = $4
          , shown_since = case when $3::uuid is not null then $5::timestamptz end
          , shown_by = case when $3::uuid is not null then $6 end
        where location_id = $1 and station_id = $2",
        turn.location_id as LocationId,
        station_id as StationId,
        to as Option<StationId>,
        turn.seq.0,
        actor.at,
        actor.name,
    )
    .execute(&mut *turn.tx)
    .await?;
    turn.tell("lend_station", actor, station_id.0, json!({ "to": to })).await?;
    Ok(Step::Do)
}
