//! One screen's place at a board: a cursor, and a place on a caller's list.

use std::sync::Arc;

use super::callers::{Listing, Screen};
use super::core::{Beat, Core, Cursor, Pull, Seen, Seq};
use super::hub::{Board, Hub, lock};
use super::picture::{Kitchen, View};
use super::wire::Message;
use crate::domain::card::{Card, CardKey};
use crate::domain::ids::BoardSeq;
use crate::store::receipts::Receipt;

/// One screen's place at a board. Dropped, it is given up.
pub struct Attachment {
    pub(super) hub: Hub,
    pub(super) board: Arc<Board>,
    pub(super) cursor: Option<Cursor<View>>,
}

impl Attachment {
    /// From now on the screen is called when there is something to pull. What came before that it has to look for.
    pub fn list(&self, screen: Arc<dyn Screen>) -> Option<Listing> {
        let view = self.cursor.as_ref()?.view().clone();
        Some(lock(&self.board.callers).entry(view).or_default().list(screen))
    }

    /// The board's history and turn, for `hello`.
    pub fn standing(&self) -> (Arc<str>, Seq) {
        let core = lock(&self.board.core);
        let epoch = core.epoch().cloned().unwrap_or_default();
        let told = self.cursor.as_ref().map(|cursor| cursor.view().told(Arc::clone(&epoch)));
        (told.unwrap_or(epoch), core.head())
    }

    /// What this screen has coming.
    pub fn pull(&mut self) -> Pull<Message> {
        match &mut self.cursor {
            Some(cursor) => lock(&self.board.core).pull(cursor),
            None => Pull::Idle,
        }
    }

    /// When that turn was committed, in microseconds of the hub's clock, if it was here and just now.
    pub fn committed_us(&self, seq: Seq) -> Option<u64> {
        self.board.stamps.committed_us(seq)
    }

    /// Proof for a screen that lacks nothing.
    pub fn beat(&self) -> Option<Beat> {
        self.cursor.as_ref().and_then(|cursor| lock(&self.board.core).beat(cursor))
    }

    /// The screen has painted every card up to `seq` but those. New receipts wait for the next batch.
    pub fn ack(&self, seq: Seq, but: &[String]) {
        let Some(cursor) = &self.cursor else { return };
        let but: Vec<&str> = but.iter().map(String::as_str).collect();
        let mut core = lock(&self.board.core);
        let seen = core.ack(cursor, seq, &but);
        let receipts: Vec<Receipt> =
            seen.iter().filter_map(|seen| self.receipt(&core, seen, cursor.view())).collect();
        drop(core);
        let location_id = self.board.location_id;
        self.hub.keep_receipts(receipts.into_iter().map(|receipt| (location_id, receipt)));
    }

    fn receipt(&self, core: &Core<Kitchen>, seen: &Seen<CardKey>, view: &View) -> Option<Receipt> {
        let (ticket_id, seq) = match (seen.key, core.row(&seen.key)) {
            (CardKey::Ticket(ticket_id), _) => (ticket_id, BoardSeq(seen.seq)),
            (CardKey::Fire(_), Some(Card::Fire(fire))) => {
                let unrouted = fire.unrouted()?;
                (unrouted.ticket_id, unrouted.board_seq)
            }
            (
                CardKey::Fire(_)
                | CardKey::Table(_)
                | CardKey::Check(_)
                | CardKey::Item(_)
                | CardKey::Message(_)
                | CardKey::Station(_),
                _,
            ) => return None,
        };
        Some(Receipt { ticket_id, seq, screen: view.screen().to_owned(), at: self.hub.now() })
    }

    /// Whether the database stood behind this board within the last `max`.
    pub fn checked_ms(&self) -> Option<u64> {
        let proved_ms = lock(&self.board.core).proved_ms()?;
        Some(self.hub.watch_ms().saturating_sub(proved_ms))
    }
}

impl Drop for Attachment {
    fn drop(&mut self) {
        if let Some(cursor) = self.cursor.take() {
            lock(&self.board.core).detach(cursor, self.hub.watch_ms());
        }
    }
}
