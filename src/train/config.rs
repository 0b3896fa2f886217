//! The `[train]` table, and whether data, network and loss fit together.

use serde::{Deserialize, Serialize};

use super::{Clip, EarlyStoppingConfig, Loss, Monitor, OptimizerConfig, Schedule, Warmup};
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
    /// Epochs from one checkpoint to the next. The last epoch always leaves one.
    #[serde(default = "ten")]
    pub checkpoint_every: usize,
    /// How many checkpoints are kept, the newest ones; the best is kept besides.
    #[serde(default = "three")]
    pub keep_last: usize,
    /// How gradients move the parameters.
    pub optimizer: OptimizerConfig,
    /// The learning rate over the epochs.
    #[serde(default)]
    pub schedule: Schedule,
    /// Epochs in which the learning rate grows to its first value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warmup: Option<Warmup>,
    /// The bound on the gradients.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip: Option<Clip>,
    /// When to stop before all epochs are done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub early_stopping: Option<EarlyStoppingConfig>,
}

fn ten() -> usize {
    10
}

fn three() -> usize {
    3
}

/// Beyond this many numbers in the activations of one step, the size is more likely a mistake than intended.
const MOST_ACTIVATIONS: usize = 1_000_000_000;

impl TrainConfig {
    /// Full-batch training with a constant learning rate.
    pub fn new(epochs: usize, loss: Loss, optimizer: OptimizerConfig) -> Self {
        Self {
            epochs,
            batch_size: None,
            loss,
            checkpoint_every: ten(),
            keep_last: three(),
            optimizer,
            schedule: Schedule::default(),
            warmup: None,
            clip: None,
            early_stopping: None,
        }
    }

    /// The same with every default written out.
    #[must_use]
    pub fn resolved(&self) -> Self {
        Self {
            optimizer: self.optimizer.resolved(),
            schedule: self.schedule.resolved(self.epochs - self.warm_epochs()),
            ..self.clone()
        }
    }

    /// How many epochs the warm-up takes.
    fn warm_epochs(&self) -> usize {
        self.warmup
            .map_or(0, |warmup| warmup.epochs.min(self.epochs))
    }

    /// The learning rate of an epoch, counted from 1.
    ///
    /// ```
    /// use foldspace::train::TrainConfig;
    /// let config: TrainConfig = toml::from_str(
    ///     "epochs = 12
    ///      loss = 'mse'
    ///      optimizer = { name = 'sgd', lr = 1.0 }
    ///      schedule = { name = 'cosine' }
    ///      warmup = { epochs = 2, start_factor = 0.5 }",
    /// )
    /// .unwrap();
    /// let rates = [1, 2, 3, 8, 12].map(|epoch| config.learning_rate(epoch));
    /// assert_eq!(rates[..3], [0.5, 0.75, 1.0]);
    /// assert!((rates[3] - 0.5).abs() < 1e-15 && rates[4] < 0.03);
    /// ```
    pub fn learning_rate(&self, epoch: usize) -> f64 {
        let (lr, done) = (self.optimizer.lr, epoch.saturating_sub(1));
        let schedule = self.schedule.resolved(self.epochs - self.warm_epochs());
        match self.warmup {
            Some(warmup) if done < warmup.epochs => lr * warmup.factor(done),
            Some(warmup) => schedule.rate(lr, done - warmup.epochs),
            None => schedule.rate(lr, done),
        }
    }

    /// Sets another number of epochs for a run that goes on. Where the run was to end with its cosine, the rate stays at
    /// its lowest from there on rather than climb again, and the sentence that is returned says so.
    pub fn extend(&mut self, epochs: usize) -> Option<String> {
        let warm = self.warm_epochs();
        self.schedule = self.schedule.resolved(self.epochs - warm);
        let before = std::mem::replace(&mut self.epochs, epochs);
        let Schedule::Cosine {
            t_max: Some(t_max),
            eta_min,
            hold,
        } = &mut self.schedule
        else {
            return None;
        };
        let end = warm + *t_max;
        // Whoever lets a run go beyond t_max from the start wants the rate to climb.
        if epochs <= end || (before > end && !*hold) {
            return None;
        }
        *hold = true;
        let idle = match *eta_min == 0.0 {
            true => ", so that nothing more is learnt",
            false => "",
        };
        Some(format!(
            "the learning rate stays at {eta_min} after epoch {end}, where the cosine of train.schedule.t_max = {t_max} \
             ends{idle}; for one cosine over {epochs} epochs, train again with --epochs {epochs}"
        ))
    }

