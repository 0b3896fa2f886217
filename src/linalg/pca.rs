//! Principal component analysis: the directions in which data varies most (items A16, B8).
//!
//! By singular value decomposition of the centred data, X - mean = U S Vᵀ: the components are the columns of V, and
//! s_k² / (n - 1) is the variance along the k-th. The same as the eigenvectors and eigenvalues of the covariance
//! matrix, without squaring the condition number.

use faer::{Mat, MatRef};

use super::svd::svd;
use crate::error::{Error, Result};

/// A fitted analysis; names and conventions as in scikit-learn's `PCA`.
#[derive(Debug, Clone, PartialEq)]
pub struct Pca {
    /// The mean of each of the d features.
    pub mean: Vec<f64>,
    /// (k x d): one unit direction per row, the greatest variance first; signs as in [`super::Svd::v`].
    pub components: Mat<f64>,
    /// The variance along each component (divided by n - 1), k entries.
    pub explained_variance: Vec<f64>,
    /// The same as a share of the total, k entries; zeros if nothing varies.
    pub explained_variance_ratio: Vec<f64>,
    /// The sum of the variances of all d features.
    pub total_variance: f64,
}

impl Pca {
    /// Finds the first `k` principal components of the rows of `data` (n x d).
    ///
    /// ```
    /// use faer::mat;
    /// use foldspace::linalg::Pca;
    /// let line = mat![[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]];
    /// let pca = Pca::fit(line.as_ref(), 1)?;
    /// assert_eq!(pca.mean, [3.0, 4.0]);
    /// assert!((pca.components[(0, 1)] - 0.8).abs() < 1e-12);
    /// assert!((pca.explained_variance[0] - 25.0).abs() < 1e-12);
    /// assert!((pca.inverse_transform(pca.transform(line.as_ref()).as_ref()) - line).norm_max() < 1e-12);
    /// # Ok::<(), foldspace::error::Error>(())
    /// ```
    ///
    /// # Errors
    /// If there are fewer than 2 rows, `k` is 0 or above min(n, d), or a number is not finite.
    pub fn fit(data: MatRef<'_, f64>, k: usize) -> Result<Self> {
        let (n, d) = (data.nrows(), data.ncols());
        if n < 2 || k == 0 || k > n.min(d) {
            return Err(Error::matrix(
                "principal component analysis",
                format!(
                    "{k} components of data that are {n} x {d}; it takes 2 rows and 1 to {} components",
                    n.min(d)
                ),
            ));
        }
        let mean: Vec<f64> = (0..d)
            .map(|j| data.col(j).iter().sum::<f64>() / n as f64)
            .collect();
        let centred = Mat::from_fn(n, d, |i, j| data[(i, j)] - mean[j]);
        let svd = svd(centred.as_ref())?;
        let variances: Vec<f64> = svd.s.iter().map(|s| s * s / (n - 1) as f64).collect();
        let total_variance: f64 = variances.iter().sum();
        let share = |variance: &f64| {
            if total_variance > 0.0 {
                variance / total_variance
            } else {
                0.0
            }
        };
        Ok(Self {
            mean,
            components: svd.v.transpose().subrows(0, k).to_owned(),
            explained_variance_ratio: variances.iter().take(k).map(share).collect(),
            explained_variance: variances.into_iter().take(k).collect(),
            total_variance,
        })
    }

    /// The coordinates of the rows of `data` (n x d) along the components: (x - mean) Cᵀ, (n x k).
    ///
    /// # Panics
    /// If the data do not have d columns.
    pub fn transform(&self, data: MatRef<'_, f64>) -> Mat<f64> {
        assert_eq!(
            data.ncols(),
            self.mean.len(),
            "data with other features than were fitted"
        );
        let centred = Mat::from_fn(data.nrows(), data.ncols(), |i, j| {
            data[(i, j)] - self.mean[j]
        });
        centred * self.components.transpose()
    }

    /// The points with the given coordinates (n x k): z C + mean, (n x d).
    ///
    /// # Panics
    /// If there are not k columns.
    pub fn inverse_transform(&self, coordinates: MatRef<'_, f64>) -> Mat<f64> {
        let mut points = coordinates * &self.components;
        for (j, mean) in self.mean.iter().enumerate() {
            for x in points.col_mut(j).iter_mut() {
                *x += mean;
            }
        }
        points
    }
}
