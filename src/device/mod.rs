//! `--backend` to a Burn [`Device`]: the only place that knows which backends exist.
//!
//! Burn picks the backend at run time through its `Device`, so models carry no backend type. What can go wrong
//! (no adapter, a driver too old, a name that does not exist) is an `Err` of one line that says what to do.
//!
//! Without feature `train` only the names are left ([`Backend`]), for configurations to be read; a backend whose feature is off
//! (`gpu` for wgpu, else of the same name) is a name that can't be opened.

mod backend;
#[cfg(feature = "train")]
mod card;
#[cfg(feature = "train")]
mod found;
#[cfg(feature = "gpu")]
mod graphics;
#[cfg(feature = "train")]
mod open;
#[cfg(feature = "remote")]
pub mod remote;
#[cfg(feature = "remote")]
pub mod server;

pub use backend::Backend;
#[cfg(feature = "train")]
pub use burn::tensor::Device;
#[cfg(feature = "train")]
pub use open::{BackendReport, LARGE_JOB, choose, open, report};
