//! What lies where.
//!
//! ```text
//! data/                  this program's; 0700, or 0711 under root, so that PostgreSQL's user may pass through
//!   comanda.lock         who holds the data
//!   postgresql.log       what the server says
//!   postgresql/          0700, PostgreSQL's user's from here on
//!     cluster/           its data; cluster.new while it is being made
//!     run/               its socket
//! ```
//!
//! Under root nothing is ever written by root inside `postgresql/`: a link planted there would lead root's pen.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown, symlink},
    path::{Path, PathBuf},
};

use super::{
    Wanted,
    account::Account,
    error::{LocalPostgresError, While},
};

/// A socket's address holds 107 bytes on Linux, 103 elsewhere, and 14 of them are `/.s.PGSQL.5432`.
const SOCKET_FOLDER_BYTES_MAX: usize = if cfg!(target_os = "linux") { 93 } else { 89 };

/// PostgreSQL keeps paths in 1,024 bytes; above about a thousand its `initdb` crashes.
const CLUSTER_PATH_BYTES_MAX: usize = 800;

/// Where short names for deep folders are made.
const SHORT: &str = "/tmp";

/// A data folder and who runs PostgreSQL in it.
#[derive(Debug, Clone)]
pub(super) struct Site {
    pub(super) data: PathBuf,
    pub(super) account: Account,
    /// The folder that could not serve.
    pub(super) instead_of: Option<PathBuf>,
}

/// The names PostgreSQL is told: those of the site, or short ones that lead there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Names {
    pub(super) home: PathBuf,
    pub(super) socket: PathBuf,
    /// The folder of the short names, to be removed with the server.
    pub(super) short: Option<PathBuf>,
}

impl Site {
    /// The wanted folder; for root the other one, where nothing is kept in the first and it can't serve.
    pub(super) async fn choose(wanted: &Wanted) -> Result<Self, LocalPostgresError> {
        let refusal = match Self::at(&wanted.data).await {
            Ok(site) => return Ok(site),
            Err(refusal) => refusal,
        };
        let kept = wanted.data.join("postgresql").exists();
        match &wanted.data_for_root {
            Some(other) if rustix::process::geteuid().is_root() && !kept => {
                let mut site = Self::at(other).await?;
                tracing::info!(data = ?site.data, because = %refusal, "the data is kept elsewhere");
                site.instead_of = Some(wanted.data.clone());
                Ok(site)
            }
            Some(_) | None => Err(refusal),
        }
    }

    /// Makes the data folder and its insides, as far as they are missing.
    async fn at(data: &Path) -> Result<Self, LocalPostgresError> {
        let data = std::path::absolute(data).while_trying("find", data)?;
        let account = Account::of(&data.join("postgresql"))?;
        refuse_closed(&data, &account).await?;
        let mode = match account {
            Account::Own => 0o700,
            Account::Other { .. } => 0o711,
        };
        make_all(&data, mode)?;
        // From here on by its real name, which is also the one a running server stands in.
        let data = fs::canonicalize(&data).while_trying("open", &data)?;
        let site = Self { data, account, instead_of: None };
        make_given(&site.home(), &site.account)?;
        Ok(site)
    }

    pub(super) fn home(&self) -> PathBuf {
        self.data.join("postgresql")
    }

    pub(super) fn cluster(&self) -> PathBuf {
        self.home().join("cluster")
    }

    pub(super) fn lock(&self) -> PathBuf {
        self.data.join("comanda.lock")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.data.join("postgresql.log")
    }

    /// Opens a file beside the data, makes it where it is missing, and never follows a link. It belongs to the
    /// folder's owner: what root once started there, they can start again.
    pub(super) fn open(&self, path: &Path, options: &mut OpenOptions) -> Result<File, LocalPostgresError> {
        let no_link = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
        let file =
            options.create(true).mode(0o600).custom_flags(no_link).open(path).while_trying("open", path)?;
        if rustix::process::geteuid().is_root() {
            let owner = fs::metadata(&self.data).while_trying("open", &self.data)?;
            fchown(&file, Some(owner.uid()), Some(owner.gid())).while_trying("hand over", path)?;
        }
        Ok(file)
    }

