//! What reading a file yields: the data, and what the reader had to decide.

use super::dataset::Dataset;

/// A data set from a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The samples.
    pub data: Dataset,
    /// What was recognised, left out or filled in, a sentence each, to be printed.
    pub notes: Vec<String>,
    /// The (sample, feature) cells that were missing and hold their column's mean.
    pub filled: Vec<(usize, usize)>,
}

impl Reading {
    /// A data set with nothing to note.
    pub fn plain(data: Dataset) -> Self {
        Self {
            data,
            notes: Vec::new(),
            filled: Vec::new(),
        }
    }

    /// Gives the cells that were missing the mean of what is known in their column among `samples`, so that nothing of
    /// the held-out part leaks into training. Columns of which nothing is known there keep the mean over all.
    pub(super) fn refill(&mut self, samples: &[usize]) {
        if self.filled.is_empty() {
            return;
        }
        let features = &mut self.data.features;
        self.filled.sort_unstable_by_key(|&(i, j)| (j, i));
        for holes in self.filled.chunk_by(|(_, j), (_, k)| j == k) {
            let j = holes[0].1;
            let unknown = |i: usize| holes.binary_search(&(i, j)).is_ok();
            let known = samples.iter().filter(|&&i| !unknown(i));
            let Some(mean) = mean(known.map(|&i| features[(i, j)])) else {
                continue;
            };
            for &place in holes {
                features[place] = mean;
            }
        }
    }
}

/// The mean of numbers, taken without overflow; `None` if there are none.
pub(super) fn mean(numbers: impl Iterator<Item = f64>) -> Option<f64> {
    let (count, mean) = numbers.fold((0.0, 0.0), |(count, mean), number| {
        let count = count + 1.0;
        (count, mean + (number / count - mean / count))
    });
    (count > 0.0).then_some(mean)
}

/// A few of many, for a sentence: "a, b, c and 7 more".
pub(super) fn some(items: &[String], most: usize) -> String {
    let shown = items[..items.len().min(most)].join(", ");
    match items.len().saturating_sub(most) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
