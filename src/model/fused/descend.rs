//! A step of gradient descent as one operation.

use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend, Dispatch, Flex, NdArray, backend_extension};
use burn::tensor::Tensor;

use super::memory::Memory;
use super::update;

/// w - η (g + λ w), as a parameter for the next step: in place where nobody else holds w, and where w is followed by autodiff,
/// the result is a leaf that is. Rounded as Burn's operations one after the other round.
pub fn descend<const D: usize>(weight: Tensor<D>, gradient: Tensor<D>, step: Descent) -> Tensor<D> {
    Tensor::from_dispatch(<Dispatch as DescentOps>::descend(
        weight.into_dispatch(),
        gradient.into_dispatch(),
        step,
    ))
}

/// How far a step goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Descent {
    /// η.
    pub rate: f64,
    /// λ.
    pub decay: f64,
}

/// The operation as Burn dispatches it.
#[backend_extension(NdArray, Flex, Cube: cfg(feature = "gpu"), Autodiff)]
pub trait DescentOps: Memory {
    /// See [`descend`].
    fn descend(
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        step: Descent,
    ) -> FloatTensor<Self> {
        let Descent { rate, decay } = step;
        if let Some(gradient) = Self::entries(&gradient)
            && Self::entries(&weight).is_some()
        {
            return Self::map(weight, |weight| {
                update::descend(weight, &gradient, rate, decay);
            });
        }
        let slope = match decay {
            0.0 => gradient,
            _ => {
                let penalty = Self::float_mul_scalar(weight.clone(), decay.into());
                Self::float_add(gradient, penalty)
            }
        };
        Self::float_sub(weight, Self::float_mul_scalar(slope, rate.into()))
    }
}

impl DescentOps for Flex {}
impl DescentOps for NdArray {}
#[cfg(feature = "gpu")]
impl DescentOps for burn::backend::Cube {}

impl<B: DescentOps, C: CheckpointStrategy> DescentOps for Autodiff<B, C> {
    fn descend(
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        step: Descent,
    ) -> FloatTensor<Self> {
        let is_followed = weight.is_tracked();
        let moved = B::descend(weight.into_primitive(), gradient.into_primitive(), step);
        Self::float_set_require_grad(Self::from_inner(moved), is_followed)
    }
}
