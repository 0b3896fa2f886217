//! Writing rows: a file that belongs to one process, a line per run that has ended.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::process::unique;
use super::rows;
use super::{Identity, Outcome, Shard, Trial};
use crate::error::{Error, Result};

/// The directory of rows files, in that of the sweep.
pub const ROWS: &str = "shards";

/// A rows file that this process writes. Nobody else does, so there is no lock, and a process that is killed leaves whole lines
/// and at most one torn one.
#[derive(Debug)]
pub struct Recorder {
    path: PathBuf,
    file: Mutex<File>,
    identity: Identity,
}

impl Recorder {
    /// Creates the file and writes its header.
    ///
    /// # Errors
    /// [`Error::Io`] where it can't be created.
    pub fn create(directory: &Path, identity: &Identity, shard: Shard) -> Result<Self> {
        let folder = directory.join(ROWS);
        fs::create_dir_all(&folder).map_err(Error::io(&folder, "create the directory"))?;
        let name = format!("{}-of-{}.{}.csv", shard.index, shard.count, unique());
        let path = folder.join(name);
        let file = OpenOptions::new().create_new(true).append(true).open(&path);
        let mut file = file.map_err(Error::io(&path, "create"))?;
        file.write_all(rows::header(identity).as_bytes())
            .map_err(Error::io(&path, "write"))?;
        Ok(Self {
            path,
            file: Mutex::new(file),
            identity: identity.clone(),
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a run's line, in one write.
    ///
    /// # Errors
    /// [`Error::Io`] where it can't be written.
    pub fn record(&self, run: usize, trial: &Trial, backend: &str) -> Result<()> {
        let outcome = Outcome::new(trial);
        let curve = match self.identity.curves() {
            true => &trial.curve[..],
            false => &[],
        };
        let line = rows::line(&self.identity, run, &outcome, backend, curve);
        let mut file = self
            .file
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        file.write_all(line.as_bytes())
            .map_err(Error::io(&self.path, "write"))
    }

    /// Forces what was written onto the disk.
    ///
    /// # Errors
    /// [`Error::Io`] where that fails.
    pub fn finish(self) -> Result<()> {
        let file = self
            .file
            .into_inner()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        file.sync_all().map_err(Error::io(&self.path, "write"))
    }
}
