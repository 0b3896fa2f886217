//! Seeds trained as one network, where a graphics card computes: one run of a small network can't fill it.

use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Sweep, Trial};
use crate::config::Config;
use crate::data::split::Split;
use crate::device::{self, Backend};
use crate::error::Result;
use crate::run;
use crate::train::{EnsembleTrainer, Member, check};

/// The most runs in one network: by then a step is long enough to keep a device busy.
const MOST_MEMBERS: usize = 64;

/// The most numbers on the device for one network, some 1 GiB.
const MOST_NUMBERS: usize = 1 << 28;

/// What one thread does at a time: runs of one combination.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Task {
    pub(super) combination: usize,
    /// Which of the grid's seeds.
    pub(super) seeds: Range<usize>,
    /// The fold that is held out, from 1; 0 without cross-validation.
    pub(super) fold: usize,
}

/// Runs that are about to be trained as one network.
pub(super) struct Together {
    config: Config,
    trials: Vec<Trial>,
    splits: Vec<Split>,
    trainer: EnsembleTrainer,
}

impl Sweep {
    /// All of the sweep's work. Every combination's first seed comes first: what cannot run is known early.
    pub(super) fn tasks(&self) -> Vec<Task> {
        let seeds = self.grid().seeds().len();
        let of_combination = |combination| {
            let size = self.members(combination);
            let folds = match self.grid().folds() {
                0 => 0..=0,
                folds => 1..=folds,
            };
            let starts = (0..seeds).step_by(size);
            starts.flat_map(move |start| {
                folds.clone().map(move |fold| Task {
                    combination,
                    seeds: start..(start + size).min(seeds),
                    fold,
                })
            })
        };
        let combinations = 0..self.grid().combinations();
        let mut tasks: Vec<Task> = combinations.flat_map(of_combination).collect();
        tasks.sort_by_key(|task| task.seeds.start);
        tasks
    }

    /// How many runs of a combination are trained as one network: 1 on the processor, where every run is `train`'s to
    /// the last bit.
    fn members(&self, combination: usize) -> usize {
        let [seed, _, ..] = *self.grid().seeds() else {
            return 1;
        };
        if self.grid().folds() > 0 {
            return 1;
        }
        let config = self.config(combination, seed);
        let may_be = matches!(self.backend(), Backend::Wgpu | Backend::Auto)
            && EnsembleTrainer::takes(&config.train, &config.model);
        if !may_be {
            return 1;
        }
        // If something is wrong with the data, the run itself will say so.
        let Ok(split) = config.data.load_split(seed, Path::new(".")) else {
            return 1;
        };
        if check(&config.train, &config.model, &split.train).is_err() {
            return 1;
        }
        match run::choose(&config, &split, self.backend()) {
            (Backend::Wgpu, _) => (MOST_NUMBERS / numbers(&config, &split)).clamp(1, MOST_MEMBERS),
            _ => 1,
        }
    }

    /// Data and untrained networks of a task's runs; `None` where they can't be one network, or where something is wrong
    /// with one, which it will say when it is trained by itself.
    pub(super) fn prepare_together(&self, task: &Task) -> Option<Together> {
        let seeds = &self.grid().seeds()[task.seeds.clone()];
        let config = self.config(task.combination, *seeds.first()?);
        if seeds.len() < 2 {
            return None;
        }
        let splits = seeds.iter().map(|&seed| {
            let data = &config.data;
            data.load_split(seed, Path::new(".")).ok()
        });
        let splits: Vec<Split> = splits.collect::<Option<_>>()?;
        let members = seeds.iter().zip(&splits).map(|(&seed, split)| Member {
            seed: self.config(task.combination, seed).model_seed(),
            train: &split.train,
            test: (split.test.samples() > 0).then_some(&split.test),
        });
        let members: Vec<Member> = members.collect();
        let device = device::open(Backend::Wgpu).ok()?;
        let trainer = EnsembleTrainer::new(&config.train, &config.model, &members, &device).ok()?;
        let trial = |&seed| Trial::new(task.combination, seed);
        Some(Together {
            config,
            trials: seeds.iter().map(trial).collect(),
            splits,
            trainer,
        })
    }
}

impl Together {
    /// Trains to the last epoch; no run where `stop` is set before that.
    pub(super) fn train(mut self, stop: &AtomicBool) -> Result<Vec<Trial>> {
        let epochs = self.config.train.epochs;
        loop {
            if stop.load(Ordering::Relaxed) {
                return Ok(Vec::new());
            }
            let Some(metrics) = self.trainer.next_epoch() else {
                break;
            };
            for (trial, metrics) in self.trials.iter_mut().zip(metrics) {
                match metrics {
                    Some(metrics) => trial.observe(metrics, epochs),
                    None => {
                        trial.diverged.get_or_insert(self.trainer.epoch());
                    }
                }
            }
        }
        let networks = self.trainer.parameters();
        let ends = networks.iter().zip(&self.splits);
        for (trial, (network, split)) in self.trials.iter_mut().zip(ends) {
            trial.finish(network, network, split)?;
        }
        Ok(self.trials)
    }
}

/// About how many numbers a run keeps on the device: data and activations of all samples, and parameters with their
/// gradient and two averages.
fn numbers(config: &Config, split: &Split) -> usize {
    let features = split.train.dimensions();
    let units: usize = config.model.layers.iter().map(|layer| layer.units).sum();
    let samples = split.train.samples() + split.test.samples();
    let parameters = config.model.parameters(features).unwrap_or(usize::MAX);
    let activations = samples.saturating_mul(features + units);
    activations
        .saturating_add(parameters.saturating_mul(4))
        .max(1)
}
