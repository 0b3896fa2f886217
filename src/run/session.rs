//! Training into a run directory.

use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use super::keep::Which;
use super::kept::Taken;
use super::{Checkpoint, Paths, Run, keep, log, record};
use crate::config::{Config, Provenance};
use crate::data::Dataset;
use crate::data::split::Split;
use crate::device::{self, Backend};
use crate::error::{Error, Result};
use crate::model::Mlp;
use crate::train::{EpochMetrics, EpochReport, Trainer};

/// Burn's version, for the record; a test compares it with `Cargo.lock`.
pub const BURN_VERSION: &str = "0.22.1";

/// A network in training, and the directory that keeps what it yields.
#[derive(Debug)]
pub struct Session {
    run: Run,
    trainer: Trainer,
    split: Split,
    /// Why `auto` chose its backend, if it did.
    choice: Option<String>,
    /// What else the user should know.
    notes: Vec<String>,
    /// The epoch of the newest checkpoint.
    checkpointed: usize,
    /// The epoch of the best checkpoint, and its loss.
    best: Option<(usize, f64)>,
    /// Held until the session ends.
    _lock: File,
}

/// How training ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All epochs are done.
    Finished,
    /// The loss has not improved for as many epochs as `[train.early_stopping]` allows.
    StoppedEarly {
        /// Epochs done.
        epoch: usize,
        /// The best of them.
        best: usize,
    },
    /// It was asked to stop after this epoch; [`Session::resume`] goes on.
    Stopped {
        /// Epochs done.
        epoch: usize,
    },
}

/// How a run is to go on; by default from its newest checkpoint, to its last epoch, on its own backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Resume {
    /// More epochs than it was to have.
    pub epochs: Option<usize>,
    /// Another backend; the numbers then agree within rounding with those of a run that never stopped.
    pub backend: Option<Backend>,
    /// A checkpoint other than the newest.
    pub from: Option<Which>,
}

impl Session {
    /// Starts a run in a new directory; with `overwrite`, a run that is there is replaced.
    ///
    /// # Errors
    /// [`Error::Invalid`] where configuration and data do not fit or the directory holds a run, [`Error::Backend`]
    /// where the backend can't be used, [`Error::Io`] where the directory can't be written.
    pub fn create(
        config: &Config,
        path: impl Into<PathBuf>,
        backend: Backend,
        overwrite: bool,
    ) -> Result<Self> {
        let paths = Paths::new(path);
        let mut config = config.resolved();
        config.validate()?;
        let taken = Taken::before_reading(&config.data, paths.root())?;
        let split = config.data.load_split(config.seed, paths.root())?;
        taken.check()?;
        crate::train::check(&config.train, &config.model, &split.train)?;
        config.capture.check(&split)?;
        let (backend, choice) = choose(&config, &split, backend);
        let device = device::open(backend)?;
        let trainer = config.trainer(&split, &device)?;

        let root = paths.root();
        fs::create_dir_all(root).map_err(Error::io(root, "create the directory"))?;
        // Before anything is looked at: what is there can change until then.
        let lock = paths.lock()?;
        let files = [
            paths.config(),
            paths.metrics(),
            paths.gradient_norms(),
            paths.timing(),
        ];
        if !overwrite && files.iter().any(|file| file.exists()) {
            return Err(Error::invalid(
                root.display().to_string(),
                "there is a run here already",
                "resume it, remove it, or choose another directory with --out",
            ));
        }
        clear(&paths, overwrite)?;
        taken.write(&paths)?;
        config.provenance = Some(provenance(backend));
        let mut session = Self {
            run: Run { paths, config },
            trainer,
            split,
            choice,
            notes: Vec::new(),
            checkpointed: 0,
            best: None,
            _lock: lock,
        };
        session.capture()?;
        session.checkpoint(None)?;
        // Last, so that whatever has a configuration can be resumed.
        session.write_config()?;
        Ok(session)
    }

