//! Orthogonal and unitary matrices: those that keep lengths and angles (items B4, B9).

use faer::{Mat, MatRef, c64};

use super::qr::qr;
use crate::error::{Error, Result};

/// max |WᵀW - I|: 0 for orthonormal columns. NaN if an entry is.
pub fn orthogonality_error(w: MatRef<'_, f64>) -> f64 {
    let gram = w.transpose() * w;
    let mut worst = 0.0;
    for j in 0..gram.ncols() {
        for i in 0..gram.nrows() {
            let error = (gram[(i, j)] - f64::from(i == j)).abs();
            worst = if error <= worst { worst } else { error };
        }
    }
    worst
}

/// max |Uᴴ U - I| over the moduli: 0 for a unitary matrix. NaN if an entry is.
pub fn unitarity_error(u: MatRef<'_, c64>) -> f64 {
    let gram: Mat<c64> = u.adjoint() * u;
    let mut worst = 0.0;
    for j in 0..gram.ncols() {
        for i in 0..gram.nrows() {
            let z = gram[(i, j)];
            let error = libm::hypot(z.re - f64::from(i == j), z.im);
            worst = if error <= worst { worst } else { error };
        }
    }
    worst
}

/// Whether `w` is square and WᵀW = I to `tolerance` in every entry.
///
/// ```
/// use foldspace::linalg::orthogonal::is_orthogonal;
/// use foldspace::linalg::transform2d::{rotation, shear_x};
/// assert!(is_orthogonal(rotation(0.3).as_ref(), 1e-12));
/// assert!(!is_orthogonal(shear_x(0.3).as_ref(), 1e-12));
/// ```
pub fn is_orthogonal(w: MatRef<'_, f64>, tolerance: f64) -> bool {
    w.nrows() == w.ncols() && orthogonality_error(w) <= tolerance
}

/// Whether `u` is square and Uᴴ U = I to `tolerance` in every entry.
///
/// ```
/// use faer::c64;
/// use foldspace::linalg::orthogonal::is_unitary;
/// let s = 0.5_f64.sqrt();
/// let u = faer::mat![[c64::new(s, 0.0), c64::new(0.0, s)], [c64::new(0.0, s), c64::new(s, 0.0)]];
/// assert!(is_unitary(u.as_ref(), 1e-12));
/// ```
pub fn is_unitary(u: MatRef<'_, c64>, tolerance: f64) -> bool {
    u.nrows() == u.ncols() && unitarity_error(u) <= tolerance
}

/// The orthogonal factor of the square matrix `a` (n x n), by QR with a positive diagonal. If A's entries are
/// independent standard normal, the result is distributed uniformly (Haar) over all orthogonal matrices
/// (F. Mezzadri, *How to Generate Random Matrices from the Classical Compact Groups*, 2007).
///
/// ```
/// use foldspace::linalg::orthogonal::{from_matrix, is_orthogonal};
/// let q = from_matrix(faer::mat![[1.0, 2.0], [3.0, 4.0]].as_ref())?;
/// assert!(is_orthogonal(q.as_ref(), 1e-12));
/// # Ok::<(), foldspace::error::Error>(())
/// ```
///
/// # Errors
/// If the matrix is not square, or an entry is not finite.
pub fn from_matrix(a: MatRef<'_, f64>) -> Result<Mat<f64>> {
    if a.nrows() != a.ncols() {
        return Err(Error::matrix(
            "orthogonal factor",
            format!(
                "the matrix is {} x {}; it takes a square one",
                a.nrows(),
                a.ncols()
            ),
        ));
    }
    Ok(qr(a)?.q)
}
