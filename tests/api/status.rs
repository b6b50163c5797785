//! The manager's status page: what is there is shown as it stands, and what is wrong is said first.

use time::Duration;

use crate::support::{TestApp, dish};

#[tokio::test]
async fn the_status_page_shows_every_screen_and_what_it_has_confirmed() {
    let house = TestApp::spawn().await;
    let (waiter, cook, manager) = (house.as_waiter().await, house.as_cook().await, house.as_manager().await);
    let page = manager.get("/manage/status").await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.body.contains("No screen is open."));

    let mut grill = cook.open_screen("station-grill").await;
    let _floor = waiter.open_screen("floor").await;
    let ticket = waiter.order("3", &[dish("Sardines")]).await.ticket("grill");
    grill.until_shown(ticket).await;
    let body = manager.get("/manage/status").await.body;
    let row = body.split("<tr>").find(|row| row.contains(">Grill</th>")).expect("the grill's row");
    assert!(
        row.contains("Current") && row.contains("confirms nothing"),
        "written, and not a word of it: {row}"
    );
    house.pass(Duration::milliseconds(320));
    grill.say(format!(r#"{{"t":"ack","seq":{}}}"#, grill.seq)).await;
    house.until("select shown_at is not null from tickets where ticket_id = $1", ticket.0).await;

    let body = manager.get("/manage/status").await.body;
    let row = body.split("<tr>").find(|row| row.contains(">Grill</th>")).expect("the grill's row");
    assert!(row.contains("Current") && row.contains("<strong>table 3 #"), "table 3 was shown last: {row}");
    assert!(row.contains(&format!("turn {}", grill.seq)) && row.contains("Rui"), "{row}");
    let row = body.split("<tr>").find(|row| row.contains(">Floor</th>")).expect("the floor's row");
    assert!(row.contains("confirms nothing") && row.contains("Inês"), "{row}");
    assert!(body.contains("0 min ago: p99 320 ms, of 1"), "{body}");
    assert!(body.contains("Every live ticket was on a screen."));
    assert!(body.contains("Off: one process needs none") && body.contains("PostgreSQL 1"));
}

#[tokio::test]
async fn what_no_screen_shows_stands_first_until_it_is_shown() {
    let house = TestApp::spawn().await;
    let (waiter, cook, manager) = (house.as_waiter().await, house.as_cook().await, house.as_manager().await);
    let ticket = waiter.order("4", &[dish("Sardines")]).await.ticket("grill");
    house.pass(Duration::seconds(6));
    house.until("select alarmed_at is not null from tickets where ticket_id = $1", ticket.0).await;
    let body = manager.get("/manage/status").await.body;
    assert!(body.contains("No screen shows table 4 #") && body.contains(": go and tell Grill."), "{body}");

    let mut grill = cook.open_screen("station-grill").await;
    grill.say(format!(r#"{{"t":"ack","seq":{}}}"#, grill.seq)).await;
    house.until("select shown_at is not null from tickets where ticket_id = $1", ticket.0).await;
    let body = manager.get("/manage/status").await.body;
    assert!(!body.contains("go and tell"), "{body}");
}

#[tokio::test]
async fn a_backup_of_a_day_and_a_half_ago_is_too_old_and_said_first() {
    let house = TestApp::spawn().await;
    let manager = house.as_manager().await;
    let body = manager.get("/manage/status").await.body;
    assert!(body.contains(">None yet</span>") && !body.contains("good backup is"), "{body}");
    for (hours, word, trouble) in [(37, "Too old", true), (35, "Good", false)] {
        let taken_at = house.clock.now() - Duration::hours(hours);
        let told = sqlx::query(
            "insert into backups (backup_id, taken_at, host, file, bytes, proof, counts)
            values (gen_random_uuid(), $1, 'till', '/data/backups/a.dump', 4200000, 'restored', '{}')",
        );
        told.bind(taken_at).execute(&house.db).await.expect("a dump was made");
        let body = manager.get("/manage/status").await.body;
        assert!(
            body.contains(&format!(">{word}</span>")) && body.contains("4.2 MB, restored and counted"),
            "{body}"
        );
        assert_eq!(body.contains("The last good backup is 37 hours old"), trouble, "{body}");
    }
}

#[tokio::test]
async fn a_screen_that_has_gone_silent_is_said() {
    let house = TestApp::spawn().await;
    let (cook, manager) = (house.as_cook().await, house.as_manager().await);
    let _grill = cook.open_screen("station-grill").await;
    house.pass(Duration::seconds(31));
    let body = manager.get("/manage/status").await.body;
    assert!(body.contains("A screen of Grill says nothing any more."), "{body}");
}
