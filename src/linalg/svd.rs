//! Singular value decomposition: every matrix is a rotation, a scaling of the axes, and a rotation (item B8).

use faer::{Mat, MatRef};

use super::check_finite;
use crate::error::{Error, Result};

/// A = U diag(S) Vᵀ, thin, with k = min(m, n).
#[derive(Debug, Clone, PartialEq)]
pub struct Svd {
    /// (m x k), orthonormal columns: the left singular vectors.
    pub u: Mat<f64>,
    /// k singular values, not negative, largest first.
    pub s: Vec<f64>,
    /// (n x k), orthonormal columns: the right singular vectors. In each, the entry of greatest magnitude is positive
    /// (the first of several): scikit-learn's convention.
    pub v: Mat<f64>,
}

impl Svd {
    /// U diag(S) Vᵀ (m x n).
    pub fn reconstruct(&self) -> Mat<f64> {
        scale_columns(&self.u, &self.s) * self.v.transpose()
    }
}

/// The thin singular value decomposition of `a` (m x n).
///
/// ```
/// use foldspace::linalg::svd;
/// let a = faer::mat![[0.0, -2.0], [1.0, 0.0]];
/// let svd = svd(a.as_ref())?;
/// assert!((svd.s[0] - 2.0).abs() < 1e-12 && (svd.s[1] - 1.0).abs() < 1e-12);
/// assert!((svd.reconstruct() - a).norm_max() < 1e-12);
/// # Ok::<(), foldspace::error::Error>(())
/// ```
///
/// # Errors
/// If an entry is not finite or there is none, or the iteration does not converge.
pub fn svd(a: MatRef<'_, f64>) -> Result<Svd> {
    check_finite("singular value decomposition", a)?;
    let decomposition = a
        .thin_svd()
        .map_err(|_| Error::matrix("singular value decomposition", "it did not converge"))?;
    let mut u = decomposition.U().to_owned();
    let mut v = decomposition.V().to_owned();
    let s: Vec<f64> = decomposition.S().column_vector().iter().copied().collect();
    for k in 0..s.len() {
        if v[(largest_entry(v.as_ref(), k), k)] < 0.0 {
            for x in u.col_mut(k).iter_mut().chain(v.col_mut(k).iter_mut()) {
                *x = -*x;
            }
        }
    }
    Ok(Svd { u, s, v })
}

/// The singular values of `a` (m x n), min(m, n) of them, largest first.
///
/// # Errors
/// As [`svd`].
pub fn singular_values(a: MatRef<'_, f64>) -> Result<Vec<f64>> {
    check_finite("singular values", a)?;
    a.singular_values()
        .map_err(|_| Error::matrix("singular values", "the iteration did not converge"))
}

/// A diag(s).
pub(super) fn scale_columns(a: &Mat<f64>, s: &[f64]) -> Mat<f64> {
    Mat::from_fn(a.nrows(), a.ncols(), |i, j| a[(i, j)] * s[j])
}

/// The row of the entry of greatest magnitude in column k, the first of (nearly) equal ones: without the tolerance,
/// rounding would decide the sign of vectors such as (1, -1) / √2.
pub(super) fn largest_entry(a: MatRef<'_, f64>, k: usize) -> usize {
    let mut largest = (0, 0.0);
    for (i, x) in a.col(k).iter().enumerate() {
        if x.abs() > largest.1 * (1.0 + 1e-10) {
            largest = (i, x.abs());
        }
    }
    largest.0
}
