//! The fused operations on tensors: what `torch.nn.functional` would hold.

use burn::backend::Dispatch;
use burn::tensor::Tensor;

use super::layers::{LAYERS, Layers};
use super::ops::FusedOps;
use super::sgd::SgdStep;
use super::{BatchNorm, FusedActivation, FusedLoss};

/// φₗ(… φ₁(x W₁ + b₁) … Wₗ + bₗ) for x (n x inputs): (n x units of the last layer). One operation for six layers.
///
/// Equal to the same network in Burn's operations up to the order of sums. Its gradients, layer by layer from the last:
/// dL/dz = dL/dy φ'(z), dL/dW = xᵀ dL/dz, dL/db = Σ_rows dL/dz, dL/dx = dL/dz Wᵀ.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use foldspace::model::fused::{FusedActivation, Layers, network};
///
/// let device = Device::flex();
/// let mut layers = Layers::default();
/// let weight = Tensor::from_floats([[1.0], [-1.0]], &device);
/// layers.push(weight, Tensor::from_floats([0.5], &device), FusedActivation::Relu);
/// let y = network(Tensor::from_floats([[2.0, 1.0], [1.0, 4.0]], &device), layers);
/// assert_eq!(y.into_data().iter::<f32>().collect::<Vec<_>>(), [1.5, 0.0]);
/// ```
pub fn network(mut x: Tensor<2>, mut layers: Layers<Dispatch>) -> Tensor<2> {
    while !layers.activations.is_empty() {
        let next = match layers.activations.len() {
            0..=LAYERS => std::mem::take(&mut layers),
            _ => layers.split_front(LAYERS),
        };
        let y = <Dispatch as FusedOps>::network(x.into_dispatch(), next);
        x = Tensor::from_dispatch(y);
    }
    x
}

/// The mean of a loss of a network's outputs, against `target` of the outputs' shape. One operation for network and
/// loss: where the memory is in reach, the gradients are found in the same sweep, while the values are still in the cache.
pub fn network_loss(
    mut x: Tensor<2>,
    mut layers: Layers<Dispatch>,
    target: Tensor<2>,
    loss: impl Into<FusedLoss>,
) -> Tensor<1> {
    let loss = loss.into();
    if layers.activations.is_empty() {
        return mean_loss(x, target, loss);
    }
    if layers.activations.len() > LAYERS {
        let front = layers.activations.len() - LAYERS;
        x = network(x, layers.split_front(front));
    }
    Tensor::from_dispatch(<Dispatch as FusedOps>::network_loss(
        x.into_dispatch(),
        target.into_dispatch(),
        layers,
        loss,
    ))
}

/// Mean and (biased) variance of each unit over a batch, the statistics that [`batch_norm`] takes in training: (n x units) to
/// (2 x units). Without a gradient: that of [`batch_norm`] contains it.
pub fn batch_statistics(z: Tensor<2>) -> Tensor<2> {
    Tensor::from_dispatch(<Dispatch as FusedOps>::batch_statistics(z.into_dispatch()))
}

/// The running statistics (2 x units) after a batch of `samples` with these statistics: (1 - share) of the old and `share` of the
/// batch's, its variance unbiased, as `nn.BatchNorm1d` keeps them. Without a gradient.
pub fn follow_statistics(
    running: Tensor<2>,
    batch: Tensor<2>,
    samples: usize,
    share: f64,
) -> Tensor<2> {
    let (running, batch) = (running.into_dispatch(), batch.into_dispatch());
    let followed = <Dispatch as FusedOps>::follow_statistics(running, batch, samples, share);
    Tensor::from_dispatch(followed)
}

/// φ((z - μ) / √(σ² + ε) γ + β) for z (n x units), γ and β (units), and μ and σ² in the rows of `statistics` (2 x units): one
/// operation, with gradients by z, γ and β.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use foldspace::model::fused::{BatchNorm, FusedActivation, batch_norm, batch_statistics};
///
/// let device = Device::flex();
/// let z = Tensor::from_floats([[1.0], [3.0]], &device);
/// let statistics = batch_statistics(z.clone());
/// assert_eq!(statistics.to_data().iter::<f32>().collect::<Vec<_>>(), [2.0, 1.0]);
/// let norm = BatchNorm { is_training: true, epsilon: 0.0, activation: FusedActivation::Relu };
/// let one = |number: f32| Tensor::from_floats([number], &device);
/// let y = batch_norm(z, one(2.0), one(0.5), statistics, norm);
/// assert_eq!(y.into_data().iter::<f32>().collect::<Vec<_>>(), [0.0, 2.5]);
/// ```
pub fn batch_norm(
    z: Tensor<2>,
    weight: Tensor<1>,
    bias: Tensor<1>,
    statistics: Tensor<2>,
    norm: BatchNorm,
) -> Tensor<2> {
    let (weight, bias) = (weight.into_dispatch(), bias.into_dispatch());
    let (z, statistics) = (z.into_dispatch(), statistics.into_dispatch());
    let y = <Dispatch as FusedOps>::batch_norm(z, weight, bias, statistics, norm);
    Tensor::from_dispatch(y)
}

/// φ(z) in one operation, with the same rounding as inside [`network`].
pub fn activate(z: Tensor<2>, activation: FusedActivation) -> Tensor<2> {
    if activation == FusedActivation::Identity {
        return z;
    }
    let y = <Dispatch as FusedOps>::activate(z.into_dispatch(), activation);
    Tensor::from_dispatch(y)
}

/// y times a mask of its shape, which has no gradient: dropout in training.
pub fn masked(y: Tensor<2>, mask: Tensor<2>) -> Tensor<2> {
    let (y, mask) = (y.into_dispatch(), mask.into_dispatch());
    Tensor::from_dispatch(<Dispatch as FusedOps>::masked(y, mask))
}

/// The mean of a loss; both tensors of one shape.
///
/// The gradient of the binary cross-entropy is PyTorch's, (p - t) / max(p (1 - p), 1e-12) over the number of entries.
pub fn mean_loss(
    prediction: Tensor<2>,
    target: Tensor<2>,
    loss: impl Into<FusedLoss>,
) -> Tensor<1> {
    Tensor::from_dispatch(<Dispatch as FusedOps>::mean_loss(
        prediction.into_dispatch(),
        target.into_dispatch(),
        loss.into(),
    ))
}

/// What a loss is the mean of, for whoever takes means of parts: a term for every entry (n x outputs), for the cross-entropy
/// one for every sample (n x 1). [`mean_loss`] is their mean, and the gradients agree.
pub fn loss_terms(
    prediction: Tensor<2>,
    target: Tensor<2>,
    loss: impl Into<FusedLoss>,
) -> Tensor<2> {
    Tensor::from_dispatch(<Dispatch as FusedOps>::loss_terms(
        prediction.into_dispatch(),
        target.into_dispatch(),
        loss.into(),
    ))
}

/// A step of gradient descent in one operation: w - η (g + λ w), as a parameter for the next step. In place where nothing else
/// holds w; where autodiff follows w, the result is a leaf that it follows too. Rounded as Burn's operations, one after the
/// other, round.
pub fn sgd_step<const D: usize>(
    weight: Tensor<D>,
    gradient: Tensor<D>,
    step: SgdStep,
) -> Tensor<D> {
    Tensor::from_dispatch(<Dispatch as FusedOps>::sgd_step(
        weight.into_dispatch(),
        gradient.into_dispatch(),
        step,
    ))
}
