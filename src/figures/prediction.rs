//! Regression: predictions against targets, and residuals.

use faer::{Mat, MatRef};

use crate::data::split::{Split, SplitIndices};
use crate::data::{Dataset, Target};
use crate::error::{Error, Result};
use crate::geometry::Bounds;
use crate::model::Frozen;
use crate::plot::text::literal;
use crate::plot::ticks::short;
use crate::plot::{Colour, Dash, Figure, Mark, Panel, Point, Shape, Sign, Stroke, radius};

/// A network's predictions for a part of the data, and the targets.
struct Part {
    label: &'static str,
    colour: Colour,
    shape: Shape,
    predictions: Mat<f64>,
    targets: Mat<f64>,
}

/// Targets across, predictions upwards, a panel per target: on the diagonal the network is right.
///
/// # Errors
/// If the data are classes, or do not fit the network.
pub(super) fn against_targets(network: &Frozen, split: &Split, source: &str) -> Result<Figure> {
    figure("Prediction", network, split, source, |name, k, parts| {
        let pairs = |part: &Part| points(part.targets.col(k), part.predictions.col(k));
        let bounds = around(parts, pairs)?;
        let low = bounds.x.0.min(bounds.y.0);
        let high = bounds.x.1.max(bounds.y.1);
        let panel = Panel::plane(format!("target: {name}"), "prediction")
            .range([low, high], [low, high])
            .line(
                [[low, low], [high, high]],
                Stroke::new(Colour::TEXT, 1.4).dash(Dash::Dashed),
            );
        Ok(scattered(panel, parts, pairs))
    })
}

/// Predictions across, target minus prediction upwards, a panel per target: without structure if nothing is left to
/// learn.
///
/// # Errors
/// If network and data do not fit, or the targets are classes.
pub(super) fn residuals(network: &Frozen, split: &Split, source: &str) -> Result<Figure> {
    figure("Residuals", network, split, source, |name, k, parts| {
        let pairs = |part: &Part| -> Vec<Point> {
            points(part.predictions.col(k), part.targets.col(k))
                .into_iter()
                .map(|[prediction, target]| [prediction, target - prediction])
                .collect()
        };
        let bounds = around(parts, pairs)?;
        let panel = Panel::new()
            .labels(format!("prediction: {name}"), "target − prediction")
            .range([bounds.x.0, bounds.x.1], [bounds.y.0, bounds.y.1])
            .horizon(0.0);
        Ok(scattered(panel, parts, pairs))
    })
}

/// The residuals of samples that are not part of a run.
///
/// # Errors
/// If network and data do not fit, or the targets are classes.
pub fn residuals_of(network: &Frozen, data: &Dataset, source: &str) -> Result<Figure> {
    let split = Split {
        test: data.subset(&[]),
        indices: SplitIndices {
            train: (0..data.samples()).collect(),
            test: Vec::new(),
        },
        standardiser: None,
        notes: Vec::new(),
        train: data.clone(),
    };
    residuals(network, &split, source)
}

/// A panel per target column, with the root mean square error and R² of each part in the caption.
fn figure(
    title: &str,
    network: &Frozen,
    split: &Split,
    source: &str,
    panel: impl Fn(&str, usize, &[Part]) -> Result<Panel>,
) -> Result<Figure> {
    let Target::Values { names, .. } = &split.train.target else {
        return Err(Error::invalid(
            "figure",
            "the targets are classes, not numbers",
            "draw `boundary` or `embedding` instead",
        ));
    };
    // For a network from a file, it is not known what it was trained on.
    let whole = split.test.samples() == 0;
    let mut parts = vec![part(
        if whole { "samples" } else { "training" },
        Colour::accent(0),
        Shape::Circle,
        network,
        &split.train,
    )?];
    if split.test.samples() > 0 {
        parts.push(part(
            "held out",
            Colour::accent(1),
            Shape::Diamond,
            network,
            &split.test,
        )?);
    }
    let panels: Vec<Panel> = names
        .iter()
        .enumerate()
        .map(|(k, name)| panel(&literal(name), k, &parts))
        .collect::<Result<_>>()?;
    let quality: Vec<String> = parts
        .iter()
        .map(|part| {
            let (error, r2) = quality(part);
            format!(
                "{}: root mean square error {}, $R^2$ {}",
                part.label,
                short(error),
                short(r2)
            )
        })
        .collect();
    let columns = panels.len().min(2);
    let rows = panels.len().div_ceil(columns.max(1)) as u32;
    let size = if columns < 2 {
        (640, 580)
    } else {
        (1040, 90 + 440 * rows)
    };
    Ok(Figure::new(title)
        .caption(format!("{source}. {}.", quality.join("; ")))
        .size(size.0, size.1)
        .panels(columns, panels))
}

