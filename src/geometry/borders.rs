//! The borders between several classes: the lines of the plane on which the two largest scores are equal.
//!
//! For each pair of classes that meet, the level set s_i - s_j = 0 is traced ([`level_set`](super::level_set): its vertices lie on the
//! curve, to rounding), and what lies where a third class scores higher is cut off. Three borders meet where three
//! scores are equal; the cut is found by bisection along the curve's piece.

use std::collections::BTreeSet;

use faer::{Mat, MatRef};

use super::Bounds;
use super::boundary::{Polyline, Sampling};
use super::lattice::corners;
use crate::error::{Error, Result};

/// The borders between the regions in which each class scores highest.
///
/// `scores` maps points of the plane (n x 2) to (n x k), k >= 2 classes. `resolution` counts the cells along x and y:
/// a region smaller than a cell can be missed. For a network that ends in a softmax, take the scores before it: the
/// same class wins, and borders between affine scores are then traced exactly.
///
/// ```
/// use faer::{Mat, MatRef};
/// use foldspace::geometry::{Bounds, class_borders};
/// // Three scores whose regions meet at the origin, 120 degrees each.
/// let scores = |p: MatRef<'_, f64>| {
///     Mat::from_fn(p.nrows(), 3, |i, k| match k {
///         0 => p[(i, 1)],
///         1 => -0.75_f64.sqrt() * p[(i, 0)] - 0.5 * p[(i, 1)],
///         _ => 0.75_f64.sqrt() * p[(i, 0)] - 0.5 * p[(i, 1)],
///     })
/// };
/// let borders = class_borders(scores, Bounds::new((-1.0, 1.1), (-1.0, 1.2))?, [15, 15])?;
/// assert_eq!(borders.len(), 3);
/// for border in &borders {
///     let nearest = border.points.iter().map(|p| p[0].hypot(p[1])).fold(f64::INFINITY, f64::min);
///     assert!(nearest < 1e-9); // all three end where they meet
/// }
/// # Ok::<(), foldspace::error::Error>(())
/// ```
///
/// # Errors
/// If there are fewer than two classes, and as [`level_set`](super::level_set).
pub fn class_borders(
    scores: impl Fn(MatRef<'_, f64>) -> Mat<f64>,
    bounds: Bounds,
    resolution: [usize; 2],
) -> Result<Vec<Polyline>> {
    let corners = Corners::new(&scores, bounds, resolution)?;
    let mut borders = Vec::new();
    for pair in corners.neighbours() {
        let difference = |points: MatRef<'_, f64>| {
            let scores = scores(points);
            (0..scores.nrows())
                .map(|row| scores[(row, pair[0])] - scores[(row, pair[1])])
                .collect()
        };
        let known = corners.difference(pair);
        let sampling = Sampling::of_values(difference, bounds, resolution, known)?;
        for curve in sampling.level_set_where(0.0, |i, j| !corners.beaten(pair, i, j))? {
            borders.extend(highest(&scores, pair, curve));
        }
    }
    Ok(borders)
}

/// All scores at the corners of the cells, which are expensive where the network is wide and serve every pair of classes.
struct Corners {
    scores: Mat<f64>,
    winners: Vec<usize>,
    cells: [usize; 2],
}

