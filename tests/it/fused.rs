//! The fused network, loss and step against the same made of Burn's own operations: values, gradients, every backend.

use burn::tensor::{Device, Int, Tensor, TensorData, activation};
use foldspace::model::fused::{
    EntryLoss, FusedActivation, FusedLoss, SgdStep, activate, masked, mean_loss, network,
    network_loss, sgd_step,
};
use foldspace::random::Generator;
use proptest::prelude::*;

const ACTIVATIONS: [FusedActivation; 15] = [
    FusedActivation::Identity,
    FusedActivation::Relu,
    FusedActivation::Tanh,
    FusedActivation::Sigmoid,
    FusedActivation::Clip {
        low: -0.5,
        high: 1.5,
    },
    FusedActivation::HardSigmoid,
    FusedActivation::LeakyRelu { slope: 0.2 },
    FusedActivation::LeakyRelu { slope: -0.5 },
    FusedActivation::Elu { alpha: 1.5 },
    FusedActivation::Gelu,
    FusedActivation::GeluTanh,
    FusedActivation::Silu,
    FusedActivation::Softplus,
    FusedActivation::ScaledTanh { a: 1.7, b: 0.7 },
    FusedActivation::HardSwish,
];

#[expect(deprecated, reason = "the project offers NdArray as well")]
pub fn devices() -> Vec<Device> {
    let mut devices = vec![Device::flex(), Device::ndarray()];
    devices.extend(super::device::wgpu());
    devices
}

/// There every shape compiles kernels of its own, which is all that its tests take time for, and the loops are the backend's.
pub fn is_wgpu(device: &Device) -> bool {
    super::device::wgpu().is_some_and(|wgpu| wgpu == *device)
}

pub fn plain(z: Tensor<2>, phi: FusedActivation) -> Tensor<2> {
    match phi {
        FusedActivation::Identity => z,
        FusedActivation::Relu => activation::relu(z),
        FusedActivation::Tanh => activation::tanh(z),
        FusedActivation::Sigmoid => activation::sigmoid(z),
        FusedActivation::Clip { low, high } => z.clamp(low, high),
        FusedActivation::HardSigmoid => hard_sigmoid(z),
        FusedActivation::LeakyRelu { slope } => {
            activation::relu(z.clone()) - activation::relu(z.neg()).mul_scalar(slope)
        }
        FusedActivation::Elu { alpha } => {
            let below = z.clone().clamp_max(0.0).exp().sub_scalar(1.0);
            activation::relu(z) + below.mul_scalar(alpha)
        }
        FusedActivation::Gelu => {
            let erf = z.clone().mul_scalar(std::f64::consts::FRAC_1_SQRT_2).erf();
            z * erf.add_scalar(1.0).mul_scalar(0.5)
        }
        FusedActivation::GeluTanh => {
            let cubic = z.clone().powi_scalar(3).mul_scalar(0.044_715);
            let inner = (z.clone() + cubic).mul_scalar(std::f64::consts::FRAC_2_PI.sqrt());
            z * inner.tanh().add_scalar(1.0).mul_scalar(0.5)
        }
        FusedActivation::Silu => activation::sigmoid(z.clone()) * z,
        FusedActivation::Softplus => z.exp().log1p(),
        FusedActivation::ScaledTanh { a, b } => z.mul_scalar(b).tanh().mul_scalar(a),
        FusedActivation::HardSwish => hard_sigmoid(z.clone()) * z,
    }
}

fn hard_sigmoid(z: Tensor<2>) -> Tensor<2> {
    z.div_scalar(6.0).add_scalar(0.5).clamp(0.0, 1.0)
}

fn dense(x: Tensor<2>, weight: Tensor<2>, bias: Tensor<1>, phi: FusedActivation) -> Tensor<2> {
    network(x, [(weight, bias, phi)].into_iter().collect())
}

pub fn tensor<const D: usize>(
    generator: &mut Generator,
    shape: [usize; D],
    scale: f32,
    device: &Device,
) -> Tensor<D> {
    let numbers = generator.randn(shape.iter().product());
    let numbers: Vec<f32> = numbers.into_iter().map(|x| x * scale).collect();
    Tensor::from_data(TensorData::new(numbers, shape), device)
}

