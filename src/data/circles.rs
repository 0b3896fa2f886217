//! A circle within a circle, point for point scikit-learn's `make_circles`.

use std::f64::consts::TAU;

use serde::{Deserialize, Serialize};

use super::arrange::{check_deviation, check_range, check_samples, jitter, planar, shuffled};
use super::dataset::Dataset;
use crate::error::Result;
use crate::random::RandomState;

/// `make_circles(n_samples, noise=noise, factor=factor, shuffle=True)`.
///
/// Class 0 is the unit circle (cos t, sin t), class 1 the same shrunk by `factor`, with t evenly spaced over
/// the full turn. The points are shuffled, then jittered with normal noise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Circles {
    /// The number of points, both circles together; of an odd number the inner one gets one more.
    pub samples: usize,
    /// The noise's standard deviation.
    pub noise: f64,
    /// The inner circle's radius, from 0 to 1.
    pub factor: f64,
}

impl Default for Circles {
    fn default() -> Self {
        Self {
            samples: 1000,
            noise: 0.1,
            factor: 0.8,
        }
    }
}

impl Circles {
    /// Draws the set.
    ///
    /// # Errors
    /// Where there are fewer than 2 samples or far too many, the noise is negative or not finite, or the
    /// factor is not between 0 and 1.
    pub fn generate(&self, random: &mut RandomState) -> Result<Dataset> {
        check_samples(self.samples, 2, 2)?;
        check_deviation("noise", self.noise)?;
        check_range("factor", self.factor, 0.0..=1.0)?;
        let circle = |count: usize, radius: f64, label: usize| {
            let step = TAU / count as f64;
            (0..count).map(move |i| {
                let t = i as f64 * step;
                ([libm::cos(t) * radius, libm::sin(t) * radius], label)
            })
        };
        let outer_count = self.samples / 2;
        let outer = circle(outer_count, 1.0, 0);
        let inner = circle(self.samples - outer_count, self.factor, 1);
        let mut points = shuffled(outer.chain(inner).collect(), random);
        jitter(&mut points, self.noise, random);
        planar("circles", &points, 2)
    }
}
