//! An epoch as one operation against the same epoch step by step through Burn's autodiff and optimisers: every bit.

use faer::Mat;
use foldspace::data::{Dataset, Moons, Target};
use foldspace::device::{self, Backend};
use foldspace::model::{Activation, LayerConfig, ModelConfig, Parameters};
use foldspace::random::{Generator, RandomState};
use foldspace::train::Optimizer;
use foldspace::train::{
    Clip, Descent, EarlyStoppingConfig, EpochMetrics, Loss, Monitor, OptimizerConfig,
    OptimizerName, Schedule, TrainConfig, Trainer, TrainerState, Warmup, WholeEpoch,
};
use proptest::prelude::*;

/// 53 points, so that no batch size divides them.
fn moons() -> Dataset {
    let moons = Moons {
        samples: 53,
        noise: 0.1,
    };
    moons.generate(&mut RandomState::new(42)).unwrap()
}

/// The same points with two numbers to come close to.
fn values() -> Dataset {
    let points = moons().features;
    let value = |i: usize, j: usize| points[(i, 0)] * points[(i, j)] - 0.3 * j as f64;
    Dataset::new(
        "values",
        points.clone(),
        vec!["x".into(), "y".into()],
        Target::Values {
            values: Mat::from_fn(points.nrows(), 2, value),
            names: vec!["u".into(), "v".into()],
        },
    )
    .unwrap()
}

fn data(loss: Loss) -> Dataset {
    match loss {
        Loss::Bce | Loss::CrossEntropy => moons(),
        Loss::Mse | Loss::Huber => values(),
    }
}

fn network(hidden: &[usize], activation: Activation, loss: Loss) -> ModelConfig {
    let mut layers: Vec<LayerConfig> = hidden
        .iter()
        .map(|&units| LayerConfig::new(units, activation))
        .collect();
    layers.push(match loss {
        Loss::Bce => LayerConfig::new(1, Activation::Sigmoid),
        Loss::CrossEntropy => LayerConfig::new(2, Activation::Softmax),
        _ => LayerConfig::new(2, Activation::Identity),
    });
    ModelConfig::new(layers)
}

/// All that an epoch can leave behind.
#[derive(Debug, PartialEq)]
struct Trace {
    metrics: Vec<EpochMetrics>,
    norms: Vec<Vec<(String, f64)>>,
    gradients: Vec<Mat<f64>>,
    state: TrainerState,
}

fn trace(
    mut trainer: Trainer,
    mut next: impl FnMut(&mut Trainer) -> Option<(EpochMetrics, Vec<(String, f64)>)>,
) -> Trace {
    let (mut metrics, mut norms) = (Vec::new(), Vec::new());
    while let Some((numbers, of_gradients)) = next(&mut trainer) {
        metrics.push(numbers);
        norms.push(of_gradients);
    }
    let gradients = trainer.gradients().into_iter();
    Trace {
        metrics,
        norms,
        gradients: gradients.map(|gradient| gradient.values).collect(),
        state: trainer.state(),
    }
}

/// The run in one operation per epoch, and with somebody who listens to every step; and how often he was called.
fn both(
    model: &ModelConfig,
    train: &TrainConfig,
    data: &Dataset,
    backend: Backend,
) -> ([Trace; 2], usize) {
    let device = device::open(backend).unwrap();
    let trainer = || Trainer::new(train, model, data, Some(data), 3, &device).unwrap();
    let report = |report: Option<foldspace::train::EpochReport>| {
        report.map(|report| (report.metrics, report.gradient_norms))
    };
    let whole = trace(trainer(), |trainer| report(trainer.next_epoch().unwrap()));
    let mut heard = 0;
    let steps = trace(trainer(), |trainer| {
        let mut listener = |_: &foldspace::train::Step<'_>| heard += 1;
        report(trainer.next_epoch_with(&mut listener).unwrap())
    });
    ([whole, steps], heard)
}

/// Whether an epoch of this kind is one operation, the first and the second.
fn is_one(model: &ModelConfig, train: &TrainConfig, data: &Dataset) -> bool {
    let device = device::open(Backend::Flex).unwrap();
    let trainer = Trainer::new(train, model, data, None, 3, &device).unwrap();
    let samples = trainer.samples();
    let Some(whole) = WholeEpoch::new(trainer.model(), samples, train.loss) else {
        return false;
    };
    let (mut model, mut optimizer) = (trainer.model().clone(), Optimizer::new(&train.optimizer));
    let descent = Descent {
        lr: 0.1,
        clip: train.clip,
        batch_size: train.batch_size,
    };
    let mut run = || {
        let generator = &mut Generator::new(1);
        whole.run(&mut model, &mut optimizer, descent, generator)
    };
    let (first, second) = (run(), run());
    first.is_some() && second.is_some()
}

