//! Data in the plane.

use faer::{ColRef, MatRef};

use crate::data::{Dataset, Target};
use crate::error::{Error, Result};
use crate::geometry::Bounds;
use crate::plot::text::literal;
use crate::plot::{Colormap, Colour, MOST_CLASSES, Mark, Panel, Point, Role, Shape, radius};

/// The first two columns of a matrix as points.
pub fn plane_points(points: MatRef<'_, f64>) -> Vec<Point> {
    let second = |i: usize| {
        if points.ncols() > 1 {
            points[(i, 1)]
        } else {
            0.0
        }
    };
    (0..points.nrows())
        .map(|i| [points[(i, 0)], second(i)])
        .collect()
}

/// An empty plane that shows `bounds`.
pub fn plane(bounds: Bounds, x: &str, y: &str) -> Panel {
    Panel::plane(x, y).range([bounds.x.0, bounds.x.1], [bounds.y.0, bounds.y.1])
}

/// A feature's name as an axis label: `x1` is set as mathematics, other names stand as they are.
pub(super) fn axis_label(name: &str) -> String {
    match name.strip_prefix('x') {
        Some(number) if number.len() == 1 && number != "0" && number.parse::<u8>().is_ok() => {
            format!("$x_{number}$")
        }
        _ => literal(name),
    }
}

/// Refuses more classes than a picture can show.
pub(super) fn legible(dataset: &Dataset) -> Result<()> {
    match dataset.class_count() {
        Some(classes) if classes > MOST_CLASSES => Err(Error::invalid(
            "figure",
            format!(
                "there are {classes} classes, and a picture tells at most {MOST_CLASSES} apart"
            ),
            "merge rare classes in the data, or draw `loss`, `weights`, `spectrum`, `network` or `gradients`",
        )),
        _ => Ok(()),
    }
}

/// What the legend calls the classes: numbers become `class 0`.
pub(super) fn class_names(dataset: &Dataset) -> Vec<String> {
    let name = |name: &String| match name.parse::<f64>() {
        Ok(_) => format!("class {name}"),
        Err(_) => literal(name),
    };
    match &dataset.target {
        Target::Classes { names, .. } => names.iter().map(name).collect(),
        Target::Values { .. } => Vec::new(),
    }
}

/// Whether a reader needs a legend: several classes, or ones with names of their own.
pub(super) fn needs_legend(dataset: &Dataset) -> bool {
    let named = |names: &[String]| names.iter().any(|name| name.parse::<f64>().is_err());
    matches!(&dataset.target, Target::Classes { names, .. } if names.len() > 2 || named(names))
}

/// Adds the samples at `points`: by class, named in the legend; without classes in one colour.
pub(super) fn by_class(panel: Panel, points: &[Point], dataset: &Dataset) -> Panel {
    match dataset.labels() {
        Some(labels) if needs_legend(dataset) => {
            panel.classes(points, labels, &class_names(dataset))
        }
        Some(labels) => panel.dots(points, labels).class_keys(&class_names(dataset)),
        None => panel.points(points, Colour::accent(0), radius(points.len())),
    }
}

/// The data set on its own plane, classes named in the legend (post A, figure 2); for a regression, coloured by the
/// first target.
pub fn data(dataset: &Dataset, bounds: Bounds) -> Panel {
    let points = plane_points(dataset.features.as_ref());
    let [x, y] = [0, 1].map(|axis| match dataset.feature_names.get(axis) {
        Some(name) => axis_label(name),
        None => String::new(),
    });
    let panel = plane(bounds, &x, &y);
    match &dataset.target {
        Target::Classes { labels, .. } => panel.classes(&points, labels, &class_names(dataset)),
        Target::Values { values, names } => by_value(panel, &points, values.col(0), &names[0]),
    }
}

/// Steps of colour for targets that are numbers.
const SHADES: usize = 32;

/// Adds the samples at `points`: by class, or coloured by the first target.
pub(super) fn by_target(panel: Panel, points: &[Point], dataset: &Dataset) -> Panel {
    match &dataset.target {
        Target::Classes { .. } => by_class(panel, points, dataset),
        Target::Values { values, names } => by_value(panel, points, values.col(0), &names[0]),
    }
}

/// Adds points coloured by a number, and the colour bar that explains them.
fn by_value(panel: Panel, points: &[Point], values: ColRef<'_, f64>, name: &str) -> Panel {
    let (low, high) = values
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &v| {
            (low.min(v), high.max(v))
        });
    // A range in which several numbers lie; halves, so that no difference is too large for one.
    let least = (1e-12 * low.abs().max(high.abs())).max(1e-300);
    let high = if high - low >= least {
        high
    } else {
        low + least.max(f64::from(low == high))
    };
    let shade = |v: f64| {
        let t = (0.5 * v - 0.5 * low) / (0.5 * high - 0.5 * low);
        ((t * SHADES as f64) as usize).min(SHADES - 1)
    };
    let radius = radius(points.len());
    let marks = (0..SHADES).filter_map(|k| {
        let members: Vec<Point> = points
            .iter()
            .zip(values.iter())
            .filter(|&(_, &v)| shade(v) == k)
            .map(|(&point, _)| point)
            .collect();
        let t = (k as f64 + 0.5) / SHADES as f64;
        (!members.is_empty()).then_some(Mark::Points {
            points: members,
            colour: Colour::new(Role::Scale(Colormap::Sequential, t)),
            radius,
            shape: Shape::Circle,
            ring: true,
        })
    });
    panel
        .marks(marks)
        .colour_bar(Colormap::Sequential, [low, high], literal(name))
}
