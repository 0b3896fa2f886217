//! Running: each run on one thread, several at once.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::together::Task;
use super::{Grid, Trial};
use crate::config::Config;
use crate::data::Source;
use crate::data::folds::Fold;
use crate::data::split::Split;
use crate::device::{self, Backend};
use crate::error::{Error, Result};
use crate::run;
use crate::train::Trainer;

/// A sweep, ready to run.
#[derive(Debug, Clone)]
pub struct Sweep {
    grid: Grid,
    /// One per combination; their seeds are not yet set.
    configs: Vec<Config>,
    backend: Backend,
}

impl Sweep {
    /// Reads the configuration once for every combination. Without `seeds`, its own seed is the only one.
    ///
    /// # Errors
    /// [`Error::Invalid`] where a setting makes no sense, see [`Config::from_file`] and [`Grid::new`]; [`Error::Backend`]
    /// where the backend can't be used.
    pub fn new(
        file: &Path,
        settings: Vec<super::Setting>,
        seeds: Option<Vec<u64>>,
        backend: Backend,
    ) -> Result<Self> {
        let own = seeds.is_none();
        let mut grid = Grid::new(settings, seeds.unwrap_or_else(|| vec![0]))?;
        let configs = (0..grid.combinations())
            .map(|combination| {
                let config = Config::from_file(file, &grid.overrides(combination))?;
                Ok(config.resolved())
            })
            .collect::<Result<Vec<Config>>>()?;
        if own && let Some(config) = configs.first() {
            grid = Grid::new(grid.settings().to_vec(), vec![config.seed])?;
        }
        device::open(backend)?;
        Ok(Self {
            grid,
            configs,
            backend,
        })
    }

    /// The same with every fold of so many held out once.
    ///
    /// # Errors
    /// As [`Grid::with_folds`].
    pub fn with_folds(mut self, folds: usize) -> Result<Self> {
        self.grid = self.grid.with_folds(folds)?;
        Ok(self)
    }

    /// Settings and seeds.
    pub fn grid(&self) -> &Grid {
        &self.grid
    }

    /// Where it computes.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// The configuration of a combination with a seed.
    ///
    /// # Panics
    /// Where there is no such combination.
    pub fn config(&self, combination: usize, seed: u64) -> Config {
        Config {
            seed,
            ..self.configs[combination].clone()
        }
    }

    /// What was recognised in the file that the first run reads, or may go wrong with it. If it can't be read, the run itself
    /// will say so.
    pub fn notes(&self) -> Vec<String> {
        let Some(&seed) = self.grid.seeds().first() else {
            return Vec::new();
        };
        let config = self.config(0, seed);
        if !matches!(config.data.source, Source::File { .. }) {
            return Vec::new();
        }
        let split = config.data.load_split(seed, Path::new("."));
        split.map(|split| split.notes).unwrap_or_default()
    }

    /// Trains, `jobs` runs at once, until all are done or `stop` is set, and returns the finished runs: combination by
    /// combination, within each in the order of the seeds, whatever `jobs` is. `progress` hears of each run that ends. A run
    /// that diverges says so in its [`Trial`].
    ///
    /// On a graphics card, seeds of one combination that can be trained as one network are, and count as one run of `jobs`.
    ///
    /// # Errors
    /// [`Error::Invalid`] where a combination does not fit its data.
    pub fn train(
        &self,
        jobs: usize,
        stop: &AtomicBool,
        progress: &(dyn Fn(&Trial) + Sync),
    ) -> Result<Vec<Trial>> {
        let tasks = self.tasks();
        let next = AtomicUsize::new(0);
        let done: Mutex<Vec<Option<Result<Vec<Trial>>>>> =
            Mutex::new(tasks.iter().map(|_| None).collect());
        // Plain threads, not rayon's: a kernel that waits for rayon could be handed a whole other run meanwhile.
        std::thread::scope(|scope| {
            for _ in 0..jobs.min(tasks.len()).max(1) {
                scope.spawn(|| {
                    while !stop.load(Ordering::Relaxed) {
                        let turn = next.fetch_add(1, Ordering::Relaxed);
                        let Some(task) = tasks.get(turn) else {
                            break;
                        };
                        let trials = self.perform(task, stop, progress);
                        if trials.is_err() {
                            // Let the others stop after what they are at.
                            next.store(tasks.len(), Ordering::Relaxed);
                        }
                        if let Ok(mut done) = done.lock() {
                            done[turn] = Some(trials);
                        }
                    }
                });
            }
        });
        let done = done
            .into_inner()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let trials = done.into_iter().flatten().collect::<Result<Vec<_>>>()?;
        let mut trials: Vec<Trial> = trials.into_iter().flatten().collect();
        // Within a combination the seeds keep their order: the sort is stable.
        trials.sort_by_key(|trial| trial.combination);
        Ok(trials)
    }

    /// The runs of a task that end before `stop` is set: as one network where they can be, else one after the other.
    fn perform(
        &self,
        task: &Task,
        stop: &AtomicBool,
        progress: &(dyn Fn(&Trial) + Sync),
    ) -> Result<Vec<Trial>> {
        if let Some(together) = self.prepare_together(task) {
            let trials = together.train(stop)?;
            trials.iter().for_each(progress);
            return Ok(trials);
        }
        let mut trials = Vec::new();
        for &seed in &self.grid.seeds()[task.seeds.clone()] {
            let Some(trial) = self.trial(task.combination, seed, task.fold, stop)? else {
                break;
            };
            progress(&trial);
            trials.push(trial);
        }
        Ok(trials)
    }

    /// One run, from its data to its last epoch; `None` where `stop` was set before that.
    fn trial(
        &self,
        combination: usize,
        seed: u64,
        fold: usize,
        stop: &AtomicBool,
    ) -> Result<Option<Trial>> {
        let mut config = self.config(combination, seed);
        if fold > 0 {
            let of = self.grid.folds();
            config.data.fold = Some(Fold { number: fold, of });
        }
        let in_context = |error| match error {
            Error::Invalid {
                place,
                problem,
                remedy,
            } => {
                let label = self.grid.label(combination);
                let comma = if label.is_empty() { "" } else { ", " };
                let place = format!("{place} (run {label}{comma}seed {seed})");
                Error::invalid(place, problem, remedy)
            }
            error => error,
        };
        let (split, mut trainer) = self.prepare(&config).map_err(in_context)?;
        let mut trial = Trial {
            fold,
            ..Trial::new(combination, seed)
        };
        loop {
            if stop.load(Ordering::Relaxed) {
                return Ok(None);
            }
            match trainer.next_epoch() {
                Ok(Some(report)) => trial.observe(report.metrics, config.train.epochs),
                Ok(None) => break,
                Err(Error::Diverged { epoch, .. }) => {
                    trial.diverged = Some(epoch);
                    break;
                }
                Err(error) => return Err(in_context(error)),
            }
        }
        let last = trainer.parameters();
        let best = trainer.stopping().parameters.as_ref();
        trial.finish(last, best.unwrap_or(last), &split)?;
        Ok(Some(trial))
    }

    /// Data and untrained network of a run.
    fn prepare(&self, config: &Config) -> Result<(Split, Trainer)> {
        let split = config.data.load_split(config.seed, Path::new("."))?;
        // First, since choosing a backend counts on a network that fits.
        crate::train::check(&config.train, &config.model, &split.train)?;
        let (backend, _) = run::choose(config, &split, self.backend);
        let device = device::open(backend)?;
        let trainer = config.trainer(&split, &device)?;
        Ok((split, trainer))
    }
}
