//! The borders between the classes of any function of the plane, in few evaluations.
//!
//! A forest, a support vector machine, a remote service: nothing is known of the function but its scores at the points that are
//! asked for, and each evaluation may be expensive. So a coarse lattice is evaluated first, and only cells in which the winning
//! class changes are divided, down to cells of a fine lattice. What is found on the edge of a cell divides its neighbour too, so
//! that a border is followed where it leads. Where it crosses an edge of a fine cell it is found by root finding on the
//! difference of the two scores, or, for a function in steps, by halving to a thousandth of a cell.
//!
//! A region that lies between the points of the coarse lattice is not found; the result says how far these are apart.

mod crossing;
mod net;

use std::collections::{BTreeMap, BTreeSet};

use faer::{Mat, MatRef};

use super::Bounds;
use super::boundary::Polyline;
use crate::error::{Error, Result};
use crossing::Crossing;
use net::{Net, Vertex};

/// Cells of the coarse lattice along each axis.
const COARSE: usize = 32;
/// How often a cell may be halved: 128 fine cells along each axis.
const HALVINGS: u32 = 2;
/// Fine cells along each axis.
const FINE: usize = COARSE << HALVINGS;
/// The most trials on an edge; root finding on a smooth function takes about seven, steps are halved ten times.
const TRIALS: usize = 24;

/// A corner of the fine lattice, column and row.
type Corner = [usize; 2];

/// What is known of a function after few evaluations.
#[derive(Debug, Clone, PartialEq)]
pub struct BlackBox {
    /// The borders, in no particular direction. Between two crossings of the fine lattice they are straight.
    pub borders: Vec<Polyline>,
    /// How many points were evaluated.
    pub evaluations: usize,
    /// The winning class in every fine cell, row by row from the lower left, [`cells`](Self::cells) along each axis.
    pub winners: Vec<usize>,
    /// The scores that go with them, one for each class.
    pub scores: Mat<f64>,
    /// The fine cells along each axis.
    pub cells: usize,
    /// How far points of the coarse lattice are apart, along x and along y: a region between them may be missed.
    pub smallest: [f64; 2],
}

/// Asks `scores`, which maps points of the plane (n x 2) to a score for each of k >= 2 classes (n x k); the highest wins,
/// the first of equal ones.
///
/// ```
/// use faer::{Mat, MatRef};
/// use foldspace::geometry::{Bounds, black_box};
/// // A tree: class 1 right of 0.3, a step.
/// let tree = |p: MatRef<'_, f64>| Mat::from_fn(p.nrows(), 2, |i, class| f64::from((p[(i, 0)] > 0.3) == (class == 1)));
/// let found = black_box(tree, Bounds::new((0.0, 1.0), (0.0, 1.0))?)?;
/// assert_eq!(found.borders.len(), 1);
/// assert!(found.borders[0].points.iter().all(|p| (p[0] - 0.3).abs() < 1e-3 / 128.0));
/// assert!(found.evaluations < 4000); // a picture of 640 x 480 points takes 307 200
/// # Ok::<(), foldspace::error::Error>(())
/// ```
///
/// # Errors
/// If the function gives other than a row of at least two finite scores for each point.
pub fn black_box(scores: impl Fn(MatRef<'_, f64>) -> Mat<f64>, bounds: Bounds) -> Result<BlackBox> {
    let mut survey = Survey {
        function: &scores,
        bounds,
        known: BTreeMap::new(),
        evaluations: 0,
        classes: 0,
    };
    let step = 1 << HALVINGS;
    let coarse = (0..=COARSE).flat_map(|j| (0..=COARSE).map(move |i| [i * step, j * step]));
    survey.ask(coarse.collect())?;
    let fine = survey.divide()?;
    let crossings = survey.crossings(&fine)?;
    let borders = survey.borders(&fine, &crossings)?;
    let (winners, scores) = survey.field();
    Ok(BlackBox {
        borders,
        evaluations: survey.evaluations,
        winners,
        scores,
        cells: FINE,
        smallest: [bounds.x, bounds.y].map(|(from, to)| (to - from) / COARSE as f64),
    })
}

/// What has been evaluated so far.
struct Survey<'f, F> {
    function: &'f F,
    bounds: Bounds,
    known: BTreeMap<Corner, Vec<f64>>,
    evaluations: usize,
    classes: usize,
}

/// An edge of a fine cell: its lower or left corner, and whether it goes up.
type Edge = (Corner, bool);

