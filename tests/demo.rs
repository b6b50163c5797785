//! The demo restaurant on a real database: seeded, seeded again, and refused where somebody really cooks.

#[expect(dead_code, reason = "whoever serves needs more of it")]
#[path = "support/database.rs"]
mod database;

use std::collections::BTreeSet;

use comanda::domain::card::{ChosenModifier, Header};
use comanda::domain::check::OrderType;
use comanda::domain::demo::{self, LOCATION_ID, STAFF, menu};
use comanda::domain::ids::LocationId;
use comanda::store::demo::{DemoError, EMPTIED, KEPT, seed};
use database::Database;
use sqlx::postgres::PgPoolOptions;
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, PgPool};
use time::macros::datetime;
use time::{Date, Duration, OffsetDateTime};
use uuid::Uuid;

/// A Friday, 21:40 in Lisbon.
const NOW: OffsetDateTime = datetime!(2026-11-20 21:40 UTC);

/// A database with the house's schema and nothing in it, as its owner sees it.
struct Place {
    pool: PgPool,
    _database: Database, // the last to go
}

async fn place() -> Place {
    let database = Database::copy("schema").await;
    let pool = PgPoolOptions::new().max_connections(3).connect_lazy_with(database.owner());
    Place { pool, _database: database }
}

async fn reset(db: &PgPool, now: OffsetDateTime) -> Result<LocationId, DemoError> {
    let hashes: Vec<String> =
        STAFF.iter().map(|person| format!("hash of {} for {}", person.pin, person.id())).collect();
    seed(db, now, &hashes).await
}

async fn count(db: &PgPool, table: &str) -> i64 {
    let rows = format!("select count(*) from {table} where location_id = $1");
    let rows = sqlx::query_scalar(AssertSqlSafe(rows)).bind(LOCATION_ID);
    rows.fetch_one(db).await.expect("the table can be counted")
}

async fn truth(db: &PgPool, statement: &'static str) -> bool {
    let truth = sqlx::query_scalar(statement).bind(LOCATION_ID).fetch_one(db);
    truth.await.expect("the statement can be answered")
}

async fn board(db: &PgPool) -> (i64, i64, i64, Date, i32, Uuid) {
    sqlx::query_as(
        "select seq, menu_version, people_version, business_day, checks_today, incarnation
        from boards where location_id = $1",
    )
    .bind(LOCATION_ID)
    .fetch_one(db)
    .await
    .expect("the demo has a board")
}

/// What a running house adds to what the seed writes, so that a reset finds rows in every table.
async fn play(db: &PgPool) {
    let staff_id = STAFF[0].id();
    for statement in [
        "insert into sessions (session_id, location_id, staff_id, data, expires_at) values ('s', $1, $2, '', now())",
        "insert into devices select $1, gen_random_uuid(), now() where $2::uuid is not null",
        "insert into sign_in_failures values ($1, gen_random_uuid(), $2, 1, now())",
        "insert into api_tokens values ($1, gen_random_uuid(), 'till', sha256('t'), $2, now())",
        "insert into paired_devices (location_id, device_id, name, kind, secret_hash, paired_at, seen_at)
        values ($1, $2, 'Tablet', 'tablet', sha256('d'), now(), now())",
        "insert into pairing_codes (location_id, code_id, code_hash, name, kind, made_at, expires_at)
        values ($1, $2, sha256('c'), 'Tablet', 'tablet', now(), now())",
        "insert into line_changes select location_id, line_id, 1, '{}', '{}', now(), $2, $2 from order_lines where location_id = $1",
        "insert into incidents (location_id, incident_id, at, view, device_id, who, shown_turn, shown, held_turn, held)
        values ($1, gen_random_uuid(), now(), 'expo', $2, 'x', 1, '[]', 1, '[]')",
        "insert into messages (location_id, message_id, said_id, words, said_by, staff_id, device_id, said_at, board_seq)
        values ($1, gen_random_uuid(), gen_random_uuid(), 'x', 'x', $2, $2, now(), 1)",
        "insert into screens (location_id, screen_id, slug, name, every_station, holds, order_types, columns)
        values ($1, $2, 'hot', 'Hot', false, true, '{dine_in}', 0)",
        "insert into screen_stations select location_id, $2, station_id from stations where location_id = $1",
        "insert into tenders select $1, gen_random_uuid(), check_id, 'cash', 1, now(), $2 from checks
        where location_id = $1",
        "insert into allergy_steps (location_id, check_id, verb, told, allergens, fire_id, ticket_id, at, staff_id, device_id)
        select $1, f.check_id, 'seen', 1, '{}', f.fire_id, t.ticket_id, now(), $2, $2
        from fires f join tickets t using (location_id, fire_id) where f.location_id = $1",
    ] {
        let played = sqlx::query(statement).bind(LOCATION_ID).bind(staff_id).execute(db).await;
        played.expect("the house can be played in");
    }
}

