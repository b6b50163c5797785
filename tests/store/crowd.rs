//! Sixteen clients on one location at once, each doing whatever comes to mind.

mod kitchen;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::Duration;

use comanda::domain::allergy::{Allergen, Allergies, Allergy};
use comanda::domain::demo::LOCATION_ID;
use comanda::domain::ids::{BoardSeq, CheckId, FireId, ItemId, LineId, TableId, TenderId, TicketId, Version};
use comanda::domain::money::Money;
use comanda::domain::order::Slip;
use comanda::domain::staff::Role;
use comanda::domain::ticket::{LineState, Step};
use comanda::store::courses::{Again, Anyway, Release};
use comanda::store::orders::{Placed, Sent};
use comanda::store::receipts::{Receipt, Received};
use comanda::store::{allergies, checks, courses, fires, items, lines, orders, receipts, tickets, unseen};
use futures_util::future::join_all;
use sqlx::AssertSqlSafe;
use tokio::time::sleep;
use uuid::Uuid;

use super::database::FRIDAY;
use super::delta::Follower;
use super::house::{Came, Rows, busy, some_table, someone};
use super::whole;

const CLIENTS: usize = 16;
const COMMANDS: usize = 60;

/// What all of them did.
#[derive(Default)]
struct Story {
    turns: Vec<i64>,
    receipts: BTreeSet<i64>,
    sent: Vec<(Slip, Placed)>,
    busy: usize,
}

struct Crowd<'rows> {
    rows: &'rows Rows,
    story: RefCell<Story>,
}

#[tokio::test]
async fn a_crowd_neither_deadlocks_nor_loses_an_order_nor_leaves_a_hole_in_the_turns() {
    let rows = Rows::open().await;
    let before = rows.seq().await;
    let crowd = Crowd { rows: &rows, story: RefCell::default() };
    let mut follower = Follower::default();
    let watched = async {
        for _ in 0..30 {
            follower.follow(&rows).await;
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::join!(join_all((0..CLIENTS).map(|n| crowd.work(n))), watched);
    let story = crowd.story.into_inner();
    assert!(story.sent.len() > 100 && story.busy < 50, "{} sent, {} busy", story.sent.len(), story.busy);

    let after = rows.seq().await;
    let mut turns = story.turns.clone();
    turns.sort_unstable();
    assert_eq!(turns, (before + 1..=after).collect::<Vec<_>>(), "one turn a commit, one commit a turn");
    let told: Vec<i64> = sqlx::query_scalar("select distinct seq from audit where seq > $1 order by seq")
        .bind(before)
        .fetch_all(&rows.owner)
        .await
        .expect("the audit");
    let expected: Vec<i64> = turns.iter().copied().filter(|turn| !story.receipts.contains(turn)).collect();
    assert_eq!(told, expected, "every command but a receipt tells its story under its own turn");

    for (slip, placed) in &story.sent {
        let found = orders::find(&rows.db, LOCATION_ID, slip.id()).await.expect("it is there");
        // What waited was routed again when it was fired, on the menu of that moment.
        let waited = format!(
            "select exists (
                select from order_lines l join fires f using (location_id, fire_id)
                where l.order_id = '{}' and l.refire_of is null and (f.fired_at is null or f.fired_by is not null))",
            slip.id()
        );
        if !rows.ask::<bool>(&waited).await {
            let tickets = |placed: &Placed| placed.tickets.iter().copied().collect::<BTreeSet<_>>();
            assert_eq!(tickets(&found), tickets(placed));
        }
        assert_eq!((found.check_id, found.send_no, found.seq), (placed.check_id, placed.send_no, placed.seq));
    }
    let sends: i64 = rows.ask(&format!("select count(*) from orders where board_seq > {before}")).await;
    assert_eq!(usize::try_from(sends).expect("few"), story.sent.len(), "and nothing else is");
    let twice = "select count(*) from (select 1 from checks group by business_day, check_no having count(*) > 1) as twice";
    assert_eq!(rows.ask::<i64>(twice).await, 0, "no number of the day twice");
    let parties = "select count(*) from (select 1 from checks where state in ('open', 'printed') and table_id is not null
        group by table_id, party having count(*) > 1) as twice";
    assert_eq!(rows.ask::<i64>(parties).await, 0, "no party with two open checks");

    follower.follow(&rows).await;
    follower.expect_fresh(&rows).await;
    whole::expect(&rows).await;
}

