//! Others under the same screens, in the same run: `benches/peers/server.mjs`, fan-out alone, beside ours with every order
//! committed.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::Failure;
use crate::house::{Folder, cpu_us, rss_kib};
use crate::ledger::{Ledger, Reckoning};
use crate::pace::{self, Lines};
use crate::report::Work;
use crate::screens::{Dialect, Door, Screens, Standing, Watched};
use crate::slips::Order;
use crate::works::{FAN_ORDER, QUIET, Stage, at_the_bar, delivered};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers");
/// As long as our frames are on average.
const TEXT_BYTES: usize = 1_280;
const READY_WITHIN: Duration = Duration::from_secs(20);
/// Screens that are told, screens that only hold their line, events a second, and for how long.
const CASES: [(usize, usize, u32, u64); 5] =
    [(1_000, 0, 20, 5), (5_200, 0, 2, 10), (10_000, 0, 2, 10), (10_000, 0, 20, 5), (10, 9_990, 2, 10)];

/// Somebody who fans out.
enum Server {
    Peer { child: Box<Child>, address: SocketAddr, dialect: Dialect, key: String },
    Ours(Box<Stage>),
}

impl Server {
    async fn peer(kind: &str, dialect: Dialect) -> Result<Self, Failure> {
        let mut child = Command::new("node")
            .args(["server.mjs", kind])
            .current_dir(FOLDER)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let mut said = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
        let port = timeout(READY_WITHIN, said.next_line()).await??.ok_or(format!("{kind} did not start"))?;
        Ok(Self::Peer {
            child: Box::new(child),
            address: ([127, 0, 0, 1], port.parse()?).into(),
            dialect,
            key: "nobody".to_owned(),
        })
    }

    fn door(&self) -> Door<'_> {
        match self {
            Self::Peer { address, dialect, key, .. } => {
                Door { address: *address, keys: std::slice::from_ref(key), dialect: *dialect }
            }
            Self::Ours(stage) => stage.door(),
        }
    }

    fn pid(&self) -> Result<u32, Failure> {
        match self {
            Self::Peer { child, .. } => Ok(child.id().ok_or("it has ended")?),
            Self::Ours(stage) => Ok(stage.house.pid()),
        }
    }

    async fn stop(self) -> Result<(), Failure> {
        match self {
            Self::Peer { mut child, .. } => Ok(child.kill().await?),
            Self::Ours(stage) => stage.house.stop(),
        }
    }
}

/// Words to pass on, in the shape of our frames.
fn event(seq: i64) -> Order {
    let (check_id, ticket_id) = (Uuid::now_v7(), Uuid::now_v7());
    let head = format!("{{\"t\":\"cards\",\"from\":{},\"seq\":{seq}}}\n", seq - 1);
    let article = format!("<article id=\"t-{ticket_id}\" data-seq=\"{seq}\">");
    let rest = "x".repeat(TEXT_BYTES.saturating_sub(head.len() + article.len()));
    let text = format!("{head}{article}{rest}");
    Order {
        body: json!({"check_id": check_id, "ticket_id": ticket_id, "text": text}),
        house: 0,
        due_minor: 0,
    }
}

/// Everybody, one case after the other, in turns.
pub(crate) async fn peers(folder: &Folder, token: &str) -> Result<Work, Failure> {
    if !Path::new(FOLDER).join("node_modules").exists() {
        return Err("the peers are not installed: make bench PEERS=1 does it".into());
    }
    let mut work = Work::new(
        "PEERS",
        format!(
            "others in the same run: {TEXT_BYTES} bytes an event; theirs is fan-out alone, ours with every order committed"
        ),
    );
    let mut reckoned = Reckoning::default();
    for case in CASES {
        for who in ["Comanda", "ws", "socket.io"] {
            let server = match who {
                "ws" => Server::peer(who, Dialect::Ours).await?,
                "socket.io" => Server::peer(who, Dialect::SocketIo).await?,
                _ => Server::Ours(Box::new(Stage::open(folder, token).await?)),
            };
            let reckoning = fan(&mut work, who, &server, case).await?;
            server.stop().await?;
            if who == "Comanda" {
                reckoned.add(reckoning); // a peer that loses is a figure, not a failure of ours
            }
        }
    }
    delivered(&mut work, reckoned);
    Ok(work)
}

async fn fan(
    work: &mut Work,
    who: &str,
    server: &Server,
    (told, held, a_second, seconds): (usize, usize, u32, u64),
) -> Result<Reckoning, Failure> {
    let ledger = Ledger::new(Instant::now());
    let mut card = match server {
        Server::Ours(stage) => {
            let _cleared = stage.kitchen(&ledger).await?;
            Some(stage.card().await?)
        }
        Server::Peer { .. } => None,
    };
    let rss_before = rss_kib(server.pid()?)?;
    let mut views = vec![Watched::here("station-grill", told)];
    if matches!(server, Server::Ours(_)) {
        views.push(at_the_bar());
    }
    if 0 < held {
        views.push(Watched::here("station-pizza", held)); // another board: nothing comes to it
    }
    let screens = match server {
        Server::Ours(stage) => Screens::open(stage.door(), &views, ledger.start()).await?,
        Server::Peer { .. } => {
            let standing = vec![Standing::at_the_beginning(); views.len()];
            Screens::open_at(server.door(), &views, &standing, ledger.start()).await?
        }
    };
    sleep(QUIET).await;
    let (cpu, frames) = (cpu_us(server.pid()?)?, screens.cards());
    let (lines, mut seq) = (Lines::to(server.door().address), 0);
    let next = || {
        if let Some(card) = &mut card {
            return card.order(&FAN_ORDER);
        }
        seq += 1;
        Ok(event(seq))
    };
    pace::send((a_second, Duration::from_secs(seconds)), server.door(), &lines, &ledger, next).await?;
    screens.settle(QUIET).await;
    let (cpu, frames) = (cpu_us(server.pid()?)? - cpu, (screens.cards() - frames).max(1));
    let rss_after = rss_kib(server.pid()?)?;
    let reckoning = ledger.reckon(&views, &screens.close()?);
    let case =
        format!("{told} x {a_second}/s{}", if held == 0 { String::new() } else { format!(", {held} held") });
    #[expect(clippy::cast_precision_loss, reason = "counts of a run of seconds are far below 2^52")]
    let a_delivery = cpu as f64 / frames as f64;
    work.fact(
        &format!("{case}, {who}"),
        format!(
            "{a_delivery:.1} us of CPU a delivery, {rss_before} to {rss_after} KiB resident, {} of {} not delivered, {} troubles",
            reckoning.lost,
            reckoning.expected,
            reckoning.trouble.len()
        ),
    );
    work.spreads.push((format!("{case}, {who}"), reckoning.each.spread()));
    Ok(reckoning)
}
