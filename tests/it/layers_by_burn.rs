//! Layers as matrices, held against Burn's own layers and autodiff on every backend that this machine offers.

use faer::{Mat, MatRef, Scale};
use foldspace::device::{self, Backend};
use foldspace::layers::Statistics;
use foldspace::layers::rnn::Rnn;
use foldspace::layers::{
    BatchNorm, Conv2d, Image, Mask, attention, by_burn, matrix_function, scratch_net,
};
use foldspace::model::Activation;
use foldspace::random::RandomState;
use proptest::prelude::*;

use super::layers::{ConvShape, conv_shapes, orthogonal, randn, random_network};

/// A backend and its device.
type Opened = (Backend, burn::tensor::Device);
type Outcome = Result<(), TestCaseError>;

/// The backends that every machine has.
fn processors() -> [Opened; 2] {
    [Backend::Flex, Backend::Ndarray].map(|backend| (backend, device::open(backend).unwrap()))
}

/// The numbers as `f32` holds them: what remains is Burn's rounding, not that of the input.
fn narrow(mut m: Mat<f64>) -> Mat<f64> {
    for j in 0..m.ncols() {
        m.col_mut(j)
            .iter_mut()
            .for_each(|x| *x = f64::from(*x as f32));
    }
    m
}

/// max |a - b| / (1 + max |a|).
fn apart(a: MatRef<'_, f64>, b: MatRef<'_, f64>) -> f64 {
    assert_eq!(a.shape(), b.shape());
    (a - b).norm_max() / (1.0 + a.norm_max())
}

fn row(values: &[f64]) -> Mat<f64> {
    Mat::from_fn(1, values.len(), |_, j| values[j])
}

fn conv2d_on(devices: &[Opened], shape: &ConvShape, count: usize, seed: u32) -> Outcome {
    let random = &mut RandomState::new(seed);
    let layer = shape.layer(random);
    let images: Vec<Image> = (0..count).map(|_| shape.image(random)).collect();
    for (backend, device) in devices {
        let burns = by_burn::conv2d(&layer, &images, device).unwrap();
        prop_assert_eq!(burns.len(), count);
        for (image, burns) in images.iter().zip(&burns) {
            let difference = layer.forward(image).unwrap().max_difference(burns);
            prop_assert!(difference < 2e-5, "{}: {}", backend, difference);
        }
    }
    Ok(())
}

fn batch_norm_on(
    devices: &[Opened],
    seed: u32,
    samples: usize,
    features: usize,
    momentum: f64,
) -> Outcome {
    let random = &mut RandomState::new(seed);
    let mut layer = BatchNorm {
        momentum,
        epsilon: 1e-3,
        ..BatchNorm::new(features)
    };
    layer.gamma = random.randn(features);
    layer.beta = random.randn(features);
    layer.running = Statistics {
        mean: random.randn(features),
        variance: random.rand(features),
    };
    layer
        .running
        .variance
        .iter_mut()
        .for_each(|variance| *variance += 0.1);
    let batch = narrow(randn(random, samples, features));
    for (backend, device) in devices {
        let mut own = layer.clone();
        let output = own.train(batch.as_ref()).unwrap();
        let (burns, running) = by_burn::batch_norm_train(&layer, batch.as_ref(), device).unwrap();
        prop_assert!(apart(output.as_ref(), burns.as_ref()) < 2e-5, "{}", backend);
        for (own, burns) in [
            (&own.running.mean, running.mean),
            (&own.running.variance, running.variance),
        ] {
            prop_assert!(
                apart(row(own).as_ref(), row(&burns).as_ref()) < 1e-6,
                "{}",
                backend
            );
        }
        let own = layer.infer(batch.as_ref()).unwrap();
        let burns = by_burn::batch_norm_infer(&layer, batch.as_ref(), device).unwrap();
        prop_assert!(apart(own.as_ref(), burns.as_ref()) < 1e-5, "{}", backend);
    }
    Ok(())
}

fn rnn_on(
    devices: &[Opened],
    seed: u32,
    hidden: usize,
    inputs: usize,
    steps: usize,
    activation: Activation,
) -> Outcome {
    let random = &mut RandomState::new(seed);
    let layer = Rnn {
        w: orthogonal(random, hidden),
        u: randn(random, hidden, inputs),
        b: random.randn(hidden),
        activation,
    };
    let (start, x, last) = (
        random.randn(hidden),
        randn(random, steps, inputs),
        random.randn(hidden),
    );
    for (backend, device) in devices {
        let own = layer.forward(&start, x.as_ref()).unwrap();
        let burns = by_burn::rnn(&layer, &start, x.as_ref(), device).unwrap();
        prop_assert!(apart(own.as_ref(), burns.as_ref()) < 1e-5, "{}", backend);
        let own = layer.gradients(&start, x.as_ref(), &last).unwrap();
        let burns = by_burn::rnn_gradients(&layer, &start, x.as_ref(), &last, device).unwrap();
        prop_assert!(
            apart(own.w.as_ref(), burns.w.as_ref()) < 2e-5,
            "{}",
            backend
        );
        prop_assert!(
            apart(own.u.as_ref(), burns.u.as_ref()) < 2e-5,
            "{}",
            backend
        );
        prop_assert!(
            apart(row(&own.b).as_ref(), row(&burns.b).as_ref()) < 2e-5,
            "{}",
            backend
        );
        prop_assert!(
            apart(own.states.as_ref(), burns.states.as_ref()) < 2e-5,
            "{}",
            backend
        );
    }
    Ok(())
}

