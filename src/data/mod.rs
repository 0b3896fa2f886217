//! Data sets: synthetic ones, the same point for point as scikit-learn's, and those that people bring as CSV or NumPy's
//! `.npz`.
//!
//! Rows are samples and columns are features, `n x d`, in `f64`. Every generator takes a
//! [`RandomState`](crate::random::RandomState), so that it can stand in the middle of a script's stream.

pub(crate) mod batches;
pub(crate) mod blobs;
pub(crate) mod circles;
pub(crate) mod classification;
pub(crate) mod config;
pub mod csv;
pub(crate) mod dataset;
pub mod file;
pub(crate) mod file_options;
pub(crate) mod folds;
pub mod fresh;
pub(crate) mod missing;
pub(crate) mod moons;
pub mod npy;
pub(crate) mod npy_pair;
pub mod npz;
pub(crate) mod quadratic;
pub(crate) mod reading;
pub(crate) mod spiral;
pub(crate) mod split;
pub(crate) mod standardise;
pub(crate) mod stratify;
pub(crate) mod targets;
pub(crate) mod xor;

mod arrange;
mod arrays;
mod known_arrays;
mod raw;
mod remarks;

pub use batches::batches;
pub use blobs::{Blobs, Centers, TwoBlobs};
pub use circles::Circles;
pub use classification::{Classification, Drawn, PerFeature};
pub use config::{DataConfig, SETS, Source};
pub use dataset::{Dataset, Target};
pub use file_options::{FileOptions, is_npz, is_numpy};
pub use folds::Fold;
pub use missing::Missing;
pub use moons::Moons;
pub use quadratic::Quadratic;
pub use reading::Reading;
pub use spiral::Spiral;
pub use split::{Split, SplitIndices, split, split_indices};
pub use standardise::Standardiser;
pub use stratify::stratified;
pub use targets::{Purpose, Task};
pub use xor::Xor;
