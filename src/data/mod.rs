//! Data sets: synthetic ones, the same point for point as scikit-learn's, and those that people bring as CSV or NumPy's
//! `.npz`.
//!
//! Rows are samples and columns are features, `n x d`, in `f64`. Every generator takes a
//! [`RandomState`](crate::random::RandomState), so that it can stand in the middle of a script's stream.

pub mod batches;
pub mod blobs;
pub mod circles;
pub mod classification;
pub mod config;
pub mod csv;
pub mod dataset;
pub mod file;
pub mod file_options;
pub mod folds;
pub mod fresh;
pub mod missing;
pub mod moons;
pub mod npy;
pub mod npy_pair;
pub mod npz;
pub mod quadratic;
pub mod reading;
pub mod spiral;
pub mod split;
pub mod standardise;
pub mod stratify;
pub mod targets;
pub mod xor;

mod arrange;
mod arrays;
mod known_arrays;
mod raw;
mod remarks;

pub use batches::batches;
pub use blobs::{Blobs, TwoBlobs};
pub use circles::Circles;
pub use classification::Classification;
pub use config::{DataConfig, Source};
pub use dataset::{Dataset, Target};
pub use missing::Missing;
pub use moons::Moons;
pub use quadratic::Quadratic;
pub use reading::Reading;
pub use spiral::Spiral;
pub use split::split;
pub use standardise::Standardiser;
pub use xor::Xor;
