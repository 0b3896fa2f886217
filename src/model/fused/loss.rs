//! Losses that are a mean over entries, in one operation with their gradient.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Dispatch, Flex, NdArray, TensorMetadata, backend_extension};
use burn::tensor::{Shape, Tensor};

use super::functions::ln;
use super::memory::Memory;
use super::primitives;
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

/// The mean of a loss over all entries; both tensors of one shape.
///
/// The gradient of the cross-entropy is PyTorch's, (p - t) / max(p (1 - p), 1e-12) over the number of entries.
pub fn mean_loss(prediction: Tensor<2>, target: Tensor<2>, loss: EntryLoss) -> Tensor<1> {
    Tensor::from_dispatch(<Dispatch as LossOps>::mean_loss(
        prediction.into_dispatch(),
        target.into_dispatch(),
        loss,
    ))
}

/// The smallest positive normal `f32`: every smaller probability counts as 0.
pub const TINY: f32 = f32::MIN_POSITIVE;

/// The least denominator in the gradient of the cross-entropy.
pub const LEAST_VARIANCE: f32 = 1e-12;

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
}

/// max(ln p, -100).
#[inline(always)]
fn clamped_ln(p: f32) -> f32 {
    if p < TINY { -100.0 } else { ln(p) }
}

/// The operation as Burn dispatches it.
#[backend_extension(NdArray, Flex, Cube: cfg(feature = "gpu"), Autodiff)]
pub trait LossOps: Memory {
    /// See [`mean_loss`].
    fn mean_loss(
        prediction: FloatTensor<Self>,
        target: FloatTensor<Self>,
        loss: EntryLoss,
    ) -> FloatTensor<Self> {
        mean_with_slopes::<Self>(prediction, target, loss).0
    }
}

impl LossOps for Flex {}
impl LossOps for NdArray {}
#[cfg(feature = "gpu")]
impl LossOps for burn::backend::Cube {}

/// The mean loss (1) and its derivative by every prediction, in the prediction's shape.
pub(super) fn mean_with_slopes<B: Memory>(
    prediction: FloatTensor<B>,
    target: FloatTensor<B>,
    loss: EntryLoss,
) -> (FloatTensor<B>, FloatTensor<B>) {
    let (Some(p), Some(t)) = (B::entries(&prediction), B::entries(&target)) else {
        return primitives::mean_with_slopes::<B>(prediction, target, loss);
    };
    let (mut values, mut slopes) = (vec![0.0; p.len()], vec![0.0; p.len()]);
    dispatch(Entries {
        loss,
        p: &p,
        t: &t,
        values: &mut values,
        slopes: &mut slopes,
    });
    let sum: f64 = values.iter().map(|&value| f64::from(value)).sum();
    let mean = (sum / values.len() as f64) as f32;
    (
        B::tensor(vec![mean], &[1], &prediction.device()),
        B::tensor(slopes, &prediction.shape(), &prediction.device()),
    )
}

/// The loss of every entry, and its derivative over the number of entries.
struct Entries<'a> {
    loss: EntryLoss,
    p: &'a [f32],
    t: &'a [f32],
    values: &'a mut [f32],
    slopes: &'a mut [f32],
}

impl Work for Entries<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const REACH: usize, const FUSED: bool>(self) {
        let share = 1.0 / self.p.len() as f32;
        let entries = self.p.iter().zip(self.t);
        let results = self.slopes.iter_mut().zip(self.values);
        for ((&p, &t), (slope, value)) in entries.zip(results) {
            let (loss, derivative) = self.loss.at(p, t);
            *value = loss;
            *slope = derivative * share;
        }
    }
}

impl<B: Memory, C: CheckpointStrategy> LossOps for Autodiff<B, C> {
    fn mean_loss(
        prediction: FloatTensor<Self>,
        target: FloatTensor<Self>,
        loss: EntryLoss,
    ) -> FloatTensor<Self> {
        let node = prediction.node();
        let (mean, slopes) =
            mean_with_slopes::<B>(prediction.into_primitive(), target.into_primitive(), loss);
        match LossBackward.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish(slopes, mean),
            OpsKind::UnTracked(prepared) => prepared.finish(mean),
        }
    }
}

#[derive(Debug)]
struct LossBackward;

impl<B: Memory> Backward<B, 1> for LossBackward {
    /// The derivative of the mean by every prediction.
    type State = FloatTensor<B>;

    fn backward(
        self,
        ops: Ops<Self::State, 1>,
        gradients: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let above = gradients.consume::<B>(&ops.node);
        let [node] = ops.parents;
        if let Some(node) = node {
            let above = B::float_reshape(above, Shape::new([1, 1]));
            gradients.register::<B>(node.id, B::float_mul(ops.state, above));
        }
    }
}
