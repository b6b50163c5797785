//! Dumps: made and proved, and brought back. What they are is `backup`'s business; here it is said to whoever asked.

use std::path::PathBuf;

use super::Failure;
use crate::backup::{self, Place, Restored, Wish, shelf};
use crate::clock::Clock;
use crate::config::Settings;
use crate::domain::backup::{Backup, Proof};

/// `comanda backup [FILE|DIR]`.
pub async fn backup(settings: &Settings, to: Option<PathBuf>, with_keys: bool) -> Result<(), Failure> {
    let (place, private) = Place::beside(settings).await?;
    let done = async {
        let shelf = shelf::folder(settings, place.data());
        if to.is_none() {
            shelf::make(&shelf)?;
        }
        let made = backup::make(&place, to.as_deref().unwrap_or(&shelf), Clock::System.now()).await?;
        let keys = made.path.with_extension("keys");
        let saved = if with_keys { backup::save_keys(place.data(), &keys)? } else { Vec::new() };
        if to.is_none() && settings.backups_kept > 0 {
            shelf::keep_newest(&shelf, settings.backups_kept as usize)?;
        }
        Ok::<_, Failure>((made, keys, saved))
    }
    .await;
    if let Some(private) = private {
        private.stop().await?;
    }
    let (made, keys, saved) = done?;
    let Backup { bytes, proof, .. } = made.backup;
    println!("{}: {bytes} bytes, {}.", made.path.display(), proof.words());
    if proof == Proof::Read {
        println!(
            "To have it restored and counted, the owner has to be allowed to make a database: alter role ... createdb."
        );
    }
    if !made.told {
        println!("The database's schema is an earlier one: the status page will not show this dump.");
    }
    if with_keys {
        println!("{}: {}. Keep it where the dump is not.", keys.display(), saved.join(", "));
    } else {
        let key = place.data().join("pin.key");
        println!("The key of the PINs is not in it: keep {} too, or say --with-keys.", key.display());
    }
    Ok(())
}

/// `comanda restore FILE`.
pub async fn restore(settings: &Settings, wish: &Wish) -> Result<(), Failure> {
    let Restored { holds, before, aside, keys } =
        backup::restore(settings, wish, Clock::System.now()).await?;
    match holds {
        Some(held) => println!("The database holds {} again, with {} orders.", held.house, held.orders),
        None => println!("The database holds no restaurant, as the dump has it."),
    }
    if let Some(before) = before {
        println!("What it held before is the database {before} on the same server.");
    }
    if let Some(aside) = aside {
        println!("The old data lies in {}.", aside.display());
    }
    if !keys.is_empty() {
        println!("Keys were written: {}.", keys.join(", "));
    }
    println!("Every screen will start over.");
    Ok(())
}
