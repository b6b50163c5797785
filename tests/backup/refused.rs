//! What is no dump, or not all of one, is refused in words, and the house is as it was.

use std::fs;
use std::path::PathBuf;

use super::house::{House, PLAIN, said};
use super::scene::{ask, close, connect, dump, refusal, restore, say};

#[tokio::test]
async fn what_is_no_whole_dump_of_ours_is_refused_and_nothing_is_changed() {
    let mut house = House::open().await;
    let whole = dump(&house, "house.dump").await;
    let mut db = connect(&house, "comanda_owner", "comanda").await;
    say(&mut db, "insert into _sqlx_migrations select 20991231235959, 'from afar', now(), true, checksum, 1 from _sqlx_migrations limit 1").await;
    let newer = dump(&house, "newer.dump").await;
    say(&mut db, "delete from _sqlx_migrations where version = 20991231235959").await;
    let others: i64 = ask(&mut db, "select count(*) from orders").await;
    drop(db);
    let stranger = house.root.join("stranger.dump");
    let socket = house.data.join("postgresql/run");
    let dumped = std::process::Command::new("pg_dump")
        .args(["-Fc", "-U", "comanda_admin", "-d", "postgres", "-h"])
        .arg(socket)
        .arg("-f")
        .arg(&stranger)
        .status();
    assert!(dumped.expect("pg_dump").success());
    close(&mut house).await;

    let bytes = fs::read(&whole).expect("a dump");
    let mut damaged = bytes.clone();
    let middle = bytes.len() / 2;
    damaged[middle..middle + 200].fill(0x5a);
    let file = |name: &str, bytes: &[u8]| -> PathBuf {
        let path = house.root.join(name);
        fs::write(&path, bytes).expect("a file");
        path
    };
    let cases = [
        (file("empty.dump", b""), "is empty"),
        (file("three.dump", &bytes[..3]), "is cut short"),
        (file("head.dump", &bytes[..200]), "is cut short"),
        (file("half.dump", &bytes[..middle]), "is cut short"),
        (file("last.dump", &bytes[..bytes.len() - 1]), "is cut short"),
        (file("damaged.dump", &damaged), "damaged ("),
        (file("photo.dump", b"\x89PNG\r\n"), "is no dump that comanda backup wrote"),
        (stranger, "is a dump of something else than Comanda"),
        (newer, "was written by a newer Comanda"),
        (house.root.clone(), "is no file"),
        (house.root.join("nowhere.dump"), "could not find"),
    ];
    for (path, words) in &cases {
        let refused = refusal(&restore(&house, path, &["--yes"]).await);
        assert!(refused.contains(words), "{path:?}: {refused}");
    }

    house.serve(PLAIN).await;
    let mut admin = connect(&house, "comanda_admin", "comanda").await;
    assert_eq!(ask::<i64>(&mut admin, "select count(*) from orders").await, others);
    let databases: String =
        ask(&mut admin, "select string_agg(datname, ' ' order by datname) from pg_database").await;
    assert_eq!(databases, "comanda postgres template0 template1", "nothing is left behind");
}

#[tokio::test]
async fn a_dump_of_an_earlier_schema_is_brought_to_this_one() {
    let mut house = House::open().await;
    let mut db = connect(&house, "comanda_owner", "comanda").await;
    say(&mut db, "drop table backups; delete from _sqlx_migrations where version = 20261127002001").await;
    drop(db);
    let path = house.root.join("old.dump");
    let made = house.errand(PLAIN, &["backup", &path.to_string_lossy()]).await;
    assert!(made.status.success() && said(&made).contains("an earlier one"), "{}", said(&made));
    close(&mut house).await;
    let done = restore(&house, &path, &["--yes"]).await;
    assert!(done.status.success(), "{}", said(&done));
    let next = house.errand(PLAIN, &["backup"]).await; // which migrates nothing
    assert!(next.status.success() && !said(&next).contains("an earlier one"), "{}", said(&next));
    house.serve(PLAIN).await;
    let mut program = connect(&house, "comanda", "comanda").await;
    assert_eq!(ask::<i64>(&mut program, "select count(*) from backups").await, 1);
}
