//! Features with mean 0 and deviation 1, as scikit-learn's `StandardScaler` makes them.

use faer::{ColRef, Mat};
use serde::{Deserialize, Serialize};

/// The mean and deviation of every feature: z = (x - mean) / deviation.
///
/// The deviation is the population's (divided by n, not n - 1). A feature that varies by no more than rounding has 1 in its
/// place, so that it becomes 0 rather than NaN.
///
/// ```
/// use faer::mat;
/// use foldspace::data::Standardiser;
///
/// let features = mat![[1.0, 5.0], [3.0, 5.0]];
/// let standardiser = Standardiser::fit(&features);
/// assert_eq!(standardiser.transform(&features), mat![[-1.0, 0.0], [1.0, 0.0]]);
/// assert_eq!(standardiser.inverse(&mat![[0.0, 0.0]]), mat![[2.0, 5.0]]);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standardiser {
    /// The mean of each of the d features.
    pub means: Vec<f64>,
    /// The deviation of each of the d features, never 0.
    pub deviations: Vec<f64>,
}

impl Standardiser {
    /// Measures the features (`n x d`).
    ///
    /// # Panics
    /// Where there are no samples.
    pub fn fit(features: &Mat<f64>) -> Self {
        assert!(
            features.nrows() > 0,
            "a standardiser needs at least one sample"
        );
        let (means, deviations) = features
            .col_iter()
            .map(|column| {
                let (mean, deviation) = moments(column, 1.0);
                let most = column.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
                let first = column[0];
                // Where squares overflow or underflow: the same at another scale.
                let overflows = !(mean.is_finite() && deviation.is_finite());
                let vanishes = deviation == 0.0 && column.iter().any(|&x| x != first);
                let (mean, deviation) = if overflows || vanishes {
                    let (mean, deviation) = moments(column, most);
                    (mean * most, deviation * most)
                } else {
                    (mean, deviation)
                };
                (mean, if deviation == 0.0 { 1.0 } else { deviation })
            })
            .unzip();
        Self { means, deviations }
    }

    /// Raw features (`n x d`) to standardised ones.
    ///
    /// # Panics
    /// Where the number of features is not that of the fit.
    pub fn transform(&self, features: &Mat<f64>) -> Mat<f64> {
        self.check_width(features);
        Mat::from_fn(features.nrows(), features.ncols(), |row, column| {
            (features[(row, column)] - self.means[column]) / self.deviations[column]
        })
    }

    /// Standardised features (`n x d`) back to raw ones.
    ///
    /// # Panics
    /// Where the number of features is not that of the fit.
    pub fn inverse(&self, standardised: &Mat<f64>) -> Mat<f64> {
        self.check_width(standardised);
        Mat::from_fn(standardised.nrows(), standardised.ncols(), |row, column| {
            standardised[(row, column)] * self.deviations[column] + self.means[column]
        })
    }

    fn check_width(&self, features: &Mat<f64>) {
        assert_eq!(
            features.ncols(),
            self.means.len(),
            "the features are not as many as those the standardiser was fitted to"
        );
    }
}

/// The mean and the population's deviation of numbers divided by `scale`; a deviation that is no more than rounding is 0.
fn moments(column: ColRef<'_, f64>, scale: f64) -> (f64, f64) {
    let count = column.nrows() as f64;
    let mean = column.iter().map(|value| value / scale).sum::<f64>() / count;
    let square = |value: &f64| (value / scale - mean) * (value / scale - mean);
    let variance = column.iter().map(square).sum::<f64>() / count;
    // What rounding alone can leave of a constant column (scikit-learn's bound).
    let rounding = count * f64::EPSILON;
    let noise = rounding * variance + (rounding * mean) * (rounding * mean);
    if variance.is_finite() && variance <= noise {
        (mean, 0.0)
    } else {
        (mean, variance.sqrt())
    }
}
