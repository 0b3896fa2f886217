//! Sweeps: the same experiment with several settings and seeds, as many runs at once as there are processors, on as many
//! machines as there are.
//!
//! ```text
//! Grid (settings x seeds) --Deal--> [Task] of a Shard --train--> [Trial] --Recorder--> rows files
//! rows files of all shards --Gathered--> [Outcome] --Results--> [CombinationSummary], tables, figures
//! ```
//!
//! On the processor every run is a [`Trainer`](crate::train::Trainer) of its own, and its numbers are those that `foldspace train`
//! gives with the same settings and seed, to the last bit. On a graphics card, which one small network can't fill, the seeds
//! of a combination are trained as one network where an [`EnsembleTrainer`](crate::train::EnsembleTrainer) takes it, and the
//! numbers are those within rounding.

pub mod collect;
pub(crate) mod directory;
pub mod gather;
pub(crate) mod grid;
pub(crate) mod identity;
pub(crate) mod measure;
mod members;
pub(crate) mod outcome;
mod plan;
mod process;
pub(crate) mod recorder;
pub(crate) mod results;
pub mod rows;
pub(crate) mod runs;
pub(crate) mod seeds;
pub(crate) mod shard;
pub(crate) mod summary;
pub mod tables;
mod together;
pub(crate) mod trial;

pub use directory::Directory;
pub use grid::{Grid, Numbers, Setting, bare};
pub use identity::Identity;
pub use measure::Measure;
pub use outcome::Outcome;
pub use recorder::{ROWS, Recorder};
pub use results::{Curve, MOST_SHOWN, Results};
pub use runs::Sweep;
pub use seeds::{parse_seeds, seeds_text};
pub use shard::{Deal, Shard, Task};
pub use summary::{CombinationSummary, Statistics};
pub use trial::Trial;

/// The most runs of one sweep: the numbers of ten million take a gigabyte.
pub const MOST_RUNS: usize = 10_000_000;
