//! Post C: Artintellica, "Part 16: Neural Networks as Matrix Functions".
//!
//! The post's loss values are placeholders; these items print what PyTorch prints when the post's code is run, because
//! data, initial weights and the order of the samples come from the same generators. `pytorch.json` holds PyTorch's own
//! numbers and is written by `tests/it/reference/artintellica.py`.

mod classification;
mod data;
mod equations;
mod pytorch;
mod regression;

use super::{Post, item};

/// The post and its items.
pub const POST: Post = Post {
    letter: 'C',
    author: "Artintellica",
    title: "Linear Algebra for Machine Learning, Part 16: Neural Networks as Matrix Functions",
    address: None,
    items: &[
        item(
            "C1",
            "The equations, for one sample and for a batch",
            equations::c1,
        ),
        item(
            "C2",
            "The data: $y = 0.5 x_1^2 + 1.5 x_2 + 2$, with noise",
            data::c2,
        ),
        item("C3", "A network 2-10-1 and its parameters", data::c3),
        item("C4", "Training: loss over 200 epochs", regression::c4),
        item("C5", "Exercise 1: the forward pass by hand", equations::c5),
        item("C6", "Exercise 2: shapes of a network 3-8-4-2", data::c6),
        item(
            "C7",
            "Exercise 3: the activation $2 tanh(x)$",
            regression::c7,
        ),
        item(
            "C8",
            "Exercise 4: mini-batches beside the full batch",
            regression::c8,
        ),
        item(
            "C9",
            "Exercise 5: classification of two blobs",
            classification::c9,
        ),
        item(
            "C10",
            "Exercise 6: what the gradients say of convergence",
            classification::c10,
        ),
    ],
};
