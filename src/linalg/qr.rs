//! QR decomposition: A = Q R.

use faer::{Mat, MatRef};

use super::check_finite;
use crate::error::Result;

/// A = Q R, thin, with k = min(m, n).
#[derive(Debug, Clone, PartialEq)]
pub struct Qr {
    /// (m x k), orthonormal columns.
    pub q: Mat<f64>,
    /// (k x n), upper triangular, diagonal not negative.
    pub r: Mat<f64>,
}

/// The thin QR decomposition of `a` (m x n), by Householder reflections, with the signs chosen so that R's diagonal
/// is not negative: for a matrix of full column rank this makes it unique.
///
/// ```
/// use foldspace::linalg::qr;
/// let a = faer::mat![[3.0, 1.0], [4.0, 2.0]];
/// let qr = qr(a.as_ref())?;
/// assert!((qr.r[(0, 0)] - 5.0).abs() < 1e-12); // the first column's length
/// assert!((&qr.q * &qr.r - a).norm_max() < 1e-12);
/// # Ok::<(), foldspace::error::Error>(())
/// ```
///
/// # Errors
/// If an entry is not finite or there is none.
pub fn qr(a: MatRef<'_, f64>) -> Result<Qr> {
    check_finite("QR decomposition", a)?;
    let decomposition = a.qr();
    let mut q = decomposition.compute_thin_Q();
    let mut r = decomposition.thin_R().to_owned();
    for k in 0..r.nrows() {
        if r[(k, k)] < 0.0 {
            for j in 0..r.ncols() {
                r[(k, j)] = -r[(k, j)];
            }
            for i in 0..q.nrows() {
                q[(i, k)] = -q[(i, k)];
            }
        }
        for j in 0..k.min(r.ncols()) {
            r[(k, j)] = 0.0;
        }
    }
    Ok(Qr { q, r })
}
