//! What a column of targets means: classes or numbers.

use std::cmp::Ordering;

use faer::Mat;
use serde::{Deserialize, Serialize};

use super::dataset::Target;
use crate::error::{Error, Result};

/// How a target column is to be understood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Regression if all targets are numbers and some are not whole, else classification.
    #[default]
    Auto,
    /// Every distinct target is a class.
    Classification,
    /// Targets are numbers.
    Regression,
}

/// Targets that are numbers, all finite: a regression, or classes in the order of their values.
///
/// # Errors
/// Where there is only one class; `place` is the file and the column.
pub(super) fn of_numbers(place: &str, name: &str, numbers: &[f64], task: Task) -> Result<Target> {
    let regression = match task {
        Task::Auto => numbers.iter().any(|number| number.fract() != 0.0),
        Task::Classification => false,
        Task::Regression => true,
    };
    if regression {
        return Ok(Target::Values {
            values: Mat::from_fn(numbers.len(), 1, |row, _| numbers[row]),
            names: vec![name.to_owned()],
        });
    }
    // Adding 0 turns -0 into 0, which is the same class.
    let keys: Vec<f64> = numbers.iter().map(|number| number + 0.0).collect();
    classes(place, &keys, f64::total_cmp, f64::to_string)
}

/// Targets that are names: classes in the order of the alphabet.
///
/// # Errors
/// As [`of_numbers`].
pub(super) fn of_names(place: &str, names: &[&str]) -> Result<Target> {
    classes(place, names, Ord::cmp, |name| name.to_string())
}

/// Numbers the distinct keys in their order.
fn classes<K: Copy + PartialEq>(
    place: &str,
    keys: &[K],
    order: impl Fn(&K, &K) -> Ordering,
    name: impl Fn(&K) -> String,
) -> Result<Target> {
    let mut distinct = keys.to_vec();
    distinct.sort_by(&order);
    distinct.dedup();
    if let [only] = distinct.as_slice() {
        return Err(Error::invalid(
            place,
            format!("every sample is of class {}", name(only)),
            "give samples of at least 2 classes, or choose another target column",
        ));
    }
    let labels = keys
        .iter()
        .map(|key| distinct.partition_point(|other| order(other, key).is_lt()))
        .collect();
    Ok(Target::Classes {
        labels,
        names: distinct.iter().map(name).collect(),
    })
}
