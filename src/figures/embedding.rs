//! The layer before the last, as a plane: the data where the network has put it, the graph paper it came on, and the
//! straight line that separates, or the lines between several classes (post A, figure 6(a)).

use faer::MatRef;

use super::boundary::SEPARATOR;
use super::decision::Decision;
use super::scatter::by_class;
use super::{plane, plane_points, warped_by};
use crate::data::Dataset;
use crate::error::Result;
use crate::geometry::{Bounds, Grid};
use crate::model::{Activation, Frozen};
use crate::plot::Panel;

/// What an embedding panel shows.
#[derive(Debug)]
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

/// The embedding with warped graph paper, the regions of the classes tinted, and the straight lines between them.
///
/// # Errors
/// If the network's last layer is not a classifier.
pub fn embedding(view: &Embedding<'_>) -> Result<Panel> {
    let decision = Decision::of(view.network)?;
    let (head, _) = view.network.split_at(view.network.layers.len() - 1);
    let bounds = view.bounds;
    let as_it_is = |points: MatRef<'_, f64>| points.to_owned();
    let lines = match &decision {
        Decision::Two(readout) => {
            let reach = 4.0 * (bounds.x.1 - bounds.x.0 + bounds.y.1 - bounds.y.0);
            vec![readout.line(reach).to_vec()]
        }
        Decision::Several(_) => decision.borders(bounds, as_it_is)?,
    };
    let panel = plane(bounds, "$h_1$", "$h_2$")
        .mark(decision.regions(bounds, 1.0, as_it_is))
        .marks(warped_by(view.grid, 0.4, &head));
    let panel = by_class(panel, &plane_points(view.activations), view.dataset);
    Ok(lines
        .into_iter()
        .fold(panel, |panel, line| panel.line(line, SEPARATOR)))
}
