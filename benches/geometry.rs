//! How long the exact figures take: folds beside the cells they are counted on, a certificate, five views of the separating
//! line, and 150 epochs of cells as a GIF. A line each, with least milliseconds of wall time.
//!
//!     cargo bench --bench geometry

use std::time::Instant;

use faer::Mat;
use foldspace::anim::{Format, Options, Timeline, write_animation};
use foldspace::data::Moons;
use foldspace::figures::{PullBack, Tint, pullback_panels, regions};
use foldspace::geometry::certify;
use foldspace::geometry::{Bounds, Complex, Folds};
use foldspace::model::{Activation, Frozen, Layer};
use foldspace::plot::{Figure, Theme};
use foldspace::random::RandomState;

const REPEATS: usize = 5;

fn least(repeats: usize, mut work: impl FnMut()) -> f64 {
    let times = (0..repeats).map(|_| {
        let start = Instant::now();
        work();
        1e3 * start.elapsed().as_secs_f64()
    });
    times.fold(f64::INFINITY, f64::min)
}

/// Normal weights of He's size, from a seed.
fn network(seed: u32, widths: &[usize], hidden: Activation, last: Activation) -> Frozen {
    let mut random = RandomState::new(seed);
    let layers = (1..widths.len()).map(|l| {
        let (n, m) = (widths[l], widths[l - 1]);
        let deviation = (2.0 / m as f64).sqrt();
        Layer {
            name: format!("layers.{}", l - 1),
            weight: Mat::from_fn(n, m, |_, _| deviation * random.standard_normal()),
            bias: (0..n).map(|_| 0.5 * random.standard_normal()).collect(),
            activation: if l + 1 < widths.len() { hidden } else { last },
        }
    });
    Frozen {
        layers: layers.collect(),
    }
}

fn main() {
    let window = Bounds::new((-2.0, 2.0), (-2.0, 2.0)).expect("a rectangle");
    let relu = |seed| network(seed, &[2, 100, 2, 1], Activation::Relu, Activation::Sigmoid);
    let (head, _) = relu(1).split_at(2);
    let complex = Complex::new(&head, window).expect("cells");
    let cells = least(REPEATS, || {
        Complex::new(&head, window).expect("cells");
    });
    let folds = least(REPEATS, || {
        Folds::new(&head, &complex, 2).expect("folds");
    });
    println!("cells of 2-100-2: {} in {cells:.2} ms", complex.faces());
    println!("their folds: {folds:.2} ms");

    for seed in 1..=3 {
        let tanh = network(seed, &[2, 100, 2], Activation::Tanh, Activation::Tanh);
        let mut verdict = String::new();
        let time = least(1, || {
            let found = certify(&tanh, window).expect("two inputs");
            verdict = format!("{:?}", found[1].from_input)
                .chars()
                .take(60)
                .collect();
        });
        println!("certificate of 2-100-2, tanh: {time:.1} ms ({verdict} ...)");
    }

    let moons = Moons {
        samples: 300,
        noise: 0.1,
    };
    let moons = moons.generate(&mut RandomState::new(1)).expect("moons");
    let bounds = Bounds::around(moons.features.as_ref(), 0.12).expect("finite");
    for (hidden, certify) in [
        (Activation::Relu, false),
        (Activation::Tanh, false),
        (Activation::Tanh, true),
    ] {
        let deep = network(4, &[2, 16, 8, 2, 2, 1], hidden, Activation::Sigmoid);
        let time = least(REPEATS, || {
            let found = PullBack::new(&deep, bounds, certify).expect("two classes");
            let panels = pullback_panels(&deep, &moons, bounds, &found).expect("finite");
            let figure = Figure::new("").size(1240, 900).panels(3, panels);
            figure.to_svg(&Theme::LIGHT).expect("drawn");
        });
        println!(
            "five views of the line, {}, certified {certify}: {time:.1} ms",
            hidden.name()
        );
    }

    let (from, to) = (relu(1), relu(2));
    let folder = std::env::temp_dir().join("foldspace-bench-regions");
    let gif = least(1, || {
        let timeline = Timeline::steps(150, 25, 2.5).expect("steps");
        write_animation(
            &folder,
            &[Format::Gif],
            &Options::default(),
            &timeline,
            |moment| {
                // Between two networks, as a training moves.
                let t = moment.step as f64 / 149.0;
                let mut net = from.clone();
                for (layer, end) in net.layers.iter_mut().zip(&to.layers) {
                    layer.weight =
                        &layer.weight * faer::Scale(1.0 - t) + &end.weight * faer::Scale(t);
                    for (b, end) in layer.bias.iter_mut().zip(&end.bias) {
                        *b = *b * (1.0 - t) + end * t;
                    }
                }
                let complex = Complex::new(&net, window)?;
                let panel = regions(&net, &complex, Tint::Pattern)?;
                Figure::new("")
                    .size(560, 530)
                    .panel(panel)
                    .to_frame(&Theme::LIGHT, 1.0)
            },
        )
        .expect("written");
    });
    println!("150 epochs of 2-100-2-1 as a GIF: {gif:.0} ms of wall time");
}