fn attention_on(
    devices: &[Opened],
    seed: u32,
    queries: usize,
    more: usize,
    d: usize,
    values: usize,
    causal: bool,
) -> Outcome {
    let random = &mut RandomState::new(seed);
    let keys = queries + more;
    let (q, k) = (randn(random, queries, d), randn(random, keys, d));
    let mask = if causal { Mask::Causal } else { Mask::None };
    for (backend, device) in devices {
        let v = randn(random, keys, values);
        let own = attention(q.as_ref(), k.as_ref(), v.as_ref(), mask).unwrap();
        let burns = by_burn::attention(q.as_ref(), k.as_ref(), v.as_ref(), mask, device).unwrap();
        prop_assert!(
            apart(own.output.as_ref(), burns.as_ref()) < 1e-5,
            "{}",
            backend
        );

        let v = randn(random, keys, d);
        let own = attention(q.as_ref(), k.as_ref(), v.as_ref(), mask).unwrap();
        let burns = by_burn::multi_head_attention(q.as_ref(), k.as_ref(), v.as_ref(), mask, device)
            .unwrap();
        prop_assert!(
            apart(own.weights.as_ref(), burns.weights.as_ref()) < 1e-5,
            "{}",
            backend
        );
        prop_assert!(
            apart(own.output.as_ref(), burns.output.as_ref()) < 1e-5,
            "{}",
            backend
        );
    }
    Ok(())
}

fn scratch_net_on(
    devices: &[Opened],
    seed: u32,
    samples: usize,
    inputs: usize,
    hidden: usize,
    outputs: usize,
) -> Outcome {
    let (x, y, net) = scratch_net::from_seed(seed, samples, [inputs, hidden, outputs]);
    // At the kink of a ReLU, rounding decides which side counts.
    let z = &x * &net.w1;
    prop_assume!(z.col_iter().all(|z| z.iter().all(|z| z.abs() > 1e-5)));
    let (loss, gradients) = net.gradients(x.as_ref(), y.as_ref()).unwrap();
    for (backend, device) in devices {
        let (burns_loss, burns) =
            by_burn::scratch_net_gradients(&net, x.as_ref(), y.as_ref(), device).unwrap();
        prop_assert!(
            (loss - burns_loss).abs() < 1e-5 * (1.0 + loss),
            "{}",
            backend
        );
        prop_assert!(
            gradients.max_difference(&burns) < 1e-4 * (1.0 + loss),
            "{}",
            backend
        );
    }
    Ok(())
}