#[tokio::test]
async fn the_demo_is_seeded_as_it_is_told() {
    let house = place().await;
    assert_eq!(reset(&house.pool, NOW).await.expect("seeded"), LOCATION_ID);

    let groups = menu::groups();
    for (table, rows) in [
        ("staff", STAFF.len()),
        ("sections", 2),
        ("tables", 24),
        ("stations", 5),
        ("categories", 9),
        ("items", menu::items().count()),
        ("modifier_groups", groups.len()),
        ("modifiers", groups.iter().map(|group| group.choices.len()).sum()),
        ("item_modifier_groups", menu::items().map(|(_, item)| item.groups.len()).sum()),
        ("checks", 1),
        ("orders", 2),
    ] {
        assert_eq!(count(&house.pool, table).await, i64::try_from(rows).expect("few"), "{table}");
    }
    let open_to_all = "select bool_and(pin_hash = 'hash of ' || demo_pin || ' for ' || staff_id) from staff
        where location_id = $1";
    assert!(truth(&house.pool, open_to_all).await, "every PIN is hashed, and shown");
}

#[tokio::test]
async fn every_item_reaches_a_station_in_the_database_too() {
    let house = place().await;
    reset(&house.pool, NOW).await.expect("seeded");
    let routed = "select bool_and(exists (
            select from routes r join route_stations s using (location_id, route_id)
            where r.location_id = i.location_id and (r.item_id = i.item_id or r.category_id = i.category_id)))
        from items i where location_id = $1";
    assert!(truth(&house.pool, routed).await);
    let both = "select count(distinct mode) = 2 from routes where location_id = $1";
    assert!(truth(&house.pool, both).await);
}

#[tokio::test]
async fn the_party_at_table_seven_is_half_way_through() {
    let house = place().await;
    reset(&house.pool, NOW).await.expect("seeded");

    let tickets: Vec<(String, String, OffsetDateTime, Option<OffsetDateTime>)> = sqlx::query_as(
        "select s.slug, t.state, f.fired_at, f.handed_over_at
        from tickets t
        join fires f using (location_id, fire_id)
        join stations s using (location_id, station_id)
        where location_id = $1 order by f.fired_at, s.slug",
    )
    .bind(LOCATION_ID)
    .fetch_all(&house.pool)
    .await
    .expect("tickets");
    let ago = |minutes| NOW - Duration::minutes(minutes);
    let eaten = |slug: &str| (slug.to_owned(), "bumped".to_owned(), ago(38), Some(ago(25)));
    let cooking = |slug: &str| (slug.to_owned(), "open".to_owned(), ago(6), None);
    assert_eq!(tickets, [eaten("bar"), eaten("cold"), eaten("fry"), cooking("fry"), cooking("grill")]);

    for consistent in [
        "select count(*) = 2 from orders where location_id = $1
            and send_no = case when board_seq = (select min(board_seq) from orders) then 1 else 2 end",
        "select bool_and(sends = 2 and state = 'open' and covers = 4 and check_no = 1) from checks where location_id = $1",
        "select bool_and(b.checks_today = 1 and b.business_day = c.business_day)
            from boards b join checks c using (location_id) where location_id = $1",
        "select bool_and((served_at is not null) = (handed_over_at is not null) and voided = 0)
            from order_lines join fires using (location_id, fire_id) where location_id = $1",
        "select bool_and((tl.state = 'ready') = (t.state = 'bumped') and (ready_at is null) = (bumped_at is null))
            from ticket_lines tl join tickets t using (location_id, ticket_id) where location_id = $1",
        "select bool_and(shown_on = s.name and t.shown_at > f.fired_at and shown_seq > 0)
            from tickets t join fires f using (location_id, fire_id) join stations s using (location_id, station_id)
            where location_id = $1",
        "select bool_and(shown_seq = board_seq) from tickets where location_id = $1 and state = 'open'",
        "select bool_and(bumped_by is not null and bumped_on is not null and bumped_at = stamped_at)
            from tickets where location_id = $1 and state = 'bumped'",
        "select array_agg(verb order by seq) = '{send,bump,bump,bump,hand_over,send}' and bool_and(at <= '2026-11-20 21:40Z')
            from audit where location_id = $1",
        "select count(distinct seq) = count(*) from audit where location_id = $1",
    ] {
        assert!(truth(&house.pool, consistent).await, "{consistent}");
    }
}

