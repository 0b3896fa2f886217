//! Several seeds trained as one network: each is the run that it would be by itself.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

use approx::assert_relative_eq;
use burn::tensor::Tensor;
use faer::Mat;
use foldspace::data::{Dataset, Target};
use foldspace::device::{self, Backend};
use foldspace::error::Error;
use foldspace::model::{self, Activation, Ensemble, LayerConfig, ModelConfig};
use foldspace::random::Generator;
use foldspace::sweep::{Sweep, Trial, parse_seeds};
use foldspace::train::{
    Clip, EnsembleTrainer, EpochMetrics, Loss, Member, OptimizerConfig, OptimizerName, Targets,
    TrainConfig, Trainer,
};

use super::device::wgpu;

const SEEDS: [u64; 3] = [7, 0, 42];

/// Points on a plane, and one of so many classes for each: different ones for every seed.
fn classes(samples: usize, count: usize, seed: u64) -> Dataset {
    let points = Generator::new(seed + 100).uniform(2 * samples, -1.0, 1.0);
    let features = Mat::from_fn(samples, 2, |i, j| f64::from(points[2 * i + j]));
    let label = |i: usize| match features[(i, 0)] + 0.5 * features[(i, 1)] {
        x if x < -0.3 => 0,
        x if x < 0.4 => 1,
        _ => count - 1,
    };
    let labels = (0..samples).map(label).collect();
    let names = (0..count).map(|class| class.to_string()).collect();
    let axes = vec!["x".to_owned(), "y".to_owned()];
    Dataset::new("points", features, axes, Target::Classes { labels, names }).unwrap()
}

/// The same points with two numbers to come close to.
fn numbers(samples: usize, seed: u64) -> Dataset {
    let mut data = classes(samples, 3, seed);
    let values = Mat::from_fn(samples, 2, |i, j| {
        data.features[(i, j)] * data.features[(i, 0)] - 0.3 * j as f64
    });
    let names = vec!["u".to_owned(), "v".to_owned()];
    data.target = Target::Values { values, names };
    data
}

fn network(hidden: Activation, outputs: usize, last: Activation) -> ModelConfig {
    let mut second = LayerConfig::new(4, Activation::Tanh);
    second.bias = false;
    ModelConfig::new(vec![
        LayerConfig::new(8, hidden),
        second,
        LayerConfig::new(outputs, last),
    ])
}

fn config(loss: Loss, name: OptimizerName, lr: f64, batch_size: Option<usize>) -> TrainConfig {
    TrainConfig {
        batch_size,
        ..TrainConfig::new(20, loss, OptimizerConfig::new(name, lr))
    }
}

/// What an ensemble says of its members, epoch by epoch.
fn together(
    config: &TrainConfig,
    model: &ModelConfig,
    members: &[Member],
    backend: Backend,
) -> (Vec<Vec<Option<EpochMetrics>>>, EnsembleTrainer) {
    let device = device::open(backend).unwrap();
    let mut trainer = EnsembleTrainer::new(config, model, members, &device).unwrap();
    let epochs = std::iter::from_fn(|| trainer.next_epoch()).collect();
    (epochs, trainer)
}

fn assert_close(one: &EpochMetrics, other: &EpochMetrics, tolerance: f64) {
    assert_eq!(one.epoch, other.epoch);
    assert_eq!(one.learning_rate, other.learning_rate);
    for (a, b) in [
        (Some(one.train_loss), Some(other.train_loss)),
        (one.train_accuracy, other.train_accuracy),
        (one.test_loss, other.test_loss),
        (one.test_accuracy, other.test_accuracy),
        (Some(one.grad_norm), Some(other.grad_norm)),
    ] {
        let far = match (a, b) {
            (Some(a), Some(b)) => (a - b).abs() > tolerance * b.abs().max(1.0),
            (a, b) => a != b,
        };
        assert!(!far, "{one:?}\n{other:?}");
    }
}

/// Trains the seeds both ways on flex and compares every number of every epoch, and the weights in the end.
fn members_are_their_own_runs(
    config: &TrainConfig,
    model: &ModelConfig,
    data: impl Fn(usize, u64) -> Dataset,
) {
    let train = SEEDS.map(|seed| data(70, seed));
    let test = SEEDS.map(|seed| data(25, seed + 1000));
    let members = [0, 1, 2].map(|i| Member {
        seed: SEEDS[i],
        train: &train[i],
        test: Some(&test[i]),
    });
    let (epochs, ensemble) = together(config, model, &members, Backend::Flex);
    assert_eq!(epochs.len(), 20);
    let networks = ensemble.parameters();
    let device = device::open(Backend::Flex).unwrap();
    for (i, Member { seed, train, test }) in members.into_iter().enumerate() {
        let mut alone = Trainer::new(config, model, train, test, seed, &device).unwrap();
        for epoch in &epochs {
            let expected = alone.next_epoch().unwrap().unwrap().metrics;
            assert_close(&epoch[i].unwrap(), &expected, 1e-5);
        }
        let layers = networks[i].layers.iter().zip(&alone.parameters().layers);
        for (layer, expected) in layers {
            assert_eq!(layer.config(), expected.config());
            assert!((&layer.weight - &expected.weight).norm_max() < 1e-4);
        }
    }
}

