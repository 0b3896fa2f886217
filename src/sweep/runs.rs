//! Running: each run on one thread, several at once.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::Grid;
use crate::config::Config;
use crate::data::split::Split;
use crate::device::{self, Backend};
use crate::error::{Error, Result};
use crate::geometry::linear_separability;
use crate::run;
use crate::train::{EpochMetrics, Trainer};

/// At most about so many epochs of a run are kept.
const EPOCHS_KEPT: usize = 200;

/// What became of one run.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// Which of the grid's combinations.
    pub combination: usize,
    /// Its seed.
    pub seed: u64,
    /// The numbers of at most about 200 epochs, the first and the last among them.
    pub curve: Vec<EpochMetrics>,
    /// The numbers of the last epoch; `None` where there was none.
    pub last: Option<EpochMetrics>,
    /// The first epoch with the highest accuracy on held-out samples, and that accuracy.
    pub best: Option<(usize, f64)>,
    /// Whether a hyperplane parts the two classes in what the layer before the last says of the training set after the
    /// last epoch; `None` without two classes, or where training diverged.
    pub separable: Option<bool>,
    /// The epoch in which training diverged.
    pub diverged: Option<usize>,
}

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

    /// Trains, `jobs` runs at once, until all are done or `stop` is set, and returns the finished runs: combination by
    /// combination, within each in the order of the seeds, whatever `jobs` is. `progress` hears of each run that ends. A run
    /// that diverges says so in its [`Trial`].
    ///
    /// # Errors
    /// [`Error::Invalid`] where a combination does not fit its data.
    pub fn train(
        &self,
        jobs: usize,
        stop: &AtomicBool,
        progress: &(dyn Fn(&Trial) + Sync),
    ) -> Result<Vec<Trial>> {
        let (runs, combinations) = (self.grid.runs(), self.grid.combinations());
        let next = AtomicUsize::new(0);
        let done: Mutex<Vec<Option<Result<Trial>>>> = Mutex::new((0..runs).map(|_| None).collect());
        // Plain threads, not rayon's: a kernel that waits for rayon could be handed a whole other run meanwhile.
        std::thread::scope(|scope| {
            for _ in 0..jobs.clamp(1, runs) {
                scope.spawn(|| {
                    loop {
                        let turn = next.fetch_add(1, Ordering::Relaxed);
                        if turn >= runs {
                            break;
                        }
                        // Every combination's first seed comes first: what cannot run is known early.
                        let (seed, combination) = (turn / combinations, turn % combinations);
                        let trial = self.trial(combination, self.grid.seeds()[seed], stop);
                        match &trial {
                            Ok(Some(trial)) => progress(trial),
                            // Let the others stop after what they are at.
                            Ok(None) | Err(_) => next.store(runs, Ordering::Relaxed),
                        }
                        if let (Some(trial), Ok(mut done)) = (trial.transpose(), done.lock()) {
                            done[turn] = Some(trial);
                        }
                    }
                });
            }
        });
        let done = done
            .into_inner()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut trials = done.into_iter().flatten().collect::<Result<Vec<Trial>>>()?;
        // Within a combination the seeds keep their order: the sort is stable.
        trials.sort_by_key(|trial| trial.combination);
        Ok(trials)
    }

    /// One run, from its data to its last epoch; `None` where `stop` was set before that.
    fn trial(&self, combination: usize, seed: u64, stop: &AtomicBool) -> Result<Option<Trial>> {
        let config = self.config(combination, seed);
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
        let stride = config.train.epochs.div_ceil(EPOCHS_KEPT).max(1);
        let mut trial = Trial {
            combination,
            seed,
            curve: Vec::new(),
            last: None,
            best: None,
            separable: None,
            diverged: None,
        };
        loop {
            if stop.load(Ordering::Relaxed) {
                return Ok(None);
            }
            match trainer.next_epoch() {
                Ok(Some(report)) => {
                    let metrics = report.metrics;
                    let best = trial.best.map_or(f64::NEG_INFINITY, |(_, best)| best);
                    if let Some(accuracy) = metrics.test_accuracy.filter(|&now| now > best) {
                        trial.best = Some((metrics.epoch, accuracy));
                    }
                    if metrics.epoch == 1 || metrics.epoch.is_multiple_of(stride) {
                        trial.curve.push(metrics);
                    }
                    trial.last = Some(metrics);
                }
                Ok(None) => break,
                Err(Error::Diverged { epoch, .. }) => {
                    trial.diverged = Some(epoch);
                    break;
                }
                Err(error) => return Err(in_context(error)),
            }
        }
        // The last epoch is kept whether or not its turn had come.
        if let Some(last) = trial.last
            && trial.curve.last() != Some(&last)
        {
            trial.curve.push(last);
        }
        if trial.diverged.is_none() {
            if trainer.parameters().is_finite() {
                trial.separable = separable(&trainer, &split)?;
            } else {
                trial.diverged = Some(trainer.epoch());
            }
        }
        Ok(Some(trial))
    }

    /// Data and untrained network of a run.
    fn prepare(&self, config: &Config) -> Result<(Split, Trainer)> {
        let split = config.data.load_split(config.seed, Path::new("."))?;
        // First, since choosing a backend counts on a network that fits.
        crate::train::check(&config.train, &config.model, &split.train)?;
        let (backend, _) = run::choose(config, &split, self.backend);
        let device = device::open(backend)?;
        let trainer = Trainer::new(
            &config.train,
            &config.model,
            &split.train,
            (split.test.samples() > 0).then_some(&split.test),
            config.model_seed(),
            &device,
        )?;
        Ok((split, trainer))
    }
}

/// Whether the two classes are linearly separable before the last layer of the network that the run would keep.
fn separable(trainer: &Trainer, split: &Split) -> Result<Option<bool>> {
    let Some(labels) = split.train.labels() else {
        return Ok(None);
    };
    if split.train.class_count() != Some(2) {
        return Ok(None);
    }
    let network = match &trainer.stopping().parameters {
        Some(best) => best.fold(),
        None => trainer.frozen(),
    };
    let (head, _) = network.split_at(network.layers.len().saturating_sub(1));
    let embedding = head.forward(split.train.features.as_ref());
    let verdict = linear_separability(embedding.as_ref(), labels)?;
    Ok(Some(verdict.is_separable()))
}
