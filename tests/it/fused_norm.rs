//! Batch norm as one operation against the same made of Burn's own operations: values, gradients, statistics, every backend.

use burn::tensor::{Device, Tensor};
use foldspace::model::fused::{
    BatchNorm, FusedActivation, batch_norm, batch_statistics, follow_statistics,
};
use foldspace::random::Generator;

use crate::fused::{apart, devices, entries, is_wgpu, plain, tensor};

const EPSILON: f32 = 1e-5;

/// z, γ and β that are followed by autodiff, and what a sum over y is weighted by.
struct Operands {
    z: Tensor<2>,
    weight: Tensor<1>,
    bias: Tensor<1>,
    factors: Tensor<2>,
}

impl Operands {
    fn draw([rows, units]: [usize; 2], device: &Device) -> Self {
        let draw = &mut Generator::new(3);
        Self {
            z: tensor(draw, [rows, units], 2.0, device).add_scalar(5.0),
            weight: tensor(draw, [units], 1.0, device),
            bias: tensor(draw, [units], 1.0, device),
            factors: tensor(draw, [rows, units], 1.0, device),
        }
    }

    /// y, dL/dz, dL/dγ, dL/dβ of L = Σ c y.
    fn taken(&self, way: impl Fn(Tensor<2>, Tensor<1>, Tensor<1>) -> Tensor<2>) -> [Vec<f32>; 4] {
        let (z, weight, bias) = (
            self.z.clone().require_grad(),
            self.weight.clone().require_grad(),
            self.bias.clone().require_grad(),
        );
        let y = way(z.clone(), weight.clone(), bias.clone());
        let gradients = (y.clone() * self.factors.clone()).sum().backward();
        [
            entries(y),
            entries(z.grad(&gradients).unwrap()),
            entries(weight.grad(&gradients).unwrap()),
            entries(bias.grad(&gradients).unwrap()),
        ]
    }

    fn fused(&self, statistics: Option<Tensor<2>>, activation: FusedActivation) -> [Vec<f32>; 4] {
        let norm = BatchNorm {
            is_training: statistics.is_none(),
            epsilon: EPSILON,
            activation,
        };
        self.taken(|z, weight, bias| {
            let batch = || batch_statistics(z.clone());
            let statistics = statistics.clone().unwrap_or_else(batch);
            batch_norm(z, weight, bias, statistics, norm)
        })
    }

    fn parts(&self, statistics: Option<Tensor<2>>, activation: FusedActivation) -> [Vec<f32>; 4] {
        self.taken(|z, weight, bias| {
            let [mean, variance] = match &statistics {
                Some(given) => [0, 1].map(|row| given.clone().narrow(0, row, 1)),
                None => {
                    let mean = z.clone().mean_dim(0);
                    let variance = (z.clone() - mean.clone()).square().mean_dim(0);
                    [mean, variance]
                }
            };
            let standard = (z - mean) / variance.add_scalar(EPSILON).sqrt();
            let scaled = standard * weight.unsqueeze::<2>() + bias.unsqueeze::<2>();
            plain(scaled, activation)
        })
    }
}

/// In training and in evaluation, with activations whose derivative follows from the output and from the input.
#[test]
fn a_fused_batch_norm_is_its_parts() {
    let activations = [
        FusedActivation::Identity,
        FusedActivation::Tanh,
        FusedActivation::Gelu,
    ];
    for device in devices() {
        let shapes: &[[usize; 2]] = match is_wgpu(&device) {
            true => &[[37, 3], [331, 20]],
            false => &[[2, 1], [37, 3], [331, 20], [9001, 33]],
        };
        let device = device.autodiff();
        for &[rows, units] in shapes {
            let operands = Operands::draw([rows, units], &device);
            let running = batch_statistics(operands.factors.clone());
            for activation in activations {
                for statistics in [None, Some(running.clone())] {
                    let fused = operands.fused(statistics.clone(), activation);
                    let parts = operands.parts(statistics, activation);
                    for (name, (a, b)) in
                        ["y", "dz", "dγ", "dβ"].iter().zip(fused.iter().zip(&parts))
                    {
                        let error = apart(a, b);
                        let what = format!("{rows} x {units}, {activation:?}, {name}, {device:?}");
                        assert!(error < 2e-5, "{what}: {error}");
                    }
                }
            }
        }
    }
}

#[test]
fn running_statistics_move_by_a_share_of_the_batchs() {
    for device in devices() {
        let z = Tensor::<2>::from_floats([[1.0, 10.0], [3.0, 10.0], [8.0, 40.0]], &device);
        let batch = batch_statistics(z);
        let numbers = entries(batch.clone());
        let expected = [4.0, 20.0, 26.0 / 3.0, 200.0];
        assert!(apart(&numbers, &expected) < 1e-6, "{numbers:?}");
        let running = Tensor::from_floats([[1.0, 1.0], [2.0, 2.0]], &device);
        let followed = entries(follow_statistics(running, batch, 3, 0.25));
        // Variances of three samples are unbiased by 3/2.
        let expected = [1.75, 5.75, 1.5 + 13.0 / 4.0, 1.5 + 75.0];
        assert!(apart(&followed, &expected) < 1e-6, "{followed:?}");
    }
}

/// More numbers than one thread takes.
#[test]
fn threads_do_not_change_a_bit_of_a_batch_norm() {
    let [one, two] = [1, 2].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build().unwrap().install(|| {
            let device = Device::flex().autodiff();
            let operands = Operands::draw([9001, 33], &device);
            operands.fused(None, FusedActivation::Silu)
        })
    });
    assert!(one == two);
}
