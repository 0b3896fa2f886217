//! Is there a straight line (plane, hyperplane) between two classes, and how wide a margin does the best one have? Decided
//! with a proof.
//!
//! The classes are separable exactly if their convex hulls are apart, and half the hulls' distance is the margin of the
//! hard-margin support vector machine. In the plane the hulls are computed ([`super::hull`]), in other dimensions their
//! nearest points ([`super::nearest`]), which can start from the last answer. Where rounding leaves that undecided, a linear
//! program on data shifted and scaled into \[-1, 1\]^d goes on:
//!
//! ```text
//! maximise t   subject to   y_i (w · x_i + b) >= t,   -1 <= w_j <= 1,   y_i = ±1
//! ```
//!
//! Its optimum is positive exactly if the classes are strictly separable. It is solved by constraint generation: a
//! few points first, then those that the answer misplaces, until none is left; an optimum of 0 on some of the points
//! settles the question for all of them. Neither answer rests on the solver's tolerances alone:
//!
//! * *Separable* comes with a hyperplane. Each point's side is then computed in exact arithmetic ([`super::exact`]),
//!   so the claim is a theorem about the given `f64` coordinates.
//! * *Not separable* comes with a point that is a convex combination of either class (Farkas' alternative), up to
//!   the stated gap, which is at most 1e-9 of the data's extent.
//!
//! Sources: items A5, A13, D2 and D5; Farkas' lemma as in Boyd and Vandenberghe, *Convex Optimization*, 5.8.3.

mod program;

use std::cmp::Ordering;

use faer::MatRef;

use super::exact;
use super::hull::{convex_hull, corridor};
use super::nearest::{Corner, nearest};
use crate::error::{Error, Result};

/// The answer, with what proves it.
#[derive(Debug, Clone, PartialEq)]
pub enum Separability {
    /// Class 1 lies strictly on the positive side of `normal` · x + `offset` = 0, class 0 strictly on the negative.
    Separable {
        /// The unit normal w, d entries.
        normal: Vec<f64>,
        /// b.
        offset: f64,
        /// The Euclidean distance from the hyperplane to the nearest point.
        margin: f64,
        /// How much greater the margin of another hyperplane could be: half of the distance of two points of the hulls,
        /// minus `margin`. Rounding, unless the classes come within a billionth of each other.
        gap: f64,
    },
    /// The convex hulls of the classes meet.
    NotSeparable(CommonPoint),
}

impl Separability {
    /// Whether a hyperplane separates the classes.
    pub fn is_separable(&self) -> bool {
        matches!(self, Self::Separable { .. })
    }
}

/// Why no hyperplane separates: Σ λ_i x_i = Σ μ_j x_j with i in class 0, j in class 1, positive weights that sum to
/// 1 on either side. A hyperplane would have to leave this point on both sides.
#[derive(Debug, Clone, PartialEq)]
pub struct CommonPoint {
    /// (row, λ) for points of class 0.
    pub zero: Vec<(usize, f64)>,
    /// (row, μ) for points of class 1.
    pub one: Vec<(usize, f64)>,
    /// Σ λ_i x_i, d entries.
    pub point: Vec<f64>,
    /// The distance between the two combinations, each coordinate measured in half the data's extent along it:
    /// 0 up to rounding.
    pub gap: f64,
}

/// The largest `gap` that passes as "the hulls meet".
const MEET: f64 = 1e-9;

/// Decides whether the rows of `points` (n x d) with label 0 and those with label 1 are linearly separable.
///
/// ```
/// use faer::mat;
/// use foldspace::geometry::{Separability, linear_separability};
///
/// let square = mat![[0.0, 0.0], [1.0, 1.0], [0.0, 1.0], [1.0, 0.0]];
/// let or = linear_separability(square.as_ref(), &[0, 1, 1, 1])?;
/// let Separability::Separable { margin, .. } = or else { panic!() };
/// assert!((margin - 0.5_f64.sqrt() / 2.0).abs() < 1e-12);
///
/// let xor = linear_separability(square.as_ref(), &[0, 0, 1, 1])?;
/// let Separability::NotSeparable(proof) = xor else { panic!() };
/// assert_eq!(proof.point, [0.5, 0.5]); // the diagonals cross
/// # Ok::<(), foldspace::error::Error>(())
/// ```
///
/// # Errors
/// If the number of labels is not n, a label is neither 0 nor 1, a class is empty, a coordinate is not finite, or
/// the classes touch so closely that neither answer can be proven (the message says how closely).
pub fn linear_separability(points: MatRef<'_, f64>, labels: &[usize]) -> Result<Separability> {
    Ok(separability_from(points, labels, &[])?.0)
}

