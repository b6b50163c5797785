//! Why there is no private PostgreSQL, in words that end in what a person can do about it.

use std::path::PathBuf;

use thiserror::Error;

/// Why there is no private PostgreSQL. Every message ends in what a person can do about it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LocalPostgresError {
    /// No folder of this machine holds the server programs.
    #[error(
        "PostgreSQL's server programs (initdb and postgres) are not on this machine: install them \
         (Debian, Ubuntu: apt install postgresql; Fedora: dnf install postgresql-server; macOS: brew install \
         postgresql@17), or name a database of your own in DATABASE_URL"
    )]
    NoPrograms,

    /// A house was expected in a folder.
    #[error(
        "there is no house in {folder:?}: name its folder in COMANDA_DATA, or begin one there with comanda serve"
    )]
    NothingHere {
        /// Where it was looked for.
        folder: PathBuf,
    },

    /// The folder a setting names does not hold server programs that run.
    #[error(
        "{folder:?} holds no initdb and postgres that {account} can run: name the folder of PostgreSQL's server \
         programs, such as /usr/lib/postgresql/17/bin, or leave the setting out to have them looked for"
    )]
    NotThere {
        /// The folder as it was set.
        folder: PathBuf,
        /// Who was to run them.
        account: String,
    },

    /// Every PostgreSQL of this machine is older than the oldest one that serves.
    #[error(
        "PostgreSQL {major} in {folder:?} is too old: install PostgreSQL {at_least} or newer (postgresql-{at_least})"
    )]
    TooOld {
        /// The newest major version there is.
        major: u32,
        /// Where it was found.
        folder: PathBuf,
        /// The oldest major version that serves.
        at_least: u32,
    },

    /// No folder holds what dumps a server of this version.
    #[error(
        "pg_dump and pg_restore of PostgreSQL {major} or newer are not on this machine: install them (Debian, Ubuntu: \
         apt install postgresql-client-{major}), or name their folder in COMANDA_POSTGRES_BIN"
    )]
    NoClient {
        /// The server's major version.
        major: u32,
    },

    /// The data needs programs of its own major version.
    #[error(
        "the data in {cluster:?} was written by PostgreSQL {major} and opens with no other, and this machine has \
         {found}: install postgresql-{major} beside it (Debian, Ubuntu: apt install postgresql-{major}; Fedora: \
         postgresql{major}-server; macOS: brew install postgresql@{major}) and start again; or put it aside and bring the last dump back into \
         new data: comanda restore FILE --new-cluster --yes (dumps lie in {}, unless COMANDA_BACKUP_DIR names another \
         folder); nothing was changed",
        dumps_beside(cluster).display()
    )]
    OtherMajor {
        /// What the data's `PG_VERSION` says.
        major: u32,
        /// The data that was not opened.
        cluster: PathBuf,
        /// The versions that were found, in words.
        found: String,
    },

    /// Where old data is put aside there is something already.
    #[error("{folder:?} is there already: it is what was put aside before; move it away first")]
    AsideTaken {
        /// What is in the way.
        folder: PathBuf,
    },

    /// The folder is there, and holds no PostgreSQL data.
    #[error(
        "{cluster:?} is not the data of a PostgreSQL (its PG_VERSION is missing or unreadable): bring the data back \
         from a backup, or move the folder away to begin with an empty database"
    )]
    NotACluster {
        /// The folder in question.
        cluster: PathBuf,
    },

    /// root needs somebody else to run PostgreSQL as.
    #[error(
        "PostgreSQL refuses to run as root, and this machine has neither a user postgres nor a user nobody: create \
         one (useradd --system postgres), or start as an ordinary user"
    )]
    NoAccount,

    /// A folder above the data is closed to the user PostgreSQL runs as.
    #[error(
        "PostgreSQL runs as {account}, who may not enter {closed:?} on the way to {data:?}: choose another folder \
         with COMANDA_DATA, or open that one with chmod o+x"
    )]
    Closed {
        /// The data folder that was wanted.
        data: PathBuf,
        /// The first folder on the way that does not let them in.
        closed: PathBuf,
        /// Who was to enter it.
        account: String,
    },

    /// An ordinary user meets the data of somebody else.
    #[error(
        "{folder:?} belongs to user number {owner}: start as that user (or as root), or choose another folder with \
         COMANDA_DATA"
    )]
    NotOurs {
        /// The folder that belongs to somebody else.
        folder: PathBuf,
        /// Its owner.
        owner: u32,
    },

    /// Another program holds the data folder.
    #[error(
        "{data:?} is in use by {holder}: stop that one first, or choose another folder with COMANDA_DATA"
    )]
    Held {
        /// The data folder.
        data: PathBuf,
        /// Who holds it, in words, with the process's number where it is known.
        holder: String,
    },

    /// A new database needs more room than there is.
    #[error(
        "the disk under {folder:?} is full ({free_mb} MB free, a start needs {needed_mb} MB): make room, or choose \
         another folder with COMANDA_DATA"
    )]
    DiskFull {
        /// A folder on that disk.
        folder: PathBuf,
        /// What is left of it, in MB.
        free_mb: u64,
        /// What a start needs, in MB.
        needed_mb: u64,
    },

    /// `initdb` gave up.
    #[error("initdb could not create {cluster:?}: {said}")]
    InitFailed {
        /// Where the data was to be.
        cluster: PathBuf,
        /// The last lines it printed.
        said: String,
    },

    /// The server ended before it answered.
    #[error("PostgreSQL did not start ({log:?} has the whole story). It said: {said}")]
    StartFailed {
        /// The last lines of this start in the server's log.
        said: String,
        /// The server's log.
        log: PathBuf,
    },

    /// `postmaster.pid` names a living process that is not this database's.
    #[error(
        "{pid_file:?} was left behind and its process number {pid} now belongs to {name}, so PostgreSQL refuses to \
         start: end that process or restart the machine; only if no PostgreSQL runs on this data, remove the file"
    )]
    PidTaken {
        /// The file that was left behind.
        pid_file: PathBuf,
        /// The number in it.
        pid: u32,
        /// What runs under that number today.
        name: String,
    },

    /// The server is alive, and took longer than this program is willing to wait.
    #[error(
        "PostgreSQL (process {pid}) is still {doing} after {waited_s} s: leave it alone, and start again when it is \
         done; {log:?} says how far it is"
    )]
    NotReady {
        /// The server's process.
        pid: u32,
        /// `starting` or `stopping`.
        doing: &'static str,
        /// How long it was waited for, in seconds.
        waited_s: u64,
        /// The server's log.
        log: PathBuf,
    },

    /// A server runs on the data and can't be spoken to.
    #[error(
        "PostgreSQL (process {pid}) runs on this data and does not answer in {socket:?}: stop it with kill -INT \
         {pid} and start again"
    )]
    Mute {
        /// The server's process.
        pid: u32,
        /// The folder its socket should be in.
        socket: PathBuf,
        /// What came instead of an answer.
        source: Option<sqlx::Error>,
    },

    /// The server answers, and its roles and database could not be prepared.
    #[error("the roles and the database of the private PostgreSQL could not be prepared")]
    Prepare(#[source] sqlx::Error),

    /// The machine refused something at a path.
    #[error("could not {what} {path:?}")]
    Io {
        /// What was tried, as in "could not ...".
        what: &'static str,
        /// What it was tried on.
        path: PathBuf,
        /// The machine's answer.
        source: std::io::Error,
    },
}

/// Where dumps lie that were made of this data.
fn dumps_beside(cluster: &std::path::Path) -> PathBuf {
    cluster.ancestors().nth(2).unwrap_or(cluster).join("backups")
}

/// Says what was tried on which path, where an [`std::io::Error`] knows neither.
pub(super) trait While<T> {
    fn while_trying(self, what: &'static str, path: &std::path::Path) -> Result<T, LocalPostgresError>;
}

impl<T, E: Into<std::io::Error>> While<T> for Result<T, E> {
    fn while_trying(self, what: &'static str, path: &std::path::Path) -> Result<T, LocalPostgresError> {
        self.map_err(|source| LocalPostgresError::Io { what, path: path.to_owned(), source: source.into() })
    }
}
