//! What a column of targets means: classes or numbers.

use std::cmp::Ordering;

use faer::Mat;
use serde::{Deserialize, Serialize};

use super::dataset::Target;
use super::reading::some;
use crate::error::{Error, Result};

/// How a target column is to be understood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// What the loss makes of it: of whole numbers, `mse` and `huber` make a regression if there are more than two of
    /// them; `bce` and `cross_entropy` make classes. Without a loss: regression if all targets are numbers and some
    /// are not whole, else classification.
    #[default]
    Auto,
    /// Every distinct target is a class.
    Classification,
    /// Targets are numbers.
    Regression,
}

/// What the targets are to be used for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Purpose {
    /// What the configuration says.
    pub task: Task,
    /// What the loss makes of targets that may be either.
    pub of_loss: Task,
}

/// Targets that are numbers, all finite: a regression, or classes in the order of their values.
///
/// `where_is` says where a sample's target stands.
///
/// # Errors
/// Where there is only one class; where all labels but a few are whole numbers and the loss needs classes. `place` is the
/// file and the column.
pub(super) fn of_numbers(
    place: &str,
    name: &str,
    numbers: &[f64],
    purpose: Purpose,
    where_is: &dyn Fn(usize) -> String,
    notes: &mut Vec<String>,
) -> Result<Target> {
    // Adding 0 turns -0 into 0, which is the same class.
    let keys: Vec<f64> = numbers.iter().map(|number| number + 0.0).collect();
    let fractions = keys.iter().any(|number| number.fract() != 0.0);
    let odd = odd(&keys);
    let regression = match (purpose.task, purpose.of_loss) {
        (Task::Regression, _) => true,
        (Task::Classification, _) => false,
        (Task::Auto, Task::Regression) => fractions || more_than_two(&keys),
        (Task::Auto, Task::Classification) if !odd.is_empty() => {
            let first = odd[0];
            let others = match odd.len() {
                1 => "all others are".to_owned(),
                count => format!("and so are {} more; all others are", count - 1),
            };
            return Err(Error::invalid(
                where_is(first),
                format!("{} is not a whole number, {others}", keys[first]),
                "correct it, set data.task = \"classification\" to make it a class of its own, or take loss = \"mse\" \
                 for a regression",
            ));
        }
        (Task::Auto, _) => fractions,
    };
    if regression {
        if purpose.task == Task::Auto && !odd.is_empty() {
            let places: Vec<String> = odd
                .iter()
                .map(|&sample| format!("{} in {}", keys[sample], where_is(sample)))
                .collect();
            notes.push(format!(
                "the targets are taken as numbers because of {}; all others are whole",
                some(&places, 3)
            ));
        }
        return Ok(Target::Values {
            values: Mat::from_fn(numbers.len(), 1, |row, _| numbers[row]),
            names: vec![name.to_owned()],
        });
    }
    let target = classes(place, &keys, f64::total_cmp, f64::to_string)?;
    if let Target::Classes { names, .. } = &target
        && purpose.of_loss == Task::Regression
        && names != &["0", "1"]
        && names.len() == 2
    {
        notes.push(format!(
            "{name} has two values, {} and {}, which are classes and train as 0 and 1; data.task = \"regression\" keeps \
             the numbers",
            names[0], names[1]
        ));
    }
    Ok(target)
}

/// The samples whose label is not a whole number, where nearly all others repeat a few whole ones: mistakes rather than targets of a
/// regression.
fn odd(numbers: &[f64]) -> Vec<usize> {
    let is_whole = |number: f64| number.fract() == 0.0;
    let fractions = numbers.iter().filter(|&&number| !is_whole(number)).count();
    if fractions == 0 || fractions > 1.max(numbers.len() / 50) {
        return Vec::new();
    }
    let whole = numbers.iter().copied().filter(|&number| is_whole(number));
    if 4 * distinct(whole, f64::total_cmp).len() > numbers.len() - fractions {
        return Vec::new();
    }
    (0..numbers.len())
        .filter(|&sample| !is_whole(numbers[sample]))
        .collect()
}

/// Every key once, in order. Takes memory for twice as many keys as there are different ones.
fn distinct<K: Copy + PartialEq>(
    keys: impl Iterator<Item = K>,
    order: impl Fn(&K, &K) -> Ordering,
) -> Vec<K> {
    let mut distinct = Vec::new();
    let mut sorted = 0;
    for key in keys {
        distinct.push(key);
        if distinct.len() >= 2 * sorted + (1 << 12) {
            distinct.sort_unstable_by(&order);
            distinct.dedup();
            sorted = distinct.len();
        }
    }
    distinct.sort_unstable_by(&order);
    distinct.dedup();
    distinct
}

/// Whether there are more than two different numbers.
fn more_than_two(numbers: &[f64]) -> bool {
    let mut others = numbers.iter().filter(|&&number| number != numbers[0]);
    let second = others.next();
    second.is_some_and(|second| others.any(|number| number != second))
}

/// Targets that are names: classes in alphabetical order.
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
    let distinct = distinct(keys.iter().copied(), &order);
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
