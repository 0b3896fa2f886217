//! Whole training runs against PyTorch: data, split, weights, order of samples and updates together, epoch by epoch.
//!
//! `reference/runs.py` made the losses; `docs/parity.md` shows what `cargo test --test it parity_runs -- --nocapture` prints.

use std::collections::BTreeMap;
use std::path::Path;

use foldspace::config::Config;
use foldspace::device::{self, Backend};
use foldspace::train::Trainer;
use serde::Deserialize;

/// How far a loss may be from PyTorch's, in parts of it.
const TOLERANCE: f64 = 1e-4;

#[derive(Deserialize)]
struct Reference {
    /// Of a run that is not chaotic, one loss out of this many is kept.
    every: usize,
    runs: BTreeMap<String, Run>,
}

#[derive(Deserialize)]
struct Run {
    config: Config,
    losses: Vec<f64>,
    /// Of a chaotic run: from which epoch on PyTorch differs from itself.
    parts: Option<Parts>,
}

/// The first epochs after which PyTorch's twins of a run part from it, if they do.
#[derive(Deserialize)]
struct Parts {
    /// One initial weight moved by one unit in the last place.
    nudged: Vec<Option<usize>>,
    /// In `float64`.
    float64: Option<usize>,
}

impl Parts {
    fn first(&self) -> usize {
        let twins = self.nudged.iter().chain([&self.float64]);
        twins.flatten().copied().min().unwrap()
    }
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("reference/runs.json")).unwrap()
}

/// The runs whose names start like this, on both backends.
fn compare(start: &str) {
    let reference = reference();
    let runs = reference.runs.iter();
    let chosen: Vec<_> = runs.filter(|(name, _)| name.starts_with(start)).collect();
    assert!(!chosen.is_empty(), "no run is called {start}");
    for (name, run) in chosen {
        for backend in [Backend::Flex, Backend::Ndarray] {
            match &run.parts {
                None => follow(name, run, reference.every, backend),
                Some(parts) => part(name, run, parts, backend),
            }
        }
    }
}

fn trainer(config: &Config, backend: Backend) -> Trainer {
    let split = config.data.load_split(config.seed, Path::new(".")).unwrap();
    let device = device::open(backend).unwrap();
    let (train, model) = (&config.train, &config.model);
    Trainer::new(train, model, &split.train, None, config.seed, &device).unwrap()
}

/// The relative difference.
fn difference(ours: f64, theirs: f64) -> f64 {
    (ours / theirs - 1.0).abs()
}

/// Every loss that is kept agrees.
fn follow(name: &str, run: &Run, every: usize, backend: Backend) {
    let mut trainer = trainer(&run.config, backend);
    let epochs = run.config.train.epochs;
    let mut expected = run.losses.iter();
    let mut worst = 0.0_f64;
    while let Some(report) = trainer.next_epoch().unwrap() {
        let (epoch, ours) = (report.metrics.epoch, report.metrics.train_loss);
        let mut kept = Vec::new();
        if (epoch - 1).is_multiple_of(every) {
            kept.extend(expected.next());
        }
        if epoch == epochs {
            kept.extend(expected.next());
        }
        for &theirs in kept {
            let difference = difference(ours, theirs);
            assert!(
                difference <= TOLERANCE,
                "{name} on {backend}, epoch {epoch}: {ours} is not PyTorch's {theirs}"
            );
            worst = worst.max(difference);
        }
    }
    assert_eq!(expected.next(), None, "{name} has fewer epochs");
    println!("{name} | {backend} | {worst:.1e}");
}

/// A chaotic run agrees for as long as PyTorch agrees with itself.
fn part(name: &str, run: &Run, parts: &Parts, backend: Backend) {
    let mut trainer = trainer(&run.config, backend);
    let mut parted = None;
    for &theirs in &run.losses {
        let metrics = trainer.next_epoch().unwrap().unwrap().metrics;
        if difference(metrics.train_loss, theirs) > TOLERANCE {
            parted = Some(metrics.epoch);
            break;
        }
    }
    println!(
        "{name} | {backend} | parts after epoch {parted:?}; PyTorch from itself {:?}, float64 {:?}",
        parts.nudged, parts.float64
    );
    assert!(
        parted.is_none_or(|epoch| epoch >= parts.first()),
        "{name} on {backend} parts after epoch {parted:?}, PyTorch from itself only after {}",
        parts.first()
    );
}

#[test]
fn post_a_with_plain_gradient_descent() {
    compare("moons, post A's network, sgd");
}

#[test]
fn post_a_with_momentum() {
    compare("moons, post A's network, momentum");
}

#[test]
fn post_a_with_adam() {
    compare("moons, post A's network, adam");
}

#[test]
fn few_moons() {
    compare("few moons");
}

#[test]
fn circles() {
    compare("circles");
}

#[test]
fn blobs_and_classification() {
    compare("blobs");
    compare("classification");
}

#[test]
fn spirals() {
    compare("spiral");
    compare("three arms");
}

#[test]
fn post_c() {
    compare("two blobs");
    compare("quadratic");
}

#[test]
fn the_runs_are_many_and_the_shipped_configuration_is_among_them() {
    let runs = reference().runs;
    assert!(runs.values().filter(|run| run.parts.is_none()).count() >= 30);

    let shipped = Config::from_file("configs/moons.toml".as_ref(), &[]);
    let shipped = shipped.unwrap().resolved();
    let ours = &runs["moons, post A's network, sgd, 32, seed 42"]
        .config
        .resolved();
    assert_eq!((ours.seed, &ours.data), (shipped.seed, &shipped.data));
    assert_eq!(ours.train, shipped.train);
    let layers = |config: &Config| -> Vec<_> {
        let layers = config.model.layers.iter();
        layers
            .map(|layer| (layer.units, layer.activation))
            .collect()
    };
    assert_eq!(layers(ours), layers(&shipped));
}
