//! Writes the demo restaurant of [`crate::domain::demo`], or puts it back as it was.
//!
//! A reset happens under the location's turn, so it lies wholly before or wholly after any other command. The board
//! row itself stays: its `seq` goes on, its versions go up, and a new incarnation makes another epoch, so that no
//! screen, tablet or cached menu takes the new evening for a continuation of the old one.

mod evening;
mod menu;

use sqlx::{AssertSqlSafe, PgConnection, PgPool};
use thiserror::Error;
use time::OffsetDateTime;

use crate::domain::demo::{self, LOCATION_ID, SECTIONS, STAFF, STATIONS};
use crate::domain::ids::{BoardSeq, LocationId};

/// Why the demo was not written.
#[derive(Debug, Error)]
pub enum DemoError {
    /// A reset would mix a real restaurant with an invented one.
    #[error("This database holds {0:?}, which is not the demo. Give the demo a database of its own.")]
    NotTheDemo(String),
    /// The database.
    #[error("The demo could not be written.")]
    Database(#[from] sqlx::Error),
}

/// What a reset empties: every table with a `location_id`, whoever points at another one first.
pub const EMPTIED: [&str; 32] = [
    "audit",
    "line_changes",
    "incidents",
    "messages",
    "age_limits",
    "tenders",
    "allergy_steps",
    "ticket_lines",
    "tickets",
    "order_lines",
    "fires",
    "orders",
    "checks",
    "screen_stations",
    "screens",
    "route_stations",
    "routes",
    "item_modifier_groups",
    "modifiers",
    "modifier_groups",
    "items",
    "categories",
    "stations",
    "tables",
    "sections",
    "api_tokens",
    "sign_in_failures",
    "devices",
    "paired_devices",
    "pairing_codes",
    "sessions",
    "staff",
];

/// What a reset keeps: the place and its turn, which it writes over, and what the processes of the moment say of their
/// screens.
pub const KEPT: [&str; 3] = ["locations", "boards", "process_screens"];

/// Seeds the demo restaurant, or resets it. Refuses a database that holds a restaurant which is not the demo.
///
/// `owner` may delete, which the program's own role may not. `pin_hashes` are those of [`STAFF`], in its order:
/// hashing is slow on purpose, so it is done before the turn is taken.
#[tracing::instrument(name = "store.demo.seed", level = "debug", skip_all)]
pub async fn seed(
    owner: &PgPool,
    now: OffsetDateTime,
    pin_hashes: &[String],
) -> Result<LocationId, DemoError> {
    let mut tx = owner.begin().await?;
    refuse_a_real_restaurant(&mut tx).await?;
    let opening = open(&mut tx, now).await?;
    empty(&mut tx).await?;
    write_staff(&mut tx, pin_hashes).await?;
    write_floor(&mut tx, opening).await?;
    write_stations(&mut tx).await?;
    write_ages(&mut tx, now).await?;
    menu::write(&mut tx, opening).await?;
    evening::tell(&mut tx, now).await?;
    tx.commit().await?;
    Ok(LOCATION_ID)
}

async fn refuse_a_real_restaurant(db: &mut PgConnection) -> Result<(), DemoError> {
    let real: Option<String> = sqlx::query_scalar(
        "select name from locations where not (is_demo and location_id = $1) order by name limit 1",
    )
    .bind(LOCATION_ID)
    .fetch_optional(db)
    .await?;
    real.map_or(Ok(()), |name| Err(DemoError::NotTheDemo(name)))
}

/// Opens the place for the business day of `now`, and takes its first turn, which stays ours until the commit.
async fn open(db: &mut PgConnection, now: OffsetDateTime) -> Result<BoardSeq, sqlx::Error> {
    sqlx::query(
        "insert into locations (location_id, name, time_zone, currency, cut_off_hour, is_demo, created_at)
        values ($1, $2, $3, $4, $5, true, $6)
        on conflict (location_id) do update set name = excluded.name, time_zone = excluded.time_zone
          , currency = excluded.currency, cut_off_hour = excluded.cut_off_hour, created_at = excluded.created_at",
    )
    .bind(LOCATION_ID)
    .bind(demo::NAME)
    .bind(demo::TIME_ZONE)
    .bind(demo::CURRENCY)
    .bind(demo::CUT_OFF_HOUR)
    .bind(now)
    .execute(&mut *db)
    .await?;
    sqlx::query_scalar(
        "insert into boards (location_id, seq, business_day, incarnation)
        values ($1, 1, business_day_at($2, $3, $4), gen_random_uuid())
        on conflict (location_id) do update set seq = boards.seq + 1, menu_version = boards.menu_version + 1
          , people_version = boards.people_version + 1, business_day = excluded.business_day, checks_today = 0
          , incarnation = excluded.incarnation
        returning seq",
    )
    .bind(LOCATION_ID)
    .bind(now)
    .bind(demo::TIME_ZONE)
    .bind(demo::CUT_OFF_HOUR)
    .fetch_one(db)
    .await
}

async fn empty(db: &mut PgConnection) -> Result<(), sqlx::Error> {
    for table in EMPTIED {
        // Safe: the names are the constants above.
        sqlx::query(AssertSqlSafe(format!("delete from {table} where location_id = $1")))
            .bind(LOCATION_ID)
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

async fn write_staff(db: &mut PgConnection, pin_hashes: &[String]) -> Result<(), sqlx::Error> {
    for (person, pin_hash) in STAFF.iter().zip(pin_hashes) {
        sqlx::query(
            "insert into staff (location_id, staff_id, name, role, pin_hash, demo_pin) values ($1, $2, $3, $4, $5, $6)",
        )
        .bind(LOCATION_ID)
        .bind(person.id())
        .bind(person.name)
        .bind(person.role)
        .bind(pin_hash)
        .bind(person.pin)
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// Sections and tables. Every tile is stamped with the opening turn: a screen that asks what is new gets them all.
async fn write_floor(db: &mut PgConnection, opening: BoardSeq) -> Result<(), sqlx::Error> {
    let mut position = 0;
    for (section, place) in SECTIONS.iter().zip(1..) {
        sqlx::query("insert into sections (location_id, section_id, name, position) values ($1, $2, $3, $4)")
            .bind(LOCATION_ID)
            .bind(section.id())
            .bind(section.name)
            .bind(place)
            .execute(&mut *db)
            .await?;
        for &(label, seats) in section.tables {
            position += 1;
            sqlx::query(
                "insert into tables (location_id, table_id, section_id, label, seats, position, board_seq)
                values ($1, $2, $3, $4, $5, $6, $7)",
            )
            .bind(LOCATION_ID)
            .bind(demo::table_id(label))
            .bind(section.id())
            .bind(label)
            .bind(seats)
            .bind(position)
            .bind(opening)
            .execute(&mut *db)
            .await?;
        }
    }
    Ok(())
}

async fn write_stations(db: &mut PgConnection) -> Result<(), sqlx::Error> {
    for (station, position) in STATIONS.iter().zip(1..) {
        sqlx::query(
            "insert into stations (location_id, station_id, slug, name, position)
            values ($1, $2, $3, $4, $5)",
        )
        .bind(LOCATION_ID)
        .bind(station.id())
        .bind(station.slug)
        .bind(station.name)
        .bind(position)
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

async fn write_ages(db: &mut PgConnection, now: OffsetDateTime) -> Result<(), sqlx::Error> {
    let of_stations = STATIONS.iter().filter_map(|station| Some((Some(station.id()), station.limits?)));
    for (station_id, limits) in of_stations.chain([(None, demo::LIMITS)]) {
        sqlx::query(
            "insert into age_limits (location_id, station_id, warn_after_s, late_after_s, since)
            values ($1, $2, $3, $4, $5)",
        )
        .bind(LOCATION_ID)
        .bind(station_id)
        .bind(limits.warn_after_s)
        .bind(limits.late_after_s)
        .bind(now)
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}
