//! Section E: what the posts do not show, and few others do. Results are exact or proved; where one is neither, the page says so.

mod data;
mod digits;
mod folds;
mod regions;
mod training;
mod width;

use faer::Mat;

use super::{Post, item};
use crate::model::{Activation, Frozen, Layer};

/// The section and its items.
pub const POST: Post = Post {
    letter: 'E',
    author: "foldspace",
    title: "Beyond the posts",
    address: None,
    items: &[
        item("E1", "Every cell of a network, exactly", regions::e1),
        item(
            "E2",
            "The parts and holes of a decision region",
            regions::e2,
        ),
        item("E3", "When each layer becomes separable", training::e3),
        item("E4", "How each matrix turns in training", training::e4),
        item(
            "E5",
            "Components and holes of the data, layer by layer",
            data::e5,
        ),
        item("E6", "What a network of width 2 cannot surround", width::e6),
        item("E7", "Where the plane is folded", folds::e7),
        item(
            "E8",
            "The separating line, seen from every layer",
            folds::e8,
        ),
        item("E9", "Handwritten digits in two dimensions", digits::e9),
    ],
};

/// A ReLU network without random numbers, after which programs can be compared: weights and biases are sines of their
/// positions, rounded to `f32`, scaled as He's are. `widths` go from the inputs to the outputs.
fn formula(widths: &[usize]) -> Frozen {
    let layers = (1..widths.len()).map(|l| {
        let (n, m) = (widths[l], widths[l - 1]);
        let round = |x: f64| f64::from(x as f32);
        Layer {
            name: format!("layers.{}", l - 1),
            weight: Mat::from_fn(n, m, |i, j| {
                let angle = 12.9898 * (i + 1) as f64 + 78.233 * (j + 1) as f64 + 37.719 * l as f64;
                round(libm::sin(angle) * (4.0 / m as f64).sqrt())
            }),
            bias: (0..n)
                .map(|i| round(0.5 * libm::sin(93.9737 * (i + 1) as f64 + 11.135 * l as f64)))
                .collect(),
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
