//! The parts that a run of post A spends its time in, each by itself.
//!
//!     cargo bench --bench parts [-- FILTER]
//!
//! Prints microseconds, best and median of many. `benches/steps.rs` has whole training steps, `benches/peers.py` compares them
//! with other frameworks. Without criterion: as a development dependency it switches on features of crates that Burn
//! shares, and `cargo test` would build Burn a second time.

use std::time::{Duration, Instant};

use burn::tensor::Tensor;
use foldspace::allocator;
use foldspace::capture::Recorder;
use foldspace::data::Dataset;
use foldspace::data::Moons;
use foldspace::device::{self, Backend};
use foldspace::error::Result;
use foldspace::figures;
use foldspace::geometry::{Bounds, linear_separability, pull_back};
use foldspace::linalg::{Pca, svd};
use foldspace::model::{self, Activation, Frozen, LayerConfig, Mlp, ModelConfig, initialise};
use foldspace::plot::{Figure, Theme};
use foldspace::random::{Generator, RandomState};
use foldspace::train::Optimizer;
use foldspace::train::{Loss, OptimizerConfig, OptimizerName, Samples};

/// For how long a part is repeated.
const PATIENCE: Duration = Duration::from_millis(400);

/// Times those parts whose names contain what was asked for.
struct Parts {
    filter: String,
}

impl Parts {
    fn time<T>(&self, name: &str, mut part: impl FnMut() -> T) {
        self.time_after(name, || (), |()| part());
    }

    /// Times `part` alone, with something new from `before` each time.
    fn time_after<I, T>(&self, name: &str, before: impl Fn() -> I, mut part: impl FnMut(I) -> T) {
        if !name.contains(&self.filter) {
            return;
        }
        let mut times = Vec::new();
        let begun = Instant::now();
        while times.len() < 10 || begun.elapsed() < PATIENCE {
            let given = before();
            let start = Instant::now();
            let result = std::hint::black_box(part(given));
            times.push(start.elapsed().as_secs_f64() * 1e6);
            drop(result);
        }
        times.sort_by(f64::total_cmp);
        println!(
            "{name:34} {:10.1} {:10.1}",
            times[0],
            times[times.len() / 2]
        );
    }
}

/// 2 - 100 - 2 - 1, trained for a while, and the data it was trained on.
struct Subject {
    data: Dataset,
    network: Frozen,
}

impl Subject {
    fn new() -> Result<Self> {
        let moons = Moons::default();
        let data = moons.generate(&mut RandomState::new(42))?;
        let config = ModelConfig::new(vec![
            LayerConfig::new(100, Activation::Tanh),
            LayerConfig::new(2, Activation::Tanh).named("embedding"),
            LayerConfig::new(1, Activation::Sigmoid),
        ]);
        let mut generator = Generator::new(42);
        let initial = initialise(&config, 2, &mut generator)?;
        let device = device::open(Backend::Flex)?;
        let mut model = Mlp::from_frozen(&initial, &device.clone().autodiff());
        let samples = Samples::upload(&data, Loss::Bce, &device);
        let mut optimizer = Optimizer::new(&OptimizerConfig::new(OptimizerName::Sgd, 0.1));
        for _ in 0..50 {
            for batch in samples.batches(Some(32), &mut generator) {
                let loss = batch.loss_training(&mut model, Loss::Bce, &mut generator);
                model = optimizer.step(0.1, model, loss.backward());
            }
        }
        Ok(Self {
            data,
            network: model.to_frozen(),
        })
    }
}

