//! The exclusive or in the plane: the smallest problem that no straight line solves.

use serde::{Deserialize, Serialize};

use super::arrange::{check_deviation, check_samples, jitter, planar};
use super::dataset::Dataset;
use crate::error::Result;
use crate::random::RandomState;

/// Points of the square from -1 to 1, class 1 where exactly one coordinate is positive.
///
/// In NumPy's terms: `X = np.random.uniform(-1, 1, (n, 2)); y = (X[:, 0] > 0) ^ (X[:, 1] > 0);
/// X += np.random.normal(0, noise, X.shape)`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Xor {
    /// The number of points.
    pub samples: usize,
    /// The standard deviation of the noise that moves points after they got their class.
    pub noise: f64,
}

impl Default for Xor {
    fn default() -> Self {
        Self {
            samples: 1000,
            noise: 0.1,
        }
    }
}

impl Xor {
    /// Draws the set.
    ///
    /// # Errors
    /// Where there are fewer than 2 samples or far too many, the noise is negative or not finite, or all points happen to be of
    /// one class.
    pub fn generate(&self, random: &mut RandomState) -> Result<Dataset> {
        check_samples(self.samples, 2, 2)?;
        check_deviation("noise", self.noise)?;
        let mut points: Vec<_> = (0..self.samples)
            .map(|_| {
                let point = [(); 2].map(|()| random.uniform(-1.0, 1.0));
                (point, usize::from((point[0] > 0.0) != (point[1] > 0.0)))
            })
            .collect();
        jitter(&mut points, self.noise, random);
        planar("xor", &points, 2)
    }
}
