//! The one trait through which Burn's backends learn the fused operations, and the only file here that names a graphics
//! card or another machine.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Flex, NdArray, backend_extension};

use super::layers::Layers;
use super::norm_ops::NormTensors;
use super::sgd::SgdStep;
use super::{BatchNorm, FusedActivation, FusedLoss, network, norm_ops, primitives};

/// The operations as Burn dispatches them; `functional.rs` says what each is, `autodiff.rs` has their gradients.
#[backend_extension(NdArray, Flex, Cube: cfg(feature = "gpu"), Remote: cfg(feature = "remote"), Autodiff)]
pub(super) trait FusedOps: Backend {
    /// See [`network`](super::network()).
    fn network(x: FloatTensor<Self>, #[extension_type] layers: Layers<Self>) -> FloatTensor<Self> {
        network::forward::<Self>(x, &layers)
    }

    /// See [`network_loss`](super::network_loss).
    fn network_loss(
        x: FloatTensor<Self>,
        target: FloatTensor<Self>,
        #[extension_type] layers: Layers<Self>,
        loss: FusedLoss,
    ) -> FloatTensor<Self> {
        let prediction = network::forward::<Self>(x, &layers);
        Self::mean_loss(prediction, target, loss)
    }

    /// See [`activate`](super::activate).
    fn activate(z: FloatTensor<Self>, activation: FusedActivation) -> FloatTensor<Self> {
        network::activate::<Self>(z, activation)
    }

    /// See [`batch_statistics`](super::batch_statistics).
    fn batch_statistics(z: FloatTensor<Self>) -> FloatTensor<Self> {
        norm_ops::statistics::<Self>(z)
    }

    /// See [`follow_statistics`](super::follow_statistics).
    fn follow_statistics(
        running: FloatTensor<Self>,
        batch: FloatTensor<Self>,
        samples: usize,
        share: f64,
    ) -> FloatTensor<Self> {
        norm_ops::follow::<Self>(running, batch, samples, share)
    }

    /// See [`batch_norm`](super::batch_norm).
    fn batch_norm(
        z: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        statistics: FloatTensor<Self>,
        norm: BatchNorm,
    ) -> FloatTensor<Self> {
        let tensors = NormTensors {
            weight,
            bias,
            statistics,
        };
        norm_ops::forward::<Self>(z, &tensors, norm)
    }

    /// See [`masked`](super::masked).
    fn masked(y: FloatTensor<Self>, mask: FloatTensor<Self>) -> FloatTensor<Self> {
        network::masked::<Self>(y, mask)
    }

    /// See [`mean_loss`](super::mean_loss).
    fn mean_loss(
        prediction: FloatTensor<Self>,
        target: FloatTensor<Self>,
        loss: FusedLoss,
    ) -> FloatTensor<Self> {
        network::mean_loss_with_gradient::<Self>(prediction, target, loss).0
    }

    /// See [`loss_terms`](super::loss_terms).
    fn loss_terms(
        prediction: FloatTensor<Self>,
        target: FloatTensor<Self>,
        loss: FusedLoss,
    ) -> FloatTensor<Self> {
        primitives::losses_with_gradients::<Self>(prediction, target, loss).0
    }

    /// See [`sgd_step`](super::sgd_step).
    fn sgd_step(
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        step: SgdStep,
    ) -> FloatTensor<Self> {
        step.apply::<Self>(weight, gradient)
    }
}

impl FusedOps for Flex {}
impl FusedOps for NdArray {}
#[cfg(feature = "gpu")]
impl FusedOps for burn::backend::Cube {}
#[cfg(feature = "remote")]
impl FusedOps for burn::backend::Remote {}
