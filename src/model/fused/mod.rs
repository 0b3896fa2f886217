//! A network as one operation: y = φₗ(… φ₁(x W₁ + b₁) … Wₗ + bₗ), or a loss of it, with handwritten gradients.
//!
//! Burn would take three operations forward and five backward for every layer, each with a pass over memory, a node of the
//! graph and a tensor of its own, and a `tanh` that calls the mathematics library for every number. This is Burn's own way to
//! replace them: an extension of its backends ([`backend_extension`](burn::backend::backend_extension)) with a backward pass.
//! On Flex and NdArray it runs loops of our own over the tensors' memory (`chain.rs`, `group.rs`, `panel.rs`, on the one product in `product.rs`); on
//! other backends it is made of their operations (`primitives.rs`).

// Burn deprecates NdArray in favour of Flex; this project offers both.
#![allow(deprecated)]

mod bend;
mod chain;
mod descend;
mod entries;
mod epoch;
mod functions;
mod group;
mod lanes;
mod loss;
mod memory;
mod network;
mod panel;
mod primitives;
mod product;
mod tracked;
mod update;

pub use bend::Bend;
pub use descend::{Descent, descend};
pub use entries::entry_losses;
pub use epoch::{Batches, Course, Learned, Place, Record};
pub use loss::{EntryLoss, TINY, mean_loss};
pub use memory::read;
pub use network::{LAYERS, Layers, bent, network, network_loss};
pub use update::Update;
