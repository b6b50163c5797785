//! Expected against received: every order that was answered, on every screen that must show it, exactly once.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Deserialize;
use uuid::Uuid;

use crate::Failure;
use crate::figures::Samples;
use crate::http::Line;
use crate::kitchen::Tabs;
use crate::screens::{Got, Log, Watched};
use crate::slips::Order;

/// Everything the tablets sent.
#[derive(Debug, Clone)]
pub(crate) struct Ledger {
    start: Instant,
    pub(crate) tabs: Tabs,
    book: Arc<Mutex<Book>>,
}

#[derive(Debug, Default)]
struct Book {
    sent: Vec<Sent>,
    refused: Vec<String>,
}

/// An order that was answered with 201.
#[derive(Debug, Clone)]
struct Sent {
    /// Just before its POST left, in microseconds since the start.
    posted_us: u32,
    answered_in: Duration,
    house: usize,
    tickets: Vec<Ticket>,
}

#[derive(Debug, Clone, Deserialize)]
struct Ticket {
    ticket_id: Uuid,
    station: Option<String>,
}

#[derive(Deserialize)]
struct Placed {
    check_id: Uuid,
    tickets: Vec<Ticket>,
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Reckoning {
    pub(crate) orders: usize,
    /// Cards that had to appear, over all screens.
    pub(crate) expected: u64,
    pub(crate) lost: u64,
    pub(crate) doubled: u64,
    /// Orders that were not answered with 201, screens that were hung up on, gaps between frames.
    pub(crate) trouble: Vec<String>,
    /// POST to answer.
    pub(crate) answers: Samples,
    /// POST to the frame, on each screen.
    pub(crate) each: Samples,
    /// POST to the frame on the last screen that shows it.
    pub(crate) last: Samples,
    pub(crate) frames: u64,
    pub(crate) frame_bytes: u64,
}

impl Reckoning {
    pub(crate) fn is_clean(&self) -> bool {
        self.lost == 0 && self.doubled == 0 && self.trouble.is_empty()
    }

    /// Together with another's.
    pub(crate) fn add(&mut self, other: Self) {
        self.orders += other.orders;
        self.expected += other.expected;
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.trouble.extend(other.trouble);
        self.frames += other.frames;
        self.frame_bytes += other.frame_bytes;
    }

    /// One thing that went wrong; said once in full, counted for the rest.
    fn note(&mut self, what: String) {
        self.trouble.push(what);
    }
}

impl Ledger {
    pub(crate) fn new(start: Instant) -> Self {
        Self { start, tabs: Tabs::default(), book: Arc::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends an order and writes down what must now appear.
    pub(crate) async fn send(&self, line: &mut Line, order: &Order) -> Result<(), Failure> {
        let answer = line.post_json("/orders", &order.body.to_string()).await?;
        if answer.status != 201 {
            let words = String::from_utf8_lossy(&answer.body).into_owned();
            self.lock().refused.push(format!("{}: {words}", answer.status));
            return Ok(());
        }
        let placed: Placed = serde_json::from_slice(&answer.body)?;
        self.tabs.add(placed.check_id, order.due_minor);
        let posted_us = u32::try_from((answer.asked_at - self.start).as_micros())?;
        let answered_in = answer.answered_at - answer.asked_at;
        let sent = Sent { posted_us, answered_in, house: order.house, tickets: placed.tickets };
        self.lock().sent.push(sent);
        Ok(())
    }

    /// When the POST of that ticket's order left, in microseconds since the start.
    pub(crate) fn posted_us(&self, ticket_id: Uuid) -> Option<u32> {
        let book = self.lock();
        let mut sent = book.sent.iter();
        let order = sent.find(|sent| sent.tickets.iter().any(|ticket| ticket.ticket_id == ticket_id))?;
        Some(order.posted_us)
    }

    /// Orders that were answered with 201 so far.
    pub(crate) fn orders(&self) -> usize {
        self.lock().sent.len()
    }

    /// What every time is counted from.
    pub(crate) fn start(&self) -> Instant {
        self.start
    }

    /// The same for some of the orders, counted in the order of their answers; nothing of the others is in the times.
    pub(crate) fn reckon_some(&self, orders: Range<usize>, views: &[Watched], got: &Got) -> Reckoning {
        let some = Self { start: self.start, tabs: Tabs::default(), book: Arc::default() };
        some.lock().sent = self.lock().sent[orders].to_vec();
        some.reckon(views, got)
    }

    /// Goes through every screen's log. `views` in the order in which the screens were opened.
    pub(crate) fn reckon(&self, views: &[Watched], got: &Got) -> Reckoning {
        let book = self.lock();
        let mut reckoning =
            Reckoning { orders: book.sent.len(), trouble: book.refused.clone(), ..Reckoning::default() };
        let mut last_us = vec![0; book.sent.len()];
        let mut by_house: HashMap<usize, Vec<usize>> = HashMap::new();
        for (at, sent) in book.sent.iter().enumerate() {
            reckoning.answers.add(sent.answered_in);
            by_house.entry(sent.house).or_default().push(at);
        }
        for (view, watched) in (0_u16..).zip(views) {
            let mut expected = HashMap::new();
            for at in by_house.get(&watched.house).into_iter().flatten() {
                let here = |ticket: &&Ticket| ticket.station.as_ref().is_some_and(|slug| watched.is_of(slug));
                let tickets = book.sent[*at].tickets.iter().filter(here);
                expected.extend(tickets.map(|ticket| (ticket.ticket_id, *at)));
            }
            for log in got.logs.iter().filter(|log| log.view == view) {
                reckoning.screen(log, got, &expected, &book.sent, &mut last_us);
            }
        }
        for (sent, last_us) in book.sent.iter().zip(last_us).filter(|(_, last_us)| *last_us > 0) {
            reckoning.last.add_us(last_us - sent.posted_us);
        }
        reckoning
    }
}

impl Reckoning {
    fn screen(
        &mut self,
        log: &Log,
        got: &Got,
        expected: &HashMap<Uuid, usize>,
        sent: &[Sent],
        last_us: &mut [u32],
    ) {
        if let Some(trouble) = &log.trouble {
            self.note(trouble.clone());
        }
        let mut at = log.since;
        let mut seen: HashMap<Uuid, i64> = HashMap::with_capacity(expected.len());
        for (number, at_us) in &log.got {
            let cards = &got.known.cards[*number as usize];
            if cards.from > at || cards.seq <= at {
                self.note(format!(
                    "a frame ({}, {}] came to a screen that stood at {at}",
                    cards.from, cards.seq
                ));
            }
            at = cards.seq;
            self.frames += 1;
            self.frame_bytes += cards.len() as u64;
            for (ticket_id, stamp) in &cards.tickets {
                let Some(order) = expected.get(ticket_id) else {
                    continue;
                };
                match seen.insert(*ticket_id, *stamp) {
                    None => {
                        self.each.add_us(at_us.saturating_sub(sent[*order].posted_us));
                        last_us[*order] = last_us[*order].max(*at_us);
                    }
                    Some(before) if before >= *stamp => self.doubled += 1,
                    Some(_) => {} // the card changed
                }
            }
        }
        self.expected += expected.len() as u64;
        self.lost += (expected.len() - seen.len()) as u64;
    }
}
