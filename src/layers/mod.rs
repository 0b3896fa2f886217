//! The layers of networks, written as the matrices they are, in `f64`.
//!
//! | layer | as a matrix | post item |
//! | --- | --- | --- |
//! | [`Conv2d`] | patch matrix x filter matrix, or one sparse matrix, or a product of spectra ([`fourier`]) | B13 |
//! | [`BatchNorm`] | an affine map with a diagonal matrix, which can be folded into the layer before it | B12 |
//! | [`rnn`] | powers of one matrix, forwards and (transposed) backwards through time | B14 |
//! | [`attention`] | softmax(Q Kᵀ / √d) V | B16 |
//! | [`scratch_net`] | two layers with gradients by hand, in the orientation of post B's code | B11 |
//! | [`matrix_function`] | any depth with gradients by hand, in the textbook's orientation | C1 |
//!
//! None of these trains the project's networks: that is Burn's work. [`by_burn`] feeds Burn's own layers with the same
//! numbers, on any device, so that each formula is held against the layer that people use.

pub(crate) mod attention;
pub(crate) mod batch_norm;
#[cfg(feature = "train")]
pub mod by_burn;
pub(crate) mod convolution;
pub mod fourier;
pub mod matrix_function;
pub mod rnn;
pub mod scratch_net;

pub use attention::{Attention, Mask, attention};
pub use batch_norm::{Affine, BatchNorm, Statistics};
pub use convolution::{Conv2d, Image};

use faer::{Mat, MatRef};

use crate::error::{Error, Result};

/// Refuses vectors and matrices whose sizes do not fit.
fn check_size(
    operation: &'static str,
    what: &str,
    found: (usize, usize),
    wanted: (usize, usize),
) -> Result<()> {
    if found == wanted {
        return Ok(());
    }
    Err(Error::matrix(
        operation,
        format!(
            "{what} is {} x {}, it has to be {} x {}",
            found.0, found.1, wanted.0, wanted.1
        ),
    ))
}

/// Adds the bias to every row: Z + 1 bᵀ.
fn add_to_rows(z: &mut Mat<f64>, bias: &[f64]) {
    for (j, bias) in bias.iter().enumerate() {
        for z in z.col_mut(j).iter_mut() {
            *z += bias;
        }
    }
}

/// The sum of the rows, Zᵀ 1.
fn sum_of_rows(z: MatRef<'_, f64>) -> Vec<f64> {
    (0..z.ncols()).map(|j| z.col(j).iter().sum()).collect()
}