impl<F: Fn(MatRef<'_, f64>) -> Mat<f64>> Survey<'_, F> {
    fn point(&self, [i, j]: [f64; 2]) -> [f64; 2] {
        let along = |(from, to): (f64, f64), k: f64| {
            let t = k / FINE as f64;
            from * (1.0 - t) + to * t
        };
        [along(self.bounds.x, i), along(self.bounds.y, j)]
    }

    /// The scores at places of the fine lattice.
    fn evaluate(&mut self, places: &[[f64; 2]]) -> Result<Vec<Vec<f64>>> {
        let mut answers = Vec::with_capacity(places.len());
        for batch in places.chunks(1 << 14) {
            let points: Vec<[f64; 2]> = batch.iter().map(|&place| self.point(place)).collect();
            let points = Mat::from_fn(points.len(), 2, |i, axis| points[i][axis]);
            let scores = (self.function)(points.as_ref());
            self.evaluations += batch.len();
            let classes = scores.ncols();
            let refuse = |problem: String| Error::matrix("borders of a function", problem);
            if scores.nrows() != batch.len()
                || classes < 2
                || (self.classes != 0 && classes != self.classes)
            {
                return Err(refuse(format!(
                    "{} x {classes} scores for {} points; it takes a row of at least two for each",
                    scores.nrows(),
                    batch.len()
                )));
            }
            if !scores.is_all_finite() {
                return Err(refuse("a score is not finite".to_owned()));
            }
            self.classes = classes;
            answers.extend(
                scores
                    .row_iter()
                    .map(|row| row.iter().copied().collect::<Vec<f64>>()),
            );
        }
        Ok(answers)
    }

    /// Evaluates the corners that are not known yet.
    fn ask(&mut self, corners: BTreeSet<Corner>) -> Result<()> {
        let new: Vec<Corner> = corners
            .into_iter()
            .filter(|c| !self.known.contains_key(c))
            .collect();
        let places: Vec<[f64; 2]> = new.iter().map(|c| c.map(|k| k as f64)).collect();
        let answers = self.evaluate(&places)?;
        self.known.extend(new.into_iter().zip(answers));
        Ok(())
    }

    /// The winner at a known corner.
    fn winner(&self, corner: Corner) -> Option<usize> {
        self.known.get(&corner).map(|scores| winner(scores))
    }

    /// Whether known points on the rim of a cell, whose side is `size`, have different winners.
    fn is_parted(&self, [i, j]: Corner, size: usize) -> bool {
        let first = self.winner([i, j]);
        let mut rim = (0..=size)
            .flat_map(|k| [[i + k, j], [i + k, j + size], [i, j + k], [i + size, j + k]])
            .filter_map(|corner| self.winner(corner));
        rim.any(|winner| Some(winner) != first)
    }

    /// Divides cells as long as one that can be divided has a border in it; the fine ones that do.
    ///
    /// A point of a small cell's rim may show that its larger neighbour has a border too, so the search goes on until
    /// nothing is left to divide.
    fn divide(&mut self) -> Result<BTreeSet<Corner>> {
        let size = 1 << HALVINGS;
        let all = (0..COARSE).flat_map(|j| (0..COARSE).map(move |i| ([i * size, j * size], size)));
        let mut cells: BTreeSet<(Corner, usize)> = all.collect();
        loop {
            let parted = cells.iter().copied();
            let parted: Vec<(Corner, usize)> = parted
                .filter(|&(cell, size)| size > 1 && self.is_parted(cell, size))
                .collect();
            if parted.is_empty() {
                break;
            }
            let points = parted.iter().flat_map(|&([i, j], size)| {
                let half = size / 2;
                [
                    [half, 0],
                    [0, half],
                    [half, half],
                    [size, half],
                    [half, size],
                ]
                .map(|[a, b]| [i + a, j + b])
            });
            self.ask(points.collect())?;
            for (cell, size) in parted {
                let half = size / 2;
                let [i, j] = cell;
                cells.remove(&(cell, size));
                cells.extend(
                    [[i, j], [i + half, j], [i, j + half], [i + half, j + half]]
                        .map(|cell| (cell, half)),
                );
            }
        }
        let fine = cells
            .into_iter()
            .filter(|&(cell, size)| size == 1 && self.is_parted(cell, 1));
        Ok(fine.map(|(cell, _)| cell).collect())
    }

    /// Where borders cross the edges of fine cells.
    fn crossings(&mut self, cells: &BTreeSet<Corner>) -> Result<BTreeMap<Edge, [f64; 2]>> {
        let edges: BTreeSet<Edge> = cells
            .iter()
            .flat_map(|&[i, j]| {
                [
                    ([i, j], false),
                    ([i, j], true),
                    ([i + 1, j], true),
                    ([i, j + 1], false),
                ]
            })
            .collect();
        let mut open: Vec<Crossing> = edges
            .into_iter()
            .filter_map(|edge| Crossing::new(edge, |corner| self.known.get(&corner)))
            .collect();
        for _ in 0..TRIALS {
            let active: Vec<usize> = (0..open.len()).filter(|&k| !open[k].done()).collect();
            let trials: Vec<f64> = active.iter().map(|&k| open[k].trial()).collect();
            let places = active
                .iter()
                .zip(&trials)
                .map(|(&k, &t)| on_edge(open[k].edge, t));
            let answers = self.evaluate(&places.collect::<Vec<_>>())?;
            for ((&k, t), scores) in active.iter().zip(trials).zip(answers) {
                open[k].update(t, &scores);
            }
        }
        let place = |crossing: &Crossing| (crossing.edge, on_edge(crossing.edge, crossing.place()));
        Ok(open.iter().map(place).collect())
    }

    /// The crossings joined through the cells.
    fn borders(
        &mut self,
        cells: &BTreeSet<Corner>,
        crossings: &BTreeMap<Edge, [f64; 2]>,
    ) -> Result<Vec<Polyline>> {
        let around = |[i, j]: Corner| {
            [
                ([i, j], false),
                ([i + 1, j], true),
                ([i, j + 1], false),
                ([i, j], true),
            ]
        };
        let crossed = |cell: Corner| {
            let edges = around(cell).into_iter().enumerate();
            edges
                .filter(|(_, edge)| crossings.contains_key(edge))
                .map(|(k, _)| k)
                .collect::<Vec<usize>>()
        };
        // With two classes and four crossings, the centre says which corners belong together.
        let saddles: Vec<Corner> = cells
            .iter()
            .copied()
            .filter(|&cell| crossed(cell).len() == 4)
            .collect();
        let centres: Vec<[f64; 2]> = saddles
            .iter()
            .map(|[i, j]| [*i as f64 + 0.5, *j as f64 + 0.5])
            .collect();
        let answers = self.evaluate(&centres)?;
        let centres: BTreeMap<Corner, usize> = saddles
            .into_iter()
            .zip(answers.iter().map(|scores| winner(scores)))
            .collect();

        let mut net = Net::default();
        for &cell in cells {
            let edges = around(cell);
            let end = |k: usize| Vertex::Edge(edges[k]);
            let [i, j] = cell;
            let corners =
                [[i, j], [i + 1, j], [i + 1, j + 1], [i, j + 1]].map(|corner| self.winner(corner));
            match crossed(cell)[..] {
                [a, b] => net.join(end(a), end(b)),
                // Three or four classes meet, or the corners of two alternate. Edge k is between corners k and k + 1.
                [_, _, _, _] if corners[0] == corners[2] && corners[1] == corners[3] => {
                    let first = if centres.get(&cell).copied() == corners[0] {
                        0
                    } else {
                        3
                    };
                    for k in [first, first + 2] {
                        net.join(end(k % 4), end((k + 1) % 4));
                    }
                }
                ref several => {
                    for &k in several {
                        net.join(end(k), Vertex::Centre(cell));
                    }
                }
            }
        }
        let place = |vertex: &Vertex| match vertex {
            Vertex::Edge(edge) => crossings.get(edge).copied(),
            Vertex::Centre([i, j]) => {
                // Where the borders meet: the middle of the places at which they enter the cell.
                let ends = around([*i, *j])
                    .into_iter()
                    .filter_map(|edge| crossings.get(&edge));
                let ends: Vec<&[f64; 2]> = ends.collect();
                let mean =
                    |axis: usize| ends.iter().map(|end| end[axis]).sum::<f64>() / ends.len() as f64;
                Some([mean(0), mean(1)])
            }
        };
        let lines = net.lines();
        Ok(lines
            .into_iter()
            .map(|(vertices, closed)| Polyline {
                points: vertices
                    .iter()
                    .filter_map(place)
                    .map(|place| self.point(place))
                    .collect(),
                closed,
            })
            .filter(|line| line.points.len() > 1)
            .collect())
    }

    /// Winner and scores in every fine cell, from the nearest known corner of the smallest cell around it.
    fn field(&self) -> (Vec<usize>, Mat<f64>) {
        let at = |cell: usize| {
            let [i, j] = [cell % FINE, cell / FINE];
            // The corners of a fine cell where they are known, else of the coarser one.
            (0..=HALVINGS)
                .find_map(|level| {
                    let size = 1 << level;
                    let low = [i / size * size, j / size * size];
                    let near = [0, 1].map(|axis| {
                        let inside = [i, j][axis] - low[axis];
                        low[axis] + if 2 * inside + 1 > size { size } else { 0 }
                    });
                    self.known.get(&near)
                })
                .map_or(&[][..], Vec::as_slice)
        };
        let winners = (0..FINE * FINE).map(|cell| winner(at(cell))).collect();
        let score = |cell: usize, class: usize| at(cell).get(class).copied().unwrap_or_default();
        (winners, Mat::from_fn(FINE * FINE, self.classes, score))
    }
}

/// The class of the highest score, the first of equal ones.
fn winner(scores: &[f64]) -> usize {
    (1..scores.len()).fold(0, |best, class| {
        if scores[class] > scores[best] {
            class
        } else {
            best
        }
    })
}

/// The place on an edge, t from 0 to 1.
fn on_edge(([i, j], up): Edge, t: f64) -> [f64; 2] {
    let (i, j) = (i as f64, j as f64);
    if up { [i, j + t] } else { [i + t, j] }
}
