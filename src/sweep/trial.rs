//! What is kept of a run.

use crate::data::split::Split;
use crate::error::Result;
use crate::geometry::linear_separability;
use crate::model::Parameters;
use crate::train::EpochMetrics;

/// At most about this many epochs of a run are kept.
const EPOCHS_KEPT: usize = 200;

/// What became of one run.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// Which of the grid's combinations.
    pub combination: usize,
    /// Its seed.
    pub seed: u64,
    /// Which fold was held out, from 1; 0 without cross-validation.
    pub fold: usize,
    /// The numbers of at most about 200 epochs, the first and the last among them.
    pub curve: Vec<EpochMetrics>,
    /// The numbers of the last epoch; `None` where there was none.
    pub last: Option<EpochMetrics>,
    /// The first epoch with the highest accuracy on held-out samples, and that accuracy.
    pub best: Option<(usize, f64)>,
    /// Whether a hyperplane parts the two classes in the output of the layer before the last on the training set after the
    /// last epoch; `None` without two classes, or where training diverged.
    pub separable: Option<bool>,
    /// The epoch in which training diverged.
    pub diverged: Option<usize>,
}

impl Trial {
    /// A run that has not begun.
    pub(super) fn new(combination: usize, seed: u64) -> Self {
        Self {
            combination,
            seed,
            fold: 0,
            curve: Vec::new(),
            last: None,
            best: None,
            separable: None,
            diverged: None,
        }
    }

    /// Takes note of an epoch out of `epochs`.
    pub(super) fn observe(&mut self, metrics: EpochMetrics, epochs: usize) {
        let best = self.best.map_or(f64::NEG_INFINITY, |(_, best)| best);
        if let Some(accuracy) = metrics.test_accuracy.filter(|&now| now > best) {
            self.best = Some((metrics.epoch, accuracy));
        }
        let stride = epochs.div_ceil(EPOCHS_KEPT).max(1);
        if metrics.epoch == 1 || metrics.epoch.is_multiple_of(stride) {
            self.curve.push(metrics);
        }
        self.last = Some(metrics);
    }

    /// Ends the run with its parameters after the `last` epoch and those that it would `keep`.
    ///
    /// # Errors
    /// As [`linear_separability`].
    pub(super) fn finish(
        &mut self,
        last: &Parameters,
        keep: &Parameters,
        split: &Split,
    ) -> Result<()> {
        // The last epoch is kept whether or not its turn had come.
        if let Some(last) = self.last
            && self.curve.last() != Some(&last)
        {
            self.curve.push(last);
        }
        if self.diverged.is_none() {
            if last.is_finite() {
                self.separable = separable(keep, split)?;
            } else {
                self.diverged = self.last.map(|last| last.epoch);
            }
        }
        Ok(())
    }
}

/// Whether the two classes are linearly separable before the last layer.
fn separable(parameters: &Parameters, split: &Split) -> Result<Option<bool>> {
    let Some(labels) = split.train.labels() else {
        return Ok(None);
    };
    if split.train.class_count() != Some(2) {
        return Ok(None);
    }
    let network = parameters.fold();
    let (head, _) = network.split_at(network.layers.len().saturating_sub(1));
    let embedding = head.forward(split.train.features.as_ref());
    let verdict = linear_separability(embedding.as_ref(), labels)?;
    Ok(Some(verdict.is_separable()))
}
