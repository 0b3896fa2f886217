//! The losses by name; `loss_functions.rs` has them as functions of tensors.

use serde::{Deserialize, Serialize};

use crate::data::Dataset;
use crate::data::targets::Task;

/// The loss that training minimises.
///
/// | name | formula, averaged over the batch | PyTorch |
/// | --- | --- | --- |
/// | `mse` | (ŷ - y)² | `MSELoss` |
/// | `huber` | r²/2 if r < 1 else r - 1/2, r = abs(ŷ - y) | `HuberLoss` |
/// | `bce` | -y ln p - (1 - y) ln(1 - p), each logarithm at least -100 | `BCELoss` |
/// | `cross_entropy` | -ln softmax(z)_y | `CrossEntropyLoss` |
///
/// `bce` needs one sigmoid output, `cross_entropy` one output per class: scores (`identity`), as in PyTorch, or
/// probabilities (`softmax`), which give the same loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// Mean squared error.
    Mse,
    /// Squared near the target, linear beyond a distance of 1.
    Huber,
    /// Binary cross-entropy of a probability.
    Bce,
    /// Cross-entropy of several classes.
    CrossEntropy,
}

impl Loss {
    /// What a loss of standardised targets is multiplied by to be one in the targets' own units: the square of their
    /// deviation, for `mse` and a single target. Otherwise 1: the loss is then in deviations, as several targets have units
    /// of their own, and `huber` is not the same formula in another unit.
    pub fn unit(self, data: &Dataset) -> f64 {
        match (
            self,
            data.target_scale
                .as_ref()
                .map(|scale| &scale.deviations[..]),
        ) {
            (Self::Mse, Some([deviation])) => deviation * deviation,
            _ => 1.0,
        }
    }

    /// What targets it takes: classes, or numbers too.
    pub fn task(self) -> Task {
        match self {
            Self::Mse | Self::Huber => Task::Regression,
            Self::Bce | Self::CrossEntropy => Task::Classification,
        }
    }

    /// The name as configuration files spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mse => "mse",
            Self::Huber => "huber",
            Self::Bce => "bce",
            Self::CrossEntropy => "cross_entropy",
        }
    }
}
