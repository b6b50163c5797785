//! The works of the rush: who orders how often, who watches, and what must be reached.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rand::RngExt as _;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::Failure;
use crate::figures::Samples;
use crate::house::{Busy, Folder, House};
use crate::http::Line;
use crate::kitchen::{Kitchen, STATIONS};
use crate::ledger::{Ledger, Reckoning};
use crate::limits::{self, Direct};
use crate::pace::{self, Lines};
use crate::paint;
use crate::report::{Goal, Work};
use crate::screens::{Dialect, Door, Screens, Watched};
use crate::slips::Card;

/// Nothing came for so long: the round is over.
pub(crate) const QUIET: Duration = Duration::from_millis(700);
/// A fan's order: two dishes for the board that is watched, one drink.
pub(crate) const FAN_ORDER: [&str; 3] = ["grill", "grill", "bar"];

/// Somebody who sees the drinks: a ticket that no screen shows is an alarm, and work of its own.
pub(crate) fn at_the_bar() -> Watched {
    Watched::here("station-bar", 1)
}

/// A program with its database, ready for work.
pub(crate) struct Stage {
    pub(crate) house: House,
    pub(crate) token: String,
}

impl Stage {
    pub(crate) async fn open(folder: &Folder, token: &str) -> Result<Self, Failure> {
        Ok(Self { house: House::start(folder).await?, token: token.to_owned() })
    }

    pub(crate) fn door(&self) -> Door<'_> {
        Door { address: self.house.address, keys: std::slice::from_ref(&self.token), dialect: Dialect::Ours }
    }

    pub(crate) async fn line(&self) -> Result<Line, Failure> {
        Ok(Line::open(self.house.address, &self.token).await?)
    }

    pub(crate) async fn card(&self) -> Result<Card, Failure> {
        Card::read(self.house.address, &self.token).await
    }

    pub(crate) async fn kitchen(&self, ledger: &Ledger) -> Result<Kitchen, Failure> {
        let mut kitchen = Kitchen::open(self.house.address, &self.token, ledger.tabs.clone()).await?;
        kitchen.work(0).await?; // an empty board to begin with
        Ok(kitchen)
    }
}

pub(crate) fn delivered(work: &mut Work, reckoning: Reckoning) {
    let frames = reckoning.frames.max(1);
    work.fact(
        "frames",
        format!("{} of {} bytes on average", reckoning.frames, reckoning.frame_bytes / frames),
    );
    work.delivered = Some(reckoning);
}

/// Fifty tablets, ten screens, a kitchen that keeps up.
pub(crate) async fn rush(stage: &Stage, lasts: Duration) -> Result<Work, Failure> {
    const TABLETS: u32 = 50;
    let mut work = Work::new(
        "W1",
        "50 tablets x 2 orders/min at random moments, 10 screens on 5 stations, the kitchen working",
    );
    let ledger = Ledger::new(Instant::now());
    let mut kitchen = stage.kitchen(&ledger).await?;
    let names: Vec<String> = STATIONS.iter().map(|station| format!("station-{station}")).collect();
    let views: Vec<Watched> = names.iter().map(|name| Watched::here(name, 2)).collect();
    let screens = Screens::open(stage.door(), &views, ledger.start()).await?;
    let card = Arc::new(Mutex::new(stage.card().await?));
    let (busy, cpu, began) = (Busy::now()?, stage.house.cpu_us()?, Instant::now());
    let mut tablets = JoinSet::new();
    for _ in 0..TABLETS {
        let (mut line, ledger, card) = (stage.line().await?, ledger.clone(), Arc::clone(&card));
        tablets.spawn(async move {
            loop {
                // Orders are independent of each other: their distances are exponential, 30 s on average.
                let pause = -30.0 * (1.0 - rand::rng().random::<f64>()).ln();
                sleep(Duration::from_secs_f64(pause)).await;
                if began.elapsed() >= lasts {
                    return Ok::<_, Failure>(());
                }
                let dishes: Vec<&str> = {
                    let mut rng = rand::rng();
                    (0..rng.random_range(1..=4))
                        .map(|_| STATIONS[rng.random_range(0..STATIONS.len())])
                        .collect()
                };
                let order = card.lock().unwrap_or_else(PoisonError::into_inner).order(&dishes)?;
                ledger.send(&mut line, &order).await?;
            }
        });
    }
    while began.elapsed() < lasts {
        sleep(Duration::from_secs(2)).await;
        kitchen.work(8).await?;
    }
    let (busy, cpu) = (busy.since()?, stage.house.cpu_us()? - cpu);
    // A tablet that sleeps beyond the end orders nothing more; one that is sending comes to its end.
    sleep(QUIET).await;
    tablets.abort_all();
    while let Some(ended) = tablets.join_next().await {
        match ended {
            Ok(ended) => ended?,
            Err(aborted) if aborted.is_cancelled() => {}
            Err(panic) => return Err(panic.into()),
        }
    }
    screens.settle(QUIET).await;
    let reckoning = ledger.reckon(&views, &screens.close()?);
    let each = reckoning.each.spread();
    work.goals.push(Goal::new("POST to frame, p50", 2.0, each.p50(), "ms"));
    work.goals.push(Goal::new("POST to frame, p99", 5.0, each.p99(), "ms"));
    work.spreads.push(("POST to frame".to_owned(), each));
    work.spreads.push(("POST to answer".to_owned(), reckoning.answers.spread()));
    work.fact(
        "machine busy",
        format!("{busy} % of its cores, the server {cpu} us of CPU in {} s", lasts.as_secs()),
    );
    delivered(&mut work, reckoning);
    Ok(work)
}

