//! Training: a loop that anyone who knows PyTorch recognises, in [`trainer`].
//!
//! Training yields values. [`Trainer::next_epoch`] returns an [`EpochReport`], and whoever calls it draws, writes or prints
//! what it likes; nothing here knows of files or terminals.

mod adam;
pub mod clip;
pub mod config;
pub mod early_stopping;
pub mod ensemble;
pub mod gradients;
pub mod loss;
pub mod metrics;
pub mod optimizer;
mod precision;
pub mod samples;
pub mod schedule;
pub mod trainer;

pub use clip::Clip;
pub use config::{TrainConfig, check};
pub use early_stopping::{EarlyStopping, EarlyStoppingConfig, Monitor};
pub use ensemble::{EnsembleTrainer, Member};
pub use gradients::ParameterGradient;
pub use loss::Loss;
pub use metrics::{EpochMetrics, EpochReport};
pub use optimizer::{OptimizerConfig, OptimizerName};
pub use samples::{Samples, Targets};
pub use schedule::{Schedule, Warmup};
pub use trainer::{Trainer, TrainerState};
