//! How many runs are trained as one network.

use super::Grid;
use crate::config::Config;
use crate::device::Backend;
use crate::train::EnsembleTrainer;

/// The most runs in one network: by then a step is long enough to keep a device busy.
const MOST_MEMBERS: usize = 64;

/// The most numbers on the device for one network, some 1 GiB.
const MOST_NUMBERS: usize = 1 << 28;

/// The size of a combination's data.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) features: usize,
    pub(super) train: usize,
    pub(super) test: usize,
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
