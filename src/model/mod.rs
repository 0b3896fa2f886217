//! Networks: their description, their initial weights, the trainable Burn module, its parameters in plain
//! numbers, and the frozen network that geometry and figures see.

pub(crate) mod activation;
mod arrange;
mod array;
#[cfg(feature = "train")]
pub(crate) mod batch_norm;
#[cfg(feature = "train")]
mod block;
pub(crate) mod chain;
pub(crate) mod config;
#[cfg(feature = "train")]
pub(crate) mod ensemble;
mod fast;
pub(crate) mod frozen;
#[cfg(feature = "train")]
pub mod fused;
pub mod import;
pub(crate) mod init;
mod lattice;
#[cfg(feature = "train")]
pub(crate) mod mlp;
#[cfg(feature = "train")]
mod outline;
pub(crate) mod output;
#[cfg(feature = "train")]
mod parameter;
pub(crate) mod parameters;
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
pub(crate) mod tap;
mod tensor;
#[cfg(feature = "train")]
mod transfer;
pub mod vectors;
pub mod weights;

pub use activation::{Activation, sigmoid};
pub use chain::{Chain, Scaling};
pub use config::{Init, LayerConfig, MOST_PARAMETERS, ModelConfig, default_name};
#[cfg(feature = "train")]
pub use ensemble::Ensemble;
pub use frozen::{Frozen, Layer};
pub use init::{draw, initialise};
pub use lattice::Axis;
#[cfg(feature = "train")]
pub use mlp::{Mlp, Parameter, apply, download, upload};
pub use output::Output;
pub use parameters::{LayerParameters, NormParameters, Parameters};
pub use simd::do_without_avx512;
pub use site::{Moment, Site};
#[cfg(feature = "train")]
pub use tap::{Silent, Tap};
