//! One program a data folder. The lock is the system's, so it ends with the process however that dies; the file only
//! says who holds it. Closed on exec: the server a program leaves behind does not carry its lock.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    path::{Path, PathBuf},
};

use super::{
    error::{LocalPostgresError, While},
    site::Site,
};

/// A held data folder; dropping it lets go.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
    path: PathBuf,
}

/// Who holds a data folder, as far as its file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Holder {
    pub(super) pid: Option<u32>,
    /// Its server, roles and database can be used.
    pub(super) ready: bool,
}

impl Lock {
    /// Takes the folder, or says who has it.
    pub(super) fn take(site: &Site) -> Result<Result<Self, Holder>, LocalPostgresError> {
        let path = site.lock();
        let mut file = site.open(&path, OpenOptions::new().read(true).write(true).truncate(false))?;
        match file.try_lock() {
            Ok(()) => {
                let mut lock = Self { file, path };
                lock.write(false)?;
                Ok(Ok(lock))
            }
            Err(TryLockError::WouldBlock) => {
                let mut says = String::new();
                file.read_to_string(&mut says).while_trying("read", &path)?;
                let mut lines = says.lines();
                let pid = lines.next().and_then(|pid| pid.parse().ok());
                Ok(Err(Holder { pid, ready: lines.next() == Some("ready") }))
            }
            Err(TryLockError::Error(err)) => Err(err).while_trying("lock", &path),
        }
    }

    /// Tells those who wait that they may use the database.
    pub(super) fn say_ready(&mut self) -> Result<(), LocalPostgresError> {
        self.write(true)
    }

    fn write(&mut self, ready: bool) -> Result<(), LocalPostgresError> {
        let says = format!("{}\n{}", std::process::id(), if ready { "ready\n" } else { "" });
        let Self { file, path } = self;
        file.set_len(0).while_trying("write", path)?;
        file.rewind().while_trying("write", path)?;
        file.write_all(says.as_bytes()).while_trying("write", path)
    }
}

impl Drop for Lock {
    /// Lets go in so many words: closing the file would not do while a child that is just being started still has its
    /// copy, which it closes on exec.
    fn drop(&mut self) {
        let _ = self.file.unlock(); // then the closing does it, a moment later
    }
}

impl Holder {
    pub(super) fn refusal(self, data: &Path) -> LocalPostgresError {
        let holder = match self.pid {
            Some(pid) => format!("another comanda (process {pid})"),
            None => "another comanda".to_owned(),
        };
        LocalPostgresError::Held { data: data.to_owned(), holder }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_free_at_once_though_a_child_still_has_its_copy() {
        let path = std::env::temp_dir().join(format!("comanda-lock-{:016x}", rand::random::<u64>()));
        let file = File::create(&path).expect("a file");
        file.try_lock().expect("nobody else's");
        let childs = file.try_clone().expect("what a fork would have");
        drop(Lock { file, path: path.clone() });
        let next = File::open(&path).expect("the same file").try_lock();
        drop(childs);
        std::fs::remove_file(&path).expect("it is ours");
        assert!(next.is_ok(), "{next:?}");
    }
}
