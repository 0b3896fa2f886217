//! A run directory for training that did not happen in one: `foldspace play` saves what it holds.

use std::fs;
use std::path::PathBuf;

use super::kept::Taken;
use super::session::provenance;
use super::{Checkpoint, Paths, Run, keep, record};
use crate::config::Config;
use crate::data::Source;
use crate::data::split::Split;
use crate::device::Backend;
use crate::error::{Error, Result};
use crate::train::{EpochReport, Trainer};

/// What is written about training that happened elsewhere.
#[derive(Debug)]
pub(crate) struct Played<'a> {
    /// The configuration that training goes on with; its file of data, if any, is copied.
    pub config: &'a Config,
    /// Its data.
    pub split: &'a Split,
    /// The backend that trained it.
    pub backend: Backend,
    /// An entry per epoch, from the first, and when it was done (seconds since 1970).
    pub reports: Vec<(EpochReport, f64)>,
}

/// Writes a run directory: its tables, the weights of the epochs of `trainers` (ascending, the last after the last epoch),
/// a checkpoint to resume from, and the configuration last. The directory must not exist.
///
/// # Errors
/// [`Error::Io`] where it can't be written, [`Error::Invalid`] where the data have changed or there is something already.
pub(crate) fn write(
    path: impl Into<PathBuf>,
    played: &Played<'_>,
    trainers: impl Iterator<Item = Result<Trainer>>,
) -> Result<()> {
    let paths = Paths::new(path);
    let root = paths.root().to_path_buf();
    if let Some(parent) = root.parent() {
        fs::create_dir_all(parent).map_err(Error::io(parent, "create the directory"))?;
    }
    fs::create_dir(&root).map_err(Error::io(&root, "create the directory"))?;
    let _lock = paths.lock()?;
    let mut config = played.config.clone();
    // A table from the page lies in a folder that will be gone; the copy beside the configuration is what it names.
    if let Source::File { path, .. } = &mut config.data.source
        && let Some(name) = path.file_name()
    {
        let bytes = fs::read(&path).map_err(Error::io(&path, "read"))?;
        let copy = root.join(name);
        crate::file::write(&copy, &bytes)?;
        *path = std::path::absolute(&copy).map_err(Error::io(&copy, "find"))?;
    }
    let taken = Taken::before_reading(&config.data, &root)?;
    taken.check()?;
    taken.write(&paths)?;
    for (report, at) in &played.reports {
        record::epoch_at(&paths, report, *at)?;
    }
    config.provenance = Some(provenance(played.backend));
    let run = Run {
        paths,
        config: config.clone(),
    };
    let mut last = None;
    for trainer in trainers {
        let trainer = trainer?;
        let (model, parameters) = (trainer.model(), trainer.parameters());
        record::network(&run, played.split, &trainer, model, parameters)?;
        last = Some(trainer.state());
    }
    let state = last.ok_or_else(|| {
        Error::invalid(
            root.display().to_string(),
            "there is no network to save",
            "train an epoch first",
        )
    })?;
    let checkpoint = Checkpoint {
        config,
        state,
        best: None,
    };
    keep::write(&run.paths, &checkpoint)?;
    // Last, so that whatever has a configuration can be resumed.
    let text = checkpoint.config.to_toml();
    crate::file::write_lasting(&run.paths.config(), text.as_bytes())
}