fn part(
    label: &'static str,
    colour: Colour,
    shape: Shape,
    network: &Frozen,
    data: &Dataset,
) -> Result<Part> {
    let predictions = network.forward(data.features.as_ref());
    let numbers = matches!(&data.target, Target::Values { values, .. } if values.ncols() == predictions.ncols());
    let predictions = if numbers {
        data.in_units(predictions)
    } else {
        predictions
    };
    match &data.target {
        Target::Values { values, .. } if values.ncols() == predictions.ncols() => Ok(Part {
            label,
            colour,
            shape,
            predictions,
            targets: values.clone(),
        }),
        _ => Err(Error::matrix(
            "prediction",
            format!(
                "the network has {} outputs, the data other targets",
                predictions.ncols()
            ),
        )),
    }
}

/// Root mean square error and coefficient of determination, 1 - Σ(y - ŷ)² / Σ(y - mean)², over all targets. Both are taken
/// of numbers divided by the largest, so that their squares exist.
fn quality(part: &Part) -> (f64, f64) {
    let (targets, predictions) = (&part.targets, &part.predictions);
    let largest = targets.norm_max().max(predictions.norm_max());
    let unit = if largest > 0.0 { largest } else { 1.0 };
    let square = |x: f64| (x / unit) * (x / unit);
    let (mut error, mut spread) = (0.0, 0.0);
    for k in 0..targets.ncols() {
        let (targets, predictions) = (targets.col(k), predictions.col(k));
        let n = targets.nrows() as f64;
        let mean = targets.iter().map(|y| y / n).sum::<f64>();
        for (y, prediction) in targets.iter().zip(predictions.iter()) {
            error += square(y - prediction);
            spread += square(y - mean);
        }
    }
    let count = (targets.nrows() * targets.ncols()).max(1) as f64;
    let r2 = if spread > 0.0 {
        1.0 - error / spread
    } else {
        f64::NAN
    };
    ((error / count).sqrt() * unit, r2)
}

fn points(x: faer::ColRef<'_, f64>, y: faer::ColRef<'_, f64>) -> Vec<Point> {
    x.iter().zip(y.iter()).map(|(&x, &y)| [x, y]).collect()
}

/// The window around all parts.
fn around(parts: &[Part], pairs: impl Fn(&Part) -> Vec<Point>) -> Result<Bounds> {
    let all: Vec<Point> = parts.iter().flat_map(pairs).collect();
    let matrix = Mat::from_fn(all.len(), 2, |i, axis| all[i][axis]);
    Bounds::around(MatRef::from(matrix.as_ref()), 0.06)
}

fn scattered(panel: Panel, parts: &[Part], pairs: impl Fn(&Part) -> Vec<Point>) -> Panel {
    parts.iter().fold(panel, |panel, part| {
        let points = pairs(part);
        panel
            .key(part.label, Sign::Point(part.colour, part.shape))
            .mark(Mark::Points {
                radius: radius(points.len()).max(2.6),
                points,
                colour: part.colour,
                shape: part.shape,
                ring: true,
            })
    })
}