pub fn entries<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

/// The largest difference, as a share of the largest entry where that is above 1.
pub fn apart(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    let scale = b.iter().fold(1.0_f32, |most, x| most.max(x.abs()));
    a.iter()
        .zip(b)
        .fold(0.0, |most, (a, b)| (a - b).abs().max(most))
        / scale
}

/// y, dL/dx, dL/dW, dL/db of L = Σ c y, by the fused layer and by Burn's operations.
fn both(
    [rows, inputs, units]: [usize; 3],
    phi: FusedActivation,
    seed: u64,
    device: &Device,
) -> [[Vec<f32>; 4]; 2] {
    let device = &device.clone().autodiff();
    let draw = &mut Generator::new(seed);
    let x = tensor(draw, [rows, inputs], 1.0, device);
    let scale = 1.0 / (inputs as f32).sqrt();
    let weight = tensor(draw, [inputs, units], scale, device);
    let bias = tensor(draw, [units], 0.5, device);
    let factors = tensor(draw, [rows, units], 1.0, device);
    [true, false].map(|fused| {
        let (x, weight, bias) = (
            x.clone().require_grad(),
            weight.clone().require_grad(),
            bias.clone().require_grad(),
        );
        let y = if fused {
            dense(x.clone(), weight.clone(), bias.clone(), phi)
        } else {
            let z = x.clone().matmul(weight.clone()) + bias.clone().unsqueeze::<2>();
            plain(z, phi)
        };
        let gradients = (y.clone() * factors.clone()).sum().backward();
        [
            entries(y),
            entries(x.grad(&gradients).unwrap()),
            entries(weight.grad(&gradients).unwrap()),
            entries(bias.grad(&gradients).unwrap()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Narrow and wide layers, panels that are full and that are not.
    #[test]
    fn a_fused_layer_is_its_parts(
        rows in 1_usize..600,
        inputs in 1_usize..40,
        units in 1_usize..40,
        phi in 0_usize..ACTIVATIONS.len(),
        seed in 0_u64..1000,
    ) {
        #[expect(deprecated, reason = "the project offers NdArray as well")]
        for device in [Device::flex(), Device::ndarray()] {
            let [fused, parts] = both([rows, inputs, units], ACTIVATIONS[phi], seed, &device);
            for (name, (a, b)) in ["y", "dx", "dw", "db"].iter().zip(fused.iter().zip(&parts)) {
                prop_assert!(apart(a, b) < 2e-5, "{name} on {device:?}: {}", apart(a, b));
            }
        }
    }
}

#[test]
fn every_shape_near_the_borders_between_the_loops() {
    type Sizes = &'static [usize];
    for device in devices() {
        let on_a_card = is_wgpu(&device);
        let [rows, inputs, units]: [Sizes; 3] = match on_a_card {
            true => [&[1, 130, 331, 1000], &[1, 17], &[1, 6, 65]],
            false => [
                &[1, 16, 63, 130],
                &[1, 2, 5, 15, 16, 17, 33],
                &[1, 3, 6, 7, 16, 17, 65],
            ],
        };
        for &rows in rows {
            for &inputs in inputs {
                for &units in units {
                    let [fused, parts] =
                        both([rows, inputs, units], FusedActivation::Tanh, 7, &device);
                    for (a, b) in fused.iter().zip(&parts) {
                        let shape = (rows, inputs, units);
                        assert!(
                            apart(a, b) < 2e-5,
                            "{shape:?} on {device:?}: {}",
                            apart(a, b)
                        );
                    }
                }
            }
        }
        if on_a_card {
            continue;
        }
        for phi in ACTIVATIONS {
            let [fused, parts] = both([70, 9, 2], phi, 3, &device);
            for (a, b) in fused.iter().zip(&parts) {
                assert!(apart(a, b) < 2e-5, "{phi:?} on {device:?}");
            }
        }
    }
}

/// An activation alone rounds as it does inside the layer: a hook that looks in between changes no bit.
#[test]
fn an_activation_of_its_own_gives_the_same_bits() {
    #[expect(deprecated, reason = "the project offers NdArray as well")]
    for device in [Device::flex(), Device::ndarray()] {
        for [inputs, units] in [[2, 100], [100, 2], [20, 30]] {
            let draw = &mut Generator::new(5);
            let x = tensor(draw, [300, inputs], 1.0, &device);
            let weight = tensor(draw, [inputs, units], 1.0, &device);
            let bias = tensor(draw, [units], 1.0, &device);
            for phi in ACTIVATIONS {
                let whole = dense(x.clone(), weight.clone(), bias.clone(), phi);
                let z = dense(
                    x.clone(),
                    weight.clone(),
                    bias.clone(),
                    FusedActivation::Identity,
                );
                assert_eq!(entries(whole), entries(activate(z, phi)), "{phi:?}");
            }
        }
    }
}

/// Views that do not lie in a row are read as what they show, and shared memory is left alone.
#[test]
fn transposed_and_cut_tensors_are_read_rightly() {
    for device in devices() {
        let draw = &mut Generator::new(6);
        let x = tensor(draw, [9, 30], 1.0, &device)
            .transpose()
            .narrow(0, 5, 20);
        let weight = tensor(draw, [2, 9], 1.0, &device).transpose();
        let bias = tensor(draw, [5], 1.0, &device).narrow(0, 1, 2);
        let expected = (x.clone().matmul(weight.clone()) + bias.clone().unsqueeze::<2>()).tanh();
        let y = dense(x.clone(), weight, bias, FusedActivation::Tanh);
        assert!(apart(&entries(y), &entries(expected)) < 2e-5);
        let before = entries(x.clone());
        let image = entries(activate(x.clone(), FusedActivation::Tanh));
        assert_eq!(entries(x), before);
        assert!(
            apart(
                &image,
                &before.iter().map(|&x| libm::tanhf(x)).collect::<Vec<_>>()
            ) < 1e-6
        );
    }
}

type Dense = (Tensor<2>, Tensor<1>, FusedActivation);

/// A random network: every layer's W, b and φ.
fn layers(
    sizes: &[usize],
    activations: &[FusedActivation],
    draw: &mut Generator,
    device: &Device,
) -> Vec<Dense> {
    let pairs = sizes.windows(2).zip(activations);
    let drawn = pairs.map(|(pair, &phi)| {
        let scale = 1.0 / (pair[0] as f32).sqrt();
        let weight = tensor(draw, [pair[0], pair[1]], scale, device);
        (weight, tensor(draw, [pair[1]], 0.5, device), phi)
    });
    drawn.collect()
}

fn by_layers(x: Tensor<2>, layers: Vec<Dense>) -> Tensor<2> {
    layers.into_iter().fold(x, |x, (weight, bias, phi)| {
        plain(x.matmul(weight) + bias.unsqueeze::<2>(), phi)
    })
}

/// A value, its gradients by x and by every parameter, by one way of computing it and by another.
fn ways(
    x: &Tensor<2>,
    layers: &[Dense],
    way: impl Fn(bool, Tensor<2>, Vec<Dense>) -> Tensor<1>,
) -> [Vec<Vec<f32>>; 2] {
    [true, false].map(|fused| {
        let x = x.clone().require_grad();
        let layers: Vec<Dense> = layers
            .iter()
            .cloned()
            .map(|(weight, bias, phi)| (weight.require_grad(), bias.require_grad(), phi))
            .collect();
        let value = way(fused, x.clone(), layers.clone());
        let gradients = value.backward();
        let mut found = vec![entries(value), entries(x.grad(&gradients).unwrap())];
        for (weight, bias, _) in layers {
            found.push(entries(weight.grad(&gradients).unwrap()));
            found.push(entries(bias.grad(&gradients).unwrap()));
        }
        found
    })
}

/// Deep and shallow, also deeper than one operation takes, and a loss at the end of each.
#[test]
fn a_fused_network_is_its_layers() {
    use FusedActivation::{Identity, Relu, Sigmoid, Tanh};
    let networks: [(&[usize], &[FusedActivation]); 7] = [
        (&[3, 17, 6, 5, 18, 4, 2], &ACTIVATIONS[4..10]),
        (&[3, 17, 6, 5, 18, 2], &ACTIVATIONS[10..15]),
        (&[2, 100, 2, 1], &[Tanh, Tanh, Sigmoid]),
        (&[3, 17, 40, 19, 2], &[Relu, Tanh, Sigmoid, Identity]),
        (&[4, 1], &[Identity]),
        (&[2, 5, 5, 5, 5, 5, 5, 5, 5, 2], &[Tanh; 9]),
        (&[20, 33, 1], &[Sigmoid, Sigmoid]),
    ];
    for device in devices() {
        let rows: &[usize] = if is_wgpu(&device) {
            &[32]
        } else {
            &[1, 32, 211]
        };
        let device = device.autodiff();
        for (sizes, activations) in networks {
            for &rows in rows {
                let draw = &mut Generator::new(11);
                let x = tensor(draw, [rows, sizes[0]], 1.0, &device);
                let layers = layers(sizes, activations, draw, &device);
                let outputs = *sizes.last().unwrap();
                let factors = tensor(draw, [rows, outputs], 1.0, &device);
                let [fused, parts] = ways(&x, &layers, |fused, x, layers| {
                    let y = match fused {
                        true => network(x, layers.into_iter().collect()),
                        false => by_layers(x, layers),
                    };
                    (y * factors.clone()).sum()
                });
                for (place, (a, b)) in fused.iter().zip(&parts).enumerate() {
                    let error = apart(a, b);
                    assert!(
                        error < 3e-5,
                        "{sizes:?}, {rows}, {place} on {device:?}: {error}"
                    );
                }

                let target = tensor(draw, [rows, outputs], 1.0, &device);
                let losses = match activations.last() {
                    Some(Sigmoid) => vec![EntryLoss::Squared, EntryLoss::BinaryCrossEntropy],
                    _ => vec![EntryLoss::Squared, EntryLoss::Huber],
                };
                for loss in losses {
                    let target = match loss {
                        EntryLoss::BinaryCrossEntropy => target.clone().greater_scalar(0.0).float(),
                        _ => target.clone(),
                    };
                    // Three times the loss: what comes from above is passed on.
                    let [fused, parts] = ways(&x, &layers, |fused, x, layers| {
                        let loss = match fused {
                            true => {
                                network_loss(x, layers.into_iter().collect(), target.clone(), loss)
                            }
                            false => by_parts(by_layers(x, layers), target.clone(), loss),
                        };
                        loss.mul_scalar(3.0)
                    });
                    for (place, (a, b)) in fused.iter().zip(&parts).enumerate() {
                        let error = apart(a, b);
                        let what = format!("{sizes:?}, {rows}, {place}, {loss:?} on {device:?}");
                        assert!(error < 3e-5, "{what}: {error}");
                    }
                }
            }
        }
    }
}

/// Cut anywhere, a network gives the same bits: so does one that a hook listens to.
#[test]
fn a_network_cut_in_two_gives_the_same_bits() {
    #[expect(deprecated, reason = "the project offers NdArray as well")]
    for device in [Device::flex(), Device::ndarray()] {
        let draw = &mut Generator::new(2);
        let x = tensor(draw, [300, 2], 1.0, &device);
        let mut layers = layers(&[2, 40, 30, 2, 1], &ACTIVATIONS, draw, &device);
        let whole = network(x.clone(), layers.clone().into_iter().collect());
        let rest = layers.split_off(2);
        let half = network(x, layers.into_iter().collect());
        let halves = network(half, rest.into_iter().collect());
        assert_eq!(entries(whole), entries(halves));
    }
}

/// Data that autodiff does not follow is a constant beside parameters that it does.
#[test]
fn data_needs_no_autodiff() {
    for device in devices() {
        let draw = &mut Generator::new(3);
        let x = tensor(draw, [50, 2], 1.0, &device);
        let target = tensor(draw, [50, 1], 1.0, &device);
        let layers = layers(
            &[2, 8, 1],
            &[FusedActivation::Tanh, FusedActivation::Identity],
            draw,
            &device.clone().autodiff(),
        );
        let followed = layers
            .into_iter()
            .map(|(w, b, phi)| (w.require_grad(), b.require_grad(), phi));
        let layers: Vec<Dense> = followed.collect();
        let loss = network_loss(
            x.clone(),
            layers.iter().cloned().collect(),
            target.clone(),
            EntryLoss::Squared,
        );
        let gradients = loss.backward();
        let lifted = network_loss(
            Tensor::from_inner(x),
            layers.iter().cloned().collect(),
            Tensor::from_inner(target),
            EntryLoss::Squared,
        )
        .backward();
        for (weight, bias, _) in &layers {
            assert_eq!(
                weight.grad(&gradients).map(entries),
                weight.grad(&lifted).map(entries)
            );
            assert_eq!(
                bias.grad(&gradients).map(entries),
                bias.grad(&lifted).map(entries)
            );
        }
    }
}

#[test]
fn threads_do_not_change_a_bit() {
    let [one, two] = [1, 2].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            let networks: [(usize, &[usize]); 3] = [
                (5000, &[64, 80, 3]),
                (150_000, &[2, 3, 1]),
                (3000, &[2, 100, 2, 1]),
            ];
            networks.map(|(rows, sizes)| {
                let device = Device::flex().autodiff();
                let draw = &mut Generator::new(1);
                let x = tensor(draw, [rows, sizes[0]], 1.0, &device);
                let layers = layers(sizes, &[FusedActivation::Tanh; 3], draw, &device);
                let target = tensor(draw, [rows, *sizes.last().unwrap()], 1.0, &device);
                ways(&x, &layers, |fused, x, layers| match fused {
                    true => network_loss(
                        x,
                        layers.into_iter().collect(),
                        target.clone(),
                        EntryLoss::Squared,
                    ),
                    false => network(x, layers.into_iter().collect()).square().mean(),
                })
            })
        })
    });
    assert!(one == two);
}

