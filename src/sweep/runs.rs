//! Running: each run on one thread, several at once.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use super::plan::Plan;
use super::{Deal, Grid, Task, Trial};
use crate::config::{Config, Template};
use crate::data::Source;
use crate::data::folds::Fold;
use crate::data::split::Split;
use crate::device::{self, Backend};
use crate::error::{Error, Result};
use crate::run;
use crate::train::Trainer;
use crate::workers;

/// A sweep, ready to run.
#[derive(Debug, Clone)]
pub struct Sweep {
    grid: Grid,
    template: Template,
    plan: Plan,
    backend: Backend,
}

impl Sweep {
    /// Reads the configuration and looks at every combination. Without `seeds`, its own seed is the only one.
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
        let template = Template::read(file)?;
        if own {
            let first = template.config(&grid.overrides(0))?;
            grid = Grid::new(grid.settings().to_vec(), vec![first.seed])?;
        }
        let plan = Plan::new(&grid, &template, backend)?;
        device::open(backend)?;
        Ok(Self {
            grid,
            template,
            plan,
            backend,
        })
    }

    /// The same with each of `folds` folds held out once.
    ///
    /// # Errors
    /// As [`Grid::with_folds`].
    pub fn with_folds(mut self, folds: usize) -> Result<Self> {
        self.grid = self.grid.with_folds(folds)?;
        // Folds are not trained as one network.
        self.plan.deal.together.fill(1);
        Ok(self)
    }

    /// Settings and seeds.
    pub fn grid(&self) -> &Grid {
        &self.grid
    }

    /// What decides which shard a run belongs to.
    pub fn deal(&self) -> &Deal {
        &self.plan.deal
    }

    /// Where a combination is computed: what `auto` stands for.
    ///
    /// # Panics
    /// Where there is no such combination.
    pub fn backend_of(&self, combination: usize) -> Backend {
        self.plan.backends[combination]
    }

    /// The names of all backends that combinations are computed on, sorted.
    pub fn backends(&self) -> Vec<&'static str> {
        let names = self.plan.backends.iter().map(|backend| backend.name());
        names.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The files that the runs read.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.plan.files.iter().map(PathBuf::as_path)
    }

    /// Where relative paths of the configuration start.
    pub(super) fn base(&self) -> &Path {
        self.template.base()
    }

    /// The configuration of a combination with a seed, every default written out.
    ///
    /// # Panics
    /// Where there is no such combination.
    pub fn config(&self, combination: usize, seed: u64) -> Config {
        let config = self.template.config(&self.grid.overrides(combination));
        let config = config.expect("every combination was read when the sweep was made");
        Config {
            seed,
            ..config.resolved()
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
        let trials = Mutex::new(Vec::new());
        let keep = |trial: &Trial| {
            progress(trial);
            let mut trials = trials.lock().unwrap_or_else(PoisonError::into_inner);
            trials.push(trial.clone());
            Ok(())
        };
        self.perform_all(&self.deal().tasks(&self.grid), jobs, stop, &keep)?;
        let mut trials = trials.into_inner().unwrap_or_else(PoisonError::into_inner);
        let numbers = self.grid.numbers();
        trials.sort_by_key(|trial| numbers.of(trial));
        Ok(trials)
    }

    /// Does some of the work, `jobs` tasks at once, until all is done or `stop` is set. `sink` is given each run that ends, in no
    /// order; where it fails, no further task is begun.
    ///
    /// # Errors
    /// As [`train`](Self::train), and the sink's.
    pub fn perform_all(
        &self,
        tasks: &[Task],
        jobs: usize,
        stop: &AtomicBool,
        sink: &(dyn Fn(&Trial) -> Result<()> + Sync),
    ) -> Result<()> {
        self.doubt(tasks)?;
        workers::map(tasks, jobs, stop, |task| self.perform(task, stop, sink))?;
        Ok(())
    }

    /// What can be seen to be wrong with a task is said before hours of training, and before anything is written.
    fn doubt(&self, tasks: &[Task]) -> Result<()> {
        let doubtful = |task: &&Task| self.plan.doubtful.contains(&task.combination);
        let mut seen = BTreeSet::new();
        for task in tasks.iter().filter(doubtful) {
            if seen.insert(task.combination) {
                let seed = self.grid.seeds()[task.seeds.start];
                self.begin(task.combination, seed, task.fold)?;
            }
        }
        Ok(())
    }

    /// Hands `sink` the runs of a task that end before `stop` is set: as one network where they can be, otherwise one after the
    /// other.
    fn perform(
        &self,
        task: &Task,
        stop: &AtomicBool,
        sink: &(dyn Fn(&Trial) -> Result<()> + Sync),
    ) -> Result<()> {
        if let Some(together) = self.prepare_together(task) {
            return together.train(stop)?.iter().try_for_each(sink);
        }
        for &seed in &self.grid.seeds()[task.seeds.clone()] {
            let Some(trial) = self.trial(task.combination, seed, task.fold, stop)? else {
                break;
            };
            sink(&trial)?;
        }
        Ok(())
    }

    /// One run, from its data to its last epoch; `None` where `stop` was set before that.
    fn trial(
        &self,
        combination: usize,
        seed: u64,
        fold: usize,
        stop: &AtomicBool,
    ) -> Result<Option<Trial>> {
        let (config, split, mut trainer) = self.begin(combination, seed, fold)?;
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
                Err(error) => return Err(self.in_context(error, combination, seed)),
            }
        }
        let last = trainer.parameters();
        let best = trainer.stopping().parameters.as_ref();
        trial.finish(last, best.unwrap_or(last), &split)?;
        Ok(Some(trial))
    }

    /// An error, with the run that it belongs to.
    fn in_context(&self, error: Error, combination: usize, seed: u64) -> Error {
        match error {
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
        }
    }

    /// Configuration, data and untrained network of a run.
    fn begin(
        &self,
        combination: usize,
        seed: u64,
        fold: usize,
    ) -> Result<(Config, Split, Trainer)> {
        let mut config = self.config(combination, seed);
        if fold > 0 {
            let of = self.grid.folds();
            config.data.fold = Some(Fold { number: fold, of });
        }
        let prepared = self.prepare(&config);
        let (split, trainer) =
            prepared.map_err(|error| self.in_context(error, combination, seed))?;
        Ok((config, split, trainer))
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
