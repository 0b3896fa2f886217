//! Schedules, clipping, batch norm, dropout, low-rank layers and early stopping, against PyTorch's numbers
//! (`reference/schedules.py`, `reference/regularisation.py`) and against their definitions.

use burn::tensor::Tensor;
use faer::Mat;
use foldspace::data::{Dataset, Target};
use foldspace::device::{self, Backend};
use foldspace::model::{
    self, Activation, LayerConfig, Mlp, ModelConfig, Parameters, Silent, weights,
};
use foldspace::random::Generator;
use foldspace::train::{
    Clip, EarlyStopping, EarlyStoppingConfig, EpochMetrics, Loss, Monitor, OptimizerConfig,
    OptimizerName, TrainConfig, Trainer,
};
use serde_json::Value;

fn numbers(value: &Value) -> Vec<f64> {
    let items = value.as_array().unwrap();
    items.iter().map(|item| item.as_f64().unwrap()).collect()
}

#[test]
fn learning_rates_are_pytorchs() {
    let reference: Value = serde_json::from_str(include_str!("reference/schedules.json")).unwrap();
    let cases = reference["cases"].as_array().unwrap();
    assert!(cases.len() >= 10);
    for case in cases {
        let table = case["table"].as_str().unwrap();
        let rates = numbers(&case["rates"]);
        let text = format!(
            "epochs = {}\nloss = 'mse'\noptimizer = {{ name = 'sgd', lr = 0.1 }}\n{table}",
            rates.len()
        );
        let config: TrainConfig = toml::from_str(&text).unwrap();
        config.validate().unwrap();
        for (config, what) in [
            (config.clone(), "as it is"),
            (config.resolved(), "resolved"),
        ] {
            for (done, expected) in rates.iter().enumerate() {
                let rate = config.learning_rate(done + 1);
                // PyTorch multiplies its way from epoch to epoch and gathers rounding errors.
                assert!(
                    (rate - expected).abs() < 1e-14,
                    "{table}, {what}, epoch {}: {rate}, PyTorch {expected}",
                    done + 1
                );
            }
        }
    }
}

#[test]
fn a_name_alone_is_a_schedule() {
    let parse = |schedule: &str| {
        let text = format!(
            "epochs = 4\nloss = 'mse'\noptimizer = {{ name = 'sgd', lr = 0.1 }}\nschedule = {schedule}"
        );
        toml::from_str::<TrainConfig>(&text)
    };
    assert_eq!(
        parse("'cosine'").unwrap(),
        parse("{ name = 'cosine' }").unwrap()
    );
    let again = toml::to_string(&parse("'cosine'").unwrap()).unwrap();
    assert!(again.contains("[schedule]\nname = \"cosine\""), "{again}");
    assert!(parse("'step'").is_err() && parse("{ name = 'constant', gamma = 1.0 }").is_err());
}

/// A cosine keeps the length it began with when a run is made longer.
#[test]
fn a_resolved_cosine_does_not_stretch() {
    let text = "epochs = 10\nloss = 'mse'\noptimizer = { name = 'sgd', lr = 0.1 }\n\
        schedule = { name = 'cosine' }\nwarmup = { epochs = 2 }";
    let short = toml::from_str::<TrainConfig>(text).unwrap().resolved();
    let longer = TrainConfig {
        epochs: 20,
        ..short.clone()
    };
    for epoch in 1..=10 {
        assert_eq!(short.learning_rate(epoch), longer.learning_rate(epoch));
    }
}

fn layer(units: usize, activation: Activation) -> LayerConfig {
    LayerConfig::new(units, activation)
}

fn normed(units: usize, activation: Activation) -> LayerConfig {
    LayerConfig {
        batch_norm: true,
        ..layer(units, activation)
    }
}

fn sgd(lr: f64) -> OptimizerConfig {
    OptimizerConfig::new(OptimizerName::Sgd, lr)
}

fn momentum(lr: f64) -> OptimizerConfig {
    OptimizerConfig {
        momentum: Some(0.9),
        ..sgd(lr)
    }
}

/// The network with everything in it, as `regularisation.py` has it.
fn everything() -> ModelConfig {
    ModelConfig::new(vec![
        LayerConfig {
            bias: false,
            dropout: 0.1,
            ..normed(12, Activation::Tanh)
        },
        LayerConfig {
            bias: false,
            dropout: 0.25,
            rank: Some(3),
            ..normed(6, Activation::Tanh).named("embedding")
        },
        layer(1, Activation::Identity),
    ])
}

