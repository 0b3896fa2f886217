//! The decision boundary of any function: a forest, a support vector machine, a model of a kind that is not read.

use faer::{Mat, MatRef};

use super::boundary::SEPARATOR;
use super::scatter::{axis_label, by_class};
use super::{plane, plane_points};
use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::geometry::{BlackBox, Bounds, black_box};
use crate::plot::{ClassField, Colormap, Field, Mark, Panel};

/// Data, regions and borders of `scores`, which maps points of the plane (n x 2) to a score per class of `dataset` (n x k).
/// The tint is the probability where the scores are probabilities; otherwise each region has its class's colour.
///
/// The second value is what the borders were found from; a caption should say how often the function was asked, and how
/// small a region may be missed.
///
/// ```
/// use faer::{Mat, MatRef};
/// use foldspace::data::Moons;
/// use foldspace::figures::black_box_boundary;
/// use foldspace::geometry::Bounds;
/// use foldspace::random::RandomState;
///
/// let moons = Moons { samples: 50, noise: 0.1 }.generate(&mut RandomState::new(1))?;
/// let bounds = Bounds::around(moons.features.as_ref(), 0.1)?;
/// let stump = |p: MatRef<'_, f64>| Mat::from_fn(p.nrows(), 2, |i, class| f64::from((p[(i, 1)] < 0.25) == (class == 1)));
/// let (panel, found) = black_box_boundary(stump, &moons, bounds)?;
/// assert!(found.evaluations < 8000 && !panel.marks.is_empty());
/// # Ok::<(), foldspace::error::Error>(())
/// ```
///
/// # Errors
/// As [`black_box()`]; also if the data have not two features, or other than a class for each score.
pub fn black_box_boundary(
    scores: impl Fn(MatRef<'_, f64>) -> Mat<f64>,
    dataset: &Dataset,
    bounds: Bounds,
) -> Result<(Panel, BlackBox)> {
    let found = black_box(scores, bounds)?;
    let classes = found.scores.ncols();
    if dataset.dimensions() != 2 || dataset.class_count() != Some(classes) {
        return Err(Error::invalid(
            "decision boundary",
            format!(
                "the function scores {classes} classes in the plane, the data have {} features and {} classes",
                dataset.dimensions(),
                dataset.class_count().unwrap_or_default()
            ),
            "give two features, and a score for each class",
        ));
    }
    let label = |axis: usize| axis_label(&dataset.feature_names[axis]);
    let panel = plane(bounds, &label(0), &label(1)).mark(regions(&found, bounds));
    let panel = by_class(panel, &plane_points(dataset.features.as_ref()), dataset);
    let lines = found.borders.iter().map(|border| {
        let closing = border.points.first().filter(|_| border.closed);
        Mark::Line {
            points: border.points.iter().chain(closing).copied().collect(),
            stroke: SEPARATOR,
        }
    });
    let panel = panel.marks(lines);
    Ok((panel, found))
}

/// The tinted regions.
fn regions(found: &BlackBox, bounds: Bounds) -> Mark {
    let (low, high) = ([bounds.x.0, bounds.y.0], [bounds.x.1, bounds.y.1]);
    let (classes, cells) = (found.scores.ncols(), found.cells);
    let probabilities = found.scores.row_iter().all(|row| {
        let sum: f64 = row.iter().sum();
        (sum - 1.0).abs() < 1e-6 && row.iter().all(|&p| p >= 0.0)
    });
    let share = |cell: usize, class: usize| {
        if probabilities {
            found.scores[(cell, class)]
        } else {
            f64::from(found.winners[cell] == class)
        }
    };
    if classes == 2 {
        let field = Field {
            columns: cells,
            rows: cells,
            values: (0..cells * cells).map(|cell| share(cell, 1)).collect(),
            range: [0.0, 1.0],
            colormap: Colormap::Classes,
            smooth: true,
        };
        return Mark::Field { field, low, high };
    }
    let all = (0..cells * cells).flat_map(|cell| (0..classes).map(move |class| (cell, class)));
    let field = ClassField {
        columns: cells,
        rows: cells,
        classes,
        probabilities: all.map(|(cell, class)| share(cell, class)).collect(),
        strength: 1.0,
        logarithms: false,
    };
    Mark::Classes { field, low, high }
}