    /// The loss by which one epoch is better than another: early stopping's, or that on the held-out samples
    /// where there are any.
    pub fn monitor(&self, held_out: bool) -> Monitor {
        match self.early_stopping {
            Some(stopping) => stopping.monitor,
            None if held_out => Monitor::TestLoss,
            None => Monitor::TrainLoss,
        }
    }

    /// Refuses impossible numbers.
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
                "0 means no training",
                "use at least 1",
            ));
        }
        if self.keep_last == 0 {
            return Err(Error::invalid(
                "train.keep_last",
                "without a checkpoint nothing can be resumed",
                "keep at least 1",
            ));
        }
        self.optimizer.validate()?;
        self.schedule.validate()?;
        self.warmup
            .map_or(Ok(()), |warmup| warmup.validate(self.epochs))?;
        self.clip.map_or(Ok(()), Clip::validate)?;
        self.early_stopping
            .map_or(Ok(()), |stopping| stopping.validate())
    }
}

/// Refuses a network, a loss and data that do not fit together, before anything is computed.
///
/// # Errors
/// [`Error::Invalid`] whose place is the key that should change.
pub fn check(train: &TrainConfig, model: &ModelConfig, data: &Dataset) -> Result<()> {
    train.validate()?;
    super::precision::check(data)?;
    let features = data.features.ncols();
    model.validate(features)?;
    if let Some(rank) = model.layers[0].rank.filter(|&rank| rank > features) {
        return Err(Error::invalid(
            "model.layers[0].rank",
            format!("weights of {features} inputs can't have rank {rank}"),
            format!("use 1 to {features}, or leave it out"),
        ));
    }
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
                    format!(
                        "cross_entropy needs units = {}{}",
                        names.len(),
                        or_numbers(data)
                    ),
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
                            "use train.loss = \"cross_entropy\" and units = {}{}",
                            names.len(),
                            or_numbers(data)
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
                    format!(
                        "use units = {} (or, for classes, train.loss = \"cross_entropy\" with a unit per class)",
                        values.ncols()
                    ),
                ));
            }
            if data.target_scale.is_some() && last != Activation::Identity {
                return Err(Error::invalid(
                    format!("{place}.activation"),
                    format!(
                        "standardised targets lie around 0, and {} does not reach them all",
                        last.name()
                    ),
                    "end in activation = \"identity\", or set data.standardise_targets = false",
                ));
            }
        }
        (Loss::Bce | Loss::CrossEntropy, Target::Values { .. }) => {
            return Err(Error::invalid(
                "train.loss",
                format!("{loss} needs classes, but the target is numbers"),
                "use mse or huber, or data.task = \"classification\" if every number is a class",
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
    check_batches(train, model, data.features.nrows())?;
    check_memory(train, model, data.features.nrows())
}

/// What else classes that are numbers may be.
fn or_numbers(data: &Dataset) -> &'static str {
    match &data.target {
        Target::Classes { names, .. } if names.iter().all(|name| name.parse::<f64>().is_ok()) => {
            "; if they are numbers to be predicted, set data.task = \"regression\" and train.loss = \"mse\""
        }
        Target::Classes { names, .. } if names.len() > data.samples() / 2 => {
            "; hardly any two samples share one, so data.target may be the wrong column"
        }
        _ => "",
    }
}

/// A single sample has no variance, so batch norm can't train on it; PyTorch refuses it too.
fn check_batches(train: &TrainConfig, model: &ModelConfig, samples: usize) -> Result<()> {
    let size = train.batch_size.unwrap_or(samples);
    let last = if samples.is_multiple_of(size) {
        size
    } else {
        samples % size
    };
    if last != 1 || !model.layers.iter().any(|layer| layer.batch_norm) {
        return Ok(());
    }
    Err(Error::invalid(
        "train.batch_size",
        format!(
            "{samples} samples in batches of {size} leave one of a single sample, which batch norm can't train on"
        ),
        "use another batch size",
    ))
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