fn reference() -> Value {
    serde_json::from_str(include_str!("reference/regularisation.json")).unwrap()
}

fn dataset(reference: &Value) -> Dataset {
    let rows = reference["inputs"].as_array().unwrap();
    let rows: Vec<Vec<f64>> = rows.iter().map(numbers).collect();
    let values = numbers(&reference["targets"]);
    let features = Mat::from_fn(rows.len(), 2, |i, j| rows[i][j]);
    let values = Mat::from_fn(rows.len(), 1, |i, _| values[i]);
    let names = vec!["y".into()];
    let target = Target::Values { values, names };
    Dataset::new(
        "reference",
        features,
        vec!["x1".into(), "x2".into()],
        target,
    )
    .unwrap()
}

/// Every number of a network in the order of PyTorch's `state_dict` of the same layers in an `nn.Sequential`.
fn state(parameters: &Parameters) -> Vec<Vec<f64>> {
    let flat = |matrix: &Mat<f64>| {
        let rows = (0..matrix.nrows()).flat_map(|i| matrix.row(i).iter().copied());
        rows.collect::<Vec<f64>>()
    };
    let mut state = Vec::new();
    for layer in &parameters.layers {
        state.extend(layer.narrow.as_ref().map(flat));
        state.push(flat(&layer.weight));
        state.extend(layer.bias.clone());
        if let Some(norm) = &layer.norm {
            state.extend([norm.weight.clone(), norm.bias.clone()]);
            state.extend([norm.running_mean.clone(), norm.running_var.clone()]);
        }
    }
    state
}

#[test]
fn whole_runs_are_pytorchs() {
    let reference = reference();
    let data = dataset(&reference);
    let tanh = Activation::Tanh;
    let out = || layer(1, Activation::Identity);
    let small = || ModelConfig::new(vec![layer(8, tanh), out()]);
    let adam = || OptimizerConfig::new(OptimizerName::Adam, 0.02);
    let decay = OptimizerConfig {
        weight_decay: Some(0.01),
        ..sgd(0.02)
    };
    let half = OptimizerConfig {
        momentum: Some(0.5),
        ..sgd(0.02)
    };
    let bare = LayerConfig {
        bias: false,
        ..normed(8, Activation::Relu)
    };
    let dropped = LayerConfig {
        dropout: 0.3,
        ..layer(16, tanh)
    };
    let low = LayerConfig {
        rank: Some(2),
        ..layer(6, tanh)
    };
    let cases = [
        (
            "clip_norm",
            small(),
            momentum(0.1),
            Some(Clip::Norm(0.5)),
            true,
        ),
        (
            "clip_value",
            small(),
            sgd(0.1),
            Some(Clip::Value(0.1)),
            true,
        ),
        (
            "batch_norm",
            ModelConfig::new(vec![normed(8, tanh), out()]),
            half,
            None,
            true,
        ),
        (
            "batch_norm_full",
            ModelConfig::new(vec![bare, normed(1, Activation::Identity)]),
            decay,
            None,
            false,
        ),
        (
            "dropout",
            ModelConfig::new(vec![dropped, out()]),
            sgd(0.02),
            None,
            true,
        ),
        (
            "low_rank",
            ModelConfig::new(vec![layer(8, tanh), low, out()]),
            adam(),
            None,
            true,
        ),
        ("everything", everything(), adam(), None, true),
    ];
    for backend in [Backend::Flex, Backend::Ndarray] {
        let device = device::open(backend).unwrap();
        for (case, model, optimizer, clip, batches) in &cases {
            let expected = &reference["cases"][case];
            let mut train = TrainConfig::new(30, Loss::Mse, optimizer.clone());
            train.batch_size = batches.then_some(32);
            train.clip = *clip;
            let mut trainer = Trainer::new(&train, model, &data, Some(&data), 42, &device).unwrap();
            let close = |what: String, actual: f64, expected: f64| {
                let error = (actual - expected).abs() / expected.abs().max(1.0);
                assert!(
                    error < 1e-4,
                    "{case} on {backend}: {what} {actual}, PyTorch {expected}"
                );
            };
            let training = numbers(&expected["training"]);
            let evaluation = numbers(&expected["evaluation"]);
            while let Some(report) = trainer.next_epoch().unwrap() {
                let metrics = report.metrics;
                let i = metrics.epoch - 1;
                close(
                    format!("training loss {i}"),
                    metrics.train_loss,
                    training[i],
                );
                let test = metrics.test_loss.unwrap();
                close(format!("evaluation loss {i}"), test, evaluation[i]);
            }
            let found = state(trainer.parameters());
            let wanted = expected["state"].as_array().unwrap();
            assert_eq!(found.len(), wanted.len());
            for (tensor, (found, wanted)) in found.iter().zip(wanted).enumerate() {
                let wanted = numbers(wanted);
                assert_eq!(found.len(), wanted.len());
                for (found, wanted) in found.iter().zip(wanted) {
                    close(format!("tensor {tensor}"), *found, wanted);
                }
            }
        }
    }
}

