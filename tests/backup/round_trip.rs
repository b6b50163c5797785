//! The whole way: a dump while the house is open, and back.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::house::{House, PLAIN, SURELY, said};
use super::scene::{ask, close, connect, manager, page, refusal, restore, say};
use super::screen::Screen;
use super::tablet::{Tablet, key_of, orders};

/// Who may do what with every table, column, sequence and function, and with the database itself.
const RIGHTS: &str = "select string_agg(line, E'\\n' order by line) from (
    select format('%s %s', oid::regclass, array(select unnest(relacl)::text order by 1)) as line
        from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'S')
    union all
    select format('%s.%s %s', attrelid::regclass, attname, array(select unnest(attacl)::text order by 1)) from pg_attribute
        where attacl is not null and attrelid in (select oid from pg_class where relnamespace = 'public'::regnamespace)
    union all
    select format('%s %s', oid::regprocedure, array(select unnest(proacl)::text order by 1))
        from pg_proc where pronamespace = 'public'::regnamespace
    union all
    select format('public %s', array(select unnest(nspacl)::text order by 1)) from pg_namespace where nspname = 'public'
    union all
    select format('database %s', array(select unnest(datacl)::text order by 1))
        from pg_database where datname = current_database()
) as rights";

/// What the program's role must never do, before and after.
const FORBIDDEN: [&str; 6] = [
    "update orders set slip_hash = ''",
    "delete from audit",
    "delete from backups",
    "update backups set proof = 'restored'",
    "create table mine ()",
    "select grant_to_program('comanda')",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_and_rights_come_back_and_every_screen_starts_over() {
    let mut house = House::open().await;
    let tablet = Tablet::of(&house).await;
    let mut screen = Screen::open(&tablet).await;
    let before = orders(&house).await;
    let kept = [tablet.send_until_taken(tablet.slip()).await, tablet.send_until_taken(tablet.slip()).await];
    let rights: String = ask(&mut connect(&house, "comanda_owner", "comanda").await, RIGHTS).await;

    let (dump, keys) = (house.root.join("house.dump"), house.root.join("house.keys"));
    let made = house.errand(PLAIN, &["backup", &dump.to_string_lossy(), "--with-keys"]).await;
    assert!(made.status.success() && said(&made).contains("restored and counted"), "{}", said(&made));
    for file in [&dump, &keys] {
        assert_eq!(fs::metadata(file).expect("a file").permissions().mode() & 0o777, 0o600, "{file:?}");
    }
    assert!(page(&house, &manager(&house).await, "/manage/status").await.contains("restored and counted"));
    let lost = tablet.send_until_taken(tablet.slip()).await;
    screen
        .wait(SURELY, "the last order", |screen| screen.since >= lost.answer["seq"].as_i64().expect("a turn"))
        .await;
    let epoch = screen.epoch.clone();
    assert_eq!(screen.resets, 0);

    let open = refusal(&restore(&house, &dump, &["--yes"]).await);
    assert!(
        open.contains("is in use by another comanda") && open.contains(&house.pid().to_string()),
        "{open}"
    );
    close(&mut house).await;
    let unasked = refusal(&restore(&house, &dump, &[]).await);
    assert!(unasked.contains("Casa Gaivota with") && unasked.contains("--yes"), "{unasked}");
    let done = restore(&house, &dump, &["--yes", "--keys", &keys.to_string_lossy()]).await;
    let words = said(&done);
    assert!(
        done.status.success() && words.contains(&format!("Casa Gaivota again, with {} orders", before + 2)),
        "{words}"
    );

    house.serve(PLAIN).await;
    screen.wait(SURELY, "a reset", |screen| screen.resets > 0 && screen.epoch != epoch).await;
    tablet.expect_once(&house, before, &kept).await;
    let gone = tablet.get(&format!("/api/orders/{}", key_of(&lost.slip))).await.expect("an answer");
    assert_eq!(gone.status(), 404, "it was sent after the dump");
    let mut db = connect(&house, "comanda_owner", "comanda").await;
    assert_eq!(ask::<String>(&mut db, RIGHTS).await, rights);
    let known =
        "select count(distinct tablename) from pg_stats where tablename in ('tickets', 'order_lines')";
    assert_eq!(ask::<i64>(&mut db, known).await, 2, "the planner knows what there is");
    let mut program = connect(&house, "comanda", "comanda").await;
    for statement in FORBIDDEN {
        let refused = sqlx::query(statement).execute(&mut program).await.expect_err(statement).to_string();
        assert!(refused.contains("permission denied"), "{statement}: {refused}");
    }

    let old =
        words.split_once("is the database ").and_then(|(_, rest)| rest.split_once(' ')).expect("its name").0;
    let mut old = connect(&house, "comanda_owner", old).await;
    assert_eq!(
        ask::<i64>(&mut old, "select count(*) from orders").await,
        before + 3,
        "the old data is whole"
    );
    let again = tablet.send_until_taken(tablet.slip()).await;
    screen
        .wait(SURELY, "the next order", |screen| {
            screen.since >= again.answer["seq"].as_i64().expect("a turn")
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_others_keep_beside_our_tables_hinders_no_dump() {
    let house = House::open().await;
    let mut admin = connect(&house, "comanda_admin", "comanda").await;
    say(&mut admin, "create table public.notes (secret text); create extension pg_stat_statements").await;
    let folder = house.root.join("stick");
    fs::create_dir(&folder).expect("a folder");
    let made = house.errand(PLAIN, &["backup", &folder.to_string_lossy()]).await;
    assert!(made.status.success() && said(&made).contains("restored and counted"), "{}", said(&made));
    let dumps = comanda::backup::shelf::dumps(&folder).expect("a list");
    assert_eq!(dumps.len(), 1, "under a name of its own");
    let twice = refusal(&house.errand(PLAIN, &["backup", &dumps[0].to_string_lossy()]).await);
    assert!(twice.contains("is there already"), "{twice}");
    assert_eq!(ask::<i64>(&mut admin, "select count(*) from pg_database where datname ~ 'proof'").await, 0);
}