/// The same rush as a cook sees it: orders one after the other, and the grill's screen in Chromium. By itself, since
/// a browser takes a core.
pub(crate) async fn painted(stage: &Stage, orders: usize) -> Result<Option<Work>, Failure> {
    let mut work =
        Work::new("W1", format!("to the card painted in Chromium, {orders} orders at random moments"));
    let ledger = Ledger::new(Instant::now());
    let mut kitchen = stage.kitchen(&ledger).await?;
    let (mut card, mut line) = (stage.card().await?, stage.line().await?);
    let send = async {
        for order in 0..orders {
            // A moment within a frame of the display that nobody chose.
            sleep(Duration::from_millis(rand::rng().random_range(300..600))).await;
            ledger.send(&mut line, &card.order(&FAN_ORDER)?).await?;
            if order % 20 == 19 {
                kitchen.work(8).await?;
            }
        }
        Ok(())
    };
    let posted_us = |ticket_id| ledger.posted_us(ticket_id);
    let Some(samples) = paint::watch(&stage.house, "grill", ledger.start(), send, posted_us).await? else {
        return Ok(None);
    };
    let painted = samples.spread();
    work.goals.push(Goal::new("POST to the painted card, p99", 33.0, painted.p99(), "ms"));
    work.fact("cards painted", format!("{} of {orders}", painted.len()));
    work.spreads.push(("POST to the painted card".to_owned(), painted));
    Ok(Some(work))
}

/// How a fan is measured: so many screens on one board, so many orders a second, in rounds. Between rounds the
/// kitchen clears the board, unmeasured but reconciled: no board in a kitchen grows to hundreds of cards.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fan {
    pub(crate) name: &'static str,
    pub(crate) screens: usize,
    pub(crate) orders_a_second: u32,
    pub(crate) rounds: u32,
    pub(crate) round: Duration,
    /// None where the machine is to be overrun: then only the end counts.
    pub(crate) p50_ms: Option<f64>,
    pub(crate) p99_ms: f64,
    /// What memory is reported as.
    pub(crate) memory: Option<&'static str>,
}

/// What a fan's rounds used.
struct Used {
    cpu_us: u64,
    frames: u64,
    busy: Vec<String>,
    rss_kib: Vec<u64>,
    idle_cpu_us_a_second: u64,
    opened_in: Duration,
}

