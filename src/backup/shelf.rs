//! Where dumps lie: `comanda-20261126T040000Z.dump`, so that names sort as nights do. Only what has passed its proof is
//! called so; until then it is a `.part`, which the next dump sweeps away.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use time::OffsetDateTime;
use time::macros::format_description;

use super::error::{BackupError, While as _};
use crate::config::Settings;

const BEGINS: &str = "comanda-";
const ENDS: &str = ".dump";
const PART_ENDS: &str = ".dump.part";

/// The folder of the nightly dumps.
pub fn folder(settings: &Settings, data: &Path) -> PathBuf {
    settings.backup_dir.clone().unwrap_or_else(|| data.join("backups"))
}

/// The name of a dump that shows that moment.
pub fn name(at: OffsetDateTime) -> String {
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    let at = at.to_offset(time::UtcOffset::UTC).format(format);
    format!("{BEGINS}{}{ENDS}", at.unwrap_or_else(|_| "unknown".to_owned()))
}

/// The dumps of a folder, newest first.
pub fn dumps(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let ours = |path: &PathBuf| named(path, ENDS);
    let mut dumps: Vec<_> = entries(folder)?.into_iter().filter(ours).collect();
    dumps.sort();
    dumps.reverse();
    Ok(dumps)
}

/// Removes all dumps of a folder but the newest ones. Answers those that went.
pub fn keep_newest(folder: &Path, kept: usize) -> io::Result<Vec<PathBuf>> {
    let mut dumps = dumps(folder)?;
    let old = dumps.split_off(kept.min(dumps.len()));
    for dump in &old {
        fs::remove_file(dump)?;
    }
    Ok(old)
}

/// Makes the folder, for its user alone.
pub fn make(folder: &Path) -> Result<(), BackupError> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder).while_trying("create", folder)
}

/// Removes what somebody began who was killed. Only under the lock of dumps: another's `.part` is its own business.
pub(super) fn sweep(folder: &Path) -> Result<(), BackupError> {
    for part in entries(folder).while_trying("list", folder)?.iter().filter(|path| named(path, PART_ENDS)) {
        fs::remove_file(part).while_trying("remove", part)?;
    }
    Ok(())
}

/// A new file that only this user can read.
pub(super) fn private(path: &Path) -> Result<File, BackupError> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).while_trying("create", path)
}

/// Gives a file its name once all of it is on the disk.
pub(super) fn publish(part: &Path, path: &Path) -> Result<(), BackupError> {
    File::open(part).and_then(|file| file.sync_all()).while_trying("sync", part)?;
    fs::rename(part, path).while_trying("rename", part)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).while_trying("sync", folder)
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| entry.map(|entry| entry.path())).collect(),
        Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(err) => Err(err),
    }
}

fn named(path: &Path, ends: &str) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    name.starts_with(BEGINS) && name.ends_with(ends)
}

#[cfg(test)]
mod tests {
    use time::Duration;
    use time::macros::datetime;

    use super::*;

    #[test]
    fn the_newest_fourteen_stay_and_what_is_not_ours_is_left_alone() {
        let folder = std::env::temp_dir().join(format!("comanda-shelf-{:016x}", rand::random::<u64>()));
        make(&folder).expect("a folder");
        let first = datetime!(2026-12-24 05:00 UTC);
        let nights: Vec<_> = (0..20).map(|night| name(first + Duration::days(night))).collect();
        for file in nights.iter().map(String::as_str).chain(["before.dump", "comanda-x.dump.part", "notes"]) {
            fs::write(folder.join(file), "x").expect("a file");
        }
        let gone = keep_newest(&folder, 14).expect("a sweep");
        assert_eq!(gone.len(), 6);
        let left: Vec<_> = dumps(&folder).expect("a list");
        assert_eq!(left.len(), 14);
        assert_eq!(left[0], folder.join("comanda-20270112T050000Z.dump"));
        assert_eq!(left[13], folder.join(&nights[6]));
        assert!(folder.join("before.dump").exists() && folder.join("comanda-x.dump.part").exists());
        sweep(&folder).expect("a sweep");
        assert!(folder.join("notes").exists() && !folder.join("comanda-x.dump.part").exists());
        fs::remove_dir_all(folder).expect("no folder");
    }
}
