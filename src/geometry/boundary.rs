//! Level sets in the plane: decision boundaries, and the curve that a straight line in the embedding comes from.
//!
//! Marching squares on a regular grid: where a cell's corners differ in sign, the curve crosses the cell's edges.
//! Each crossing is then refined by bracketed root finding along its edge, so the vertices lie on the curve (to
//! rounding), whatever the grid; only the straight pieces between them depend on the resolution. Where a cell has
//! two opposite corners of one sign (a saddle), the sign at its centre decides which are joined.
//! Source: W. Lorensen and H. Cline, *Marching Cubes* (1987), in two dimensions.

use std::collections::BTreeMap;

use faer::{Mat, MatRef};

use super::Bounds;
use crate::error::{Error, Result};
use crate::model::Frozen;

/// A curve as a chain of straight pieces, larger values on its left.
#[derive(Debug, Clone, PartialEq)]
pub struct Polyline {
    /// The vertices in order. A closed curve does not repeat the first.
    pub points: Vec<[f64; 2]>,
    /// Whether the last vertex joins the first. An open curve ends at the rim of the rectangle.
    pub closed: bool,
}

/// The curves f = `level` in a rectangle.
///
/// `f` maps points, one per row (n x 2), to n values. `resolution` counts the cells along x and y: a detail smaller
/// than a cell can be missed, and a curve's vertices are about a cell apart. Where f is not finite there is no
/// curve.
///
/// ```
/// use foldspace::geometry::{Bounds, level_set};
/// let square = Bounds::new((-2.0, 2.0), (-2.0, 2.0))?;
/// let radius = |p: faer::MatRef<'_, f64>| p.row_iter().map(|p| p[0].hypot(p[1])).collect::<Vec<f64>>();
/// let curves = level_set(radius, square, [40, 40], 1.0)?;
/// assert_eq!(curves.len(), 1);
/// assert!(curves[0].closed);
/// assert!(curves[0].points.iter().all(|p| (p[0].hypot(p[1]) - 1.0).abs() < 1e-12));
/// # Ok::<(), foldspace::error::Error>(())
/// ```
///
/// # Errors
/// If the resolution is zero or above 10 000 in a direction, or `f` returns the wrong number of values.
pub fn level_set(
    f: impl Fn(MatRef<'_, f64>) -> Vec<f64>,
    bounds: Bounds,
    resolution: [usize; 2],
    level: f64,
) -> Result<Vec<Polyline>> {
    let field = Field {
        f: &f,
        level,
        lattice: Lattice::new(bounds, resolution)?,
    };
    let corners = field.corners()?;
    let pieces = field.pieces(&corners)?;
    let vertices = field.refine(&corners, &pieces)?;
    Ok(join(&pieces, &vertices))
}

/// The exact pre-image {x : w · h(x) + b = 0} of a hyperplane of the embedding h = `head`, as curves in the input
/// plane: a straight line pulled back through the network (item A15).
///
/// # Errors
/// If the network is not defined on the plane, the normal has not one entry per output, or as [`level_set`].
pub fn pull_back(
    head: &Frozen,
    normal: &[f64],
    offset: f64,
    bounds: Bounds,
    resolution: [usize; 2],
) -> Result<Vec<Polyline>> {
    let refuse = |problem: String| Err(Error::matrix("pull-back", problem));
    if let Some(first) = head.layers.first()
        && first.inputs() != 2
    {
        return refuse(format!(
            "the network has {} inputs, a plane has 2",
            first.inputs()
        ));
    }
    let outputs = head.layers.last().map_or(2, |last| last.units());
    if normal.len() != outputs {
        return refuse(format!(
            "the normal has {} entries, the embedding {outputs} dimensions",
            normal.len()
        ));
    }
    let height = |points: MatRef<'_, f64>| {
        let embedding = head.forward(points);
        let mut heights = vec![offset; embedding.nrows()];
        for (j, w) in normal.iter().enumerate() {
            for (height, h) in heights.iter_mut().zip(embedding.col(j).iter()) {
                *height += w * h;
            }
        }
        heights
    };
    level_set(height, bounds, resolution, 0.0)
}

/// The corners of the cells: (nx + 1) x (ny + 1) points.
struct Lattice {
    bounds: Bounds,
    cells: [usize; 2],
}

impl Lattice {
    fn new(bounds: Bounds, cells: [usize; 2]) -> Result<Self> {
        if cells.iter().any(|&n| n == 0 || n > 10_000) {
            return Err(Error::invalid(
                "resolution",
                format!("{} x {} cells", cells[0], cells[1]),
                "ask for 1 to 10000 cells along each axis",
            ));
        }
        Ok(Self { bounds, cells })
    }