/// The same, beginning at the `start` that an earlier call returned for similar points, such as those of the epoch before;
/// and where to begin next time. The answer is the same within its gap, only sooner.
///
/// # Errors
/// As [`linear_separability`].
pub fn separability_from(
    points: MatRef<'_, f64>,
    labels: &[usize],
    start: &[Corner],
) -> Result<(Separability, Vec<Corner>)> {
    let data = Scaled::new(points, labels)?;
    if data.dimension() == 2
        && let Some(line) = data.widest_line()
    {
        return Ok((line, start.to_vec()));
    }
    let (rows, unit) = data.in_unit_ball();
    let found = nearest(&rows, data.dimension(), labels, start);
    let upper = 0.5 * unit * found.distance;
    if let Some(line) = data.certify(found.bridge.clone(), upper) {
        return Ok((line, found.corral));
    }
    let proof = data.meeting(&found.corral);
    let verdict = if proof.gap <= MEET {
        Separability::NotSeparable(proof)
    } else {
        data.by_program(upper)?
    };
    Ok((verdict, found.corral))
}

/// The widest line between two classes of the plane; `None` if none is certain to separate them.
pub(super) fn widest_line(points: MatRef<'_, f64>, labels: &[usize]) -> Option<Separability> {
    Scaled::new(points, labels).ok()?.widest_line()
}

/// The data as the linear program sees it: every coordinate in [-1, 1].
struct Scaled<'a> {
    points: MatRef<'a, f64>,
    /// The same row by row.
    rows: Vec<f64>,
    labels: &'a [usize],
    centre: Vec<f64>,
    /// Half the extent of each coordinate; 1 where it is constant.
    scale: Vec<f64>,
}

impl<'a> Scaled<'a> {
    fn new(points: MatRef<'a, f64>, labels: &'a [usize]) -> Result<Self> {
        let refuse = |problem: String| Err(Error::matrix("linear separability", problem));
        let (n, d) = (points.nrows(), points.ncols());
        if labels.len() != n || d == 0 {
            return refuse(format!(
                "{} labels for points that are {n} x {d}",
                labels.len()
            ));
        }
        if let Some(label) = labels.iter().find(|&&label| label > 1) {
            return refuse(format!(
                "label {label}; it takes two classes, labelled 0 and 1"
            ));
        }
        for class in [0, 1] {
            if !labels.contains(&class) {
                return refuse(format!("no point among {n} has label {class}"));
            }
        }
        let (mut centre, mut scale) = (Vec::new(), Vec::new());
        for j in 0..d {
            let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
            for (i, &value) in points.col(j).iter().enumerate() {
                if !value.is_finite() {
                    return refuse(format!("row {i}, column {j} is {value}"));
                }
                low = low.min(value);
                high = high.max(value);
            }
            centre.push(0.5 * low + 0.5 * high);
            let half = 0.5 * high - 0.5 * low;
            scale.push(if half > 0.0 { half } else { 1.0 });
        }
        let rows = (0..n)
            .flat_map(|i| (0..d).map(move |j| points[(i, j)]))
            .collect();
        Ok(Self {
            points,
            rows,
            labels,
            centre,
            scale,
        })
    }

    fn dimension(&self) -> usize {
        self.points.ncols()
    }

    /// Coordinate j of point i, scaled.
    fn at(&self, i: usize, j: usize) -> f64 {
        (self.points[(i, j)] - self.centre[j]) / self.scale[j]
    }

    /// -1 for class 0, 1 for class 1.
    fn sign(&self, i: usize) -> f64 {
        if self.labels[i] == 1 { 1.0 } else { -1.0 }
    }

    fn row(&self, i: usize) -> &[f64] {
        let d = self.dimension();
        &self.rows[i * d..(i + 1) * d]
    }

