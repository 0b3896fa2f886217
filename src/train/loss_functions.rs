//! Losses as PyTorch defines them, averaged over all entries of a batch.

use burn::tensor::{Int, Tensor};

use super::Loss;
use crate::model::fused::{EntryLoss, FusedLoss, TINY, mean_loss};

impl Loss {
    /// The loss as part of a network's operation.
    pub fn fused(self) -> FusedLoss {
        match self {
            Self::Mse => EntryLoss::Squared.into(),
            Self::Huber => EntryLoss::Huber.into(),
            Self::Bce => EntryLoss::BinaryCrossEntropy.into(),
            Self::CrossEntropy => FusedLoss::CrossEntropy,
        }
    }
}

/// The mean of (ŷ - y)²; both (n x outputs).
pub fn mse(prediction: Tensor<2>, target: Tensor<2>) -> Tensor<1> {
    mean_loss(prediction, target, EntryLoss::Squared)
}

/// The mean of r²/2 where r < 1 and r - 1/2 elsewhere, r = |ŷ - y|; both (n x outputs).
pub fn huber(prediction: Tensor<2>, target: Tensor<2>) -> Tensor<1> {
    mean_loss(prediction, target, EntryLoss::Huber)
}

/// Binary cross-entropy of probabilities (n x 1) against zeros and ones.
///
/// Where a probability is exactly 0 or 1 and wrong, the loss is 100, as in PyTorch.
pub fn bce(probability: Tensor<2>, target: Tensor<2>) -> Tensor<1> {
    mean_loss(probability, target, EntryLoss::BinaryCrossEntropy)
}

/// Cross-entropy of scores (n x classes) against classes (n x classes), 1 for the right one and 0 elsewhere.
pub fn cross_entropy(scores: Tensor<2>, one_hot: Tensor<2>) -> Tensor<1> {
    mean_loss(scores, one_hot, FusedLoss::CrossEntropy)
}

/// The same of probabilities (n x classes): for networks that end in a softmax. Classes are given by number; a probability of 0
/// counts as e^-100.
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use foldspace::train::loss_functions::negative_log_likelihood;
///
/// let device = Device::flex();
/// let probability = Tensor::from_floats([[0.5, 0.5], [1.0, 0.0]], &device);
/// let labels = Tensor::<1, Int>::from_ints([0, 1], &device);
/// let loss: f32 = negative_log_likelihood(probability, labels).into_scalar();
/// assert!((loss - (2.0_f32.ln() + 100.0) / 2.0).abs() < 1e-5);
/// ```
pub fn negative_log_likelihood(probability: Tensor<2>, labels: Tensor<1, Int>) -> Tensor<1> {
    clamped_log_likelihoods(probability, labels).mean().neg()
}

/// ln p_y of each sample (n x 1), from probabilities (n x classes), at least -100.
pub(super) fn clamped_log_likelihoods(probability: Tensor<2>, labels: Tensor<1, Int>) -> Tensor<2> {
    clamped_log(probability.gather(1, labels.unsqueeze_dim(1)))
}

/// max(ln p, -100), and a gradient of 0 where p is 0 (a plain clamp would make it 0 x infinity).
fn clamped_log(probability: Tensor<2>) -> Tensor<2> {
    let zero = probability.clone().lower_scalar(TINY);
    probability.clamp_min(TINY).log().mask_fill(zero, -100.0)
}
