//! Batch norm on a backend's tensors: by the loops over plain numbers (`norm.rs`) where the memory is in reach, in the backend's
//! own operations where it is not.

use std::borrow::Cow;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, TensorMetadata};
use burn::tensor::{Shape, Slice};

use super::activation_ops::{activate, activation_backward};
use super::layers::Gradients;
use super::norm::{self, BatchNorm, Units};
use super::{FusedActivation, long_sums, memory};

/// What a batch norm takes besides z.
#[derive(Debug, Clone)]
pub(super) struct NormTensors<B: Backend> {
    /// γ (units).
    pub(super) weight: FloatTensor<B>,
    /// β (units).
    pub(super) bias: FloatTensor<B>,
    /// Means and variances (2 x units).
    pub(super) statistics: FloatTensor<B>,
}

/// Means and (biased) variances (2 x units) of z (n x units).
pub(super) fn statistics<B: Backend>(z: FloatTensor<B>) -> FloatTensor<B> {
    let units = z.shape()[1];
    let found = memory::entries::<B>(&z).map(|z| norm::statistics(&z, units));
    if let Some(found) = found {
        return memory::new::<B>(found, &[2, units], &z.device());
    }
    let share = 1.0 / z.shape()[0] as f32;
    let mean_of = |z| B::float_mul_scalar(long_sums::sum::<B>(z), share.into());
    let mean = mean_of(z.clone());
    let apart = B::float_sub(z, mean.clone());
    let variance = mean_of(B::float_mul(apart.clone(), apart));
    B::float_cat(vec![mean, variance], 0)
}

/// The running statistics after a batch of `samples`, of which each is replaced by `share` of the batch's.
pub(super) fn follow<B: Backend>(
    running: FloatTensor<B>,
    batch: FloatTensor<B>,
    samples: usize,
    share: f64,
) -> FloatTensor<B> {
    let running = match memory::entries::<B>(&batch) {
        Some(batch) => {
            let followed = |running: &mut [f32]| norm::follow(running, &batch, samples, share);
            match memory::map::<B>(running, followed) {
                Ok(followed) => return followed,
                Err(running) => running,
            }
        }
        None => running,
    };
    let unbiased = samples as f64 / (samples as f64 - 1.0);
    let mean = B::float_mul_scalar(row::<B>(batch.clone(), 0), share.into());
    let variance = B::float_mul_scalar(row::<B>(batch, 1), (share * unbiased).into());
    let kept = B::float_mul_scalar(running, (1.0 - share).into());
    B::float_add(kept, B::float_cat(vec![mean, variance], 0))
}

/// φ(ẑ γ + β).
pub(super) fn forward<B: Backend>(
    z: FloatTensor<B>,
    tensors: &NormTensors<B>,
    norm: BatchNorm,
) -> FloatTensor<B> {
    let z = match Operands::of(tensors) {
        Some(operands) => match memory::map::<B>(z, |z| norm.forward(z, operands.units())) {
            Ok(y) => return y,
            Err(z) => z,
        },
        None => z,
    };
    let Parts { s, .. } = Parts::of(z, tensors, norm);
    activate::<B>(s, norm.activation)
}

/// The gradients by z, γ and β from dL/dy.
pub(super) fn backward<B: Backend>(
    z: FloatTensor<B>,
    tensors: &NormTensors<B>,
    norm: BatchNorm,
    dy: FloatTensor<B>,
) -> Gradients<B> {
    let numbers = memory::entries::<B>(&z).zip(memory::entries::<B>(&dy));
    if let Some(((numbers, dy), operands)) = numbers.zip(Operands::of(tensors)) {
        let found = norm.backward(&numbers, operands.units(), &dy);
        let (shape, device) = (z.shape(), z.device());
        let vector = |numbers| Some(memory::new::<B>(numbers, &[shape[1]], &device));
        let dz = memory::new::<B>(found.z, &shape, &device);
        return vec![Some(dz), vector(found.weight), vector(found.bias)];
    }
    let samples = z.shape()[0] as f32;
    let units = tensors.weight.shape();
    let parts = Parts::of(z, tensors, norm);
    let ds = match norm.activation {
        FusedActivation::Identity => dy,
        phi if phi.keeps_slopes() => activation_backward::<B>(parts.s, dy, phi),
        phi => activation_backward::<B>(activate::<B>(parts.s, phi), dy, phi),
    };
    let bias = long_sums::sum::<B>(ds.clone());
    let weight = long_sums::sum::<B>(B::float_mul(ds.clone(), parts.standardised.clone()));
    let inner = match norm.is_training {
        true => {
            let along = B::float_mul(parts.standardised, weight.clone());
            let taken = B::float_add(along, bias.clone());
            B::float_sub(ds, B::float_mul_scalar(taken, (1.0 / samples).into()))
        }
        false => ds,
    };
    let dz = B::float_mul(inner, parts.scale);
    let vector = |row| Some(B::float_reshape(row, units.clone()));
    vec![Some(dz), vector(weight), vector(bias)]
}

/// A batch norm's numbers in this computer's memory.
struct Operands<'a> {
    weight: Cow<'a, [f32]>,
    bias: Cow<'a, [f32]>,
    statistics: Cow<'a, [f32]>,
}

impl<'a> Operands<'a> {
    /// `None` where they are not there.
    fn of<B: Backend>(tensors: &'a NormTensors<B>) -> Option<Self> {
        Some(Self {
            weight: memory::entries::<B>(&tensors.weight)?,
            bias: memory::entries::<B>(&tensors.bias)?,
            statistics: memory::entries::<B>(&tensors.statistics)?,
        })
    }

    fn units(&self) -> Units<'_> {
        Units {
            weight: &self.weight,
            bias: &self.bias,
            statistics: &self.statistics,
        }
    }
}

/// What both directions need, as tensors.
struct Parts<B: Backend> {
    /// ẑ (n x units).
    standardised: FloatTensor<B>,
    /// γ / √(σ² + ε) (1 x units).
    scale: FloatTensor<B>,
    /// ẑ γ + β (n x units).
    s: FloatTensor<B>,
}

impl<B: Backend> Parts<B> {
    fn of(z: FloatTensor<B>, tensors: &NormTensors<B>, norm: BatchNorm) -> Self {
        let across = Shape::new([1, z.shape()[1]]);
        let weight = B::float_reshape(tensors.weight.clone(), across.clone());
        let bias = B::float_reshape(tensors.bias.clone(), across);
        let variance = row::<B>(tensors.statistics.clone(), 1);
        let deviation = B::float_sqrt(B::float_add_scalar(variance, norm.epsilon.into()));
        let apart = B::float_sub(z, row::<B>(tensors.statistics.clone(), 0));
        let standardised = B::float_div(apart, deviation.clone());
        let s = B::float_mul(standardised.clone(), weight.clone());
        Self {
            standardised,
            scale: B::float_div(weight, deviation),
            s: B::float_add(s, bias),
        }
    }
}

/// One row of a matrix (1 x columns).
fn row<B: Backend>(matrix: FloatTensor<B>, number: usize) -> FloatTensor<B> {
    let number = number as isize;
    let rows = Slice::new(number, Some(number + 1), 1);
    B::float_slice(matrix, &[rows, Slice::full()])
}