/// Clipping by norm leaves a gradient of the given length, clipping by value none with a larger entry: with plain SGD the
/// change of the weights is the learning rate times the clipped gradient.
#[test]
fn a_clipped_step_is_as_long_as_allowed() {
    let data = dataset(&reference());
    let device = device::open(Backend::Flex).unwrap();
    let model = ModelConfig::new(vec![
        layer(8, Activation::Tanh),
        layer(1, Activation::Identity),
    ]);
    let change = |clip: Option<Clip>| {
        let mut train = TrainConfig::new(1, Loss::Mse, sgd(0.5));
        train.clip = clip;
        let mut trainer = Trainer::new(&train, &model, &data, None, 42, &device).unwrap();
        let before = state(trainer.parameters()).concat();
        let norm = trainer.next_epoch().unwrap().unwrap().metrics.grad_norm;
        let after = state(trainer.parameters()).concat();
        let steps = before.iter().zip(after).map(|(b, a)| (b - a) / 0.5);
        (norm, steps.collect::<Vec<f64>>())
    };
    let length = |steps: &[f64]| steps.iter().map(|x| x * x).sum::<f64>().sqrt();
    let (norm, free) = change(None);
    assert!(norm > 1.0 && (length(&free) - norm).abs() < 1e-5);
    let (reported, steps) = change(Some(Clip::Norm(0.25)));
    assert_eq!(reported, norm, "the log holds the gradient before clipping");
    assert!((length(&steps) - 0.25).abs() < 1e-5);
    let (_, steps) = change(Some(Clip::Norm(2.0 * norm)));
    assert_eq!(steps, free, "a short gradient is left alone");
    let (_, steps) = change(Some(Clip::Value(0.1)));
    let largest = steps.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
    assert!((largest - 0.1).abs() < 1e-5);
    for (step, free) in steps.iter().zip(free) {
        assert!((step - free.clamp(-0.1, 0.1)).abs() < 1e-5);
    }
}

/// A network whose batch norms have seen data, so that their statistics are not the initial ones.
fn seasoned(device: &burn::tensor::Device) -> (Mlp, Mat<f64>) {
    let data = dataset(&reference());
    let mut train = TrainConfig::new(3, Loss::Mse, momentum(0.05));
    train.batch_size = Some(32);
    let mut trainer = Trainer::new(&train, &everything(), &data, None, 7, device).unwrap();
    while trainer.next_epoch().unwrap().is_some() {}
    (trainer.model().clone(), data.features)
}

#[test]
fn the_frozen_network_is_the_evaluated_one() {
    for backend in [Backend::Flex, Backend::Ndarray] {
        let device = device::open(backend).unwrap();
        let (network, points) = seasoned(&device);
        let parameters = network.to_parameters();
        let norm = parameters.layers[1].norm.as_ref().unwrap();
        assert!(norm.running_mean.iter().all(|mean| *mean != 0.0));
        let frozen = network.to_frozen();
        let plain = Mlp::new(&parameters, &device);
        let output = model::download(plain.forward(model::upload(points.as_ref(), &device)));
        let expected = frozen.forward(points.as_ref());
        assert!((output - &expected).norm_max() < 2e-6, "{backend}");
        // A layer's value before its activation is what the folded map gives.
        let mut recorder = foldspace::capture::Recorder::new(["embedding.pre"]);
        plain.forward_with(model::upload(points.as_ref(), &device), &mut recorder);
        let before = model::download(recorder.value("embedding.pre").unwrap());
        let (head, rest) = frozen.split_at(1);
        let folded = rest.layers[0].affine(head.forward(points.as_ref()).as_ref());
        assert!((before - folded).norm_max() < 1e-5);
    }
}

