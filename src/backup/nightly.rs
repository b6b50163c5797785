//! The dump of every night, made by the program that holds the private database, in a task of its own: PostgreSQL's
//! programs do the work, and no request waits for them. Of several processes one does it: who comes second finds the
//! lock taken, or the dump made.

use std::path::PathBuf;
use std::time::Duration;

use sqlx::PgPool;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use super::error::{BackupError, While as _};
use super::{dump, place::Place, shelf};
use crate::clock::Clock;
use crate::store;

/// How often it is asked whether a night is over.
const LOOK_EVERY: Duration = Duration::from_mins(1);
/// After a dump that failed. Trying it every minute would do the machine no good.
const RETRY_AFTER: Duration = Duration::from_hours(1);

/// What a night's dump needs to know.
pub struct Nightly {
    /// Which database.
    pub place: Place,
    /// The serving pool: for the question whether it is time.
    pub db: PgPool,
    /// The house's clock.
    pub clock: Clock,
    /// Where dumps lie.
    pub folder: PathBuf,
    /// How many stay.
    pub kept: usize,
    /// So long after the business day's cut-off, of the first restaurant where there are several.
    pub after_cut_off_min: u32,
    /// So long after the start, at the earliest: opening a house comes first.
    pub catch_up: Duration,
}

impl Nightly {
    /// Makes a dump every night, and soon after the start where a night was missed; never ends by itself.
    pub async fn keep(self) {
        sleep(self.catch_up).await;
        loop {
            let wait = match self.look().await {
                Ok(()) | Err(BackupError::UnderWay) => LOOK_EVERY,
                Err(err) => {
                    let (error, retry) = (&err as &dyn std::error::Error, RETRY_AFTER);
                    tracing::error!(error, ?retry, "there is no good dump of this night; it is tried again");
                    RETRY_AFTER
                }
            };
            sleep(wait).await;
        }
    }

    async fn look(&self) -> Result<(), BackupError> {
        let now = self.clock.now();
        if !store::backups::is_due(&self.db, now, self.after_cut_off_min).await? {
            return Ok(());
        }
        shelf::make(&self.folder)?;
        let made = dump::make(&self.place, &self.folder, now).await?;
        let (path, bytes, proof) = (made.path, made.backup.bytes, made.backup.proof.words());
        tracing::info!(?path, bytes, proof, "the night's dump is made");
        let (folder, kept) = (self.folder.clone(), self.kept);
        let gone = spawn_blocking(move || shelf::keep_newest(&folder, kept)).await;
        gone.map_err(|_| BackupError::Interrupted)?.while_trying("remove old dumps in", &self.folder)?;
        Ok(())
    }
}
