//! The best that any straight line can do on two classes in the plane, exactly.
//!
//! Every way a line can cut the points in two is also reached by a line through one of the points, turned a little
//! away from all others, with that point put on either side. So for each point (pivot) a line is turned by 180°:
//! the others change sides in the order of their directions, and the count of correct points follows along.
//! O(n² log n), the order of directions decided by exact arithmetic. Items A5 and D2.

use std::cmp::Ordering;

use faer::{Mat, MatRef};
use rayon::prelude::*;

use super::exact::orientation;
use super::separability::{Separability, widest_line};
use crate::error::{Error, Result};

/// A line with the highest possible accuracy; class 1 is predicted where `normal` · x + `offset` > 0.
#[derive(Debug, Clone, PartialEq)]
pub struct BestLine {
    /// The unit normal.
    pub normal: [f64; 2],
    /// The offset b.
    pub offset: f64,
    /// How many of the points it classifies correctly.
    pub correct: usize,
    /// `correct` divided by the number of points.
    pub accuracy: f64,
}

/// The line with the highest accuracy on `points` (n x 2) with labels 0 and 1; of all lines that cut the points in
/// the same two sets, the one that keeps the greatest distance from them.
///
/// ```
/// use faer::mat;
/// use foldspace::geometry::best_line;
/// let xor = mat![[0.0, 0.0], [1.0, 1.0], [0.0, 1.0], [1.0, 0.0]];
/// assert_eq!(best_line(xor.as_ref(), &[0, 0, 1, 1])?.accuracy, 0.75);
/// # Ok::<(), foldspace::error::Error>(())
/// ```
///
/// # Errors
/// If the points are not in the plane or not finite, there are none, or labels are missing or other than 0 and 1.
pub fn best_line(points: MatRef<'_, f64>, labels: &[usize]) -> Result<BestLine> {
    let n = points.nrows();
    if points.ncols() != 2 || n == 0 || labels.len() != n || labels.iter().any(|&label| label > 1) {
        return Err(Error::matrix(
            "best line",
            format!(
                "{} labels for points that are {n} x {}; it takes points of the plane labelled 0 or 1",
                labels.len(),
                points.ncols()
            ),
        ));
    }
    let plane: Vec<[f64; 2]> = (0..n).map(|i| [points[(i, 0)], points[(i, 1)]]).collect();
    if let Some(i) = plane
        .iter()
        .position(|p| !(p[0].is_finite() && p[1].is_finite()))
    {
        return Err(Error::matrix("best line", format!("row {i} is not finite")));
    }
    let cuts: Vec<Cut> = (0..n)
        .into_par_iter()
        .map(|pivot| best_through(&plane, labels, pivot))
        .collect();
    // The first of the best: the same for any number of threads.
    let best = cuts
        .iter()
        .rev()
        .max_by_key(|cut| cut.correct)
        .copied()
        .unwrap_or_default();
    let side = best.sides(&plane, labels);
    let (normal, offset) = line_between(points, &plane, &side)?;
    Ok(BestLine {
        normal,
        offset,
        correct: best.correct,
        accuracy: best.correct as f64 / n as f64,
    })
}

/// One way of cutting the points: the line through `pivot`, turned from just below the positive x direction past
/// `passed` of the distinct directions.
#[derive(Debug, Clone, Copy, Default)]
struct Cut {
    correct: usize,
    pivot: usize,
    passed: usize,
    /// Whether the left side of the line is predicted as class 1.
    left_is_one: bool,
}

/// A point seen from the pivot, by the direction of its line in [0°, 180°).
struct Sight {
    point: [f64; 2],
    /// Whether the point lies in that direction, not in the opposite one.
    ahead: bool,
    label: usize,
    row: usize,
    /// Its direction to rounding: grows with the angle, from -1 to 1.
    near: f64,
}

/// The other points in the order in which a line through the pivot meets them, those at the pivot left out.
fn sights(points: &[[f64; 2]], labels: &[usize], pivot: [f64; 2]) -> Vec<Sight> {
    let rows = points.iter().zip(labels).enumerate();
    let mut sights: Vec<Sight> = rows
        .filter(|&(_, (point, _))| *point != pivot)
        .map(|(row, (&point, &label))| {
            let [x, y] = [point[0] - pivot[0], point[1] - pivot[1]];
            let ahead = point[1] > pivot[1] || (point[1] == pivot[1] && point[0] > pivot[0]);
            Sight {
                ahead,
                point,
                label,
                row,
                near: if ahead { -x } else { x } / (x.abs() + y.abs()),
            }
        })
        .collect();
    // Hardly anything is left for the exact order to decide, which costs more.
    sights.sort_unstable_by(|a, b| a.near.total_cmp(&b.near));
    sights.sort_by(|a, b| turn(pivot, a, b));
    sights
}

