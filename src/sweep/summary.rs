//! What the runs of each combination have in common: a few numbers over the seeds.

use serde::Serialize;

use super::{Grid, Measure, Outcome};

/// Mean, spread and middle of some numbers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Statistics {
    /// The arithmetic mean.
    pub mean: f64,
    /// The standard deviation of a sample (n - 1 in the denominator); `None` for a single number.
    pub sd: Option<f64>,
    /// The smallest.
    pub min: f64,
    /// The middle one, or the mean of the two in the middle.
    pub median: f64,
    /// The largest.
    pub max: f64,
}

impl Statistics {
    /// Of all numbers; `None` where there are none.
    ///
    /// ```
    /// use foldspace::sweep::Statistics;
    /// let of = Statistics::of([2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]).unwrap();
    /// assert_eq!((of.mean, of.min, of.median, of.max), (5.0, 2.0, 4.5, 9.0));
    /// assert_eq!(of.sd, Some((32.0_f64 / 7.0).sqrt()));
    /// ```
    pub fn of(numbers: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = numbers.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let (&min, &max) = (sorted.first()?, sorted.last()?);
        let count = sorted.len() as f64;
        let mean = sorted.iter().sum::<f64>() / count;
        let squares: f64 = sorted.iter().map(|x| (x - mean) * (x - mean)).sum();
        Some(Self {
            mean,
            sd: (sorted.len() > 1).then(|| (squares / (count - 1.0)).sqrt()),
            min,
            median: median(&sorted),
            max,
        })
    }
}

/// The middle of sorted numbers, of which there must be some. Exact where the two in the middle are equal, infinite ones
/// too.
pub(crate) fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    let (low, high) = (sorted[(sorted.len() - 1) / 2], sorted[middle]);
    if low == high {
        low
    } else {
        low + (high - low) / 2.0
    }
}

/// The runs of one combination. Numbers are those after the last epoch, over the runs that did not diverge; `None` where
/// there are none.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CombinationSummary {
    /// Which of the grid's combinations.
    pub combination: usize,
    /// Its values of the settings that differ.
    pub values: Vec<String>,
    /// How many runs ended.
    pub runs: usize,
    /// How many of them diverged.
    pub diverged: usize,
    /// The mean loss of the last epoch's batches.
    pub train_loss: Option<Statistics>,
    /// The share of training samples that are classified correctly.
    pub train_accuracy: Option<Statistics>,
    /// The loss on the held-out samples.
    pub test_loss: Option<Statistics>,
    /// The share of held-out samples that are classified correctly.
    pub test_accuracy: Option<Statistics>,
    /// The share of all its runs, the diverged ones included, that ended with a linearly separable embedding.
    pub separable: Option<f64>,
}

impl CombinationSummary {
    /// What a combination's runs, some of which may not have ended, say together.
    pub(super) fn new(grid: &Grid, combination: usize, outcomes: &[Outcome]) -> Self {
        let ended = || outcomes.iter().filter(|outcome| outcome.has_ended());
        let over = |measure: Measure| Statistics::of(ended().filter_map(|run| run.of(measure)));
        let decided = ended().any(|run| run.separable().is_some());
        let separable = ended().filter(|run| run.separable() == Some(true)).count();
        let runs = ended().count();
        let values = grid.values(combination).into_iter();
        Self {
            combination,
            values: values.map(str::to_owned).collect(),
            runs,
            diverged: ended().filter(|run| run.diverged().is_some()).count(),
            train_loss: over(Measure::TrainLoss),
            train_accuracy: over(Measure::TrainAccuracy),
            test_loss: over(Measure::TestLoss),
            test_accuracy: over(Measure::TestAccuracy),
            separable: decided.then(|| separable as f64 / runs as f64),
        }
    }

    /// The statistics of a measure.
    pub fn of(&self, measure: Measure) -> Option<&Statistics> {
        match measure {
            Measure::TestAccuracy => self.test_accuracy.as_ref(),
            Measure::TrainAccuracy => self.train_accuracy.as_ref(),
            Measure::TestLoss => self.test_loss.as_ref(),
            Measure::TrainLoss => self.train_loss.as_ref(),
        }
    }
}
