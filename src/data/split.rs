//! Training and test part of a data set, as scikit-learn's `train_test_split` divides it.

use super::dataset::Dataset;
use super::standardise::Standardiser;
use crate::error::{Error, Result};
use crate::random::RandomState;

/// The samples of the two parts, as indices into the whole set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SplitIndices {
    /// What is trained on.
    pub train: Vec<usize>,
    /// What is held out.
    pub test: Vec<usize>,
}

/// `train_test_split(range(samples), test_size=test_fraction, random_state=seed)`, as indices.
///
/// Of a permutation of all samples, the first `ceil(test_fraction * samples)` are the test part. With a
/// fraction of 0 nothing is held out and the order stays.
///
/// ```
/// use foldspace::data::split_indices;
///
/// let indices = split_indices(5, 0.4, 0)?;
/// assert_eq!((indices.test, indices.train), (vec![2, 0], vec![1, 3, 4]));
/// # Ok::<(), foldspace::error::Error>(())
/// ```
///
/// # Errors
/// Where the fraction is not at least 0 and below 1, or leaves nothing to train on.
pub fn split_indices(samples: usize, test_fraction: f64, seed: u32) -> Result<SplitIndices> {
    let test_count = held_out(samples, test_fraction)?;
    if test_count == 0 {
        return Ok(SplitIndices {
            train: (0..samples).collect(),
            test: Vec::new(),
        });
    }
    let mut test = RandomState::new(seed).permutation(samples);
    let train = test.split_off(test_count);
    Ok(SplitIndices { train, test })
}

/// How many samples are held out: `ceil(test_fraction * samples)`.
///
/// # Errors
/// As [`split_indices`].
pub(super) fn held_out(samples: usize, test_fraction: f64) -> Result<usize> {
    if !(0.0..1.0).contains(&test_fraction) {
        return Err(Error::invalid(
            "data.test_fraction",
            format!("{test_fraction} of the samples cannot be held out"),
            "give a number of at least 0 and below 1",
        ));
    }
    let test_count = (test_fraction * samples as f64).ceil() as usize;
    if test_fraction > 0.0 && test_count >= samples {
        return Err(Error::invalid(
            "data.test_fraction",
            format!("holding out {test_count} of {samples} samples leaves none to train on"),
            "lower it or add samples",
        ));
    }
    Ok(test_count)
}

/// The training part and the test part of `dataset`; see [`split_indices`]. With a fraction of 0 the test
/// part has no samples.
///
/// # Errors
/// As [`split_indices`].
pub fn split(dataset: &Dataset, test_fraction: f64, seed: u32) -> Result<(Dataset, Dataset)> {
    let indices = split_indices(dataset.samples(), test_fraction, seed)?;
    Ok((
        dataset.subset(&indices.train),
        dataset.subset(&indices.test),
    ))
}

/// A data set in two parts, ready to train on.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    /// What is trained on.
    pub train: Dataset,
    /// What is held out; it has no samples where nothing is.
    pub test: Dataset,
    /// Which samples of the whole set the parts are.
    pub indices: SplitIndices,
    /// What both parts' features went through, fitted to the training part alone.
    pub standardiser: Option<Standardiser>,
    /// What reading and splitting had to decide, and what may go wrong, a sentence each, to be printed.
    pub notes: Vec<String>,
}
