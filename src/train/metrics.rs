//! What an epoch is judged by.

use serde::{Deserialize, Serialize};

/// One line of `metrics.csv`.
///
/// How long an epoch took is not among them: a run with the same configuration gives the same bytes each time. The
/// seconds stand in `timing.csv` beside it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EpochMetrics {
    /// Counted from 1.
    pub epoch: usize,
    /// The mean of the epoch's batch losses, each taken before its update.
    pub train_loss: f64,
    /// The share of training samples that the network classifies correctly after the epoch; none for regression.
    pub train_accuracy: Option<f64>,
    /// The loss on the held-out samples after the epoch; none without such samples.
    pub test_loss: Option<f64>,
    /// The share of held-out samples that the network classifies correctly after the epoch.
    pub test_accuracy: Option<f64>,
    /// The learning rate of the epoch.
    pub learning_rate: f64,
    /// The length (L2 norm) of the whole gradient on the epoch's last batch, before its update.
    pub grad_norm: f64,
}

/// What training yields after each epoch.
#[derive(Debug, Clone, PartialEq)]
pub struct EpochReport {
    /// Losses and accuracies.
    pub metrics: EpochMetrics,
    /// Every parameter's name and its gradient's length on the epoch's last batch, in layer order.
    pub gradient_norms: Vec<(String, f64)>,
    /// How long the epoch took, evaluation included, in seconds of wall-clock time.
    pub seconds: f64,
}
