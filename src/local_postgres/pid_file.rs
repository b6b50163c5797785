//! Reads `postmaster.pid`: what PostgreSQL says of itself to whoever finds its data. Read only; its lines also guard
//! the shared memory of a crashed server, so nobody but PostgreSQL ever removes it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use rustix::process::{Pid, test_kill_process};

use super::error::{LocalPostgresError, While};

/// Its name in the data folder.
pub(super) const NAME: &str = "postmaster.pid";

/// How far a server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Starting,
    Ready,
    Stopping,
}

/// What the file says. The socket's line comes later than the first ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PidFile {
    pub(super) pid: u32,
    pub(super) socket: Option<PathBuf>,
    pub(super) status: Status,
}

/// The process behind a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Process {
    /// There is none, or one that only waits for its parent to notice its end.
    Gone,
    /// It stands in the data folder, as a server does all its life.
    Serving,
    /// There is one, and this system does not say where it stands.
    Alive,
    /// The number belongs to somebody else by now.
    Stranger(String),
}

/// Reads the file; `None` where there is none or it is not a server's.
pub(super) fn read(cluster: &Path) -> Result<Option<PidFile>, LocalPostgresError> {
    let path = cluster.join(NAME);
    match fs::read(&path) {
        Ok(text) => Ok(parse(&String::from_utf8_lossy(&text))),
        Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(err) => Err(err).while_trying("read", &path),
    }
}

/// Line 1 is the process, 5 the socket's folder, 8 the status.
fn parse(text: &str) -> Option<PidFile> {
    let lines: Vec<_> = text.lines().map(str::trim).collect();
    Some(PidFile {
        pid: lines.first()?.parse().ok()?,
        socket: lines.get(4).filter(|folder| folder.starts_with('/')).map(PathBuf::from),
        status: match lines.get(7) {
            Some(&"ready") => Status::Ready,
            Some(&"stopping") => Status::Stopping,
            Some(_) | None => Status::Starting,
        },
    })
}

/// Looks at the process behind a number.
pub(super) fn process(pid: u32, cluster: &Path) -> Process {
    let cluster = fs::canonicalize(cluster).unwrap_or_else(|_| cluster.to_owned());
    let there = PathBuf::from(format!("/proc/{pid}"));
    if !Path::new("/proc/self/stat").exists() {
        let number = i32::try_from(pid).ok().and_then(Pid::from_raw);
        return match number.map(test_kill_process) {
            Some(Ok(()) | Err(rustix::io::Errno::PERM)) => Process::Alive,
            Some(Err(_)) | None => Process::Gone,
        };
    }
    // `123 (a name) S ...`; the name may hold anything, parentheses too.
    let Ok(stat) = fs::read_to_string(there.join("stat")) else {
        return Process::Gone;
    };
    let Some((name, state)) = stat.rsplit_once(") ") else {
        return Process::Gone;
    };
    if state.starts_with(['Z', 'X']) {
        return Process::Gone;
    }
    match fs::read_link(there.join("cwd")) {
        Ok(cwd) if cwd == cluster => Process::Serving,
        Ok(_) | Err(_) => Process::Stranger(name.split_once('(').map_or(name, |(_, name)| name).to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READY: &str = "417\n/d/cluster\n1790000000\n5432\n/d/run\n\n  5433001  3\nready   \n";

    #[test]
    fn a_running_server_is_read_from_its_lines() {
        let file = PidFile { pid: 417, socket: Some("/d/run".into()), status: Status::Ready };
        assert_eq!(parse(READY), Some(file.clone()));
        assert_eq!(
            parse(&READY.replace("ready", "stopping")),
            Some(PidFile { status: Status::Stopping, ..file })
        );
    }

    #[test]
    fn a_server_is_starting_until_it_says_more() {
        let early = parse("417\n/d/cluster\n1790000000\n5432\n").expect("four lines are enough");
        assert_eq!((early.socket, early.status), (None, Status::Starting));
        assert_eq!(parse(""), None);
        assert_eq!(parse("-417\n/d/cluster\n"), None, "a maintenance run is no server");
    }

    #[test]
    fn a_process_is_told_by_where_it_stands() {
        let here = std::env::current_dir().expect("a current folder");
        assert_eq!(process(std::process::id(), &here), Process::Serving);
        assert_eq!(process(u32::MAX, &here), Process::Gone);
        if Path::new("/proc/self/stat").exists() {
            assert!(matches!(process(std::process::id(), Path::new("/elsewhere")), Process::Stranger(_)));
        }
    }
}
