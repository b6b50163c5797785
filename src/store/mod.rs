//! All SQL of the house, one file a noun, verbs named as in `domain`.
//!
//! A write that a screen can see begins with a [`Turn`] (or is the Send's one statement, which takes it inside), and
//! only what its commit returns can ring: so no change reaches the database without reaching the screens.

pub mod ages;
pub mod allergies;
pub mod backups;
pub mod boards;
pub mod checks;
pub mod courses;
pub mod databases;
pub mod days;
pub mod demo;
pub mod devices;
pub mod fires;
pub mod incidents;
pub mod items;
pub mod lines;
pub mod locations;
pub mod menu;
pub mod messages;
pub mod migrations;
pub mod orders;
pub mod paints;
pub mod pool;
pub mod processes;
pub mod receipts;
pub mod recent;
pub mod routes;
pub mod screens;
pub mod sessions;
pub mod setup;
pub mod sign_ins;
pub mod staff;
pub mod stations;
pub mod tickets;
pub mod tokens;
pub mod unseen;

use sqlx::{PgPool, Postgres, Transaction};
use thiserror::Error;
use time::OffsetDateTime;

use crate::domain::ids::{BoardSeq, DeviceId, LocationId, StaffId};

/// What can go wrong between the program and its database.
#[derive(Debug, Error)]
pub enum StoreError {
    /// It cannot be reached, restarts, or is too busy to take the turn: worth trying again.
    #[error("the database is away")]
    Away(#[source] sqlx::Error),
    /// A row did not read as it should, or a statement is wrong: our mistake.
    #[error("the database answered with an error")]
    Broken(#[source] sqlx::Error),
    /// There is no such thing in this restaurant.
    #[error("not found")]
    NotFound,
}

impl From<sqlx::Error> for StoreError {
    fn from(err: sqlx::Error) -> Self {
        if is_away(&err) { Self::Away(err) } else { Self::Broken(err) }
    }
}

/// Whether trying again later may help. The codes are PostgreSQL's: class 08 connection, 53 resources, 57 operator
/// intervention; 55P03 and 57014 are our own lock and statement time-outs.
fn is_away(err: &sqlx::Error) -> bool {
    match err {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::Protocol(_) => true,
        sqlx::Error::Database(err) => err.code().is_some_and(|code| {
            ["08", "53", "57"].iter().any(|class| code.starts_with(class))
                || ["55P03", "25P03"].contains(&&*code)
        }),
        _ => false,
    }
}

/// The name of the constraint that refused a statement, if one did.
pub(crate) fn refused_by(err: &sqlx::Error) -> Option<&str> {
    err.as_database_error().and_then(sqlx::error::DatabaseError::constraint)
}

/// Who does something, where and when: the columns of the audit.
#[derive(Debug, Clone)]
pub struct Actor {
    /// The restaurant.
    pub location_id: LocationId,
    /// The person; none where a paired screen acts with nobody signed in.
    pub staff_id: Option<StaffId>,
    /// The person's name, or the screen's, for what cards borrow.
    pub name: String,
    /// The tablet or screen.
    pub device_id: DeviceId,
    /// The server's time.
    pub at: OffsetDateTime,
}

/// Who changes what no screen shows: keys, PINs.
#[derive(Debug, Clone, Copy)]
pub enum By<'a> {
    /// Somebody signed in.
    Person(&'a Actor),
    /// Whoever can run the program on its machine. The audit has no person for that, and says where it came from.
    CommandLine(OffsetDateTime),
    /// A device that a person's code has brought in.
    Device(DeviceId, OffsetDateTime),
}

impl By<'_> {
    /// When.
    fn at(self) -> OffsetDateTime {
        match self {
            Self::Person(actor) => actor.at,
            Self::CommandLine(at) | Self::Device(_, at) => at,
        }
    }

    /// Writes the story of what took no turn: it stands at the board's newest one.
    async fn tell(
        self,
        tx: &mut Transaction<'static, Postgres>,
        location_id: LocationId,
        verb: &str,
        subject: uuid::Uuid,
        mut detail: serde_json::Value,
    ) -> Result<(), StoreError> {
        let device_id = match self {
            Self::Person(actor) => Some(actor.device_id),
            Self::Device(device_id, _) => Some(device_id),
            Self::CommandLine(_) => None,
        };
        let person = match self {
            Self::Person(actor) => Some(actor),
            Self::Device(..) => None,
            Self::CommandLine(_) => {
                detail["by"] = "command line".into();
                None
            }
        };
        sqlx::query!(
            "insert into audit (location_id, at, seq, verb, staff_id, device_id, subject, detail)
            select $1, $2, seq, $3, $4, $5, $6, $7 from boards where location_id = $1",
            location_id as LocationId,
            self.at(),
            verb,
            person.and_then(|actor| actor.staff_id).map(|staff_id| staff_id.0),
            device_id.map(|device_id| device_id.0),
            subject,
            detail,
        )
        .execute(&mut **tx)
        .await?;
        Ok(())
    }
}

/// A location's turn, taken: the lock lasts until commit, and that puts [`BoardSeq`] in commit order.
/// Dropped without a commit, it never happened.
#[derive(Debug)]
pub struct Turn {
    tx: Transaction<'static, Postgres>,
    /// Whose turn.
    pub location_id: LocationId,
    /// The stamp for every row this command changes.
    pub seq: BoardSeq,
    /// What a house must have been read at, for decisions made on it to hold.
    pub menu_version: i64,
}

/// What a commit leaves to do: tell the hub.
#[derive(Debug, Clone)]
#[must_use = "a commit that does not ring is seen a quarter second late"]
pub struct Committed {
    /// The restaurant that changed.
    pub location_id: LocationId,
    /// The turn that was taken.
    pub seq: BoardSeq,
}

/// Takes the location's turn. Every command but the Send begins here.
#[tracing::instrument(name = "store.turn", level = "debug", skip_all)]
pub async fn turn(db: &PgPool, location_id: LocationId) -> Result<Turn, StoreError> {
    let mut tx = db.begin().await?;
    let board = sqlx::query!(
        r#"update boards set seq = seq + 1 where location_id = $1
        returning seq as "seq: BoardSeq", menu_version"#,
        location_id as LocationId,
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(StoreError::NotFound)?;
    Ok(Turn { tx, location_id, seq: board.seq, menu_version: board.menu_version })
}

impl Turn {
    /// Commits. What it returns must ring.
    #[tracing::instrument(name = "store.commit", level = "debug", skip_all)]
    pub async fn commit(self) -> Result<Committed, StoreError> {
        self.tx.commit().await?;
        Ok(Committed { location_id: self.location_id, seq: self.seq })
    }

    /// Writes the story of the day: what the house did by itself.
    async fn tell_itself(
        &mut self,
        verb: &str,
        at: OffsetDateTime,
        subject: uuid::Uuid,
        detail: serde_json::Value,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "insert into audit (location_id, at, seq, verb, subject, detail) values ($1, $2, $3, $4, $5, $6)",
            self.location_id as LocationId,
            at,
            self.seq as BoardSeq,
            verb,
            subject,
            detail,
        )
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// Writes the story of the day: who did what.
    async fn tell(
        &mut self,
        verb: &str,
        actor: &Actor,
        subject: uuid::Uuid,
        detail: serde_json::Value,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "insert into audit (location_id, at, seq, verb, staff_id, device_id, subject, detail)
            values ($1, $2, $3, $4, $5, $6, $7, $8)",
            self.location_id as LocationId,
            actor.at,
            self.seq as BoardSeq,
            verb,
            actor.staff_id as Option<StaffId>,
            actor.device_id as DeviceId,
            subject,
            detail,
        )
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }
}
