//! Round clouds of points: scikit-learn's `make_blobs`, and the two clouds of post C's exercise 5 (C9).

use faer::Mat;
use serde::{Deserialize, Serialize};

use super::arrange::{
    check_deviation, check_range, check_samples, classified, planar, shares, shuffled,
};
use super::dataset::Dataset;
use crate::error::{Error, Result};
use crate::random::RandomState;

/// `make_blobs(n_samples, centers=centers, cluster_std=deviation, shuffle=True)`.
///
/// Class k is a normal cloud around centre k. The samples are divided evenly, the first classes taking what
/// is left over; drawn class by class, then shuffled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Blobs {
    /// The number of points, all classes together.
    pub samples: usize,
    /// The clouds' centres, or how many of them to draw.
    pub centers: Centers,
    /// Every cloud's standard deviation (scikit-learn's `cluster_std`).
    pub deviation: f64,
}

/// Where the clouds of [`Blobs`] stand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Centers {
    /// This many centres, drawn uniformly from the square from -10 to 10, before the points.
    Drawn(usize),
    /// These centres, one coordinate per feature.
    Given(Vec<Vec<f64>>),
}

impl Default for Blobs {
    fn default() -> Self {
        Self {
            samples: 1000,
            centers: Centers::Drawn(3),
            deviation: 1.0,
        }
    }
}

impl Blobs {
    /// Draws the set.
    ///
    /// # Errors
    /// Where there are fewer than 2 centres, fewer samples than centres or far too many, centres of different
    /// lengths or without coordinates, or a number is not finite or the deviation negative.
    pub fn generate(&self, random: &mut RandomState) -> Result<Dataset> {
        check_deviation("deviation", self.deviation)?;
        let (classes, dimensions) = match &self.centers {
            Centers::Drawn(count) => (*count, 2),
            Centers::Given(centers) => (centers.len(), centers.first().map_or(0, Vec::len)),
        };
        if classes < 2 {
            return Err(Error::invalid(
                "data.centers",
                format!("{classes} centres make fewer than 2 classes"),
                "give at least 2",
            ));
        }
        check_samples(self.samples, classes, dimensions)?;
        let centers = match &self.centers {
            Centers::Drawn(count) => (0..*count)
                .map(|_| vec![random.uniform(-10.0, 10.0), random.uniform(-10.0, 10.0)])
                .collect(),
            Centers::Given(centers) => {
                check_centers(centers, dimensions)?;
                centers.clone()
            }
        };
        let mut points = Vec::with_capacity(self.samples);
        for (label, (center, share)) in centers
            .iter()
            .zip(shares(self.samples, classes))
            .enumerate()
        {
            for _ in 0..share {
                let point: Vec<f64> = center
                    .iter()
                    .map(|&mean| random.normal(mean, self.deviation))
                    .collect();
                points.push((point, label));
            }
        }
        let points = shuffled(points, random);
        let features = Mat::from_fn(points.len(), dimensions, |row, column| {
            points[row].0[column]
        });
        let labels = points.iter().map(|(_, label)| *label).collect();
        classified("blobs", features, labels, classes)
    }
}

fn check_centers(centers: &[Vec<f64>], dimensions: usize) -> Result<()> {
    for (number, center) in centers.iter().enumerate() {
        if center.len() != dimensions || dimensions == 0 {
            return Err(Error::invalid(
                "data.centers",
                format!(
                    "centre {number} has {} coordinates and centre 0 has {dimensions}",
                    center.len()
                ),
                "give every centre the same number of coordinates, at least 1",
            ));
        }
        for &coordinate in center {
            check_range("centers", coordinate, f64::MIN..=f64::MAX)?;
        }
    }
    Ok(())
}

/// Two clouds on the diagonal, drawn as `np.vstack([np.random.randn(n // 2, 2) * deviation + center,
/// np.random.randn(n // 2, 2) * deviation - center])` (C9; the post leaves the data to the reader).
///
/// The first half, around (+center, +center), is class 0 and the second, around (-center, -center), class 1.
/// The points are not shuffled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TwoBlobs {
    /// The number of points, both clouds together: even.
    pub samples: usize,
    /// Both coordinates of the first centre.
    pub center: f64,
    /// Both clouds' standard deviation.
    pub deviation: f64,
}

impl Default for TwoBlobs {
    fn default() -> Self {
        Self {
            samples: 100,
            center: 1.5,
            deviation: 0.5,
        }
    }
}

impl TwoBlobs {
    /// Draws the set.
    ///
    /// # Errors
    /// Where the number of samples is odd, less than 2 or far too large, or a number is not finite or the
    /// deviation negative.
    pub fn generate(&self, random: &mut RandomState) -> Result<Dataset> {
        check_samples(self.samples, 2, 2)?;
        check_range("center", self.center, f64::MIN..=f64::MAX)?;
        check_deviation("deviation", self.deviation)?;
        if !self.samples.is_multiple_of(2) {
            return Err(Error::invalid(
                "data.samples",
                format!("{} samples do not make two equal clouds", self.samples),
                format!("ask for {} or {}", self.samples - 1, self.samples + 1),
            ));
        }
        let half = self.samples / 2;
        let points: Vec<_> = (0..self.samples)
            .map(|sample| {
                let center = if sample < half {
                    self.center
                } else {
                    -self.center
                };
                let point = [(); 2].map(|()| random.normal(center, self.deviation));
                (point, usize::from(sample >= half))
            })
            .collect();
        planar("two_blobs", &points, 2)
    }
}