#[test]
fn a_mask_is_a_factor() {
    for device in devices() {
        let draw = &mut Generator::new(9);
        let mask = tensor(draw, [30, 4], 1.0, &device);
        let device = device.autodiff();
        let y = tensor(draw, [30, 4], 1.0, &device).require_grad();
        let factors = tensor(draw, [30, 4], 1.0, &device);
        let product = masked(y.clone(), mask.clone());
        let gradients = (product.clone() * factors.clone()).sum().backward();
        let multiply = |a: Vec<f32>, b: Vec<f32>| -> Vec<f32> {
            a.iter().zip(&b).map(|(a, b)| a * b).collect()
        };
        let mask = entries(mask);
        assert_eq!(entries(product), multiply(entries(y.clone()), mask.clone()));
        let expected = multiply(entries(factors), mask);
        assert_eq!(entries(y.grad(&gradients).unwrap()), expected);
    }
}

/// A step is Burn's operations one after the other, bit for bit; nobody else's copy of the weights changes, and the result is
/// followed by autodiff if the weights were.
#[test]
fn a_step_down_is_its_parts() {
    for device in devices() {
        for decay in [0.0, 0.01] {
            let draw = &mut Generator::new(8);
            let weight = tensor(draw, [7, 5], 1.0, &device);
            let gradient = tensor(draw, [7, 5], 1.0, &device);
            let slope = match decay {
                0.0 => gradient.clone(),
                _ => gradient.clone() + weight.clone().mul_scalar(decay),
            };
            let expected = entries(weight.clone() - slope.mul_scalar(0.1));
            let before = entries(weight.clone());
            let step = SgdStep {
                lr: 0.1,
                weight_decay: decay,
            };
            assert_eq!(
                entries(sgd_step(weight.clone(), gradient.clone(), step)),
                expected
            );
            assert_eq!(entries(weight.clone()), before);

            let leaf = Tensor::from_inner(weight).require_grad();
            let moved = sgd_step(leaf, gradient, step);
            assert!(moved.is_require_grad());
            let gradients = moved.clone().square().sum().backward();
            assert_eq!(entries(moved.clone()), expected);
            let doubled = moved
                .grad(&gradients)
                .map(|gradient| gradient.mul_scalar(0.5));
            assert_eq!(doubled.map(entries), Some(expected));
        }
    }
}

