//! How long probes, alpha complexes and followed singular vectors take: a line with a name, an answer and the least milliseconds.
//!
//! `benches/beyond.py` runs this beside scikit-learn's SVC, gudhi and ripser. What has no peer is timed alone.

use std::time::Instant;

use faer::Mat;
use foldspace::figures::{Probes, Turns};
use foldspace::geometry::{Alpha, Separability, linear_separability, rips};
use foldspace::model::{Activation, Frozen, Layer};

/// `beyond.py` has the same.
fn generator(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed;
    move || {
        state = (1_103_515_245 * state + 12_345) % (1 << 31);
        state as f64 / f64::from(1 << 30) - 1.0
    }
}

fn cloud(seed: u64, n: usize, d: usize) -> Mat<f64> {
    let mut number = generator(seed);
    let mut points = Mat::zeros(n, d);
    for i in 0..n {
        for j in 0..d {
            points[(i, j)] = number();
        }
    }
    points
}

/// Separable by a gap along a sheared axis.
fn parted(seed: u64, n: usize, d: usize) -> (Mat<f64>, Vec<usize>) {
    let mut points = cloud(seed, n, d);
    let labels: Vec<usize> = (0..n).map(|i| i % 2).collect();
    for i in 0..n {
        let sign = if labels[i] == 1 { 1.0 } else { -1.0 };
        points[(i, 0)] = sign * (points[(i, 0)].abs() + 0.0625);
        for j in 1..d {
            points[(i, j)] += 0.5 * points[(i, 0)];
        }
    }
    (points, labels)
}

fn time(name: &str, repeats: usize, mut work: impl FnMut() -> f64) {
    let (mut least, mut answer) = (f64::INFINITY, 0.0);
    for _ in 0..repeats {
        let start = Instant::now();
        answer = work();
        least = least.min(1e3 * start.elapsed().as_secs_f64());
    }
    println!("{name} {answer:.9} {least:.4}");
}

/// A network that drifts from epoch to epoch; five sites with the input.
fn drifting(epoch: usize) -> Frozen {
    let widths = [2, 32, 16, 2, 1];
    let layers = (1..widths.len()).map(|l| {
        let mut number = generator(l as u64);
        let mut drift = generator(100 + l as u64);
        let share = epoch as f64 / 150.0;
        let mut entry = || number() + share * drift();
        Layer {
            name: format!("layers.{}", l - 1),
            weight: Mat::from_fn(widths[l], widths[l - 1], |_, _| entry()),
            bias: (0..widths[l]).map(|_| entry()).collect(),
            activation: if l + 1 < widths.len() {
                Activation::Tanh
            } else {
                Activation::Sigmoid
            },
        }
    });
    Frozen {
        layers: layers.collect(),
    }
}

fn main() {
    for (n, d) in [(1000, 2), (1000, 8), (1000, 32), (4000, 8)] {
        let (points, labels) = parted(7, n, d);
        time(
            &format!("margin-{n}x{d}"),
            5,
            || match linear_separability(points.as_ref(), &labels) {
                Ok(Separability::Separable { margin, .. }) => margin,
                _ => f64::NAN,
            },
        );
    }
    for n in [1000, 5000] {
        let points = cloud(3, n, 2);
        let points: Vec<[f64; 2]> = (0..n).map(|i| [points[(i, 0)], points[(i, 1)]]).collect();
        time(&format!("alpha-{n}"), 5, || {
            let alpha = Alpha::new(&points).expect("finite");
            let holes = alpha
                .holes()
                .iter()
                .map(|hole| hole.bar.death - hole.bar.birth)
                .sum::<f64>();
            holes + alpha.merges().iter().sum::<f64>()
        });
    }
    let points = cloud(5, 60, 3);
    time("rips-60x3", 3, || {
        let bars = rips(points.as_ref(), 1, 0.9);
        let finite = bars[1].iter().filter(|bar| bar.death.is_finite());
        finite.map(|bar| bar.death - bar.birth).sum()
    });
    let (features, labels) = {
        // Two arms, wound once.
        let mut noise = generator(11);
        let points = Mat::from_fn(1000, 2, |i, j| {
            let (t, arm) = ((i / 2) as f64 / 500.0, (i % 2) as f64);
            let angle = 6.0 * t + std::f64::consts::PI * arm;
            let along = if j == 0 {
                libm::cos(angle)
            } else {
                libm::sin(angle)
            };
            (0.2 + t) * along + 0.05 * noise()
        });
        (points, (0..1000).map(|i| i % 2).collect::<Vec<usize>>())
    };
    let epochs: Vec<usize> = (0..=150).collect();
    time("probes-1000-points-5-sites-151-epochs", 2, || {
        let probes = Probes::new(features.as_ref(), &labels, &epochs, |epoch| {
            Ok(drifting(epoch))
        });
        probes.map_or(f64::NAN, |probes| probes.rows.len() as f64)
    });
    let networks: Vec<Frozen> = epochs.iter().map(|&epoch| drifting(epoch)).collect();
    time("turns-151-epochs", 3, || {
        Turns::new(&epochs, &networks).map_or(f64::NAN, |turns| turns.len() as f64)
    });
}
