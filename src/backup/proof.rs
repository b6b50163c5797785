//! What makes a dump good: it is ours, it is whole, and what comes out of it is what went in.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;
use std::process::Stdio;

use sqlx::{ConnectOptions as _, Connection as _};

use super::error::{BackupError, Doing as _, While as _};
use super::place::Place;
use super::tools::{pg_restore, reach, run};
use crate::store::databases::{self, Counts};
use crate::store::migrations;

/// How a file of `pg_dump -Fc` begins.
const MAGIC: &[u8] = b"PGDMP";

/// Reads a dump from its first byte to its last, and refuses one that is empty, cut short or of something else. Answers
/// the newest migration in it, which may be a newer build's: an older one goes on with its schema, and dumps it too.
pub async fn read_through(place: &Place, dump: &Path) -> Result<i64, BackupError> {
    let no_dump = |why: String| BackupError::NoDump { path: dump.to_owned(), why };
    let is_file = fs::metadata(dump).while_trying("find", dump)?.is_file();
    if !is_file {
        return Err(no_dump("is no file".to_owned()));
    }
    let mut begins = Vec::new();
    let reading = File::open(dump).and_then(|file| file.take(MAGIC.len() as u64).read_to_end(&mut begins));
    reading.while_trying("read", dump)?;
    match begins.as_slice() {
        [] => return Err(no_dump("is empty".to_owned())),
        MAGIC => {}
        begun if MAGIC.starts_with(begun) => return Err(no_dump("is cut short".to_owned())),
        _ => return Err(no_dump("is no dump that comanda backup wrote".to_owned())),
    }
    // Whatever stands in it is unpacked here, so what is missing at its end, or damaged in between, is found.
    let mut reading = pg_restore(place, dump)?;
    reading.args(["--file=/dev/null"]);
    match run(reading, "pg_restore", dump).await {
        Ok(_) => {}
        Err(BackupError::Tool { said, .. }) => {
            // A damaged length sends the reader past the end: from here that looks like a file that was cut.
            let cut = said.contains("end of file");
            let what = if cut { "is cut short or damaged" } else { "is damaged" };
            return Err(no_dump(format!("{what} ({said})")));
        }
        Err(err) => return Err(err),
    }
    let versions = schema_of(place, dump).await?;
    let (first, _) = migrations::versions();
    let newest = versions.iter().max().copied().filter(|_| versions.contains(&first));
    newest.ok_or_else(|| no_dump("is a dump of something else than Comanda".to_owned()))
}

/// The migrations that stand in a dump.
async fn schema_of(place: &Place, dump: &Path) -> Result<Vec<i64>, BackupError> {
    let mut asking = pg_restore(place, dump)?;
    asking.args(["--data-only", "--table=_sqlx_migrations", "--file=-"]).stdout(Stdio::piped());
    let rows = run(asking, "pg_restore", dump).await?;
    let rows = String::from_utf8_lossy(&rows);
    let rows = rows.lines().skip_while(|line| !line.starts_with("COPY ")).skip(1);
    Ok(rows.map_while(|row| row.split('\t').next()?.parse().ok()).collect())
}

/// Restores a dump into a database of its own, counts what came out of it against what went in, and drops it again.
pub async fn restore_and_count(place: &Place, dump: &Path, counts: &Counts) -> Result<(), BackupError> {
    let mut maker = place.as_maker().await?;
    let prefix = format!("{}_proof_", place.database);
    databases::sweep(&mut maker, &prefix).await.while_doing("drop what an interrupted proof had made")?;
    let scratch = format!("{prefix}{:08x}", rand::random::<u32>());
    let proved = async {
        fill_new(place, &scratch, dump, true).await?;
        let mut db = place.dumper.clone().database(&scratch).connect().await.while_doing("be reached")?;
        let restored = databases::count(&mut db).await.while_doing("count what came back")?;
        db.close().await.while_doing("be left")?;
        compare(counts, &restored)
    }
    .await;
    let dropped = databases::drop(&mut maker, &scratch).await.while_doing("drop the proof");
    proved.and(dropped)
}

fn compare(dumped: &Counts, restored: &Counts) -> Result<(), BackupError> {
    for (table, &dumped) in dumped {
        let restored = restored.get(table).copied().unwrap_or_default();
        if restored != dumped {
            return Err(BackupError::Differs { table: table.clone(), dumped, restored });
        }
    }
    Ok(())
}

/// Makes a database beside ours and fills it from a dump. `hasty`: it will be thrown away.
pub(super) async fn fill_new(place: &Place, name: &str, dump: &Path, hasty: bool) -> Result<(), BackupError> {
    let mut maker = place.as_maker().await?;
    let created = databases::create_like(&mut maker, &place.database, name, place.owner_role()).await;
    created.while_doing("make a database beside the old one")?;
    let mut filling = pg_restore(place, dump)?;
    // Roles may have other names here: what comes back is the owner's, and the program's rights are given out anew.
    filling.args(["--no-owner", "--no-acl", "--exit-on-error", "--single-transaction", "--dbname"]).arg(name);
    if place.dumper.get_username() != place.owner_role() {
        filling.arg("--role").arg(place.owner_role());
    }
    reach(&mut filling, &place.dumper);
    if hasty {
        filling.env("PGOPTIONS", "-c synchronous_commit=off");
    }
    run(filling, "pg_restore", dump).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_did_not_come_back_is_named() {
        let dumped = Counts::from([("audit".to_owned(), 7), ("orders".to_owned(), 3)]);
        assert!(compare(&dumped, &dumped).is_ok());
        let restored = Counts::from([("audit".to_owned(), 7)]);
        let words = compare(&dumped, &restored).expect_err("orders are missing").to_string();
        assert!(words.contains("orders had 3 rows, and 0 came back"), "{words}");
    }
}
