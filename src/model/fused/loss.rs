//! Losses that are a mean over entries, with their derivatives.

use super::functions::ln;
use crate::model::simd::{Work, dispatch};

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
    /// The loss and its derivative by p.
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

    /// The mean over all entries, and its derivative by every prediction.
    pub(super) fn mean_with_gradient(
        self,
        predictions: &[f32],
        targets: &[f32],
    ) -> (f32, Vec<f32>) {
        let count = predictions.len();
        let (mut values, mut gradients) = (vec![0.0; count], vec![0.0; count]);
        dispatch(Entries {
            loss: self,
            p: predictions,
            t: targets,
            values: &mut values,
            gradients: &mut gradients,
        });
        let sum: f64 = values.iter().map(|&value| f64::from(value)).sum();
        ((sum / count as f64) as f32, gradients)
    }
}

/// max(ln p, -100).
#[inline(always)]
fn clamped_ln(p: f32) -> f32 {
    if p < TINY { -100.0 } else { ln(p) }
}

/// The loss of every entry, and its derivative over the number of entries.
struct Entries<'a> {
    loss: EntryLoss,
    p: &'a [f32],
    t: &'a [f32],
    values: &'a mut [f32],
    gradients: &'a mut [f32],
}

impl Work for Entries<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const REACH: usize, const FUSED: bool>(self) {
        let share = 1.0 / self.p.len() as f32;
        let entries = self.p.iter().zip(self.t);
        let results = self.gradients.iter_mut().zip(self.values);
        for ((&p, &t), (gradient, value)) in entries.zip(results) {
            let (loss, derivative) = self.loss.at(p, t);
            *value = loss;
            *gradient = derivative * share;
        }
    }
}
