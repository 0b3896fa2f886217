//! Spiral arms around each other, one per class (D1).

use std::f64::consts::TAU;

use serde::{Deserialize, Serialize};

use super::arrange::{
    check_deviation, check_range, check_samples, jitter, linspace, planar, shares, shuffled,
};
use super::dataset::Dataset;
use crate::error::{Error, Result};
use crate::random::RandomState;

/// Archimedean spirals, this project's own definition (post D shows a spiral without defining it).
///
/// Arm c of k, with t evenly spaced from 0 to 1, both included:
///
/// angle = 2 pi (turns t + c / k),  radius = 1/2 + k turns t,  point = radius (cos angle, sin angle)
///
/// Going outwards along any ray, neighbouring arms lie one unit apart, whatever the number of arms and turns:
/// `noise` is measured in that unit. Points are divided evenly (the first arms take what is left over),
/// shuffled, then jittered with normal noise, all as scikit-learn does it for its moons.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Spiral {
    /// The number of points, all arms together.
    pub samples: usize,
    /// The noise's standard deviation; neighbouring arms are 1 apart.
    pub noise: f64,
    /// How many times each arm winds around the centre, from 0 to 100.
    pub turns: f64,
    /// The number of arms, one per class.
    pub classes: usize,
}

impl Default for Spiral {
    fn default() -> Self {
        Self {
            samples: 1000,
            noise: 0.1,
            turns: 1.0,
            classes: 2,
        }
    }
}

impl Spiral {
    /// Draws the set.
    ///
    /// # Errors
    /// Where there are fewer than 2 classes, fewer samples than classes or far too many, the noise is
    /// negative or not finite, or the turns are not between 0 and 100.
    pub fn generate(&self, random: &mut RandomState) -> Result<Dataset> {
        if self.classes < 2 {
            return Err(Error::invalid(
                "data.classes",
                format!("{} classes cannot be told apart", self.classes),
                "ask for at least 2",
            ));
        }
        check_samples(self.samples, self.classes, 2)?;
        check_deviation("noise", self.noise)?;
        check_range("turns", self.turns, 0.0..=100.0)?;
        let arms = self.classes as f64;
        let mut points = Vec::with_capacity(self.samples);
        for (label, share) in shares(self.samples, self.classes).enumerate() {
            for t in linspace(0.0, 1.0, share) {
                let angle = TAU * (self.turns * t + label as f64 / arms);
                let radius = 0.5 + arms * self.turns * t;
                points.push((
                    [radius * libm::cos(angle), radius * libm::sin(angle)],
                    label,
                ));
            }
        }
        let mut points = shuffled(points, random);
        jitter(&mut points, self.noise, random);
        planar("spiral", &points, self.classes)
    }
}