fn optimizers() -> Vec<OptimizerConfig> {
    use OptimizerName::{Adam, AdamW, RmsProp, Sgd};
    let plain = |name, lr| OptimizerConfig::new(name, lr);
    vec![
        plain(Sgd, 0.1),
        OptimizerConfig {
            momentum: Some(0.9),
            ..plain(Sgd, 0.05)
        },
        OptimizerConfig {
            momentum: Some(0.8),
            nesterov: Some(true),
            ..plain(Sgd, 0.05)
        },
        plain(Adam, 0.01),
        OptimizerConfig {
            betas: Some([0.8, 0.95]),
            eps: Some(1e-6),
            ..plain(AdamW, 0.01)
        },
        plain(RmsProp, 0.003),
        OptimizerConfig {
            momentum: Some(0.7),
            alpha: Some(0.9),
            ..plain(RmsProp, 0.003)
        },
    ]
}

const LOSSES: [Loss; 4] = [Loss::Mse, Loss::Huber, Loss::Bce, Loss::CrossEntropy];
const BENDS: [Activation; 4] = [
    Activation::Identity,
    Activation::Relu,
    Activation::Tanh,
    Activation::Sigmoid,
];

/// Every optimiser with every loss, clipping and decay, on both backends.
#[test]
fn an_epoch_in_one_operation_has_the_bits_of_its_steps() {
    let clips = [None, Some(Clip::Norm(0.3)), Some(Clip::Value(0.02))];
    for backend in [Backend::Flex, Backend::Ndarray] {
        for optimizer in optimizers() {
            for (turn, loss) in LOSSES.into_iter().enumerate() {
                for clip in clips {
                    let decay = [None, Some(0.0), Some(0.01), None][turn];
                    let train = TrainConfig {
                        batch_size: [Some(8), None, Some(32), Some(7)][turn],
                        clip,
                        ..TrainConfig::new(
                            3,
                            loss,
                            OptimizerConfig {
                                weight_decay: decay,
                                ..optimizer.clone()
                            },
                        )
                    };
                    let data = data(loss);
                    let model = network(&[17, 2], BENDS[(1 + turn) % 4], loss);
                    assert!(is_one(&model, &train, &data));
                    let ([whole, steps], heard) = both(&model, &train, &data, backend);
                    let batches = data.samples().div_ceil(train.batch_size.unwrap_or(1000));
                    assert_eq!(heard, 3 * batches);
                    assert!(
                        whole == steps,
                        "{train:?} on {backend}: {whole:?}\n{steps:?}"
                    );
                }
            }
        }
    }
}

/// What is not made for one operation gives the same whether or not somebody listens, and is known not to be.
#[test]
fn what_needs_steps_is_made_of_steps() {
    let sgd = OptimizerConfig::new(OptimizerName::Sgd, 0.1);
    let plain = network(&[6, 2], Activation::Tanh, Loss::Bce);
    let changed = |change: fn(&mut LayerConfig)| {
        let mut model = plain.clone();
        change(&mut model.layers[0]);
        (model, Loss::Bce)
    };
    let cases = [
        changed(|layer| layer.dropout = 0.2),
        changed(|layer| layer.batch_norm = true),
        changed(|layer| layer.activation = Activation::Softmax),
        (network(&[3; 6], Activation::Tanh, Loss::Bce), Loss::Bce),
    ];
    for (model, loss) in cases {
        let train = TrainConfig {
            batch_size: Some(8),
            ..TrainConfig::new(3, loss, sgd.clone())
        };
        assert!(!is_one(&model, &train, &moons()), "{model:?}");
        let ([whole, steps], _) = both(&model, &train, &moons(), Backend::Flex);
        assert!(whole == steps, "{model:?}");
    }
}

