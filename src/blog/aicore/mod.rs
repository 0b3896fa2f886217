//! Post B: AICore, *Deep Learning Foundations: How Linear Algebra Powers Neural Networks* (2024).
//!
//! The trap of this post: its prose writes weights as (out x in), y = W x + b, while the network that it builds from
//! scratch writes X W + b with W (in x out), which is also how Burn's `Linear` stores them. Here W is always
//! (out x in), and a batch X of one sample per row becomes X Wᵀ + b.

mod attention;
mod batch_norm;
mod convolution;
mod decay;
mod eigenvectors;
mod from_scratch;
mod inverse;
mod layer;
mod low_rank;
mod norms;
mod orbits;
mod plane;
mod principal;
mod rank;
mod recurrence;
mod sample;
mod singular;
mod snippets;
mod transformation;
mod vectors;

use super::{Post, item};

/// The post and its items.
pub const POST: Post = Post {
    letter: 'B',
    author: "AICore",
    title: "How Linear Algebra Powers Neural Networks",
    address: Some(
        "https://science-ai-hub.vercel.app/posts/020986dc-166a-46c8-9e4f-e21a44f5ac9b/11/",
    ),
    items: &[
        item(
            "B1",
            "Vectors: dot product, sum, linear combination, span, independence",
            vectors::show,
        ),
        item("B2", "Norms and what they measure", norms::show),
        item(
            "B3",
            "A matrix moves the plane: its columns are the images of the basis vectors",
            transformation::show,
        ),
        item(
            "B4",
            "Transpose, inverse and its failure, orthogonality",
            inverse::show,
        ),
        item(
            "B5",
            "Z = WX + b, the Hadamard product, broadcasting",
            layer::show,
        ),
        item("B6", "Rank: what a low-rank weight can reach", rank::show),
        item("B7", "Eigenvalues and eigenvectors", eigenvectors::show),
        item(
            "B8",
            "Singular value decomposition and principal components",
            singular::show,
        ),
        item("B9", "Orthogonal and unitary matrices", orbits::show),
        item("B10", "The post's NumPy snippets", snippets::show),
        item("B11", "The network from scratch", from_scratch::show),
        item(
            "B12",
            "Batch normalisation, and how it folds into the layer before",
            batch_norm::show,
        ),
        item("B13", "Convolution as a matrix product", convolution::show),
        item(
            "B14",
            "Recurrence: orthogonal, shrinking, exploding",
            recurrence::show,
        ),
        item("B15", "Low-rank factors of a trained layer", low_rank::show),
        item("B16", "Attention", attention::show),
    ],
};