impl Corners {
    fn new(
        scores: &impl Fn(MatRef<'_, f64>) -> Mat<f64>,
        bounds: Bounds,
        [nx, ny]: [usize; 2],
    ) -> Result<Self> {
        let points = corners(bounds, [nx, ny])?;
        let scores = scores(points.as_ref());
        if scores.ncols() < 2 || scores.nrows() != points.nrows() {
            return Err(Error::matrix(
                "borders of classes",
                format!(
                    "{} x {} scores for {} points; it takes at least two classes",
                    scores.nrows(),
                    scores.ncols(),
                    points.nrows()
                ),
            ));
        }
        let winners = (0..scores.nrows()).map(|row| {
            (1..scores.ncols()).fold(0, |best, class| {
                if scores[(row, class)] > scores[(row, best)] {
                    class
                } else {
                    best
                }
            })
        });
        Ok(Self {
            winners: winners.collect(),
            scores,
            cells: [nx, ny],
        })
    }

    /// The pairs of classes that score highest somewhere in one cell.
    fn neighbours(&self) -> BTreeSet<[usize; 2]> {
        let [nx, ny] = self.cells;
        let mut pairs = BTreeSet::new();
        for j in 0..ny {
            for i in 0..nx {
                let at = |i: usize, j: usize| self.winners[j * (nx + 1) + i];
                let corners = [at(i, j), at(i + 1, j), at(i + 1, j + 1), at(i, j + 1)];
                for (k, &a) in corners.iter().enumerate() {
                    for &b in &corners[k + 1..] {
                        if a != b {
                            pairs.insert([a.min(b), a.max(b)]);
                        }
                    }
                }
            }
        }
        pairs
    }

    fn difference(&self, [a, b]: [usize; 2]) -> Vec<f64> {
        let [a, b] = [a, b].map(|class| self.scores.col(class));
        a.iter().zip(b.iter()).map(|(a, b)| a - b).collect()
    }

    /// Whether one other class scores higher than both at all corners of a cell and of the cells around it. There the pair's
    /// curve is not a border and need not be found.
    fn beaten(&self, pair: [usize; 2], i: usize, j: usize) -> bool {
        let [nx, ny] = self.cells;
        let third = self.winners[j * (nx + 1) + i];
        let rows = j.saturating_sub(1)..=(j + 2).min(ny);
        !pair.contains(&third)
            && rows.into_iter().all(|j| {
                let columns = i.saturating_sub(1)..=(i + 2).min(nx);
                columns.into_iter().all(|i| {
                    let row = j * (nx + 1) + i;
                    let score = |class: usize| self.scores[(row, class)];
                    score(third) > score(pair[0]) && score(third) > score(pair[1])
                })
            })
    }
}

/// The parts of a curve s_i = s_j on which no third class scores higher.
fn highest(
    scores: &impl Fn(MatRef<'_, f64>) -> Mat<f64>,
    [a, b]: [usize; 2],
    curve: Polyline,
) -> Vec<Polyline> {
    // How far the pair leads the best of the others.
    let lead = |points: &[[f64; 2]]| -> Vec<f64> {
        let points = Mat::from_fn(points.len(), 2, |row, axis| points[row][axis]);
        let scores = scores(points.as_ref());
        (0..scores.nrows())
            .map(|row| {
                let own = scores[(row, a)].max(scores[(row, b)]);
                (0..scores.ncols())
                    .filter(|&class| class != a && class != b)
                    .fold(f64::INFINITY, |least, class| {
                        least.min(own - scores[(row, class)])
                    })
            })
            .collect()
    };
    let leads = lead(&curve.points);
    if leads.iter().all(|&lead| lead >= 0.0) {
        return vec![curve];
    }
    let mut points = curve.points;
    let mut leads = leads;
    if curve.closed {
        // Begin outside, so that no part runs through the seam.
        let outside = leads.iter().position(|&lead| lead < 0.0).unwrap_or(0);
        points.rotate_left(outside);
        leads.rotate_left(outside);
        points.extend(points.first().copied());
        leads.extend(leads.first().copied());
    }
    let mut parts = Vec::new();
    let mut part: Vec<[f64; 2]> = Vec::new();
    for (k, &point) in points.iter().enumerate() {
        let inside = leads[k] >= 0.0;
        let before = k.checked_sub(1).map(|before| leads[before] >= 0.0);
        if before.is_some_and(|before| before != inside) {
            let end = cut(&lead, points[k - 1], point);
            part.push(end);
            if !inside {
                parts.push(std::mem::take(&mut part));
            }
        }
        if inside {
            part.push(point);
        }
    }
    parts.push(part);
    parts
        .into_iter()
        .filter(|points| points.len() > 1)
        .map(|points| Polyline {
            points,
            closed: false,
        })
        .collect()
}

/// Where the lead changes its sign between two points, by bisection.
fn cut(lead: &impl Fn(&[[f64; 2]]) -> Vec<f64>, from: [f64; 2], to: [f64; 2]) -> [f64; 2] {
    let at = |t: f64| [0, 1].map(|axis| from[axis] * (1.0 - t) + to[axis] * t);
    let sign = |t: f64| lead(&[at(t)]).first().is_some_and(|&lead| lead >= 0.0);
    let (mut low, mut high) = (0.0, 1.0);
    let start = sign(low);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if sign(middle) == start {
            low = middle;
        } else {
            high = middle;
        }
    }
    at(0.5 * (low + high))
}
