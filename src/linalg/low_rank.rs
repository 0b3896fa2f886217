//! The best matrix of low rank: W ≈ A B with A (m x r) and B (r x n) (item B15).
//!
//! Keep the r largest singular values: A = U_r S_r, B = V_rᵀ. By Eckart and Young (1936) and Mirsky (1960) no matrix
//! of rank r comes closer, in the spectral norm (error σ_{r+1}) or in the Frobenius norm (error √(σ_{r+1}² + ...)).

use faer::{Mat, MatRef};

use super::svd::{scale_columns, svd};
use crate::error::{Error, Result};

/// A matrix in two factors.
#[derive(Debug, Clone, PartialEq)]
pub struct LowRank {
    /// A = U_r S_r (m x r).
    pub left: Mat<f64>,
    /// B = V_rᵀ (r x n).
    pub right: Mat<f64>,
    /// ‖W - A B‖₂ = σ_{r+1}; 0 at full rank.
    pub spectral_error: f64,
    /// ‖W - A B‖_F.
    pub frobenius_error: f64,
}

impl LowRank {
    /// r.
    pub fn rank(&self) -> usize {
        self.right.nrows()
    }

    /// A B (m x n).
    pub fn product(&self) -> Mat<f64> {
        &self.left * &self.right
    }

    /// The number of entries of both factors, r (m + n); also the multiplications that A (B x) takes. The full matrix
    /// has m n of either: the factors are smaller for r < m n / (m + n).
    pub fn parameters(&self) -> usize {
        self.rank() * (self.left.nrows() + self.right.ncols())
    }
}

/// The best approximation of `w` (m x n) by a matrix of rank `r`, in two factors.
///
/// ```
/// use foldspace::linalg::low_rank;
/// let w = faer::mat![[3.0, 0.0, 0.0], [0.0, 2.0, 0.0]];
/// let factors = low_rank(w.as_ref(), 1)?;
/// assert!((factors.product() - faer::mat![[3.0, 0.0, 0.0], [0.0, 0.0, 0.0]]).norm_max() < 1e-12);
/// assert!((factors.spectral_error - 2.0).abs() < 1e-12);
/// assert_eq!(factors.parameters(), 5);
/// # Ok::<(), foldspace::error::Error>(())
/// ```
///
/// # Errors
/// If `r` is 0 or above min(m, n), or an entry is not finite.
pub fn low_rank(w: MatRef<'_, f64>, r: usize) -> Result<LowRank> {
    let most = w.nrows().min(w.ncols());
    if r == 0 || r > most {
        return Err(Error::matrix(
            "low-rank approximation",
            format!(
                "rank {r} of a matrix that is {} x {}; choose 1 to {most}",
                w.nrows(),
                w.ncols()
            ),
        ));
    }
    let svd = svd(w)?;
    let (kept, dropped) = svd.s.split_at(r);
    let left = svd.u.subcols(0, r).to_owned();
    Ok(LowRank {
        left: scale_columns(&left, kept),
        right: svd.v.subcols(0, r).transpose().to_owned(),
        spectral_error: dropped.first().copied().unwrap_or_default(),
        frobenius_error: dropped.iter().map(|s| s * s).sum::<f64>().sqrt(),
    })
}