fn training(parts: &Parts, subject: &Subject) -> Result<()> {
    let device = device::open(Backend::Flex)?;
    let followed = device.clone().autodiff();
    let samples = Samples::upload(&subject.data, Loss::Bce, &device);
    let fresh = || Generator::new(1);
    parts.time("batches of an epoch", || {
        samples.batches(Some(32), &mut fresh()).collect::<Vec<_>>()
    });
    let network = Mlp::from_frozen(&subject.network, &device);
    parts.time("forward", || network.forward(samples.inputs.clone()));
    parts.time("forward, embedding recorded", || {
        let mut recorder = Recorder::new(["embedding"]);
        network.forward_with(samples.inputs.clone(), &mut recorder)
    });
    let loss = |model: &mut Mlp| {
        let batch = samples.clone();
        batch.loss_training(model, Loss::Bce, &mut fresh())
    };
    let mut model = Mlp::from_frozen(&subject.network, &followed);
    parts.time("forward and backward", || loss(&mut model).backward());
    for name in [OptimizerName::Sgd, OptimizerName::Adam] {
        let mut optimizer = Optimizer::new(&OptimizerConfig::new(name, 1e-6));
        let before = || {
            let mut model = Mlp::from_frozen(&subject.network, &followed);
            (loss(&mut model).backward(), model)
        };
        parts.time_after(
            &format!("a step of {name:?}"),
            before,
            |(gradients, model)| optimizer.step(1e-6, model, gradients),
        );
    }
    parts.time("weights read back", || model.to_frozen());

    // What Burn takes for the largest two of some twenty operations.
    let weight: Tensor<2> = model::upload(subject.network.layers[0].weight.transpose(), &device);
    let wide = samples.inputs.clone().matmul(weight.clone());
    parts.time("Burn: matmul 1000 x 2 x 100", || {
        samples.inputs.clone().matmul(weight.clone())
    });
    parts.time("Burn: tanh of 100 000", || wide.clone().tanh());
    Ok(())
}

fn geometry(parts: &Parts, subject: &Subject) -> Result<()> {
    let (data, network) = (&subject.data, &subject.network);
    let points = data.features.as_ref();
    let labels = data.labels().unwrap_or_default();
    let (head, _) = network.split_at(2);
    let embedding = head.forward(points);
    let wide = network.layers[0].forward(points);
    let bounds = Bounds::around(points, 0.12)?;

    parts.time("moons", || {
        Moons::default().generate(&mut RandomState::new(42))
    });
    parts.time("forward in f64", || network.forward(points));
    parts.time("separable? (no)", || linear_separability(points, labels));
    parts.time("separable? (yes)", || {
        linear_separability(embedding.as_ref(), labels)
    });
    let line = &network.layers[2];
    let normal = [line.weight[(0, 0)], line.weight[(0, 1)]];
    parts.time("pre-image of the line", || {
        pull_back(&head, &normal, line.bias[0], bounds, [64, 48])
    });
    parts.time("PCA of 1000 x 100", || Pca::fit(wide.as_ref(), 2));
    parts.time("SVD of 1000 x 100", || svd(wide.as_ref()));
    Ok(())
}

fn drawing(parts: &Parts, subject: &Subject) -> Result<()> {
    let bounds = Bounds::around(subject.data.features.as_ref(), 0.12)?;
    let figure = || -> Result<Figure> {
        let panel = figures::boundary(&subject.network, &subject.data, bounds)?;
        Ok(Figure::new("The decision boundary")
            .size(400, 400)
            .panel(panel))
    };
    let drawn = figure()?;
    parts.time("boundary: what is on it", figure);
    parts.time("boundary: a frame of 400 x 400", || {
        drawn.to_frame(&Theme::LIGHT, 1.0)
    });
    parts.time("boundary: PNG of 192 dpi", || {
        drawn.to_png(&Theme::LIGHT, 192.0)
    });
    parts.time("boundary: SVG", || drawn.to_svg(&Theme::LIGHT));
    Ok(())
}

fn main() -> Result<()> {
    allocator::keep_freed_memory();
    let arguments = std::env::args().skip(1);
    let filter = arguments.filter(|argument| !argument.starts_with("--"));
    let parts = Parts {
        filter: filter.collect::<Vec<_>>().join(" "),
    };
    println!("{:34} {:>10} {:>10}", "microseconds", "best", "median");
    let subject = Subject::new()?;
    training(&parts, &subject)?;
    geometry(&parts, &subject)?;
    drawing(&parts, &subject)
}
