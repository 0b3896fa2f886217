//! The decision boundary in input space (post A, figure 6(b)).

use super::decision::Decision;
use super::scatter::{axis_label, by_class};
use super::{plane, plane_points};
use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::geometry::Bounds;
use crate::model::Frozen;
use crate::plot::{Colour, Mark, Panel, Point, Stroke};

/// The line that separates, in input space and in the embedding alike.
pub(crate) const SEPARATOR: Stroke = Stroke::new(Colour::TEXT, 2.2);

/// The curves on which the network is undecided: exact pre-images of the last layer's hyperplanes, for several classes
/// where the two highest scores are equal. A closed curve repeats its first point.
///
/// # Errors
/// If the network does not start in the plane, or its last layer is not a classifier.
pub fn boundary_curves(network: &Frozen, bounds: Bounds) -> Result<Vec<Vec<Point>>> {
    let decision = Decision::of(network)?;
    let head = before_last(network)?;
    decision.borders(bounds, |points| head.forward(points))
}

/// Data, regions and boundary in input space. Two classes: the tint is the probability; several: the likeliest class,
/// paler where the next one is close.
///
/// # Errors
/// As [`boundary_curves`].
pub fn boundary(network: &Frozen, dataset: &Dataset, bounds: Bounds) -> Result<Panel> {
    boundary_on(network, dataset, bounds, Vec::new())
}

/// The same over `paper`, which lies between the regions and the data.
///
/// # Errors
/// As [`boundary_curves`].
pub fn boundary_on(
    network: &Frozen,
    dataset: &Dataset,
    bounds: Bounds,
    paper: Vec<Mark>,
) -> Result<Panel> {
    super::scatter::legible(dataset)?;
    let decision = Decision::of(network)?;
    let head = before_last(network)?;
    let (regions, curves) = decision.picture(bounds, &head)?;
    let label = |axis: usize| dataset.feature_names.get(axis).map(|name| axis_label(name));
    let [x, y] = [0, 1].map(|axis| label(axis).unwrap_or_default());
    let panel = plane(bounds, &x, &y).mark(regions).marks(paper);
    let points = plane_points(dataset.features.as_ref());
    let lines = curves.into_iter().map(|points| Mark::Line {
        points,
        stroke: SEPARATOR,
    });
    Ok(by_class(panel, &points, dataset).marks(lines))
}

/// All layers but the last, of a network that starts in the plane.
fn before_last(network: &Frozen) -> Result<Frozen> {
    let inputs = network.layers.first().map_or(0, |first| first.inputs());
    if inputs != 2 {
        return Err(Error::matrix(
            "decision boundary",
            format!("the network has {inputs} inputs, a plane has 2"),
        ));
    }
    Ok(network.split_at(network.layers.len() - 1).0)
}
