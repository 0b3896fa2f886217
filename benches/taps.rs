//! What a tap costs that nobody listens to: `Mlp::forward`, which offers every layer to a silent tap, against the same
//! operations written out by hand.
//!
//! ```text
//! cargo bench --bench taps                    # builds Burn in release; --profile dev will do too
//! ```
//!
//! Both run in turns, so that whatever else the machine does falls on both. Printed are the quartiles of the ratio of
//! their times over many rounds; beside it the same for the hand-written pass against itself, which is the noise.

use std::hint::black_box;
use std::time::{Duration, Instant};

use burn::tensor::{Device, Tensor};
use foldspace::capture::Recorder;
use foldspace::model::fused::{self, FusedActivation};
use foldspace::model::{self, Activation, LayerConfig, Mlp, ModelConfig, initialise};
use foldspace::random::Generator;

const ROUNDS: usize = 400;

fn network(hidden: usize) -> ModelConfig {
    ModelConfig::new(vec![
        LayerConfig::new(hidden, Activation::Tanh),
        LayerConfig::new(2, Activation::Tanh).named("embedding"),
        LayerConfig::new(1, Activation::Sigmoid),
    ])
}

/// The forward pass as one writes it without taps, from the same operations.
fn by_hand(network: &Mlp, config: &ModelConfig, x: Tensor<2>) -> Tensor<2> {
    let layers = network.linears().zip(&config.layers);
    let layers = layers.filter_map(|(linear, layer)| {
        let bias = linear.bias.as_ref()?.val();
        Some((
            linear.weight.val(),
            bias,
            FusedActivation::of(layer.activation)?,
        ))
    });
    fused::network(x, layers.collect())
}

/// The time of so many passes, each with its result read.
fn time(passes: usize, forward: impl Fn() -> Tensor<2>) -> Duration {
    let start = Instant::now();
    for _ in 0..passes {
        black_box(forward());
    }
    start.elapsed()
}

/// The three quartiles.
fn quartiles(mut ratios: Vec<f64>) -> String {
    ratios.sort_by(f64::total_cmp);
    let at = |share: f64| ratios[(share * (ratios.len() - 1) as f64) as usize];
    format!("{:.3}  {:.3}  {:.3}", at(0.25), at(0.5), at(0.75))
}

fn main() {
    println!("ratio of times, quartiles of {ROUNDS} rounds");
    println!(
        "units  samples   silent tap / by hand    by hand / by hand     recording all / by hand   pass"
    );
    let device = Device::flex();
    for (hidden, samples) in [(8, 32), (100, 32), (100, 1000), (1000, 1000)] {
        let config = network(hidden);
        let frozen = initialise(&config, 2, &mut Generator::new(42)).expect("the network is valid");
        let model = Mlp::from_frozen(&frozen, &device);
        let numbers = Generator::new(1).randn_f64(2 * samples);
        let points = faer::Mat::from_fn(samples, 2, |i, j| numbers[2 * i + j]);
        let x = model::upload(points.as_ref(), &device);

        let hand = || by_hand(&model, &config, x.clone());
        let silent = || model.forward(x.clone());
        let recording = || {
            let mut recorder = Recorder::new([
                "layers.0.pre",
                "layers.0",
                "embedding.pre",
                "embedding",
                "layers.2.pre",
                "layers.2",
            ]);
            model.forward_with(x.clone(), &mut recorder)
        };
        assert_eq!(hand().into_data(), silent().into_data());
        // Rounds of about a millisecond.
        let once = time(20, hand).as_secs_f64() / 20.0;
        let passes = (1e-3 / once).ceil().max(1.0) as usize;
        let (mut taps, mut noise, mut recorded) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            // Who comes first changes, so that neither always finds a warm cache.
            let (first, tapped, second) = if round % 2 == 0 {
                let first = time(passes, hand);
                let tapped = time(passes, silent);
                (first, tapped, time(passes, hand))
            } else {
                let tapped = time(passes, silent);
                let first = time(passes, hand);
                (first, tapped, time(passes, hand))
            };
            taps.push(tapped.as_secs_f64() / first.as_secs_f64());
            noise.push(second.as_secs_f64() / first.as_secs_f64());
            recorded.push(time(passes, recording).as_secs_f64() / second.as_secs_f64());
        }
        println!(
            "{hidden:5}  {samples:7}   {}   {}   {}   {:8.1} us",
            quartiles(taps),
            quartiles(noise),
            quartiles(recorded),
            once * 1e6
        );
    }
}
