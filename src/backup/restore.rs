//! The way back: a dump becomes a database beside the old one, and only when all of it is there, migrated and with its
//! rights given out, the two change names in one transaction. Until then the old one is untouched; afterwards it is
//! still there, under another name.

use std::path::{Path, PathBuf};

use sqlx::{ConnectOptions as _, Connection as _, PgConnection};
use time::OffsetDateTime;
use time::macros::format_description;

use super::error::{BackupError, Doing as _};
use super::place::{Place, wanted};
use super::{keys, proof};
use crate::config::Settings;
use crate::local_postgres::{LocalPostgres, put_aside};
use crate::store::databases::{self, Held};
use crate::store::migrations;

/// What a person wants back.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The dump.
    pub file: PathBuf,
    /// What the database holds may be put aside.
    pub yes: bool,
    /// A file of keys.
    pub keys: Option<PathBuf>,
    /// Data that no program of this machine opens may be put aside.
    pub new_cluster: bool,
}

/// What came of it.
#[derive(Debug)]
pub struct Restored {
    /// What the database holds now; none: no restaurant.
    pub holds: Option<Held>,
    /// What the old one is called.
    pub before: Option<String>,
    /// Where data of another major version lies.
    pub aside: Option<PathBuf>,
    /// Keys that were written.
    pub keys: Vec<String>,
}

/// Brings a dump back. No program may serve the database meanwhile.
pub async fn restore(settings: &Settings, wish: &Wish, now: OffsetDateTime) -> Result<Restored, BackupError> {
    let aside = match &settings.database_url {
        None if wish.new_cluster => put_aside(&wanted(settings)).await?,
        _ => None,
    };
    let done = in_place(settings, wish, now).await;
    match (done, aside) {
        (Ok(restored), aside) => {
            Ok(Restored { aside: aside.map(|aside| aside.folder().to_owned()), ..restored })
        }
        (Err(err), None) => Err(err),
        (Err(err), Some(aside)) => {
            aside.put_back()?;
            Err(err)
        }
    }
}

async fn in_place(settings: &Settings, wish: &Wish, now: OffsetDateTime) -> Result<Restored, BackupError> {
    if let Some(url) = &settings.database_url {
        return replace(&Place::of_named(settings, url).await?, wish, now).await;
    }
    // The folder's lock says that no program serves: this one holds it.
    let private = LocalPostgres::start(wanted(settings)).await?;
    let done = replace(&Place::of_private(&private), wish, now).await;
    let stopped = private.stop().await;
    let restored = done?;
    stopped?;
    Ok(restored)
}

async fn replace(place: &Place, wish: &Wish, now: OffsetDateTime) -> Result<Restored, BackupError> {
    let mut maker = place.as_maker().await?;
    if !databases::lock_restores(&mut maker).await.while_doing("be locked for a restore")? {
        return Err(BackupError::UnderWay);
    }
    let held = look(place, wish).await?;
    if !databases::may_create(&mut maker).await.while_doing("tell what we may do")? {
        return Err(BackupError::MayNotCreate { role: place.owner_role().to_owned() });
    }
    let (theirs, (_, ours)) = (proof::read_through(place, &wish.file).await?, migrations::versions());
    if ours < theirs {
        return Err(BackupError::Newer { path: wish.file.clone(), theirs, ours });
    }
    let prefix = format!("{}_restoring_", place.database);
    databases::sweep(&mut maker, &prefix).await.while_doing("drop what an interrupted restore had made")?;
    let new = format!("{prefix}{:08x}", rand::random::<u32>());
    let before = format!("{}_before_{}", place.database, stamp(now));
    let done = async {
        let holds = fill(place, &new, &wish.file).await?;
        refuse_served(place).await?;
        let swapped = databases::swap(&mut maker, &place.database, &new, &before).await;
        swapped.map_err(in_use)?;
        Ok(holds)
    }
    .await;
    let holds = match done {
        Ok(holds) => holds,
        Err(err) => {
            let _ = databases::drop(&mut maker, &new).await; // else the next restore sweeps it
            return Err(err);
        }
    };
    let before = if held.is_some() {
        Some(before)
    } else {
        databases::drop(&mut maker, &before).await.while_doing("drop the empty database")?;
        None
    };
    let keys = match &wish.keys {
        Some(file) => keys::bring_back(file, &place.data)?,
        None => Vec::new(),
    };
    Ok(Restored { holds, before, aside: None, keys })
}

/// What stands in the database now, if it may be put aside.
async fn look(place: &Place, wish: &Wish) -> Result<Option<Held>, BackupError> {
    refuse_served(place).await?;
    let mut db = place.as_dumper().await?;
    let held = databases::held(&mut db).await.while_doing("tell what it holds")?;
    db.close().await.while_doing("be left")?;
    match held {
        Some(Held { house, orders }) if !wish.yes => {
            Err(BackupError::Occupied { house, orders, path: wish.file.clone() })
        }
        held => Ok(held),
    }
}

async fn refuse_served(place: &Place) -> Result<(), BackupError> {
    let mut db = place.as_dumper().await?;
    let serving = databases::serving(&mut db).await.while_doing("tell who serves it")?;
    db.close().await.while_doing("be left")?;
    match serving.as_slice() {
        [] => Ok(()),
        serving => Err(BackupError::Serving {
            who: format!("a program serves this database ({})", serving.join("; ")),
        }),
    }
}

/// Everything that has to be done before anybody may find the new database under its name.
async fn fill(place: &Place, new: &str, dump: &Path) -> Result<Option<Held>, BackupError> {
    proof::fill_new(place, new, dump, false).await?;
    let owner = place.owner.clone().database(new);
    migrations::run(&owner, &place.program).await?;
    let mut db: PgConnection = owner.connect().await.while_doing("be reached")?;
    databases::begin_history(&mut db).await.while_doing("begin a new history")?;
    let holds = databases::held(&mut db).await.while_doing("tell what it holds")?;
    databases::describe(&mut db).await.while_doing("be described to the planner")?;
    db.close().await.while_doing("be left")?;
    Ok(holds)
}

/// PostgreSQL's 55006: somebody is in the database.
fn in_use(err: sqlx::Error) -> BackupError {
    let is_in_use = err.as_database_error().is_some_and(|err| err.code().as_deref() == Some("55006"));
    if is_in_use {
        BackupError::Serving { who: format!("somebody is connected to this database ({err})") }
    } else {
        BackupError::Database { doing: "change places with the new one", source: err }
    }
}

fn stamp(now: OffsetDateTime) -> String {
    let format = format_description!("[year][month][day]t[hour][minute][second]");
    now.to_offset(time::UtcOffset::UTC).format(format).unwrap_or_else(|_| "restore".to_owned())
}
