//! A clock that has forgotten its time.

use super::house::{House, PLAIN};
use super::scene::{close, connect, say};

#[tokio::test]
async fn a_clock_that_stands_before_the_last_story_is_refused_and_can_be_trusted() {
    let mut house = House::open().await;
    let story = "insert into audit (location_id, at, seq, verb, subject)
        select location_id, now() + $in$, seq, 'test', location_id from boards";
    let mut db = connect(&house, "comanda_owner", "comanda").await;
    say(&mut db, &story.replace("$in$", "interval '40 seconds'")).await;
    close(&mut house).await;
    house.serve(PLAIN).await; // other machines' clocks differ by so much
    let mut db = connect(&house, "comanda_owner", "comanda").await;
    say(&mut db, &story.replace("$in$", "interval '1 hour'")).await;
    close(&mut house).await;

    house.start(PLAIN);
    assert!(!house.ended().await.success());
    let words = house.log();
    assert!(words.contains("this machine's clock says") && words.contains("COMANDA_TRUST_CLOCK"), "{words}");
    assert_eq!(house.postmaster(), None, "it leaves nothing running");
    house.serve(&[("COMANDA_TRUST_CLOCK", "true")]).await;
}
