//! One training step, as a user's loop would take it: forward, loss, backward, update; with `epoch`, as a [`Trainer`] takes
//! it where nobody listens, whole epochs as one operation. Prints microseconds, best and median of many, per case;
//! `benches/peers.py` runs it beside PyTorch, JAX, NumPy and a loop fused by hand.
//!
//! With `seeds=N`, N networks are trained so, a core each; the times are those of one run's step. With `avx2`, wider vectors are
//! left alone. On a card (`wgpu`, and what else is built in) a round ends when the card has done its work.
//!
//!     cargo bench --bench steps -- [BACKEND] [epoch] [seeds=N] [avx2] [CASE ...]
//!
//! [`Trainer`]: foldspace::train::Trainer

use std::time::Instant;

use burn::tensor::Device;
use foldspace::allocator;
use foldspace::data::Moons;
use foldspace::device::{self, Backend};
use foldspace::error::Result;
use foldspace::model::{Activation, LayerConfig, Mlp, ModelConfig, do_without_avx512, initialise};
use foldspace::random::{Generator, RandomState};
use foldspace::train::Optimizer;
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

/// A network in training.
struct Run {
    model: Mlp,
    optimizer: Optimizer,
    generator: Generator,
}

impl Run {
    fn new(hidden: &[usize], seed: u64, device: &Device) -> Result<Self> {
        let mut layers: Vec<LayerConfig> = hidden
            .iter()
            .map(|&units| LayerConfig::new(units, Activation::Tanh))
            .collect();
        layers.push(LayerConfig::new(1, Activation::Sigmoid));
        let mut generator = Generator::new(seed);
        let frozen = initialise(&ModelConfig::new(layers), 2, &mut generator)?;
        Ok(Self {
            model: Mlp::from_frozen(&frozen, device),
            optimizer: Optimizer::new(&OptimizerConfig::new(OptimizerName::Sgd, 0.1)),
            generator,
        })
    }

    /// Steps through Burn's autodiff.
    fn steps(&mut self, data: &Samples, size: Option<usize>, steps: usize) {
        let mut left = steps;
        while left > 0 {
            for batch in data.batches(size, &mut self.generator).take(left) {
                let loss = batch.loss_training(&mut self.model, Loss::Bce, &mut self.generator);
                let gradients = loss.backward();
                let model = std::mem::take(&mut self.model);
                self.model = self.optimizer.step(0.1, model, gradients);
                left -= 1;
            }
        }
    }

    /// The same, epoch by epoch in one operation; made for a whole number of epochs.
    fn epochs(&mut self, whole: &WholeEpoch, size: Option<usize>, epochs: usize) {
        let descent = Descent {
            lr: 0.1,
            clip: None,
            batch_size: size,
        };
        for _ in 0..epochs {
            let (model, optimizer) = (&mut self.model, &mut self.optimizer);
            let trained = whole.run(model, optimizer, descent, &mut self.generator);
            assert!(trained.is_some(), "not one operation");
        }
    }
}

fn main() -> Result<()> {
    allocator::keep_freed_memory();
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| !a.starts_with("--"))
        .collect();
    let says = |word: &str| arguments.iter().any(|argument| argument == word);
    let mut numbers = arguments.iter().filter_map(|a| a.strip_prefix("seeds="));
    let seeds: Option<u64> = numbers.next().and_then(|number| number.parse().ok());
    if says("avx2") {
        do_without_avx512();
    }
    let mut named = arguments.iter().filter_map(|word| word.parse().ok());
    let backend: Backend = named.next().unwrap_or(Backend::Flex);
    let device = device::open(backend)?.autodiff();
    let some_named = CASES.iter().any(|case| says(case.name));
    for case in CASES.iter().filter(|case| !some_named || says(case.name)) {
        let moons = Moons {
            samples: case.samples,
            ..Moons::default()
        };
        let data = moons.generate(&mut RandomState::new(42))?;
        let data = Samples::upload(&data, Loss::Bce, &device.clone().inner());
        let runs = (0..seeds.unwrap_or(1)).map(|seed| Run::new(case.hidden, 42 + seed, &device));
        let mut runs = runs.collect::<Result<Vec<Run>>>()?;
        let whole = WholeEpoch::new(&runs[0].model, &data, Loss::Bce);
        let whole = whole.filter(|_| says("epoch") || seeds.is_some());
        let size = (case.batch < case.samples).then_some(case.batch);
        let epochs = case.steps.div_ceil(case.samples.div_ceil(case.batch));
        let threads = std::thread::available_parallelism().map_or(1, |threads| threads.get());
        let share = runs.len().div_ceil(threads);
        let work = runs.len() * case.steps;
        // A card builds its kernels in the first steps, chooses among them and gathers memory.
        let warming = match backend {
            Backend::Flex | Backend::Ndarray => 1,
            _ => 40usize.div_ceil(case.steps),
        };
        let mut times = Vec::new();
        for round in 0..warming + case.rounds {
            let start = Instant::now();
            match &whole {
                None => runs[0].steps(&data, size, case.steps),
                Some(whole) if seeds.is_none() => runs[0].epochs(whole, size, epochs),
                Some(whole) => std::thread::scope(|scope| {
                    for runs in runs.chunks_mut(share) {
                        scope.spawn(move || {
                            runs.iter_mut()
                                .for_each(|run| run.epochs(whole, size, epochs));
                        });
                    }
                }),
            }
            device.sync().expect("the device answers");
            if round >= warming {
                times.push(start.elapsed().as_secs_f64() * 1e6 / work as f64);
            }
        }
        times.sort_by(f64::total_cmp);
        println!(
            "{} {:.1} {:.1}",
            case.name,
            times[0],
            times[times.len() / 2]
        );
    }
    Ok(())
}
