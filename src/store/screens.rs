//! Screens that managers save: made, changed, taken away. Every change moves the menu's version, by which every process reads
//! its house anew and open screens hear that they show something else.

use serde_json::json;
use sqlx::PgConnection;
use thiserror::Error;
use uuid::Uuid;

use super::stations::free_slug;
use super::{Actor, StoreError, Turn};
use crate::domain::check::OrderType;
use crate::domain::ids::{LocationId, ScreenId, StationId};
use crate::domain::screen::{Query, SCREENS_MAX, Screen, ScreenRefusal};
use crate::domain::ticket::Step;

/// Why a screen is not as somebody wanted it.
#[derive(Debug, Error)]
pub enum ScreenError {
    /// A rule of the house.
    #[error(transparent)]
    Refused(#[from] ScreenRefusal),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for ScreenError {
    fn from(err: sqlx::Error) -> Self {
        Self::Store(err.into())
    }
}

/// Every screen of a house by name, with those of its stations that the house has just now.
pub(super) async fn all(db: &mut PgConnection, location_id: LocationId) -> Result<Vec<Screen>, StoreError> {
    let rows = sqlx::query!(
        r#"select s.screen_id as "screen_id: ScreenId", s.slug, s.name, s.every_station, s.holds
          , s.order_types as "order_types: Vec<OrderType>", s.columns
          , array(
                select station.station_id from stations station
                where station.location_id = s.location_id and station.retired_at is null
                    and (s.every_station or exists (
                        select from screen_stations its
                        where its.location_id = s.location_id and its.screen_id = s.screen_id
                            and its.station_id = station.station_id))
                order by station.position, station.name
            ) as "stations!: Vec<StationId>"
        from screens s where s.location_id = $1 order by lower(s.name), s.screen_id"#,
        location_id as LocationId,
    )
    .fetch_all(db)
    .await?;
    let screens = rows.into_iter().map(|row| Screen {
        screen_id: row.screen_id,
        slug: row.slug,
        query: Query {
            name: row.name,
            every_station: row.every_station,
            stations: row.stations,
            holds: row.holds,
            order_types: OrderType::ALL.into_iter().filter(|one| row.order_types.contains(one)).collect(),
            columns: row.columns,
        },
    });
    Ok(screens.collect())
}

/// A new screen. Its address is one that no station ever had: what is bound to a station's page never lands on a screen.
#[tracing::instrument(name = "store.screens.add", level = "debug", skip_all)]
pub async fn add(turn: &mut Turn, query: &Query, slug: &str, actor: &Actor) -> Result<Step, ScreenError> {
    let name = query.name.as_str();
    if turn.has_named(name, None, None).await? {
        return Err(ScreenRefusal::Taken(name.to_owned()).into());
    }
    let known = sqlx::query!(
        r#"select (select count(*) from screens where location_id = $1) as "count!"
          , array(
                select slug from screens where location_id = $1
                union all select slug from stations where location_id = $1
                -- Whoever is still bound to one that went must not find another one there.
                union all select detail ->> 'slug' from audit
                where location_id = $1 and verb = 'take_away_screen' and detail ? 'slug') as "slugs!: Vec<String>""#,
        turn.location_id as LocationId,
    )
    .fetch_one(&mut *turn.tx)
    .await?;
    if known.count >= SCREENS_MAX {
        return Err(ScreenRefusal::TooMany.into());
    }
    let (screen_id, slug) = (ScreenId::new(), free_slug(slug, &known.slugs));
    sqlx::query!(
        "insert into screens (location_id, screen_id, slug, name, every_station, holds, order_types, columns)
        values ($1, $2, $3, $4, $5, $6, $7, $8)",
        turn.location_id as LocationId,
        screen_id as ScreenId,
        slug,
        name,
        query.every_station,
        query.holds,
        &keys(&query.order_types),
        query.columns,
    )
    .execute(&mut *turn.tx)
    .await?;
    turn.put_stations(screen_id, query).await?;
    let detail = json!({ "name": name, "slug": slug, "query": told(query) });
    turn.tell("add_screen", actor, screen_id.0, detail).await?;
    Ok(Step::Do)
}

/// Another query under the same address. A station that is gone just now stays on it if nobody says otherwise: it counts again
/// when it comes back.
#[tracing::instrument(name = "store.screens.change", level = "debug", skip_all, fields(screen = %screen_id))]
pub async fn change(
    turn: &mut Turn,
    screen_id: ScreenId,
    query: &Query,
    actor: &Actor,
) -> Result<Step, ScreenError> {
    let known = all(&mut turn.tx, turn.location_id).await?;
    let before =
        known.into_iter().find(|screen| screen.screen_id == screen_id).ok_or(StoreError::NotFound)?;
    if before.query == *query {
        return Ok(Step::Already);
    }
    if turn.has_named(&query.name, None, Some(screen_id)).await? {
        return Err(ScreenRefusal::Taken(query.name.clone()).into());
    }
    sqlx::query!(
        "with its as (
            delete from screen_stations its using stations s
            where its.location_id = $1 and its.screen_id = $2 and s.location_id = its.location_id
                and s.station_id = its.station_id and ($4 or s.retired_at is null)
        )
        update screens set name = $3, every_station = $4, holds = $5, order_types = $6, columns = $7
        where location_id = $1 and screen_id = $2",
        turn.location_id as LocationId,
        screen_id as ScreenId,
        query.name,
        query.every_station,
        query.holds,
        &keys(&query.order_types),
        query.columns,
    )
    .execute(&mut *turn.tx)
    .await?;
    turn.put_stations(screen_id, query).await?;
    let detail = json!({ "from": told(&before.query), "to": told(query) });
    turn.tell("change_screen", actor, screen_id.0, detail).await?;
    Ok(Step::Do)
}