/// `Less` if the line meets `a` first.
fn turn(pivot: [f64; 2], a: &Sight, b: &Sight) -> Ordering {
    let ordering = orientation(pivot, a.point, b.point).reverse();
    if a.ahead == b.ahead {
        ordering
    } else {
        ordering.reverse()
    }
}

fn best_through(points: &[[f64; 2]], labels: &[usize], row: usize) -> Cut {
    let pivot = points.get(row).copied().unwrap_or_default();
    let sights = sights(points, labels, pivot);
    let others = sights.len() as isize;
    let here = points
        .iter()
        .zip(labels)
        .filter(|(point, _)| **point == pivot);
    let (here, ones) = here.fold((0, 0), |(all, ones), (_, label)| (all + 1, ones + label));
    let at_pivot = ones.max(here - ones);
    // Correct if the left side is class 1. Before the first turn, what lies ahead is on the left.
    let mut score = sights.iter().filter(|s| s.ahead == (s.label == 1)).count() as isize;
    let mut best = Cut::default();
    let mut passed = 0;
    let mut consider = |score: isize, passed: usize| {
        for (score, left_is_one) in [(score, true), (others - score, false)] {
            let correct = score as usize + at_pivot;
            if correct > best.correct {
                best = Cut {
                    correct,
                    pivot: row,
                    passed,
                    left_is_one,
                };
            }
        }
    };
    consider(score, 0);
    for group in sights.chunk_by(|a, b| turn(pivot, a, b) == Ordering::Equal) {
        passed += 1;
        for sight in group {
            score += if sight.ahead == (sight.label == 1) {
                -1
            } else {
                1
            };
        }
        consider(score, passed);
    }
    best
}

impl Cut {
    /// The predicted class of each point.
    fn sides(&self, points: &[[f64; 2]], labels: &[usize]) -> Vec<usize> {
        let pivot = points.get(self.pivot).copied().unwrap_or_default();
        let sights = sights(points, labels, pivot);
        let here = points
            .iter()
            .zip(labels)
            .filter(|(point, _)| **point == pivot);
        let (here, ones) = here.fold((0, 0), |(all, ones), (_, label)| (all + 1, ones + label));
        let mut sides = vec![usize::from(2 * ones > here); points.len()];
        let groups = sights.chunk_by(|a, b| turn(pivot, a, b) == Ordering::Equal);
        for (k, group) in groups.enumerate() {
            for sight in group {
                let left = sight.ahead == (k >= self.passed);
                if let Some(side) = sides.get_mut(sight.row) {
                    *side = usize::from(left == self.left_is_one);
                }
            }
        }
        sides
    }
}

/// The widest line between the two sides; beside all points if one side is empty.
fn line_between(
    points: MatRef<'_, f64>,
    plane: &[[f64; 2]],
    side: &[usize],
) -> Result<([f64; 2], f64)> {
    if side.iter().all(|s| side.first() == Some(s)) {
        let xs = plane.iter().map(|p| p[0]);
        let (low, high) = xs.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| {
            (low.min(x), high.max(x))
        });
        let room = (high - low).max(1.0);
        let offset = if side.first() == Some(&1) {
            room - low
        } else {
            -high - room
        };
        return Ok(([1.0, 0.0], offset));
    }
    match widest_line(points, side) {
        Some(Separability::Separable { normal, offset, .. }) if normal.len() == 2 => {
            Ok(([normal[0], normal[1]], offset))
        }
        _ => Err(Error::matrix(
            "best line",
            "the best cut leaves no room for a line in double precision; scale or jitter the points",
        )),
    }
}

/// The number of points that the line classifies correctly, judged exactly.
pub fn correct_count(
    points: MatRef<'_, f64>,
    labels: &[usize],
    normal: [f64; 2],
    offset: f64,
) -> usize {
    let rows: &Mat<f64> = &points.to_owned();
    let side = |i: usize| super::exact::side(&normal, offset, &[rows[(i, 0)], rows[(i, 1)]]);
    let labels = labels.iter().enumerate();
    labels
        .filter(|&(i, &label)| usize::from(side(i) == Ordering::Greater) == label)
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Multiples of 0.1 are collinear but for rounding, which rounded directions get wrong.
        #[test]
        fn directions_are_in_exact_order(
            cells in prop::collection::vec((-9i32..9, -9i32..9), 2..60),
            scale in prop_oneof![Just(0.1), Just(1e-300), Just(1e150), Just(1e307)],
        ) {
            let points: Vec<[f64; 2]> = cells
                .iter()
                .map(|&(x, y)| [f64::from(x) * scale, f64::from(y) * scale])
                .collect();
            let labels = vec![0; points.len()];
            for &pivot in &points {
                let sights = sights(&points, &labels, pivot);
                for pair in sights.windows(2) {
                    prop_assert!(turn(pivot, &pair[0], &pair[1]).is_le());
                }
            }
        }
    }
}
