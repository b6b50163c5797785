//! The delta: whoever applies one after the other holds what a fresh read holds.

use std::collections::BTreeMap;

use comanda::domain::card::{Card, CardKey};
use comanda::domain::demo::LOCATION_ID;
use comanda::domain::ids::{BoardSeq, TicketId, Version};
use comanda::store::{boards, tickets};

use super::house::{Came, Rows, some_table, someone};

/// A screen without a wire.
#[derive(Default)]
pub(crate) struct Follower {
    since: BoardSeq,
    cards: BTreeMap<CardKey, Card>,
}

impl Follower {
    pub(crate) async fn follow(&mut self, rows: &Rows) {
        let delta = boards::delta(&rows.db, LOCATION_ID, self.since).await.expect("a delta");
        assert!(self.since <= delta.seq, "the board never goes back");
        for card in &delta.cards {
            assert!(self.since < card.seq() && card.seq() <= delta.seq, "only what was stamped since");
        }
        self.cards.retain(|key, _| delta.keys.contains(key));
        self.cards.extend(delta.cards.into_iter().map(|card| (card.key(), card)));
        assert_eq!(self.cards.len(), delta.keys.len(), "a body for everything that it did not have");
        self.since = delta.seq;
    }

    pub(crate) async fn expect_fresh(self, rows: &Rows) {
        let fresh = boards::delta(&rows.db, LOCATION_ID, BoardSeq(0)).await.expect("a delta");
        assert_eq!(fresh.seq, self.since, "nobody writes any more");
        let fresh: BTreeMap<CardKey, Card> =
            fresh.cards.into_iter().map(|card| (card.key(), unseen(card))).collect();
        let held: BTreeMap<CardKey, Card> =
            self.cards.into_iter().map(|(key, card)| (key, unseen(card))).collect();
        assert_eq!(held.keys().collect::<Vec<_>>(), fresh.keys().collect::<Vec<_>>());
        for (key, card) in held {
            assert_eq!(card, fresh[&key], "{key:?}");
        }
    }
}

/// A receipt moves no card, on purpose: what it writes is no part of what cards print.
fn unseen(mut card: Card) -> Card {
    match &mut card {
        Card::Ticket(ticket) => ticket.shown_seq = BoardSeq(0),
        Card::Fire(fire) => fire.tickets.iter_mut().for_each(|ticket| ticket.shown_seq = BoardSeq(0)),
        Card::Tile(_) | Card::Item(_) | Card::Message(_) | Card::Lent(_) => {}
    }
    card
}

#[tokio::test]
async fn what_left_the_board_is_missing_from_every_delta_however_old_the_cursor() {
    let rows = Rows::open().await;
    let placed = rows.placed(&rows.slip(Some(some_table(0)), None, 1).await).await;
    let ticket_id: TicketId = placed.tickets[0].0;
    let (key, actor) = (CardKey::Ticket(ticket_id), someone(5));
    let on_board = async |since: i64| {
        let delta = boards::delta(&rows.db, LOCATION_ID, BoardSeq(since)).await.expect("a delta");
        (delta.keys.contains(&key), delta.cards.iter().any(|card| card.key() == key))
    };
    assert_eq!(on_board(placed.seq.0 - 1).await, (true, true));
    assert_eq!(on_board(placed.seq.0).await, (true, false), "on the board, and nothing new about it");
    let came = rows.command(async |turn| Ok(tickets::bump(turn, ticket_id, Version(1), &actor).await?)).await;
    assert_eq!(came, Came::Committed(placed.seq.0 + 1));
    for since in [0, placed.seq.0 - 1, placed.seq.0, placed.seq.0 + 1, i64::MAX] {
        assert_eq!(on_board(since).await, (false, false), "since {since}");
    }
}
