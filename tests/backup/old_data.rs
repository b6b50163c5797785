//! Data that no PostgreSQL of this machine opens: put aside, and the last dump brought into new data.

use std::fs;

use super::house::{House, PLAIN, said};
use super::scene::{ask, close, connect, dump, refusal, restore};

#[tokio::test]
async fn data_of_another_major_version_is_put_aside_for_the_last_dump() {
    let mut house = House::open().await;
    let whole = dump(&house, "house.dump").await;
    let before: i64 =
        ask(&mut connect(&house, "comanda_owner", "comanda").await, "select count(*) from orders").await;
    close(&mut house).await;
    let version = house.data.join("postgresql/cluster/PG_VERSION");
    fs::write(&version, "9.6\n").expect("old data");
    let aside = house.data.join("postgres-9.old");

    let refused = refusal(&house.errand(PLAIN, &["migrate"]).await);
    assert!(
        refused.contains("postgresql-9") && refused.contains("restore FILE --new-cluster --yes"),
        "{refused}"
    );
    assert!(refused.contains(&house.data.join("backups").display().to_string()), "{refused}");
    refusal(&restore(&house, &whole, &["--yes"]).await);
    fs::write(house.root.join("bad.dump"), "PGDMP").expect("a file");
    let bad = refusal(&restore(&house, &house.root.join("bad.dump"), &["--yes", "--new-cluster"]).await);
    assert!(bad.contains("nothing was changed"), "{bad}");
    assert_eq!(fs::read_to_string(&version).expect("the old data"), "9.6\n", "it is back in its place");
    assert!(!aside.exists());

    let done = restore(&house, &whole, &["--new-cluster"]).await;
    assert!(done.status.success() && said(&done).contains("postgres-9.old"), "{}", said(&done));
    assert_eq!(fs::read_to_string(aside.join("PG_VERSION")).expect("the old data"), "9.6\n");
    house.serve(PLAIN).await;
    let mut db = connect(&house, "comanda_owner", "comanda").await;
    assert_eq!(ask::<i64>(&mut db, "select count(*) from orders").await, before);
}
