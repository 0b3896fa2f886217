//! Seeds trained as one network, where a graphics card computes: one run of a small network can't fill it.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use super::plan::Shape;
use super::{Grid, Sweep, Task, Trial};
use crate::config::Config;
use crate::data::split::Split;
use crate::device::{self, Backend};
use crate::error::Result;
use crate::train::{EnsembleTrainer, Member};

/// The most runs in one network: by then a step is long enough to keep a device busy.
const MOST_MEMBERS: usize = 64;

/// The most numbers on the device for one network, some 1 GiB.
const MOST_NUMBERS: usize = 1 << 28;

/// Runs that are about to be trained as one network.
pub(super) struct Together {
    config: Config,
    trials: Vec<Trial>,
    splits: Vec<Split>,
    trainer: EnsembleTrainer,
}

impl Sweep {
    /// Data and untrained networks of a task's runs; `None` where they can't be one network, or where something is wrong
    /// with one, which it will say when it is trained by itself.
    pub(super) fn prepare_together(&self, task: &Task) -> Option<Together> {
        let seeds = &self.grid().seeds()[task.seeds.clone()];
        if seeds.len() < 2 {
            return None;
        }
        let config = self.config(task.combination, *seeds.first()?);
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
        let device = device::open(self.backend_of(task.combination)).ok()?;
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

/// How many runs of a combination are trained as one network: 1 on the processor, where every run is `train`'s to the last bit.
pub(super) fn members(grid: &Grid, config: &Config, shape: Shape, backend: Backend) -> usize {
    let alone = grid.seeds().len() < 2
        || grid.folds() > 0
        || !backend.is_card()
        || !EnsembleTrainer::takes(&config.train, &config.model);
    match alone {
        true => 1,
        false => (MOST_NUMBERS / numbers(config, shape)).clamp(1, MOST_MEMBERS),
    }
}

/// About how many numbers a run keeps on the device: data and activations of all samples, and parameters with their
/// gradient and two averages.
fn numbers(config: &Config, shape: Shape) -> usize {
    let units: usize = config.model.layers.iter().map(|layer| layer.units).sum();
    let samples = shape.train + shape.test;
    let parameters = config
        .model
        .parameters(shape.features)
        .unwrap_or(usize::MAX);
    let activations = samples.saturating_mul(shape.features + units);
    activations
        .saturating_add(parameters.saturating_mul(4))
        .max(1)
}