#[tokio::test]
async fn every_stamp_is_a_turn_that_was_taken() {
    let house = place().await;
    reset(&house.pool, NOW).await.expect("seeded");
    for stamped in ["tables", "items", "checks", "orders", "fires", "tickets"] {
        let statement = format!(
            "select bool_and(0 < s.board_seq and s.board_seq <= b.seq)
            from {stamped} s join boards b using (location_id) where location_id = $1"
        );
        let within = sqlx::query_scalar(AssertSqlSafe(statement)).bind(LOCATION_ID);
        let within: bool = within.fetch_one(&house.pool).await.expect("stamps");
        assert!(within, "{stamped}");
    }
}

#[tokio::test]
async fn headers_and_modifiers_read_back_as_the_cards_know_them() {
    let house = place().await;
    reset(&house.pool, NOW).await.expect("seeded");

    let headers: Vec<Json<Header>> = sqlx::query_scalar(
        "select header from fires where location_id = $1 and handed_over_at is null
        union all select header from tickets where location_id = $1 and state = 'open'",
    )
    .bind(LOCATION_ID)
    .fetch_all(&house.pool)
    .await
    .expect("headers");
    assert_eq!(headers.len(), 3);
    for Json(header) in headers {
        assert_eq!((header.number().as_str(), header.place()), ("#1-2", "7"));
        assert_eq!((header.waiter.as_str(), header.order_type), ("Inês", OrderType::DineIn));
    }

    let (Json(chosen), unit_price_minor): (Json<Vec<ChosenModifier>>, i64) = sqlx::query_as(
        "select modifiers, unit_price_minor from order_lines where location_id = $1 and item_name = 'Gaivota burger'",
    )
    .bind(LOCATION_ID)
    .fetch_one(&house.pool)
    .await
    .expect("the burger");
    let words: Vec<String> = chosen
        .iter()
        .map(|choice| format!("{} {}", choice.prefix.map_or("", |prefix| prefix.word()), choice.name))
        .collect();
    assert_eq!(words, [" Medium", " Sweet potato fries", "NO Onion jam", "ADD Bacon"]);
    assert_eq!(unit_price_minor, 1390 + 150 + 180);
}

