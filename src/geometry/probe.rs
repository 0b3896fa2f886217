//! Linear probes: how well can a hyperplane tell two classes apart in a layer, and by how much?
//!
//! Source: G. Alain and Y. Bengio, *Understanding intermediate layers using linear classifier probes* (2016). There a probe
//! is a trained classifier; here separability and margin are decided ([`separability_from`]), and what is fitted says so.

use faer::linalg::solvers::Solve;
use faer::{Mat, MatRef};
use serde::Serialize;

use super::line_bounds::line_bounds;
use super::nearest::Corner;
use super::separability::{Separability, separability_from};
use super::{best_line, exact};
use crate::error::Result;
use crate::model::activation::sigmoid;

/// What a hyperplane can do with two classes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Probe {
    /// Whether one has every sample on its class's side; proven either way.
    pub separable: bool,
    /// The margin of the widest one, in units of `radius`; `None` where the classes are not separable.
    pub margin: Option<f64>,
    /// By how much that margin may fall short of the widest, in units of `radius`.
    pub gap: f64,
    /// The distance of the farthest sample from the samples' mean.
    pub radius: f64,
    /// The share of samples that a hyperplane, which is known, has on their class's side.
    pub accuracy: f64,
    /// No hyperplane has a greater share there. On a line the best cut is known; in the plane the best line is sought until
    /// the two agree or the search is cut short; beyond the plane it is known only that one sample must be wrong.
    pub accuracy_at_most: f64,
}

/// Probes one place in a network epoch after epoch, beginning each time at the last answer.
#[derive(Debug, Clone, Default)]
pub struct Prober {
    corral: Vec<Corner>,
    /// The last hyperplane that was fitted: normal, then offset, of standardised coordinates.
    fitted: Vec<f64>,
}

/// With so few samples in the plane the exact sweep over all lines is quick.
const FEW: usize = 300;

impl Prober {
    /// A prober that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Probes `points` (n x d) with labels 0 and 1, both of which must occur.
    ///
    /// ```
    /// use faer::mat;
    /// use foldspace::geometry::Prober;
    /// let xor = mat![[0.0, 0.0], [1.0, 1.0], [0.0, 1.0], [1.0, 0.0]];
    /// let probe = Prober::new().probe(xor.as_ref(), &[0, 0, 1, 1])?;
    /// assert_eq!((probe.separable, probe.margin, probe.accuracy, probe.accuracy_at_most), (false, None, 0.75, 0.75));
    /// # Ok::<(), foldspace::error::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`separability_from`]: labels that do not fit, coordinates that are not finite, classes that come so close that
    /// neither answer can be proven.
    pub fn probe(&mut self, points: MatRef<'_, f64>, labels: &[usize]) -> Result<Probe> {
        let (verdict, corral) = separability_from(points, labels, &self.corral)?;
        self.corral = corral;
        let radius = radius(points);
        let probe = Probe {
            separable: true,
            margin: None,
            gap: 0.0,
            radius,
            accuracy: 1.0,
            accuracy_at_most: 1.0,
        };
        if let Separability::Separable { margin, gap, .. } = verdict {
            return Ok(Probe {
                margin: Some(margin / radius),
                gap: gap / radius,
                ..probe
            });
        }
        let n = labels.len();
        let [correct, at_most] = match points.ncols() {
            2 if n <= FEW => [best_line(points, labels)?.correct; 2],
            2 => line_bounds(points, labels),
            // On a line all cuts are tried.
            1 => [best_offset(points, labels, &[1.0]).max(best_offset(points, labels, &[-1.0])); 2],
            _ => [self.fit(points, labels), n - 1],
        };
        Ok(Probe {
            separable: false,
            accuracy: correct as f64 / n as f64,
            accuracy_at_most: at_most.min(n - 1) as f64 / n as f64,
            ..probe
        })
    }

