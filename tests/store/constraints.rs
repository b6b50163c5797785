//! What the schema refuses by name, even from its owner.

use sqlx::AssertSqlSafe;

use super::house::{Rows, some_table};

/// A statement about the party that has just ordered, and the constraint that refuses it.
const REFUSED: [(&str, &str); 17] = [
    (
        "insert into orders select location_id, gen_random_uuid(), null, send_no, slip_hash, staff_id, device_id, sent_at
          , board_seq from orders where order_id = $1",
        "orders_need_an_open_check",
    ),
    (
        "insert into orders select location_id, gen_random_uuid(), check_id, 99, slip_hash, staff_id, device_id, sent_at
          , null from orders where order_id = $1",
        "orders_need_an_open_check",
    ),
    (
        "insert into orders select location_id, order_id, check_id, 99, slip_hash, staff_id, device_id, sent_at, board_seq
        from orders where order_id = $1",
        "orders_once_a_key",
    ),
    (
        "insert into orders select location_id, gen_random_uuid(), check_id, send_no, slip_hash, staff_id, device_id
          , sent_at, board_seq from orders where order_id = $1",
        "orders_location_id_check_id_send_no_key",
    ),
    ("update orders set slip_hash = '' where order_id = $1", "orders_slip_hash_check"),
    ("update order_lines set voided = quantity + 1, void_reason = 'x' where order_id = $1", "order_lines_void_at_most_all"),
    ("update order_lines set voided = -1 where order_id = $1", "order_lines_void_at_most_all"),
    ("update order_lines set voided = 1 where order_id = $1", "order_lines_voids_have_a_reason"),
    ("update order_lines set quantity = 0 where order_id = $1", "order_lines_quantity_check"),
    (
        "insert into order_lines select location_id, line_id, order_id, 99::smallint, item_id, item_name, kitchen_name
          , quantity, seat, note, modifiers, unit_price_minor, tax_basis_points
          , (select fire_id from fires f where f.fire_id <> l.fire_id limit 1), 0, null, null
        from order_lines l where order_id = $1 limit 1",
        "order_lines_pkey",
    ),
    (
        "update order_lines l set fire_id = (select fire_id from fires f where f.fire_id <> l.fire_id limit 1)
        where order_id = $1",
        "ticket_lines_stay_in_their_fire",
    ),
    (
        "insert into tickets (location_id, ticket_id, fire_id, station_id, state, board_seq, stamped_at, header)
        select t.location_id, gen_random_uuid(), t.fire_id, t.station_id, 'open', 1, now(), '{}' from tickets t
        where fire_id in (select fire_id from order_lines where order_id = $1) limit 1",
        "tickets_one_a_fire_and_station",
    ),
    (
        "insert into tickets (location_id, ticket_id, fire_id, station_id, state, board_seq, stamped_at, header)
        select t.location_id, gen_random_uuid(), t.fire_id, null, 'open', 1, now(), '{}' from tickets t, (values (1), (2)) twice
        where fire_id = (select fire_id from order_lines where order_id = $1 limit 1)",
        "tickets_one_a_fire_and_station",
    ),
    (
        "update tickets set state = 'bumped' where fire_id in (select fire_id from order_lines where order_id = $1)",
        "tickets_bumped_have_a_time",
    ),
    (
        "update ticket_lines set acknowledged = -1 where fire_id in (select fire_id from order_lines where order_id = $1)",
        "ticket_lines_acknowledged_check",
    ),
    (
        "insert into checks (location_id, check_id, table_id, business_day, check_no, order_type, state, opened_at, opened_by
          , board_seq)
        select location_id, gen_random_uuid(), table_id, business_day, 9999, 'dine_in', 'open', now(), opened_by, 1
        from checks where check_id = (select check_id from orders where order_id = $1)",
        "checks_one_open_a_party",
    ),
    (
        "insert into checks (location_id, check_id, business_day, check_no, order_type, state, opened_at, opened_by, board_seq)
        select location_id, gen_random_uuid(), business_day, check_no, 'takeaway', 'open', now(), opened_by, 1
        from checks where check_id = (select check_id from orders where order_id = $1)",
        "checks_location_id_business_day_check_no_key",
    ),
];

#[tokio::test]
async fn the_schema_names_what_it_refuses() {
    let rows = Rows::open().await;
    let slip = rows.slip(Some(some_table(0)), None, 2).await;
    rows.placed(&slip).await;
    for (statement, constraint) in REFUSED {
        let done = sqlx::query(AssertSqlSafe(statement)).bind(slip.id()).execute(&rows.owner).await;
        let refused = done.expect_err(statement);
        let name = refused.as_database_error().and_then(|err| err.constraint());
        assert_eq!(name, Some(constraint), "{statement}: {refused}");
    }
}

#[tokio::test]
async fn nothing_of_one_restaurant_refers_to_another() {
    let rows = Rows::open().await;
    let elsewhere = "insert into locations (location_id, name, time_zone, currency)
        values ('00000000-0000-0000-0000-000000000007', 'Elsewhere', 'Europe/Lisbon', 'EUR')";
    sqlx::query(elsewhere).execute(&rows.owner).await.expect("another restaurant");
    for (statement, constraint) in [
        (
            "insert into items (location_id, item_id, category_id, name, kitchen_name, price_minor, tax_basis_points, position)
            select '00000000-0000-0000-0000-000000000007', gen_random_uuid(), category_id, 'x', 'x', 1, 0, 1
            from categories limit 1",
            "items_location_id_category_id_fkey",
        ),
        (
            "insert into sessions select 's', '00000000-0000-0000-0000-000000000007', staff_id, '', now() from staff limit 1",
            "sessions_location_id_staff_id_fkey",
        ),
        (
            "insert into api_tokens select '00000000-0000-0000-0000-000000000007', gen_random_uuid(), 'till', sha256('t')
              , staff_id, now() from staff limit 1",
            "api_tokens_location_id_staff_id_fkey",
        ),
    ] {
        let refused = sqlx::query(AssertSqlSafe(statement)).execute(&rows.owner).await.expect_err(statement);
        let name = refused.as_database_error().and_then(|err| err.constraint());
        assert_eq!(name, Some(constraint), "{refused}");
    }
}

#[tokio::test]
async fn every_row_of_a_restaurant_leads_to_one_that_exists() {
    let rows = Rows::open().await;
    // A table is anchored when a key that is never null, and carries its restaurant, leads to locations or to a table that is.
    let loose = "with recursive keys as (
            select c.conrelid, c.confrelid from pg_constraint c
            where c.contype = 'f'
                and exists (select from pg_attribute a where a.attrelid = c.conrelid and a.attnum = any(c.conkey)
                    and a.attname = 'location_id')
                and not exists (select from pg_attribute a where a.attrelid = c.conrelid and a.attnum = any(c.conkey)
                    and not a.attnotnull)
        )
        , anchored as (
            select 'locations'::regclass::oid as relation
            union
            select keys.conrelid from keys join anchored on keys.confrelid = anchored.relation
        )
        select coalesce(string_agg(a.attrelid::regclass::text, ' '), '') from pg_attribute a
        join pg_class on pg_class.oid = a.attrelid and pg_class.relkind = 'r'
        where a.attname = 'location_id' and a.attnotnull and a.attrelid not in (select relation from anchored)";
    let loose: String = sqlx::query_scalar(loose).fetch_one(&rows.owner).await.expect("an answer");
    assert_eq!(loose, "", "these may hold rows of a restaurant that does not exist");
}
