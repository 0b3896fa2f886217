//! The cells of a piecewise linear network over a window of the plane, exactly.
//!
//! A cell is a convex polygon on which no unit changes sign, so that the network is one affine map there. The cells, with
//! the edges and vertices between them, are a polygonal complex; [`Complex`] builds it from the weights, not from samples:
//!
//! - The window is a half-edge mesh of one face. Unit by unit and layer by layer, edges are split where the unit is zero
//!   and faces cut along the chord between two such points. On a face of the layers before, a unit is affine.
//! - A unit's sign at a vertex is computed in `f64` with a running error bound. Where that does not decide, it is decided in
//!   integers: weights are dyadic numbers, a vertex is the meeting of two dyadic lines, and the sign that of a determinant.
//! - So a zero is a zero. Units that coincide, creases that run parallel or meet in one point need no special code, and no
//!   tolerance is involved anywhere.
//!
//! Each crease carries the unit that bends there, each cell the pattern of units that are on, and its affine map. Sources:
//! G. Montúfar, R. Pascanu, K. Cho and Y. Bengio, *On the Number of Linear Regions of Deep Neural Networks* (2014);
//! A. Berzins, *Polyhedral Complex Extraction from ReLU Networks using Edge Subdivision* (2023); C. K. Yap, *Towards Exact
//! Geometric Computation* (1997).

mod bound;
mod chain;
mod data;
mod decided;
mod integers;
mod maps;
mod mesh;
mod network;
mod pattern;
mod plane;
mod refine;
mod row;
mod rows;
mod turns;

pub use bound::most_cells;
pub use data::{ComplexData, ComplexSummary, EdgeData, FaceData, Segment};
pub use decided::Decided;
pub use maps::AffineMap;
pub(super) use network::misfit;
pub use network::piecewise_linear;
pub use pattern::Pattern;
pub use plane::{PlaneCounts, plane_counts};
pub use turns::Turn;

use super::Bounds;
use crate::error::Result;
use crate::model::Frozen;
use chain::Link;
use integers::Origin;
use mesh::OUTSIDE;
use refine::Refined;

/// The complex of a network over a window. Vertices, edges and faces (the cells) are numbered from 0; the numbers depend on
/// the network and the window alone.
///
/// ```
/// use faer::mat;
/// use foldspace::geometry::{Bounds, Complex};
/// use foldspace::model::{Activation, Frozen, Layer};
///
/// // Three creases, x = 0.1, y = 0.2 and x + y = 0.3, of which the last nearly meets the others' crossing.
/// let lines = Layer {
///     name: "hidden".into(),
///     weight: mat![[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]],
///     bias: vec![-0.1, -0.2, -0.3],
///     activation: Activation::Relu,
/// };
/// let window = Bounds::new((-1.0, 1.0), (-1.0, 1.0))?;
/// let complex = Complex::new(&Frozen { layers: vec![lines] }, window)?;
/// // In doubles, 0.1 + 0.2 is not 0.3: there is a triangle between the three.
/// assert_eq!(complex.faces(), 7);
/// assert_eq!(complex.vertices().len() + complex.faces(), complex.edges() + 1);
/// let least = (0..7).map(|face| complex.area(face)).fold(f64::INFINITY, f64::min);
/// assert!(least < 1e-30);
/// # Ok::<(), foldspace::error::Error>(())
/// ```
#[derive(Debug)]
pub struct Complex {
    refined: Refined,
    chain: Vec<Link>,
    window: Bounds,
    points: Vec<[f64; 2]>,
    areas: Vec<f64>,
}

/// An edge of a [`Complex`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    /// The numbers of its vertices.
    pub ends: [usize; 2],
    /// The numbers of the cells to the left and to the right of the way from the first vertex to the second; one is absent
    /// along the window's rim.
    pub sides: [Option<usize>; 2],
    /// What bends here; absent along the window's rim.
    pub crease: Option<Crease>,
}

/// Which unit bends the plane along an edge: of several that coincide, the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crease {
    /// The position of the unit's layer.
    pub layer: usize,
    /// The unit's position in it.
    pub unit: usize,
}

impl Complex {
    /// The cells of `network`, from 2 inputs, within `window`.
    ///
    /// All activations must be made of straight pieces (ReLU, leaky ReLU, identity, clip, hard tanh, hard sigmoid); a sigmoid or
    /// softmax at the very end is allowed and left out: the network's output then means the scores before it.
    ///
    /// # Errors
    /// If the network has another activation (a smooth network has no cells), not two inputs, layers that do not fit, or
    /// weights that are not finite.
    pub fn new(network: &Frozen, window: Bounds) -> Result<Self> {
        let chain = network::chain(network)?;
        let refined = network::refined(network, &chain, network::rectangle(window)?)?;
        Ok(Self::of(refined, chain, window))
    }

    fn of(refined: Refined, chain: Vec<Link>, window: Bounds) -> Self {
        let places = &refined.places;
        let points: Vec<[f64; 2]> = places
            .x
            .iter()
            .zip(&places.y)
            .map(|(&x, &y)| [x, y])
            .collect();
        let areas = (0..refined.mesh.faces() as u32)
            .map(|face| {
                let corners = refined.mesh.around(face);
                area(corners.map(|h| points[refined.mesh.origin[h as usize] as usize]))
            })
            .collect();
        Self {
            refined,
            chain,
            window,
            points,
            areas,
        }
    }