/// Evaluation draws nothing, changes nothing and gives each sample its own answer, whatever stands beside it.
#[test]
fn evaluation_is_a_function_of_the_sample() {
    let device = device::open(Backend::Flex).unwrap();
    let (network, points) = seasoned(&device);
    let network = Mlp::new(&network.to_parameters(), &device);
    let all = model::download(network.forward(model::upload(points.as_ref(), &device)));
    let alone = points.submatrix(3, 0, 1, 2);
    let alone =
        model::download(network.forward_from(0, model::upload(alone, &device), &mut Silent));
    assert!((alone[(0, 0)] - all[(3, 0)]).abs() < 1e-6);
}

#[test]
fn dropout_keeps_the_mean_and_drops_the_share() {
    let device = device::open(Backend::Flex).unwrap();
    let mut wide = layer(2000, Activation::Identity);
    wide.dropout = 0.4;
    let config = ModelConfig::new(vec![wide, layer(1, Activation::Identity)]);
    let mut initial = model::draw(&config, 1, &mut Generator::new(1)).unwrap();
    // Every hidden unit says 1, and the output is their mean.
    initial.layers[0].weight.fill(0.0);
    initial.layers[0].bias = Some(vec![1.0; 2000]);
    initial.layers[1].weight.fill(1.0 / 2000.0);
    initial.layers[1].bias = Some(vec![0.0]);
    let mut network = Mlp::new(&initial, &device);
    let x = Tensor::<2>::ones([50, 1], &device);
    let mut generator = Generator::new(3);
    let dropped = model::download(network.forward_training(x.clone(), &mut generator));
    let mean = dropped.sum() / 50.0;
    assert!((mean - 1.0).abs() < 0.01, "{mean}");
    // Each is a whole number of survivors, times 1 / 0.6 / 2000.
    for i in 0..50 {
        let survivors = dropped[(i, 0)] * 0.6 * 2000.0;
        assert!((survivors - survivors.round()).abs() < 0.01, "{survivors}");
        assert!((1000.0..1400.0).contains(&survivors), "{survivors}");
    }
    assert_ne!(generator, Generator::new(3));
    assert!((model::download(network.forward(x)).sum() / 50.0 - 1.0).abs() < 1e-5);
}

/// Without batch norm and dropout both modes are one, to the bit, and the generator is left alone.
#[test]
fn plain_networks_have_one_mode() {
    let device = device::open(Backend::Flex).unwrap();
    let config = ModelConfig::new(vec![
        layer(8, Activation::Silu),
        layer(2, Activation::Softmax),
    ]);
    let initial = model::draw(&config, 2, &mut Generator::new(1)).unwrap();
    let mut network = Mlp::new(&initial, &device);
    let x = model::upload(dataset(&reference()).features.as_ref(), &device);
    let mut generator = Generator::new(3);
    let training = network.forward_training(x.clone(), &mut generator);
    assert_eq!(training.into_data(), network.forward(x).into_data());
    assert_eq!(generator, Generator::new(3));
}

#[test]
fn the_weights_file_holds_what_pytorch_would() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.safetensors");
    let device = device::open(Backend::Flex).unwrap();
    let parameters = seasoned(&device).0.to_parameters();
    weights::write(&path, &parameters).unwrap();
    assert_eq!(weights::read_parameters(&path).unwrap(), parameters);
    assert_eq!(weights::read(&path).unwrap(), parameters.fold());
    let bytes = std::fs::read(&path).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    for (name, shape) in [
        ("layers.0.weight", vec![12, 2]),
        ("layers.0.norm.running_var", vec![12]),
        ("embedding.narrow.weight", vec![3, 12]),
        ("embedding.weight", vec![6, 3]),
        ("embedding.norm.weight", vec![6]),
    ] {
        assert_eq!(file.tensor(name).unwrap().shape(), shape, "{name}");
    }
    let model = everything();
    assert_eq!(model.parameters(2), Some(24 + 24 + 36 + 18 + 12 + 7));
}