/// One board, many screens.
pub(crate) async fn fan(stage: &Stage, fan: Fan) -> Result<(Work, Option<Work>), Failure> {
    let Fan { name, screens: count, orders_a_second, rounds, round, .. } = fan;
    let what = format!(
        "{count} screens on one board, {orders_a_second} orders/s, {rounds} rounds of {} s",
        round.as_secs()
    );
    let mut work = Work::new(name, what);
    let bare = limits::bare_fan(count, Duration::from_secs(1) / orders_a_second)?;
    let ledger = Ledger::new(Instant::now());
    let mut kitchen = stage.kitchen(&ledger).await?;
    let mut card = stage.card().await?;
    let views = [Watched::here("station-grill", count), at_the_bar()];
    let rss_before = stage.house.rss_kib()?;
    let began = Instant::now();
    let screens = Screens::open(stage.door(), &views, ledger.start()).await?;
    let opened_in = began.elapsed();
    sleep(QUIET).await;
    let rss_idle = stage.house.rss_kib()?;
    let cpu = stage.house.cpu_us()?;
    sleep(Duration::from_secs(5)).await; // one beat to each
    let idle_cpu_us_a_second = (stage.house.cpu_us()? - cpu) / 5;
    let mut used =
        Used { cpu_us: 0, frames: 0, busy: Vec::new(), rss_kib: Vec::new(), idle_cpu_us_a_second, opened_in };
    let lines = Lines::to(stage.house.address);
    for _ in 0..rounds {
        let (busy, cpu, frames) = (Busy::now()?, stage.house.cpu_us()?, screens.cards());
        let next = || card.order(&FAN_ORDER);
        pace::send((orders_a_second, round), stage.door(), &lines, &ledger, next).await?;
        let busy = busy.since()?;
        screens.settle(QUIET).await;
        used.cpu_us += stage.house.cpu_us()? - cpu;
        used.frames += screens.cards() - frames;
        used.busy.push(format!("{busy} %"));
        kitchen.work(0).await?;
        screens.settle(QUIET).await;
        used.rss_kib.push(stage.house.rss_kib()?);
    }
    let reckoning = ledger.reckon(&views, &screens.close()?);
    let (each, last) = (reckoning.each.spread(), reckoning.last.spread());
    let answers = reckoning.answers.spread();
    let memory = fan.memory.map(|name| memory(name, count, rss_before, rss_idle, &used));
    let to_last = if name == "W2" { &last } else { &each };
    let which = if name == "W2" { "POST to the last screen's frame" } else { "POST to frame" };
    if let Some(most) = fan.p50_ms {
        work.goals.push(Goal::new(format!("{which}, p50"), most, to_last.p50(), "ms"));
    }
    work.goals.push(Goal::new(format!("{which}, p99"), fan.p99_ms, to_last.p99(), "ms"));
    #[expect(clippy::cast_precision_loss, reason = "counts of a run of seconds are far below 2^52")]
    let cpu_a_delivery = used.cpu_us as f64 / used.frames.max(1) as f64;
    work.goals.push(Goal::new("server CPU a delivery", 9.0, cpu_a_delivery, "us"));
    work.spreads.push(("POST to frame, each screen".to_owned(), each));
    let limits::BareFan { sockets, write_us, last: bare_last } = bare;
    let pace = format!("the bare write of 1 KiB to {sockets} sockets at this pace, in this run");
    work.fact(
        "server CPU a delivery, all included (commits, renders, beats)",
        format!("{cpu_a_delivery:.2} us, {:.2} times {pace} ({write_us:.2} us)", cpu_a_delivery / write_us),
    );
    work.fact(
        "from the answer to the last screen's frame, p50",
        format!("{:.2} ms; {pace}, by one thread: {:.2} ms", last.p50() - answers.p50(), bare_last.p50()),
    );
    work.fact(
        "server CPU while nothing is ordered (beats alone)",
        format!("{} us a second", used.idle_cpu_us_a_second),
    );
    work.fact("machine busy in each round", used.busy.join(", "));
    work.fact("all sockets open after", format!("{:.2} s", used.opened_in.as_secs_f64()));
    work.spreads.push(("POST to frame, last screen".to_owned(), last));
    work.spreads.push(("POST to answer".to_owned(), answers));
    delivered(&mut work, reckoning);
    Ok((work, memory))
}

fn memory(name: &'static str, screens: usize, before: u64, idle: u64, used: &Used) -> Work {
    #[expect(clippy::cast_precision_loss, reason = "KiB of one process are far below 2^52")]
    let kib = |kib: u64| kib as f64;
    let mut work = Work::new(name, format!("memory of {screens} screens, before and after"));
    let after = used.rss_kib.last().copied().unwrap_or(idle);
    let first = used.rss_kib.first().copied().unwrap_or(idle);
    #[expect(clippy::cast_precision_loss, reason = "thousands of sockets")]
    let a_socket = kib(after.saturating_sub(before)) / screens as f64;
    work.goals.push(Goal::new("resident afterwards", 60.0, kib(after) * 1024.0 / 1e6, "MB"));
    work.goals.push(Goal::new("a socket, afterwards", 5.0, a_socket, "KiB"));
    work.goals.push(Goal::new("last round against the first", 1.02, kib(after) / kib(first), "times"));
    let rounds: Vec<String> = used.rss_kib.iter().map(ToString::to_string).collect();
    work.fact(
        "resident KiB",
        format!("{before} before the sockets, {idle} with them idle, {} after each round", rounds.join(", ")),
    );
    work
}

