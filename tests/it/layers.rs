//! Layers as matrices: identities, finite differences, and the defining sums written out.

use faer::{Mat, mat};
use foldspace::layers::Statistics;
use foldspace::layers::rnn::Rnn;
use foldspace::layers::scratch_net::ScratchNet;
use foldspace::layers::{
    Affine, BatchNorm, Conv2d, Image, Mask, attention, fourier, matrix_function, rnn, scratch_net,
};
use foldspace::linalg::qr;
use foldspace::model::{Activation, Frozen, Layer};
use foldspace::random::RandomState;
use proptest::prelude::*;

/// A matrix of normal numbers.
pub fn randn(random: &mut RandomState, rows: usize, columns: usize) -> Mat<f64> {
    let values = random.randn(rows * columns);
    Mat::from_fn(rows, columns, |i, j| values[i * columns + j])
}

/// A random orthogonal matrix.
pub fn orthogonal(random: &mut RandomState, n: usize) -> Mat<f64> {
    qr(randn(random, n, n).as_ref()).unwrap().q
}

/// The shape of a convolution that has at least one output position.
#[derive(Debug, Clone)]
pub struct ConvShape {
    pub filters: usize,
    pub channels: usize,
    pub kernel: [usize; 2],
    pub stride: [usize; 2],
    pub padding: [usize; 2],
    pub size: [usize; 2],
}

impl ConvShape {
    pub fn layer(&self, random: &mut RandomState) -> Conv2d {
        let length = self.channels * self.kernel[0] * self.kernel[1];
        let filters = randn(random, self.filters, length);
        let bias = random.randn(self.filters);
        Conv2d::new(filters, bias, self.channels, self.kernel)
            .and_then(|layer| layer.with_stride(self.stride))
            .unwrap()
            .with_padding(self.padding)
    }

    pub fn image(&self, random: &mut RandomState) -> Image {
        Image::from_fn(self.channels, self.size[0], self.size[1], |_, _, _| {
            random.standard_normal()
        })
    }
}

pub fn conv_shapes() -> impl Strategy<Value = ConvShape> {
    let pair = |low: usize, high: usize| [low..=high, low..=high];
    (
        1..4_usize,
        1..4_usize,
        pair(1, 4),
        pair(1, 3),
        pair(0, 2),
        pair(4, 8),
    )
        .prop_map(
            |(filters, channels, kernel, stride, padding, size)| ConvShape {
                filters,
                channels,
                kernel,
                stride,
                padding,
                size,
            },
        )
}