#[test]
fn a_number_that_is_none_goes_through() {
    let device = Device::flex();
    for phi in ACTIVATIONS {
        let z = Tensor::<2>::from_floats([[f32::NAN, 1.0]], &device);
        assert!(entries(activate(z, phi))[0].is_nan(), "{phi:?}");
    }
}

fn by_parts(p: Tensor<2>, t: Tensor<2>, loss: EntryLoss) -> Tensor<1> {
    match loss {
        EntryLoss::Squared => (p - t).square().mean(),
        EntryLoss::Huber => {
            let r = (p - t).abs();
            let near = r.clone().clamp_max(1.0);
            (near.clone() * (r - near.mul_scalar(0.5))).mean()
        }
        EntryLoss::BinaryCrossEntropy => {
            let miss = t.clone().neg().add_scalar(1.0);
            let other = p.clone().neg().add_scalar(1.0);
            (t * p.log() + miss * other.log()).mean().neg()
        }
    }
}

#[test]
fn a_fused_loss_is_its_parts() {
    for device in devices() {
        let device = device.autodiff();
        for loss in [
            EntryLoss::Squared,
            EntryLoss::Huber,
            EntryLoss::BinaryCrossEntropy,
        ] {
            for columns in [1, 3] {
                let draw = &mut Generator::new(9);
                let spread = if loss == EntryLoss::BinaryCrossEntropy {
                    1.0
                } else {
                    2.0
                };
                let p = tensor(draw, [211, columns], spread, &device);
                let t = tensor(draw, [211, columns], 1.0, &device);
                let (p, t) = match loss {
                    EntryLoss::BinaryCrossEntropy => {
                        (activation::sigmoid(p), t.greater_scalar(0.0).float())
                    }
                    _ => (p, t),
                };
                let [fused, parts] = [true, false].map(|fused| {
                    let p = p.clone().detach().require_grad();
                    let value = if fused {
                        mean_loss(p.clone(), t.clone(), loss)
                    } else {
                        by_parts(p.clone(), t.clone(), loss)
                    };
                    // Twice the loss: what comes from above is passed on.
                    let gradients = value.clone().mul_scalar(2.0).backward();
                    [entries(value), entries(p.grad(&gradients).unwrap())]
                });
                for (a, b) in fused.iter().zip(&parts) {
                    assert!(
                        apart(a, b) < 2e-6,
                        "{loss:?} on {device:?}: {}",
                        apart(a, b)
                    );
                }
            }
        }
    }
}