fn metrics(epoch: usize, train_loss: f64, test_loss: Option<f64>) -> EpochMetrics {
    EpochMetrics {
        epoch,
        train_loss,
        train_accuracy: None,
        test_loss,
        test_accuracy: None,
        learning_rate: 0.1,
        grad_norm: 1.0,
    }
}

/// Losses, patience, least improvement, and in which epochs Keras' `EarlyStopping` sees the best and stops.
#[test]
fn early_stopping_is_keras() {
    let cases = [
        (vec![1.0, 0.9, 0.8, 0.7], 1, 0.0, 4, None),
        (vec![1.0, 0.9, 0.95, 0.94, 0.5], 2, 0.0, 2, Some(4)),
        (
            vec![1.0, 0.9, 0.95, 0.8, 0.85, 0.81, 0.9],
            3,
            0.0,
            4,
            Some(7),
        ),
        // An equal loss is no improvement, nor is one by no more than min_delta.
        (vec![1.0, 1.0, 1.0], 2, 0.0, 1, Some(3)),
        (vec![1.0, 0.95, 0.9, 0.85], 2, 0.2, 1, Some(3)),
        // The best stays the reference: small improvements add up.
        (vec![1.0, 0.95, 0.75, 0.7, 0.5], 2, 0.2, 5, None),
    ];
    for (losses, patience, min_delta, best, stops) in cases {
        let config = EarlyStoppingConfig {
            patience,
            min_delta,
            monitor: Monitor::TrainLoss,
            restore_best: false,
        };
        let mut stopping = EarlyStopping::default();
        let mut stopped = None;
        for (i, &loss) in losses.iter().enumerate() {
            stopping.observe(&config, &metrics(i + 1, loss, None), || unreachable!());
            if stopping.is_over(&config) {
                stopped = Some(i + 1);
                break;
            }
        }
        assert_eq!(stopped, stops, "{losses:?}");
        assert_eq!(
            stopping.best.map(|(epoch, _)| epoch),
            Some(best),
            "{losses:?}"
        );
    }
}

#[test]
fn training_stops_early_and_remembers_the_best_network() {
    let data = dataset(&reference());
    let device = device::open(Backend::Flex).unwrap();
    let model = ModelConfig::new(vec![
        layer(8, Activation::Tanh),
        layer(1, Activation::Identity),
    ]);
    // A rate at which the loss soon goes up and down.
    let mut train = TrainConfig::new(200, Loss::Mse, momentum(0.15));
    train.early_stopping = Some(EarlyStoppingConfig {
        patience: 4,
        min_delta: 0.0,
        monitor: Monitor::TestLoss,
        restore_best: true,
    });
    let mut trainer = Trainer::new(&train, &model, &data, Some(&data), 42, &device).unwrap();
    let (mut losses, mut networks) = (Vec::new(), Vec::new());
    while let Some(report) = trainer.next_epoch().unwrap() {
        losses.push(report.metrics.test_loss.unwrap());
        networks.push(trainer.parameters().clone());
    }
    assert!(trainer.has_stopped_early() && losses.len() < 200);
    let least = losses.iter().copied().fold(f64::INFINITY, f64::min);
    let best = losses.iter().position(|loss| *loss == least).unwrap();
    assert_eq!(best + 4, losses.len() - 1);
    assert_eq!(trainer.stopping().best, Some((best + 1, least)));
    assert_eq!(
        trainer.stopping().parameters.as_ref(),
        Some(&networks[best])
    );

    let error = Trainer::new(&train, &model, &data, None, 42, &device)
        .err()
        .unwrap();
    assert!(
        error.to_string().contains("train.early_stopping.monitor"),
        "{error}"
    );
}

#[test]
fn a_single_sample_is_no_batch_for_batch_norm() {
    let data = dataset(&reference());
    let model = ModelConfig::new(vec![
        normed(4, Activation::Tanh),
        layer(1, Activation::Identity),
    ]);
    let mut train = TrainConfig::new(1, Loss::Mse, sgd(0.1));
    for (size, fits) in [(1, false), (33, false), (9, false), (32, true), (50, true)] {
        train.batch_size = Some(size);
        let checked = foldspace::train::check(&train, &model, &data);
        assert_eq!(checked.is_ok(), fits, "{size}");
        if let Err(error) = checked {
            assert!(
                error.to_string().starts_with("train.batch_size: "),
                "{error}"
            );
        }
    }
}
