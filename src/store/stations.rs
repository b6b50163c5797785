//! Stations: whose screen shows their cards; added, named, put in order, taken away.

use serde_json::json;
use thiserror::Error;

use super::{Actor, StoreError, Turn};
use crate::domain::ids::{LocationId, StationId};
use crate::domain::station::{LendRefusal, STATIONS_MAX, SetUpRefusal};
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

/// Why a station could not be set up so.
#[derive(Debug, Error)]
pub enum SetUpError {
    /// A rule of the house.
    #[error(transparent)]
    Refused(#[from] SetUpRefusal),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for SetUpError {
    fn from(err: sqlx::Error) -> Self {
        Self::Store(err.into())
    }
}

/// A new station, the last in the kitchen's order. One that was taken away under that address comes back.
#[tracing::instrument(name = "store.stations.add", level = "debug", skip_all)]
pub async fn add(turn: &mut Turn, name: &str, slug: &str, actor: &Actor) -> Result<Step, SetUpError> {
    let known = sqlx::query!(
        r#"select count(*) filter (where retired_at is null) as "count!"
          , coalesce(bool_or(slug = $2 and retired_at is null), false) as "taken!"
        from stations where location_id = $1"#,
        turn.location_id as LocationId,
        slug,
    )
    .fetch_one(&mut *turn.tx)
    .await?;
    if known.taken {
        return Err(SetUpRefusal::Taken(slug.to_owned()).into());
    }
    if known.count >= STATIONS_MAX {
        return Err(SetUpRefusal::TooMany.into());
    }
    let station_id = sqlx::query_scalar!(
        r#"with menu as (update boards set menu_version = menu_version + 1 where location_id = $1)
        insert into stations (location_id, station_id, slug, name, position)
        select $1, $2, $3, $4, coalesce(max(position), 0) + 1 from stations where location_id = $1
        on conflict (location_id, slug)
        do update set name = excluded.name, position = excluded.position, retired_at = null
        returning station_id as "station_id: StationId""#,
        turn.location_id as LocationId,
        StationId::new() as StationId,
        slug,
        name,
    )
    .fetch_one(&mut *turn.tx)
    .await?;
    turn.tell("add_station", actor, station_id.0, json!({ "name": name, "slug": slug })).await?;
    Ok(Step::Do)
}

/// Another name for a station; its address stays. Every card that prints it is drawn anew.
#[tracing::instrument(name = "store.stations.rename", level = "debug", skip_all, fields(station = %station_id))]
pub async fn rename(
    turn: &mut Turn,
    station_id: StationId,
    name: &str,
    actor: &Actor,
) -> Result<Step, SetUpError> {
    let before = turn.station_name(station_id).await?;
    if before == name {
        return Ok(Step::Already);
    }
    sqlx::query!(
        "with menu as (update boards set menu_version = menu_version + 1 where location_id = $1)
        , own as (
            update stations set name = $3, board_seq = $4 where location_id = $1 and station_id = $2
        )
        , guests as (update stations set board_seq = $4 where location_id = $1 and shown_at = $2)
        , chits as (
            update tickets set board_seq = $4
            where location_id = $1 and station_id = $2 and on_board
            returning fire_id
        )
        , batch as (
            update fires set board_seq = $4
            where location_id = $1 and on_board and fire_id in (
                select t.fire_id from tickets t where t.location_id = $1 and t.station_id = $2)
            returning check_id
        )
        , bill as (
            update checks set board_seq = $4
            where location_id = $1 and check_id in (select check_id from batch)
            returning table_id
        )
        update tables set board_seq = $4
        where location_id = $1 and table_id in (select table_id from bill)",
        turn.location_id as LocationId,
        station_id as StationId,
        name,
        turn.seq.0,
    )
    .execute(&mut *turn.tx)
    .await?;
    turn.tell("rename_station", actor, station_id.0, json!({ "from": before, "to": name })).await?;
    Ok(Step::Do)
}

/// One place further to the front in the kitchen's order, which every card of the pass prints.
#[tracing::instrument(name = "store.stations.forward", level = "debug", skip_all, fields(station = %station_id))]
pub async fn forward(turn: &mut Turn, station_id: StationId, actor: &Actor) -> Result<Step, SetUpError> {
    turn.station_name(station_id).await?;
    let moved = sqlx::query!(
        "with menu as (update boards set menu_version = menu_version + 1 where location_id = $1)
        , ranked as (
            select station_id, row_number() over (order by position, name) as n
            from stations where location_id = $1 and retired_at is null
        )
        , batch as (update fires set board_seq = $3 where location_id = $1 and on_board)
        update stations s
        set position = case
                when ranked.n = mine.n then ranked.n - 1 when ranked.n = mine.n - 1 then ranked.n + 1 else ranked.n end
        from ranked, ranked as mine
        where s.location_id = $1 and s.station_id = ranked.station_id and mine.station_id = $2 and 1 < mine.n",
        turn.location_id as LocationId,
        station_id as StationId,
        turn.seq.0,
    )
    .execute(&mut *turn.tx)
    .await?;
    if moved.rows_affected() == 0 {
        return Ok(Step::Already);
    }
    turn.tell("move_station", actor, station_id.0, json!({})).await?;
    Ok(Step::Do)
}

/// A station goes: no screen, no routes. What it cooked stays as it was. A dish that had a route to it alone goes as its page
/// does, and where that is nowhere, to the Unrouted lane.
#[tracing::instrument(name = "store.stations.retire", level = "debug", skip_all, fields(station = %station_id))]
pub async fn retire(turn: &mut Turn, station_id: StationId, actor: &Actor) -> Result<Step, SetUpError> {
    let name = turn.station_name(station_id).await?;
    let row = sqlx::query!(
        r#"select (select count(*) from tickets where location_id = $1 and station_id = $2 and on_board) as "live!"
          , (select name from stations where location_id = $1 and shown_at = $2 order by position limit 1) as "guest?"
          , (select count(*) from messages where location_id = $1 and station_id = $2 and on_board) as "unread!""#,
        turn.location_id as LocationId,
        station_id as StationId,
    )
    .fetch_one(&mut *turn.tx)
    .await?;
    if row.live > 0 {
        return Err(SetUpRefusal::Busy { name, tickets: row.live }.into());
    }
    if let Some(guest) = row.guest {
        return Err(SetUpRefusal::ShowsOthers(guest).into());
    }
    if row.unread > 0 {
        return Err(SetUpRefusal::Unread(name).into());
    }
    sqlx::query!(
        "with menu as (update boards set menu_version = menu_version + 1 where location_id = $1)
        , legs as (
            delete from route_stations where location_id = $1 and station_id = $2 returning route_id
        )
        , idle as (
            delete from routes r
            where r.location_id = $1 and r.route_id in (select route_id from legs) and not exists (
                select from route_stations other
                where other.location_id = $1 and other.route_id = r.route_id and other.station_id <> $2)
        )
        update stations set retired_at = $3, shown_at = null, shown_since = null, shown_by = null
        where location_id = $1 and station_id = $2",
        turn.location_id as LocationId,
        station_id as StationId,
        actor.at,
    )
    .execute(&mut *turn.tx)
    .await?;
    turn.tell("retire_station", actor, station_id.0, json!({ "name": name })).await?;
    Ok(Step::Do)
}

impl Turn {
    async fn station_name(&mut self, station_id: StationId) -> Result<String, StoreError> {
        sqlx::query_scalar!(
            "select name from stations where location_id = $1 and station_id = $2 and retired_at is null",
            self.location_id as LocationId,
            station_id as StationId,
        )
        .fetch_optional(&mut *self.tx)
        .await?
        .ok_or(StoreError::NotFound)
    }
}
