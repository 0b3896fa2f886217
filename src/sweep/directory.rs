//! The directory that a sweep is written to.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Files that a sweep writes, `runs.csv` apart.
const FILES: [&str; 11] = [
    "sweep.toml",
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
    /// [`Error::Invalid`] where a sweep is there already and is not to be replaced, [`Error::Io`] where the directory
    /// can't be created.
    pub fn create(path: impl Into<PathBuf>, overwrite: bool) -> Result<Self> {
        let path = path.into();
        if !overwrite && path.join("runs.csv").exists() {
            return Err(Error::invalid(
                path.display().to_string(),
                "there is a sweep here already",
                "replace it with --overwrite, or choose another directory with --out",
            ));
        }
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

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Removes an earlier sweep's files and no others, `runs.csv` first: half a sweep must not look like one.
    ///
    /// # Errors
    /// [`Error::Io`] where a file can't be removed.
    pub(super) fn clear(&mut self) -> Result<()> {
        self.created.clear();
        for file in std::iter::once("runs.csv").chain(FILES) {
            let file = self.path.join(file);
            match fs::remove_file(&file) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Error::io(file, "remove")(error));
                }
                _ => {}
            }
        }
        Ok(())
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
