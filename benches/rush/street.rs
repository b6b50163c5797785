//! A thousand restaurants in one program: the demo, copied as often, each with a key of its own.

use std::env;
use std::time::{Duration, Instant};

use rand::RngExt as _;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::Failure;
use crate::house::{Busy, Folder, House};
use crate::http::Line;
use crate::kitchen::STATIONS;
use crate::ledger::Ledger;
use crate::limits::Direct;
use crate::pace::{self, Lines};
use crate::pgbench;
use crate::report::{Goal, Work};
use crate::screens::{Dialect, Door, Screens, Watched};
use crate::slips::{Card, Order};
use crate::works::{FAN_ORDER, QUIET, delivered};

pub(crate) const HOUSES: usize = 1_000;
const SCREENS_A_STATION: usize = 2;
const ORDERS_A_SECOND: u32 = 500;
const OPEN_FOR: Duration = Duration::from_secs(20);
/// Before that, every house orders once: the program reads its menu then, which it keeps.
const FIRST_A_SECOND: u32 = 200;
const FIRST_FOR: Duration = Duration::from_secs(5);
/// Tablets that send as fast as they are answered, to find the ceiling, and how long they do.
const TABLETS: usize = 16;
const FULL_FOR: Duration = Duration::from_secs(8);
/// A house's id, in SQL; `n` counts from 1.
pub(crate) const HOUSE_ID: &str = "('c0000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid";
/// What makes a restaurant, in the order in which rows may point at each other.
const COPIED: [&str; 13] = [
    "locations",
    "boards",
    "staff",
    "sections",
    "tables",
    "stations",
    "categories",
    "items",
    "modifier_groups",
    "modifiers",
    "item_modifier_groups",
    "routes",
    "route_stations",
];

fn key(house: usize) -> String {
    format!("rush-of-house-{house}")
}

/// Copies the only restaurant there is. Ids are unique in a restaurant only, so everything but its own id may stay.
async fn copy(db: &mut PgConnection) -> Result<(), Failure> {
    let original: String =
        sqlx::query_scalar("select location_id::text from locations").fetch_one(&mut *db).await?;
    for table in COPIED {
        let columns: Vec<String> = sqlx::query_scalar(
            "select column_name::text from information_schema.columns
            where table_schema = 'public' and table_name = $1 and is_generated = 'NEVER' order by ordinal_position",
        )
        .bind(table)
        .fetch_all(&mut *db)
        .await?;
        let value = |column: &String| match column.as_str() {
            "location_id" => HOUSE_ID.to_owned(),
            "is_demo" => "false".to_owned(),
            other => format!("{table}.{other}"),
        };
        let (names, values) = (columns.join(", "), columns.iter().map(value).collect::<Vec<_>>().join(", "));
        // Safe: the names are the schema's own.
        let sql = format!(
            "insert into {table} ({names}) select {values} from {table}, generate_series(1, {HOUSES}) n
            where {table}.location_id = '{original}'"
        );
        sqlx::query(AssertSqlSafe(sql)).execute(&mut *db).await?;
    }
    let keys = format!(
        "insert into api_tokens (location_id, token_id, name, token_hash, staff_id, made_at)
        select {HOUSE_ID}, gen_random_uuid(), 'rush', sha256(convert_to('{}' || n, 'utf8')), staff_id, now()
        from staff, generate_series(1, {HOUSES}) n where location_id = '{original}' and name = 'Sofia'",
        key(0).trim_end_matches('0'),
    );
    sqlx::query(AssertSqlSafe(keys)).execute(&mut *db).await?;
    // As old houses are: or the database would tidy up after the copying while others order.
    sqlx::query("vacuum (analyze)").execute(db).await?;
    Ok(())
}

/// Takes what was ordered off the boards, as a kitchen would have. Every house's turn first, as every command does.
async fn clear(db: &mut PgConnection) -> Result<(), Failure> {
    let mut tx = db.begin().await?;
    for statement in [
        "select from boards order by location_id for update",
        "update tickets set state = 'bumped', bumped_at = now(), shown_at = now(), shown_seq = board_seq",
        "update fires set handed_over_at = now()",
    ] {
        sqlx::query(statement).execute(&mut *tx).await?;
    }
    tx.commit().await?;
    sqlx::query("vacuum (analyze)").execute(db).await?;
    Ok(())
}

struct Street<'a> {
    house: &'a House,
    keys: Vec<String>,
    ledger: Ledger,
    card: Card,
}

impl Street<'_> {
    fn door(&self) -> Door<'_> {
        Door { address: self.house.address, keys: &self.keys, dialect: Dialect::Ours }
    }

    async fn order_first(&mut self) -> Result<(), Failure> {
        let lines = Lines::to(self.house.address);
        let door = Door { address: self.house.address, keys: &self.keys, dialect: Dialect::Ours };
        let (card, mut houses) = (&mut self.card, (0..HOUSES).cycle());
        let next = || {
            let mut order = card.order(&FAN_ORDER)?;
            order.house = houses.next().unwrap_or_default();
            Ok(order)
        };
        pace::send((FIRST_A_SECOND, FIRST_FOR), door, &lines, &self.ledger, next).await
    }

    async fn order_at_pace(&mut self) -> Result<(), Failure> {
        let lines = Lines::to(self.house.address);
        let door = Door { address: self.house.address, keys: &self.keys, dialect: Dialect::Ours };
        let card = &mut self.card;
        pace::send((ORDERS_A_SECOND, OPEN_FOR), door, &lines, &self.ledger, || order(card)).await
    }

    /// As many as it takes: orders a second.
    async fn order_in_turn(&mut self) -> Result<f64, Failure> {
        let mut lines = Vec::new();
        for _ in 0..TABLETS {
            lines.push(Line::open(self.house.address, "").await?);
        }
        let (before, began) = (self.ledger.orders(), Instant::now());
        let mut sending = JoinSet::new();
        loop {
            while let Some(mut line) = lines.pop().filter(|_| began.elapsed() < FULL_FOR) {
                let order = order(&mut self.card)?;
                line.speak_for(&self.keys[order.house]);
                let ledger = self.ledger.clone();
                sending.spawn(async move {
                    ledger.send(&mut line, &order).await?;
                    Ok::<_, Failure>(line)
                });
            }
            match sending.join_next().await {
                Some(line) => lines.push(line??),
                None => break,
            }
        }
        let orders = u32::try_from(self.ledger.orders() - before)?;
        Ok(f64::from(orders) / began.elapsed().as_secs_f64())
    }
}

