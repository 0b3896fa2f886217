//! Networks: their description, their initial weights, the trainable Burn module, its parameters in plain
//! numbers, and the frozen network that geometry and figures see.

pub mod activation;
mod arrange;
mod array;
#[cfg(feature = "train")]
pub mod batch_norm;
#[cfg(feature = "train")]
mod block;
pub mod chain;
pub mod config;
#[cfg(feature = "train")]
pub mod ensemble;
mod fast;
pub mod frozen;
#[cfg(feature = "train")]
pub mod fused;
pub mod import;
pub mod init;
#[cfg(feature = "train")]
pub mod mlp;
#[cfg(feature = "train")]
mod outline;
pub mod output;
#[cfg(feature = "train")]
mod parameter;
pub mod parameters;
mod pickle;
pub mod pytorch;
mod simd;
mod site;
mod spelling;
pub mod stack;
mod state;
mod state_dict;
pub mod store;
#[cfg(feature = "train")]
pub mod tap;
mod tensor;
#[cfg(feature = "train")]
mod transfer;
pub mod vectors;
pub mod weights;

pub use activation::Activation;
pub use config::{Init, LayerConfig, ModelConfig};
#[cfg(feature = "train")]
pub use ensemble::Ensemble;
pub use frozen::{Frozen, Layer};
pub use init::initialise;
#[cfg(feature = "train")]
pub use mlp::Mlp;
pub use output::Output;
pub use parameters::{LayerParameters, NormParameters, Parameters};
pub use simd::do_without_avx512;
pub use site::{Moment, Site};
#[cfg(feature = "train")]
pub use tap::{Silent, Tap};
