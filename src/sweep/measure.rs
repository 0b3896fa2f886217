//! What runs are compared by.

use serde::Serialize;

use super::Trial;

/// A number that a finished run is judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// The share of held-out samples that are classified correctly.
    TestAccuracy,
    /// The share of training samples that are classified correctly.
    TrainAccuracy,
    /// The loss on the held-out samples.
    TestLoss,
    /// The mean loss of the last epoch's batches.
    TrainLoss,
}

impl Measure {
    /// A run's number after its last epoch; `None` where it diverged or has none.
    pub fn of(self, trial: &Trial) -> Option<f64> {
        let last = trial.last.filter(|_| trial.diverged.is_none())?;
        match self {
            Self::TestAccuracy => last.test_accuracy,
            Self::TrainAccuracy => last.train_accuracy,
            Self::TestLoss => last.test_loss,
            Self::TrainLoss => Some(last.train_loss),
        }
    }

    /// Whether it is a share, of which more is better, rather than a loss.
    pub fn is_accuracy(self) -> bool {
        matches!(self, Self::TestAccuracy | Self::TrainAccuracy)
    }

    /// What to call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::TestAccuracy => "held-out accuracy",
            Self::TrainAccuracy => "training accuracy",
            Self::TestLoss => "held-out loss",
            Self::TrainLoss => "training loss",
        }
    }

    /// In words: a share in per cent, a loss with four digits.
    pub fn write(self, value: f64) -> String {
        if self.is_accuracy() {
            format!("{:.1} %", 100.0 * value)
        } else {
            loss(value)
        }
    }
}

/// A loss as a table shows it.
pub(crate) fn loss(value: f64) -> String {
    // Adding zero turns -0 into 0.
    let value = value + 0.0;
    if value != 0.0 && !(1e-3..1e5).contains(&value.abs()) {
        format!("{value:.2e}")
    } else {
        format!("{value:.4}")
    }
}
