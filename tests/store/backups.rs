//! When a night's dump is due: in the restaurant's own time, an hour after its business day has ended.

use comanda::store::backups::is_due;
use sqlx::PgPool;
use time::OffsetDateTime;
use time::macros::datetime;

use super::house::Rows;

async fn told(owner: &PgPool, taken_at: OffsetDateTime) {
    sqlx::query(
        "insert into backups (backup_id, taken_at, host, file, bytes, proof, counts)
        values (gen_random_uuid(), $1, 'till', 'a.dump', 1, 'restored', '{}')",
    )
    .bind(taken_at)
    .execute(owner)
    .await
    .expect("a dump was made");
}

#[tokio::test]
async fn a_dump_is_due_once_a_night_in_the_restaurants_own_time() {
    let rows = Rows::open().await;
    let zone = "update locations set time_zone = 'America/New_York', cut_off_hour = 3";
    sqlx::query(zone).execute(&rows.owner).await.expect("a house in New York");
    let due = async |now| is_due(&rows.db, now, 60).await.expect("an answer");
    // Four in the morning there is 09:00 UTC in January and 08:00 in July.
    assert!(due(datetime!(2027-01-15 12:00 UTC)).await, "there was none at all");
    told(&rows.owner, datetime!(2027-01-15 09:00 UTC)).await;
    assert!(!due(datetime!(2027-01-15 09:01 UTC)).await);
    assert!(!due(datetime!(2027-01-16 08:59 UTC)).await, "the night is not over yet");
    assert!(due(datetime!(2027-01-16 09:00 UTC)).await);
    assert!(due(datetime!(2027-01-16 23:00 UTC)).await, "a night that was missed stays due");
    told(&rows.owner, datetime!(2027-07-15 20:00 UTC)).await;
    assert!(!due(datetime!(2027-07-16 07:59 UTC)).await);
    assert!(due(datetime!(2027-07-16 08:00 UTC)).await);
    assert!(!is_due(&rows.db, datetime!(2027-07-16 08:00 UTC), 90).await.expect("an answer"));
}
