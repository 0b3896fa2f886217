//! Counts over the whole plane.

use serde::Serialize;

use super::integers::Origin;
use super::refine::Window;
use super::{mesh::Mesh, network};
use crate::error::Result;
use crate::model::Frozen;

/// The counts of a network's complex over the whole plane.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PlaneCounts {
    /// Cells, those without bounds included.
    pub cells: usize,
    /// Edges, those without an end included.
    pub edges: usize,
    /// Vertices.
    pub vertices: usize,
    /// The mean number of a cell's sides: at most 4 for every network (A. Gaines and J. Bi, 2026).
    pub mean_degree: f64,
}

/// Counts the cells of `network`, from 2 inputs, over the whole plane. The window's sides are at x, y = ±M, where M stands
/// for a number larger than all others; signs there are those of polynomials in M.
///
/// ```
/// # use faer::mat;
/// # use foldspace::model::{Activation, Frozen, Layer};
/// use foldspace::geometry::plane_counts;
///
/// let lines = Layer {
///     name: "hidden".into(),
///     weight: mat![[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]],
///     bias: vec![0.0, 0.0, -1e9], // far away, but there
///     activation: Activation::Relu,
/// };
/// let counts = plane_counts(&Frozen { layers: vec![lines] })?;
/// assert_eq!((counts.cells, counts.edges, counts.vertices), (7, 9, 3));
/// # Ok::<(), foldspace::error::Error>(())
/// ```
///
/// # Errors
/// As [`Complex::new`](super::Complex::new).
pub fn plane_counts(network: &Frozen) -> Result<PlaneCounts> {
    let refined = network::refined(network, &network::chain(network)?, Window::Plane)?;
    let mesh: &Mesh = &refined.mesh;
    let on_rim = |&&line: &&u32| matches!(refined.lines[line as usize], Origin::Far(_));
    let edges = mesh.edges() - mesh.line.iter().filter(on_rim).count();
    Ok(PlaneCounts {
        cells: mesh.faces(),
        edges,
        vertices: refined.places.w.iter().filter(|&&w| w != 0.0).count(),
        mean_degree: 2.0 * edges as f64 / mesh.faces() as f64,
    })
}
