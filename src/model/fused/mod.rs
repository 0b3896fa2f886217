//! A layer as one operation: y = φ(x W + b), and its gradients in one backward pass.
//!
//! Burn would take three operations forward and five backward, each with a pass over memory, a node of the graph and a
//! tensor of its own, and a `tanh` that calls the mathematics library for every number. This is Burn's own way to replace them:
//! an extension of its backends ([`backend_extension`](burn::backend::backend_extension)) with a handwritten backward pass.
//! On Flex and NdArray it runs loops of our own over the tensors' memory; on other backends it is made of their operations.

// Burn deprecates NdArray in favour of Flex; this project offers both.
#![allow(deprecated)]

mod bend;
mod dense;
mod functions;
mod kernels;
mod loss;
mod memory;
mod narrow;
mod primitives;
mod small;
mod wide;

pub use bend::Bend;
pub use dense::{bent, dense};
pub use loss::{EntryLoss, TINY, mean_loss};
