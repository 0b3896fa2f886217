//! The learning rate over the epochs, with PyTorch's definitions.
//!
//! The rate is a plain function of the epoch. Burn's schedulers count steps and carry a state from one to the next; a
//! function has no state, so a resumed run needs nothing but its epoch to go on with the same rates.

use std::f64::consts::PI;

use serde::de::value::{MapAccessDeserializer, MapDeserializer};
use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use crate::error::{Error, Result};

/// The `[train.schedule]` table: how the learning rate changes from epoch to epoch, where e epochs are done and η is the
/// optimiser's `lr`.
///
/// | name | rate | PyTorch |
/// | --- | --- | --- |
/// | `constant` | η | |
/// | `step` | η γ^⌊e / step_size⌋ | `StepLR` |
/// | `exponential` | η γ^e | `ExponentialLR` |
/// | `cosine` | η_min + (η - η_min) (1 + cos(π e / t_max)) / 2 | `CosineAnnealingLR` |
///
/// ```
/// use foldspace::train::Schedule;
/// let schedule: Schedule = toml::from_str("name = 'step'\nstep_size = 30").unwrap();
/// assert_eq!(schedule.rate(1.0, 29), 1.0);
/// assert_eq!(schedule.rate(1.0, 30), 0.1);
/// ```
///
/// A schedule that needs nothing but its name may be given by that alone: `schedule = "cosine"`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(
    remote = "Self",
    tag = "name",
    rename_all = "snake_case",
    deny_unknown_fields
)]
pub enum Schedule {
    /// Not at all.
    Constant {},
    /// A step down every so many epochs.
    Step {
        /// Epochs from one step to the next.
        step_size: usize,
        /// What each step multiplies the rate by.
        #[serde(default = "tenth")]
        gamma: f64,
    },
    /// Down by the same factor after each epoch.
    Exponential {
        /// The factor.
        gamma: f64,
    },
    /// Half a cosine wave from `lr` down to `eta_min` (Loshchilov and Hutter 2016, without restarts); what is trained
    /// beyond `t_max` goes up the other half, as in PyTorch, unless `hold` keeps it down. `foldspace resume --epochs` sets
    /// that where a run ended with its cosine.
    Cosine {
        /// Epochs on the way down; by default all that follow the warm-up.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        t_max: Option<usize>,
        /// The lowest rate.
        #[serde(default)]
        eta_min: f64,
        /// Whether the rate stays at `eta_min` beyond `t_max`, where PyTorch's goes up again.
        #[serde(default, skip_serializing_if = "is_false")]
        hold: bool,
    },
}

fn is_false(flag: &bool) -> bool {
    !flag
}

/// The `[train.warmup]` table: epochs in which the rate grows in a straight line from `start_factor` times its first
/// value to that value; the schedule begins after them. PyTorch's `SequentialLR` of `LinearLR` and the schedule.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Warmup {
    /// How many.
    pub epochs: usize,
    /// Where the line begins.
    #[serde(default = "third")]
    pub start_factor: f64,
}

fn tenth() -> f64 {
    0.1
}

fn third() -> f64 {
    1.0 / 3.0
}

impl Serialize for Schedule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Schedule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NameOrTable)
    }
}

/// Reads a table, or a name as a table that has nothing else in it.
struct NameOrTable;

impl<'de> Visitor<'de> for NameOrTable {
    type Value = Schedule;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a table such as { name = \"cosine\" }")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Schedule, E> {
        Schedule::deserialize(MapDeserializer::new([("name", name)].into_iter()))
    }

    fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<Schedule, A::Error> {
        Schedule::deserialize(MapAccessDeserializer::new(table))
    }
}

impl Default for Schedule {
    fn default() -> Self {
        Self::Constant {}
    }
}

impl Schedule {
    /// The learning rate of the next epoch when `done` are done, where `lr` is the optimiser's. A `cosine` without
    /// `t_max` is constant: [`resolved`](Self::resolved) gives it one.
    pub fn rate(self, lr: f64, done: usize) -> f64 {
        match self {
            Self::Step { step_size, gamma } => {
                lr * libm::pow(gamma, (done / step_size.max(1)) as f64)
            }
            Self::Exponential { gamma } => lr * libm::pow(gamma, done as f64),
            Self::Cosine {
                t_max: Some(t_max),
                eta_min,
                hold,
            } => {
                let done = if hold { done.min(t_max) } else { done };
                let turn = PI * done as f64 / t_max.max(1) as f64;
                eta_min + (lr - eta_min) * (1.0 + libm::cos(turn)) / 2.0
            }
            Self::Constant {} | Self::Cosine { t_max: None, .. } => lr,
        }
    }

    /// The same with every default written out, for this many epochs.
    #[must_use]
    pub fn resolved(self, epochs: usize) -> Self {
        match self {
            Self::Cosine {
                t_max: None,
                eta_min,
                hold,
            } => Self::Cosine {
                t_max: Some(epochs.max(1)),
                eta_min,
                hold,
            },
            schedule => schedule,
        }
    }

    /// Refuses impossible factors and lengths.
    ///
    /// # Errors
    /// [`Error::Invalid`] whose place is the key.
    pub fn validate(self) -> Result<()> {
        let refuse = |key: &str, problem: String, remedy: &str| {
            Err(Error::invalid(
                format!("train.schedule.{key}"),
                problem,
                remedy,
            ))
        };
        match self {
            Self::Step { step_size: 0, .. } => refuse(
                "step_size",
                "a step every 0 epochs".to_owned(),
                "use at least 1",
            ),
            Self::Step { gamma, .. } | Self::Exponential { gamma }
                if !(gamma.is_finite() && gamma > 0.0) =>
            {
                refuse(
                    "gamma",
                    format!("the rate can't be multiplied by {gamma}"),
                    "use a positive number, such as 0.9",
                )
            }
            Self::Cosine { t_max: Some(0), .. } => refuse(
                "t_max",
                "a way down of 0 epochs".to_owned(),
                "use at least 1",
            ),
            Self::Cosine { eta_min, .. } if !(eta_min.is_finite() && eta_min >= 0.0) => refuse(
                "eta_min",
                format!("the lowest rate is {eta_min}"),
                "use 0 or a small positive number",
            ),
            _ => Ok(()),
        }
    }
}

impl Warmup {
    /// What the first rate is multiplied by when `done` of the warm-up's epochs are done.
    pub fn factor(self, done: usize) -> f64 {
        let share = done.min(self.epochs) as f64 / self.epochs.max(1) as f64;
        self.start_factor + (1.0 - self.start_factor) * share
    }

    /// Refuses impossible factors and lengths.
    ///
    /// # Errors
    /// [`Error::Invalid`] whose place is the key.
    pub fn validate(self, epochs: usize) -> Result<()> {
        if self.epochs == 0 || self.epochs > epochs {
            return Err(Error::invalid(
                "train.warmup.epochs",
                format!("{} epochs of {epochs} to warm up in", self.epochs),
                "use at least 1, and fewer than train.epochs",
            ));
        }
        if !(self.start_factor > 0.0 && self.start_factor <= 1.0) {
            return Err(Error::invalid(
                "train.warmup.start_factor",
                format!("{} is not a share of the rate", self.start_factor),
                "use a number above 0 and up to 1",
            ));
        }
        Ok(())
    }
}