fn network_on(
    devices: &[Opened],
    seed: u32,
    samples: usize,
    sizes: &[usize],
    activation: Activation,
) -> Outcome {
    let random = &mut RandomState::new(seed);
    let network = random_network(random, sizes, activation);
    let (x, y) = (
        randn(random, samples, sizes[0]),
        randn(random, samples, sizes[sizes.len() - 1]),
    );
    let own = matrix_function::gradients(&network, x.as_ref(), y.as_ref()).unwrap();
    for (backend, device) in devices {
        let burns = by_burn::network_gradients(&network, x.as_ref(), y.as_ref(), device).unwrap();
        prop_assert_eq!(own.len(), burns.len());
        for (own, burns) in own.iter().zip(&burns) {
            let size = 1.0 + own.weight.norm_max();
            prop_assert!(own.max_difference(burns) < 1e-4 * size, "{}", backend);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn conv2d(shape in conv_shapes(), count in 1..4_usize, seed: u32) {
        conv2d_on(&processors(), &shape, count, seed)?;
    }

    #[test]
    fn batch_norm(seed: u32, samples in 2..20_usize, features in 1..6_usize, momentum in 0.0..1.0_f64) {
        batch_norm_on(&processors(), seed, samples, features, momentum)?;
    }

    #[test]
    fn rnn_states_and_gradients(
        seed: u32, hidden in 1..6_usize, inputs in 1..4_usize, steps in 1..7_usize,
        activation in prop::sample::select(vec![
            Activation::Tanh, Activation::Sigmoid, Activation::Relu, Activation::Identity,
        ]),
    ) {
        rnn_on(&processors(), seed, hidden, inputs, steps, activation)?;
    }

    #[test]
    fn attention_function_and_layer(
        seed: u32, queries in 1..7_usize, more in 0..4_usize, d in 1..7_usize, values in 1..5_usize, causal: bool,
    ) {
        attention_on(&processors(), seed, queries, more, d, values, causal)?;
    }

    #[test]
    fn scratch_gradients(
        seed: u32, samples in 1..8_usize, inputs in 1..4_usize, hidden in 1..6_usize, outputs in 1..4_usize,
    ) {
        scratch_net_on(&processors(), seed, samples, inputs, hidden, outputs)?;
    }

    #[test]
    fn network_gradients(
        seed: u32, samples in 1..8_usize, sizes in prop::collection::vec(1..6_usize, 2..5),
        activation in prop::sample::select(vec![Activation::Relu, Activation::Tanh, Activation::Sigmoid]),
    ) {
        network_on(&processors(), seed, samples, &sizes, activation)?;
    }
}

/// One case of each on the graphics adapter, where there is one; compiling its kernels takes a moment for every new shape.
#[test]
fn the_graphics_adapter_computes_the_same() -> Outcome {
    let Ok(device) = device::open(Backend::Wgpu) else {
        return Ok(());
    };
    let devices = [(Backend::Wgpu, device)];
    let shape = ConvShape {
        filters: 3,
        channels: 2,
        kernel: [3, 2],
        stride: [2, 1],
        padding: [1, 0],
        size: [7, 6],
    };
    conv2d_on(&devices, &shape, 2, 1)?;
    batch_norm_on(&devices, 2, 12, 3, 0.1)?;
    rnn_on(&devices, 3, 4, 2, 3, Activation::Tanh)?;
    attention_on(&devices, 4, 4, 1, 3, 2, true)?;
    scratch_net_on(&devices, 0, 5, 2, 3, 1)?;
    network_on(&devices, 6, 4, &[2, 5, 1], Activation::Relu)
}

/// Post C's gradient, for one sample and for a batch: the last layer of a 2-10-1 ReLU network.
#[test]
fn the_last_layers_gradient_by_hand_is_that_of_autodiff() {
    let random = &mut RandomState::new(42);
    let network = random_network(random, &[2, 10, 1], Activation::Relu);
    for samples in [1, 200] {
        let (x, y) = (randn(random, samples, 2), randn(random, samples, 1));
        let hidden = network.layers[0].forward(x.as_ref());
        let errors = network.forward(x.as_ref()) - &y;
        let by_hand = Scale(2.0 / samples as f64) * (errors.transpose() * hidden);
        for (backend, device) in processors() {
            let burns =
                by_burn::network_gradients(&network, x.as_ref(), y.as_ref(), &device).unwrap();
            assert!(
                apart(by_hand.as_ref(), burns[1].weight.as_ref()) < 1e-5,
                "{backend}"
            );
        }
    }
}

/// The losses of post B's network to the 4 decimals that NumPy prints, trained on Burn's gradients.
#[test]
fn the_network_from_scratch_learns_on_burns_gradients() {
    for (backend, device) in processors() {
        let (x, y, mut net) = scratch_net::from_seed(0, 5, [2, 3, 1]);
        let mut printed = Vec::new();
        for epoch in 1..=1000 {
            let (loss, gradients) =
                by_burn::scratch_net_gradients(&net, x.as_ref(), y.as_ref(), &device).unwrap();
            net.update(&gradients, 0.01);
            if epoch % 200 == 0 {
                printed.push(format!("{loss:.4}"));
            }
        }
        assert_eq!(
            printed,
            ["0.0404", "0.0091", "0.0028", "0.0010", "0.0004"],
            "{backend}"
        );
    }
}

#[test]
fn what_does_not_fit_is_refused_before_burn_sees_it() {
    let device = &device::open(Backend::Flex).unwrap();
    let layer = Conv2d::new(Mat::zeros(1, 9), vec![0.0], 1, [3, 3]).unwrap();
    let image = |size| Image::from_fn(1, size, size, |_, _, _| 0.0);
    assert!(by_burn::conv2d(&layer, &[image(4), image(5)], device).is_err());
    assert!(by_burn::conv2d(&layer, &[image(2)], device).is_err());
    assert!(by_burn::conv2d(&layer, &[], device).unwrap().is_empty());
    let (two, three) = (Mat::<f64>::zeros(2, 2), Mat::<f64>::zeros(3, 3));
    let mask = Mask::Causal;
    assert!(
        by_burn::attention(two.as_ref(), three.as_ref(), three.as_ref(), mask, device).is_err()
    );
    let gelu = Rnn {
        w: Mat::zeros(1, 1),
        u: Mat::zeros(1, 1),
        b: vec![0.0],
        activation: Activation::Gelu,
    };
    let refused = by_burn::rnn(&gelu, &[0.0], Mat::zeros(1, 1).as_ref(), device);
    assert!(refused.unwrap_err().to_string().contains("gelu"));
}
