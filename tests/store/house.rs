//! Casa Gaivota's rows, and somebody who writes them as the program does.

use std::cell::RefCell;
use std::sync::Arc;

use comanda::domain::check::OrderType;
use comanda::domain::demo::{LOCATION_ID, STAFF, table_id};
use comanda::domain::ids::{CheckId, DeviceId, OrderId, TableId};
use comanda::domain::menu::{House, Item};
use comanda::domain::order::{self, Draft, DraftLine, Slip};
use comanda::domain::ticket::Step;
use comanda::store::allergies::AllergyError;
use comanda::store::checks::{CloseError, MoveError, PartyError};
use comanda::store::courses::CourseError;
use comanda::store::fires::FireError;
use comanda::store::items::CountError;
use comanda::store::lines::{ChangeError, VoidError};
use comanda::store::messages::MessageError;
use comanda::store::orders::{Placed, Sent, slip_hash};
use comanda::store::stations::{LendError, SetUpError};
use comanda::store::tickets::TicketError;
use comanda::store::{self, Actor, StoreError, Turn};
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, Decode, PgPool, Postgres, Type};
use uuid::Uuid;

use super::database::{Database, FRIDAY};

pub(crate) struct Rows {
    /// With the program's rights.
    pub(crate) db: PgPool,
    /// As the owner: looks, and prepares what the program may not.
    pub(crate) owner: PgPool,
    menu: RefCell<Option<Arc<House>>>,
    _database: Database, // the last to go
}

/// What a command came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Came {
    /// Its turn.
    Committed(i64),
    /// A rule of the house, or nothing to do: rolled back.
    Nothing,
    /// It waited too long for its turn.
    Busy,
}

/// Why work under a turn ended early.
pub(crate) enum Failure {
    Refused,
    Store(StoreError),
}

impl From<StoreError> for Failure {
    fn from(err: StoreError) -> Self {
        Self::Store(err)
    }
}

/// A rule's refusal is an answer; only the store's errors are judged.
macro_rules! refusals {
    ($($error:ident),*) => {$(
        impl From<$error> for Failure {
            fn from(err: $error) -> Self {
                match err {
                    $error::Refused(_) => Self::Refused,
                    $error::Store(err) => Self::Store(err),
                }
            }
        }
    )*};
}

refusals!(
    TicketError,
    FireError,
    VoidError,
    CloseError,
    AllergyError,
    MoveError,
    PartyError,
    ChangeError,
    LendError,
    SetUpError
);

impl From<MessageError> for Failure {
    fn from(err: MessageError) -> Self {
        match err {
            MessageError::KeyTaken | MessageError::TooMany => Self::Refused,
            MessageError::Store(err) => Self::Store(err),
        }
    }
}

impl From<CountError> for Failure {
    fn from(err: CountError) -> Self {
        match err {
            CountError::Moved(_) => Self::Refused,
            CountError::Store(err) => Self::Store(err),
        }
    }
}

impl From<CourseError> for Failure {
    fn from(err: CourseError) -> Self {
        match err {
            CourseError::Refused(_) | CourseError::MenuMoved | CourseError::NotDue => Self::Refused,
            CourseError::Store(err) => Self::Store(err),
        }
    }
}

/// Somebody on a device, at the hour when every test begins.
pub(crate) fn someone(n: usize) -> Actor {
    let person = &STAFF[n % STAFF.len()];
    Actor {
        location_id: LOCATION_ID,
        staff_id: Some(person.id()),
        name: person.name.to_owned(),
        device_id: DeviceId(Uuid::from_u128(n as u128 + 1)),
        at: FRIDAY,
    }
}

impl Rows {
    pub(crate) async fn open() -> Self {
        let database = Database::copy("demo").await;
        let db = store::pool::open(database.program(), 16).await.expect("the serving pool");
        let owner = PgPoolOptions::new().max_connections(4).connect_lazy_with(database.owner());
        Self { db, owner, menu: RefCell::new(None), _database: database }
    }

    /// The menu, read again after [`Rows::forget`].
    pub(crate) async fn menu(&self) -> Arc<House> {
        if let Some(menu) = &*self.menu.borrow() {
            return Arc::clone(menu);
        }
        let menu = Arc::new(store::menu::house(&self.db, LOCATION_ID).await.expect("the menu"));
        *self.menu.borrow_mut() = Some(Arc::clone(&menu));
        menu
    }

