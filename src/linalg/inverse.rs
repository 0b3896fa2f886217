//! The inverse, and when there is none (item B4).

use faer::linalg::solvers::DenseSolveCore;
use faer::{Mat, MatRef};

use super::check_square;
use super::svd::singular_values;
use crate::error::{Error, Result};

/// κ(A) = σ₁ / σ_min (m x n, of the min(m, n) singular values): how much A can magnify a relative error; infinite
/// for a singular matrix.
///
/// # Errors
/// If an entry is not finite or there is none.
pub fn condition_number(a: MatRef<'_, f64>) -> Result<f64> {
    let values = singular_values(a)?;
    Ok(match values[..] {
        [largest, .., smallest] if smallest > 0.0 => largest / smallest,
        [only] if only > 0.0 => 1.0,
        _ => f64::INFINITY,
    })
}

/// A⁻¹ (n x n), by LU decomposition with partial pivoting.
///
/// ```
/// use faer::mat;
/// use foldspace::linalg::inverse;
/// let inverse_of = inverse(mat![[2.0, 0.0], [0.0, 4.0]].as_ref())?;
/// assert_eq!(inverse_of, mat![[0.5, 0.0], [0.0, 0.25]]);
///
/// let refused = inverse(mat![[1.0, 2.0], [2.0, 4.0]].as_ref()).unwrap_err();
/// assert!(refused.to_string().contains("singular"));
/// # Ok::<(), foldspace::error::Error>(())
/// ```
///
/// # Errors
/// If the matrix is not square, an entry is not finite, or it is singular to working precision: its reciprocal
/// condition number is below n ε.
pub fn inverse(a: MatRef<'_, f64>) -> Result<Mat<f64>> {
    check_square("inverse", a)?;
    let reciprocal = 1.0 / condition_number(a)?;
    if reciprocal < a.nrows() as f64 * f64::EPSILON {
        return Err(Error::matrix(
            "inverse",
            format!(
                "the {n} x {n} matrix is singular (reciprocal condition number {reciprocal:.1e}): it flattens space, \
                 and nothing can undo that",
                n = a.nrows()
            ),
        ));
    }
    Ok(a.partial_piv_lu().inverse())
}