/// One order at a time, nothing else: the program against its own statement, in turns.
pub(crate) async fn alone(stage: &Stage, folder: &Folder, blocks: usize) -> Result<Work, Failure> {
    const BLOCK: usize = 25;
    let mut work = Work::new("W8", "one order, nothing else running, in turns with the statement alone");
    let ledger = Ledger::new(Instant::now());
    let mut kitchen = stage.kitchen(&ledger).await?;
    let mut card = stage.card().await?;
    let views = [Watched::here("station-grill", 1), at_the_bar()];
    let direct = Direct::open(folder).await?;
    let screens = Screens::open(stage.door(), &views, ledger.start()).await?;
    let mut line = stage.line().await?;
    let (mut statement, mut turn, mut health) = (Samples::default(), Samples::default(), Samples::default());
    for _ in 0..blocks {
        for _ in 0..BLOCK {
            ledger.send(&mut line, &card.order(&FAN_ORDER)?).await?;
            sleep(Duration::from_millis(20)).await; // the frame is out, the database at rest
        }
        for _ in 0..BLOCK {
            direct.place(&card.order(&FAN_ORDER)?, &mut statement).await?;
            sleep(Duration::from_millis(20)).await;
        }
        for _ in 0..BLOCK {
            direct.turn(&mut turn).await?;
            let answer = line.get("/healthz").await?;
            health.add(answer.answered_at - answer.asked_at);
            sleep(Duration::from_millis(10)).await;
        }
        kitchen.work(0).await?;
        screens.settle(QUIET).await;
    }
    direct.close().await?;
    let reckoning = ledger.reckon(&views, &screens.close()?);
    let (answers, frames) = (reckoning.answers.spread(), reckoning.each.spread());
    let (statement, turn, health) = (statement.spread(), turn.spread(), health.spread());
    work.goals.push(Goal::new(
        "POST to answer, p50, above the statement's",
        0.5,
        answers.p50() - statement.p50(),
        "ms",
    ));
    work.goals.push(Goal::new(
        "POST to frame, p50, above the statement's",
        0.7,
        frames.p50() - statement.p50(),
        "ms",
    ));
    let times = answers.p50() / statement.p50();
    work.fact("POST to answer", format!("{times:.2} times the statement"));
    for (what, spread) in [
        ("POST to answer", answers),
        ("POST to frame", frames),
        ("the statement alone", statement),
        ("the turn alone, committed", turn),
        ("GET /healthz: HTTP alone", health),
    ] {
        work.spreads.push((what.to_owned(), spread));
    }
    delivered(&mut work, reckoning);
    Ok(work)
}

/// From the program's start to its first page.
pub(crate) async fn starts(times: usize) -> Result<Work, Failure> {
    let mut work = Work::new("W10", "from the program's start to its first page");
    let (mut fresh, mut there, mut down) = (Samples::default(), Samples::default(), Samples::default());
    for round in 0..times.div_ceil(3) {
        let folder = Folder::new(&format!("start-{round}"));
        let house = House::start(&folder).await?;
        fresh.add(house.first_page_after);
        house.kill()?;
        for _ in 0..3 {
            let house = House::start(&folder).await?;
            there.add(house.first_page_after);
            house.kill()?;
        }
        House::start(&folder).await?.stop()?;
        let house = House::start(&folder).await?;
        down.add(house.first_page_after);
        house.stop()?;
    }
    let (fresh, there, down) = (fresh.spread(), there.spread(), down.spread());
    work.goals.push(Goal::new("with its database there, p50", 500.0, there.p50(), "ms"));
    work.goals.push(Goal::new("with a new private database, p50", 4000.0, fresh.p50(), "ms"));
    work.spreads.push(("its database there, running".to_owned(), there));
    work.spreads.push(("its database there, not running".to_owned(), down));
    work.spreads.push(("a new private database, demo seeded".to_owned(), fresh));
    Ok(work)
}

/// Fails rather than hang: a run that does not end tells nobody anything.
pub(crate) async fn within<T>(
    most: Duration,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    timeout(most, work).await.map_err(|_| format!("not done within {} s", most.as_secs()))?
}