    /// Goes on from a run's checkpoint, by default to the same bits as if it had never stopped.
    ///
    /// # Errors
    /// [`Error::Invalid`] where this is not a run or its checkpoint is damaged, and as [`create`](Self::create).
    pub fn resume(path: impl Into<PathBuf>, wish: &Resume) -> Result<Self> {
        let mut run = Run::open(path)?;
        let lock = run.paths.lock()?;
        run.paths.sweep();
        let (file, checkpoint) = keep::read(&run.paths, wish.from)?;
        let mut notes: Vec<String> = run.remark_on_data().into_iter().collect();
        let (state, config) = (checkpoint.state, &mut run.config);
        if checkpoint.config.model.layers != config.model.layers {
            return Err(Error::invalid(
                file.display().to_string(),
                "it belongs to a different [model] from the one that config.toml describes",
                "restore config.toml, or train again",
            ));
        }
        if let Some(epochs) = wish.epochs {
            if epochs < state.epoch {
                return Err(Error::invalid(
                    "--epochs",
                    format!("{} epochs are already done", state.epoch),
                    "ask for more",
                ));
            }
            notes.extend(config.train.extend(epochs));
        }
        let began = config.provenance.as_ref().map(|made| made.backend);
        let backend = wish.backend.or(began).unwrap_or(Backend::Flex);
        let split = run.split()?;
        let (backend, choice) = choose(&run.config, &split, backend);
        let device = device::open(backend)?;
        let done = state.epoch;
        let trainer = Trainer::resume(
            &run.config.train,
            &run.config.model,
            &split.train,
            held_out(&split),
            state,
            &device,
        )?;
        // Epochs after the checkpoint are trained again, to the same numbers.
        let tables = [
            run.paths.metrics(),
            run.paths.gradient_norms(),
            run.paths.timing(),
        ];
        for table in tables {
            log::truncate(&table, done)?;
        }
        record::renew_timing(&run.paths)?;
        keep::forget_after(&run.paths, done)?;
        let before = run.config.provenance.replace(provenance(backend));
        let changed = wish.epochs.is_some() || before != run.config.provenance;
        let session = Self {
            run,
            trainer,
            split,
            choice,
            notes,
            checkpointed: done,
            best: checkpoint.best,
            _lock: lock,
        };
        if changed {
            session.write_config()?;
        }
        let ended = done >= checkpoint.config.train.epochs;
        if ended && session.trainer.stopping().parameters.is_some() && !session.trainer.is_done() {
            // The last weights were the best ones, and are now to be the epoch's own.
            session.capture()?;
        }
        Ok(session)
    }

    /// Trains until all epochs are done or `stop` is set, which is looked at after each epoch.
    ///
    /// # Errors
    /// [`Error::Diverged`], after which the last checkpoint is still good; [`Error::Io`] where the disk is full.
    pub fn train(
        &mut self,
        stop: &AtomicBool,
        mut on_epoch: impl FnMut(&EpochReport),
    ) -> Result<Outcome> {
        let train = &self.run.config.train;
        let (epochs, every) = (train.epochs, train.checkpoint_every);
        while let Some(report) = self.trainer.next_epoch()? {
            let epoch = report.metrics.epoch;
            record::epoch(&self.run.paths, &report)?;
            let last = self.trainer.is_done();
            if last || self.run.config.capture.wants(epoch, epochs) {
                self.capture()?;
            }
            let stopping = stop.load(Ordering::Relaxed);
            if last || epoch.is_multiple_of(every) {
                self.checkpoint(Some(&report.metrics))?;
            } else if stopping {
                self.checkpoint(None)?;
            }
            on_epoch(&report);
            if stopping && !last {
                return Ok(Outcome::Stopped { epoch });
            }
        }
        let (epoch, best) = (self.trainer.epoch(), self.trainer.stopping().best);
        match best {
            Some((best, _)) if self.trainer.has_stopped_early() => {
                Ok(Outcome::StoppedEarly { epoch, best })
            }
            _ => Ok(Outcome::Finished),
        }
    }

    /// The epoch of the newest checkpoint, from which a run that failed can go on.
    pub fn checkpointed(&self) -> usize {
        self.checkpointed
    }

    /// The run, for reading.
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// The network in training.
    pub fn trainer(&self) -> &Trainer {
        &self.trainer
    }

    /// The data.
    pub fn split(&self) -> &Split {
        &self.split
    }

