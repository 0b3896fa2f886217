//! What a sweep's combinations are like, found once before anything is trained: whether they make sense, what a run of each costs,
//! where it is computed, and which files it reads.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use super::Grid;
use super::members::{Shape, members};
use super::shard::Deal;
use crate::config::{Config, Template};
use crate::data::Source;
use crate::data::split::Split;
use crate::device::{self, Backend};
use crate::error::Result;
use crate::workers;

/// What a step costs besides its arithmetic, in multiplications: bookkeeping for a few parameters.
const STEP: u64 = 20_000;

/// The most data sets that are held at once.
const MOST_SETS: usize = 64;

/// All combinations of a sweep.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) deal: Deal,
    /// Where each combination is computed.
    pub(super) backends: Vec<Backend>,
    /// The files that they read.
    pub(super) files: BTreeSet<PathBuf>,
    /// Combinations whose data can't be read, or don't fit the network, as far as could be seen without the folds.
    pub(super) doubtful: BTreeSet<usize>,
}

/// One of them.
struct Part {
    is_doubtful: bool,
    cost: u64,
    together: usize,
    backend: Backend,
    files: Vec<PathBuf>,
}

impl Plan {
    /// Reads the configuration of every combination.
    ///
    /// # Errors
    /// That of the first combination that makes no sense.
    pub(super) fn new(grid: &Grid, template: &Template, backend: Backend) -> Result<Self> {
        let sets = Mutex::new(BTreeMap::new());
        let combinations: Vec<usize> = (0..grid.combinations()).collect();
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let parts = workers::map(&combinations, processors, &AtomicBool::new(false), |&c| {
            part(grid, template, backend, c, &sets)
        })?;
        let mut plan = Self {
            deal: Deal {
                costs: Vec::new(),
                together: Vec::new(),
            },
            backends: Vec::new(),
            files: BTreeSet::new(),
            doubtful: BTreeSet::new(),
        };
        for part in parts {
            if part.is_doubtful {
                plan.doubtful.insert(plan.backends.len());
            }
            plan.deal.costs.push(part.cost);
            plan.deal.together.push(part.together);
            plan.backends.push(part.backend);
            plan.files.extend(part.files);
        }
        Ok(plan)
    }
}

/// What is known of a data set.
#[derive(Clone)]
struct Known {
    /// `None` where it can't be read; the run itself will say why.
    shape: Option<Shape>,
    /// For the first sets, all that there is.
    set: Option<Arc<Split>>,
}

impl Known {
    fn load(config: &Config, grid: &Grid) -> Self {
        let seed = grid.seeds().first().copied().unwrap_or_default();
        let split = config.data.load_split(seed, Path::new(".")).ok();
        let shape = split.as_ref().map(|split| Shape {
            features: split.train.dimensions(),
            train: split.train.samples(),
            test: split.test.samples(),
        });
        let set = split.map(Arc::new);
        Self { shape, set }
    }

    fn forgotten(&self) -> Self {
        Self {
            shape: self.shape,
            set: None,
        }
    }
}

fn part(
    grid: &Grid,
    template: &Template,
    backend: Backend,
    combination: usize,
    sets: &Mutex<BTreeMap<Vec<String>, Known>>,
) -> Result<Part> {
    let overrides = grid.overrides(combination);
    let config = template.config(&overrides)?.resolved();
    // What decides the data: for a thousand learning rates the set is read once.
    let of_data = |assignment: &String| assignment.trim_start().starts_with("data");
    let key: Vec<String> = overrides.into_iter().filter(of_data).collect();
    let known = {
        let mut sets = sets
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let keep = sets.len() < MOST_SETS;
        match sets.get(&key) {
            Some(known) => known.clone(),
            None => {
                let known = Known::load(&config, grid);
                sets.insert(
                    key,
                    if keep {
                        known.clone()
                    } else {
                        known.forgotten()
                    },
                );
                known
            }
        }
    };
    let files = files(&config);
    let Some(shape) = known.shape else {
        let backend = match backend {
            Backend::Auto => Backend::Flex,
            chosen => chosen,
        };
        return Ok(Part {
            is_doubtful: true,
            cost: 0,
            together: 1,
            backend,
            files,
        });
    };
    let parameters = config.model.parameters(shape.features);
    let batch = config.train.batch_size.unwrap_or(shape.train);
    let backend = match backend {
        Backend::Auto => device::choose(parameters.unwrap_or(usize::MAX), batch).0,
        chosen => chosen,
    };
    Ok(Part {
        is_doubtful: known.set.is_some_and(|split| {
            crate::train::check(&config.train, &config.model, &split.train).is_err()
        }),
        cost: cost(&config, shape),
        together: members(grid, &config, shape, backend),
        backend,
        files,
    })
}

/// About how many multiplications a run takes. Only its size beside that of others counts.
fn cost(config: &Config, shape: Shape) -> u64 {
    let long = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let parameters = config
        .model
        .parameters(shape.features)
        .map_or(u64::MAX, long);
    let batch = config.train.batch_size.unwrap_or(shape.train).max(1);
    let steps = long(shape.train.div_ceil(batch)).saturating_mul(STEP);
    // A training step goes through the network three times, an evaluation once.
    let passes = long(shape.train).saturating_mul(3);
    let passes = passes.saturating_add(long(shape.test));
    let epoch = passes.saturating_mul(parameters).saturating_add(steps);
    epoch.saturating_mul(long(config.train.epochs))
}

/// The files that a run reads.
fn files(config: &Config) -> Vec<PathBuf> {
    let data = match &config.data.source {
        Source::File { path, .. } => Some(path.clone()),
        _ => None,
    };
    let targets = config.data.targets_file(Path::new(""));
    let all = data
        .into_iter()
        .chain(targets)
        .chain(config.model.weights.clone());
    all.collect()
}
