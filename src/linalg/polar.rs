//! Polar decomposition: a pure stretch, then a rotation (and perhaps a reflection).

use faer::{Mat, MatRef};

use super::svd::{scale_columns, svd};
use crate::error::Result;

/// A = Q P.
#[derive(Debug, Clone, PartialEq)]
pub struct Polar {
    /// (m x n): the nearest matrix to A with orthonormal columns (rows, where m < n).
    pub q: Mat<f64>,
    /// (n x n), symmetric, no negative eigenvalues: stretches along orthogonal directions. Unique.
    pub p: Mat<f64>,
}

/// The polar decomposition of `a` (m x n): from A = U S Vᵀ, Q = U Vᵀ and P = V S Vᵀ. Q is unique where A has full
/// column rank.
///
/// ```
/// use faer::mat;
/// use foldspace::linalg::polar;
/// // Stretch x by 3, then turn by 90°.
/// let polar = polar(mat![[0.0, -1.0], [3.0, 0.0]].as_ref())?;
/// assert!((polar.q - mat![[0.0, -1.0], [1.0, 0.0]]).norm_max() < 1e-12);
/// assert!((polar.p - mat![[3.0, 0.0], [0.0, 1.0]]).norm_max() < 1e-12);
/// # Ok::<(), foldspace::error::Error>(())
/// ```
///
/// # Errors
/// If an entry is not finite or there is none.
pub fn polar(a: MatRef<'_, f64>) -> Result<Polar> {
    let svd = svd(a)?;
    Ok(Polar {
        q: &svd.u * svd.v.transpose(),
        p: scale_columns(&svd.v, &svd.s) * svd.v.transpose(),
    })
}
