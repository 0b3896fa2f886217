//! Batch norm in the trainable network, with PyTorch's definitions (`nn.BatchNorm1d`).
//!
//! Training standardises each unit by the batch's own mean and (biased) variance, and blends them into running
//! statistics, the variance unbiased; evaluation uses those. The kernels are Burn's. Burn's own module blends in the biased
//! variance, and picks its mode by the device rather than by what the caller is doing.

use burn::module::{Module, Param, RunningState};
use burn::tensor::module::{batch_norm, batch_norm_train};
use burn::tensor::{Device, Tensor};

use super::parameters::{EPSILON, NormParameters};
use super::transfer::{numbers, upload_vector};

/// How much of the running statistics each batch replaces.
pub(crate) const MOMENTUM: f64 = 0.1;

/// Batch norm of a layer, an entry per unit in each tensor.
#[derive(Module, Debug)]
pub(super) struct BatchNorm {
    pub(super) weight: Param<Tensor<1>>,
    pub(super) bias: Param<Tensor<1>>,
    running_mean: RunningState<Tensor<1>>,
    running_var: RunningState<Tensor<1>>,
}

impl BatchNorm {
    pub(super) fn new(norm: &NormParameters, device: &Device) -> Self {
        Self {
            weight: Param::from_tensor(upload_vector(&norm.weight, device)),
            bias: Param::from_tensor(upload_vector(&norm.bias, device)),
            running_mean: RunningState::new(upload_vector(&norm.running_mean, device)),
            running_var: RunningState::new(upload_vector(&norm.running_var, device)),
        }
    }

    /// With the running statistics: (n x units) to (n x units).
    pub(super) fn forward(&self, z: Tensor<2>) -> Tensor<2> {
        batch_norm(
            z,
            self.weight.val(),
            self.bias.val(),
            self.running_mean.value(),
            self.running_var.value(),
            EPSILON,
        )
    }

    /// With the batch's own statistics, which move the running ones. The batch has at least two samples.
    pub(super) fn forward_training(&mut self, z: Tensor<2>) -> Tensor<2> {
        let samples = z.dims()[0] as f64;
        let result = batch_norm_train(z, self.weight.val(), self.bias.val(), EPSILON);
        let unbiased = result.variance.mul_scalar(samples / (samples - 1.0));
        self.running_mean = blend(&self.running_mean, result.mean);
        self.running_var = blend(&self.running_var, unbiased);
        result.output
    }

    pub(super) fn parameters(&self) -> NormParameters {
        NormParameters {
            weight: numbers(self.weight.val()),
            bias: numbers(self.bias.val()),
            running_mean: numbers(self.running_mean.value()),
            running_var: numbers(self.running_var.value()),
        }
    }
}

fn blend(old: &RunningState<Tensor<1>>, new: Tensor<1>) -> RunningState<Tensor<1>> {
    let blended = old.value().mul_scalar(1.0 - MOMENTUM) + new.mul_scalar(MOMENTUM);
    RunningState::new(blended.detach())
}
