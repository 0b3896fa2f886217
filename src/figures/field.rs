//! A window of the plane, sampled at the centres of cells.

use faer::Mat;

use super::FIELD_CELLS;
use crate::geometry::Bounds;
use crate::plot::{Colormap, Field};

/// The centres of the cells of a sampled field, row by row from the bottom (cells² x 2).
pub(super) fn cell_centres(bounds: Bounds) -> Mat<f64> {
    let n = FIELD_CELLS;
    let place = |(from, to): (f64, f64), k: usize| from + (to - from) * (k as f64 + 0.5) / n as f64;
    Mat::from_fn(n * n, 2, |i, axis| match axis {
        0 => place(bounds.x, i % n),
        _ => place(bounds.y, i / n),
    })
}

/// The probability of class 1 over a window of the plane, sampled at the centres of cells.
pub fn decision_field(bounds: Bounds, probability: impl Fn(&Mat<f64>) -> Vec<f64>) -> Field {
    Field {
        columns: FIELD_CELLS,
        rows: FIELD_CELLS,
        values: probability(&cell_centres(bounds)),
        range: [0.0, 1.0],
        colormap: Colormap::Classes,
        smooth: true,
    }
}
