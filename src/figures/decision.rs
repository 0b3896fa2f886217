//! What a network decides about the points of a plane: tinted regions, and the curves between them.

use faer::{Mat, MatRef};

use super::field::{cell_centres, decision_field};
use super::{BOUNDARY_CELLS, FIELD_CELLS, Readout};
use crate::error::{Error, Result};
use crate::geometry::{Bounds, Polyline, class_borders, height_over_plane, level_set};
use crate::model::{Activation, Frozen, Layer, activation};
use crate::plot::{ClassField, Colormap, Field, HEIGHTS, Mark, Point};

/// The last layer of a classifier, as a judge of what comes before it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Decision {
    /// Two classes, separated by one hyperplane.
    Two(Readout),
    /// Several classes; the highest score wins. The layer without its softmax.
    Several(Layer),
}

impl Decision {
    /// Of a network that ends in one sigmoid or identity unit, or in softmax or identity units, one per class.
    ///
    /// # Errors
    /// If it ends in anything else.
    pub(super) fn of(network: &Frozen) -> Result<Self> {
        match (network.layers.last(), Readout::of(network)) {
            (_, Ok(readout)) => Ok(Self::Two(readout)),
            (Some(last), Err(_))
                if last.units() > 2
                    && matches!(last.activation, Activation::Softmax | Activation::Identity) =>
            {
                Ok(Self::Several(Layer {
                    activation: Activation::Identity,
                    ..last.clone()
                }))
            }
            (Some(last), Err(_)) => Err(Error::matrix(
                "decision boundary",
                format!(
                    "the last layer has {} {} units; one sigmoid unit or a softmax unit per class decides",
                    last.units(),
                    last.activation.name()
                ),
            )),
            (None, Err(error)) => Err(error),
        }
    }

    /// The number of classes it decides between, as data sets count them.
    pub(super) fn classes(&self) -> Option<usize> {
        match self {
            Self::Two(_) => Some(2),
            Self::Several(last) => Some(last.units()),
        }
    }

    /// The regions over a window of the plane that `head` maps to what the last layer sees. A `strength` of 0 is blank
    /// paper, 1 the full tint.
    pub(super) fn regions(
        &self,
        bounds: Bounds,
        strength: f64,
        head: impl Fn(MatRef<'_, f64>) -> Mat<f64>,
    ) -> Mark {
        let (low, high) = ([bounds.x.0, bounds.y.0], [bounds.x.1, bounds.y.1]);
        match self {
            Self::Two(readout) => {
                let height = |points: &Mat<f64>| readout.height(head(points.as_ref()).as_ref());
                let mut field = decision_field(bounds, height);
                if strength < 1.0 {
                    for value in &mut field.values {
                        let p = activation::sigmoid(*value);
                        *value = 0.5 + strength * (p - 0.5);
                    }
                } else {
                    (field.range, field.colormap) = (HEIGHTS, Colormap::Odds);
                }
                Mark::Field { field, low, high }
            }
            Self::Several(last) => {
                let centres = cell_centres(bounds);
                let mut softmax = last.clone();
                softmax.activation = Activation::Softmax;
                let probabilities = softmax.forward(head(centres.as_ref()).as_ref());
                let field = ClassField {
                    columns: FIELD_CELLS,
                    rows: FIELD_CELLS,
                    classes: last.units(),
                    probabilities: probabilities
                        .row_iter()
                        .flat_map(|row| row.iter().copied().collect::<Vec<f64>>())
                        .collect(),
                    strength,
                    logarithms: true,
                };
                Mark::Classes { field, low, high }
            }
        }
    }

    /// The curves on which the decision changes, in the plane that `head` maps to what the last layer sees: exact
    /// pre-images of the last layer's hyperplanes. A closed curve repeats its first point.
    ///
    /// # Errors
    /// As [`level_set`](crate::geometry::level_set).
    pub(super) fn borders(
        &self,
        bounds: Bounds,
        head: impl Fn(MatRef<'_, f64>) -> Mat<f64>,
    ) -> Result<Vec<Vec<Point>>> {
        let cells = [BOUNDARY_CELLS; 2];
        let curves = match self {
            Self::Two(readout) => {
                let height = |points: MatRef<'_, f64>| readout.height(head(points).as_ref());
                level_set(height, bounds, cells, 0.0)?
            }
            Self::Several(last) => {
                class_borders(|points| last.forward(head(points).as_ref()), bounds, cells)?
            }
        };
        Ok(curves.into_iter().map(drawn).collect())
    }

    /// Regions and borders at once. Of two classes, one evaluation serves both: the heat map takes the corners that the
    /// curves are searched from.
    ///
    /// # Errors
    /// As [`borders`](Self::borders).
    pub(super) fn picture(&self, bounds: Bounds, head: &Frozen) -> Result<(Mark, Vec<Vec<Point>>)> {
        let Self::Two(readout) = self else {
            let head = |points: MatRef<'_, f64>| head.forward(points);
            return Ok((self.regions(bounds, 1.0, head), self.borders(bounds, head)?));
        };
        let n = BOUNDARY_CELLS;
        let heights = height_over_plane(head, &readout.normal, readout.offset, bounds, [n; 2])?;
        let field = Field {
            columns: n + 1,
            rows: n + 1,
            values: heights.values().to_vec(),
            range: HEIGHTS,
            colormap: Colormap::Odds,
            smooth: true,
        };
        // The outermost corners are cell centres of the field, so it reaches half a cell beyond the window, which cuts
        // it off.
        let beyond = |(from, to): (f64, f64)| 0.5 * (to - from) / n as f64;
        let (dx, dy) = (beyond(bounds.x), beyond(bounds.y));
        let regions = Mark::Field {
            field,
            low: [bounds.x.0 - dx, bounds.y.0 - dy],
            high: [bounds.x.1 + dx, bounds.y.1 + dy],
        };
        let curves = heights.level_set(0.0)?.into_iter().map(drawn).collect();
        Ok((regions, curves))
    }

    /// The share of rows of `embedding`, what the last layer sees, that are given their label's class.
    pub(super) fn accuracy(&self, embedding: MatRef<'_, f64>, labels: &[usize]) -> f64 {
        match self {
            Self::Two(readout) => readout.accuracy(embedding, labels),
            Self::Several(last) => {
                let scores = last.forward(embedding);
                let wins = |row: usize, label: usize| {
                    (0..scores.ncols()).all(|class| scores[(row, class)] <= scores[(row, label)])
                };
                let hits = labels
                    .iter()
                    .enumerate()
                    .filter(|&(row, &label)| wins(row, label))
                    .count();
                hits as f64 / labels.len().max(1) as f64
            }
        }
    }
}

/// The curve's points, the first one again at the end of a closed curve.
pub(super) fn drawn(curve: Polyline) -> Vec<Point> {
    let mut points = curve.points;
    if curve.closed {
        points.extend(points.first().copied());
    }
    points
}
