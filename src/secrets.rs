//! Secrets that are handed over in files: a container's secrets, systemd's credentials. What they hold is never
//! printed, in no error either; their names and places are.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use thiserror::Error;

use crate::config::Settings;

/// A secret's file, at most.
const BYTES_MAX: u64 = 4096;

/// Why a secret cannot be used.
#[derive(Debug, Error)]
pub enum SecretError {
    /// It was given twice.
    #[error("{name} and {name}_FILE are both set: one of them is too many")]
    Twice {
        /// The setting.
        name: &'static str,
    },
    /// Its file.
    #[error("the file of {name}, {path}, cannot be read")]
    File {
        /// The setting.
        name: &'static str,
        /// Where it should be.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// What is in the file.
    #[error("the file of {name}, {path}, holds {why}")]
    Content {
        /// The setting.
        name: &'static str,
        /// Where it is.
        path: PathBuf,
        /// What is wrong with it, without repeating it.
        why: String,
    },
}

/// Fills in what stands in files. A file that is named must be there; a credential may be.
pub fn fill(settings: &mut Settings) -> Result<(), SecretError> {
    let folder = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
    let folder = folder.as_deref();
    one("DATABASE_URL", &mut settings.database_url, settings.database_url_file.as_deref(), folder)?;
    let owner = settings.database_owner_url_file.as_deref();
    one("DATABASE_OWNER_URL", &mut settings.database_owner_url, owner, folder)?;
    one("REDIS_URL", &mut settings.redis_url, settings.redis_url_file.as_deref(), folder)
}

/// One secret: as it was given, else from the file that was named, else the credential `comanda.` and its name.
fn one<T: FromStr<Err = String>>(
    name: &'static str,
    given: &mut Option<T>,
    named: Option<&Path>,
    folder: Option<&Path>,
) -> Result<(), SecretError> {
    let credential = folder.map(|folder| folder.join(format!("comanda.{}", name.to_lowercase())));
    let path = match (&given, named) {
        (Some(_), Some(_)) => return Err(SecretError::Twice { name }),
        (Some(_), None) => return Ok(()),
        (None, Some(path)) => path.to_owned(),
        (None, None) => match credential.filter(|path| path.exists()) {
            Some(path) => path,
            None => return Ok(()),
        },
    };
    let text = read(&path).map_err(|source| SecretError::File { name, path: path.clone(), source })?;
    *given = Some(text.trim().parse().map_err(|why| SecretError::Content { name, path, why })?);
    Ok(())
}

fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(BYTES_MAX + 1).read_to_string(&mut text)?;
    if text.len() as u64 > BYTES_MAX {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("it is longer than {BYTES_MAX} bytes"),
        ));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::config::DatabaseUrl;

    const NAME: &str = "DATABASE_URL";

    fn folder() -> PathBuf {
        let folder = std::env::temp_dir().join(format!("comanda-secrets-{:016x}", rand::random::<u64>()));
        fs::create_dir(&folder).expect("a folder");
        folder
    }

    fn host(given: Option<&DatabaseUrl>) -> Option<&str> {
        given.map(|url| url.0.get_host())
    }

    #[test]
    fn a_named_file_comes_before_a_credential_and_a_setting_before_both() {
        let folder = folder();
        fs::write(folder.join("comanda.database_url"), "postgres://me:secret@credential/db\n")
            .expect("a file");
        let file = folder.join("named");
        fs::write(&file, "  postgres://me:secret@file/db\n").expect("a file");
        let mut url = None;
        one::<DatabaseUrl>(NAME, &mut url, None, Some(&folder)).expect("a credential");
        assert_eq!(host(url.as_ref()), Some("credential"));
        one(NAME, &mut url, None, Some(&folder)).expect("it stays");
        assert_eq!(host(url.as_ref()), Some("credential"));
        let twice = one(NAME, &mut url, Some(&file), Some(&folder)).expect_err("twice").to_string();
        assert!(twice.contains(NAME) && !twice.contains("secret"), "{twice}");
        url = None;
        one(NAME, &mut url, Some(&file), Some(&folder)).expect("a file");
        assert_eq!(host(url.as_ref()), Some("file"));
        url = None;
        one(NAME, &mut url, None, Some(Path::new("/nowhere"))).expect("a credential may be missing");
        assert!(url.is_none());
        fs::remove_dir_all(folder).expect("no folder");
    }

    #[test]
    fn what_is_wrong_is_said_without_the_secret() {
        let folder = folder();
        let file = folder.join("named");
        for (content, word) in [("mysql://me:secret@host/db", "postgres"), (&"secret".repeat(1000), "read")] {
            fs::write(&file, content).expect("a file");
            let mut url: Option<DatabaseUrl> = None;
            let refused = one(NAME, &mut url, Some(&file), None).expect_err("refused");
            let words = format!("{refused} {refused:?}");
            assert!(words.contains(word) && words.contains("named") && !words.contains("secret@"), "{words}");
            assert!(!words.contains("secretsecret") && url.is_none(), "{words}");
        }
        let missing =
            one::<DatabaseUrl>(NAME, &mut None, Some(&folder.join("no")), None).expect_err("missing");
        assert!(missing.to_string().contains(NAME), "{missing}");
        fs::remove_dir_all(folder).expect("no folder");
    }
}
