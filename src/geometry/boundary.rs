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
use super::bracket::Bracket;
use super::lattice::Lattice;
use crate::error::{Error, Result};
use crate::model::{Axis, Frozen};

/// How many points are put through a network at a time; its hidden layers may be wide.
const BATCH: usize = 1 << 14;

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
    Sampling::new(f, bounds, resolution)?.level_set(level)
}

/// The exact pre-image {x : w · h(x) + b = 0} of a hyperplane of the embedding h = `head`, as curves in the input
/// plane: a straight line pulled back through the network (item A15).
///
/// # Errors
/// If the network is not defined on the plane, the normal does not have one entry per output, or as [`level_set`].
pub fn pull_back(
    head: &Frozen,
    normal: &[f64],
    offset: f64,
    bounds: Bounds,
    resolution: [usize; 2],
) -> Result<Vec<Polyline>> {
    height_over_plane(head, normal, offset, bounds, resolution)?.level_set(0.0)
}

/// w · h(x) + b over the input plane, whose zeros are [`pull_back`]'s curves.
///
/// # Errors
/// As [`pull_back`].
pub fn height_over_plane<'a>(
    head: &'a Frozen,
    normal: &'a [f64],
    offset: f64,
    bounds: Bounds,
    resolution: [usize; 2],
) -> Result<Sampling<impl Fn(MatRef<'_, f64>) -> Vec<f64> + 'a>> {
    let refuse = |problem: String| Error::matrix("pull-back", problem);
    if let Some(first) = head.layers.first()
        && first.inputs() != 2
    {
        return Err(refuse(format!(
            "the network has {} inputs, a plane has 2",
            first.inputs()
        )));
    }
    let outputs = head.layers.last().map_or(2, |last| last.units());
    if normal.len() != outputs {
        return Err(refuse(format!(
            "the normal has {} entries, the embedding {outputs} dimensions",
            normal.len()
        )));
    }
    let above = move |embedding: Mat<f64>| {
        let mut heights = vec![offset; embedding.nrows()];
        for (j, w) in normal.iter().enumerate() {
            for (height, h) in heights.iter_mut().zip(embedding.col(j).iter()) {
                *height += w * h;
            }
        }
        heights
    };
    let [x, y] = Lattice::new(bounds, resolution)?.axes();
    let mut values = Vec::with_capacity(x.len() * y.len());
    // Many rows at once, since what the columns share is worked out for each batch; only the embedding is as large as that.
    for some in y.chunks((16 * BATCH / x.len()).max(1)) {
        let [x, some] =
            [(0, &x[..]), (1, some)].map(|(coordinate, places)| Axis { coordinate, places });
        values.extend(above(head.forward_lattice(x, some)));
    }
    let height = move |points: MatRef<'_, f64>| above(head.forward(points));
    Sampling::of_values(height, bounds, resolution, values)
}

/// An edge of the lattice: its lower or left corner, and whether it goes up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Edge {
    j: usize,
    i: usize,
    up: bool,
}

/// A function of the plane, evaluated at the corners of a rectangle's cells: enough for a heat map, and the start of the search
/// for its level sets, so that a picture of both evaluates it once.
#[derive(Debug)]
pub struct Sampling<F> {
    f: F,
    lattice: Lattice,
    values: Vec<f64>,
}

impl<F: Fn(MatRef<'_, f64>) -> Vec<f64>> Sampling<F> {
    /// Evaluates `f` at every corner; arguments as in [`level_set`].
    ///
    /// # Errors
    /// As [`level_set`].
    pub fn new(f: F, bounds: Bounds, resolution: [usize; 2]) -> Result<Self> {
        let lattice = Lattice::new(bounds, resolution)?;
        let values = evaluate(&f, &lattice.corners())?;
        Ok(Self { f, lattice, values })
    }

    /// f at the corners, row by row from the lower left: (nx + 1) (ny + 1) values.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The same where the values at the corners are known already, in the order of [`values`](Self::values).
    ///
    /// # Errors
    /// As [`level_set`], and if there are not as many values as corners.
    pub(super) fn of_values(
        f: F,
        bounds: Bounds,
        resolution: [usize; 2],
        values: Vec<f64>,
    ) -> Result<Self> {
        let lattice = Lattice::new(bounds, resolution)?;
        let [nx, ny] = lattice.cells;
        if values.len() != (nx + 1) * (ny + 1) {
            return Err(Error::matrix(
                "level set",
                format!("{} values for {nx} x {ny} cells", values.len()),
            ));
        }
        Ok(Self { f, lattice, values })
    }

    /// The curves f = `level`, see [`level_set`].
    ///
    /// # Errors
    /// If f returns the wrong number of values.
    pub fn level_set(&self, level: f64) -> Result<Vec<Polyline>> {
        self.level_set_where(level, |_, _| true)
    }

    /// Those of them that run through cells (i, j) that are looked at.
    pub(super) fn level_set_where(
        &self,
        level: f64,
        looked_at: impl Fn(usize, usize) -> bool,
    ) -> Result<Vec<Polyline>> {
        let corners: Vec<f64> = self.values.iter().map(|value| value - level).collect();
        let pieces = self.pieces(&corners, level, looked_at)?;
        let vertices = self.refine(&corners, &pieces, level)?;
        Ok(join(&pieces, &vertices))
    }

    /// f - `level` at some points.
    fn above(&self, points: &[[f64; 2]], level: f64) -> Result<Vec<f64>> {
        let values = evaluate(&self.f, points)?;
        Ok(values.into_iter().map(|value| value - level).collect())
    }

    /// The directed pieces of curve, one or two per crossed cell, from edge to edge, larger values on the left.
    fn pieces(
        &self,
        corners: &[f64],
        level: f64,
        looked_at: impl Fn(usize, usize) -> bool,
    ) -> Result<BTreeMap<Edge, Edge>> {
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
                    _ if !looked_at(i, j) => {}
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
        let centres = self.above(&centres, level)?;
        for ((i, j, starts), centre) in saddles.into_iter().zip(centres) {
            // A high centre joins the high corners, so each piece cuts off a low one, and conversely.
            let turn = if centre >= 0.0 { 1 } else { 3 };
            for start in starts {
                pieces.insert(cell_edge(i, j, start), cell_edge(i, j, (start + turn) % 4));
            }
        }
        Ok(pieces)
    }

    /// Where the curve crosses each edge, by root finding along it; all edges in step, one batch per round.
    fn refine(
        &self,
        corners: &[f64],
        pieces: &BTreeMap<Edge, Edge>,
        level: f64,
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
            let values = self.above(&points, level)?;
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

/// f at many points.
fn evaluate(f: impl Fn(MatRef<'_, f64>) -> Vec<f64>, points: &[[f64; 2]]) -> Result<Vec<f64>> {
    let mut values = Vec::with_capacity(points.len());
    for batch in points.chunks(BATCH) {
        let batch_points = Mat::from_fn(batch.len(), 2, |i, j| batch[i][j]);
        values.extend(f(batch_points.as_ref()));
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
    Ok(values)
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

/// Chains the pieces into curves.
pub(super) fn join<Edge: Copy + Ord>(
    pieces: &BTreeMap<Edge, Edge>,
    vertices: &BTreeMap<Edge, [f64; 2]>,
) -> Vec<Polyline> {
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
