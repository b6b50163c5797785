//! The table of `docs/states.md`, tried whole: every from, to and role, on a running house.

use std::collections::BTreeSet;

use comanda::domain::ids::{FireId, LineId, TicketId};
use comanda::domain::line::LineStanding;
use comanda::domain::staff::Role;
use reqwest::StatusCode;
use serde_json::json;
use time::Duration;

use crate::support::{Answer, Client, TestApp, dish, slip};

const DOCUMENT: &str = include_str!("../../docs/states.md");

/// A step that somebody may take: from, to, who.
type Step = (LineStanding, LineStanding, Role);

fn standing(word: &str) -> LineStanding {
    match word {
        "held" => LineStanding::Held,
        "fired" => LineStanding::Fired,
        "started" => LineStanding::Started,
        "ready" => LineStanding::Ready,
        "served" => LineStanding::Served,
        "voided" => LineStanding::Voided,
        other => panic!("docs/states.md names a state that no line has: {other}"),
    }
}

/// Who is meant: managers and owners may what the others may. The house's rule is nobody who could be refused.
fn people(who: &str) -> Vec<Role> {
    let named = who.split(", ").filter(|word| *word != "rule").map(|word| match word {
        "waiter" => Role::Waiter,
        "cook" => Role::Cook,
        "expo" => Role::Expo,
        "manager" => Role::Manager,
        other => panic!("docs/states.md names somebody who does not work here: {other}"),
    });
    named.chain([Role::Manager, Role::Owner]).collect()
}

fn table() -> BTreeSet<(String, String, String)> {
    let mut steps = BTreeSet::new();
    for row in DOCUMENT
        .lines()
        .filter(|line| line.starts_with("| ") && line.contains(" > ") && !line.contains("From >"))
    {
        let mut cells = row.trim_matches('|').split(" | ").map(str::trim);
        let (from, to) = cells.next().and_then(|step| step.split_once(" > ")).expect("a step");
        let (from, to) = (standing(from), standing(to));
        for role in people(cells.next().expect("who may")) {
            steps.insert(key((from, to, role)));
        }
    }
    steps
}

fn key((from, to, role): Step) -> (String, String, String) {
    (from.word().to_owned(), to.word().to_owned(), role.word().to_owned())
}

/// A line of an order of its own, brought to a state by somebody who may.
struct Plate {
    line: LineId,
    ticket: TicketId,
}

struct Kitchen {
    house: TestApp,
    manager: Client,
}

impl Kitchen {
    async fn act(&self, who: &Client, plate: &Plate, to: LineStanding) -> Answer {
        let Plate { line, ticket } = plate;
        // A held line that moved to another fire stands there: it is asked each time.
        let fire = FireId(self.house.ask("select fire_id from order_lines where line_id = $1", line.0).await);
        let version: i32 = self.house.ask("select version from tickets where ticket_id = $1", ticket.0).await;
        match to {
            LineStanding::Fired => {
                let held = "select fired_at is null from fires where fire_id = $1";
                if self.house.ask(held, fire.0).await {
                    who.post(&format!("/fires/{fire}/fire"), &json!({})).await
                } else {
                    who.ticket(*ticket, "recall", version).await
                }
            }
            LineStanding::Started => who.ticket(*ticket, "start", version).await,
            LineStanding::Ready => who.bump(*ticket, version).await,
            LineStanding::Served => who.post(&format!("/fires/{fire}/bump"), &json!({})).await,
            LineStanding::Voided => {
                let slip = json!({ "quantity": 1, "reason": "Entered wrong" });
                who.post(&format!("/lines/{line}/void"), &slip).await
            }
            // Nothing leads back to hold: the nearest that somebody could try is another course.
            LineStanding::Held => who.post(&format!("/lines/{line}/course"), &json!({ "course": 3 })).await,
        }
    }

