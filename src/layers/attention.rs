//! Scaled dot-product attention (item B16; Vaswani and others, 2017): softmax(Q Kᵀ / √d) V.
//!
//! Row i of Q asks, row j of K answers: their dot product, over √d so that its spread does not grow with d, says how
//! much of row j of V goes into output i. The softmax makes each row of weights positive with sum 1, so every output
//! is a weighted mean of V's rows.

use faer::{Mat, MatRef};

use super::check_size;
use crate::error::{Error, Result};
use crate::model::Activation;

/// Who may look at whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mask {
    /// Every query at every key.
    #[default]
    None,
    /// No query at a later key: with as many queries as keys, query i at keys 0 to i. Fewer queries are the last ones
    /// of the sequence.
    Causal,
}

impl Mask {
    /// May query `i` of `queries` look at key `j` of `keys`?
    pub fn allows(self, i: usize, j: usize, queries: usize, keys: usize) -> bool {
        match self {
            Self::None => true,
            Self::Causal => j + queries <= i + keys,
        }
    }
}

/// What attention computes.
#[derive(Debug, Clone, PartialEq)]
pub struct Attention {
    /// (queries x keys), rows that sum to 1; 0 where the mask forbids looking.
    pub weights: Mat<f64>,
    /// (queries x values): the weighted means.
    pub output: Mat<f64>,
}

/// softmax(Q Kᵀ / √d) V for Q (queries x d), K (keys x d), V (keys x values).
///
/// ```
/// use faer::mat;
/// use foldspace::layers::{Mask, attention};
///
/// let (q, k) = (mat![[0.0], [9.0]], mat![[1.0], [2.0]]);
/// let v = mat![[10.0], [20.0]];
/// let free = attention(q.as_ref(), k.as_ref(), v.as_ref(), Mask::None)?;
/// assert_eq!(free.output[(0, 0)], 15.0); // a query of 0 has no preference
/// let causal = attention(q.as_ref(), k.as_ref(), v.as_ref(), Mask::Causal)?;
/// assert_eq!(causal.output[(0, 0)], 10.0); // the first may only look at itself
/// # Ok::<(), foldspace::error::Error>(())
/// ```
///
/// # Errors
/// If the sizes do not fit, or a causal mask leaves a query without any key (more queries than keys).
pub fn attention(
    q: MatRef<'_, f64>,
    k: MatRef<'_, f64>,
    v: MatRef<'_, f64>,
    mask: Mask,
) -> Result<Attention> {
    check_sizes(q, k, v, mask)?;
    let weights = softmax_rows(&masked_scores(q, k, mask));
    let output = &weights * v;
    Ok(Attention { weights, output })
}

/// Refuses sizes that do not fit.
pub(super) fn check_sizes(
    q: MatRef<'_, f64>,
    k: MatRef<'_, f64>,
    v: MatRef<'_, f64>,
    mask: Mask,
) -> Result<()> {
    let (queries, keys) = (q.nrows(), k.nrows());
    check_size("attention", "K", k.shape(), (keys, q.ncols()))?;
    check_size("attention", "V", v.shape(), (keys, v.ncols()))?;
    if q.ncols() == 0 || keys == 0 {
        return Err(Error::matrix("attention", "there is nothing to look at"));
    }
    if mask == Mask::Causal && queries > keys {
        return Err(Error::matrix(
            "attention",
            format!(
                "{queries} queries for {keys} keys: the first query would come before every key"
            ),
        ));
    }
    Ok(())
}

/// Q Kᵀ / √d, -∞ where the mask forbids looking.
fn masked_scores(q: MatRef<'_, f64>, k: MatRef<'_, f64>, mask: Mask) -> Mat<f64> {
    let scores = q * k.transpose();
    let scale = 1.0 / (q.ncols() as f64).sqrt();
    Mat::from_fn(q.nrows(), k.nrows(), |i, j| {
        if mask.allows(i, j, q.nrows(), k.nrows()) {
            scores[(i, j)] * scale
        } else {
            f64::NEG_INFINITY
        }
    })
}

/// The softmax of every row.
fn softmax_rows(scores: &Mat<f64>) -> Mat<f64> {
    let mut weights = scores.clone();
    for i in 0..scores.nrows() {
        let mut row: Vec<f64> = scores.row(i).iter().copied().collect();
        Activation::Softmax.apply(&mut row);
        for (j, weight) in row.into_iter().enumerate() {
            weights[(i, j)] = weight;
        }
    }
    weights
}
