//! Post D: Joseph, "Neural Networks - a linear algebra perspective".

mod boundaries;
mod cells;
mod motion;
mod refresher;
mod spiral;
mod training;
mod warp;

use faer::MatRef;

use super::{Post, item};
use crate::data::Dataset;
use crate::error::Result;
use crate::geometry::Bounds;

/// The post and its items.
pub const POST: Post = Post {
    letter: 'D',
    author: "Joseph",
    title: "Neural Networks - a linear algebra perspective",
    address: Some(
        "https://deep-and-shallow.com/2022/01/15/neural-networks-a-linear-algebra-perspective/",
    ),
    items: &[
        item("D1", "A spiral: 2 classes, 1000 points", spiral::d1),
        item("D2", "No straight line separates it", spiral::d2),
        item(
            "D3",
            "Two hidden layers of 128 and 2 ReLU units",
            training::d3,
        ),
        item(
            "D4",
            "Decision boundaries: straight and curved",
            boundaries::d4,
        ),
        item(
            "D5",
            "The original space and the penultimate layer's",
            warp::d5,
        ),
        item(
            "D6",
            "Space flows through the layers until a line separates",
            motion::d6,
        ),
        item("D7", "The same without activations", motion::d7),
        item(
            "D8",
            "Refresher: vectors are points, matrices move them",
            refresher::d8,
        ),
    ],
};

/// The hooked layer, the last one before the output.
const EMBEDDING: &str = "embedding";

/// The share of rows (n x d) that ReLU has put on an axis: with a coordinate of exactly 0.
fn collapsed(embedding: MatRef<'_, f64>) -> f64 {
    let on_axis = (0..embedding.nrows())
        .filter(|&i| embedding.row(i).iter().any(|&x| x == 0.0))
        .count();
    on_axis as f64 / embedding.nrows().max(1) as f64
}

/// The window onto input space that all figures of this post share.
fn input_window(dataset: &Dataset) -> Result<Bounds> {
    Bounds::around(dataset.features.as_ref(), 0.1)
}

/// The classes of a data set; none for a regression.
fn classes(dataset: &Dataset) -> &[usize] {
    dataset.labels().unwrap_or_default()
}