    /// How many samples the hyperplane of a logistic regression, with the best of all offsets, gets right; at least as many as
    /// the larger class has.
    fn fit(&mut self, points: MatRef<'_, f64>, labels: &[usize]) -> usize {
        let (n, d) = (points.nrows(), points.ncols());
        let (mean, scale) = moments(points);
        let rows = Mat::from_fn(n, d + 1, |i, j| {
            if j < d {
                (points[(i, j)] - mean[j]) / scale[j]
            } else {
                1.0
            }
        });
        let first = self.fitted.len() != d + 1;
        if first {
            self.fitted = vec![0.0; d + 1];
        }
        // Newton's method with a ridge; from the last epoch's answer one step is enough.
        for _ in 0..if first { 6 } else { 1 } {
            let w = Mat::from_fn(d + 1, 1, |j, _| self.fitted[j]);
            let heights = &rows * &w;
            let chance = |i: usize| sigmoid(heights[(i, 0)]);
            let weighted = Mat::from_fn(n, d + 1, |i, j| {
                let p = chance(i);
                (p * (1.0 - p)).max(1e-3) * rows[(i, j)]
            });
            let ridge = 1e-3 * n as f64;
            let mut hessian = rows.transpose() * &weighted;
            for j in 0..=d {
                hessian[(j, j)] += ridge;
            }
            let miss = Mat::from_fn(n, 1, |i, _| labels[i] as f64 - chance(i));
            let slope = rows.transpose() * miss - ridge * &w;
            let Ok(solver) = hessian.llt(faer::Side::Lower) else {
                break;
            };
            let step = solver.solve(&slope);
            let next: Vec<f64> = (0..=d).map(|j| self.fitted[j] + step[(j, 0)]).collect();
            if next.iter().any(|w| !w.is_finite()) {
                break;
            }
            self.fitted = next;
        }
        let normal: Vec<f64> = (0..d).map(|j| self.fitted[j] / scale[j]).collect();
        best_offset(points, labels, &normal)
    }
}

/// How many samples a hyperplane across `normal`, at the best of all offsets, gets right; judged exactly.
fn best_offset(points: MatRef<'_, f64>, labels: &[usize], normal: &[f64]) -> usize {
    let (n, d) = (points.nrows(), points.ncols());
    let ones: usize = labels.iter().sum();
    let mut heights: Vec<(f64, usize)> = (0..n)
        .map(|i| {
            let terms = (0..d).map(|j| normal[j] * points[(i, j)]);
            (terms.sum(), labels[i])
        })
        .collect();
    heights.sort_by(|a, b| a.0.total_cmp(&b.0));
    // Right if everything above the offset is called class 1: at first all is.
    let (mut right, mut best, mut offset) = (ones as isize, ones as isize, None);
    for (k, &(height, label)) in heights.iter().enumerate() {
        right += if label == 0 { 1 } else { -1 };
        if right > best
            && let Some(&(above, _)) = heights.get(k + 1)
            && above > height
        {
            (best, offset) = (right, Some(-0.5 * (height + above)));
        }
    }
    let plain = ones.max(n - ones);
    let Some(offset) = offset else {
        return plain;
    };
    let side = |i: usize| {
        let row: Vec<f64> = (0..d).map(|j| points[(i, j)]).collect();
        usize::from(exact::side(normal, offset, &row).is_gt())
    };
    let right = (0..n).filter(|&i| side(i) == labels[i]).count();
    right.max(plain)
}

/// Mean and spread of each column; a spread of 1 where there is none.
fn moments(points: MatRef<'_, f64>) -> (Vec<f64>, Vec<f64>) {
    let n = points.nrows().max(1) as f64;
    let mean: Vec<f64> = (0..points.ncols())
        .map(|j| points.col(j).iter().map(|x| x / n).sum())
        .collect();
    let scale = mean.iter().enumerate().map(|(j, mean)| {
        let squares = points.col(j).iter().map(|x| (x - mean) * (x - mean) / n);
        let spread = squares.sum::<f64>().sqrt();
        if spread > 1e-12 * mean.abs() && spread > 0.0 {
            spread
        } else {
            1.0
        }
    });
    let scale = scale.collect();
    (mean, scale)
}

/// The distance of the farthest row from the rows' mean.
fn radius(points: MatRef<'_, f64>) -> f64 {
    let (mean, _) = moments(points);
    let mut squares = vec![0.0; points.nrows()];
    for (j, mean) in mean.iter().enumerate() {
        for (square, x) in squares.iter_mut().zip(points.col(j).iter()) {
            *square += (x - mean) * (x - mean);
        }
    }
    squares.into_iter().fold(0.0, f64::max).sqrt()
}
