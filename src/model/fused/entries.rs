//! Losses of single entries, for whoever takes means of parts: an operation with the gradient of the losses in `loss.rs`.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Dispatch, Flex, NdArray, backend_extension};
use burn::tensor::Tensor;

use super::loss::EntryLoss;
use super::memory::Memory;
use super::primitives;

/// The loss of every entry; all of one shape. [`mean_loss`](super::mean_loss) is their mean, and the gradients agree.
pub fn entry_losses(prediction: Tensor<2>, target: Tensor<2>, loss: EntryLoss) -> Tensor<2> {
    Tensor::from_dispatch(<Dispatch as EntryOps>::entry_losses(
        prediction.into_dispatch(),
        target.into_dispatch(),
        loss,
    ))
}

/// The operation as Burn dispatches it.
#[backend_extension(NdArray, Flex, Cube: cfg(feature = "gpu"), Autodiff)]
pub trait EntryOps: Memory {
    /// See [`entry_losses`].
    fn entry_losses(
        prediction: FloatTensor<Self>,
        target: FloatTensor<Self>,
        loss: EntryLoss,
    ) -> FloatTensor<Self> {
        primitives::losses_with_slopes::<Self>(prediction, target, loss).0
    }
}

impl EntryOps for Flex {}
impl EntryOps for NdArray {}
#[cfg(feature = "gpu")]
impl EntryOps for burn::backend::Cube {}

impl<B: Memory, C: CheckpointStrategy> EntryOps for Autodiff<B, C> {
    fn entry_losses(
        prediction: FloatTensor<Self>,
        target: FloatTensor<Self>,
        loss: EntryLoss,
    ) -> FloatTensor<Self> {
        let node = prediction.node();
        let (prediction, target) = (prediction.into_primitive(), target.into_primitive());
        let (losses, slopes) = primitives::losses_with_slopes::<B>(prediction, target, loss);
        match EntryBackward
            .prepare::<C>([node])
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(prepared) => prepared.finish(slopes, losses),
            OpsKind::UnTracked(prepared) => prepared.finish(losses),
        }
    }
}

#[derive(Debug)]
struct EntryBackward;

impl<B: Memory> Backward<B, 1> for EntryBackward {
    /// The derivative of every loss by its prediction.
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
            gradients.register::<B>(node.id, B::float_mul(ops.state, above));
        }
    }
}
