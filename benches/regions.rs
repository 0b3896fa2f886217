//! How long the exact cells of the formula networks take: a line per network with its widths, cells and least milliseconds.
//!
//! `benches/regions.py` runs this beside Regioncam.

use std::time::Instant;

use faer::Mat;
use foldspace::geometry::{Bounds, Complex};
use foldspace::model::{Activation, Frozen, Layer};

const NETS: [&[usize]; 4] = [
    &[2, 16, 16, 1],
    &[2, 32, 32, 1],
    &[2, 100, 2, 1],
    &[2, 128, 2, 2],
];
const REPEATS: usize = 7;

/// The network of formulas that tests/it/regions.rs has too.
fn formula(widths: &[usize]) -> Frozen {
    let layers = (1..widths.len()).map(|l| {
        let (n, m) = (widths[l], widths[l - 1]);
        let angle = |i: usize, j: usize| {
            12.9898 * (i + 1) as f64 + 78.233 * (j + 1) as f64 + 37.719 * l as f64
        };
        let entry = |i, j| f64::from((libm::sin(angle(i, j)) * (4.0 / m as f64).sqrt()) as f32);
        let bias = |i: usize| 0.5 * libm::sin(93.9737 * (i + 1) as f64 + 11.135 * l as f64);
        Layer {
            name: format!("layers.{}", l - 1),
            weight: Mat::from_fn(n, m, entry),
            bias: (0..n).map(|i| f64::from(bias(i) as f32)).collect(),
            activation: if l + 1 < widths.len() {
                Activation::Relu
            } else {
                Activation::Identity
            },
        }
    });
    Frozen {
        layers: layers.collect(),
    }
}

fn main() {
    let window = Bounds::new((-4.0, 4.0), (-4.0, 4.0)).expect("the window is a rectangle");
    for widths in NETS {
        let network = formula(widths);
        let mut least = f64::INFINITY;
        let mut cells = 0;
        for _ in 0..REPEATS {
            let start = Instant::now();
            let complex = Complex::new(&network, window).expect("the network is piecewise linear");
            least = least.min(1e3 * start.elapsed().as_secs_f64());
            cells = complex.faces();
        }
        let name: Vec<String> = widths.iter().map(usize::to_string).collect();
        println!("{} {cells} {least:.4}", name.join("-"));
    }
}
