//! Making a dump: one moment of the database, counted and written, proved, and only then named.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use sqlx::{ConnectOptions as _, Connection as _};
use time::OffsetDateTime;
use tokio::task::spawn_blocking;

use super::error::{BackupError, Doing as _, While as _};
use super::place::Place;
use super::tools::{program, reach, run};
use super::{proof, shelf};
use crate::disk::{DUMPS_STOP_BELOW, free_bytes};
use crate::domain::backup::{Backup, Proof};
use crate::store;
use crate::store::databases::{self, Counts};
use crate::this_process::host;

/// A dump that has passed its proof.
#[derive(Debug, Clone)]
pub struct Made {
    /// Where it is.
    pub path: PathBuf,
    /// What is told of it.
    pub backup: Backup,
    /// Whether the database knows: one of an earlier schema has no place for that.
    pub told: bool,
}

/// Makes a dump of that moment: into this file, or under a name of its own into this folder.
pub async fn make(place: &Place, to: &Path, now: OffsetDateTime) -> Result<Made, BackupError> {
    let is_folder = to.is_dir() || to.to_string_lossy().ends_with('/');
    let path = std::path::absolute(if is_folder { to.join(shelf::name(now)) } else { to.to_owned() });
    let path = path.while_trying("find", to)?;
    if path.exists() {
        return Err(BackupError::Taken(path));
    }
    let mut guard = place.as_dumper().await?;
    if !databases::lock_dumps(&mut guard).await.while_doing("be locked for a dump")? {
        return Err(BackupError::UnderWay);
    }
    let folder = path.parent().unwrap_or(Path::new("/")).to_owned();
    if is_folder {
        shelf::make(&folder)?;
        shelf::sweep(&folder)?;
    }
    let (_, bytes) = databases::measure(&mut guard).await.while_doing("be measured")?;
    for disk in [Some(&folder), place.disk.as_ref()].into_iter().flatten() {
        refuse_full(disk, bytes)?;
    }
    let mut part = path.clone().into_os_string();
    part.push(".part");
    let part = PathBuf::from(part);
    let made = write_and_prove(place, &part, &path).await;
    if made.is_err() {
        let _ = fs::remove_file(&part); // the first error is the one to tell
    }
    let (taken_at, proof, counts) = made?;
    let bytes = fs::metadata(&path).while_trying("measure", &path)?.len();
    let backup = Backup {
        taken_at,
        file: path.display().to_string(),
        bytes: i64::try_from(bytes).unwrap_or(i64::MAX),
        proof,
    };
    let mut owner = place.owner.connect().await.while_doing("be reached")?;
    let told = store::backups::tell(&mut owner, &backup, &host(), &counts).await?;
    owner.close().await.while_doing("be left")?;
    guard.close().await.while_doing("be left")?;
    Ok(Made { path, backup, told })
}

/// Leaves room for orders; the proof takes as much as the database for a moment.
fn refuse_full(folder: &Path, bytes: u64) -> Result<(), BackupError> {
    let free = free_bytes(folder).while_trying("measure", folder)?;
    let needed = DUMPS_STOP_BELOW.saturating_add(bytes);
    if needed <= free {
        return Ok(());
    }
    let (free_mb, needed_mb) = (free / 1_000_000, needed.div_ceil(1_000_000));
    Err(BackupError::NoRoom { folder: folder.to_owned(), free_mb, needed_mb })
}

async fn write_and_prove(
    place: &Place,
    part: &Path,
    path: &Path,
) -> Result<(OffsetDateTime, Proof, Counts), BackupError> {
    let mut db = place.as_dumper().await?;
    let moment = databases::hold_moment(&mut db).await.while_doing("show one moment of itself")?;
    let others =
        databases::of_others(&mut db, place.owner_role()).await.while_doing("tell whose tables are in it")?;
    let mut dumping = program(place, "pg_dump");
    dumping.args(["--format=custom", "--no-unlogged-table-data", "--no-comments", "--extension=plpgsql"]);
    dumping.arg(format!("--snapshot={}", moment.snapshot));
    dumping.args(others.iter().map(|table| format!("--exclude-table={table}")));
    reach(&mut dumping, &place.dumper);
    dumping.stdout(Stdio::from(shelf::private(part)?));
    run(dumping, "pg_dump", path).await?;
    db.close().await.while_doing("be left")?;
    proof::read_through(place, part).await?;
    let mut maker = place.as_dumper().await?;
    let proof = if databases::may_create(&mut maker).await.while_doing("tell what we may do")? {
        proof::restore_and_count(place, part, &moment.counts).await?;
        Proof::Restored
    } else {
        Proof::Read
    };
    maker.close().await.while_doing("be left")?;
    let (from, to) = (part.to_owned(), path.to_owned());
    spawn_blocking(move || shelf::publish(&from, &to)).await.map_err(|_| BackupError::Interrupted)??;
    Ok((moment.at, proof, moment.counts))
}