#[tokio::test]
async fn a_reset_brings_the_same_place_with_a_fresh_evening() {
    let house = place().await;
    reset(&house.pool, NOW).await.expect("seeded");
    play(&house.pool).await;
    for table in EMPTIED {
        assert!(count(&house.pool, table).await > 0, "{table} is empty: the reset is not tried on it");
    }
    let kept = "select string_agg(id::text, ' ' order by id) from (
            select table_id from tables union select staff_id from staff union select station_id from stations
            union select item_id from items union select modifier_id from modifiers union select route_id from routes)
        as place (id)";
    let fresh = "select string_agg(id::text, ' ' order by id) from (
            select check_id from checks union select order_id from orders union select ticket_id from tickets)
        as evening (id)";
    let ids = async |statement| -> String {
        let ids = sqlx::query_scalar(statement).fetch_one(&house.pool);
        ids.await.expect("ids")
    };
    let (place, evening) = (ids(kept).await, ids(fresh).await);
    let (seq, menu_version, people_version, _, _, incarnation) = board(&house.pool).await;

    let next_day = NOW + Duration::days(1);
    assert_eq!(reset(&house.pool, next_day).await.expect("reset"), LOCATION_ID);

    assert_eq!(ids(kept).await, place);
    assert_ne!(ids(fresh).await, evening);
    let after = board(&house.pool).await;
    assert!(after.0 > seq && after.1 > menu_version && after.2 > people_version, "nothing goes back");
    assert_ne!(after.5, incarnation, "another evening is another epoch");
    assert_eq!((after.3, after.4), (next_day.date(), 1));
    for table in ["sessions", "sign_in_failures", "api_tokens", "tenders"] {
        assert_eq!(count(&house.pool, table).await, 0, "{table}");
    }
    let newer = "select min(board_seq) > $1 from tables";
    let newer: bool = sqlx::query_scalar(newer).bind(seq).fetch_one(&house.pool).await.expect("stamps");
    assert!(newer, "a tile from before the reset would pass for a new one");
}

#[tokio::test]
async fn a_reset_forgets_no_table() {
    let house = place().await;
    let all: Vec<String> = sqlx::query_scalar(
        "select table_name::text from information_schema.columns
        join information_schema.tables using (table_catalog, table_schema, table_name)
        where table_schema = 'public' and table_type = 'BASE TABLE' and column_name = 'location_id'",
    )
    .fetch_all(&house.pool)
    .await
    .expect("the schema");
    let all: BTreeSet<&str> = all.iter().map(String::as_str).collect();
    let known: BTreeSet<&str> = EMPTIED.into_iter().chain(KEPT).collect();
    assert_eq!(all, known);
}

#[tokio::test]
async fn a_real_restaurant_is_never_reset() {
    let house = place().await;
    reset(&house.pool, NOW).await.expect("seeded");
    sqlx::query("insert into locations (location_id, name, time_zone, currency) values ($1, $2, $3, $4)")
        .bind(LocationId::new())
        .bind("Zum Anker")
        .bind("Europe/Berlin")
        .bind("EUR")
        .execute(&house.pool)
        .await
        .expect("a real one");
    let before = board(&house.pool).await;

    let refused = reset(&house.pool, NOW).await;

    assert!(matches!(&refused, Err(DemoError::NotTheDemo(name)) if name == "Zum Anker"), "{refused:?}");
    assert_eq!(board(&house.pool).await, before);
}

#[tokio::test]
async fn the_demo_turned_real_is_real() {
    let house = place().await;
    reset(&house.pool, NOW).await.expect("seeded");
    sqlx::query("update locations set is_demo = false")
        .execute(&house.pool)
        .await
        .expect("opened for guests");
    let refused = reset(&house.pool, NOW).await;
    assert!(matches!(&refused, Err(DemoError::NotTheDemo(name)) if name == demo::NAME), "{refused:?}");
}

#[tokio::test]
async fn a_night_counts_to_the_evening_before() {
    let house = place().await;
    reset(&house.pool, datetime!(2026-11-21 03:59 UTC)).await.expect("seeded");
    assert_eq!(board(&house.pool).await.3, datetime!(2026-11-20 00:00 UTC).date());
    reset(&house.pool, datetime!(2026-11-21 04:00 UTC)).await.expect("reset");
    assert_eq!(board(&house.pool).await.3, datetime!(2026-11-21 00:00 UTC).date());
}

#[tokio::test]
async fn two_resets_at_once_are_one_after_the_other() {
    let house = place().await;
    let again = tokio::spawn({
        let pool = house.pool.clone();
        async move { reset(&pool, NOW).await }
    });
    let (left, right) = (reset(&house.pool, NOW).await, again.await.expect("no panic"));
    assert_eq!((left.expect("seeded"), right.expect("reset")), (LOCATION_ID, LOCATION_ID));
    assert_eq!(count(&house.pool, "checks").await, 1);
    assert_eq!(board(&house.pool).await.4, 1);
}
