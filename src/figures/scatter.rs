//! Data in the plane.

use faer::MatRef;

use crate::data::Dataset;
use crate::geometry::Bounds;
use crate::plot::{Panel, Point};

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

/// An empty plane that looks through `bounds`.
pub fn plane(bounds: Bounds, x: &str, y: &str) -> Panel {
    Panel::plane(x, y).range([bounds.x.0, bounds.x.1], [bounds.y.0, bounds.y.1])
}

/// The data set on its own plane, classes named in the legend (post A, figure 2).
pub fn data(dataset: &Dataset, bounds: Bounds) -> Panel {
    let points = plane_points(dataset.features.as_ref());
    let labels = dataset.labels().unwrap_or_default();
    let names: Vec<String> = (0..dataset.class_count().unwrap_or(0))
        .map(|class| format!("class {class}"))
        .collect();
    plane(bounds, "$x_1$", "$x_2$").classes(&points, labels, &names)
}
