//! Training: a loop that anyone who knows PyTorch recognises, in [`Trainer`].
//!
//! Training yields values. [`Trainer::next_epoch`] returns an [`EpochReport`], and whoever calls it draws, writes or prints
//! what it likes; nothing here knows of files or terminals.

#[cfg(feature = "train")]
mod adam;
pub(crate) mod clip;
pub(crate) mod config;
pub(crate) mod early_stopping;
#[cfg(feature = "train")]
pub(crate) mod ensemble;
#[cfg(feature = "train")]
mod epoch;
#[cfg(feature = "train")]
pub(crate) mod gradients;
pub(crate) mod loss;
#[cfg(feature = "train")]
pub mod loss_functions;
pub(crate) mod metrics;
#[cfg(feature = "train")]
mod numbers;
#[cfg(feature = "train")]
pub(crate) mod optimizer;
mod optimizer_config;
#[cfg(feature = "train")]
mod optimizer_state;
mod precision;
#[cfg(feature = "train")]
mod reading;
#[cfg(feature = "train")]
pub(crate) mod samples;
pub(crate) mod schedule;
#[cfg(feature = "train")]
mod step;
#[cfg(feature = "train")]
pub(crate) mod trainer;

pub use clip::Clip;
pub use config::{TrainConfig, check};
pub use early_stopping::{EarlyStopping, EarlyStoppingConfig, Monitor};
#[cfg(feature = "train")]
pub use ensemble::{EnsembleTrainer, Member};
#[cfg(feature = "train")]
pub use epoch::{Descent, WholeEpoch};
#[cfg(feature = "train")]
pub use gradients::{ParameterGradient, StepGradients};
pub use loss::Loss;
pub use metrics::{EpochMetrics, EpochReport};
#[cfg(feature = "train")]
pub use optimizer::Optimizer;
pub use optimizer_config::{OptimizerConfig, OptimizerName};
#[cfg(feature = "train")]
pub use optimizer_state::OptimizerState;
#[cfg(feature = "train")]
pub use reading::Reading;
#[cfg(feature = "train")]
pub use samples::{Samples, Targets};
pub use schedule::{Schedule, Warmup};
#[cfg(feature = "train")]
pub use step::{EpochSteps, Step};
#[cfg(feature = "train")]
pub use trainer::{Trainer, TrainerState};