#[test]
fn full_batch_descent_is_that_of_separate_runs() {
    let config = config(Loss::Bce, OptimizerName::Sgd, 0.5, None);
    let model = network(Activation::Tanh, 1, Activation::Sigmoid);
    members_are_their_own_runs(&config, &model, |n, seed| classes(n, 2, seed));
}

#[test]
fn mini_batches_come_in_each_members_own_order() {
    let mut config = config(Loss::Bce, OptimizerName::Sgd, 0.05, Some(32));
    config.optimizer.momentum = Some(0.9);
    let model = network(Activation::Relu, 1, Activation::Sigmoid);
    members_are_their_own_runs(&config, &model, |n, seed| classes(n, 2, seed));
}

#[test]
fn optimisers_with_averages_keep_the_members_apart() {
    for name in [
        OptimizerName::Adam,
        OptimizerName::AdamW,
        OptimizerName::RmsProp,
    ] {
        let config = config(Loss::Bce, name, 0.01, Some(16));
        let model = network(Activation::Silu, 1, Activation::Sigmoid);
        members_are_their_own_runs(&config, &model, |n, seed| classes(n, 2, seed));
    }
}

#[test]
fn several_classes_and_numbers_are_learnt_alike() {
    for last in [Activation::Identity, Activation::Softmax] {
        let config = config(Loss::CrossEntropy, OptimizerName::Adam, 0.02, Some(25));
        let model = network(Activation::Gelu, 3, last);
        members_are_their_own_runs(&config, &model, |n, seed| classes(n, 3, seed));
    }
    for loss in [Loss::Mse, Loss::Huber] {
        let mut config = config(loss, OptimizerName::Sgd, 0.1, Some(20));
        config.optimizer.weight_decay = Some(1e-3);
        config.schedule = toml::from_str("name = 'cosine'").unwrap();
        let model = network(Activation::ELU, 2, Activation::Identity);
        members_are_their_own_runs(&config, &model, numbers);
    }
}

#[test]
fn losses_of_single_outputs_have_the_mean_and_the_gradient_of_the_whole() {
    let device = device::open(Backend::Flex).unwrap();
    let right = [1.0, 0.0, 1.0, 1.0, 0.0, 0.0].map(|y| [y]);
    let targets = Targets::Binary(Tensor::from_floats(right, &device)).autodiff();
    // Certain and wrong, nearly so, and certain and right.
    let said = [0.0, 1.0, 1e-13, 0.3, 1.0 - 1e-7, 0.0].map(|p: f32| [p]);
    for loss in [Loss::Bce, Loss::Mse, Loss::Huber] {
        let last = Activation::Sigmoid;
        let said = Tensor::<2>::from_floats(said, &device.clone().autodiff()).require_grad();
        let whole = targets.loss(loss, last, said.clone());
        let mean = targets.losses(loss, last, said.clone()).mean();
        for [a, b] in [
            [&whole, &mean].map(|loss| loss.clone().into_data()),
            [&whole, &mean].map(|loss| said.grad(&loss.backward()).unwrap().into_data()),
        ] {
            for (a, b) in a.iter::<f64>().zip(b.iter::<f64>()) {
                assert_relative_eq!(a, b, max_relative = 1e-6);
            }
        }
    }
}

#[test]
fn weights_go_in_and_come_out_member_by_member() {
    let model = network(Activation::Tanh, 3, Activation::Softmax);
    let members = SEEDS.map(|seed| model::draw(&model, 5, &mut Generator::new(seed)).unwrap());
    let device = device::open(Backend::Flex).unwrap();
    assert_eq!(Ensemble::new(&members, &device).to_parameters(), members);
}

/// On every backend, since a kernel that reads beyond a member's part would spread what is no number.
#[test]
fn a_member_that_diverges_leaves_the_others_as_they_are() {
    let config = config(Loss::Mse, OptimizerName::Sgd, 0.05, Some(16));
    // Nothing in it holds a large number back.
    let mut model = network(Activation::Identity, 2, Activation::Identity);
    model.layers[1].activation = Activation::Identity;
    let tame = SEEDS.map(|seed| numbers(40, seed));
    let mut wild = tame[1].clone();
    wild.features *= faer::Scale(1e15);
    let members = |second| {
        let sets = [&tame[0], second, &tame[2]].into_iter().zip(SEEDS);
        let sets = sets.map(|(train, seed)| Member {
            seed,
            train,
            test: None,
        });
        sets.collect::<Vec<_>>()
    };
    let mut backends = vec![Backend::Flex, Backend::Ndarray];
    backends.extend(wgpu().map(|_| Backend::Wgpu));
    for backend in backends {
        let (all, _) = together(&config, &model, &members(&tame[1]), backend);
        let (rest, trainer) = together(&config, &model, &members(&wild), backend);
        assert_eq!(rest.len(), 20, "{backend}");
        for (all, rest) in all.iter().zip(&rest) {
            assert!(all[1].is_some() && rest[1].is_none(), "{backend}");
            assert_eq!((all[0], all[2]), (rest[0], rest[2]), "{backend}");
        }
        let finite = trainer.parameters();
        let finite = finite.iter().map(|network| network.is_finite());
        assert_eq!(finite.collect::<Vec<_>>(), [true, false, true], "{backend}");
    }
    // With nobody left there is nothing to train.
    let alone = [members(&wild)[1]];
    let (epochs, _) = together(&config, &model, &alone, Backend::Flex);
    assert_eq!(epochs, [vec![None]]);
}

