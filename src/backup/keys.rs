//! The files without which a database is worth less: the key of the PINs, and the authority that devices trust. They make
//! a second file, because whoever has both a dump and the key can try out all PINs.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::error::{BackupError, While as _};
use super::shelf;

/// What is kept, below the data folder. Nothing else is ever written by a file of keys.
const KEPT: [&str; 4] = ["pin.key", "lan/ca.pem", "lan/ca.key", "lan/ca.json"];
/// Keys of one name that were put aside, at most: the last of them is written over.
const ASIDE_MAX: u32 = 100;
/// A file of keys, at most.
const BYTES_MAX: u64 = 256 * 1024;

/// Writes the keys of a data folder into one new file that only this user can read. Answers which were there.
pub fn save(data: &Path, to: &Path) -> Result<Vec<&'static str>, BackupError> {
    if to.exists() {
        return Err(BackupError::Taken(to.to_owned()));
    }
    let mut keys = BTreeMap::new();
    for name in KEPT {
        let path = data.join(name);
        if path.exists() {
            keys.insert(name, fs::read_to_string(&path).while_trying("read", &path)?);
        }
    }
    let mut part = to.to_owned().into_os_string();
    part.push(".part");
    let part = PathBuf::from(part);
    let mut file = shelf::private(&part)?;
    let text =
        serde_json::to_string_pretty(&keys).map_err(std::io::Error::other).while_trying("write", to)?;
    writeln!(file, "{text}").while_trying("write", &part)?;
    shelf::publish(&part, to)?;
    Ok(keys.into_keys().collect())
}

/// Brings keys back. What is there and differs is put aside, never overwritten. Answers what was written.
pub fn bring_back(from: &Path, data: &Path) -> Result<Vec<String>, BackupError> {
    let no_keys = |why: &str| BackupError::NoKeys { path: from.to_owned(), why: why.to_owned() };
    if fs::metadata(from).while_trying("find", from)?.len() > BYTES_MAX {
        return Err(no_keys("it is too long"));
    }
    let text = fs::read_to_string(from).while_trying("read", from)?;
    let keys: BTreeMap<String, String> = serde_json::from_str(&text)
        .map_err(|_| no_keys("it is not what comanda backup --with-keys writes"))?;
    if let Some(stranger) = keys.keys().find(|name| !KEPT.contains(&name.as_str())) {
        return Err(no_keys(&format!("{stranger:?} is no key")));
    }
    let mut written = Vec::new();
    for (name, key) in keys {
        let path = data.join(&name);
        if fs::read_to_string(&path).is_ok_and(|there| there == key) {
            continue;
        }
        if path.exists() {
            put_aside(&path)?;
        }
        let folder = path.parent().unwrap_or(data);
        shelf::make(folder)?;
        let mut file = shelf::private(&path)?;
        file.write_all(key.as_bytes()).and_then(|()| file.sync_all()).while_trying("write", &path)?;
        written.push(name);
    }
    Ok(written)
}

fn put_aside(path: &Path) -> Result<(), BackupError> {
    let aside =
        (0..ASIDE_MAX).map(|n| path.with_extension(format!("before-{n}"))).find(|aside| !aside.exists());
    let aside = aside.unwrap_or_else(|| path.with_extension("before"));
    fs::rename(path, &aside).while_trying("put aside", path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn folder() -> PathBuf {
        let folder = std::env::temp_dir().join(format!("comanda-keys-{:016x}", rand::random::<u64>()));
        fs::create_dir(&folder).expect("a folder");
        folder
    }

    #[test]
    fn keys_come_back_and_what_was_there_is_put_aside() {
        let (old, new) = (folder(), folder());
        fs::create_dir(old.join("lan")).expect("a folder");
        fs::write(old.join("pin.key"), "first\n").expect("a key");
        fs::write(old.join("lan/ca.key"), "second\n").expect("a key");
        let file = old.join("house.keys");
        assert_eq!(save(&old, &file).expect("a file"), ["lan/ca.key", "pin.key"]);
        assert_eq!(fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o600);
        assert!(matches!(save(&old, &file), Err(BackupError::Taken(_))));

        fs::write(new.join("pin.key"), "another\n").expect("a key");
        assert_eq!(bring_back(&file, &new).expect("keys"), ["lan/ca.key", "pin.key"]);
        let read = |name: &str| fs::read_to_string(new.join(name)).expect("a key");
        assert_eq!(
            [read("pin.key"), read("lan/ca.key"), read("pin.before-0")],
            ["first\n", "second\n", "another\n"]
        );
        assert!(bring_back(&file, &new).expect("nothing to do").is_empty());
        for folder in [old, new] {
            fs::remove_dir_all(folder).expect("no folder");
        }
    }

    #[test]
    fn a_file_of_keys_writes_nothing_but_keys() {
        let folder = folder();
        let file = folder.join("house.keys");
        for (text, word) in [(r#"{"../../etc/passwd": "x"}"#, "is no key"), ("PGDMP", "comanda backup")] {
            fs::write(&file, text).expect("a file");
            let words = bring_back(&file, &folder).expect_err("refused").to_string();
            assert!(words.contains(word), "{words}");
        }
        assert_eq!(fs::read_dir(&folder).expect("a folder").count(), 1);
        fs::remove_dir_all(folder).expect("no folder");
    }
}