/// The cross-entropy and its gradients against Burn's own operations, alone and behind a network, with scores far apart too.
#[test]
fn a_cross_entropy_is_its_parts() {
    let by_parts = |z: Tensor<2>, t: Tensor<2>| (activation::log_softmax(z, 1) * t).sum_dim(1);
    for device in devices() {
        let device = device.autodiff();
        for (spread, rows, classes) in [(2.0, 211, 3), (40.0, 64, 10), (1.0, 5, 2), (3.0, 17, 1)] {
            let draw = &mut Generator::new(13);
            let x = tensor(draw, [rows, 4], 1.0, &device);
            let labels: Vec<i32> = (0..rows as i32)
                .map(|i| (7 * i + i / 3) % classes as i32)
                .collect();
            let labels = Tensor::<1, Int>::from_ints(labels.as_slice(), &device);
            let one_hot = labels.one_hot::<2>(classes.max(2)).float();
            let one_hot = one_hot.narrow(1, 0, classes);
            let layers = layers(
                &[4, 9, classes],
                &[FusedActivation::Tanh, FusedActivation::Identity],
                draw,
                &device,
            );
            let [fused, alone, parts] = [0, 1, 2].map(|way| {
                let layers: Vec<Dense> = layers
                    .iter()
                    .map(|(w, b, phi)| {
                        let w = w.clone().mul_scalar(spread).detach().require_grad();
                        (w, b.clone().detach().require_grad(), *phi)
                    })
                    .collect();
                let (x, chain) = (x.clone(), layers.clone());
                let t = one_hot.clone();
                let loss = match way {
                    0 => {
                        let chain = chain.into_iter().collect();
                        network_loss(x, chain, t, FusedLoss::CrossEntropy)
                    }
                    1 => {
                        let z = network(x, chain.into_iter().collect());
                        mean_loss(z, t, FusedLoss::CrossEntropy)
                    }
                    _ => by_parts(by_layers(x, chain), t).mean().neg(),
                };
                let gradients = loss.clone().mul_scalar(2.0).backward();
                let of_layers = layers.iter().flat_map(|(w, b, _)| {
                    [
                        entries(w.grad(&gradients).unwrap()),
                        entries(b.grad(&gradients).unwrap()),
                    ]
                });
                std::iter::once(entries(loss))
                    .chain(of_layers)
                    .collect::<Vec<_>>()
            });
            for (place, ((a, b), c)) in fused.iter().zip(&alone).zip(&parts).enumerate() {
                let what = format!("{classes} classes, spread {spread}, {place} on {device:?}");
                assert!(apart(a, c) < 1e-5, "{what}: {}", apart(a, c));
                assert!(apart(b, c) < 1e-5, "{what}, alone: {}", apart(b, c));
            }
        }
    }
}

