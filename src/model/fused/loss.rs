//! Losses that are a mean over entries or samples, with their derivatives.

use super::functions::{exp_of_negative, ln};
use crate::model::simd::{Vectors, Work, dispatch};

/// What is minimised: the mean of its terms over a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FusedLoss {
    /// A term for every output of every sample.
    Entries(EntryLoss),
    /// A term for every sample: ln Σ exp z - Σ t z from its scores z and the class as t, 1 there and 0 elsewhere. The same as
    /// -ln softmax(z) of the class, but finite where that probability is too small for a number.
    CrossEntropy,
}

impl From<EntryLoss> for FusedLoss {
    fn from(loss: EntryLoss) -> Self {
        Self::Entries(loss)
    }
}

/// A loss of one prediction p and one target t.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryLoss {
    /// (p - t)².
    Squared,
    /// r²/2 if r < 1, else r - 1/2, with r = |p - t|.
    Huber,
    /// -t ln p - (1 - t) ln(1 - p), each logarithm at least -100.
    BinaryCrossEntropy,
}

/// The smallest positive normal `f32`: every smaller probability counts as 0.
pub const TINY: f32 = f32::MIN_POSITIVE;

/// The least denominator in the gradient of the cross-entropy.
pub(super) const LEAST_VARIANCE: f32 = 1e-12;

impl EntryLoss {
    /// The loss and its derivative with respect to p.
    #[inline(always)]
    pub fn at(self, p: f32, t: f32) -> (f32, f32) {
        match self {
            Self::Squared => ((p - t) * (p - t), 2.0 * (p - t)),
            Self::Huber => {
                let r = p - t;
                let near = r.clamp(-1.0, 1.0);
                (near * (r - 0.5 * near), near)
            }
            Self::BinaryCrossEntropy => {
                let value = t * clamped_ln(p) + (1.0 - t) * clamped_ln(1.0 - p);
                (-value, (p - t) / (p * (1.0 - p)).max(LEAST_VARIANCE))
            }
        }
    }
}

impl FusedLoss {
    /// How many terms the mean is taken of, for this many predictions, `outputs` of them per sample.
    pub(super) fn terms(self, predictions: usize, outputs: usize) -> usize {
        match self {
            Self::Entries(_) => predictions,
            Self::CrossEntropy => predictions / outputs.max(1),
        }
    }

    /// The mean over (n x outputs) predictions, and its derivative with respect to each of them.
    pub(super) fn mean_with_gradient(
        self,
        predictions: &[f32],
        targets: &[f32],
        outputs: usize,
    ) -> (f32, Vec<f32>) {
        let terms = self.terms(predictions.len(), outputs);
        let share = 1.0 / terms as f32;
        let (mut values, mut gradients) = (vec![0.0; terms], vec![0.0; predictions.len()]);
        match self {
            Self::Entries(loss) => dispatch(Entries {
                loss,
                share,
                p: predictions,
                t: targets,
                values: &mut values,
                gradients: &mut gradients,
            }),
            Self::CrossEntropy => {
                let samples = predictions.chunks(outputs).zip(targets.chunks(outputs));
                let results = gradients.chunks_mut(outputs).zip(&mut values);
                for ((z, t), (gradients, value)) in samples.zip(results) {
                    *value = cross_entropy(z, t, share, gradients);
                }
            }
        }
        let sum: f64 = values.iter().map(|&value| f64::from(value)).sum();
        ((sum / terms as f64) as f32, gradients)
    }
}

/// The cross-entropy of a sample, and its derivatives times `share`: as `panel.rs` computes it, with the same bits.
fn cross_entropy(z: &[f32], t: &[f32], share: f32, gradients: &mut [f32]) -> f32 {
    let highest = z.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let (mut sum, mut said) = (0.0, 0.0);
    for ((&z, &t), e) in z.iter().zip(t).zip(gradients.iter_mut()) {
        *e = exp_of_negative(z - highest);
        sum += *e;
        said += t * (z - highest);
    }
    for (gradient, &t) in gradients.iter_mut().zip(t) {
        *gradient = (*gradient / sum - t) * share;
    }
    ln(sum) - said
}

/// max(ln p, -100).
#[inline(always)]
fn clamped_ln(p: f32) -> f32 {
    if p < TINY { -100.0 } else { ln(p) }
}

/// The loss of every entry, and its derivative times `share`.
struct Entries<'a> {
    loss: EntryLoss,
    share: f32,
    p: &'a [f32],
    t: &'a [f32],
    values: &'a mut [f32],
    gradients: &'a mut [f32],
}

impl Work for Entries<'_> {
    type Output = ();

    #[inline(always)]
    fn run<K: Vectors>(self, _: K) {
        let entries = self.p.iter().zip(self.t);
        let results = self.gradients.iter_mut().zip(self.values);
        for ((&p, &t), (gradient, value)) in entries.zip(results) {
            let (loss, derivative) = self.loss.at(p, t);
            *value = loss;
            *gradient = derivative * self.share;
        }
    }
}
