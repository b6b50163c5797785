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
          , exists (
                select from stations other
                where other.location_id = $1 and other.station_id = $3 and other.retired_at is null) as "known!"
          , (select name from stations other where other.location_id = $1 and other.shown_at = $2
             order by position, name limit 1) as "guest?"
        from stations s where s.location_id = $1 and s.station_id = $2 and s.retired_at is null"#,
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
    turn.stamp_pass(Some(station_id)).await?;
    sqlx::query!(
        "with menu as (update boards set menu_version = menu_version + 1 where location_id = $1)
        , chits as (
            update tickets set board_seq = $4 where location_id = $1 and station_id = $2 and on_board
        )
        , words as (
            update messages set board_seq = $4 where location_id = $1 and station_id = $2 and on_board
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

/// A new station, the last in the kitchen's order. One that was taken away under that address comes back, with its routes.
#[tracing::instrument(name = "store.stations.add", level = "debug", skip_all)]
pub async fn add(turn: &mut Turn, name: &str, slug: &str, actor: &Actor) -> Result<Step, SetUpError> {
    turn.is_free(name, None).await?;
    let known = sqlx::query!(
        r#"select count(*) filter (where retired_at is null) as "count!"
          , array_agg(slug) filter (where retired_at is null)
                || array(
                    select slug from screens where location_id = $1
                    union all select detail ->> 'slug' from audit -- somebody may still be bound to a screen that went
                    where location_id = $1 and verb = 'take_away_screen' and detail ? 'slug') as "slugs: Vec<String>"
        from stations where location_id = $1"#,
        turn.location_id as LocationId,
    )
    .fetch_one(&mut *turn.tx)
    .await?;
    if known.count >= STATIONS_MAX {
        return Err(SetUpRefusal::TooMany.into());
    }
    let slug = free_slug(slug, &known.slugs.unwrap_or_default());
    let station_id = sqlx::query_scalar!(
        r#"with menu as (update boards set menu_version = menu_version + 1 where location_id = $1)
        insert into stations (location_id, station_id, slug, name, position)
        select $1, $2, $3, $4, coalesce(max(position), 0) + 1 from stations where location_id = $1
        on conflict (location_id, slug)
        do update set name = excluded.name, position = excluded.position, retired_at = null, retired_by = null
          , board_seq = $5
        returning station_id as "station_id: StationId""#,
        turn.location_id as LocationId,
        StationId::new() as StationId,
        slug,
        name,
        turn.seq.0,
    )
    .fetch_one(&mut *turn.tx)
    .await?;
    turn.stamp_pass(Some(station_id)).await?;
    turn.tell("add_station", actor, station_id.0, json!({ "name": name, "slug": slug })).await?;
    Ok(Step::Do)
}

/// An address that is not taken: whoever has it may have been given another name since.
pub(super) fn free_slug(wanted: &str, taken: &[String]) -> String {
    let is_free = |slug: &String| !taken.contains(slug);
    let numbered =
        (2..).map(|n| format!("{}-{n}", wanted.chars().take(26).collect::<String>().trim_end_matches('-')));
    std::iter::once(wanted.to_owned()).chain(numbered).find(is_free).unwrap_or_default()
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
    turn.is_free(name, Some(station_id)).await?;
    sqlx::query!(
        "with menu as (update boards set menu_version = menu_version + 1 where location_id = $1)
        , guests as (update stations set board_seq = $4 where location_id = $1 and shown_at = $2)
        , chits as (
            update tickets set board_seq = $4
            where location_id = $1 and on_board and (station_id = $2 or exists ( -- or what comes from there
                select from ticket_lines tl
                where tl.location_id = $1 and tl.ticket_id = tickets.ticket_id and 1 < tl.step))
        )
        update stations set name = $3, board_seq = $4 where location_id = $1 and station_id = $2",
        turn.location_id as LocationId,
        station_id as StationId,
        name,
        turn.seq.0,
    )
    .execute(&mut *turn.tx)
    .await?;
    turn.stamp_pass(Some(station_id)).await?;
    turn.tell("rename_station", actor, station_id.0, json!({ "from": before, "to": name })).await?;
    Ok(Step::Do)
}

/// One place further to the front in the kitchen's order, which every card of the pass prints.
#[tracing::instrument(name = "store.stations.forward", level = "debug", skip_all, fields(station = %station_id))]
pub async fn forward(turn: &mut Turn, station_id: StationId, actor: &Actor) -> Result<Step, SetUpError> {
    turn.station_name(station_id).await?;
    let moved = sqlx::query!(
        "with menu as (update boards set menu_version = menu_version + 1 where location_id = $1)
        , chits as ( -- they name several stations in that order
            update tickets set board_seq = $3
            where location_id = $1 and on_board and exists (
                select from ticket_lines tl
                where tl.location_id = $1 and tl.ticket_id = tickets.ticket_id and 1 < tl.step)
        )
        , ranked as (
            select station_id, row_number() over (order by position, name) as n
            from stations where location_id = $1 and retired_at is null
        )
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
    turn.stamp_pass(None).await?;
    turn.tell("move_station", actor, station_id.0, json!({})).await?;
    Ok(Step::Do)
}

/// A station goes: no screen, and nothing is sent there. What it cooked stays as it was, and so do its legs of routes: they
/// count again if it comes back. A dish that went to it alone goes as its page does, and where that is nowhere, to the
/// Unrouted lane.
#[tracing::instrument(name = "store.stations.retire", level = "debug", skip_all, fields(station = %station_id))]
pub async fn retire(turn: &mut Turn, station_id: StationId, actor: &Actor) -> Result<Step, SetUpError> {
    let name = turn.station_name(station_id).await?;
    let row = sqlx::query!(
        r#"select (select count(*) from tickets where location_id = $1 and on_board and station_id = $2) + (
                select count(*) from fires f
                cross join lateral (
                    select from tickets t
                    where t.location_id = f.location_id and t.fire_id = f.fire_id and t.station_id = $2
                        and not t.on_board offset 0) as plate
                where f.location_id = $1 and f.on_board) as "live!"
          , (select name from stations where location_id = $1 and shown_at = $2 order by position limit 1) as "guest?"
          , (select count(*) from messages where location_id = $1 and station_id = $2 and on_board) as "unread!"
          , (select string_agg(d.name, ', ' order by d.name)
             from paired_devices d join stations s on s.location_id = d.location_id and s.slug = d.view
             where d.location_id = $1 and s.station_id = $2 and d.revoked_at is null) as screens"#,
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
    if let Some(screens) = row.screens {
        return Err(SetUpRefusal::HasScreens(screens).into());
    }
    sqlx::query!(
        "with menu as (update boards set menu_version = menu_version + 1 where location_id = $1)
        update stations set retired_at = $3, retired_by = $4, shown_at = null, shown_since = null, shown_by = null
          , board_seq = $5
        where location_id = $1 and station_id = $2",
        turn.location_id as LocationId,
        station_id as StationId,
        actor.at,
        actor.name,
        turn.seq.0,
    )
    .execute(&mut *turn.tx)
    .await?;
    turn.tell("retire_station", actor, station_id.0, json!({ "name": name })).await?;
    Ok(Step::Do)
}

impl Turn {
    /// Whether no other station that is there, and no screen, has that name.
    async fn is_free(&mut self, name: &str, but: Option<StationId>) -> Result<(), SetUpError> {
        let taken = self.has_named(name, but, None).await?;
        if taken { Err(SetUpRefusal::Taken(name.to_owned()).into()) } else { Ok(()) }
    }

    /// What prints a station's name, its place among the others or its tickets, or those of one that it shows: cards of the
    /// pass, tiles. None: of every station.
    async fn stamp_pass(&mut self, station_id: Option<StationId>) -> Result<(), StoreError> {
        sqlx::query!(
            "with batch as (
                update fires f set board_seq = $3
                where f.location_id = $1 and f.on_board and ($2::uuid is null or exists (
                    select from tickets t
                    where t.location_id = f.location_id and t.fire_id = f.fire_id
                        and t.station_id = any(stations_at($1, $2))))
                returning f.check_id
            )
            , bill as (
                update checks set board_seq = $3
                where location_id = $1 and check_id in (select check_id from batch)
                returning table_id
            )
            update tables set board_seq = $3
            where location_id = $1 and table_id in (select table_id from bill)",
            self.location_id as LocationId,
            station_id as Option<StationId>,
            self.seq.0,
        )
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

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