    async fn plate(&self, at: LineStanding) -> Plate {
        let mut order = slip("3", &[dish("Sardines").in_course(2)]);
        order["lines"][0]["hold"] = json!(at == LineStanding::Held);
        let placed = self.manager.post("/orders", &order).await;
        assert_eq!(placed.status, StatusCode::CREATED, "{}", placed.body);
        let of_order = "select line_id from order_lines where order_id = $1::uuid";
        let order_id: uuid::Uuid = order["id"].as_str().expect("an id").parse().expect("an id");
        let line = LineId(self.house.ask(of_order, order_id).await);
        let plate = Plate { line, ticket: self.house.ticket_of(line, "grill").await };
        let way: &[LineStanding] = match at {
            LineStanding::Held | LineStanding::Fired => &[],
            LineStanding::Started => &[LineStanding::Started],
            LineStanding::Ready => &[LineStanding::Ready],
            LineStanding::Served => &[LineStanding::Ready, LineStanding::Served],
            LineStanding::Voided => &[LineStanding::Voided],
        };
        for step in way {
            let answer = self.act(&self.manager, &plate, *step).await;
            assert_eq!(answer.status, StatusCode::NO_CONTENT, "on the way to {at:?}: {}", answer.body);
        }
        assert_eq!(self.standing(&plate).await, at);
        plate
    }

    /// Read by its own words, not by the page's.
    async fn standing(&self, plate: &Plate) -> LineStanding {
        let facts = "select case
              when l.voided = l.quantity then 'voided'
              when f.fired_at is null then 'held'
              when l.served_at is not null then 'served'
              when (select bool_and(tl.state = 'ready') from ticket_lines tl where tl.line_id = l.line_id) then 'ready'
              when (select bool_or(tl.state <> 'waiting') from ticket_lines tl where tl.line_id = l.line_id) then 'started'
              else 'fired' end
            from order_lines l join fires f using (location_id, fire_id) where l.line_id = $1";
        standing(&self.house.ask::<String>(facts, plate.line.0).await)
    }
}

#[tokio::test]
async fn every_step_that_stands_in_the_table_is_done_and_no_other() {
    let house = TestApp::spawn().await;
    let manager = house.as_manager().await;
    let people = [
        (Role::Waiter, house.as_waiter().await),
        (Role::Cook, house.as_cook().await),
        (Role::Expo, house.as_expo().await),
        (Role::Manager, house.as_manager().await),
        (Role::Owner, house.sign_in("Dona Amélia").await),
    ];
    let kitchen = Kitchen { house, manager };
    let allowed = table();
    assert!(allowed.len() > 30, "the table was read: {}", allowed.len());
    let (mut done, mut wrong) = (BTreeSet::new(), Vec::new());
    for from in LineStanding::ALL {
        for to in LineStanding::ALL.into_iter().filter(|to| *to != from) {
            for (role, person) in &people {
                let plate = kitchen.plate(from).await;
                kitchen.house.pass(Duration::milliseconds(10));
                let answer = kitchen.act(person, &plate, to).await;
                let (now, step) = (kitchen.standing(&plate).await, key((from, to, *role)));
                let is_allowed = allowed.contains(&step);
                let moved = now == to;
                if moved != is_allowed || !moved && now != from {
                    wrong.push(format!("{step:?}: {} {}, and it is {now:?}", answer.status, answer.body));
                }
                if moved {
                    done.insert(step);
                }
            }
        }
    }
    // A tap on a single line is another way to some of these steps, and to no other.
    let taps = [
        (LineStanding::Fired, "waiting"),
        (LineStanding::Started, "started"),
        (LineStanding::Ready, "ready"),
    ];
    for from in LineStanding::ALL {
        for (to, word) in taps.into_iter().filter(|(to, _)| *to != from) {
            for (role, person) in &people {
                let plate = kitchen.plate(from).await;
                let slip = json!({ "line": format!("{}:{word}", plate.line), "version": 99 });
                let answer = person.post(&format!("/tickets/{}/line", plate.ticket), &slip).await;
                let (now, step) = (kitchen.standing(&plate).await, key((from, to, *role)));
                if now != from && !(now == to && allowed.contains(&step)) {
                    wrong.push(format!(
                        "a tap, {step:?}: {} {}, and it is {now:?}",
                        answer.status, answer.body
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(done, allowed, "every row of the table was tried");
}
