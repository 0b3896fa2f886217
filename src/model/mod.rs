//! Networks: their description, their initial weights, the trainable Burn module, its parameters in plain
//! numbers, and the frozen network that geometry and figures see.

pub mod activation;
pub mod batch_norm;
mod block;
pub mod chain;
pub mod config;
pub mod ensemble;
mod fast;
pub mod frozen;
pub mod fused;
pub mod import;
pub mod init;
pub mod mlp;
pub mod output;
pub mod parameters;
mod pickle;
pub mod pytorch;
mod simd;
mod spelling;
pub mod stack;
pub mod store;
pub mod tap;
pub mod weights;

pub use activation::Activation;
pub use config::{LayerConfig, ModelConfig};
pub use ensemble::Ensemble;
pub use frozen::{Frozen, Layer};
pub use init::{Init, initialise};
pub use mlp::Mlp;
pub use output::Output;
pub use parameters::{LayerParameters, NormParameters, Parameters};
pub use tap::{Moment, Silent, Site, Tap};
