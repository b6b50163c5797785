//! Finds PostgreSQL's server programs. Systems put them in a folder per major version, mostly off PATH.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use super::{account::Account, error::LocalPostgresError};

/// The oldest major version the schema is tried on.
const MAJOR_MIN: u32 = 15;

/// What is run. A folder that lacks one is a client's, or half a package.
const NEEDED: [&str; 2] = ["initdb", "postgres"];

/// Where packages put them: folder, start of the version's folder, rest. Debian; Red Hat's PGDG; SUSE and older
/// Alpine; Alpine; Homebrew on both kinds of Mac.
const KNOWN: [(&str, &str, &str); 6] = [
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/usr/lib", "postgresql", "bin"),
    ("/usr/libexec", "postgresql", ""),
    ("/opt/homebrew/opt", "postgresql@", "bin"),
    ("/usr/local/opt", "postgresql@", "bin"),
];

/// One PostgreSQL of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Programs {
    pub(super) folder: PathBuf,
    pub(super) major: u32,
}

impl Programs {
    pub(super) fn path(&self, program: &str) -> PathBuf {
        self.folder.join(program)
    }
}

/// The programs to use: those of `set` or of the whole machine; those of the data's major version, or for new data
/// the newest there are.
pub(super) async fn find(
    set: Option<&Path>,
    data: Option<(u32, &Path)>,
    account: &Account,
) -> Result<Programs, LocalPostgresError> {
    let folders = set.map_or_else(known_folders, |set| vec![set.to_owned()]);
    let mut found = Vec::new();
    for folder in folders {
        if let Some(programs) = ask(&folder, account).await
            && !found.contains(&programs)
        {
            found.push(programs);
        }
    }
    match (set, found.is_empty()) {
        (Some(set), true) => {
            Err(LocalPostgresError::NotThere { folder: set.to_owned(), account: account.to_string() })
        }
        _ => choose(found, data),
    }
}

/// Newest first; of two alike the one that PATH names first.
fn choose(mut found: Vec<Programs>, data: Option<(u32, &Path)>) -> Result<Programs, LocalPostgresError> {
    found.sort_by_key(|programs| std::cmp::Reverse(programs.major));
    if let Some((major, cluster)) = data {
        let majors: Vec<_> = found.iter().map(|programs| programs.major.to_string()).collect();
        return found.into_iter().find(|programs| programs.major == major).ok_or_else(|| {
            LocalPostgresError::OtherMajor {
                major,
                cluster: cluster.to_owned(),
                found: match majors.as_slice() {
                    [] => "no PostgreSQL".to_owned(),
                    majors => format!("PostgreSQL {}", majors.join(", ")),
                },
            }
        });
    }
    match found.into_iter().next() {
        None => Err(LocalPostgresError::NoPrograms),
        Some(Programs { folder, major }) if major < MAJOR_MIN => {
            Err(LocalPostgresError::TooOld { major, folder, at_least: MAJOR_MIN })
        }
        Some(newest) => Ok(newest),
    }
}

/// What dumps a server of that major version and brings it back. An older `pg_dump` refuses a newer server.
pub(super) async fn find_client(
    set: Option<&Path>,
    major: u32,
    account: &Account,
) -> Result<PathBuf, LocalPostgresError> {
    let folders = set.map_or_else(known_folders, |set| vec![set.to_owned()]);
    let mut newer: Option<(u32, PathBuf)> = None;
    for folder in folders {
        if !["pg_dump", "pg_restore"].iter().all(|program| folder.join(program).is_file()) {
            continue;
        }
        let mut command = account.command(&folder.join("pg_dump"));
        command.arg("--version");
        match account.ask(command).await.and_then(|said| major_of(&said)) {
            Some(theirs) if theirs == major => return Ok(folder),
            Some(theirs) if theirs > major && newer.as_ref().is_none_or(|(best, _)| theirs < *best) => {
                newer = Some((theirs, folder));
            }
            Some(_) | None => {}
        }
    }
    newer.map(|(_, folder)| folder).ok_or(LocalPostgresError::NoClient { major })
}

fn known_folders() -> Vec<PathBuf> {
    let on_path =
        env::var_os("PATH").map(|path| env::split_paths(&path).collect::<Vec<_>>()).unwrap_or_default();
    // A link on PATH leads to one program; its neighbours are where the program really is.
    let linked = on_path
        .iter()
        .filter_map(|folder| Some(fs::canonicalize(folder.join("postgres")).ok()?.parent()?.to_owned()));
    let packaged = KNOWN.iter().flat_map(|(parent, start, rest)| {
        fs::read_dir(parent).into_iter().flatten().flatten().filter_map(move |entry| {
            let version = entry.file_name();
            version.to_str()?.strip_prefix(start)?.starts_with(|c: char| c.is_ascii_digit()).then_some(())?;
            Some(entry.path().join(rest))
        })
    });
    linked.chain(on_path.iter().cloned()).chain(packaged).collect()
}

/// Asks the program itself: a folder's name may lie, and a wrapper on PATH may not run at all for this user.
async fn ask(folder: &Path, account: &Account) -> Option<Programs> {
    let folder = fs::canonicalize(folder).ok()?;
    if !NEEDED.iter().all(|program| folder.join(program).is_file()) {
        return None;
    }
    let mut command = account.command(&folder.join("postgres"));
    command.arg("--version");
    let major = major_of(&account.ask(command).await?)?;
    Some(Programs { folder, major })
}

/// `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`, `... 19beta1`, `... 18devel`.
fn major_of(version: &str) -> Option<u32> {
    let (_, number) = version.split_once("(PostgreSQL) ")?;
    number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(majors: &[u32]) -> Vec<Programs> {
        majors.iter().map(|&major| Programs { folder: format!("/pg/{major}").into(), major }).collect()
    }

    #[test]
    fn a_version_is_read_from_what_the_program_says() {
        assert_eq!(major_of("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(major_of("postgres (PostgreSQL) 19beta1\n"), Some(19));
        assert_eq!(major_of("usage: postgres\n"), None);
    }

    #[test]
    fn new_data_gets_the_newest_and_old_data_its_own() {
        assert_eq!(choose(found(&[15, 18, 16]), None).expect("three to choose from").major, 18);
        let data = Path::new("/data");
        assert_eq!(choose(found(&[15, 18, 16]), Some((15, data))).expect("15 is there").major, 15);
    }

    #[test]
    fn a_missing_major_is_named_with_its_package() {
        let refusal =
            choose(found(&[18]), Some((15, Path::new("/data")))).expect_err("15 is missing").to_string();
        assert!(refusal.contains("apt install postgresql-15"), "{refusal}");
        assert!(refusal.contains("has PostgreSQL 18"), "{refusal}");
        let refusal =
            choose(found(&[]), Some((15, Path::new("/data")))).expect_err("15 is missing").to_string();
        assert!(refusal.contains("has no PostgreSQL"), "{refusal}");
    }

    #[test]
    fn too_old_and_none_are_two_messages() {
        assert!(matches!(choose(found(&[14, 9]), None), Err(LocalPostgresError::TooOld { major: 14, .. })));
        assert!(matches!(choose(found(&[]), None), Err(LocalPostgresError::NoPrograms)));
    }
}
