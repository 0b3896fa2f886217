//! Early stopping, as Keras' `EarlyStopping` does it.

use serde::{Deserialize, Serialize};

use super::EpochMetrics;
use crate::error::{Error, Result};
use crate::model::Parameters;

/// The `[train.early_stopping]` table: training ends when the loss has not improved for `patience` epochs.
///
/// ```
/// use foldspace::train::{EarlyStoppingConfig, Monitor};
/// let config: EarlyStoppingConfig = toml::from_str("patience = 10").unwrap();
/// assert_eq!(config.monitor, Monitor::TestLoss);
/// assert!(!config.restore_best);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EarlyStoppingConfig {
    /// Epochs to wait for an improvement.
    pub patience: usize,
    /// An improvement is a loss below the best by more than this.
    #[serde(default)]
    pub min_delta: f64,
    /// Which loss.
    #[serde(default)]
    pub monitor: Monitor,
    /// Whether the run's last weights are those of the best epoch. Training that goes on later does so from
    /// where it stopped, as if it never had.
    #[serde(default)]
    pub restore_best: bool,
}

/// A loss to judge an epoch by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Monitor {
    /// The loss on the held-out samples, after the epoch.
    #[default]
    TestLoss,
    /// The mean loss of the epoch's batches.
    TrainLoss,
}

impl Monitor {
    /// The name as configuration files spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::TestLoss => "test_loss",
            Self::TrainLoss => "train_loss",
        }
    }

    /// An epoch's loss; `None` without held-out samples.
    pub fn of(self, metrics: &EpochMetrics) -> Option<f64> {
        match self {
            Self::TestLoss => metrics.test_loss,
            Self::TrainLoss => Some(metrics.train_loss),
        }
    }
}

impl EarlyStoppingConfig {
    /// Refuses impossible values.
    ///
    /// # Errors
    /// [`Error::Invalid`] whose place is the key.
    pub fn validate(&self) -> Result<()> {
        if self.patience == 0 {
            return Err(Error::invalid(
                "train.early_stopping.patience",
                "0 epochs leave no time to improve",
                "use at least 1",
            ));
        }
        if !(self.min_delta.is_finite() && self.min_delta >= 0.0) {
            return Err(Error::invalid(
                "train.early_stopping.min_delta",
                format!("an improvement can't be {}", self.min_delta),
                "use 0 or a small positive number",
            ));
        }
        Ok(())
    }
}

/// What early stopping remembers from epoch to epoch.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EarlyStopping {
    /// The best epoch so far and its loss.
    pub best: Option<(usize, f64)>,
    /// Epochs since then.
    pub waited: usize,
    /// The network after the best epoch, where it is to be restored.
    pub parameters: Option<Parameters>,
}

impl EarlyStopping {
    /// Judges an epoch; `parameters` reads the network as it is now.
    pub fn observe(
        &mut self,
        config: &EarlyStoppingConfig,
        metrics: &EpochMetrics,
        parameters: impl FnOnce() -> Parameters,
    ) {
        let Some(loss) = config.monitor.of(metrics) else {
            return;
        };
        let improved = self
            .best
            .is_none_or(|(_, best)| loss + config.min_delta < best);
        if improved {
            self.best = Some((metrics.epoch, loss));
            self.waited = 0;
            self.parameters = config.restore_best.then(parameters);
        } else {
            self.waited += 1;
        }
    }

    /// Whether it has waited long enough.
    pub fn is_over(&self, config: &EarlyStoppingConfig) -> bool {
        self.waited >= config.patience
    }
}
