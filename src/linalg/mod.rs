//! The linear algebra that the posts speak of, on [`faer`]: each notion in one file, in `f64`.
//!
//! Matrices are `faer::Mat<f64>`; weights are (out x in), as in y = W x + b, and data has one sample per row.
//! Decompositions have fixed signs and orders, stated where they are defined. faer is built without threads here, so a
//! result depends on nothing but the input and the machine's instruction set.

pub(crate) mod eigen;
pub(crate) mod inverse;
pub(crate) mod low_rank;
pub mod norms;
pub mod orthogonal;
pub(crate) mod pca;
pub(crate) mod polar;
pub mod products;
pub(crate) mod qr;
pub(crate) mod rank;
pub(crate) mod svd;
pub mod transform2d;
pub(crate) mod turns;

pub use eigen::{Eigen, SymmetricEigen, eigen, symmetric_eigen};
pub use inverse::{condition_number, inverse};
pub use low_rank::{LowRank, low_rank};
pub use pca::Pca;
pub use polar::{Polar, polar};
pub use qr::{Qr, qr};
pub use rank::{is_independent, rank};
pub use svd::{Svd, singular_values, svd};
pub use turns::{Followed, balance, follow};

use faer::MatRef;

use crate::error::{Error, Result};

/// Refuses a matrix with an entry that is NaN or infinite, or without entries.
fn check_finite(operation: &'static str, a: MatRef<'_, f64>) -> Result<()> {
    if a.nrows() == 0 || a.ncols() == 0 {
        return Err(Error::matrix(
            operation,
            format!(
                "the matrix is {} x {}, it has no entries",
                a.nrows(),
                a.ncols()
            ),
        ));
    }
    for j in 0..a.ncols() {
        if let Some((i, value)) = a
            .col(j)
            .iter()
            .enumerate()
            .find(|(_, value)| !value.is_finite())
        {
            return Err(Error::matrix(
                operation,
                format!("entry ({i}, {j}) is {value}"),
            ));
        }
    }
    Ok(())
}

/// Refuses a matrix that is not square, or as [`check_finite`].
fn check_square(operation: &'static str, a: MatRef<'_, f64>) -> Result<()> {
    if a.nrows() != a.ncols() {
        return Err(Error::matrix(
            operation,
            format!(
                "the matrix is {} x {}; only a square one has it",
                a.nrows(),
                a.ncols()
            ),
        ));
    }
    check_finite(operation, a)
}