    /// The backend in use, and the reason where `auto` chose it.
    pub fn backend(&self) -> (Backend, Option<&str>) {
        let provenance = self.run.config.provenance.as_ref();
        let backend = provenance.map_or(Backend::Flex, |provenance| provenance.backend);
        (backend, self.choice.as_deref())
    }

    /// What the user should know about how it goes on, a sentence each.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Keeps the network as it is now; at the end the best one, where early stopping is to restore it.
    fn capture(&self) -> Result<()> {
        let (run, trainer) = (&self.run, &self.trainer);
        match &trainer.stopping().parameters {
            Some(best) if trainer.is_done() => {
                let device = trainer.samples().inputs.device().autodiff();
                record::network(run, &self.split, trainer, &Mlp::new(best, &device), best)
            }
            _ => {
                let (model, parameters) = (trainer.model(), trainer.parameters());
                record::network(run, &self.split, trainer, model, parameters)
            }
        }
    }

    /// Keeps all that resuming needs; with an epoch's metrics, the checkpoint may be the best so far.
    fn checkpoint(&mut self, metrics: Option<&EpochMetrics>) -> Result<()> {
        let state = self.trainer.state();
        record::check(&self.run, state.epoch, &state.parameters)?;
        let monitor = self.run.config.train.monitor(self.split.test.samples() > 0);
        let loss = metrics.and_then(|metrics| monitor.of(metrics));
        if let Some(loss) = loss
            && self.best.is_none_or(|(_, best)| loss < best)
        {
            self.best = Some((state.epoch, loss));
        }
        let epoch = state.epoch;
        let checkpoint = Checkpoint {
            config: self.run.config.clone(),
            state,
            best: self.best,
        };
        keep::write(&self.run.paths, &checkpoint)?;
        self.checkpointed = epoch;
        Ok(())
    }

    fn write_config(&self) -> Result<()> {
        let text = self.run.config.to_toml();
        crate::file::write_lasting(&self.run.paths.config(), text.as_bytes())
    }
}

/// What a run is made with.
pub(super) fn provenance(backend: Backend) -> Provenance {
    Provenance {
        foldspace: env!("CARGO_PKG_VERSION").to_owned(),
        burn: BURN_VERSION.to_owned(),
        backend,
    }
}

/// What `--backend` stands for with this job.
pub(crate) fn choose(
    config: &Config,
    split: &Split,
    backend: Backend,
) -> (Backend, Option<String>) {
    if backend != Backend::Auto {
        return (backend, None);
    }
    let parameters = config.model.parameters(split.train.dimensions());
    let batch = config.train.batch_size.unwrap_or(split.train.samples());
    let (backend, reason) = device::choose(parameters.unwrap_or(usize::MAX), batch);
    (backend, Some(reason))
}

/// The held-out samples, if there are any.
fn held_out(split: &Split) -> Option<&Dataset> {
    (split.test.samples() > 0).then_some(&split.test)
}

/// Removes the checkpoints of an earlier run, and with `all` the rest of it, the configuration first: half a run
/// must not look like one. Nothing else is touched.
fn clear(paths: &Paths, all: bool) -> Result<()> {
    let gone = |path: PathBuf, result: std::io::Result<()>| match result {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::io(path, "remove")(error))
        }
        _ => Ok(()),
    };
    if all {
        let tables = [paths.metrics(), paths.gradient_norms(), paths.timing()];
        let own = [
            paths.config(),
            paths.fingerprint(),
            paths.targets_fingerprint(),
        ];
        for file in own.into_iter().chain(tables) {
            let result = fs::remove_file(&file);
            gone(file, result)?;
        }
        for folder in ["data", "weights", "activations", "gradients", "figures"] {
            let folder = paths.root().join(folder);
            let result = fs::remove_dir_all(&folder);
            gone(folder, result)?;
        }
    }
    let best = paths.best_checkpoint();
    let result = fs::remove_file(&best);
    gone(best, result)?;
    for epoch in paths.checkpoints()? {
        let file = paths.checkpoint(epoch);
        let result = fs::remove_file(&file);
        gone(file, result)?;
    }
    paths.sweep();
    Ok(())
}
