//! Who PostgreSQL runs as. It refuses root; an ordinary user simply runs it.

use std::{
    fmt, fs, io,
    os::unix::fs::{MetadataExt, lchown},
    path::Path,
    process::Stdio,
    time::Duration,
};

use tokio::{process::Command, time::timeout};

use super::error::{LocalPostgresError, While};

/// A program that only prints its version or enters a folder is done in milliseconds; this is for a machine that swaps.
const SHORT_RUN_MAX: Duration = Duration::from_secs(20);

/// The user that owns the data and runs PostgreSQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Account {
    /// The user this program runs as.
    Own,
    /// The user root hands PostgreSQL to.
    Other { uid: u32, gid: u32 },
}

impl Account {
    /// For root, whoever owns the data that is there already, else `postgres`, else `nobody`.
    pub(super) fn of(home: &Path) -> Result<Self, LocalPostgresError> {
        let own = rustix::process::geteuid().as_raw();
        let owner = match fs::symlink_metadata(home) {
            Ok(there) => Some((there.uid(), there.gid())),
            Err(err) if err.kind() == io::ErrorKind::NotFound => None,
            // A closed folder on the way: as an ordinary user's own attempt will tell better.
            Err(err) if err.kind() == io::ErrorKind::PermissionDenied => None,
            Err(err) => return Err(err).while_trying("look at", home),
        };
        match owner {
            Some((uid, _)) if own != 0 && uid != own => {
                Err(LocalPostgresError::NotOurs { folder: home.to_owned(), owner: uid })
            }
            Some(_) | None if own != 0 => Ok(Self::Own),
            Some((uid, gid)) if uid != 0 => Ok(Self::Other { uid, gid }),
            Some(_) | None => {
                let users = Path::new("/etc/passwd");
                let users = fs::read_to_string(users).while_trying("read", users)?;
                named("postgres", &users)
                    .or_else(|| named("nobody", &users))
                    .ok_or(LocalPostgresError::NoAccount)
            }
        }
    }

    /// The number of the user the data belongs to.
    pub(super) fn uid(&self) -> u32 {
        match self {
            Self::Own => rustix::process::geteuid().as_raw(),
            Self::Other { uid, .. } => *uid,
        }
    }

    /// A program to be run as this user, in an environment that holds nothing of the operator's.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("LC_ALL", super::cluster::LOCALE)
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if let Self::Other { uid, gid } = self {
            command.uid(*uid).gid(*gid); // supplementary groups are dropped with it
        }
        command
    }

    /// Runs something short. `None`: it could not be run, failed, or took too long.
    pub(super) async fn ask(&self, mut command: Command) -> Option<String> {
        let output = command.stdout(Stdio::piped()).kill_on_drop(true).output();
        let output = timeout(SHORT_RUN_MAX, output).await.ok()?.ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Whether this user can stand in the folder. Tried rather than computed: access lists and mounts count too.
    pub(super) async fn can_enter(&self, folder: &Path) -> bool {
        let mut command = self.command(Path::new("/bin/sh"));
        command.args(["-c", ":"]).current_dir(folder);
        self.ask(command).await.is_some()
    }

    /// Hands a path that was just made to this user.
    pub(super) fn give(&self, path: &Path) -> Result<(), LocalPostgresError> {
        match self {
            Self::Own => Ok(()),
            Self::Other { uid, gid } => lchown(path, Some(*uid), Some(*gid)).while_trying("hand over", path),
        }
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let uid = self.uid();
        match users.lines().find(|line| line.split(':').nth(2).is_some_and(|field| field == uid.to_string()))
        {
            Some(line) => write!(f, "user {}", line.split(':').next().unwrap_or_default()),
            None => write!(f, "user number {uid}"),
        }
    }
}

/// Finds a user in the lines of `/etc/passwd`. Some systems write `nobody` as -2.
fn named(name: &str, users: &str) -> Option<Account> {
    let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
    let mut numbers = line
        .split(':')
        .skip(2)
        .map(|field| field.parse::<u32>().or_else(|_| field.parse::<i32>().map(i32::cast_unsigned)));
    let (uid, gid) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    (uid != 0).then_some(Account::Other { uid, gid })
}

#[cfg(test)]
mod tests {
    use super::*;

    const USERS: &str = "root:x:0:0:root:/root:/bin/bash\nnobody:*:-2:-2::/var/empty:/usr/bin/false\npostgres:x:101:104:PostgreSQL,,,:/var/lib/postgresql:/bin/bash\n";

    #[test]
    fn a_user_is_found_by_name_and_root_is_no_choice() {
        assert_eq!(named("postgres", USERS), Some(Account::Other { uid: 101, gid: 104 }));
        assert_eq!(named("nobody", USERS), Some(Account::Other { uid: 4_294_967_294, gid: 4_294_967_294 }));
        assert_eq!(named("root", USERS), None);
        assert_eq!(named("post", USERS), None);
    }
}
