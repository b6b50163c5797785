//! What the machine itself allows, measured in the same run: the bare write, the turn, the statement.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use std::{fs, thread};

use clap::Parser as _;
use comanda::config::Comanda;
use comanda::domain::ids::{DeviceId, LocationId, StaffId};
use comanda::domain::menu::House;
use comanda::domain::order::{Draft, Placement, Slip, place};
use comanda::house_database::{As, HouseDatabase};
use comanda::store::orders::{Sent, slip_hash};
use comanda::store::{self, Actor};
use mio::{Events, Interest, Poll, Token};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection};
use time::OffsetDateTime;

use crate::Failure;
use crate::figures::{Samples, Spread};
use crate::house::Folder;
use crate::slips::Order;

const WRITE_BYTES: usize = 1024;
const WRITE_ROUNDS: usize = 24;
/// Both ends are in this process, and a process has 20,000 files.
const WRITE_SOCKETS_MAX: usize = 9_000;

/// What no server undercuts that writes to each socket by itself.
#[derive(Debug)]
pub(crate) struct BareFan {
    pub(crate) sockets: usize,
    /// CPU of one write, in microseconds.
    pub(crate) write_us: f64,
    /// From the first write to the end of the last.
    pub(crate) last: Spread,
}

/// One thread writes 1 KiB to each of so many loopback sockets, whose readers wait in a poll, and rests between rounds as a
/// server does between orders: without the rest, everything is warm that never is.
pub(crate) fn bare_fan(sockets: usize, rest: Duration) -> Result<BareFan, Failure> {
    let sockets = sockets.min(WRITE_SOCKETS_MAX);
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let (mut writers, mut readers) = (Vec::new(), Vec::new());
    for _ in 0..sockets {
        let reader = TcpStream::connect(address)?;
        reader.set_nonblocking(true)?;
        readers.push(mio::net::TcpStream::from_std(reader));
        let (writer, _) = listener.accept()?;
        writer.set_nonblocking(true)?;
        writer.set_nodelay(true)?;
        writers.push(writer);
    }
    let stop = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&stop);
    let reading = thread::spawn(move || drain(readers, &told));
    let payload = [b'x'; WRITE_BYTES];
    let (mut last, before) = (Samples::default(), thread_cpu_ns()?);
    for _ in 0..WRITE_ROUNDS {
        let began = Instant::now();
        for writer in &mut writers {
            writer.write_all(&payload)?;
        }
        last.add(began.elapsed());
        thread::sleep(rest);
    }
    let used_ns = thread_cpu_ns()? - before;
    stop.store(true, Ordering::Relaxed);
    reading.join().map_err(|_| "the reader panicked")??;
    let writes = u32::try_from(WRITE_ROUNDS * sockets)?;
    let write_us = Duration::from_nanos(used_ns).as_secs_f64() * 1e6 / f64::from(writes);
    Ok(BareFan { sockets, write_us, last: last.spread() })
}

fn drain(mut readers: Vec<mio::net::TcpStream>, stop: &AtomicBool) -> std::io::Result<()> {
    let mut poll = Poll::new()?;
    for (at, reader) in readers.iter_mut().enumerate() {
        poll.registry().register(reader, Token(at), Interest::READABLE)?;
    }
    let (mut events, mut buffer) = (Events::with_capacity(4096), vec![0; 256 * 1024]);
    while !stop.load(Ordering::Relaxed) {
        poll.poll(&mut events, Some(Duration::from_millis(20)))?;
        for event in &events {
            let _ = readers[event.token().0].read(&mut buffer); // emptied, or not there yet
        }
    }
    Ok(())
}

/// CPU that this thread has used. The first field of its scheduling statistics.
fn thread_cpu_ns() -> Result<u64, Failure> {
    let stat = fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(stat.split_whitespace().next().unwrap_or("0").parse()?)
}

/// The database without the program: its own statement through its own driver, one client.
pub(crate) struct Direct {
    database: HouseDatabase,
    house: House,
    staff_id: StaffId,
    actor: Actor,
}

impl Direct {
    pub(crate) async fn open(folder: &Folder) -> Result<Self, Failure> {
        let data = folder.path().to_str().ok_or("the folder's name is no text")?;
        let words = ["comanda", "--data", data, "--database-connections", "2"];
        let database = HouseDatabase::open(&Comanda::try_parse_from(words)?.settings, As::Guest).await?;
        let here: LocationId = store::locations::only(&database.db).await?.ok_or("no restaurant")?;
        let house = store::menu::house(&database.db, here).await?;
        let person = store::staff::by_name(&database.db, here, "Sofia").await?;
        let actor = Actor {
            location_id: here,
            staff_id: Some(person.staff_id),
            name: person.name,
            device_id: DeviceId::new(),
            at: OffsetDateTime::now_utc(),
        };
        Ok(Self { database, house, staff_id: person.staff_id, actor })
    }

    /// The statement of a Send, from the call to its commit.
    pub(crate) async fn place(&self, order: &Order, took: &mut Samples) -> Result<(), Failure> {
        let slip = slip(order)?;
        let placement = self.placement(order)?;
        let hash = slip_hash(&slip);
        let asked_at = Instant::now();
        let sent = store::orders::place(&self.database.db, &placement, hash, &self.actor).await?;
        took.add(asked_at.elapsed());
        match sent {
            Sent::Placed(..) => Ok(()),
            other => Err(format!("the statement answered {other:?}").into()),
        }
    }

    /// The rows of an order, as the program would decide on them.
    pub(crate) fn placement(&self, order: &Order) -> Result<Placement, Failure> {
        place(&self.house, &slip(order)?).map_err(|refusals| format!("{refusals:?}").into())
    }

    /// Who orders.
    pub(crate) fn staff_id(&self) -> StaffId {
        self.staff_id
    }

    /// Where the database is, as the program signs in.
    pub(crate) fn options(&self) -> Arc<PgConnectOptions> {
        self.database.db.connect_options()
    }

    /// A connection that may do everything.
    pub(crate) async fn owner(&self) -> Result<PgConnection, Failure> {
        Ok(PgConnection::connect_with(&self.database.owner).await?)
    }

    /// The turn alone, committed: one row, one flush to the disk.
    pub(crate) async fn turn(&self, took: &mut Samples) -> Result<(), Failure> {
        let asked_at = Instant::now();
        let turn = store::turn(&self.database.db, self.house.location_id).await?;
        let _nobody_watches = turn.commit().await?;
        took.add(asked_at.elapsed());
        Ok(())
    }

    pub(crate) async fn version(&self) -> Result<String, Failure> {
        Ok(sqlx::query_scalar("select current_setting('server_version')")
            .fetch_one(&self.database.db)
            .await?)
    }

    pub(crate) async fn close(self) -> Result<(), Failure> {
        Ok(self.database.close().await?)
    }
}

fn slip(order: &Order) -> Result<Slip, Failure> {
    let draft: Draft = serde_json::from_value(order.body.clone())?;
    Slip::parse(draft).map_err(|refusals| format!("{refusals:?}").into())
}
