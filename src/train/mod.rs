//! Training: a loop that anyone who knows PyTorch recognises, in [`trainer`].
//!
//! Training yields values. [`Trainer::next_epoch`] returns an [`EpochReport`], and whoever calls it draws, writes or prints
//! what it likes; nothing here knows of files or terminals.

#[cfg(feature = "train")]
mod adam;
pub mod clip;
pub mod config;
pub mod early_stopping;
#[cfg(feature = "train")]
pub mod ensemble;
#[cfg(feature = "train")]
mod epoch;
#[cfg(feature = "train")]
pub mod gradients;
pub mod loss;
#[cfg(feature = "train")]
pub mod loss_functions;
pub mod metrics;
#[cfg(feature = "train")]
pub mod optimizer;
mod optimizer_config;
#[cfg(feature = "train")]
mod optimizer_state;
mod precision;
#[cfg(feature = "train")]
pub mod samples;
pub mod schedule;
#[cfg(feature = "train")]
mod step;
#[cfg(feature = "train")]
pub mod trainer;

pub use clip::Clip;
pub use config::{TrainConfig, check};
pub use early_stopping::{EarlyStopping, EarlyStoppingConfig, Monitor};
#[cfg(feature = "train")]
pub use ensemble::{EnsembleTrainer, Member};
#[cfg(feature = "train")]
pub use epoch::{Descent, WholeEpoch};
#[cfg(feature = "train")]
pub use gradients::ParameterGradient;
pub use loss::Loss;
pub use metrics::{EpochMetrics, EpochReport};
pub use optimizer_config::{OptimizerConfig, OptimizerName};
#[cfg(feature = "train")]
pub use optimizer_state::OptimizerState;
#[cfg(feature = "train")]
pub use samples::{Samples, Targets};
pub use schedule::{Schedule, Warmup};
#[cfg(feature = "train")]
pub use step::{EpochSteps, Step};
#[cfg(feature = "train")]
pub use trainer::{Trainer, TrainerState};
