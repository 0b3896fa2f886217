//! Hooks into a running network: record layers' outputs, replace them, ask for their gradients.
//!
//! The forward pass itself offers the tap ([`model::Tap`](crate::model::Tap)); here are the taps that record and replace.

pub(crate) mod config;
mod lattice;
#[cfg(feature = "train")]
pub(crate) mod tap;

pub use config::{CaptureConfig, CapturedSet};
pub use lattice::lattice;
#[cfg(feature = "train")]
pub use tap::{Recorder, Replacer};