/// A screen goes. What it has confirmed keeps its name.
#[tracing::instrument(name = "store.screens.take_away", level = "debug", skip_all, fields(screen = %screen_id))]
pub async fn take_away(turn: &mut Turn, screen_id: ScreenId, actor: &Actor) -> Result<Step, ScreenError> {
    let row = sqlx::query!(
        r#"select s.name, s.slug, (
                select string_agg(d.name, ', ' order by d.name) from paired_devices d
                where d.location_id = $1 and d.view = s.slug and d.revoked_at is null) as devices
        from screens s where s.location_id = $1 and s.screen_id = $2"#,
        turn.location_id as LocationId,
        screen_id as ScreenId,
    )
    .fetch_optional(&mut *turn.tx)
    .await?
    .ok_or(StoreError::NotFound)?;
    if let Some(devices) = row.devices {
        return Err(ScreenRefusal::HasDevices(devices).into());
    }
    sqlx::query!(
        "with menu as (update boards set menu_version = menu_version + 1 where location_id = $1)
        , codes as ( -- nobody is paired to what is gone
            delete from pairing_codes where location_id = $1 and view = $3
        )
        delete from screens where location_id = $1 and screen_id = $2",
        turn.location_id as LocationId,
        screen_id as ScreenId,
        row.slug,
    )
    .execute(&mut *turn.tx)
    .await?;
    turn.tell("take_away_screen", actor, screen_id.0, json!({ "name": row.name, "slug": row.slug })).await?;
    Ok(Step::Do)
}

fn keys(order_types: &[OrderType]) -> Vec<String> {
    order_types.iter().map(|order_type| order_type.key().to_owned()).collect()
}

/// A query as the audit keeps it.
fn told(query: &Query) -> serde_json::Value {
    json!({
        "name": query.name, "every_station": query.every_station, "stations": query.stations, "holds": query.holds
      , "order_types": query.order_types, "columns": query.columns
    })
}

impl Turn {
    /// Whether another station that is there, or another screen, has that name, however it is written.
    pub(super) async fn has_named(
        &mut self,
        name: &str,
        but_station: Option<StationId>,
        but_screen: Option<ScreenId>,
    ) -> Result<bool, StoreError> {
        Ok(sqlx::query_scalar!(
            r#"select exists (
                select from stations
                where location_id = $1 and lower(name) = lower($2) and retired_at is null
                    and station_id is distinct from $3)
              or exists (
                select from screens
                where location_id = $1 and lower(name) = lower($2) and screen_id is distinct from $4) as "has!""#,
            self.location_id as LocationId,
            name,
            but_station as Option<StationId>,
            but_screen as Option<ScreenId>,
        )
        .fetch_one(&mut *self.tx)
        .await?)
    }

    /// Writes which stations a screen has, and that the house is another one now.
    async fn put_stations(&mut self, screen_id: ScreenId, query: &Query) -> Result<(), StoreError> {
        let of: &[StationId] = if query.every_station { &[] } else { &query.stations };
        let of: Vec<Uuid> = of.iter().map(|station_id| station_id.0).collect();
        sqlx::query!(
            "with menu as (update boards set menu_version = menu_version + 1 where location_id = $1)
            insert into screen_stations (location_id, screen_id, station_id)
            select $1, $2, station_id from unnest($3::uuid[]) as its (station_id)",
            self.location_id as LocationId,
            screen_id as ScreenId,
            &of,
        )
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }
}
