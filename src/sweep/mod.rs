//! Sweeps: the same experiment with several settings and seeds, as many runs at once as there are processors.
//!
//! ```text
//! Grid (settings x seeds)  --train-->  [Trial]  --Results-->  [Summary], tables, figures
//! ```
//!
//! Every run is a [`Trainer`](crate::train::Trainer) of its own, and its numbers are those that `foldspace train` gives
//! with the same settings and seed, to the last bit.

pub mod directory;
pub mod grid;
pub mod measure;
pub mod runs;
pub mod seeds;
pub mod summary;
pub mod tables;

pub use directory::Directory;
pub use grid::{Grid, Setting};
pub use measure::Measure;
pub use runs::{Sweep, Trial};
pub use seeds::parse_seeds;
pub use summary::{Results, Statistics, Summary};

/// The most runs of one sweep.
pub const MOST_RUNS: usize = 10_000;
