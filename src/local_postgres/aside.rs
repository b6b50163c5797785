//! Data that this machine's programs cannot open, put out of the way so that new data can be made; and back again.

use std::fs;
use std::path::PathBuf;

use super::error::{LocalPostgresError, While};
use super::lock::Lock;
use super::site::Site;
use super::{Wanted, cluster, find_programs, server};

/// Data that was put aside.
#[derive(Debug)]
#[must_use = "what was put aside is put back where the new data does not come about"]
pub struct Aside {
    cluster: PathBuf,
    to: PathBuf,
}

/// Puts the data aside as `postgres-15.old`, if it was written by a major version that is not on this machine; else
/// nothing is done.
pub async fn put_aside(wanted: &Wanted) -> Result<Option<Aside>, LocalPostgresError> {
    let site = Site::choose(wanted).await?;
    let _lock = match Lock::take(&site)? {
        Ok(lock) => lock,
        Err(holder) => return Err(holder.refusal(&site.data)),
    };
    match find_programs(&site, wanted).await {
        Err(LocalPostgresError::OtherMajor { .. }) => {}
        Ok(_) => return Ok(None),
        Err(err) => return Err(err),
    }
    let Some(major) = cluster::major(&site.cluster())? else { return Ok(None) };
    // A server whose programs went away under it may still run.
    if let Some(server) = server::running(&site).await? {
        server.stop(&site).await?;
    }
    let aside = Aside { cluster: site.cluster(), to: site.data.join(format!("postgres-{major}.old")) };
    if aside.to.exists() {
        return Err(LocalPostgresError::AsideTaken { folder: aside.to });
    }
    fs::rename(&aside.cluster, &aside.to).while_trying("rename", &aside.cluster)?;
    Ok(Some(aside))
}

impl Aside {
    /// Where it is now.
    pub fn folder(&self) -> &std::path::Path {
        &self.to
    }

    /// Puts it back in the place of what was made instead of it.
    pub fn put_back(self) -> Result<(), LocalPostgresError> {
        if self.cluster.exists() {
            fs::remove_dir_all(&self.cluster).while_trying("remove", &self.cluster)?;
        }
        fs::rename(&self.to, &self.cluster).while_trying("rename", &self.to)
    }
}
