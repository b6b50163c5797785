//! What screens confirmed, of many restaurants at once.

use std::time::Duration;

use comanda::domain::card::{Card, CardKey, Tile};
use comanda::domain::demo::LOCATION_ID;
use comanda::domain::ids::{BoardSeq, LocationId, OrderId, TicketId};
use comanda::domain::location::Opening;
use comanda::domain::order::{self, Draft, DraftLine, Slip};
use comanda::store::orders::{Placed, Sent, slip_hash};
use comanda::store::receipts::{Receipt, Received, receive};
use comanda::store::{self, Actor, boards, unseen};
use tokio::time::sleep;

use super::database::FRIDAY;
use super::house::{Came, Rows, some_table, someone};

/// The word of a screen that it painted that order's first ticket, with the stamp it came with or a later one.
fn word(placed: &Placed, later: i64) -> Receipt {
    let seq = BoardSeq(placed.seq.0 + later);
    Receipt { ticket_id: placed.tickets[0].0, seq, screen: "Grill".to_owned(), at: FRIDAY }
}

async fn order(rows: &Rows) -> Placed {
    rows.placed(&rows.slip(Some(some_table(3)), None, 1).await).await
}

/// Another restaurant, and an order in it.
async fn elsewhere(rows: &Rows) -> (LocationId, Placed) {
    let opening = Opening::parse("Dois Irmãos", "Europe/Madrid", "EUR", "Ana").expect("it will do");
    let opened = store::locations::open(&rows.owner, &opening, "no hash", FRIDAY).await.expect("it opens");
    let house = store::menu::house(&rows.db, opened.location_id).await.expect("its menu");
    let dish = DraftLine { item_id: Some(house.items[0].item_id), quantity: Some(1), ..DraftLine::default() };
    let table_id = Some(house.tables[0].table_id);
    let draft = Draft { id: Some(OrderId::new()), table_id, lines: vec![dish], ..Draft::default() };
    let slip = Slip::parse(draft).expect("a good slip");
    let placement = order::place(&house, &slip).expect("a placement");
    let ana = Actor { location_id: opened.location_id, staff_id: Some(opened.manager_id), ..someone(0) };
    match store::orders::place(&rows.db, &placement, slip_hash(&slip), &ana).await.expect("an answer") {
        Sent::Placed(placed, ..) => (opened.location_id, placed),
        other => panic!("not placed: {other:?}"),
    }
}

/// The tile of the table that orders, as the board would be read: the stamp apart.
async fn tile(rows: &Rows) -> (BoardSeq, Card) {
    let delta = boards::delta(&rows.db, LOCATION_ID, BoardSeq(0)).await.expect("a delta");
    let card = delta.cards.into_iter().find(|card| card.key() == CardKey::Table(some_table(3)));
    match card.expect("a tile") {
        Card::Tile(tile) => (tile.board_seq, Card::Tile(Tile { board_seq: BoardSeq(0), ..tile })),
        other => panic!("no tile: {other:?}"),
    }
}

/// Where a ticket was shown first, and the newest stamp that was.
async fn shown(rows: &Rows, TicketId(ticket_id): TicketId) -> String {
    rows.ask(&format!(
        "select shown_seq || ' ' || coalesce(shown_on, 'nowhere') from tickets where ticket_id = '{ticket_id}'"
    ))
    .await
}

#[tokio::test]
async fn a_receipt_stamps_the_tile_once_and_is_believed_no_further_than_the_ticket() {
    let rows = Rows::open().await;
    let placed = order(&rows).await;
    let too_far = receive(&rows.db, &[(LOCATION_ID, word(&placed, 1))]).await.expect("an answer");
    assert!(too_far.is_empty(), "no screen has painted what was not stamped: {too_far:?}");
    let (_, before) = tile(&rows).await;
    let unknown = Receipt { ticket_id: TicketId::new(), ..word(&placed, 0) };
    let words = [(LOCATION_ID, unknown), (LOCATION_ID, word(&placed, -1)), (LOCATION_ID, word(&placed, 0))];
    let received = receive(&rows.db, &words).await.expect("an answer");
    let [Received::Shown { committed, tiles, was_alarmed: false }] = &received[..] else {
        panic!("{received:?}")
    };
    assert_eq!((committed.location_id, committed.seq.0), (LOCATION_ID, placed.seq.0 + 1));
    assert_eq!(tiles[..], [CardKey::Table(some_table(3))]);
    assert_eq!(shown(&rows, placed.tickets[0].0).await, format!("{} Grill", placed.seq.0));
    let (stamp, after) = tile(&rows).await;
    assert_eq!(stamp, committed.seq);
    assert_eq!(after, before, "the stamp is all that changed: the hub sets it without reading");
    let again = receive(&rows.db, &words).await.expect("an answer");
    assert!(again.is_empty(), "{again:?}");
    assert_eq!(rows.seq().await, committed.seq.0, "nothing new takes no turn");
}

#[tokio::test]
async fn whose_turn_is_taken_is_passed_over_and_the_others_are_written() {
    let rows = Rows::open().await;
    let (here, (neighbour_id, there)) = (order(&rows).await, elsewhere(&rows).await);
    let words = [(LOCATION_ID, word(&here, 0)), (neighbour_id, word(&there, 0))];
    let held = store::turn(&rows.db, LOCATION_ID).await.expect("a turn");
    let received = receive(&rows.db, &words).await.expect("nobody is waited for");
    let busy = received.iter().filter(|it| matches!(it, Received::Busy(LOCATION_ID))).count();
    let written = received.iter().filter(
        |it| matches!(it, Received::Shown { committed, .. } if committed.location_id == neighbour_id),
    );
    assert_eq!((busy, written.count(), received.len()), (1, 1, 2), "{received:?}");
    assert_eq!(shown(&rows, here.tickets[0].0).await, "0 nowhere");
    drop(held); // it is rolled back when its connection comes home
    let received = loop {
        match receive(&rows.db, &words).await.expect("an answer") {
            busy if matches!(busy[..], [Received::Busy(_)]) => sleep(Duration::from_millis(5)).await,
            received => break received,
        }
    };
    let [Received::Shown { committed, .. }] = &received[..] else { panic!("{received:?}") };
    assert_eq!((committed.location_id, committed.seq.0), (LOCATION_ID, here.seq.0 + 1), "no hole");
}

#[tokio::test]
async fn who_was_alarmed_is_told_that_the_tile_says_less() {
    let rows = Rows::open().await;
    let placed = order(&rows).await;
    let alarmed = rows.command(async |turn| {
        let alarmed = unseen::alarm(turn, FRIDAY, FRIDAY).await?;
        assert!(0 < alarmed);
        Ok(comanda::domain::ticket::Step::Do)
    });
    assert!(matches!(alarmed.await, Came::Committed(_)));
    let (_, before) = tile(&rows).await;
    let received = receive(&rows.db, &[(LOCATION_ID, word(&placed, 0))]).await.expect("an answer");
    assert_ne!(tile(&rows).await.1, before, "an alarm less: it has to be read");
    assert!(matches!(received[..], [Received::Shown { was_alarmed: true, .. }]), "{received:?}");
}
