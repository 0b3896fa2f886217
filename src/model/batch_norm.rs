//! Batch norm in the trainable network, with PyTorch's definitions (`nn.BatchNorm1d`).
//!
//! Training standardises each unit by the batch's own mean and (biased) variance, and blends them into running
//! statistics, the variance unbiased; evaluation uses those. Burn's own module blends in the biased variance, and picks its mode
//! by the device rather than by what the caller is doing.

use burn::module::{Module, Param, RunningState};
use burn::tensor::{Device, Tensor, TensorData};

use super::fused::{self, FusedActivation, batch_statistics, follow_statistics};
use super::parameters::{EPSILON, NormParameters};
use super::transfer::{numbers, upload_vector};

/// How much of the running statistics each batch replaces.
pub(crate) const MOMENTUM: f64 = 0.1;

/// Batch norm of a layer, an entry per unit in each tensor.
#[derive(Module, Debug)]
pub(super) struct BatchNorm {
    pub(super) weight: Param<Tensor<1>>,
    pub(super) bias: Param<Tensor<1>>,
    /// Means and variances (2 x units).
    running: RunningState<Tensor<2>>,
}

impl BatchNorm {
    pub(super) fn new(norm: &NormParameters, device: &Device) -> Self {
        let running = norm.running_mean.iter().chain(&norm.running_var);
        let running: Vec<f32> = running.map(|&number| number as f32).collect();
        let running = TensorData::new(running, [2, norm.weight.len()]);
        Self {
            weight: Param::from_tensor(upload_vector(&norm.weight, device)),
            bias: Param::from_tensor(upload_vector(&norm.bias, device)),
            running: RunningState::new(Tensor::from_data(running, device)),
        }
    }

    /// φ of what the running statistics make of z: (n x units) to (n x units).
    pub(super) fn forward(&self, z: Tensor<2>, activation: FusedActivation) -> Tensor<2> {
        self.normalise(z, self.running.value(), false, activation)
    }

    /// The same with the batch's own statistics, which move the running ones. The batch has at least two samples.
    pub(super) fn forward_training(
        &mut self,
        z: Tensor<2>,
        activation: FusedActivation,
    ) -> Tensor<2> {
        let (samples, batch) = (z.dims()[0], batch_statistics(z.clone()));
        let running = follow_statistics(self.running.value(), batch.clone(), samples, MOMENTUM);
        self.running = RunningState::new(running);
        self.normalise(z, batch, true, activation)
    }

    fn normalise(
        &self,
        z: Tensor<2>,
        statistics: Tensor<2>,
        is_training: bool,
        activation: FusedActivation,
    ) -> Tensor<2> {
        let norm = fused::BatchNorm {
            is_training,
            epsilon: EPSILON as f32,
            activation,
        };
        fused::batch_norm(z, self.weight.val(), self.bias.val(), statistics, norm)
    }

    pub(super) fn parameters(&self) -> NormParameters {
        let running = self.running.value();
        let row = |number: usize| {
            let row = running.clone().narrow(0, number, 1);
            numbers(row.flatten::<1>(0, 1))
        };
        NormParameters {
            weight: numbers(self.weight.val()),
            bias: numbers(self.bias.val()),
            running_mean: row(0),
            running_var: row(1),
        }
    }
}
