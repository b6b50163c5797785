//! A machine client that sends orders and tries again until it knows.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::house::{House, SURELY};

#[derive(Clone)]
pub(crate) struct Tablet {
    http: Client,
    pub(crate) base: String,
    pub(crate) token: String,
    /// A dish that the grill cooks, with the choices that must be made.
    dish: Value,
    tables: Vec<String>,
}

/// What a slip came to.
pub(crate) struct Taken {
    pub(crate) slip: Value,
    pub(crate) answer: Value,
    /// When it was tried first.
    pub(crate) posted: Instant,
    pub(crate) answered: Instant,
}

impl Tablet {
    /// A tablet with a key of its own.
    pub(crate) async fn of(house: &House) -> Self {
        Self::with(house, house.token().await).await
    }

    /// A tablet with that key; it reads the menu and the tables.
    pub(crate) async fn with(house: &House, token: String) -> Self {
        let mut tablet = Self { base: house.base(), token, ..Self::knowing(&Value::Null, &Value::Null) };
        let menu = tablet.get("/api/menu").await.expect("the menu").json::<Value>().await.expect("JSON");
        let floor = tablet.get("/api/tables").await.expect("the tables").json::<Value>().await.expect("JSON");
        let Self { dish, tables, .. } = Self::knowing(&menu, &floor);
        (tablet.dish, tablet.tables) = (dish, tables);
        tablet
    }

    /// A tablet that was shown the menu and the tables, and writes slips.
    pub(crate) fn knowing(menu: &Value, floor: &Value) -> Self {
        let http = Client::builder().timeout(Duration::from_secs(20)).build().expect("a client");
        let grilled =
            |item: &&Value| item["stations"] == json!(["grill"]) && item["eighty_sixed"] == json!(false);
        let item = menu["items"].as_array().and_then(|items| items.iter().find(grilled));
        let dish = item.map_or(Value::Null, |item| {
            let forced = item["groups"].as_array().expect("groups").iter().flat_map(|group| {
                let choices = group["min_choices"].as_u64().expect("a number");
                let choices = usize::try_from(choices).expect("a small number");
                group["modifiers"].as_array().expect("modifiers").iter().take(choices)
            });
            let modifiers: Vec<&Value> = forced.map(|modifier| &modifier["modifier_id"]).collect();
            json!({ "item_id": item["item_id"], "quantity": 2, "modifiers": modifiers })
        });
        let tables = floor.as_array().into_iter().flatten();
        let tables = tables.map(|table| table["table_id"].as_str().expect("an id").to_owned()).collect();
        Self { http, base: String::new(), token: String::new(), dish, tables }
    }

    /// The same tablet at another address.
    pub(crate) fn at(mut self, address: std::net::SocketAddr) -> Self {
        self.base = format!("http://{address}");
        self
    }

    /// A new order of two lines, under a new key, for one of the tables.
    pub(crate) fn slip(&self) -> Value {
        let at = &self.tables[rand::random::<u32>() as usize % self.tables.len()];
        json!({ "id": comanda::domain::ids::OrderId::new(), "table_id": at, "lines": [self.dish, self.dish] })
    }

    pub(crate) async fn get(&self, path: &str) -> reqwest::Result<Response> {
        self.http.get(format!("{}{path}", self.base)).bearer_auth(&self.token).send().await
    }

    pub(crate) async fn send(&self, slip: &Value) -> reqwest::Result<Response> {
        self.http.post(format!("{}/orders", self.base)).bearer_auth(&self.token).json(slip).send().await
    }