    /// The window.
    pub fn window(&self) -> Bounds {
        self.window
    }

    /// Where the vertices are, by number.
    pub fn vertices(&self) -> &[[f64; 2]] {
        &self.points
    }

    /// How many edges there are, those along the rim included.
    pub fn edges(&self) -> usize {
        self.refined.mesh.edges()
    }

    /// How many cells there are.
    pub fn faces(&self) -> usize {
        self.refined.mesh.faces()
    }

    /// An edge.
    ///
    /// # Panics
    /// If there is none with this number.
    pub fn edge(&self, edge: usize) -> Edge {
        let mesh = &self.refined.mesh;
        let sides = [2 * edge, 2 * edge + 1].map(|h| mesh.face[h]);
        Edge {
            ends: [2 * edge, 2 * edge + 1].map(|h| mesh.origin[h] as usize),
            sides: sides.map(|face| (face != OUTSIDE).then_some(face as usize)),
            crease: match self.refined.lines[mesh.line[edge] as usize] {
                Origin::Unit { layer, bend, .. } => Some(Crease {
                    layer: layer as usize,
                    unit: self.chain[layer as usize].bend(bend as usize).0,
                }),
                Origin::Side(_) | Origin::Far(_) => None,
            },
        }
    }

    /// The number of the line that an edge lies on: the same for edges on one unit's zeros in one cell of the layers before.
    pub(super) fn line(&self, edge: usize) -> u32 {
        self.refined.mesh.line[edge]
    }

    /// How many entries of a [`Pattern`] each of the layers has that bend: one per unit and kink.
    pub fn layers(&self) -> Vec<usize> {
        let bending = self.chain.iter().map(Link::bends);
        bending.filter(|&bends| bends > 0).collect()
    }

    /// The numbers of a cell's vertices, anticlockwise.
    ///
    /// # Panics
    /// If there is no such cell.
    pub fn corners(&self, face: usize) -> Vec<usize> {
        let mesh = &self.refined.mesh;
        let corners = mesh.around(face as u32);
        corners.map(|h| mesh.origin[h as usize] as usize).collect()
    }

    /// Where a cell's vertices are, anticlockwise. Three may lie on one line, where a neighbour has a corner.
    ///
    /// # Panics
    /// If there is no such cell.
    pub fn polygon(&self, face: usize) -> Vec<[f64; 2]> {
        let corners = self.corners(face).into_iter();
        corners.map(|vertex| self.points[vertex]).collect()
    }

    /// A cell's area, in the square of the window's units.
    ///
    /// # Panics
    /// If there is no such cell.
    pub fn area(&self, face: usize) -> f64 {
        self.areas[face]
    }

    /// The mean number of a cell's sides, those on the window's rim left out. In the whole plane it is at most 4
    /// ([`plane_counts`]).
    pub fn mean_degree(&self) -> f64 {
        let inner = (0..self.edges()).filter(|&edge| self.edge(edge).crease.is_some());
        2.0 * inner.count() as f64 / self.faces() as f64
    }

    /// How many signs were too near zero for `f64` and were decided in integers.
    pub fn exact_signs(&self) -> usize {
        self.refined.exact_signs
    }

    /// Where the segment from `from` to `to` meets edges or runs through vertices, as shares of its length in rising order.
    pub fn crossings(&self, from: [f64; 2], to: [f64; 2]) -> Vec<f64> {
        let [dx, dy] = [to[0] - from[0], to[1] - from[1]];
        let length = dx * dx + dy * dy;
        let beside = |p: [f64; 2]| dx * (p[1] - from[1]) - dy * (p[0] - from[0]);
        let along = |p: [f64; 2]| (dx * (p[0] - from[0]) + dy * (p[1] - from[1])) / length;
        let mut found: Vec<f64> = Vec::new();
        for edge in 0..self.edges() {
            let ends = [2 * edge, 2 * edge + 1].map(|h| self.refined.mesh.origin[h] as usize);
            let [p, q] = ends.map(|vertex| self.points[vertex]);
            let (s, t) = (beside(p), beside(q));
            if s == 0.0 {
                found.push(along(p));
            } else if (s < 0.0) != (t < 0.0) && t != 0.0 {
                let share = s / (s - t);
                found.push(along(p) + share * (along(q) - along(p)));
            }
            if t == 0.0 {
                found.push(along(q));
            }
        }
        found.retain(|t| (0.0..=1.0).contains(t));
        found.sort_by(f64::total_cmp);
        // A crease through a vertex is met once per edge there.
        found.dedup_by(|next, kept| *next - *kept <= 1e-12);
        found
    }
}

/// The area inside a polygon, anticlockwise (the shoelace formula, from the first corner).
fn area(mut corners: impl Iterator<Item = [f64; 2]>) -> f64 {
    let Some([x0, y0]) = corners.next() else {
        return 0.0;
    };
    let mut twice = 0.0;
    let mut last: Option<[f64; 2]> = None;
    for [x, y] in corners {
        let here = [x - x0, y - y0];
        if let Some([a, b]) = last {
            twice += a * here[1] - b * here[0];
        }
        last = Some(here);
    }
    twice / 2.0
}