    /// The names to tell PostgreSQL. `before` is the socket folder of a server that died here: a short one is used again.
    pub(super) fn names(&self, before: Option<&Path>) -> Result<Names, LocalPostgresError> {
        let (home, socket) = (self.home(), self.home().join("run"));
        let sayable = socket.to_str().is_some_and(|name| !name.contains(['"', '\\', '\n', '\r']));
        if sayable && socket.as_os_str().len() <= SOCKET_FOLDER_BYTES_MAX {
            make_given(&socket, &self.account)?;
            return Ok(Names { home, socket, short: None });
        }
        let short = match before.filter(|before| self.made_short(before)) {
            Some(before) => before.to_owned(),
            None => self.make_short()?,
        };
        let home = match self.cluster().as_os_str().len() {
            ..=CLUSTER_PATH_BYTES_MAX => home,
            _ => self.link_home(&short)?,
        };
        Ok(Names { home, socket: short.clone(), short: Some(short) })
    }

    /// Whether a folder is one of ours under the short names' root: ours alone, and no link.
    pub(super) fn made_short(&self, folder: &Path) -> bool {
        folder.parent() == Some(Path::new(SHORT))
            && folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with("comanda-"))
            && fs::symlink_metadata(folder).is_ok_and(|there| {
                there.is_dir() && there.uid() == self.account.uid() && there.mode() & 0o7777 == 0o700
            })
    }

    /// A name nobody can have waited at; made in one step, so it is either ours or an error.
    fn make_short(&self) -> Result<PathBuf, LocalPostgresError> {
        let folder = Path::new(SHORT).join(format!("comanda-{:016x}", rand::random::<u64>()));
        DirBuilder::new().mode(0o700).create(&folder).while_trying("create", &folder)?;
        self.account.give(&folder)?;
        Ok(folder)
    }

    fn link_home(&self, short: &Path) -> Result<PathBuf, LocalPostgresError> {
        let link = short.join("home");
        match fs::read_link(&link) {
            Ok(target) if target == self.home() => {}
            Ok(_) | Err(_) => symlink(self.home(), &link).while_trying("create", &link)?,
        }
        Ok(link)
    }
}

impl Names {
    /// Removes the short names. Losing a name in a temporary folder costs nothing, so nothing is said of failures.
    pub(super) fn remove(&self) {
        if let Some(short) = &self.short {
            let _ = fs::remove_file(short.join("home"));
            let _ = fs::remove_dir(short);
        }
    }
}

/// Refuses a path PostgreSQL's user can't walk, naming the first closed folder.
async fn refuse_closed(data: &Path, account: &Account) -> Result<(), LocalPostgresError> {
    if *account == Account::Own {
        return Ok(()); // what is closed to this very user, making the folder will tell
    }
    let there: Vec<_> = data.ancestors().filter(|folder| folder.exists()).collect();
    let Some(deepest) = there.first() else {
        return Ok(());
    };
    if account.can_enter(deepest).await {
        return Ok(());
    }
    let mut closed = *deepest;
    for folder in there.iter().rev() {
        if !account.can_enter(folder).await {
            closed = folder;
            break;
        }
    }
    let (data, closed) = (data.to_owned(), closed.to_owned());
    Err(LocalPostgresError::Closed { data, closed, account: account.to_string() })
}

/// Makes a folder and those above it, each with this mode whatever the umask says. What is there stays as it is.
fn make_all(folder: &Path, mode: u32) -> Result<(), LocalPostgresError> {
    let missing: Vec<_> = folder.ancestors().take_while(|folder| !folder.exists()).collect();
    for folder in missing.into_iter().rev() {
        match DirBuilder::new().mode(mode).create(folder) {
            Ok(()) => {
                fs::set_permissions(folder, Permissions::from_mode(mode)).while_trying("open", folder)?;
            }
            Err(err) if err.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => {}
            Err(err) => return Err(err).while_trying("create", folder),
        }
    }
    Ok(())
}

/// Makes one folder for PostgreSQL's user alone. One that is there must be that.
fn make_given(folder: &Path, account: &Account) -> Result<(), LocalPostgresError> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => account.give(folder),
        Err(err) if err.kind() == io::ErrorKind::AlreadyExists => {
            let there = fs::symlink_metadata(folder).while_trying("open", folder)?;
            match there.is_dir() {
                // A start that died between making it and handing it over.
                true if there.uid() == 0 && account.uid() != 0 => account.give(folder),
                true if there.uid() == account.uid() => Ok(()),
                true => Err(LocalPostgresError::NotOurs { folder: folder.to_owned(), owner: there.uid() }),
                false => Err(io::Error::from(io::ErrorKind::NotADirectory)).while_trying("use", folder),
            }
        }
        Err(err) => Err(err).while_trying("create", folder),
    }
}
