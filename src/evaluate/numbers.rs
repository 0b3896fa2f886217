//! The errors of predicted numbers, as scikit-learn's `r2_score`, `root_mean_squared_error` and `mean_absolute_error` measure it.

use serde::Serialize;

/// How good a network is on one target.
///
/// ```
/// use foldspace::evaluate::NumberScores;
///
/// let scores = NumberScores::new("y".into(), &[1.0, 2.0, 3.0], &[1.0, 2.0, 4.0]);
/// assert_eq!(scores.r2, Some(0.5));
/// assert_eq!(scores.mae, 1.0 / 3.0);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NumberScores {
    /// The target.
    pub name: String,
    /// How many samples there are.
    pub samples: usize,
    /// 1 - Σ(y - ŷ)² / Σ(y - mean)²: 1 is perfect, 0 no better than the mean; none where all targets are the same.
    pub r2: Option<f64>,
    /// The root of the mean squared error, in the target's unit.
    pub rmse: f64,
    /// The mean of the errors' sizes, in the target's unit.
    pub mae: f64,
}

impl NumberScores {
    /// Measures; squares are taken of numbers divided by the largest, so that they exist.
    pub fn new(name: String, targets: &[f64], said: &[f64]) -> Self {
        let all = targets.iter().chain(said);
        let largest = all.fold(0.0_f64, |most, x| most.max(x.abs()));
        let unit = if largest > 0.0 { largest } else { 1.0 };
        let n = targets.len().max(1) as f64;
        let mean = targets.iter().map(|y| y / n).sum::<f64>();
        let square = |x: f64| (x / unit) * (x / unit);
        let errors = || targets.iter().zip(said).map(|(y, said)| y - said);
        let error: f64 = errors().map(square).sum();
        let spread: f64 = targets.iter().map(|y| square(y - mean)).sum();
        Self {
            name,
            samples: targets.len(),
            r2: (spread > 0.0).then(|| 1.0 - error / spread),
            rmse: (error / n).sqrt() * unit,
            mae: errors().map(|error| error.abs() / n).sum(),
        }
    }
}
