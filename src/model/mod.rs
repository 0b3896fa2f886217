//! Networks: their description, their initial weights, the trainable Burn module and its frozen copy in `f64`.

pub mod activation;
pub mod config;
mod fast;
pub mod frozen;
pub mod init;
pub mod mlp;
pub mod store;
pub mod tap;
pub mod weights;

pub use activation::Activation;
pub use config::{LayerConfig, ModelConfig};
pub use frozen::{Frozen, Layer};
pub use init::{Init, initialise};
pub use mlp::Mlp;
pub use tap::{Moment, Silent, Site, Tap};
