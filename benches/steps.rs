//! One training step, as a user's loop would take it: forward, loss, backward, update; with `epoch`, as a [`Trainer`] takes
//! it where nobody listens, whole epochs as one operation. Prints microseconds, best and median of many, per case;
//! `benches/peers.py` runs it beside PyTorch, JAX, NumPy and a loop fused by hand.
//!
//!     cargo bench --bench steps -- [flex|ndarray] [epoch] [CASE ...]
//!
//! [`Trainer`]: foldspace::train::Trainer

use std::time::Instant;

use foldspace::allocator;
use foldspace::data::moons::Moons;
use foldspace::device::{self, Backend};
use foldspace::error::Result;
use foldspace::model::{Activation, LayerConfig, Mlp, ModelConfig, initialise};
use foldspace::random::{Generator, RandomState};
use foldspace::train::optimizer::Optimizer;
use foldspace::train::{Descent, Loss, OptimizerConfig, OptimizerName, Samples, WholeEpoch};

struct Case {
    name: &'static str,
    samples: usize,
    batch: usize,
    hidden: &'static [usize],
    /// Steps that are timed together.
    steps: usize,
    rounds: usize,
}

const CASES: [Case; 3] = [
    Case {
        name: "full",
        samples: 1000,
        batch: 1000,
        hidden: &[100, 2],
        steps: 50,
        rounds: 40,
    },
    Case {
        name: "mini",
        samples: 1000,
        batch: 32,
        hidden: &[100, 2],
        steps: 320,
        rounds: 40,
    },
    Case {
        name: "large",
        samples: 10_000,
        batch: 10_000,
        hidden: &[512, 512, 2],
        steps: 2,
        rounds: 8,
    },
];

fn main() -> Result<()> {
    allocator::keep_freed_memory();
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| !a.starts_with("--"))
        .collect();
    let backend = match arguments.iter().any(|a| a == "ndarray") {
        true => Backend::Ndarray,
        false => Backend::Flex,
    };
    let device = device::open(backend)?.autodiff();
    let named = |case: &Case| arguments.iter().any(|argument| argument == case.name);
    let some_named = CASES.iter().any(named);
    for case in CASES.iter().filter(|case| !some_named || named(case)) {
        let Case {
            name,
            samples,
            batch,
            hidden,
            steps,
            rounds,
        } = *case;
        let mut layers: Vec<LayerConfig> = hidden
            .iter()
            .map(|&units| LayerConfig::new(units, Activation::Tanh))
            .collect();
        layers.push(LayerConfig::new(1, Activation::Sigmoid));
        let config = ModelConfig::new(layers);
        let mut generator = Generator::new(42);
        let frozen = initialise(&config, 2, &mut generator)?;
        let mut model = Mlp::from_frozen(&frozen, &device);
        let moons = Moons {
            samples,
            ..Moons::default()
        };
        let data = moons.generate(&mut RandomState::new(42))?;
        let data = Samples::upload(&data, Loss::Bce, &device.clone().inner());
        let mut optimizer = Optimizer::new(&OptimizerConfig::new(OptimizerName::Sgd, 0.1));
        let whole = WholeEpoch::new(&model, &data, Loss::Bce);
        let whole = whole.filter(|_| arguments.iter().any(|argument| argument == "epoch"));
        let mut times = Vec::new();
        for round in 0..=rounds {
            let mut left = steps;
            let size = (batch < samples).then_some(batch);
            let start = Instant::now();
            while let Some(whole) = whole.as_ref().filter(|_| left > 0) {
                let descent = Descent {
                    lr: 0.1,
                    clip: None,
                    batch_size: size,
                };
                let trained = whole.run(&mut model, &mut optimizer, descent, &mut generator);
                assert!(trained.is_some(), "not one operation");
                left = left.saturating_sub(samples.div_ceil(batch));
            }
            while left > 0 {
                for batch in data.batches(size, &mut generator).take(left) {
                    let loss = batch.loss_training(&mut model, Loss::Bce, &mut generator);
                    let gradients = loss.backward();
                    model = optimizer.step(0.1, model, gradients);
                    left -= 1;
                }
            }
            if round > 0 {
                times.push(start.elapsed().as_secs_f64() * 1e6 / steps as f64);
            }
        }
        times.sort_by(f64::total_cmp);
        println!("{name} {:.1} {:.1}", times[0], times[times.len() / 2]);
    }
    Ok(())
}
