//! What a cell's map does to orientation, decided: turned over or not, crushed to a line or to a point.
//!
//! The map's rows are computed in `f64` with running error bounds, and its rank is at most the smallest number of units
//! that are on in a layer. Where that leaves a determinant's sign open, it is decided in integers.

use std::cmp::Ordering;

use num_bigint::{BigInt, Sign};
use serde::Serialize;

use super::Complex;
use super::integers::{Exact, Source};
use super::row::{ROUND, SLACK};

/// What an affine map of the plane does to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Turn {
    /// Rank 2, and to a plane det > 0: not turned over. To more dimensions, where nothing can be turned over, rank 2.
    Kept,
    /// det < 0: turned over, like the other side of the paper.
    Over,
    /// Rank 1: crushed to a line.
    Line,
    /// Rank 0: crushed to a point.
    Point,
}

impl Turn {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Kept, Self::Over, Self::Line, Self::Point];

    /// 2, 1 or 0.
    pub fn rank(self) -> usize {
        match self {
            Self::Kept | Self::Over => 2,
            Self::Line => 1,
            Self::Point => 0,
        }
    }

    /// The sign of the determinant: 1, -1, or 0 where the map is crushed.
    pub fn sign(self) -> i64 {
        match self {
            Self::Kept => 1,
            Self::Over => -1,
            Self::Line | Self::Point => 0,
        }
    }
}

/// A row of A, how far each entry can be from the true one, and whether it is zero for certain.
#[derive(Clone, Copy, Default)]
struct Entry {
    v: [f64; 2],
    e: [f64; 2],
}

impl Complex {
    /// What the network's first `layers` layers do to each cell, exactly.
    ///
    /// # Panics
    /// If there are fewer layers.
    pub fn turns(&self, layers: usize) -> Vec<Turn> {
        let mut exact = Exact::default();
        (0..self.faces())
            .map(|face| self.turn(face, layers, &mut exact))
            .collect()
    }

    fn turn(&self, face: usize, layers: usize, exact: &mut Exact) -> Turn {
        let cells = self.ancestors(face);
        let (rows, most) = self.bounded_rows(&cells, layers);
        if most == 0 {
            return Turn::Point;
        }
        if most >= 2 {
            // The minor that is largest beside its error.
            let lead = (0..rows.len()).fold(0, |best, k| {
                if size(&rows[k]) > size(&rows[best]) {
                    k
                } else {
                    best
                }
            });
            for k in (0..rows.len()).filter(|&k| k != lead) {
                let (i, j) = (lead.min(k), lead.max(k));
                let sign = minor(&rows[i], &rows[j]);
                if let Some(sign) = sign {
                    return match (rows.len(), sign) {
                        (2, Ordering::Less) => Turn::Over,
                        _ => Turn::Kept,
                    };
                }
            }
        }
        if most == 1 && rows.iter().any(|row| row.v != [0.0; 2] && certain(row)) {
            return Turn::Line;
        }
        let source = Source {
            chain: &self.chain,
            levels: &self.refined.levels,
            lines: &[],
            through: &[],
        };
        exact_turn(&exact.rows(&source, &cells, layers))
    }

    /// The rows of a cell's map with error bounds, and the largest rank that it can have by its pattern.
    fn bounded_rows(&self, cells: &[usize], layers: usize) -> (Vec<Entry>, usize) {
        let unit = |v: [f64; 2]| Entry { v, e: [0.0; 2] };
        let mut rows = vec![unit([1.0, 0.0]), unit([0.0, 1.0])];
        let mut most = 2;
        for (k, link) in self.chain[..layers].iter().enumerate() {
            let gamma = (link.inputs as f64 + 6.0) * ROUND * SLACK;
            let level = self.refined.levels.get(k);
            let mut next = Vec::with_capacity(link.units);
            let mut on = 0;
            for unit in 0..link.units {
                let slope = level.map_or(1.0, |level| {
                    link.piece(level, cells[k + 1], unit)[0] / f64::from(link.bend.divisor)
                });
                let weights = link.row(unit);
                let mut sum = Entry::default();
                if slope == 0.0 || weights.iter().all(|&w| w == 0.0) {
                    next.push(sum);
                    continue;
                }
                on += 1;
                for (&w, row) in weights.iter().zip(&rows) {
                    for axis in 0..2 {
                        sum.v[axis] += w * row.v[axis];
                        sum.e[axis] += w.abs() * (row.e[axis] + gamma * row.v[axis].abs());
                    }
                }
                for axis in 0..2 {
                    let rounded = ROUND * sum.v[axis].abs();
                    sum.e[axis] = slope.abs() * (sum.e[axis] + rounded) * SLACK;
                    sum.v[axis] *= slope;
                }
                next.push(sum);
            }
            rows = next;
            most = most.min(on);
        }
        (rows, most)
    }
}

fn size(row: &Entry) -> f64 {
    row.v[0].abs() + row.v[1].abs()
}

/// Whether an entry differs from zero for certain.
fn certain(row: &Entry) -> bool {
    row.v.iter().zip(row.e).any(|(v, e)| v.abs() > e)
}

/// The sign of a (2 x 2) minor, where `f64` decides it.
fn minor(p: &Entry, q: &Entry) -> Option<Ordering> {
    let (left, right) = (p.v[0] * q.v[1], p.v[1] * q.v[0]);
    let value = left - right;
    let upper = |row: &Entry, axis: usize| row.v[axis].abs() + row.e[axis];
    let doubt = p.e[0] * upper(q, 1)
        + upper(p, 0) * q.e[1]
        + p.e[1] * upper(q, 0)
        + upper(p, 1) * q.e[0]
        + 4.0 * ROUND * (left.abs() + right.abs());
    (value.abs() > doubt * SLACK + f64::MIN_POSITIVE).then(|| value.total_cmp(&0.0))
}

fn exact_turn(rows: &[[BigInt; 3]]) -> Turn {
    let zero = |row: &&[BigInt; 3]| row[..2].iter().all(|entry| entry.sign() == Sign::NoSign);
    let Some(lead) = rows.iter().find(|row| !zero(row)) else {
        return Turn::Point;
    };
    let minor = |row: &[BigInt; 3]| (&lead[0] * &row[1] - &lead[1] * &row[0]).sign();
    let sign = rows.iter().map(minor).find(|&sign| sign != Sign::NoSign);
    match (sign, rows.len()) {
        (None, _) => Turn::Line,
        // Of two rows the first leads, or both minors are zero.
        (Some(Sign::Minus), 2) => Turn::Over,
        _ => Turn::Kept,
    }
}
