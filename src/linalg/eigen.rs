//! Eigenvalues and eigenvectors: the directions that a matrix only stretches, W v = λ v (item B7).

use faer::{Mat, MatRef, Side, c64};

use super::svd::largest_entry;
use super::{check_finite, check_square};
use crate::error::{Error, Result};

/// The eigenvalues and eigenvectors of a general real matrix: complex ones come in conjugate pairs and mean rotation.
#[derive(Debug, Clone, PartialEq)]
pub struct Eigen {
    /// n eigenvalues by rising real part; of a conjugate pair, the one with positive imaginary part first.
    pub values: Vec<c64>,
    /// (n x n): column k belongs to eigenvalue k. Length 1, as from `numpy.linalg.eig`, whose sign is arbitrary; here
    /// the entry of greatest modulus (the first of several) is real and positive.
    pub vectors: Mat<c64>,
}

/// The eigenvalues and eigenvectors of a symmetric matrix: all real, the vectors orthogonal.
#[derive(Debug, Clone, PartialEq)]
pub struct SymmetricEigen {
    /// n eigenvalues, rising.
    pub values: Vec<f64>,
    /// (n x n), orthonormal columns; in each, the entry of greatest magnitude (the first of several) is positive.
    pub vectors: Mat<f64>,
}

/// Eigenvalues and eigenvectors of `a` (n x n).
///
/// A matrix without n independent eigenvectors, such as \[\[1, 1\], \[0, 1\]\], gets nearly parallel ones.
///
/// ```
/// use foldspace::linalg::eigen;
/// let quarter_turn = eigen(faer::mat![[0.0, -1.0], [1.0, 0.0]].as_ref())?;
/// assert!(quarter_turn.values[0].re.abs() < 1e-12);
/// assert!((quarter_turn.values[0].im - 1.0).abs() < 1e-12); // e^(±i 90°)
///
/// let w = eigen(faer::mat![[1.0, 2.0], [3.0, 4.0]].as_ref())?;
/// assert!((w.values[1].re - 5.372_281_323_269_014).abs() < 1e-12);
/// assert!((w.vectors[(1, 1)].re - 0.909_376_709_132_124_2).abs() < 1e-12);
/// # Ok::<(), foldspace::error::Error>(())
/// ```
///
/// # Errors
/// If the matrix is not square, an entry is not finite or there is none, or the iteration does not converge.
pub fn eigen(a: MatRef<'_, f64>) -> Result<Eigen> {
    check_square("eigenvalues", a)?;
    let decomposition = a
        .eigen()
        .map_err(|_| Error::matrix("eigenvalues", "the iteration did not converge"))?;
    let values: Vec<c64> = decomposition.S().column_vector().iter().copied().collect();
    let raw = decomposition.U();
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&i, &j| {
        let (a, b) = (values[i], values[j]);
        (a.re.total_cmp(&b.re))
            .then(a.im.abs().total_cmp(&b.im.abs()))
            .then(b.im.total_cmp(&a.im))
    });
    let mut vectors = Mat::zeros(values.len(), values.len());
    for (k, &from) in order.iter().enumerate() {
        let column: Vec<c64> = raw.col(from).iter().copied().collect();
        for (i, entry) in normalised(column).into_iter().enumerate() {
            vectors[(i, k)] = entry;
        }
    }
    Ok(Eigen {
        values: order.iter().map(|&k| values[k]).collect(),
        vectors,
    })
}

/// The vector with length 1 and its greatest entry real and positive.
fn normalised(vector: Vec<c64>) -> Vec<c64> {
    let modulus = |z: &c64| libm::hypot(z.re, z.im);
    let length = vector
        .iter()
        .map(|z| z.re * z.re + z.im * z.im)
        .sum::<f64>()
        .sqrt();
    let mut largest = c64::new(1.0, 0.0);
    let mut size = 0.0;
    for z in &vector {
        if modulus(z) > size * (1.0 + 1e-10) {
            (largest, size) = (*z, modulus(z));
        }
    }
    if size == 0.0 {
        return vector;
    }
    // Times the conjugate phase of the largest entry.
    let turn = c64::new(largest.re / size / length, -largest.im / size / length);
    vector.into_iter().map(|z| z * turn).collect()
}

/// Eigenvalues and eigenvectors of the symmetric `a` (n x n): A = V diag(λ) Vᵀ.
///
/// ```
/// use foldspace::linalg::symmetric_eigen;
/// let eigen = symmetric_eigen(faer::mat![[2.0, 1.0], [1.0, 2.0]].as_ref())?;
/// assert!((eigen.values[0] - 1.0).abs() < 1e-12 && (eigen.values[1] - 3.0).abs() < 1e-12);
/// assert!((eigen.vectors[(0, 1)] - eigen.vectors[(1, 1)]).abs() < 1e-12); // along (1, 1)
/// # Ok::<(), foldspace::error::Error>(())
/// ```
///
/// # Errors
/// If the matrix is not symmetric to 1e-12 of its largest entry, or as [`eigen`].
pub fn symmetric_eigen(a: MatRef<'_, f64>) -> Result<SymmetricEigen> {
    check_square("symmetric eigenvalues", a)?;
    check_finite("symmetric eigenvalues", a)?;
    let asymmetry = (a - a.transpose()).norm_max();
    if asymmetry > 1e-12 * a.norm_max() {
        return Err(Error::matrix(
            "symmetric eigenvalues",
            format!("the matrix differs from its transpose by {asymmetry:.1e}"),
        ));
    }
    let decomposition = a
        .self_adjoint_eigen(Side::Lower)
        .map_err(|_| Error::matrix("symmetric eigenvalues", "the iteration did not converge"))?;
    let values = decomposition.S().column_vector().iter().copied().collect();
    let mut vectors = decomposition.U().to_owned();
    for k in 0..vectors.ncols() {
        if vectors[(largest_entry(vectors.as_ref(), k), k)] < 0.0 {
            for x in vectors.col_mut(k).iter_mut() {
                *x = -*x;
            }
        }
    }
    Ok(SymmetricEigen { values, vectors })
}
