//! Rank: how many dimensions are left after the matrix (items B1, B6).

use faer::{Mat, MatRef};

use super::svd::singular_values;
use crate::error::{Error, Result};

/// The numerical rank of `a` (m x n): the number of singular values above σ₁ max(m, n) ε, NumPy's `matrix_rank`.
///
/// ```
/// use faer::mat;
/// use foldspace::linalg::rank;
/// assert_eq!(rank(mat![[1.0, 2.0], [2.0, 4.0]].as_ref())?, 1);
/// assert_eq!(rank(mat![[1.0, 2.0], [3.0, 4.0]].as_ref())?, 2);
/// # Ok::<(), foldspace::error::Error>(())
/// ```
///
/// # Errors
/// If an entry is not finite or there is none.
pub fn rank(a: MatRef<'_, f64>) -> Result<usize> {
    let values = singular_values(a)?;
    let largest = values.first().copied().unwrap_or_default();
    let tolerance = largest * a.nrows().max(a.ncols()) as f64 * f64::EPSILON;
    Ok(values.iter().filter(|&&value| value > tolerance).count())
}

/// Whether none of the vectors is a linear combination of the others: their rank is their number.
///
/// ```
/// use foldspace::linalg::is_independent;
/// assert!(is_independent(&[&[1.0, 0.0], &[1.0, 1.0]])?);
/// assert!(!is_independent(&[&[1.0, 0.0], &[1.0, 1.0], &[0.0, 1.0]])?);
/// # Ok::<(), foldspace::error::Error>(())
/// ```
///
/// # Errors
/// If the vectors have different lengths, there is none, or an entry is not finite.
pub fn is_independent(vectors: &[&[f64]]) -> Result<bool> {
    let length = vectors.first().map_or(0, |vector| vector.len());
    if let Some(other) = vectors.iter().find(|vector| vector.len() != length) {
        return Err(Error::matrix(
            "linear independence",
            format!("the vectors have {length} and {} entries", other.len()),
        ));
    }
    let columns = Mat::from_fn(length, vectors.len(), |i, j| vectors[j][i]);
    Ok(rank(columns.as_ref())? == vectors.len())
}
