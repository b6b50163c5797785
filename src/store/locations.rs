//! Restaurants: which there are, and how a new one begins.

use sqlx::{PgPool, Postgres, Transaction};
use time::OffsetDateTime;

use super::{By, StoreError};
use crate::domain::ids::{CategoryId, ItemId, LocationId, RouteId, SectionId, StaffId, StationId, TableId};
use crate::domain::location::{FIRST_TABLES, Fault, Location, Opening, no_time_zone};

/// The cut-off that a new restaurant begins with: a night's guests count to the evening before.
const CUT_OFF_HOUR: i16 = 4;
/// What the one dish of a new menu costs, until somebody says otherwise.
const FIRST_PRICE_MINOR: i64 = 10_00;

/// Every restaurant of this database, the oldest first.
#[tracing::instrument(name = "store.locations.all", level = "debug", skip_all)]
pub async fn all(db: &PgPool) -> Result<Vec<Location>, StoreError> {
    Ok(sqlx::query_as!(
        Location,
        r#"select location_id as "location_id: LocationId", name, time_zone, currency as "currency!", is_demo
        from locations order by created_at, location_id"#
    )
    .fetch_all(db)
    .await?)
}

/// The one restaurant of this database; none where there are more, or none at all.
#[tracing::instrument(name = "store.locations.only", level = "debug", skip_all)]
pub async fn only(db: &PgPool) -> Result<Option<LocationId>, StoreError> {
    let some =
        sqlx::query_scalar!(r#"select location_id as "location_id: LocationId" from locations limit 2"#)
            .fetch_all(db)
            .await?;
    Ok(match some[..] {
        [one] => Some(one),
        _ => None,
    })
}

/// Why a restaurant was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A field of it will not do.
    #[error("{}", .0.words)]
    Refused(Fault),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for OpenError {
    fn from(err: sqlx::Error) -> Self {
        Self::Store(err.into())
    }
}

/// Somebody new, and where they work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    /// The restaurant.
    pub location_id: LocationId,
    /// Its first manager.
    pub manager_id: StaffId,
}

/// Opens a restaurant with the least that an order needs: a room with tables, a kitchen, a dish, a manager.
#[tracing::instrument(name = "store.locations.open", level = "info", skip_all)]
pub async fn open(
    db: &PgPool,
    opening: &Opening,
    pin_hash: &str,
    now: OffsetDateTime,
) -> Result<Opened, OpenError> {
    let mut tx = db.begin().await?;
    let opened = open_in(&mut tx, opening, pin_hash, now).await?;
    let subject = opened.location_id.0;
    By::CommandLine(now)
        .tell(&mut tx, opened.location_id, "location_opened", subject, serde_json::json!({}))
        .await?;
    tx.commit().await?;
    Ok(opened)
}

pub(super) async fn open_in(
    tx: &mut Transaction<'static, Postgres>,
    opening: &Opening,
    pin_hash: &str,
    now: OffsetDateTime,
) -> Result<Opened, OpenError> {
    let known = sqlx::query_scalar!(
        r#"select exists (select from pg_timezone_names where name = $1 and name !~ '^(posix/|posixrules|localtime)')
            as "known!""#,
        opening.time_zone,
    )
    .fetch_one(&mut **tx)
    .await?;
    if !known {
        return Err(OpenError::Refused(no_time_zone(&opening.time_zone)));
    }
    let (location_id, manager_id) = (LocationId::new(), StaffId::new());
    sqlx::query!(
        "insert into locations (location_id, name, time_zone, currency, cut_off_hour, created_at)
        values ($1, $2, $3, $4, $5, $6)",
        location_id as LocationId,
        opening.name,
        opening.time_zone,
        opening.currency,
        CUT_OFF_HOUR,
        now,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "insert into boards (location_id, seq, business_day, incarnation)
        values ($1, 1, business_day_at($2, $3, $4), gen_random_uuid())",
        location_id as LocationId,
        now,
        opening.time_zone,
        CUT_OFF_HOUR,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "insert into staff (location_id, staff_id, name, role, pin_hash) values ($1, $2, $3, 'manager', $4)",
        location_id as LocationId,
        manager_id as StaffId,
        opening.manager,
        pin_hash,
    )
    .execute(&mut **tx)
    .await?;
    write_floor(tx, location_id).await?;
    write_kitchen(tx, location_id).await?;
    Ok(Opened { location_id, manager_id })
}

/// One room with tables. Their tiles are stamped with the opening turn, so that a screen gets them all.
async fn write_floor(
    tx: &mut Transaction<'static, Postgres>,
    location_id: LocationId,
) -> Result<(), sqlx::Error> {
    let section_id = SectionId::new();
    sqlx::query!(
        "insert into sections (location_id, section_id, name, position) values ($1, $2, 'Room', 1)",
        location_id as LocationId,
        section_id as SectionId,
    )
    .execute(&mut **tx)
    .await?;
    let ids: Vec<_> = (0..FIRST_TABLES).map(|_| TableId::new().0).collect();
    sqlx::query!(
        "insert into tables (location_id, table_id, section_id, label, seats, position, board_seq)
        select $1, table_id, $2, position::text, 4, position::integer, 1
        from unnest($3::uuid[]) with ordinality as one (table_id, position)",
        location_id as LocationId,
        section_id as SectionId,
        &ids,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// One station, and one dish that is cooked there.
async fn write_kitchen(
    tx: &mut Transaction<'static, Postgres>,
    location_id: LocationId,
) -> Result<(), sqlx::Error> {
    let (station_id, category_id) = (StationId::new(), CategoryId::new());
    sqlx::query!(
        "insert into stations (location_id, station_id, slug, name, position) values ($1, $2, 'kitchen', 'Kitchen', 1)",
        location_id as LocationId,
        station_id as StationId,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "insert into categories (location_id, category_id, name, position) values ($1, $2, 'Dishes', 1)",
        location_id as LocationId,
        category_id as CategoryId,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "insert into items (location_id, item_id, category_id, name, kitchen_name, price_minor, tax_basis_points
          , position, board_seq)
        values ($1, $2, $3, 'Dish of the day', 'Dish of the day', $4, 0, 1, 1)",
        location_id as LocationId,
        ItemId::new() as ItemId,
        category_id as CategoryId,
        FIRST_PRICE_MINOR,
    )
    .execute(&mut **tx)
    .await?;
    let route_id = RouteId::new();
    sqlx::query!(
        "insert into routes (location_id, route_id, category_id, mode) values ($1, $2, $3, 'any')",
        location_id as LocationId,
        route_id as RouteId,
        category_id as CategoryId,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "insert into route_stations (location_id, route_id, station_id) values ($1, $2, $3)",
        location_id as LocationId,
        route_id as RouteId,
        station_id as StationId,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
