//! A database that was named, and that somebody may serve, or sit in, while it is to be replaced.

use super::house::{House, PLAIN, said};
use super::scene::{ask, connect, refusal, restore, say};
use super::tablet::{Tablet, orders};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_named_database_is_replaced_only_when_nobody_is_in_it() {
    let mut first = House::open().await;
    let second = House::beside(&first);
    let tablet = Tablet::of(&first).await;
    tablet.send_until_taken(tablet.slip()).await;
    let before = orders(&first).await;
    let dump = first.root.join("house.dump");
    let made = second.errand(PLAIN, &["backup", &dump.to_string_lossy()]).await;
    let words = said(&made);
    assert!(made.status.success() && words.contains("not restored") && words.contains("createdb"), "{words}");

    let mut admin = connect(&first, "comanda_admin", "postgres").await;
    let serves = refusal(&restore(&second, &dump, &["--yes"]).await);
    assert!(serves.contains("serves this database") && serves.contains(&first.pid().to_string()), "{serves}");
    first.kill(); // its server lives on
    let silent = refusal(&restore(&second, &dump, &["--yes"]).await);
    assert!(silent.contains("forgotten after 20 seconds"), "{silent}");
    let mut owner = connect(&first, "comanda_owner", "comanda").await;
    say(&mut owner, "delete from processes").await; // as those seconds would
    let may_not = refusal(&restore(&second, &dump, &["--yes"]).await);
    assert!(may_not.contains("alter role comanda_owner createdb"), "{may_not}");
    say(&mut admin, "alter role comanda_owner createdb").await;
    let sits = refusal(&restore(&second, &dump, &["--yes"]).await);
    assert!(sits.contains("somebody is connected to this database"), "{sits}");
    assert_eq!(
        ask::<i64>(&mut admin, "select count(*) from pg_database where datname ~ '_'").await,
        0,
        "all is dropped"
    );
    say(&mut owner, "delete from tenders").await; // it still answers
    drop(owner);

    let done = restore(&second, &dump, &["--yes"]).await;
    let words = said(&done);
    assert!(done.status.success() && words.contains(&format!("with {before} orders")), "{words}");
    let proved = second.errand(PLAIN, &["backup", &first.root.join("next.dump").to_string_lossy()]).await;
    assert!(proved.status.success() && said(&proved).contains("restored and counted"), "{}", said(&proved));
}
