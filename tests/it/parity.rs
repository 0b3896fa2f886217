//! Training against PyTorch: the same losses, from the same seeds, over whole runs.
//!
//! The numbers come from `reference/training.py`.

use faer::Mat;
use foldspace::data::{Dataset, Target};
use foldspace::device::{self, Backend};
use foldspace::model::{Activation, LayerConfig, ModelConfig};
use foldspace::random::RandomState;
use foldspace::train::loss_functions as loss;
use foldspace::train::{Loss, OptimizerConfig, OptimizerName, TrainConfig, Trainer};
use serde_json::Value;

fn reference() -> Value {
    serde_json::from_str(include_str!("reference/training.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    let items = value.as_array().unwrap();
    items.iter().map(|item| item.as_f64().unwrap()).collect()
}

/// `np.random.randn(samples, 2) * scale`.
fn points(random: &mut RandomState, samples: usize, scale: f64) -> Mat<f64> {
    let drawn = random.randn(2 * samples);
    Mat::from_fn(samples, 2, |i, j| drawn[2 * i + j] * scale)
}

fn dataset(features: Mat<f64>, target: Target) -> Dataset {
    Dataset::new(
        "reference",
        features,
        vec!["x1".into(), "x2".into()],
        target,
    )
    .unwrap()
}

/// Post C's regression (C2).
fn quadratic(seed: u32, samples: usize) -> Dataset {
    let random = &mut RandomState::new(seed);
    let x = points(random, samples, 2.0);
    let noise = random.randn(samples);
    let value = |i: usize| 0.5 * x[(i, 0)] * x[(i, 0)] + 1.5 * x[(i, 1)] + 2.0 + noise[i] * 0.5;
    let values = Mat::from_fn(samples, 1, |i, _| value(i));
    let names = vec!["y".into()];
    dataset(x, Target::Values { values, names })
}

fn classes(x: Mat<f64>, count: usize, class: impl Fn(f64, f64) -> usize) -> Dataset {
    let labels = (0..x.nrows())
        .map(|i| class(x[(i, 0)], x[(i, 1)]))
        .collect();
    let names = (0..count).map(|class| class.to_string()).collect();
    dataset(x, Target::Classes { labels, names })
}

/// A network 2 - hidden - outputs.
fn network(hidden: usize, activation: Activation, outputs: usize, last: Activation) -> ModelConfig {
    ModelConfig::new(vec![
        LayerConfig::new(hidden, activation),
        LayerConfig::new(outputs, last),
    ])
}

/// Trains as `training.py` does and compares every tenth loss, the last gradients and the final weights.
fn compare(
    case: &str,
    seed: u64,
    model: &ModelConfig,
    train: &TrainConfig,
    data: &Dataset,
    tolerance: f64,
) {
    let expected = &reference()["cases"][case];
    for backend in [Backend::Flex, Backend::Ndarray] {
        let device = device::open(backend).unwrap();
        let mut trainer = Trainer::new(train, model, data, None, seed, &device).unwrap();
        let mut losses = Vec::new();
        let mut norms = Vec::new();
        while let Some(report) = trainer.next_epoch().unwrap() {
            losses.push(report.metrics.train_loss);
            norms = report.gradient_norms;
        }
        let last = *losses.last().unwrap();
        let sampled: Vec<f64> = losses.into_iter().step_by(10).chain([last]).collect();
        let close = |what: &str, actual: f64, expected: f64| {
            let error = (actual - expected).abs() / expected.abs().max(1.0);
            assert!(
                error <= tolerance,
                "{case} on {backend}: {what} {actual}, PyTorch {expected}"
            );
        };
        let wanted = numbers(&expected["losses"]);
        assert_eq!(sampled.len(), wanted.len());
        for (i, (actual, expected)) in sampled.iter().zip(wanted).enumerate() {
            close(&format!("loss {i}"), *actual, expected);
        }
        let wanted = numbers(&expected["last_gradient_norms"]);
        for ((name, actual), expected) in norms.iter().zip(wanted) {
            close(name, *actual, expected);
        }
        let frozen = trainer.frozen();
        let parameters = frozen.layers.iter().flat_map(|layer| {
            let weight = &layer.weight;
            let rows = (0..weight.nrows()).flat_map(|i| weight.row(i).iter().copied());
            [rows.collect::<Vec<f64>>(), layer.bias.clone()]
        });
        for (actual, expected) in parameters.zip(expected["weights"].as_array().unwrap()) {
            for (actual, expected) in actual.iter().zip(numbers(expected)) {
                close("weight", *actual, expected);
            }
        }
    }
}

fn sgd(lr: f64) -> OptimizerConfig {
    OptimizerConfig::new(OptimizerName::Sgd, lr)
}

/// The posts print losses with 4 decimals: half a unit of the last one.
const PRINTED: f64 = 5e-5;

const SEEDS: [u32; 5] = [42, 0, 1, 7, 2024];

#[test]
fn c4_full_batch_regression() {
    let model = network(10, Activation::Relu, 1, Activation::Identity);
    let train = TrainConfig::new(200, Loss::Mse, sgd(0.01));
    for seed in SEEDS {
        let data = quadratic(seed, 200);
        compare(
            &format!("c4_{seed}"),
            seed.into(),
            &model,
            &train,
            &data,
            PRINTED,
        );
    }
}

#[test]
fn c7_scaled_tanh() {
    let activation = Activation::ScaledTanh { a: 2.0, b: 1.0 };
    let model = network(10, activation, 1, Activation::Identity);
    let train = TrainConfig::new(100, Loss::Mse, sgd(0.01));
    for seed in SEEDS {
        let data = quadratic(seed, 200);
        compare(
            &format!("c7_{seed}"),
            seed.into(),
            &model,
            &train,
            &data,
            PRINTED,
        );
    }
}

#[test]
fn c8_mini_batches() {
    let model = network(10, Activation::Relu, 1, Activation::Identity);
    let mut train = TrainConfig::new(100, Loss::Mse, sgd(0.01));
    train.batch_size = Some(32);
    for seed in SEEDS {
        let data = quadratic(seed, 200);
        compare(
            &format!("c8_{seed}"),
            seed.into(),
            &model,
            &train,
            &data,
            PRINTED,
        );
    }
}

#[test]
fn c9_binary_classification() {
    let model = network(5, Activation::Relu, 1, Activation::Sigmoid);
    let train = TrainConfig::new(200, Loss::Bce, sgd(0.1));
    for seed in SEEDS {
        let x = points(&mut RandomState::new(seed), 100, 1.0);
        let data = classes(x, 2, |x, y| usize::from(x * x + y * y > 1.5));
        compare(
            &format!("c9_{seed}"),
            seed.into(),
            &model,
            &train,
            &data,
            PRINTED,
        );
    }
}

#[test]
fn every_optimiser_over_a_whole_run() {
    let model = network(8, Activation::Tanh, 1, Activation::Identity);
    let new = OptimizerConfig::new;
    let cases = [
        (
            "momentum",
            OptimizerConfig {
                momentum: Some(0.9),
                ..sgd(0.02)
            },
        ),
        (
            "nesterov",
            OptimizerConfig {
                momentum: Some(0.9),
                nesterov: Some(true),
                ..sgd(0.01)
            },
        ),
        (
            "decay",
            OptimizerConfig {
                momentum: Some(0.5),
                weight_decay: Some(0.01),
                ..sgd(0.02)
            },
        ),
        ("adam", new(OptimizerName::Adam, 0.01)),
        (
            "adam_decay",
            OptimizerConfig {
                weight_decay: Some(0.01),
                betas: Some([0.8, 0.99]),
                ..new(OptimizerName::Adam, 0.01)
            },
        ),
        ("adamw", new(OptimizerName::AdamW, 0.01)),
        ("rmsprop", new(OptimizerName::RmsProp, 0.002)),
        (
            "rmsprop_momentum",
            OptimizerConfig {
                momentum: Some(0.9),
                ..new(OptimizerName::RmsProp, 0.001)
            },
        ),
    ];
    let data = quadratic(42, 100);
    for (name, optimizer) in cases {
        let train = TrainConfig::new(100, Loss::Mse, optimizer);
        compare(name, 42, &model, &train, &data, 1e-4);
    }
}

#[test]
fn huber_and_cross_entropy() {
    let model = network(8, Activation::Tanh, 1, Activation::Identity);
    let train = TrainConfig::new(100, Loss::Huber, sgd(0.1));
    compare("huber", 42, &model, &train, &quadratic(42, 100), PRINTED);

    let x = points(&mut RandomState::new(42), 150, 1.0);
    let data = classes(x, 3, |x, y| usize::from(x > 0.0) + usize::from(y > 0.0));
    let mut train = TrainConfig::new(100, Loss::CrossEntropy, sgd(0.5));
    train.batch_size = Some(64);
    for last in [Activation::Identity, Activation::Softmax] {
        let model = network(8, Activation::Tanh, 3, last);
        compare("cross_entropy", 42, &model, &train, &data, PRINTED);
    }
}

#[test]
fn bce_where_probabilities_are_zero_and_one() {
    use burn::tensor::{Tensor, activation};
    let reference = &reference()["bce"];
    let scores = numbers(&reference["scores"]);
    for backend in [Backend::Flex, Backend::Ndarray] {
        let device = device::open(backend).unwrap().autodiff();
        for (label, expected) in reference["labels_0_and_1"]
            .as_array()
            .unwrap()
            .iter()
            .enumerate()
        {
            let losses = numbers(&expected["losses"]);
            let gradients = numbers(&expected["gradients"]);
            for ((score, loss), gradient) in scores.iter().zip(losses).zip(gradients) {
                let z = Tensor::<2>::from_floats([[*score as f32]], &device).require_grad();
                let y = Tensor::<2>::from_floats([[label as f32]], &device);
                let value = loss::bce(activation::sigmoid(z.clone()), y);
                let slope = z.grad(&value.backward()).unwrap().into_scalar::<f32>();
                let value = value.into_scalar::<f32>();
                let place = format!("score {score}, label {label} on {backend}");
                assert!(
                    (f64::from(value) - loss).abs() < 2e-6 * loss.max(1.0),
                    "{place}: {value}"
                );
                assert!(
                    (f64::from(slope) - gradient).abs() < 1e-6,
                    "{place}: {slope}"
                );
            }
        }
    }
}
