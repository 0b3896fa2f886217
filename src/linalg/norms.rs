//! Lengths of vectors and sizes of matrices (item B2).

use faer::MatRef;

use super::svd::singular_values;
use crate::error::Result;

/// ‖v‖₁ = Σ |v_i|.
pub fn l1(v: &[f64]) -> f64 {
    v.iter().map(|v| v.abs()).sum()
}

/// ‖v‖₂ = √(Σ v_i²).
///
/// ```
/// use foldspace::linalg::norms::{l1, l2, linf};
/// let v = [3.0, -4.0];
/// assert_eq!((l1(&v), l2(&v), linf(&v)), (7.0, 5.0, 4.0));
/// ```
pub fn l2(v: &[f64]) -> f64 {
    v.iter().map(|v| v * v).sum::<f64>().sqrt()
}

/// ‖v‖_∞ = max |v_i|, NaN if an entry is.
pub fn linf(v: &[f64]) -> f64 {
    v.iter()
        .map(|v| v.abs())
        .fold(0.0, |max, v| if v <= max { max } else { v })
}

/// ‖A‖_F = √(Σ a_ij²), the length of the matrix as a vector.
///
/// ```
/// use foldspace::linalg::norms::{frobenius, spectral};
/// let a = faer::mat![[3.0, 0.0], [0.0, 4.0]];
/// assert_eq!(frobenius(a.as_ref()), 5.0);
/// assert!((spectral(a.as_ref())? - 4.0).abs() < 1e-12);
/// # Ok::<(), foldspace::error::Error>(())
/// ```
pub fn frobenius(a: MatRef<'_, f64>) -> f64 {
    let columns = (0..a.ncols()).map(|j| a.col(j).iter().map(|a| a * a).sum::<f64>());
    columns.sum::<f64>().sqrt()
}

/// ‖A‖₂ = max ‖A x‖ / ‖x‖ = σ₁, the furthest that the matrix stretches a vector.
///
/// # Errors
/// If an entry is not finite or there is none.
pub fn spectral(a: MatRef<'_, f64>) -> Result<f64> {
    Ok(singular_values(a)?.first().copied().unwrap_or_default())
}
