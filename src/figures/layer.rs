//! What a layer in the middle makes of the data: where it puts the samples, and the graph paper they lay on.

use faer::{Mat, MatRef};

use super::input_plane::roomy;
use super::scatter::{by_target, legible};
use super::training::{are_parted, class_pairs};
use super::{InputPlane, embedding_bounds, plane, plane_points, warped, warped_by};
use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::geometry::{Bounds, Grid, Slice};
use crate::model::Frozen;
use crate::plot::text::literal;
use crate::plot::{Figure, Frame};

/// The output of `head`, all layers up to the one to be seen, for `data` (n x d); its graph paper fills `window` of the
/// inputs' plane. More than two units are seen along their first two principal components.
pub(super) fn layer(
    head: &Frozen,
    inputs: &InputPlane,
    window: Bounds,
    data: &Dataset,
    source: &str,
) -> Result<Figure> {
    legible(data)?;
    let Some(last) = head.layers.last() else {
        return Err(Error::matrix("embedding", "the network has no layers"));
    };
    if last.units() < 2 {
        return Err(Error::invalid(
            "embedding",
            format!("layer {} has one unit, a plane has 2", last.name),
            "choose a layer of 2 or more units",
        ));
    }
    let values = head.forward(data.features.as_ref());
    let on_plane = inputs.network(head)?;
    let grid = Grid::new(window, 21, 17, 61)?;
    let (panel, note) = if last.units() == 2 {
        let bounds = embedding_bounds(last.activation, values.as_ref())?;
        let paper = warped_by(&grid, 0.4, &on_plane);
        let panel = plane(bounds, "$h_1$", "$h_2$")
            .frame(Frame::Box)
            .marks(paper);
        let panel = by_target(panel, &plane_points(values.as_ref()), data);
        (roomy(panel, bounds), String::new())
    } else {
        let (slice, shares) = Slice::principal(values.as_ref())?;
        let seen = slice.project(values.as_ref());
        let bounds = Bounds::around(seen.as_ref(), 0.1)?;
        let map = |points: MatRef<'_, f64>| slice.project(on_plane.forward(points).as_ref());
        let [x, y] = [0, 1].map(|k| format!("PC {} ({:.1} %)", k + 1, 100.0 * shares[k]));
        let panel = plane(bounds, &x, &y)
            .frame(Frame::Box)
            .marks(warped(&grid, 0.4, map));
        let panel = by_target(panel, &plane_points(seen.as_ref()), data);
        let note = format!(
            " The plane of the first two principal components of the layer's {} units, with {:.1} % of their variance; \
             samples are shown where they project onto it.",
            last.units(),
            100.0 * (shares[0] + shares[1]).min(1.0)
        );
        (roomy(panel, bounds), note)
    };
    let verdict = verdict(&values, data)?;
    Ok(Figure::new("Embedding")
        .caption(format!(
            "{source}: the output of layer {}, the graph paper of the inputs warped along.{note} {}",
            literal(&last.name),
            inputs.note()
        ))
        .size(640, 700)
        .panel(panel.note(verdict)))
}

/// How many pairs of classes a hyperplane separates; nothing for a regression.
fn verdict(values: &Mat<f64>, data: &Dataset) -> Result<String> {
    let Some(labels) = data.labels() else {
        return Ok(String::new());
    };
    let pairs = class_pairs(labels);
    let mut parted = 0;
    for &pair in &pairs {
        parted += usize::from(are_parted(values, labels, pair)?);
    }
    Ok(match (parted, pairs.len()) {
        (0, 1) => "not linearly separable".to_owned(),
        (1, 1) => "linearly separable".to_owned(),
        (parted, pairs) => format!("{parted} of {pairs} pairs linearly separable"),
    })
}
