//! The decision boundary in input space (post A, figure 6(b)).

use faer::Mat;

use super::{BOUNDARY_CELLS, FIELD_CELLS, Readout, plane, plane_points};
use crate::data::Dataset;
use crate::error::Result;
use crate::geometry::{Bounds, Polyline, height_over_plane, pull_back};
use crate::model::{Frozen, activation};
use crate::plot::{Colormap, Colour, Field, Mark, Panel, Point, Stroke};

/// The line that separates, in input space and in the embedding alike.
pub(crate) const SEPARATOR: Stroke = Stroke::new(Colour::TEXT, 2.2);

/// The probability of class 1 over a window of the plane, sampled at the centres of cells.
pub fn decision_field(bounds: Bounds, probability: impl Fn(&Mat<f64>) -> Vec<f64>) -> Field {
    let n = FIELD_CELLS;
    let place = |(from, to): (f64, f64), k: usize| from + (to - from) * (k as f64 + 0.5) / n as f64;
    let centres = Mat::from_fn(n * n, 2, |i, axis| match axis {
        0 => place(bounds.x, i % n),
        _ => place(bounds.y, i / n),
    });
    Field {
        columns: n,
        rows: n,
        values: probability(&centres),
        range: [0.0, 1.0],
        colormap: Colormap::Classes,
        smooth: true,
    }
}

/// The curves on which the network is undecided: the exact pre-image of the last layer's hyperplane.
///
/// # Errors
/// If the network does not start in the plane, or has no single hyperplane at its end.
pub fn boundary_curves(network: &Frozen, bounds: Bounds) -> Result<Vec<Vec<Point>>> {
    let readout = Readout::of(network)?;
    let (head, _) = network.split_at(network.layers.len() - 1);
    let curves = pull_back(
        &head,
        &readout.normal,
        readout.offset,
        bounds,
        [BOUNDARY_CELLS; 2],
    )?;
    Ok(curves.into_iter().map(drawn).collect())
}

/// The curve's points, the first one again at the end of a closed curve.
fn drawn(curve: Polyline) -> Vec<Point> {
    let mut points = curve.points;
    if curve.closed {
        points.extend(points.first().copied());
    }
    points
}

/// Data, probability and boundary in input space.
///
/// # Errors
/// As [`boundary_curves`].
pub fn boundary(network: &Frozen, dataset: &Dataset, bounds: Bounds) -> Result<Panel> {
    let readout = Readout::of(network)?;
    let (head, _) = network.split_at(network.layers.len() - 1);
    let n = BOUNDARY_CELLS;
    // One evaluation serves both: the heat map takes the corners that the curves are searched from.
    let heights = height_over_plane(&head, &readout.normal, readout.offset, bounds, [n; 2])?;
    let field = Field {
        columns: n + 1,
        rows: n + 1,
        values: heights
            .values()
            .iter()
            .map(|&height| activation::sigmoid(height))
            .collect(),
        range: [0.0, 1.0],
        colormap: Colormap::Classes,
        smooth: true,
    };
    // The outermost corners are cell centres of the field, so it reaches half a cell beyond the window, which cuts it off.
    let beyond = |(from, to): (f64, f64)| 0.5 * (to - from) / n as f64;
    let (dx, dy) = (beyond(bounds.x), beyond(bounds.y));
    let (low, high) = (
        [bounds.x.0 - dx, bounds.y.0 - dy],
        [bounds.x.1 + dx, bounds.y.1 + dy],
    );
    let points = plane_points(dataset.features.as_ref());
    Ok(plane(bounds, "$x_1$", "$x_2$")
        .field(field, low, high)
        .dots(&points, dataset.labels().unwrap_or_default())
        .marks(heights.level_set(0.0)?.into_iter().map(|curve| Mark::Line {
            points: drawn(curve),
            stroke: SEPARATOR,
        })))
}