#[test]
fn what_does_not_fit_side_by_side_is_refused() {
    let train = config(Loss::Bce, OptimizerName::Sgd, 0.1, None);
    let model = network(Activation::Tanh, 1, Activation::Sigmoid);
    assert!(EnsembleTrainer::takes(&train, &model));
    let mut clipped = train.clone();
    clipped.clip = Some(Clip::Norm(1.0));
    assert!(!EnsembleTrainer::takes(&clipped, &model));
    let mut stopping = train.clone();
    stopping.early_stopping = toml::from_str("patience = 3").ok();
    assert!(stopping.early_stopping.is_some() && !EnsembleTrainer::takes(&stopping, &model));
    for change in ["rank = 1", "batch_norm = true", "dropout = 0.5"] {
        let mut model = model.clone();
        model.layers[1] = toml::from_str(&format!("units = 4\n{change}")).unwrap();
        assert!(!EnsembleTrainer::takes(&train, &model), "{change}");
    }

    let (small, large) = (classes(30, 2, 1), classes(31, 2, 2));
    let device = device::open(Backend::Flex).unwrap();
    let member = |train, test| Member {
        seed: 1,
        train,
        test,
    };
    for members in [
        &[][..],
        &[member(&small, None), member(&large, None)],
        &[member(&small, None), member(&small, Some(&large))],
        &[member(&small, Some(&small)), member(&small, Some(&large))],
    ] {
        let refused = EnsembleTrainer::new(&train, &model, members, &device);
        assert!(matches!(refused.err(), Some(Error::Invalid { .. })));
    }
}

const MOONS: &str = "[data]
name = 'moons'
samples = 80
test_fraction = 0.25
[model]
layers = [
    { units = 8, activation = 'tanh' },
    { units = 2, activation = 'tanh', name = 'embedding' },
    { units = 1, activation = 'sigmoid' },
]
[train]
epochs = 8
batch_size = 16
loss = 'bce'
optimizer = { name = 'adam', lr = 0.02 }
";

/// A network that can be trained together with others of its kind and one that can't, five seeds each.
fn sweep(backend: Backend) -> Sweep {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("moons.toml");
    fs::write(&file, MOONS).unwrap();
    let settings = vec!["model.layers.0.dropout=0.0,0.1".parse().unwrap()];
    let seeds = Some(parse_seeds("3,1,4,0,5").unwrap());
    Sweep::new(&file, settings, seeds, backend).unwrap()
}

/// Losses agree within 1e-4, what is counted exactly.
#[test]
fn a_sweep_on_a_graphics_card_is_one_on_the_processor_within_rounding() {
    if wgpu().is_none() {
        return;
    }
    let [card, processor] = [Backend::Wgpu, Backend::Flex].map(|backend| {
        let stop = AtomicBool::new(false);
        sweep(backend).train(2, &stop, &|_| {}).unwrap()
    });
    assert_eq!((card.len(), processor.len()), (10, 10));
    for (one, other) in card.iter().zip(&processor) {
        assert_eq!(
            runs(std::slice::from_ref(one)),
            [(other.combination, other.seed)]
        );
        assert_eq!(one.curve.len(), other.curve.len());
        for (one, other) in one.curve.iter().zip(&other.curve) {
            assert_close(one, other, 1e-4);
        }
        assert_eq!(one.last, one.curve.last().copied());
        assert_eq!((one.best, one.separable), (other.best, other.separable));
        assert_eq!((one.diverged, other.diverged), (None, None));
    }
}

#[test]
fn seeds_on_a_graphics_card_end_together() {
    if wgpu().is_none() {
        return;
    }
    let stop = AtomicBool::new(false);
    let sweep = sweep(Backend::Wgpu);
    let ended = |_: &Trial| stop.store(true, Ordering::SeqCst);
    let trials = sweep.train(1, &stop, &ended).unwrap();
    assert_eq!(runs(&trials), [(0, 3), (0, 1), (0, 4), (0, 0), (0, 5)]);
    assert_eq!(sweep.train(1, &stop, &ended).unwrap(), []);
}

fn runs(trials: &[Trial]) -> Vec<(usize, u64)> {
    trials
        .iter()
        .map(|trial| (trial.combination, trial.seed))
        .collect()
}
