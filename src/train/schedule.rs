//! The learning rate over the epochs.

use serde::{Deserialize, Serialize};

/// How the learning rate changes from epoch to epoch.
///
/// ```
/// use foldspace::train::Schedule;
/// assert_eq!(Schedule::Constant.rate(0.1, 7), 0.1);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// Not at all.
    #[default]
    Constant,
}

impl Schedule {
    /// The learning rate in an epoch (from 1), where `lr` is the optimiser's.
    pub fn rate(self, lr: f64, _epoch: usize) -> f64 {
        match self {
            Self::Constant => lr,
        }
    }
}
