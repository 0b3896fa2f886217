//! Post A: Khalid Saifullah, "Neural Networks From Linear Algebraic Perspective".

mod data;
mod depth;
mod hyperplane;
mod lift;
mod moons;
mod network;
mod pca;
mod products;
mod squash;
mod transformations;

use super::{Post, item};

/// The post and its items.
pub const POST: Post = Post {
    letter: 'A',
    author: "Khalid Saifullah",
    title: "Neural Networks From Linear Algebraic Perspective",
    address: Some(
        "https://khalidsaifullaah.github.io/neural-networks-from-linear-algebraic-perspective/",
    ),
    items: &[
        item("A1", "A fully connected network (figure 1)", network::a1),
        item(
            "A2",
            "Step by step, or all at once (equations 1 and 2)",
            network::a2,
        ),
        item("A3", "A 3 × 2 matrix places the plane in space", lift::a3),
        item(
            "A4",
            "Rotate, reflect, shear, scale; and what needs the bias",
            transformations::a4,
        ),
        item(
            "A5",
            "Two moons that no straight line separates (figure 2)",
            data::a5,
        ),
        item(
            "A6",
            "Linear $Wx$ and affine $Wx + b$ (figure 3)",
            transformations::a6,
        ),
        item(
            "A7",
            "Every edge is an entry of the matrix (figure 4)",
            network::a7,
        ),
        item(
            "A8",
            "The dot product and the angle (figure 5)",
            products::a8,
        ),
        item("A9", "Template matching: finding a nose", products::a9),
        item(
            "A10",
            "Depth without non-linearity adds nothing",
            depth::a10,
        ),
        item("A11", "The squashing functions", squash::a11),
        item(
            "A12",
            "The network 2 → 100 → 2 → 1 on the moons",
            moons::a12,
        ),
        item("A13", "The embedding over training (figure 6a)", moons::a13),
        item(
            "A14",
            "The decision boundary over training (figure 6b)",
            moons::a14,
        ),
        item("A15", "A hyperplane becomes a curve", hyperplane::a15),
        item("A16", "Let your neural network do the PCA", pca::a16),
    ],
};
