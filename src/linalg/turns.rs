//! Singular vectors followed through a sequence of matrices, and the balance of a unit's weights.
//!
//! Sorted by size, singular values swap places where they cross, and their vectors jump. Here each pair of vectors keeps its
//! place: it goes on as the pair of the next matrix that it overlaps with most. Where singular values coincide, any basis of
//! their space is right, and the one nearest to the last is taken.

use faer::{Mat, MatRef};

use super::{polar, svd};
use crate::error::{Error, Result};

/// A = U diag(S) Vᵀ, thin as [`Svd`](super::Svd), but each triplet in its predecessor's place and with its sign: S
/// need not fall.
#[derive(Debug, Clone, PartialEq)]
pub struct Followed {
    /// (m x k), orthonormal columns.
    pub u: Mat<f64>,
    /// k numbers, none negative.
    pub s: Vec<f64>,
    /// (n x k), orthonormal columns.
    pub v: Mat<f64>,
}

impl Followed {
    /// U diag(S) Vᵀ (m x n).
    pub fn reconstruct(&self) -> Mat<f64> {
        super::svd::scale_columns(&self.u, &self.s) * self.v.transpose()
    }

    /// The angle in degrees between the k-th right singular vectors of two matrices, 0 to 180.
    pub fn turned(&self, from: &Self, k: usize) -> f64 {
        angle(&self.v, &from.v, k)
    }

    /// The same of the left singular vectors.
    pub fn left_turned(&self, from: &Self, k: usize) -> f64 {
        angle(&self.u, &from.u, k)
    }
}

/// Between the k-th columns, of length 1, in degrees.
fn angle(a: &Mat<f64>, b: &Mat<f64>, k: usize) -> f64 {
    let (mut together, mut apart) = (0.0, 0.0);
    for i in 0..a.nrows() {
        let (a, b) = (a[(i, k)], b[(i, k)]);
        together += (a + b) * (a + b);
        apart += (a - b) * (a - b);
    }
    // Accurate for small angles, where the cosine is not.
    (2.0 * libm::atan2(apart.sqrt(), together.sqrt())).to_degrees()
}

/// Singular values closer than this share of the largest count as one.
const SAME: f64 = 1e-9;

/// The singular value decompositions of `matrices`, all of one shape, each followed from the last.
///
/// ```
/// use faer::mat;
/// use foldspace::linalg::follow;
/// // diag(1 - t, t) for t = 0.4, 0.5, 0.6: the directions stay, the sizes cross.
/// let path: Vec<_> = [0.4, 0.5, 0.6].map(|t| mat![[1.0 - t, 0.0], [0.0, t]]).into();
/// let followed = follow(path.iter().map(|matrix| matrix.as_ref()))?;
/// assert!((followed[2].s[0] - 0.4).abs() < 1e-15 && (followed[2].s[1] - 0.6).abs() < 1e-15);
/// assert!(followed[2].turned(&followed[0], 0) < 1e-6);
/// # Ok::<(), foldspace::error::Error>(())
/// ```
///
/// # Errors
/// As [`svd()`], and if shapes differ.
pub fn follow<'a>(matrices: impl IntoIterator<Item = MatRef<'a, f64>>) -> Result<Vec<Followed>> {
    let mut path: Vec<Followed> = Vec::new();
    for matrix in matrices {
        let own = svd(matrix)?;
        let next = Followed {
            u: own.u,
            s: own.s,
            v: own.v,
        };
        path.push(match path.last() {
            Some(last) if last.u.nrows() != next.u.nrows() || last.v.nrows() != next.v.nrows() => {
                return Err(Error::matrix(
                    "following singular vectors",
                    "the matrices have different shapes",
                ));
            }
            Some(last) => placed(last, next)?,
            None => next,
        });
    }
    Ok(path)
}

/// `next` with its triplets in the places of those of `last`.
fn placed(last: &Followed, mut next: Followed) -> Result<Followed> {
    let k = next.s.len();
    let same = SAME * next.s.first().copied().unwrap_or_default();
    let mut from = 0;
    while from < k {
        let to = (from + 1..k)
            .find(|&j| next.s[j - 1] - next.s[j] > same)
            .unwrap_or(k);
        if to - from > 1 {
            align(last, &mut next, from, to)?;
        }
        from = to;
    }
    let overlap = overlaps(last, &next);
    let mut pairs: Vec<(f64, usize, usize)> = Vec::with_capacity(k * k);
    for i in 0..k {
        for j in 0..k {
            pairs.push((overlap[(i, j)], i, j));
        }
    }
    pairs.sort_by(|a, b| {
        b.0.abs()
            .total_cmp(&a.0.abs())
            .then((a.1, a.2).cmp(&(b.1, b.2)))
    });
    let (mut place, mut taken) = (vec![None; k], vec![false; k]);
    for (value, i, j) in pairs {
        if place[i].is_none() && !taken[j] {
            taken[j] = true;
            place[i] = Some((j, if value < 0.0 { -1.0 } else { 1.0 }));
        }
    }
    let source: Vec<(usize, f64)> = place.into_iter().flatten().collect();
    let column = |matrix: &Mat<f64>| {
        Mat::from_fn(matrix.nrows(), k, |row, i| {
            source[i].1 * matrix[(row, source[i].0)]
        })
    };
    Ok(Followed {
        u: column(&next.u),
        s: source.iter().map(|&(j, _)| next.s[j]).collect(),
        v: column(&next.v),
    })
}

/// Means of the left and right vectors' products, last by next.
fn overlaps(last: &Followed, next: &Followed) -> Mat<f64> {
    let products = last.u.transpose() * &next.u + last.v.transpose() * &next.v;
    0.5 * products
}

/// Turns the basis `from..to` of a space of equal singular values towards the vectors of `last` that lie in it most.
fn align(last: &Followed, next: &mut Followed, from: usize, to: usize) -> Result<()> {
    let (k, m) = (next.s.len(), to - from);
    let overlap = overlaps(last, next);
    let mut share: Vec<(f64, usize)> = (0..k)
        .map(|i| {
            let squares = (from..to).map(|j| overlap[(i, j)] * overlap[(i, j)]);
            (squares.sum(), i)
        })
        .collect();
    share.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut nearest: Vec<usize> = share.iter().take(m).map(|&(_, i)| i).collect();
    nearest.sort_unstable();
    let target = Mat::from_fn(m, m, |j, i| overlap[(nearest[i], from + j)]);
    let turn = polar(target.as_ref())?.q;
    for matrix in [&mut next.u, &mut next.v] {
        let part = matrix.as_ref().subcols(from, m) * &turn;
        matrix.as_mut().subcols_mut(from, m).copy_from(&part);
    }
    Ok(())
}

/// ‖w_in‖² + b² - ‖w_out‖² of every unit: `weight` (units x inputs) and `bias` lead into it, `next` (outputs x units) out
/// of it. Under gradient flow it stays as it is where the unit's activation is ReLU, leaky ReLU or the identity; gradient
/// descent lets it drift, the less the smaller its steps.
///
/// Source: S. Du, W. Hu and J. Lee, *Algorithmic regularization in learning deep homogeneous models: layers are
/// automatically balanced* (2018).
pub fn balance(weight: MatRef<'_, f64>, bias: &[f64], next: MatRef<'_, f64>) -> Vec<f64> {
    let unit = |i: usize| {
        let enters: f64 = weight.row(i).iter().map(|w| w * w).sum();
        let leaves: f64 = next.col(i).iter().map(|w| w * w).sum();
        enters + bias[i] * bias[i] - leaves
    };
    (0..weight.nrows()).map(unit).collect()
}
