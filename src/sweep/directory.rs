//! The directory that a sweep is written to.

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind};
use std::path::{Path, PathBuf};

use super::recorder::ROWS;
use super::{gather, identity};
use crate::error::{Error, Result};

/// What is made of the rows, `runs.csv` apart.
const RESULTS: [&str; 12] = [
    "summary.csv",
    "curves.csv",
    "curves.svg",
    "curves.png",
    "accuracy.svg",
    "accuracy.png",
    "loss.svg",
    "loss.png",
    "heat.svg",
    "heat.png",
    "settings.svg",
    "settings.png",
];

/// A directory that can be written to, created where it was missing. Dropped before it was filled, it removes what it
/// created.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    /// The directories that were created, the outermost first.
    created: Vec<PathBuf>,
}

impl Directory {
    /// Creates the directory, so that a place that can't be written to is known before hours of training.
    ///
    /// # Errors
    /// [`Error::Io`] where the directory can't be created.
    pub fn create(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        let missing = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
        let mut created: Vec<PathBuf> = path
            .ancestors()
            .take_while(missing)
            .map(Path::to_path_buf)
            .collect();
        created.reverse();
        fs::create_dir_all(&path).map_err(Error::io(&path, "create the directory"))?;
        Ok(Self { path, created })
    }

    /// One that is there.
    ///
    /// # Errors
    /// [`Error::Invalid`] where it is not.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        if !path.is_dir() {
            return Err(Error::invalid(
                path.display().to_string(),
                "there is no such directory",
                "give the --out of the sweep",
            ));
        }
        Ok(Self {
            path,
            created: Vec::new(),
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether tables of a sweep are here.
    pub fn has_results(&self) -> bool {
        self.path.join("runs.csv").exists()
    }

    /// Whether it says which sweep it holds: a process has begun one here.
    pub fn has_identity(&self) -> bool {
        self.path.join(identity::FILE).exists()
    }

    /// Whether a run of any sweep may be here, by its rows or by the tables.
    ///
    /// # Errors
    /// [`Error::Io`] where that can't be seen.
    pub fn has_runs(&self) -> Result<bool> {
        // A line behind the header; what can't be read may be anything.
        let filled = |path: &PathBuf| match fs::File::open(path) {
            Ok(file) => BufReader::new(file).split(b'\n').nth(1).is_some(),
            Err(_) => true,
        };
        Ok(self.has_results() || gather::files(&self.path)?.iter().any(filled))
    }

    /// Keeps the directory, filled or not.
    pub fn keep(&mut self) {
        self.created.clear();
    }

    /// Removes a sweep's tables and pictures and no other file, `runs.csv` first: half a sweep must not look like one.
    ///
    /// # Errors
    /// [`Error::Io`] where a file can't be removed.
    pub fn clear_results(&mut self) -> Result<()> {
        self.keep();
        let names = std::iter::once("runs.csv").chain(RESULTS);
        names
            .map(|name| self.path.join(name))
            .try_for_each(|file| remove(&file))
    }

    /// Removes a sweep, its rows included, and no other file. For a process that is alone here: shards never do this.
    ///
    /// # Errors
    /// [`Error::Io`] where a file can't be removed.
    pub fn clear(&mut self) -> Result<()> {
        self.clear_results()?;
        for file in gather::files(&self.path)? {
            remove(&file)?;
        }
        // With files that are not ours in it, it stays.
        let _ = fs::remove_dir(self.path.join(ROWS));
        remove(&self.path.join(identity::FILE))
    }
}

fn remove(file: &Path) -> Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::io(file, "remove")(error)),
        _ => Ok(()),
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // Only empty directories can be removed this way, and nothing is lost with those.
        for folder in self.created.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}