    /// The point at (possibly fractional) cell coordinates.
    fn point(&self, i: f64, j: f64) -> [f64; 2] {
        let along = |(from, to): (f64, f64), k: f64, n: usize| {
            let t = k / n as f64;
            from * (1.0 - t) + to * t
        };
        [
            along(self.bounds.x, i, self.cells[0]),
            along(self.bounds.y, j, self.cells[1]),
        ]
    }

    fn corner_index(&self, i: usize, j: usize) -> usize {
        j * (self.cells[0] + 1) + i
    }
}

/// An edge of the lattice: its lower or left corner, and whether it goes up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Edge {
    j: usize,
    i: usize,
    up: bool,
}

struct Field<'a, F> {
    f: &'a F,
    level: f64,
    lattice: Lattice,
}

impl<F: Fn(MatRef<'_, f64>) -> Vec<f64>> Field<'_, F> {
    /// f - level at many points at once.
    fn evaluate(&self, points: &[[f64; 2]]) -> Result<Vec<f64>> {
        // A network's hidden layer may be wide: bounded batches bound the memory.
        let mut values = Vec::with_capacity(points.len());
        for batch in points.chunks(1 << 14) {
            let batch_points = Mat::from_fn(batch.len(), 2, |i, j| batch[i][j]);
            values.extend((self.f)(batch_points.as_ref()));
        }
        if values.len() != points.len() {
            return Err(Error::matrix(
                "level set",
                format!(
                    "the function gave {} values for {} points",
                    values.len(),
                    points.len()
                ),
            ));
        }
        Ok(values.into_iter().map(|value| value - self.level).collect())
    }

    fn corners(&self) -> Result<Vec<f64>> {
        let [nx, ny] = self.lattice.cells;
        let points: Vec<[f64; 2]> = (0..=ny)
            .flat_map(|j| (0..=nx).map(move |i| (i, j)))
            .map(|(i, j)| self.lattice.point(i as f64, j as f64))
            .collect();
        self.evaluate(&points)
    }

    /// The directed pieces of curve, one or two per crossed cell, from edge to edge, larger values on the left.
    fn pieces(&self, corners: &[f64]) -> Result<BTreeMap<Edge, Edge>> {
        let [nx, ny] = self.lattice.cells;
        let mut pieces = BTreeMap::new();
        let mut saddles = Vec::new();
        for j in 0..ny {
            for i in 0..nx {
                // Corners and edges anticlockwise from the lower left: edge k joins corners k and k + 1.
                let values = [(i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)]
                    .map(|(i, j)| corners[self.lattice.corner_index(i, j)]);
                if values.iter().any(|value| !value.is_finite()) {
                    continue;
                }
                let leaves = |k: usize| values[k] >= 0.0 && values[(k + 1) % 4] < 0.0;
                let enters = |k: usize| values[k] < 0.0 && values[(k + 1) % 4] >= 0.0;
                let starts: Vec<usize> = (0..4).filter(|&k| leaves(k)).collect();
                match starts[..] {
                    [] => {}
                    [start] => {
                        let end = (0..4).find(|&k| enters(k)).unwrap_or(start);
                        pieces.insert(cell_edge(i, j, start), cell_edge(i, j, end));
                    }
                    _ => saddles.push((i, j, starts)),
                }
            }
        }
        let centres: Vec<[f64; 2]> = saddles
            .iter()
            .map(|&(i, j, _)| self.lattice.point(i as f64 + 0.5, j as f64 + 0.5))
            .collect();
        let centres = self.evaluate(&centres)?;
        for ((i, j, starts), centre) in saddles.into_iter().zip(centres) {
            // A high centre joins the high corners, so each piece cuts off a low one, and conversely.
            let turn = if centre >= 0.0 { 1 } else { 3 };
            for start in starts {
                pieces.insert(cell_edge(i, j, start), cell_edge(i, j, (start + turn) % 4));
            }
        }
        Ok(pieces)
    }

    /// Where the curve crosses each edge: Illinois steps (false position that halves a stagnant end), with a
    /// bisection whenever three steps together have not halved the bracket; all edges in step, one batch per round.
    fn refine(
        &self,
        corners: &[f64],
        pieces: &BTreeMap<Edge, Edge>,
    ) -> Result<BTreeMap<Edge, [f64; 2]>> {
        let mut edges: Vec<Edge> = pieces.iter().flat_map(|(&a, &b)| [a, b]).collect();
        edges.sort_unstable();
        edges.dedup();
        let mut brackets: Vec<Bracket> = edges
            .iter()
            .map(|edge| {
                let (i, j) = (edge.i, edge.j);
                let (i1, j1) = if edge.up { (i, j + 1) } else { (i + 1, j) };
                Bracket::new(
                    corners[self.lattice.corner_index(i, j)],
                    corners[self.lattice.corner_index(i1, j1)],
                )
            })
            .collect();
        let position = |edge: &Edge, t: f64| {
            let (i, j) = (edge.i as f64, edge.j as f64);
            if edge.up {
                self.lattice.point(i, j + t)
            } else {
                self.lattice.point(i + t, j)
            }
        };
        for _ in 0..200 {
            let active: Vec<usize> = (0..edges.len()).filter(|&k| !brackets[k].done).collect();
            if active.is_empty() {
                break;
            }
            let trials: Vec<f64> = active.iter().map(|&k| brackets[k].trial()).collect();
            let points: Vec<[f64; 2]> = active
                .iter()
                .zip(&trials)
                .map(|(&k, &t)| position(&edges[k], t))
                .collect();
            let values = self.evaluate(&points)?;
            for ((&k, t), value) in active.iter().zip(trials).zip(values) {
                brackets[k].update(t, value);
            }
        }
        Ok(edges
            .into_iter()
            .zip(brackets)
            .map(|(edge, bracket)| (edge, position(&edge, bracket.best.0)))
            .collect())
    }
}

/// The edge k of cell (i, j), anticlockwise from the bottom.
fn cell_edge(i: usize, j: usize, k: usize) -> Edge {
    match k {
        0 => Edge { j, i, up: false },
        1 => Edge {
            j,
            i: i + 1,
            up: true,
        },
        2 => Edge {
            j: j + 1,
            i,
            up: false,
        },
        _ => Edge { j, i, up: true },
    }
}

/// A sign change of f between two places of an edge, t in [0, 1].
struct Bracket {
    /// (t, f(t)), f possibly halved by the Illinois rule.
    low: (f64, f64),
    high: (f64, f64),
    /// The trial with the smallest |f|.
    best: (f64, f64),
    /// The widths before the last three steps.
    widths: [f64; 3],
    /// Whether the last step moved the low end; `None` before the first.
    moved_low: Option<bool>,
    done: bool,
}

impl Bracket {
    fn new(at_zero: f64, at_one: f64) -> Self {
        let (low, high) = ((0.0, at_zero), (1.0, at_one));
        let best = if at_zero.abs() <= at_one.abs() {
            low
        } else {
            high
        };
        Self {
            low,
            high,
            best,
            widths: [f64::INFINITY; 3],
            moved_low: None,
            done: best.1 == 0.0,
        }
    }

    fn width(&self) -> f64 {
        self.high.0 - self.low.0
    }

    fn trial(&self) -> f64 {
        let (low, high) = (self.low, self.high);
        let middle = 0.5 * (low.0 + high.0);
        if self.width() > 0.5 * self.widths[0] {
            return middle;
        }
        let t = (low.0 * high.1 - high.0 * low.1) / (high.1 - low.1);
        if t > low.0 && t < high.0 { t } else { middle }
    }

    fn update(&mut self, t: f64, value: f64) {
        self.widths = [self.widths[1], self.widths[2], self.width()];
        if value.abs() < self.best.1.abs() {
            self.best = (t, value);
        }
        let move_low = (value >= 0.0) == (self.low.1 >= 0.0);
        // An end that stays a second time is halved, so that the next step favours its side.
        let again = self.moved_low == Some(move_low);
        if move_low {
            self.low = (t, value);
            self.high.1 *= if again { 0.5 } else { 1.0 };
        } else {
            self.high = (t, value);
            self.low.1 *= if again { 0.5 } else { 1.0 };
        }
        self.moved_low = Some(move_low);
        self.done = value == 0.0 || !value.is_finite() || self.width() <= 4.0 * f64::EPSILON;
    }
}

/// Chains the pieces into curves.
fn join(pieces: &BTreeMap<Edge, Edge>, vertices: &BTreeMap<Edge, [f64; 2]>) -> Vec<Polyline> {
    let mut rest = pieces.clone();
    let ends: std::collections::BTreeSet<Edge> = pieces.values().copied().collect();
    // First the open curves, from the edges that no piece leads to; what remains are loops.
    let open: Vec<Edge> = pieces
        .keys()
        .filter(|edge| !ends.contains(edge))
        .copied()
        .collect();
    let loops = pieces.keys().copied();
    let mut curves = Vec::new();
    for start in open.into_iter().chain(loops) {
        if !rest.contains_key(&start) {
            continue;
        }
        let mut points: Vec<[f64; 2]> = vertices.get(&start).copied().into_iter().collect();
        let mut edge = start;
        while let Some(next) = rest.remove(&edge) {
            edge = next;
            if edge != start {
                points.extend(vertices.get(&edge));
            }
        }
        points.dedup(); // a curve through a corner of the lattice crosses two of its edges in one point
        let closed = edge == start;
        if closed && points.len() > 1 && points.first() == points.last() {
            points.pop();
        }
        if points.len() > 1 {
            curves.push(Polyline { points, closed });
        }
    }
    curves
}
