//! Random matrices to try claims on, and products of matrices with slices.

use faer::{Mat, MatRef};

use crate::linalg::norms;
use crate::random::RandomState;

/// A matrix of independent standard normal entries, filled row by row like NumPy's `randn(rows, columns)`.
pub(super) fn normal(random: &mut RandomState, rows: usize, columns: usize) -> Mat<f64> {
    let entries = random.randn(rows * columns);
    Mat::from_fn(rows, columns, |i, j| entries[i * columns + j])
}

/// W x.
pub(super) fn apply(w: MatRef<'_, f64>, x: &[f64]) -> Vec<f64> {
    (0..w.nrows())
        .map(|i| x.iter().enumerate().map(|(j, x)| w[(i, j)] * x).sum())
        .collect()
}

/// The rows of a matrix, as pictures want them.
pub(super) fn rows(a: MatRef<'_, f64>) -> Vec<Vec<f64>> {
    (0..a.nrows())
        .map(|i| (0..a.ncols()).map(|j| a[(i, j)]).collect())
        .collect()
}

/// The column `j` of a matrix.
pub(super) fn column(a: MatRef<'_, f64>, j: usize) -> Vec<f64> {
    a.col(j).iter().copied().collect()
}

/// ‖a - b‖₂.
pub(super) fn distance(a: &[f64], b: &[f64]) -> f64 {
    norms::l2(&a.iter().zip(b).map(|(a, b)| a - b).collect::<Vec<f64>>())
}

/// The greatest of some numbers; NaN if any is, so that no check passes because of it.
pub(super) fn greatest(values: impl IntoIterator<Item = f64>) -> f64 {
    values.into_iter().fold(
        f64::NEG_INFINITY,
        |most, value| if value <= most { most } else { value },
    )
}