/// Every activation but softmax: one operation, with the bits of the steps.
#[test]
fn every_activation_is_part_of_the_operation() {
    let activations = [
        Activation::Relu,
        Activation::LEAKY_RELU,
        Activation::ELU,
        Activation::Gelu,
        Activation::GeluTanh,
        Activation::Silu,
        Activation::Softplus,
        Activation::ScaledTanh { a: 1.7, b: 0.7 },
        Activation::RELU6,
        Activation::HARD_TANH,
        Activation::HardSigmoid,
        Activation::HardSwish,
    ];
    let optimizer = OptimizerConfig::new(OptimizerName::Sgd, 0.1);
    let train = TrainConfig {
        batch_size: Some(8),
        ..TrainConfig::new(3, Loss::Bce, optimizer)
    };
    for activation in activations {
        let mut model = network(&[6, 2], activation, Loss::Bce);
        model.layers[1].rank = Some(1);
        assert!(is_one(&model, &train, &moons()), "{activation:?}");
        for backend in [Backend::Flex, Backend::Ndarray] {
            let ([whole, steps], _) = both(&model, &train, &moons(), backend);
            assert!(whole == steps, "{activation:?} on {backend}");
        }
    }
}

/// A network that ends in scores trains as the one that ends in their softmax: to the same bits, in one operation each.
#[test]
fn scores_and_probabilities_train_alike() {
    let probabilities = network(&[6, 2], Activation::Tanh, Loss::CrossEntropy);
    let mut scores = probabilities.clone();
    scores.layers[2].activation = Activation::Identity;
    let train = TrainConfig {
        batch_size: Some(8),
        ..TrainConfig::new(4, Loss::CrossEntropy, optimizers()[3].clone())
    };
    let states = [scores, probabilities].map(|model| {
        assert!(is_one(&model, &train, &moons()));
        let ([whole, steps], _) = both(&model, &train, &moons(), Backend::Flex);
        assert!(whole == steps);
        (
            whole.gradients,
            whole.metrics.last().map(|last| last.train_loss),
        )
    });
    assert!(states[0] == states[1]);
}

/// A layer in low-rank factors is two layers, the first without a bias.
#[test]
fn factors_and_missing_biases_are_one_operation_too() {
    for (rank, bias) in [(Some(1), true), (None, false), (Some(2), false)] {
        let mut model = network(&[9, 4], Activation::Tanh, Loss::Bce);
        model.layers[1].rank = rank;
        model.layers[1].bias = bias;
        let train = TrainConfig {
            batch_size: Some(16),
            ..TrainConfig::new(4, Loss::Bce, optimizers()[3].clone())
        };
        assert!(is_one(&model, &train, &moons()));
        let ([whole, steps], _) = both(&model, &train, &moons(), Backend::Flex);
        assert!(whole == steps, "{model:?}");
    }
}

/// Every epoch may be taken in one operation or step by step: who comes and listens now and then changes no bit.
#[test]
fn one_may_listen_to_some_epochs_only() {
    for optimizer in optimizers() {
        let model = network(&[5], Activation::Relu, Loss::Mse);
        let train = TrainConfig {
            batch_size: Some(16),
            ..TrainConfig::new(6, Loss::Mse, optimizer)
        };
        let device = device::open(Backend::Flex).unwrap();
        let trainer = || Trainer::new(&train, &model, &values(), None, 3, &device).unwrap();
        let (mut never, mut now_and_then) = (trainer(), trainer());
        for epoch in 0..6 {
            never.next_epoch().unwrap();
            if epoch % 3 == 1 {
                now_and_then.next_epoch_with(&mut |_| ()).unwrap();
            } else {
                now_and_then.next_epoch().unwrap();
            }
            assert!(never.state() == now_and_then.state(), "{train:?}, {epoch}");
        }
    }
}

/// From a checkpoint in the middle, early stopping's count and best weights included, whoever left it and whoever goes on.
#[test]
fn a_run_taken_up_in_the_middle_has_the_bits_of_its_steps() {
    let model = network(&[7, 2], Activation::Tanh, Loss::Bce);
    let data = moons();
    let device = device::open(Backend::Flex).unwrap();
    for optimizer in optimizers() {
        let train = TrainConfig {
            batch_size: Some(16),
            early_stopping: Some(EarlyStoppingConfig {
                patience: 2,
                min_delta: 0.05,
                monitor: Monitor::TrainLoss,
                restore_best: true,
            }),
            ..TrainConfig::new(40, Loss::Bce, optimizer)
        };
        let new = || Trainer::new(&train, &model, &data, None, 3, &device).unwrap();
        let resume = |state| Trainer::resume(&train, &model, &data, None, state, &device).unwrap();
        let whole = |trainer: &mut Trainer| trainer.next_epoch().unwrap();
        let steps = |trainer: &mut Trainer| trainer.next_epoch_with(&mut |_| ()).unwrap();
        let mut straight = new();
        while steps(&mut straight).is_some() {}
        assert!(straight.has_stopped_early(), "{train:?}");
        let (mut by_steps, mut at_once) = (new(), new());
        for _ in 0..2 {
            steps(&mut by_steps);
            whole(&mut at_once);
        }
        for left in [by_steps.state(), at_once.state()] {
            let mut trainer = resume(left.clone());
            while whole(&mut trainer).is_some() {}
            assert!(trainer.state() == straight.state(), "{train:?}");
            let mut trainer = resume(left);
            while steps(&mut trainer).is_some() {}
            assert!(trainer.state() == straight.state(), "{train:?}");
        }
    }
}

