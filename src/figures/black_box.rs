//! The decision boundary of any function: a forest, a support vector machine, a model of a kind that is not read.

use faer::{Mat, MatRef};

use super::boundary::SEPARATOR;
use super::input_plane::roomy;
use super::scatter::{axis_label, by_class};
use super::subject::windowed;
use super::{InputAxes, InputPlane, OneFeature, one_feature, plane, plane_points};
use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::geometry::{BlackBox, Bounds, black_box};
use crate::plot::ticks::short;
use crate::plot::{ClassField, Colormap, Field, Figure, Mark, Panel, Point};

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
/// As [`black_box()`]; also if the data do not have two features, or not one class per score.
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

/// Where a black box is looked at.
#[derive(Debug, Clone, Default)]
pub struct BlackBoxLook {
    /// The plane of its inputs.
    pub axes: InputAxes,
    /// What the axes show, from and to, where it is not the samples with a margin.
    pub window: [Option<(f64, f64)>; 2],
    /// How the caption begins: `RandomForestClassifier`.
    pub source: String,
}

/// The picture of `scores`, which maps samples (n x d) to a score per class, with `data` (n x d), the borders in the coordinates
/// of its axes, and how many samples were scored. Its caption says that nothing is known of the function but its values.
///
/// # Errors
/// As [`black_box_boundary`], and if the data have no classes.
pub fn black_box_figure(
    scores: impl Fn(MatRef<'_, f64>) -> Mat<f64>,
    data: &Dataset,
    look: &BlackBoxLook,
) -> Result<(Figure, Vec<Vec<Point>>, usize)> {
    let Some(classes) = data.class_count() else {
        return Err(Error::invalid(
            "decision boundary",
            "the targets are numbers, there are no classes to part",
            "give classes",
        ));
    };
    let source = format!("{}, a black box", look.source);
    if data.dimensions() == 1 {
        let mut line = OneFeature::new(data, None)?;
        if let Some(range) = look.window[0] {
            line = line.between(range)?;
        }
        let asked = std::cell::Cell::new(0);
        let failed = std::cell::Cell::new(false);
        let probabilities = |xs: &[f64]| {
            asked.set(asked.get() + xs.len());
            let found = scores(Mat::from_fn(xs.len(), 1, |i, _| xs[i]).as_ref());
            if found.shape() == (xs.len(), classes) && found.is_all_finite() {
                return shares(found);
            }
            failed.set(true);
            Mat::zeros(xs.len(), classes)
        };
        let panel = line.score_of(&probabilities);
        if failed.get() {
            return Err(Error::invalid(
                "decision boundary",
                "the function did not give a finite score per class for every sample",
                "give a function with a row of scores for each sample",
            ));
        }
        let figure = one_feature::titled(&line, panel.into_iter().collect(), &source);
        return Ok((figure, Vec::new(), asked.get()));
    }
    let plane = InputPlane::new(data, None, &look.axes)?;
    let bounds = windowed(plane.bounds()?, look.window)?;
    let (panel, found) = match plane.slice() {
        Some(slice) => {
            let on_plane = |points: MatRef<'_, f64>| scores(slice.lift(points).as_ref());
            black_box_boundary(on_plane, plane.data(), bounds)?
        }
        None => black_box_boundary(&scores, plane.data(), bounds)?,
    };
    let borders = found.borders.iter().map(|border| {
        let closing = border.points.first().filter(|_| border.closed);
        border.points.iter().chain(closing).copied().collect()
    });
    let borders = borders.collect();
    let note = plane.note();
    let caption = format!(
        "{source}: scored at {} points; a part narrower than {} by {} may be missed. {note}",
        found.evaluations,
        short(found.smallest[0]),
        short(found.smallest[1]),
    );
    let figure = Figure::new("Decision boundary")
        .caption(caption)
        .size(720, if note.is_empty() { 560 } else { 600 })
        .panel(roomy(panel, bounds));
    Ok((figure, borders, found.evaluations))
}

/// Scores as probabilities: unchanged where they are, else 1 for the highest and 0 for the rest.
fn shares(scores: Mat<f64>) -> Mat<f64> {
    if are_probabilities(&scores) {
        return scores;
    }
    let winner = |row: usize| {
        (1..scores.ncols()).fold(0, |best, class| {
            if scores[(row, class)] > scores[(row, best)] {
                class
            } else {
                best
            }
        })
    };
    let winners: Vec<usize> = (0..scores.nrows()).map(winner).collect();
    Mat::from_fn(scores.nrows(), scores.ncols(), |row, class| {
        f64::from(winners[row] == class)
    })
}

/// Whether every row is positive and sums to 1.
fn are_probabilities(scores: &Mat<f64>) -> bool {
    scores.row_iter().all(|row| {
        let sum: f64 = row.iter().sum();
        (sum - 1.0).abs() < 1e-6 && row.iter().all(|&p| p >= 0.0)
    })
}

/// The tinted regions.
fn regions(found: &BlackBox, bounds: Bounds) -> Mark {
    let (low, high) = ([bounds.x.0, bounds.y.0], [bounds.x.1, bounds.y.1]);
    let (classes, cells) = (found.scores.ncols(), found.cells);
    let probabilities = are_probabilities(&found.scores);
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
