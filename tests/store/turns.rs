//! The turn: one at a time in a location, none lost to a refusal, and no location waits for another.

use std::time::Duration;

use comanda::domain::demo::LOCATION_ID;
use comanda::domain::ids::{CheckId, LineId, LocationId, TenderId, TicketId, Version};
use comanda::domain::money::Money;
use comanda::domain::order;
use comanda::domain::staff::Role;
use comanda::domain::ticket::Step;
use comanda::store::orders::{Sent, slip_hash};
use comanda::store::{self, StoreError, checks, items, lines, orders, tickets};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::house::{Came, Failure, Rows, some_table, someone};

#[tokio::test]
async fn what_is_refused_takes_no_turn() {
    let rows = Rows::open().await;
    let (actor, cook) = (someone(0), someone(5));
    let slip = rows.slip(Some(some_table(0)), None, 1).await;
    let placed = rows.placed(&slip).await;
    let (ticket_id, check_id) = (placed.tickets[0].0, placed.check_id);
    let line_id =
        LineId(rows.ask(&format!("select line_id from order_lines where order_id = '{}'", slip.id())).await);
    let item_id = rows.menu().await.items[0].item_id;
    let before = rows.seq().await;

    let nothing = [
        rows.command(async |turn| Ok(tickets::bump(turn, TicketId::new(), Version(1), &cook).await?)).await,
        rows.command(async |turn| Ok(tickets::bump(turn, ticket_id, Version(0), &cook).await?)).await,
        rows.command(async |turn| Ok(tickets::recall(turn, ticket_id, true, &cook).await?)).await,
        rows.command(async |turn| Ok(tickets::acknowledge(turn, ticket_id, Version(1), &cook).await?)).await,
        rows.command(async |turn| {
            lines::void(turn, line_id, 3, "too many", None, Role::Owner, &actor).await?;
            Ok(Step::Do)
        })
        .await,
        rows.command(
            async |turn| Ok(checks::close(turn, check_id, TenderId::new(), Money(1), &actor).await?),
        )
        .await,
        rows.command(async |turn| Ok(items::bring_back(turn, item_id, &actor).await?)).await,
        rows.command(async |_| Err(Failure::Refused)).await,
    ];
    assert_eq!(nothing, [Came::Nothing; 8]);
    let again = rows.send(&slip, &actor).await.expect("an answer");
    assert!(matches!(again, Sent::Already(first) if first == placed));
    let other = order::place(&*rows.menu().await, &slip).expect("a placement");
    let taken = orders::place(&rows.db, &other, [7; 32], &actor).await.expect("an answer");
    assert!(matches!(taken, Sent::KeyTaken), "another slip under that key: {taken:?}");
    let astray = rows.slip(None, Some(CheckId::new()), 1).await;
    assert!(matches!(rows.send(&astray, &actor).await.expect("an answer"), Sent::CheckClosed));
    let fresh = rows.slip(None, None, 1).await;
    let mut stale = order::place(&*rows.menu().await, &fresh).expect("a placement");
    stale.menu_version -= 1;
    let moved = orders::place(&rows.db, &stale, slip_hash(&fresh), &actor).await.expect("an answer");
    assert!(matches!(moved, Sent::MenuMoved), "{moved:?}");

    assert_eq!(rows.seq().await, before, "none of them took a turn");
    let next = rows.placed(&fresh).await;
    assert_eq!(next.seq.0, before + 1, "no hole");
}

#[tokio::test]
async fn a_turn_that_is_dropped_never_happened() {
    let rows = Rows::open().await;
    let before = rows.seq().await;
    let turn = store::turn(&rows.db, LOCATION_ID).await.expect("a turn");
    assert_eq!(turn.seq.0, before + 1);
    drop(turn);
    let next = store::turn(&rows.db, LOCATION_ID).await.expect("a turn");
    assert_eq!(next.seq.0, before + 1);
    let committed = next.commit().await.expect("it commits");
    assert_eq!((committed.seq.0, rows.seq().await), (before + 1, before + 1));
}

#[tokio::test]
async fn who_holds_the_turn_makes_its_own_house_wait_and_no_other() {
    let rows = Rows::open().await;
    let elsewhere = LocationId(Uuid::from_u128(7));
    for statement in [
        "insert into locations (location_id, name, time_zone, currency) values ($1, 'Elsewhere', 'Europe/Lisbon', 'EUR')",
        "insert into boards (location_id, business_day, incarnation) values ($1, '2099-11-20', gen_random_uuid())",
    ] {
        sqlx::query(statement).bind(elsewhere).execute(&rows.owner).await.expect("another restaurant");
    }
    let held = store::turn(&rows.db, LOCATION_ID).await.expect("a turn");
    let other = timeout(Duration::from_secs(20), async {
        let turn = store::turn(&rows.db, elsewhere).await.expect("a turn of its own");
        turn.commit().await.expect("it commits")
    });
    assert_eq!(other.await.expect("at once").seq.0, 1);
    let waits = store::turn(&rows.db, LOCATION_ID);
    tokio::pin!(waits);
    tokio::select! {
        early = &mut waits => panic!("two turns at once: {early:?}"),
        () = sleep(Duration::from_millis(300)) => {}
    }
    let first = held.commit().await.expect("it commits");
    let second = waits.await.expect("now it is its turn");
    assert_eq!(second.seq.0, first.seq.0 + 1);
}

#[tokio::test]
async fn who_waits_too_long_for_a_turn_is_told_that_the_database_is_busy() {
    let rows = Rows::open().await;
    let _held = store::turn(&rows.db, LOCATION_ID).await.expect("a turn");
    let waited = store::turn(&rows.db, LOCATION_ID).await;
    assert!(matches!(waited, Err(StoreError::Away(_))), "{waited:?}");
}
