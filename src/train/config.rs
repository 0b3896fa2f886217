//! The `[train]` table, and whether data, network and loss fit together.

use serde::{Deserialize, Serialize};

use super::{Loss, OptimizerConfig, Schedule};
use crate::data::{Dataset, Target};
use crate::error::{Error, Result};
use crate::model::{Activation, ModelConfig};

/// How a network is trained.
///
/// ```
/// use foldspace::train::TrainConfig;
/// let config: TrainConfig = toml::from_str(
///     "epochs = 150
///      batch_size = 32
///      loss = 'bce'
///      optimizer = { name = 'sgd', lr = 0.1 }",
/// )
/// .unwrap();
/// assert_eq!(config.checkpoint_every, 10);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainConfig {
    /// How often every sample is visited.
    pub epochs: usize,
    /// Samples per step, drawn in random order; absent: all at once, in the data's order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch_size: Option<usize>,
    /// What is minimised.
    pub loss: Loss,
    /// The learning rate over the epochs.
    #[serde(default)]
    pub schedule: Schedule,
    /// Epochs from one checkpoint to the next. The last epoch always leaves one.
    #[serde(default = "ten")]
    pub checkpoint_every: usize,
    /// How gradients move the parameters.
    pub optimizer: OptimizerConfig,
}

fn ten() -> usize {
    10
}

/// Beyond so many numbers in the activations of one step, the size is more likely a slip than a wish.
const MOST_ACTIVATIONS: usize = 1_000_000_000;

impl TrainConfig {
    /// Full-batch training with a constant learning rate.
    pub fn new(epochs: usize, loss: Loss, optimizer: OptimizerConfig) -> Self {
        Self {
            epochs,
            batch_size: None,
            loss,
            schedule: Schedule::Constant,
            checkpoint_every: ten(),
            optimizer,
        }
    }

    /// The same with every default written out.
    #[must_use]
    pub fn resolved(&self) -> Self {
        Self {
            optimizer: self.optimizer.resolved(),
            ..self.clone()
        }
    }

    /// Refuses numbers that can't be.
    ///
    /// # Errors
    /// [`Error::Invalid`] whose place is the key.
    pub fn validate(&self) -> Result<()> {
        let counts = [
            ("train.epochs", Some(self.epochs)),
            ("train.batch_size", self.batch_size),
            ("train.checkpoint_every", Some(self.checkpoint_every)),
        ];
        if let Some((place, _)) = counts.iter().find(|(_, count)| *count == Some(0)) {
            return Err(Error::invalid(
                *place,
                "0 makes no training",
                "use at least 1",
            ));
        }
        self.optimizer.validate()
    }
}

/// Refuses a network, a loss and data that do not fit together, before anything is computed.
///
/// # Errors
/// [`Error::Invalid`] whose place is the key that should change.
pub fn check(train: &TrainConfig, model: &ModelConfig, data: &Dataset) -> Result<()> {
    train.validate()?;
    model.validate(data.features.ncols())?;
    let outputs = model.outputs();
    let last = model
        .layers
        .last()
        .map_or(Activation::Identity, |layer| layer.activation);
    let place = format!("model.layers[{}]", model.layers.len() - 1);
    let loss = train.loss.name();
    match (train.loss, &data.target) {
        (Loss::CrossEntropy, Target::Classes { names, .. }) => {
            if outputs != names.len() {
                return Err(Error::invalid(
                    format!("{place}.units"),
                    format!("{outputs} outputs for {} classes", names.len()),
                    format!("cross_entropy needs units = {}", names.len()),
                ));
            }
            if !matches!(last, Activation::Identity | Activation::Softmax) {
                return Err(Error::invalid(
                    format!("{place}.activation"),
                    format!("cross_entropy of {} makes no sense", last.name()),
                    "end in identity (scores) or softmax (probabilities)",
                ));
            }
        }
        (Loss::Bce | Loss::Mse | Loss::Huber, Target::Classes { names, .. }) => {
            if names.len() != 2 || outputs != 1 {
                return Err(Error::invalid(
                    format!("{place}.units"),
                    format!("{loss} of {outputs} outputs and {} classes", names.len()),
                    if names.len() == 2 {
                        "use one output".to_owned()
                    } else {
                        format!(
                            "use train.loss = \"cross_entropy\" and units = {}",
                            names.len()
                        )
                    },
                ));
            }
        }
        (Loss::Mse | Loss::Huber, Target::Values { values, .. }) => {
            if outputs != values.ncols() {
                return Err(Error::invalid(
                    format!("{place}.units"),
                    format!("{outputs} outputs for {} target columns", values.ncols()),
                    format!("use units = {}", values.ncols()),
                ));
            }
        }
        (Loss::Bce | Loss::CrossEntropy, Target::Values { .. }) => {
            return Err(Error::invalid(
                "train.loss",
                format!("{loss} needs classes, but the target is numbers"),
                "use mse or huber",
            ));
        }
    }
    if train.loss == Loss::Bce && last != Activation::Sigmoid {
        return Err(Error::invalid(
            format!("{place}.activation"),
            format!("bce needs a probability, but {} is not one", last.name()),
            "use activation = \"sigmoid\"",
        ));
    }
    check_memory(train, model, data.features.nrows())
}

/// The activations of one step, kept for the backward pass, and of the evaluation on the whole set.
fn check_memory(train: &TrainConfig, model: &ModelConfig, samples: usize) -> Result<()> {
    let units = model
        .layers
        .iter()
        .fold(0_usize, |sum, layer| sum.saturating_add(layer.units));
    let numbers = units.saturating_mul(samples);
    if numbers <= MOST_ACTIVATIONS {
        return Ok(());
    }
    Err(Error::invalid(
        "model.layers",
        format!(
            "{samples} samples x {units} units take {:.1} GB per pass (batch_size {})",
            numbers as f64 * 8e-9,
            train
                .batch_size
                .map_or("absent".to_owned(), |size| size.to_string())
        ),
        "use fewer samples or fewer units",
    ))
}
