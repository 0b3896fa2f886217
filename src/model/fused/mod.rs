//! A network as one operation: y = φₗ(… φ₁(x W₁ + b₁) … Wₗ + bₗ), or a loss of it, with handwritten gradients.
//!
//! Burn would take three operations forward and five backward for every layer, each with a pass over memory, a node of the
//! graph and a tensor of its own, and a `tanh` that calls the mathematics library for every number. This is Burn's own way to
//! replace them: an extension of its backends ([`backend_extension`](burn::backend::backend_extension)) with a backward pass.
//!
//! Over tensors: `functional.rs` has the operations, `ops.rs` the one trait that hands them to the backends, `autodiff.rs` their
//! gradients. `network.rs` chooses between loops of our own, where the tensors' memory is in reach (`memory.rs`: on Flex and
//! NdArray), and the backend's own operations (`primitives.rs`). `norm_ops.rs` does so for batch norm, whose loops are `norm.rs`.
//!
//! Over plain numbers, from the outside in: `batch.rs` cuts a batch into groups, `group.rs` takes a group panel by panel, and
//! `panel.rs` takes a panel through the layers of a `chain.rs` and back, on the one product in `product.rs`; what it adds up are
//! `sums.rs`. `epoch.rs` and `update.rs` make steps of training of them.

// Burn deprecates NdArray in favour of Flex; this project offers both.
#![allow(deprecated)]

mod activation;
mod activation_ops;
mod autodiff;
mod batch;
mod chain;
mod epoch;
mod functional;
mod functions;
mod group;
mod lanes;
mod layers;
mod long_sums;
mod loss;
mod memory;
mod network;
mod norm;
mod norm_ops;
mod ops;
mod panel;
mod primitives;
mod product;
mod sgd;
mod slopes;
mod sums;
mod update;

pub use activation::FusedActivation;
pub use epoch::{Batches, EpochRecord, LayerShape, TrainingLoop, TrainingState, gather};
pub use functional::{
    activate, batch_norm, batch_statistics, follow_statistics, loss_terms, masked, mean_loss,
    network, network_loss, sgd_step,
};
pub use layers::{LAYERS, Layers};
pub use loss::{EntryLoss, FusedLoss, TINY};
pub use memory::read;
pub use norm::BatchNorm;
pub use sgd::SgdStep;
pub use update::Update;
