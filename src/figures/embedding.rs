//! The layer before the last, as a plane: the data where the network has put it, the graph paper it came on, and the
//! straight line that separates (post A, figure 6(a)).

use faer::MatRef;

use super::boundary::SEPARATOR;
use super::{Readout, decision_field, plane, plane_points, warped};
use crate::data::Dataset;
use crate::error::Result;
use crate::geometry::{Bounds, Grid};
use crate::model::{Activation, Frozen};
use crate::plot::Panel;

/// What an embedding panel shows.
pub struct Embedding<'a> {
    /// The whole network; its last layer but one has two units.
    pub network: &'a Frozen,
    /// The embedded data (n x 2), as the hook recorded it.
    pub activations: MatRef<'a, f64>,
    /// The data the activations belong to, for its labels.
    pub dataset: &'a Dataset,
    /// Graph paper of input space to warp along.
    pub grid: &'a Grid,
    /// The window onto the embedding.
    pub bounds: Bounds,
}

/// The window that holds every value of a bounded activation, or the points with a margin.
///
/// # Errors
/// If a point is not finite, or there is none.
pub fn embedding_bounds(activation: Activation, points: MatRef<'_, f64>) -> Result<Bounds> {
    let margin = 0.1;
    match activation {
        Activation::Tanh => {
            Bounds::new((-1.0 - margin, 1.0 + margin), (-1.0 - margin, 1.0 + margin))
        }
        Activation::Sigmoid => Bounds::new(
            (-margin / 2.0, 1.0 + margin / 2.0),
            (-margin / 2.0, 1.0 + margin / 2.0),
        ),
        _ => Bounds::around(points, margin),
    }
}

/// The embedding with warped graph paper, both half-planes tinted, and the separating line.
///
/// # Errors
/// If the network has no single hyperplane at its end.
pub fn embedding(view: &Embedding<'_>) -> Result<Panel> {
    let readout = Readout::of(view.network)?;
    let (head, _) = view.network.split_at(view.network.layers.len() - 1);
    let bounds = view.bounds;
    let field = decision_field(bounds, |points| readout.probability(points.as_ref()));
    let reach = 4.0 * (bounds.x.1 - bounds.x.0 + bounds.y.1 - bounds.y.0);
    Ok(plane(bounds, "$h_1$", "$h_2$")
        .field(field, [bounds.x.0, bounds.y.0], [bounds.x.1, bounds.y.1])
        .marks(warped(view.grid, 0.4, |points| head.forward(points)))
        .dots(
            &plane_points(view.activations),
            view.dataset.labels().unwrap_or_default(),
        )
        .line(readout.line(reach), SEPARATOR))
}
