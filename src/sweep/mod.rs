//! Sweeps: the same experiment with several settings and seeds, as many runs at once as there are processors.
//!
//! ```text
//! Grid (settings x seeds)  --train-->  [Trial]  --Results-->  [Summary], tables, figures
//! ```
//!
//! On the processor every run is a [`Trainer`](crate::train::Trainer) of its own, and its numbers are those that `foldspace train`
//! gives with the same settings and seed, to the last bit. On a graphics card, which one small network can't fill, the seeds
//! of a combination are trained as one network where an [`EnsembleTrainer`](crate::train::EnsembleTrainer) takes it, and the
//! numbers are those within rounding.

pub mod directory;
pub mod grid;
pub mod measure;
pub mod runs;
pub mod seeds;
pub mod summary;
pub mod tables;
mod together;
pub mod trial;

pub use directory::Directory;
pub use grid::{Grid, Setting};
pub use measure::Measure;
pub use runs::Sweep;
pub use seeds::parse_seeds;
pub use summary::{Results, Statistics, Summary};
pub use trial::Trial;

/// The most runs of one sweep.
pub const MOST_RUNS: usize = 10_000;
