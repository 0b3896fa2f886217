//! Two interleaving half circles (A5), point for point scikit-learn's `make_moons`.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use super::arrange::{check_deviation, check_samples, jitter, linspace, planar, shuffled};
use super::dataset::Dataset;
use crate::error::Result;
use crate::random::RandomState;

/// `make_moons(n_samples, noise=noise, shuffle=True)`.
///
/// Class 0 is the upper half circle (cos t, sin t), class 1 the lower one (1 - cos t, 1/2 - sin t), with t
/// evenly spaced from 0 to pi. The points are shuffled, then jittered with normal noise.
///
/// ```
/// use foldspace::{data::Moons, random::RandomState};
///
/// let moons = Moons { samples: 5, noise: 0.0 }.generate(&mut RandomState::new(0))?;
/// // Of an odd number, the lower moon gets one more.
/// assert_eq!(moons.labels().map(|labels| labels.iter().sum()), Some(3));
/// # Ok::<(), foldspace::error::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Moons {
    /// The number of points, both moons together.
    pub samples: usize,
    /// The noise's standard deviation; the half circles have radius 1.
    pub noise: f64,
}

impl Default for Moons {
    fn default() -> Self {
        Self {
            samples: 1000,
            noise: 0.1,
        }
    }
}

impl Moons {
    /// Draws the set.
    ///
    /// # Errors
    /// Where there are fewer than 2 samples or far too many, or the noise is negative or not finite.
    pub fn generate(&self, random: &mut RandomState) -> Result<Dataset> {
        check_samples(self.samples, 2, 2)?;
        check_deviation("noise", self.noise)?;
        let upper_count = self.samples / 2;
        let upper = linspace(0.0, PI, upper_count)
            .into_iter()
            .map(|t| ([libm::cos(t), libm::sin(t)], 0));
        let lower = linspace(0.0, PI, self.samples - upper_count)
            .into_iter()
            .map(|t| ([1.0 - libm::cos(t), 1.0 - libm::sin(t) - 0.5], 1));
        let mut points = shuffled(upper.chain(lower).collect(), random);
        jitter(&mut points, self.noise, random);
        planar("moons", &points, 2)
    }
}