    /// Sends a slip under its key until it is known to be taken, as a tablet's outbox does.
    pub(crate) async fn send_until_taken(&self, slip: Value) -> Taken {
        let posted = Instant::now();
        loop {
            match self.send(&slip).await {
                Ok(answer) if matches!(answer.status(), StatusCode::OK | StatusCode::CREATED) => {
                    if let Ok(answer) = answer.json().await {
                        return Taken { slip, answer, posted, answered: Instant::now() };
                    }
                }
                Ok(answer) => {
                    // A proxy says 502 when the process that had the order went away: nobody knows what became of it.
                    let status = answer.status();
                    let try_again =
                        matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::BAD_GATEWAY);
                    assert!(try_again, "{status} {:?}", answer.text().await);
                }
                Err(_) => {}
            }
            assert!(posted.elapsed() < SURELY, "never taken: {slip}");
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Four tablets send one order after the other until it is enough.
    pub(crate) fn rush(&self) -> Rush {
        self.orders(4, Duration::from_millis(20))
    }

    /// Tablets send order after order, after a pause each, until it is enough.
    pub(crate) fn orders(&self, tablets: usize, pause: Duration) -> Rush {
        let enough = Arc::new(AtomicBool::new(false));
        let tablets = (0..tablets).map(|_| {
            let (tablet, enough) = (self.clone(), Arc::clone(&enough));
            tokio::spawn(async move {
                let mut taken = Vec::new();
                while !enough.load(Ordering::Relaxed) && taken.len() < ORDERS_MAX {
                    taken.push(tablet.send_until_taken(tablet.slip()).await);
                    sleep(pause).await;
                }
                taken
            })
        });
        Rush { tablets: tablets.collect(), enough }
    }

    /// Every order that was taken is in the database, once, with all of its lines, as it was answered; and nothing else
    /// was written since there were `before` orders.
    pub(crate) async fn expect_once(&self, house: &House, before: i64, taken: &[Taken]) {
        let mut db = house.db().await;
        let keys: Vec<Uuid> = taken.iter().map(|taken| key_of(&taken.slip)).collect();
        let lines: Vec<(Uuid, i64)> = sqlx::query_as(
            "select order_id, count(*) from order_lines where order_id = any($1) group by order_id",
        )
        .bind(&keys)
        .fetch_all(&mut db)
        .await
        .expect("lines");
        let lines: HashMap<Uuid, i64> = lines.into_iter().collect();
        for Taken { slip, answer, .. } in taken {
            let key = key_of(slip);
            assert_eq!(lines.get(&key), Some(&2), "lines of {key}");
            let order = self.get(&format!("/api/orders/{key}")).await.expect("an answer");
            assert_eq!(order.json::<Value>().await.expect("JSON"), *answer, "the same answer for ever");
        }
        let orders = orders(house).await;
        assert_eq!(
            orders - before,
            i64::try_from(taken.len()).expect("few"),
            "nothing lost, nothing doubled"
        );
    }
}

/// Orders of one tablet in a rush, at most.
const ORDERS_MAX: usize = 150;

pub(crate) struct Rush {
    tablets: Vec<tokio::task::JoinHandle<Vec<Taken>>>,
    enough: Arc<AtomicBool>,
}

impl Rush {
    /// No new orders; what is under way is sent until it is taken.
    pub(crate) async fn end(self) -> Vec<Taken> {
        self.enough.store(true, Ordering::Relaxed);
        let mut taken = Vec::new();
        for tablet in self.tablets {
            taken.extend(tablet.await.expect("a tablet ends well"));
        }
        taken
    }
}

pub(crate) fn key_of(slip: &Value) -> Uuid {
    slip["id"].as_str().and_then(|id| id.parse().ok()).expect("a key")
}

/// Cards of the grill that a Send's answer names.
pub(crate) fn cards_of(answer: &Value) -> Vec<String> {
    let tickets = answer["tickets"].as_array().expect("tickets");
    let grill = tickets.iter().filter(|ticket| ticket["station"] == json!("grill"));
    grill.map(|ticket| format!("t-{}", ticket["ticket_id"].as_str().expect("an id"))).collect()
}

/// Orders in the database.
pub(crate) async fn orders(house: &House) -> i64 {
    let mut db = house.db().await;
    sqlx::query_scalar("select count(*) from orders").fetch_one(&mut db).await.expect("a number")
}