/// The defining sum of a convolution, entry by entry.
fn convolution_by_definition(shape: &ConvShape, layer: &Conv2d, image: &Image) -> Image {
    let out = |axis: usize| {
        (shape.size[axis] + 2 * shape.padding[axis] - shape.kernel[axis]) / shape.stride[axis] + 1
    };
    let pixel = |channel, row: isize, column: isize| {
        let inside = |at: isize, axis: usize| at >= 0 && (at as usize) < shape.size[axis];
        if inside(row, 0) && inside(column, 1) {
            image.at(channel, row as usize, column as usize)
        } else {
            0.0
        }
    };
    Image::from_fn(shape.filters, out(0), out(1), |filter, row, column| {
        let mut sum = layer.bias()[filter];
        for channel in 0..shape.channels {
            for u in 0..shape.kernel[0] {
                for v in 0..shape.kernel[1] {
                    let entry = (channel * shape.kernel[0] + u) * shape.kernel[1] + v;
                    let y = (row * shape.stride[0] + u) as isize - shape.padding[0] as isize;
                    let x = (column * shape.stride[1] + v) as isize - shape.padding[1] as isize;
                    sum += layer.filters()[(filter, entry)] * pixel(channel, y, x);
                }
            }
        }
        sum
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_route_through_a_convolution_gives_the_defining_sum(shape in conv_shapes(), seed: u32) {
        let random = &mut RandomState::new(seed);
        let (layer, image) = (shape.layer(random), shape.image(random));
        let expected = convolution_by_definition(&shape, &layer, &image);
        let by_patches = layer.forward(&image).unwrap();
        prop_assert!(by_patches.max_difference(&expected) < 1e-12);
        let by_spectra = fourier::forward(&layer, &image).unwrap();
        prop_assert!(by_spectra.max_difference(&expected) < 1e-11);

        let x = Mat::from_fn(image.values.len(), 1, |i, _| image.values[i]);
        let product = layer.as_matrix(&image).unwrap() * x;
        let positions = expected.height * expected.width;
        for (i, expected) in expected.values.iter().enumerate() {
            prop_assert!((product[(i, 0)] + layer.bias()[i / positions] - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn normalised_features_have_the_mean_beta_and_the_deviation_gamma(
        seed: u32, samples in 2..30_usize, features in 1..5_usize,
    ) {
        let random = &mut RandomState::new(seed);
        let batch = randn(random, samples, features);
        let mut layer = BatchNorm { epsilon: 0.0, ..BatchNorm::new(features) };
        layer.gamma = random.rand(features);
        layer.beta = random.randn(features);
        let y = Statistics::of(layer.train(batch.as_ref()).unwrap().as_ref()).unwrap();
        for j in 0..features {
            prop_assert!((y.mean[j] - layer.beta[j]).abs() < 1e-9);
            prop_assert!((y.variance[j].sqrt() - layer.gamma[j]).abs() < 1e-9);
        }
    }

    #[test]
    fn a_folded_normalisation_is_the_same_map(
        seed: u32, inputs in 1..5_usize, outputs in 1..5_usize, samples in 1..9_usize,
    ) {
        let random = &mut RandomState::new(seed);
        let before = Affine { weight: randn(random, outputs, inputs), bias: random.randn(outputs) };
        let mut layer = BatchNorm::new(outputs);
        layer.gamma = random.randn(outputs);
        layer.beta = random.randn(outputs);
        layer.running = Statistics { mean: random.randn(outputs), variance: random.rand(outputs) };
        layer.running.variance.iter_mut().for_each(|variance| *variance += 0.01);
        let x = randn(random, samples, inputs);
        let in_two_steps = layer.infer(before.forward(x.as_ref()).unwrap().as_ref()).unwrap();
        let in_one = layer.fold(&before).unwrap().forward(x.as_ref()).unwrap();
        prop_assert!((in_two_steps - in_one).norm_max() < 1e-11);
    }

    #[test]
    fn only_orthogonal_matrices_keep_signals_and_gradients(seed: u32, n in 1..12_usize) {
        let random = &mut RandomState::new(seed);
        let (q, v) = (orthogonal(random, n), random.randn(n));
        for scale in [1.0, 0.9, 1.1_f64] {
            let w = faer::Scale(scale) * &q;
            for w in [w.as_ref(), w.transpose()] {
                let lengths = rnn::lengths(rnn::powers(w, &v, 40).unwrap().as_ref());
                for (t, length) in lengths.iter().enumerate() {
                    let expected = lengths[0] * scale.powi(t as i32);
                    prop_assert!((length / expected - 1.0).abs() < 1e-12);
                }
            }
        }
    }

    #[test]
    fn gradients_through_time_are_difference_quotients(
        seed: u32, hidden in 1..4_usize, inputs in 1..4_usize, steps in 0..6_usize,
        activation in prop::sample::select(vec![Activation::Tanh, Activation::Sigmoid, Activation::Identity]),
    ) {
        let random = &mut RandomState::new(seed);
        let layer = Rnn {
            w: randn(random, hidden, hidden), u: randn(random, hidden, inputs), b: random.randn(hidden), activation,
        };
        let (start, x, last) = (random.randn(hidden), randn(random, steps, inputs), random.randn(hidden));
        let loss = |layer: &Rnn, start: &[f64]| {
            let states = layer.forward(start, x.as_ref()).unwrap();
            (0..hidden).map(|unit| states[(steps, unit)] * last[unit]).sum::<f64>()
        };
        let gradients = layer.gradients(&start, x.as_ref(), &last).unwrap();
        let h = 1e-6;
        let close = |gradient: f64, quotient: f64| (gradient - quotient).abs() < 1e-6 * (1.0 + gradient.abs());
        for i in 0..hidden {
            let shifted = |by: f64| {
                let mut start = start.clone();
                start[i] += by;
                loss(&layer, &start)
            };
            prop_assert!(close(gradients.states[(0, i)], (shifted(h) - shifted(-h)) / (2.0 * h)));
            let with_bias = |by: f64| {
                let mut layer = layer.clone();
                layer.b[i] += by;
                loss(&layer, &start)
            };
            prop_assert!(close(gradients.b[i], (with_bias(h) - with_bias(-h)) / (2.0 * h)));
            for j in 0..hidden {
                let with_w = |by: f64| {
                    let mut layer = layer.clone();
                    layer.w[(i, j)] += by;
                    loss(&layer, &start)
                };
                prop_assert!(close(gradients.w[(i, j)], (with_w(h) - with_w(-h)) / (2.0 * h)));
            }
            for j in 0..inputs {
                let with_u = |by: f64| {
                    let mut layer = layer.clone();
                    layer.u[(i, j)] += by;
                    loss(&layer, &start)
                };
                prop_assert!(close(gradients.u[(i, j)], (with_u(h) - with_u(-h)) / (2.0 * h)));
            }
        }
    }

    #[test]
    fn attention_takes_weighted_means(
        seed: u32, queries in 1..6_usize, more in 0..4_usize, d in 1..5_usize, values in 1..4_usize, causal: bool,
    ) {
        let random = &mut RandomState::new(seed);
        let keys = queries + more;
        let (q, k, v) = (randn(random, queries, d), randn(random, keys, d), randn(random, keys, values));
        let mask = if causal { Mask::Causal } else { Mask::None };
        let found = attention(q.as_ref(), k.as_ref(), v.as_ref(), mask).unwrap();
        for i in 0..queries {
            prop_assert!((found.weights.row(i).iter().sum::<f64>() - 1.0).abs() < 1e-12);
            for j in 0..keys {
                let allowed = !causal || j <= i + more;
                prop_assert_eq!(found.weights[(i, j)] > 0.0, allowed);
                // Two weights stand to each other as the exponentials of their scores.
                let score = |j: usize| (0..d).map(|c| q[(i, c)] * k[(j, c)]).sum::<f64>() / (d as f64).sqrt();
                if allowed {
                    let ratio = found.weights[(i, j)] / found.weights[(i, 0)];
                    prop_assert!((ratio / libm::exp(score(j) - score(0)) - 1.0).abs() < 1e-9);
                }
            }
            for c in 0..values {
                let mean: f64 = (0..keys).map(|j| found.weights[(i, j)] * v[(j, c)]).sum();
                prop_assert!((found.output[(i, c)] - mean).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn scratch_gradients_are_difference_quotients(
        seed: u32, samples in 1..8_usize, inputs in 1..4_usize, hidden in 1..5_usize, outputs in 1..4_usize,
    ) {
        let (x, y, net) = scratch_net::from_seed(seed, samples, [inputs, hidden, outputs]);
        // A difference quotient across the kink of a ReLU is no derivative.
        let z = &x * &net.w1;
        prop_assume!(z.col_iter().all(|z| z.iter().all(|z| z.abs() > 1e-4)));
        let (loss, gradients) = net.gradients(x.as_ref(), y.as_ref()).unwrap();
        prop_assert_eq!(loss, net.loss(x.as_ref(), y.as_ref()).unwrap());
        let quotients = net.difference_quotients(x.as_ref(), y.as_ref(), 1e-6).unwrap();
        prop_assert!(gradients.max_difference(&quotients) < 1e-6 * (1.0 + loss));
    }

    #[test]
    fn network_gradients_are_difference_quotients(
        seed: u32, samples in 1..6_usize, sizes in prop::collection::vec(1..5_usize, 2..5),
    ) {
        let random = &mut RandomState::new(seed);
        let network = random_network(random, &sizes, Activation::Tanh);
        let (x, y) = (randn(random, samples, sizes[0]), randn(random, samples, sizes[sizes.len() - 1]));
        let found = matrix_function::gradients(&network, x.as_ref(), y.as_ref()).unwrap();
        let h = 1e-6;
        for (l, gradient) in found.iter().enumerate() {
            let quotient = |change: &dyn Fn(&mut Layer, f64)| {
                let loss = |by: f64| {
                    let mut network = network.clone();
                    change(&mut network.layers[l], by);
                    matrix_function::mean_squared_error(&network, x.as_ref(), y.as_ref()).unwrap()
                };
                (loss(h) - loss(-h)) / (2.0 * h)
            };
            for i in 0..gradient.weight.nrows() {
                prop_assert!((gradient.bias[i] - quotient(&|layer, by| layer.bias[i] += by)).abs() < 1e-6);
                for j in 0..gradient.weight.ncols() {
                    let quotient = quotient(&|layer, by| layer.weight[(i, j)] += by);
                    prop_assert!((gradient.weight[(i, j)] - quotient).abs() < 1e-6);
                }
            }
        }
    }

    #[test]
    fn the_two_orientations_have_transposed_gradients(seed: u32, samples in 1..6_usize, hidden in 1..6_usize) {
        let (x, y, net) = scratch_net::from_seed(seed, samples, [2, hidden, 1]);
        let layer = |name: &str, weight: &Mat<f64>, bias: &[f64], activation| Layer {
            name: name.into(), weight: weight.transpose().to_owned(), bias: bias.to_vec(), activation,
        };
        let network = Frozen { layers: vec![
            layer("hidden", &net.w1, &net.b1, Activation::Relu),
            layer("output", &net.w2, &net.b2, Activation::Identity),
        ] };
        let (_, rows) = net.gradients(x.as_ref(), y.as_ref()).unwrap();
        let textbook = matrix_function::gradients(&network, x.as_ref(), y.as_ref()).unwrap();
        prop_assert!((textbook[0].weight.transpose() - &rows.w1).norm_max() < 1e-12);
        prop_assert!((textbook[1].weight.transpose() - &rows.w2).norm_max() < 1e-12);
    }
}

/// A network with layers of these sizes, the last one affine.
pub fn random_network(random: &mut RandomState, sizes: &[usize], activation: Activation) -> Frozen {
    let layers = sizes.windows(2).enumerate().map(|(l, pair)| Layer {
        name: format!("layer{l}"),
        weight: randn(random, pair[1], pair[0]),
        bias: random.randn(pair[1]),
        activation: if l + 2 == sizes.len() {
            Activation::Identity
        } else {
            activation
        },
    });
    Frozen {
        layers: layers.collect(),
    }
}

/// What post B's script prints under NumPy 2.4.6: `Epoch 200, Loss = 0.0404` and so on.
///
/// The script is in the post; its losses at full precision, from adding `print(repr(loss))`, are given here.
#[test]
fn the_network_from_scratch_learns_as_under_numpy() {
    let (x, y, mut net) = scratch_net::from_seed(0, 5, [2, 3, 1]);
    let losses = net.train(x.as_ref(), y.as_ref(), 0.01, 1000).unwrap();
    let numpy = [
        (1, 1.732_834_437_505_22),
        (200, 0.040_368_839_000_511_51),
        (400, 0.009_050_646_924_349_027),
        (600, 0.002_841_366_092_691_959_7),
        (800, 0.000_989_533_838_985_593_1),
        (1000, 0.000_355_493_488_340_676_94),
    ];
    for (epoch, loss) in numpy {
        assert!(
            (losses[epoch - 1] - loss).abs() < 1e-12,
            "epoch {epoch}: {}",
            losses[epoch - 1]
        );
    }
}

#[test]
fn a_hundred_copies_of_a_sample_have_the_gradient_of_one() {
    let random = &mut RandomState::new(3);
    let network = random_network(random, &[2, 4, 3], Activation::Relu);
    let (x, y) = (randn(random, 1, 2), randn(random, 1, 3));
    let copies = |m: &Mat<f64>| Mat::from_fn(100, m.ncols(), |_, j| m[(0, j)]);
    let one = matrix_function::gradients(&network, x.as_ref(), y.as_ref()).unwrap();
    let many =
        matrix_function::gradients(&network, copies(&x).as_ref(), copies(&y).as_ref()).unwrap();
    for (one, many) in one.iter().zip(&many) {
        assert!(one.max_difference(many) < 1e-12);
    }
}

#[test]
fn sizes_that_do_not_fit_are_refused_with_both_sizes() {
    let image = Image::from_fn(1, 2, 2, |_, _, _| 0.0);
    let layer = Conv2d::new(Mat::zeros(1, 9), vec![0.0], 1, [3, 3]).unwrap();
    let problem = layer.forward(&image).unwrap_err().to_string();
    assert_eq!(
        problem,
        "convolution: the image, 2 long with its padding, is smaller than the filter, 3"
    );
    assert!(layer.with_padding([1, 1]).forward(&image).is_ok());
    assert!(Conv2d::new(Mat::zeros(1, 8), vec![0.0], 1, [3, 3]).is_err());
    assert!(Conv2d::new(Mat::zeros(1, 9), vec![], 1, [3, 3]).is_err());
    assert!(Conv2d::new(Mat::zeros(0, 9), vec![], 1, [3, 3]).is_err());

    let three = mat![[0.0], [0.0], [0.0]];
    let two = mat![[0.0], [0.0]];
    let refused = attention(three.as_ref(), two.as_ref(), two.as_ref(), Mask::Causal);
    assert!(
        refused
            .unwrap_err()
            .to_string()
            .contains("3 queries for 2 keys")
    );

    let net = ScratchNet {
        w1: Mat::zeros(2, 3),
        b1: vec![0.0; 3],
        w2: Mat::zeros(4, 1),
        b2: vec![0.0],
    };
    let problem = net
        .forward(Mat::zeros(5, 2).as_ref())
        .unwrap_err()
        .to_string();
    assert_eq!(problem, "network: W₂ is 4 x 1, it has to be 3 x 1");

    let softmax = Rnn {
        w: mat![[1.0]],
        u: mat![[1.0]],
        b: vec![0.0],
        activation: Activation::Softmax,
    };
    assert!(softmax.forward(&[0.0], mat![[1.0]].as_ref()).is_err());
    assert!(BatchNorm::new(2).train(Mat::zeros(0, 2).as_ref()).is_err());
    assert!(BatchNorm::new(2).infer(Mat::zeros(1, 3).as_ref()).is_err());
}