impl Crowd<'_> {
    async fn work(&self, n: usize) {
        for _ in 0..COMMANDS {
            match rand::random::<u8>() % 31 {
                0..=4 => self.send(n).await,
                5 => self.send_again(n).await,
                6 | 7 => self.void(n).await,
                8 | 9 => self.bump(n).await,
                10 => self.recall(n).await,
                11 => self.hand_over(n).await,
                12 => self.eighty_six(n).await,
                13 => self.close(n).await,
                14 => self.acknowledge(n).await,
                15 => self.alarm().await,
                16 => self.tell_allergy(n).await,
                17 | 18 => self.see_allergy(n).await,
                19 => self.refire(n).await,
                20 => self.go_elsewhere(n).await,
                21 => self.count(n).await,
                22 => self.fire_course(n).await,
                23 => self.ready_seen(n).await,
                24 => self.tick(n).await,
                25..=29 => self.change_the_kitchen(n).await,
                _ => self.receive().await,
            }
        }
    }

    fn note(&self, came: Came) -> Option<i64> {
        let mut story = self.story.borrow_mut();
        match came {
            Came::Committed(seq) => {
                story.turns.push(seq);
                return Some(seq);
            }
            Came::Busy => story.busy += 1,
            Came::Nothing => {}
        }
        None
    }

    /// Some row's id, and a number that belongs to it.
    async fn any(&self, from: &str) -> Option<(Uuid, i64)> {
        let statement =
            format!("select id, number::bigint from ({from}) as row (id, number) order by random() limit 1");
        sqlx::query_as(AssertSqlSafe(statement)).fetch_optional(&self.rows.owner).await.expect("a row")
    }

    async fn send(&self, n: usize) {
        let table =
            (!rand::random::<u8>().is_multiple_of(6)).then(|| some_table(rand::random::<u8>().into()));
        let slip = self.rows.slip(table, None, 1 + n % 4).await;
        match self.rows.send(&slip, &someone(n)).await {
            Ok(Sent::Placed(placed, committed, _)) => {
                self.note(Came::Committed(committed.seq.0));
                self.story.borrow_mut().sent.push((slip, placed));
            }
            Ok(Sent::MenuMoved) => self.rows.forget(),
            Ok(Sent::AgainstAllergies(_) | Sent::SoldOut(_)) => {}
            Ok(other) => panic!("a new key and no check of its own: {other:?}"),
            Err(err) => _ = self.note(busy(&err)),
        }
    }

    /// A tablet that never heard the answer.
    async fn send_again(&self, n: usize) {
        let first = self.story.borrow().sent.last().cloned();
        let Some((slip, placed)) = first else { return };
        match self.rows.send(&slip, &someone(n)).await {
            Ok(Sent::Already(again)) => assert_eq!(again.seq, placed.seq, "the first result"),
            Ok(Sent::MenuMoved) => self.rows.forget(),
            Ok(other) => panic!("the key was taken before: {other:?}"),
            Err(err) => _ = self.note(busy(&err)),
        }
    }

    async fn void(&self, n: usize) {
        let Some((id, _)) = self.any("select line_id, 0 from order_lines where voided < quantity").await
        else {
            return;
        };
        let actor = someone(n);
        let came = self.rows.command(async |turn| {
            lines::void(turn, LineId(id), 1, "sent back", None, Role::Manager, &actor).await?;
            Ok(Step::Do)
        });
        self.note(came.await);
    }

    async fn bump(&self, n: usize) {
        let Some((id, version)) =
            self.any("select ticket_id, version from tickets where state = 'open'").await
        else {
            return;
        };
        let (actor, version) = (someone(n), Version(i32::try_from(version).expect("small")));
        let came =
            self.rows.command(async |turn| Ok(tickets::bump(turn, TicketId(id), version, &actor).await?));
        self.note(came.await);
    }

    async fn recall(&self, n: usize) {
        let Some((id, _)) = self.any("select ticket_id, 0 from tickets where state = 'bumped'").await else {
            return;
        };
        let actor = someone(n);
        let came = self.rows.command(async |turn| match n % 2 {
            0 => Ok(tickets::recall(turn, TicketId(id), true, &actor).await?),
            _ => Ok(tickets::undo(turn, TicketId(id), &actor).await?),
        });
        self.note(came.await);
    }

    async fn hand_over(&self, n: usize) {
        let Some((id, _)) = self.any("select fire_id, 0 from fires where on_board").await else {
            return;
        };
        let actor = someone(n);
        let came = self.rows.command(async |turn| match n % 4 {
            0 => fires::recall_last(turn, &actor).await.map(|_| Step::Do).map_err(Into::into),
            1 => Ok(fires::undo(turn, FireId(id), &actor).await?),
            _ => Ok(fires::bump(turn, FireId(id), &actor).await?),
        });
        self.note(came.await);
    }

    async fn eighty_six(&self, n: usize) {
        let off = "select item_id, 0 from items where on_board";
        let on = "select item_id, 0 from items where not on_board";
        let actor = someone(n);
        let off = if n.is_multiple_of(2) { self.any(off).await } else { None };
        let came = if let Some((id, _)) = off {
            self.rows.command(async |turn| Ok(items::bring_back(turn, ItemId(id), &actor).await?)).await
        } else {
            let (id, _) = self.any(on).await.expect("a menu");
            self.rows.command(async |turn| Ok(items::eighty_six(turn, ItemId(id), &actor).await?)).await
        };
        self.note(came);
    }

    async fn close(&self, n: usize) {
        let due = "select c.check_id, (select sum((l.quantity - l.voided) * l.unit_price_minor) from orders o
            join order_lines l using (location_id, order_id) where o.check_id = c.check_id) from checks c
            where state in ('open', 'printed')";
        let Some((id, due)) = self.any(due).await else {
            return;
        };
        let (actor, key) = (someone(n), TenderId::new());
        let came = self
            .rows
            .command(async |turn| Ok(checks::close(turn, CheckId(id), key, Money(due), &actor).await?));
        self.note(came.await);
    }

    async fn acknowledge(&self, n: usize) {
        let Some((id, version)) = self.any("select ticket_id, version from tickets where version > 1").await
        else {
            return;
        };
        let (actor, version) = (someone(n), Version(i32::try_from(version).expect("small")));
        let came = self
            .rows
            .command(async |turn| Ok(tickets::acknowledge(turn, TicketId(id), version, &actor).await?));
        self.note(came.await);
    }

    async fn tell_allergy(&self, n: usize) {
        let Some((id, _)) =
            self.any("select check_id, 0 from checks where state in ('open', 'printed')").await
        else {
            return;
        };
        let some = Allergen::ALL[rand::random::<u8>() as usize % Allergen::ALL.len()];
        let one = Allergy { seat: (!n.is_multiple_of(3)).then_some(2), allergens: vec![some] };
        let (actor, all) = (someone(n), Allergies::from(vec![one.clone()]));
        let came = self.rows.command(async |turn| match n % 5 {
            0 => Ok(allergies::take_back(turn, CheckId(id), &one, &actor).await?),
            _ => Ok(allergies::tell(turn, CheckId(id), &all, false, &actor).await?),
        });
        self.note(came.await);
    }

    async fn see_allergy(&self, n: usize) {
        let unread = if n.is_multiple_of(2) {
            "select ticket_id, (header ->> 'allergies_told')::integer from tickets
            where state = 'open' and (header ->> 'allergies_told')::integer > allergies_seen"
        } else {
            "select fire_id, (header ->> 'allergies_told')::integer from fires
            where on_board and (header ->> 'allergies_told')::integer > allergies_seen"
        };
        let Some((id, told)) = self.any(unread).await else { return };
        let (actor, told) = (someone(n), i32::try_from(told).expect("small"));
        let came = self.rows.command(async |turn| {
            if n.is_multiple_of(2) {
                Ok(allergies::seen_at_station(turn, TicketId(id), told, &actor).await?)
            } else {
                Ok(allergies::seen_at_pass(turn, FireId(id), told, &actor).await?)
            }
        });
        self.note(came.await);
    }

    async fn refire(&self, n: usize) {
        let Some((id, _)) = self.any("select line_id, 0 from ticket_lines where state = 'ready'").await
        else {
            return;
        };
        let (actor, menu) = (someone(n), self.rows.menu().await);
        let came = self.rows.command(async |turn| {
            let again = Again { line_id: LineId::new(), units: 1, reason: "dropped".to_owned(), asked: None };
            Ok(courses::refire(turn, &menu, LineId(id), &again, &actor).await?)
        });
        self.note(came.await);
        self.rows.forget();
    }

    async fn go_elsewhere(&self, n: usize) {
        let Some((id, _)) =
            self.any("select check_id, 0 from checks where state in ('open', 'printed')").await
        else {
            return;
        };
        let free = "select table_id, 0 from tables t where not exists (
            select from checks c where c.table_id = t.table_id and c.state in ('open', 'printed'))";
        let Some((to, _)) = self.any(free).await else { return };
        let (actor, to) = (someone(n), TableId(to));
        let came = self.rows.command(async |turn| Ok(checks::move_to(turn, CheckId(id), to, &actor).await?));
        self.note(came.await);
    }

    async fn count(&self, n: usize) {
        let (id, _) = self.any("select item_id, 0 from items").await.expect("a menu");
        let (actor, left) = (someone(n), (!n.is_multiple_of(3)).then_some(40));
        let came =
            self.rows.command(async |turn| Ok(items::count(turn, ItemId(id), left, None, &actor).await?));
        self.note(came.await);
    }

    async fn fire_course(&self, n: usize) {
        let held = "select fire_id, coalesce((header ->> 'allergies_told')::integer, 0) from fires
            where fired_at is null and on_board";
        let Some((id, told)) = self.any(held).await else { return };
        let (actor, menu) = (someone(n), self.rows.menu().await);
        let told = i32::try_from(told).expect("small");
        let came = self.rows.command(async |turn| {
            let by = Release::Hand(&actor, Anyway::Yes(told));
            Ok(courses::fire(turn, &menu, FireId(id), by).await?)
        });
        self.note(came.await);
        self.rows.forget();
    }

    async fn ready_seen(&self, n: usize) {
        let ready = "select fire_id, 0 from fires f where on_board and fired_at is not null and not exists (
            select from tickets t where t.fire_id = f.fire_id and t.state in ('held', 'open'))";
        let Some((id, _)) = self.any(ready).await else { return };
        let actor = someone(n);
        let came = self.rows.command(async |turn| Ok(fires::ready_seen(turn, FireId(id), &actor).await?));
        self.note(came.await);
    }

    async fn tick(&self, n: usize) {
        let Some((line, _)) = self
            .any("select tl.line_id, 0 from ticket_lines tl join tickets t using (location_id, ticket_id) where t.state = 'open'")
            .await
        else {
            return;
        };
        let at = format!(
            "select ticket_id, version from tickets join ticket_lines using (location_id, ticket_id) where line_id = '{line}' and tickets.state = 'open'"
        );
        let Some((id, version)) = self.any(&at).await else { return };
        let (actor, version) = (someone(n), Version(i32::try_from(version).expect("small")));
        let to = [LineState::Started, LineState::Ready, LineState::Ready, LineState::Waiting][n % 4];
        let came = self.rows.command(async |turn| {
            Ok(tickets::work(turn, TicketId(id), LineId(line), to, version, &actor).await?)
        });
        self.note(came.await);
    }

    async fn alarm(&self) {
        let step = |alarmed| if alarmed == 0 { Step::Already } else { Step::Do };
        let came = self.rows.command(async |turn| Ok(unseen::alarm(turn, FRIDAY, FRIDAY).await.map(step)?));
        self.note(came.await);
    }

    async fn receive(&self) {
        let Some((id, seq)) =
            self.any("select ticket_id, board_seq from tickets where shown_seq < board_seq").await
        else {
            return;
        };
        let receipt =
            Receipt { ticket_id: TicketId(id), seq: BoardSeq(seq), screen: "Grill".to_owned(), at: FRIDAY };
        let receipts = [(LOCATION_ID, receipt)];
        let came = loop {
            match receipts::receive(&self.rows.db, &receipts).await.as_deref() {
                Ok([Received::Shown { committed, .. }]) => break Came::Committed(committed.seq.0),
                Ok([Received::Busy(_)]) => sleep(Duration::from_millis(5)).await, // another time
                Ok(_) => break Came::Nothing,
                Err(err) => break busy(err),
            }
        };
        if let Some(seq) = self.note(came) {
            self.story.borrow_mut().receipts.insert(seq);
        }
    }
}
