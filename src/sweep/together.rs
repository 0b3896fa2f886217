//! Seeds trained as one network, where a graphics card computes: one run of a small network can't fill it.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Sweep, Task, Trial};
use crate::config::Config;
use crate::data::split::Split;
use crate::device;
use crate::error::Result;
use crate::train::{EnsembleTrainer, Member};

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
