//! What may go wrong with a data set in training, noted before it does.

use faer::Mat;

use super::dataset::{Dataset, Target};
use super::reading::some;

/// Beyond this root mean square a feature saturates the units of a freshly drawn network, and a target's loss and gradients are
/// its square.
const LARGE: f64 = 20.0;

/// Where no value is larger, a feature changes nothing.
const SMALL: f64 = 0.01;

/// The most columns that a sentence names.
const SHOWN: usize = 5;

/// The root mean square and the largest size of each column's values, taken without overflow.
fn sizes(columns: &Mat<f64>) -> Vec<(f64, f64)> {
    let size = |column: faer::ColRef<'_, f64>| {
        let most = column.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
        let scale = if most > 0.0 { most } else { 1.0 };
        let squares = column.iter().map(|x| (x / scale) * (x / scale));
        let mean = squares.sum::<f64>() / column.nrows() as f64;
        (scale * mean.sqrt(), most)
    };
    columns.col_iter().map(size).collect()
}

/// `1.7e9`, or `250` where that is short.
fn about(size: f64) -> String {
    if (0.01..10_000.0).contains(&size) {
        let digits = if size < 1.0 { 3 } else { 0 };
        format!("{size:.digits$}")
    } else {
        format!("{size:.1e}")
    }
}

/// One warning that names the features far from the size of 1.
pub(super) fn unscaled_features(train: &Dataset) -> Option<String> {
    let names: Vec<String> = sizes(&train.features)
        .into_iter()
        .zip(&train.feature_names)
        .filter(|((rms, most), _)| *rms > LARGE || (*most > 0.0 && *most < SMALL))
        .map(|((rms, _), name)| format!("{name} (about {})", about(rms)))
        .collect();
    let is = if names.len() == 1 { "is" } else { "are" };
    (!names.is_empty()).then(|| {
        format!(
            "{} {is} far from the size of 1, and a network learns little from such features; set data.standardise = true",
            some(&names, SHOWN)
        )
    })
}

/// A warning of targets far from the size of 1.
pub(super) fn unscaled_targets(train: &Dataset) -> Option<String> {
    let Target::Values { values, names } = &train.target else {
        return None;
    };
    let names: Vec<String> = sizes(values)
        .into_iter()
        .zip(names)
        .filter(|((rms, _), _)| *rms > LARGE)
        .map(|((rms, _), name)| format!("{name} (about {})", about(rms)))
        .collect();
    (!names.is_empty()).then(|| {
        format!(
            "targets far from the size of 1 are learnt slowly: {}; set data.standardise_targets = true (predictions stay in \
             their units)",
            some(&names, SHOWN)
        )
    })
}

/// The classes that have no training sample.
pub(super) fn absent_classes(train: &Dataset) -> Option<String> {
    let Target::Classes { labels, names } = &train.target else {
        return None;
    };
    let mut seen = vec![false; names.len()];
    labels.iter().for_each(|&label| seen[label] = true);
    let absent: Vec<String> = (0..names.len())
        .filter(|&class| !seen[class])
        .map(|class| names[class].clone())
        .collect();
    (!absent.is_empty()).then(|| {
        format!(
            "no sample of {} is in the training part, so the network can't learn it; give it more samples or lower \
             data.test_fraction",
            some(&absent, SHOWN)
        )
    })
}

/// Why the held-out part is not stratified.
pub(super) fn not_stratified(data: &Dataset) -> String {
    let Target::Classes { labels, names } = &data.target else {
        return "the held-out part is drawn from all samples alike".into();
    };
    let mut counts = vec![0_usize; names.len()];
    labels.iter().for_each(|&label| counts[label] += 1);
    let single: Vec<String> = (0..names.len())
        .filter(|&class| counts[class] == 1)
        .map(|class| names[class].clone())
        .collect();
    let why = if single.is_empty() {
        format!("it is too small for {} classes", names.len())
    } else {
        format!("{} has a single sample", some(&single, SHOWN))
    };
    format!("the held-out part can't have the classes in the proportions of the whole: {why}")
}
