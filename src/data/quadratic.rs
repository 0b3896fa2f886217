//! The regression of post C (C2): a parabola along one feature, a slope along the other.

use faer::Mat;
use serde::{Deserialize, Serialize};

use super::arrange::{check_deviation, check_samples, feature_names};
use super::dataset::{Dataset, Target};
use crate::error::Result;
use crate::random::RandomState;

/// `X = np.random.randn(n, 2) * 2; y = 0.5 * X[:, 0]**2 + 1.5 * X[:, 1] + 2.0 + np.random.randn(n) * noise`.
///
/// All of X is drawn before the noise. The post has 200 samples, noise 0.5 and seed 42.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Quadratic {
    /// The number of samples.
    pub samples: usize,
    /// The standard deviation of the noise on y.
    pub noise: f64,
}

impl Default for Quadratic {
    fn default() -> Self {
        Self {
            samples: 200,
            noise: 0.5,
        }
    }
}

impl Quadratic {
    /// Draws the set; its target is one column, `y`.
    ///
    /// # Errors
    /// Where there are fewer than 2 samples or far too many, or the noise is negative or not finite.
    pub fn generate(&self, random: &mut RandomState) -> Result<Dataset> {
        check_samples(self.samples, 2, 2)?;
        check_deviation("noise", self.noise)?;
        let draws = random.randn(2 * self.samples);
        let features = Mat::from_fn(self.samples, 2, |row, column| draws[2 * row + column] * 2.0);
        let errors = random.randn(self.samples);
        let values = Mat::from_fn(self.samples, 1, |row, _| {
            let (x1, x2) = (features[(row, 0)], features[(row, 1)]);
            0.5 * (x1 * x1) + 1.5 * x2 + 2.0 + errors[row] * self.noise
        });
        let target = Target::Values {
            values,
            names: vec!["y".into()],
        };
        Dataset::new("quadratic", features, feature_names(2), target)
    }
}
