//! What the generators share: spaced numbers, shares, shuffling, noise, and checks of their parameters.

use std::ops::RangeInclusive;

use faer::Mat;

use super::dataset::{Dataset, Target};
use crate::error::{Error, Result};
use crate::random::RandomState;

/// The most samples a generator makes.
const MOST_SAMPLES: usize = 100_000_000;

/// `numpy.linspace(start, stop, count)`: both ends included, and a single number is `start`.
pub(super) fn linspace(start: f64, stop: f64, count: usize) -> Vec<f64> {
    let step = (stop - start) / count.saturating_sub(1).max(1) as f64;
    let mut numbers: Vec<f64> = (0..count).map(|i| i as f64 * step + start).collect();
    if let [_, .., last] = numbers.as_mut_slice() {
        *last = stop;
    }
    numbers
}

/// `samples` divided among `parts` as evenly as possible, the first ones taking what is left over.
pub(super) fn shares(samples: usize, parts: usize) -> impl Iterator<Item = usize> {
    (0..parts).map(move |part| samples / parts + usize::from(part < samples % parts))
}

/// Labelled points in a fresh random order, as scikit-learn's `shuffle` does it.
pub(super) fn shuffled<T>(points: Vec<T>, random: &mut RandomState) -> Vec<T>
where
    T: Clone,
{
    let order = random.permutation(points.len());
    order
        .into_iter()
        .map(|sample| points[sample].clone())
        .collect()
}

/// Adds normal noise to every coordinate, point by point.
pub(super) fn jitter(points: &mut [([f64; 2], usize)], noise: f64, random: &mut RandomState) {
    for coordinate in points.iter_mut().flat_map(|(point, _)| point) {
        *coordinate += random.normal(0.0, noise);
    }
}

/// A classification in the plane, its features named `x1` and `x2` and its classes by their numbers.
pub(super) fn planar(name: &str, points: &[([f64; 2], usize)], classes: usize) -> Result<Dataset> {
    let features = Mat::from_fn(points.len(), 2, |row, column| points[row].0[column]);
    let labels = points.iter().map(|(_, label)| *label).collect();
    classified(name, features, labels, classes)
}

/// A classification whose features are named `x1`, `x2` ... and whose classes by their numbers.
pub(super) fn classified(
    name: &str,
    features: Mat<f64>,
    labels: Vec<usize>,
    classes: usize,
) -> Result<Dataset> {
    let feature_names = feature_names(features.ncols());
    let names = (0..classes).map(|class| class.to_string()).collect();
    Dataset::new(
        name,
        features,
        feature_names,
        Target::Classes { labels, names },
    )
}

/// `x1`, `x2` ...
pub(super) fn feature_names(dimensions: usize) -> Vec<String> {
    (1..=dimensions)
        .map(|number| format!("x{number}"))
        .collect()
}

/// Refuses fewer samples than make sense for the set, and more than a machine can be expected to hold.
pub(super) fn check_samples(samples: usize, least: usize, dimensions: usize) -> Result<()> {
    if samples < least {
        return Err(Error::invalid(
            "data.samples",
            format!("{samples} samples are too few"),
            format!("ask for at least {least}"),
        ));
    }
    if samples > MOST_SAMPLES {
        let gigabytes = samples as f64 * dimensions as f64 * 8.0 / 1e9;
        return Err(Error::invalid(
            "data.samples",
            format!(
                "{samples} samples of {dimensions} features would take {gigabytes:.1} GB of memory"
            ),
            format!("ask for at most {MOST_SAMPLES}"),
        ));
    }
    Ok(())
}

/// Refuses a parameter outside its range; `key` is its name in the configuration.
pub(super) fn check_range(key: &str, value: f64, range: RangeInclusive<f64>) -> Result<()> {
    if value.is_finite() && range.contains(&value) {
        return Ok(());
    }
    let remedy = match range.into_inner() {
        (low, f64::MAX) => format!("give a finite number of at least {low}"),
        (f64::MIN, _) => "give a finite number".to_string(),
        (low, high) => format!("give a number from {low} to {high}"),
    };
    Err(Error::invalid(
        format!("data.{key}"),
        format!("{value} is not possible"),
        remedy,
    ))
}

/// Refuses a negative or infinite deviation.
pub(super) fn check_deviation(key: &str, deviation: f64) -> Result<()> {
    check_range(key, deviation, 0.0..=f64::MAX)
}
