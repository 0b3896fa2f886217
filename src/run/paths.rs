//! Where things lie in a run directory.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::captures::PACKED;
use crate::error::{Error, Result};

/// The places in a run directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    root: PathBuf,
}

impl Paths {
    /// The places under `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The directory itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The resolved configuration.
    pub fn config(&self) -> PathBuf {
        self.root.join("config.toml")
    }

    /// The fingerprint of the file that the data came from.
    pub fn fingerprint(&self) -> PathBuf {
        self.root.join("data.json")
    }

    /// The fingerprint of the file that the targets came from, where that is another.
    pub fn targets_fingerprint(&self) -> PathBuf {
        self.root.join("targets.json")
    }

    /// The folder with a copy of that file, and in `targets/` of the other.
    pub fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    /// Losses and accuracies by epoch.
    pub fn metrics(&self) -> PathBuf {
        self.root.join("metrics.csv")
    }

    /// Gradient norms by epoch and parameter.
    pub fn gradient_norms(&self) -> PathBuf {
        self.root.join("gradients.csv")
    }

    /// Seconds by epoch.
    pub fn timing(&self) -> PathBuf {
        self.root.join("timing.csv")
    }

    /// What resuming after an epoch needs.
    pub fn checkpoint(&self, epoch: usize) -> PathBuf {
        self.epoch_file("checkpoint", epoch)
    }

    /// The checkpoint with the lowest loss.
    pub fn best_checkpoint(&self) -> PathBuf {
        self.root.join("checkpoint").join("best.safetensors")
    }

    /// The epochs that have a checkpoint, ascending; none where there is no such folder.
    ///
    /// # Errors
    /// [`Error::Io`] where the directory can't be read.
    pub fn checkpoints(&self) -> Result<Vec<usize>> {
        if self.root.join("checkpoint").exists() {
            self.epochs_in("checkpoint")
        } else {
            Ok(Vec::new())
        }
    }

    /// The weights after an epoch; 0 is the initial network.
    pub fn weights(&self, epoch: usize) -> PathBuf {
        self.epoch_file("weights", epoch)
    }

    /// The captured activations after an epoch.
    pub fn activations(&self, epoch: usize) -> PathBuf {
        self.epoch_file("activations", epoch)
    }

    /// The captured gradients of an epoch's last batch.
    pub fn gradients(&self, epoch: usize) -> PathBuf {
        self.epoch_file("gradients", epoch)
    }

    fn epoch_file(&self, folder: &str, epoch: usize) -> PathBuf {
        self.root
            .join(folder)
            .join(format!("epoch-{epoch:06}.safetensors"))
    }

    /// The epochs that have a file in `weights`, ascending.
    ///
    /// # Errors
    /// [`Error::Io`] where the directory can't be read.
    pub fn epochs(&self) -> Result<Vec<usize>> {
        self.epochs_in("weights")
    }

    /// Every file that belongs to an epoch after this one.
    ///
    /// # Errors
    /// [`Error::Io`] where a directory can't be read.
    pub fn after(&self, epoch: usize) -> Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for folder in ["weights", "activations", "gradients", "checkpoint"] {
            if self.root.join(folder).exists() {
                let later = self.epochs_in(folder)?.into_iter().filter(|&at| at > epoch);
                let plain = later.map(|later| self.epoch_file(folder, later));
                let both = plain.flat_map(|path| [path.with_extension(PACKED), path]);
                files.extend(both.filter(|path| path.exists()));
            }
        }
        Ok(files)
    }

    fn epochs_in(&self, folder: &str) -> Result<Vec<usize>> {
        let folder = self.root.join(folder);
        let mut epochs = Vec::new();
        for entry in fs::read_dir(&folder).map_err(Error::io(&folder, "read"))? {
            let name = entry.map_err(Error::io(&folder, "read"))?.file_name();
            let epoch = name.to_str().and_then(|name| {
                let (epoch, extension) = name.strip_prefix("epoch-")?.split_once('.')?;
                let known = extension == "safetensors" || extension == PACKED;
                known.then(|| epoch.parse::<usize>().ok())?
            });
            epochs.extend(epoch);
        }
        epochs.sort_unstable();
        epochs.dedup();
        Ok(epochs)
    }

    /// Removes what a process that was killed in the middle of writing left beside its files. Only for whoever holds the
    /// lock; files that can't be removed stay.
    #[cfg(feature = "train")]
    pub(super) fn sweep(&self) {
        for folder in [
            "",
            "data",
            "weights",
            "activations",
            "gradients",
            "checkpoint",
        ] {
            let entries = fs::read_dir(self.root.join(folder)).into_iter().flatten();
            for entry in entries.flatten() {
                let name = entry.file_name();
                let name = name.to_string_lossy();
                if name.starts_with('.') && name.ends_with(".partial") {
                    let _ = fs::remove_file(entry.path());
                }
            }
        }
    }

    /// Keeps other processes from training into this directory. Released when the file is dropped, or by the system
    /// when the process ends in whatever way.
    ///
    /// # Errors
    /// [`Error::Invalid`] where another process holds it, [`Error::Io`] where it can't be created.
    pub fn lock(&self) -> Result<File> {
        let path = self.root.join("lock");
        let file = File::create(&path).map_err(Error::io(&path, "create"))?;
        for _ in 0..20 {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                // While another thread is starting a program, that process shares for a moment a lock that this one gave up.
                Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(25)),
                Err(TryLockError::Error(source)) => return Err(Error::io(&path, "lock")(source)),
            }
        }
        Err(Error::invalid(
            self.root.display().to_string(),
            "another process is training this run",
            "wait until it is done, or choose another directory with --out",
        ))
    }
}