    pub(crate) fn forget(&self) {
        *self.menu.borrow_mut() = None;
    }

    /// A slip of some dishes nobody asks questions about.
    pub(crate) async fn slip(&self, table: Option<TableId>, check: Option<CheckId>, lines: usize) -> Slip {
        let menu = self.menu().await;
        let plain =
            |item: &&Item| !item.eighty_sixed && menu.groups_of(item).all(|group| group.min_choices == 0);
        let plain: Vec<&Item> = menu.items.iter().filter(plain).collect();
        let lines = (0..lines).map(|n| DraftLine {
            item_id: Some(plain[(n + rand::random::<u16>() as usize) % plain.len()].item_id),
            quantity: Some(2),
            course: Some(1 + i64::from(n > 1)),
            ..DraftLine::default()
        });
        let at_table = table.is_some() || check.is_some();
        let draft = Draft {
            allergies: Vec::new(),
            id: Some(OrderId::new()),
            table_id: table,
            check_id: check,
            order_type: (!at_table).then_some(OrderType::Takeaway),
            covers: None,
            lines: lines.collect(),
        };
        Slip::parse(draft).expect("a good slip")
    }

    /// Sends a slip on the newest menu.
    pub(crate) async fn send(&self, slip: &Slip, actor: &Actor) -> Result<Sent, StoreError> {
        loop {
            let menu = self.menu().await;
            let Ok(placement) = order::place(&menu, slip) else {
                return Ok(Sent::MenuMoved); // one of its dishes was 86'd
            };
            match store::orders::place(&self.db, &placement, slip_hash(slip), actor).await {
                Ok(Sent::MenuMoved) => self.forget(),
                sent => return sent,
            }
        }
    }

    /// Sends what must be taken.
    pub(crate) async fn placed(&self, slip: &Slip) -> Placed {
        match self.send(slip, &someone(0)).await.expect("it is taken") {
            Sent::Placed(placed, ..) => placed,
            other => panic!("not placed: {other:?}"),
        }
    }

    /// Runs work under a turn, and commits it if there was anything to do.
    pub(crate) async fn command(&self, work: impl AsyncFnOnce(&mut Turn) -> Result<Step, Failure>) -> Came {
        let mut turn = match store::turn(&self.db, LOCATION_ID).await {
            Ok(turn) => turn,
            Err(err) => return busy(&err),
        };
        match work(&mut turn).await {
            Ok(Step::Do) => match turn.commit().await {
                Ok(committed) => Came::Committed(committed.seq.0),
                Err(err) => busy(&err),
            },
            Ok(Step::Already) | Err(Failure::Refused | Failure::Store(StoreError::NotFound)) => Came::Nothing,
            Err(Failure::Store(err)) => busy(&err),
        }
    }

    /// What a statement answers, as the owner sees it.
    pub(crate) async fn ask<T>(&self, statement: &str) -> T
    where
        T: Send + Unpin + for<'r> Decode<'r, Postgres> + Type<Postgres>,
    {
        let asked = sqlx::query_scalar(AssertSqlSafe(statement)).fetch_one(&self.owner).await;
        asked.unwrap_or_else(|err| panic!("{statement}: {err}"))
    }

    /// The location's turn.
    pub(crate) async fn seq(&self) -> i64 {
        self.ask("select seq from boards").await
    }
}

/// On a slow machine a crowd may wait longer for a turn than the program lets it. Everything else is a mistake:
/// a deadlock above all.
pub(crate) fn busy(err: &StoreError) -> Came {
    match err {
        StoreError::Away(sqlx::Error::PoolTimedOut) => Came::Busy,
        StoreError::Away(sqlx::Error::Database(refusal)) if refusal.code().as_deref() == Some("55P03") => {
            Came::Busy
        }
        _ => panic!("{err:?}"),
    }
}

/// Some of the tables, so that parties meet on them.
pub(crate) fn some_table(n: usize) -> TableId {
    table_id(["1", "2", "T1", "T2", "T3"][n % 5])
}
