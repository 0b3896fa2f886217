//! Training into a run directory.

use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use burn::module::Module;
use faer::Mat;

use super::reader::write_matrices;
use super::{Paths, Run, checkpoint, log};
use crate::capture::Recorder;
use crate::config::{Config, Provenance};
use crate::data::Dataset;
use crate::data::split::Split;
use crate::device::{self, Backend};
use crate::error::{Error, Result};
use crate::model::{mlp, weights};
use crate::train::{EpochReport, Trainer};

/// Burn's version, for the record; a test compares it with `Cargo.lock`.
pub const BURN_VERSION: &str = "0.22.1";

/// A network in training, and the directory that keeps what it yields.
pub struct Session {
    run: Run,
    trainer: Trainer,
    split: Split,
    /// Why `auto` chose its backend, if it did.
    choice: Option<String>,
    /// Held until the session ends.
    _lock: File,
}

/// How training ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All epochs are done.
    Finished,
    /// It was asked to stop after this epoch; [`Session::resume`] goes on.
    Stopped {
        /// Epochs done.
        epoch: usize,
    },
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
        let split = config.data.load_split(config.seed, paths.root())?;
        crate::train::check(&config.train, &config.model, &split.train)?;
        let (backend, choice) = choose(&config, &split, backend);
        let device = device::open(backend)?;
        let trainer = Trainer::new(
            &config.train,
            &config.model,
            &split.train,
            held_out(&split),
            config.model_seed(),
            &device,
        )?;

        let root = paths.root();
        let occupied = paths.config().exists();
        if occupied && !overwrite {
            return Err(Error::invalid(
                root.display().to_string(),
                "there is a run here already",
                "resume it, remove it, or choose another directory with --out",
            ));
        }
        fs::create_dir_all(root).map_err(Error::io(root, "create the directory"))?;
        let lock = paths.lock()?;
        if occupied {
            clear(&paths)?;
        }
        config.provenance = Some(Provenance {
            foldspace: env!("CARGO_PKG_VERSION").to_owned(),
            burn: BURN_VERSION.to_owned(),
            backend,
        });
        crate::file::write(&paths.config(), config.to_toml().as_bytes())?;
        let session = Self {
            run: Run { paths, config },
            trainer,
            split,
            choice,
            _lock: lock,
        };
        session.capture()?;
        session.checkpoint()?;
        Ok(session)
    }

    /// Goes on from a run's last checkpoint, on the backend it began on; `epochs` asks for more than it was to have.
    ///
    /// # Errors
    /// [`Error::Invalid`] where this is no run or its checkpoint is damaged, and as [`create`](Self::create).
    pub fn resume(path: impl Into<PathBuf>, epochs: Option<usize>) -> Result<Self> {
        let mut run = Run::open(path)?;
        let lock = run.paths.lock()?;
        let config = &mut run.config;
        let backend = config
            .provenance
            .as_ref()
            .map_or(Backend::Flex, |provenance| provenance.backend);
        let state = checkpoint::read(&run.paths.checkpoint(), &config.model)?;
        if let Some(epochs) = epochs {
            if epochs < state.epoch {
                return Err(Error::invalid(
                    "--epochs",
                    format!("{} epochs are already done", state.epoch),
                    "ask for more",
                ));
            }
            config.train.epochs = epochs;
        }
        let split = run.split()?;
        let config = &run.config;
        let device = device::open(backend)?;
        let done = state.epoch;
        let trainer = Trainer::resume(
            &config.train,
            &config.model,
            &split.train,
            held_out(&split),
            state,
            &device,
        )?;
        if epochs.is_some() {
            crate::file::write(&run.paths.config(), config.to_toml().as_bytes())?;
        }
        // Epochs after the checkpoint are trained again, to the same numbers.
        let tables = [
            run.paths.metrics(),
            run.paths.gradient_norms(),
            run.paths.timing(),
        ];
        for table in tables {
            log::truncate(&table, done)?;
        }
        Ok(Self {
            run,
            trainer,
            split,
            choice: None,
            _lock: lock,
        })
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
            self.record(&report)?;
            if self.run.config.capture.wants(epoch, epochs) {
                self.capture()?;
            }
            let stopping = stop.load(Ordering::Relaxed);
            if stopping || epoch.is_multiple_of(every) || epoch == epochs {
                self.checkpoint()?;
            }
            on_epoch(&report);
            if stopping && epoch < epochs {
                return Ok(Outcome::Stopped { epoch });
            }
        }
        Ok(Outcome::Finished)
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

    fn record(&self, report: &EpochReport) -> Result<()> {
        let paths = &self.run.paths;
        let epoch = report.metrics.epoch;
        log::append(&paths.metrics(), &report.metrics)?;
        let (names, norms): (Vec<&str>, Vec<f64>) = report
            .gradient_norms
            .iter()
            .map(|(name, norm)| (name.as_str(), *norm))
            .unzip();
        let numbered = |cells: Vec<f64>| std::iter::once(epoch as f64).chain(cells);
        let names = std::iter::once("epoch").chain(names);
        log::append_cells(&paths.gradient_norms(), names, numbered(norms))?;
        let names = ["epoch", "seconds"];
        log::append_cells(&paths.timing(), names, numbered(vec![report.seconds]))
    }

    /// Keeps the network as it is now, and what `[capture]` asks for besides.
    fn capture(&self) -> Result<()> {
        let (run, epoch) = (&self.run, self.trainer.epoch());
        let model = &run.config.model;
        weights::write(&run.paths.weights(epoch), &self.trainer.frozen(), model)?;
        let capture = &run.config.capture;
        if capture.gradients && epoch > 0 {
            let gradients = self.trainer.gradients().into_iter();
            let named = gradients.map(|gradient| (gradient.name, gradient.values));
            write_matrices(&run.paths.gradients(epoch), "gradients", named)?;
        }
        if capture.sites.is_empty() {
            return Ok(());
        }
        let values = self.activations(&capture.sites, capture.gradients);
        write_matrices(&run.paths.activations(epoch), "activations", values)
    }

    /// What the sites say of the training set, and on request the loss's gradient with respect to each.
    fn activations(&self, sites: &[String], gradients: bool) -> Vec<(String, Mat<f64>)> {
        let mut recorder = Recorder::new(sites.iter().cloned());
        let samples = self.trainer.samples().clone();
        let mut values = Vec::new();
        if gradients {
            recorder = recorder.with_gradients();
            let network = self.trainer.model();
            let output = network.forward_with(samples.inputs, &mut recorder);
            let last = network.last_activation().unwrap_or_default();
            let loss = self.run.config.train.loss;
            let backward = samples.targets.loss(loss, last, output).backward();
            for site in sites {
                let gradient = recorder.gradient(site, &backward).map(mlp::download);
                values.extend(gradient.map(|gradient| (format!("{site}.gradient"), gradient)));
            }
        } else {
            let network = self.trainer.model().valid();
            network.forward_with(samples.inner().inputs, &mut recorder);
        }
        let recorded = recorder.into_values().into_iter();
        values.extend(recorded.map(|(site, value)| (site, mlp::download(value))));
        values
    }

    fn checkpoint(&self) -> Result<()> {
        let path = self.run.paths.checkpoint();
        checkpoint::write(&path, &self.trainer.state(), &self.run.config.model)
    }
}

/// What `--backend` stands for with this job.
fn choose(config: &Config, split: &Split, backend: Backend) -> (Backend, Option<String>) {
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

/// Removes what an earlier run left, and nothing else.
fn clear(paths: &Paths) -> Result<()> {
    let gone = |path: PathBuf, result: std::io::Result<()>| match result {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::io(path, "remove")(error))
        }
        _ => Ok(()),
    };
    let tables = [paths.metrics(), paths.gradient_norms(), paths.timing()];
    for file in tables.into_iter().chain([paths.checkpoint()]) {
        let result = fs::remove_file(&file);
        gone(file, result)?;
    }
    for folder in ["weights", "activations", "gradients", "figures"] {
        let folder = paths.root().join(folder);
        let result = fs::remove_dir_all(&folder);
        gone(folder, result)?;
    }
    Ok(())
}