/// `torch.nn.CrossEntropyLoss()(z, y)` of scores that no probability can tell: z = [[0, 200], [1000, 0]], y = [0, 0] is 100, with
/// the gradients [[-0.5, 0.5], [0, 0]]. A score that is no number makes the loss none.
#[test]
fn scores_far_apart_have_a_finite_loss_and_a_gradient() {
    for device in devices() {
        let device = device.autodiff();
        let z = Tensor::<2>::from_floats([[0.0, 200.0], [1000.0, 0.0]], &device).require_grad();
        let t = Tensor::<2>::from_floats([[1.0, 0.0], [1.0, 0.0]], &device);
        let loss = mean_loss(z.clone(), t.clone(), FusedLoss::CrossEntropy);
        assert_eq!(entries(loss.clone()), [100.0]);
        let slopes = entries(z.grad(&loss.backward()).unwrap());
        assert_eq!(slopes, [-0.5, 0.5, 0.0, 0.0]);
        if device == Device::flex().autodiff() {
            let z = Tensor::<2>::from_floats([[f32::NAN, 1.0], [0.0, 0.0]], &device);
            assert!(entries(mean_loss(z, t, FusedLoss::CrossEntropy))[0].is_nan());
        }
    }
}

/// PyTorch's BCELoss where it matters: `torch.nn.BCELoss()(p, t)` with p = [0, 1, 1, 0], t = [1, 0, 1, 0] is 50, and the
/// gradients are (p - t) / max(p (1 - p), 1e-12) / 4.
#[test]
fn certain_and_wrong_costs_a_hundred() {
    for device in devices() {
        let device = device.autodiff();
        let p = Tensor::<2>::from_floats([[0.0], [1.0], [1.0], [0.0]], &device).require_grad();
        let t = Tensor::<2>::from_floats([[1.0], [0.0], [1.0], [0.0]], &device);
        let loss = mean_loss(p.clone(), t, EntryLoss::BinaryCrossEntropy);
        assert_eq!(entries(loss.clone()), [50.0]);
        let slopes = entries(p.grad(&loss.backward()).unwrap());
        let expected = [-2.5e11, 2.5e11, 0.0, 0.0];
        assert!(apart(&slopes, &expected) < 1e-6, "{slopes:?}");
    }
}