    /// All rows shifted and divided by one number, so that none is longer than 1; and that number.
    fn in_unit_ball(&self) -> (Vec<f64>, f64) {
        let d = self.dimension();
        let mut rows = self.rows.clone();
        for row in rows.chunks_exact_mut(d) {
            row.iter_mut().zip(&self.centre).for_each(|(x, c)| *x -= c);
        }
        let longest = rows.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
        let unit = if longest > 0.0 {
            longest * (d as f64).sqrt()
        } else {
            1.0
        };
        rows.iter_mut().for_each(|x| *x /= unit);
        (rows, unit)
    }

    /// The hyperplane along `normal` halfway between the classes, if it separates them: judged exactly. No margin exceeds
    /// `upper`.
    fn certify(&self, normal: Vec<f64>, upper: f64) -> Option<Separability> {
        let longest = normal.iter().fold(0.0_f64, |most, w| most.max(w.abs()));
        if !(longest > 0.0 && longest.is_finite()) {
            return None;
        }
        let normal: Vec<f64> = normal.iter().map(|w| w / longest).collect();
        let length = dot(&normal, &normal).sqrt();
        let normal: Vec<f64> = normal.iter().map(|w| w / length).collect();
        let (mut highest_zero, mut lowest_one) = (f64::NEG_INFINITY, f64::INFINITY);
        for i in 0..self.labels.len() {
            let height = dot(&normal, self.row(i));
            if self.labels[i] == 1 {
                lowest_one = lowest_one.min(height);
            } else {
                highest_zero = highest_zero.max(height);
            }
        }
        if lowest_one <= highest_zero {
            return None;
        }
        let offset = -0.5 * (highest_zero + lowest_one);
        for i in 0..self.labels.len() {
            let wanted = if self.labels[i] == 1 {
                Ordering::Greater
            } else {
                Ordering::Less
            };
            if exact::side(&normal, offset, self.row(i)) != wanted {
                return None;
            }
        }
        let margin = (lowest_one + offset).min(-offset - highest_zero);
        (margin > 0.0).then_some(Separability::Separable {
            normal,
            offset,
            margin,
            gap: (upper - margin).max(0.0),
        })
    }

    /// In the plane: the maximum-margin line, from the convex hulls of the classes as given, unscaled.
    fn widest_line(&self) -> Option<Separability> {
        let hull = |class: usize| -> Vec<[f64; 2]> {
            let members: Vec<[f64; 2]> = (0..self.labels.len())
                .filter(|&i| self.labels[i] == class)
                .map(|i| [self.points[(i, 0)], self.points[(i, 1)]])
                .collect();
            convex_hull(&members)
                .into_iter()
                .map(|i| members[i])
                .collect()
        };
        let (normal, length) = corridor(&hull(0), &hull(1))?;
        self.certify(normal.to_vec(), 0.5 * length)
    }

    /// The combinations of the two classes that a corral stands for.
    fn meeting(&self, corral: &[Corner]) -> CommonPoint {
        let side = |row: fn(&Corner) -> usize| {
            let mut weights = std::collections::BTreeMap::new();
            for corner in corral {
                *weights.entry(row(corner)).or_insert(0.0) += corner.2;
            }
            weights.into_iter().collect()
        };
        self.common(side(|corner| corner.0), side(|corner| corner.1))
    }

    /// Two combinations, weights made to sum to 1, and how far apart they are.
    fn common(&self, mut zero: Vec<(usize, f64)>, mut one: Vec<(usize, f64)>) -> CommonPoint {
        for side in [&mut zero, &mut one] {
            let sum: f64 = side.iter().map(|(_, weight)| weight).sum();
            side.iter_mut().for_each(|(_, weight)| *weight /= sum);
        }
        let d = self.dimension();
        let point = |combination: &[(usize, f64)], j: usize| -> f64 {
            let terms = combination.iter();
            terms.map(|&(i, weight)| weight * self.points[(i, j)]).sum()
        };
        let gaps = (0..d).map(|j| (point(&one, j) - point(&zero, j)) / self.scale[j]);
        let gap = gaps.map(|gap| gap * gap).sum::<f64>().sqrt();
        CommonPoint {
            point: (0..d).map(|j| point(&zero, j)).collect(),
            zero,
            one,
            gap,
        }
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