/// So many multiplications that threads share them.
#[test]
fn a_step_on_several_threads_is_one_operation_too() {
    let moons = Moons {
        samples: 700,
        noise: 0.1,
    };
    let data = moons.generate(&mut RandomState::new(42)).unwrap();
    let model = network(&[60, 50, 2], Activation::Tanh, Loss::Bce);
    let train = TrainConfig {
        batch_size: Some(600),
        ..TrainConfig::new(2, Loss::Bce, optimizers()[1].clone())
    };
    assert!(is_one(&model, &train, &data));
    let ([whole, steps], _) = both(&model, &train, &data, Backend::Flex);
    assert!(whole == steps);
}

fn bits(parameters: &Parameters) -> Vec<u64> {
    let layers = parameters.layers.iter();
    let entries = layers.flat_map(|layer| {
        let weights = layer
            .weight
            .col_iter()
            .flat_map(|column| column.iter().copied());
        weights.chain(layer.bias.clone().unwrap_or_default())
    });
    entries.map(f64::to_bits).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Any depth, width, batch, schedule and seed.
    #[test]
    fn any_plain_run_has_the_bits_of_its_steps(
        hidden in proptest::collection::vec(1_usize..40, 0..5),
        bend in 0_usize..4,
        loss in 0_usize..4,
        optimizer in 0_usize..7,
        batch in proptest::option::of(1_usize..70),
        norm in proptest::option::of(0.01_f64..2.0),
        decay in proptest::option::of(0.0_f64..0.1),
        schedule in 0_usize..4,
        warm in any::<bool>(),
        seed in 0_u64..1000,
    ) {
        let loss = LOSSES[loss];
        let train = TrainConfig {
            batch_size: batch,
            clip: norm.map(Clip::Norm),
            schedule: [
                Schedule::Constant {},
                Schedule::Step { step_size: 2, gamma: 0.5 },
                Schedule::Exponential { gamma: 0.9 },
                Schedule::Cosine { t_max: None, eta_min: 0.0, hold: false },
            ][schedule],
            warmup: warm.then_some(Warmup { epochs: 2, start_factor: 0.25 }),
            ..TrainConfig::new(4, loss, OptimizerConfig {
                weight_decay: decay,
                ..optimizers()[optimizer].clone()
            })
        }
        .resolved();
        let (model, data) = (network(&hidden, BENDS[bend], loss), data(loss));
        let device = device::open(Backend::Flex).unwrap();
        let trainer = || Trainer::new(&train, &model, &data, None, seed, &device).unwrap();
        let (mut whole, mut steps) = (trainer(), trainer());
        for _ in 0..4 {
            let (Ok(left), Ok(right)) = (whole.next_epoch(), steps.next_epoch_with(&mut |_| ())) else {
                break;
            };
            let (left, right) = (left.unwrap(), right.unwrap());
            prop_assert_eq!(left.metrics, right.metrics);
            prop_assert_eq!(left.gradient_norms, right.gradient_norms);
            prop_assert_eq!(bits(whole.parameters()), bits(steps.parameters()));
        }
    }
}

/// Weights, checkpoint and early stopping read the same numbers: the device is asked once in an epoch.
#[test]
fn parameters_are_read_once_in_an_epoch() {
    let train = TrainConfig::new(3, Loss::Bce, optimizers()[0].clone());
    let model = network(&[4], Activation::Tanh, Loss::Bce);
    let device = device::open(Backend::Flex).unwrap();
    let mut trainer = Trainer::new(&train, &model, &moons(), None, 3, &device).unwrap();
    for _ in 0..2 {
        let before = bits(trainer.parameters());
        assert!(std::ptr::eq(trainer.parameters(), trainer.parameters()));
        trainer.next_epoch().unwrap();
        let after = bits(trainer.parameters());
        assert_ne!(before, after);
        assert_eq!(after, bits(&trainer.model().to_parameters()));
    }
}
