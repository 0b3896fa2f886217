//! Run directories: what training leaves behind, and what every figure is drawn from.
//!
//! ```text
//! moons/
//!   config.toml                            resolved configuration, seed, backend, versions
//!   data.json, data/                       what tells whether the user's file has changed, and a copy of it
//!   metrics.csv                            an epoch per line, see EpochMetrics
//!   gradients.csv                          every parameter's gradient norm, an epoch per line
//!   timing.csv                             how long every epoch took and when it ended: the only file that differs from run to run
//!   weights/epoch-000150.safetensors       see model::weights
//!   activations/epoch-000150.safetensors   [capture] sites
//!   gradients/epoch-000150.safetensors     [capture] gradients; these two are epoch-000150.packed with [capture] compress
//!   checkpoint/epoch-000150.safetensors    all that resuming needs: the last `train.keep_last`
//!   checkpoint/best.safetensors            the one with the lowest loss
//!   lock                                   held while a process trains
//! ```
//!
//! [`Run`] reads one and needs no Burn device; [`Session`] trains into one.

mod captures;
#[cfg(feature = "train")]
pub(crate) mod checkpoint;
#[cfg(feature = "train")]
pub(crate) mod keep;
pub(crate) mod kept;
pub(crate) mod log;
mod packed;
pub(crate) mod paths;
#[cfg(feature = "train")]
pub(crate) mod played;
pub(crate) mod reader;
#[cfg(feature = "train")]
mod record;
#[cfg(feature = "train")]
pub(crate) mod session;

#[cfg(feature = "train")]
pub use checkpoint::Checkpoint;
#[cfg(feature = "train")]
pub use keep::Which;
pub use paths::Paths;
pub use reader::Run;
#[cfg(feature = "train")]
pub(crate) use session::choose;
#[cfg(feature = "train")]
pub use session::{BURN_VERSION, Outcome, Resume, Session};
