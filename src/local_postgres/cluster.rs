//! The data itself: what version it is, and making it.

use std::{
    fs::{self, File},
    io,
    path::Path,
    process::Stdio,
    time::Duration,
};

use tokio::time::timeout;

use super::{
    error::{LocalPostgresError, While},
    programs::Programs,
    site::{Names, Site},
};

/// Sorts by code point on every machine alike, so an index never depends on the system's C library.
pub(super) const LOCALE: &str = if cfg!(target_os = "macos") { "C" } else { "C.UTF-8" };

/// The superuser's name.
pub(super) const ADMIN: &str = "comanda_admin";

/// New data takes 40 MB and its first WAL segments; the rest is so that the house opens with room to write.
const FREE_MB_MIN: u64 = 200;

/// Under a second on a laptop, a minute on a worn SD card.
const INITDB_MAX: Duration = Duration::from_mins(5);

/// The major version that wrote the data; `None` where there is none yet.
pub(super) fn major(cluster: &Path) -> Result<Option<u32>, LocalPostgresError> {
    if !cluster.exists() {
        return Ok(None);
    }
    // Before version 10 a major version had two numbers: 9.6.
    let major = fs::read_to_string(cluster.join("PG_VERSION"))
        .ok()
        .and_then(|version| version.trim().split('.').next()?.parse().ok());
    match major {
        Some(major) => Ok(Some(major)),
        None => Err(LocalPostgresError::NotACluster { cluster: cluster.to_owned() }),
    }
}

/// Makes the data under another name first: a half-made one is never taken for a whole one.
pub(super) async fn create(
    site: &Site,
    names: &Names,
    programs: &Programs,
    throw_away: bool,
) -> Result<(), LocalPostgresError> {
    let (fresh, cluster) = (site.home().join("cluster.new"), site.cluster());
    refuse_full(&site.home())?;
    match fs::remove_dir_all(&fresh) {
        Ok(()) => tracing::info!(?fresh, "removed what an interrupted start had begun"),
        Err(err) if err.kind() == io::ErrorKind::NotFound => {}
        Err(err) => return Err(err).while_trying("remove", &fresh),
    }
    let program = programs.path("initdb");
    let mut initdb = site.account.command(&program);
    initdb.arg("-D").arg(names.home.join("cluster.new")).arg(format!("--username={ADMIN}"));
    // A power cut leaves torn pages; checksums tell them apart from data.
    initdb
        .args(["--data-checksums", "--encoding=UTF8", "--no-instructions"])
        .arg(format!("--locale={LOCALE}"));
    // Who may enter the 0700 folder of the socket may speak; there is no other way in.
    initdb.args(["--auth-local=trust", "--auth-host=reject"]);
    if throw_away {
        initdb.arg("--no-sync");
    }
    let running = initdb.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true).output();
    let failed = |said: String| LocalPostgresError::InitFailed { cluster: cluster.clone(), said };
    let output = timeout(INITDB_MAX, running)
        .await
        .map_err(|_| failed(format!("nothing for {} s", INITDB_MAX.as_secs())))?
        .while_trying("run", &program)?;
    if !output.status.success() {
        let _ = fs::remove_dir_all(&fresh); // what is left of it; the next start would remove it too
        let said = String::from_utf8_lossy(&output.stderr);
        refuse_no_space(&said, &site.home())?;
        return Err(failed(last_lines(&said)));
    }
    fs::rename(&fresh, &cluster).while_trying("rename", &fresh)?;
    let home = site.home();
    File::open(&home).and_then(|home| home.sync_all()).while_trying("sync", &home)
}

/// What is free for new data, in MB.
fn free_mb(folder: &Path) -> Result<u64, LocalPostgresError> {
    let disk = rustix::fs::statvfs(folder).while_trying("measure", folder)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize) / 1_000_000)
}

fn refuse_full(folder: &Path) -> Result<(), LocalPostgresError> {
    match free_mb(folder)? {
        free_mb if free_mb < FREE_MB_MIN => Err(full(folder, free_mb)),
        _ => Ok(()),
    }
}

/// Recognises a full disk in what a program said.
pub(super) fn refuse_no_space(said: &str, folder: &Path) -> Result<(), LocalPostgresError> {
    if said.contains("No space left on device") {
        return Err(full(folder, free_mb(folder).unwrap_or_default()));
    }
    Ok(())
}

fn full(folder: &Path, free_mb: u64) -> LocalPostgresError {
    LocalPostgresError::DiskFull { folder: folder.to_owned(), free_mb, needed_mb: FREE_MB_MIN }
}

/// The end of what a program said, short enough for a message.
pub(super) fn last_lines(said: &str) -> String {
    const LINES_MAX: usize = 12;
    let lines: Vec<_> = said.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    match lines.len() {
        0 => "nothing".to_owned(),
        count => lines[count.saturating_sub(LINES_MAX)..].join("\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_heard_in_the_programs_words() {
        let here = Path::new("/");
        let said = "FATAL:  could not write lock file \"postmaster.pid\": No space left on device";
        assert!(matches!(refuse_no_space(said, here), Err(LocalPostgresError::DiskFull { .. })));
        assert!(refuse_no_space("FATAL:  something else", here).is_ok());
    }

    #[test]
    fn the_end_of_a_long_story_is_kept() {
        let story = (0..40).map(|line| format!("line {line}\n")).collect::<Vec<_>>().join("\n");
        let end = last_lines(&story);
        assert!(end.starts_with("line 28\n") && end.ends_with("line 39"), "{end}");
        assert_eq!(last_lines("\n"), "nothing");
    }
}