/// Of a house that nobody chose.
fn order(card: &mut Card) -> Result<Order, Failure> {
    let mut order = card.order(&FAN_ORDER)?;
    order.house = rand::rng().random_range(0..HOUSES);
    Ok(order)
}

/// A thousand restaurants with ten screens each.
pub(crate) async fn street() -> Result<Work, Failure> {
    let folder = Folder::new("street");
    let house = House::start(&folder).await?;
    let direct = Direct::open(&folder).await?;
    let script = env::temp_dir().join(format!("comanda-rush-{}.sql", std::process::id()));
    let worked = measure(&house, &direct, &script).await;
    let _ = std::fs::remove_file(script); // it may not have come so far
    direct.close().await?;
    house.stop()?;
    worked
}

async fn measure(house: &House, direct: &Direct, script: &std::path::Path) -> Result<Work, Failure> {
    let what =
        format!("{HOUSES} restaurants x 10 screens, {ORDERS_A_SECOND} orders/s for {} s", OPEN_FOR.as_secs());
    let mut work = Work::new("W4", what);
    copy(&mut direct.owner().await?).await?;
    let keys: Vec<String> = (1..=HOUSES).map(key).collect();
    let ledger = Ledger::new(Instant::now());
    let mut street = Street { house, card: Card::read(house.address, &keys[0]).await?, keys, ledger };
    let sample = street.card.order(&FAN_ORDER)?;
    pgbench::write(script, direct, street.card.tables(), &sample)?;
    // While nobody watches: a program with screens would read every order that it did not take itself.
    let raw = pgbench::run(direct, script).await?;
    clear(&mut direct.owner().await?).await?;
    let views: Vec<Watched> = (0..HOUSES)
        .flat_map(|house| {
            let view =
                |station| Watched { house, view: format!("station-{station}"), screens: SCREENS_A_STATION };
            STATIONS.map(view)
        })
        .collect();
    let (rss_before, began) = (house.rss_kib()?, Instant::now());
    let screens = Screens::open(street.door(), &views, street.ledger.start()).await?;
    work.fact("all sockets open after", format!("{:.2} s", began.elapsed().as_secs_f64()));
    sleep(QUIET).await;
    let rss_idle = house.rss_kib()?;
    street.order_first().await?;
    screens.settle(QUIET).await;
    // What the database does by itself when a house has sold for a while.
    sqlx::query("analyze").execute(&mut direct.owner().await?).await?;
    let first = street.ledger.orders();
    let (busy, cpu, reads) =
        (Busy::now()?, house.cpu_us()?, house.counted("comanda_delta_read_seconds_count").await?);
    let began = Instant::now();
    street.order_at_pace().await?;
    let pace = f64::from(u32::try_from(street.ledger.orders() - first)?) / began.elapsed().as_secs_f64();
    let (busy, cpu) = (busy.since()?, house.cpu_us()? - cpu);
    screens.settle(QUIET).await;
    let reads = house.counted("comanda_delta_read_seconds_count").await? - reads;
    let at_pace = street.ledger.orders();
    let ceiling = street.order_in_turn().await?;
    screens.settle(QUIET).await;
    let rss_after = house.rss_kib()?;
    let (got, ledger) = (screens.close()?, street.ledger.clone());
    let beginning = ledger.reckon_some(0..first, &views, &got).each.spread();
    let paced = ledger.reckon_some(first..at_pace, &views, &got);
    let each = paced.each.spread();
    work.goals.push(Goal::new("POST to frame, p99", 25.0, each.p99(), "ms"));
    if let Some(raw) = raw {
        work.goals.push(Goal::new("pgbench's ceiling against ours", 1.0 / 0.6, raw / ceiling, "times"));
        work.fact("the statement alone, pgbench, 8 clients", format!("{raw:.0} a second"));
    }
    work.fact("orders answered at that pace", format!("{pace:.0} a second"));
    work.fact(
        "ceiling, every card on its screens",
        format!("{ceiling:.0} orders a second, {TABLETS} tablets"),
    );
    work.fact("machine busy at that pace", format!("{busy} % of its cores, the server {cpu} us of CPU"));
    work.fact("reads of a board meanwhile", format!("{reads:.0}, for {} orders", at_pace - first));
    work.fact(
        "resident KiB",
        format!("{rss_before} before the sockets, {rss_idle} with them idle, {rss_after} at the end"),
    );
    work.spreads.push(("POST to frame".to_owned(), each));
    work.spreads.push(("POST to answer".to_owned(), paced.answers.spread()));
    work.spreads.push(("POST to frame, a house's first order".to_owned(), beginning));
    delivered(&mut work, ledger.reckon(&views, &got));
    Ok(work)
}
