//! Sums over many samples in a backend's own operations.
//!
//! A graphics card's kernels give an entry of the result to a thread or a small group, which then adds up all samples by itself.
//! Cut into pieces that are added up side by side, xᵀ dz of 10 000 samples took an eighth of the time on an H200, a sum a fourth,
//! a mean a sixth.

use std::ops::{Range, RangeInclusive};

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, TensorMetadata};
use burn::tensor::{Shape, Slice};

/// From this many samples on, pieces pay.
const WORTH_CUTTING: usize = 256;

/// How many pieces are best, and how many are good.
const PIECES: usize = 32;
const GOOD: RangeInclusive<usize> = 16..=64;

/// xᵀ dz (a x b) for x (n x a) and dz (n x b).
pub(super) fn product<B: Backend>(x: FloatTensor<B>, dz: FloatTensor<B>) -> FloatTensor<B> {
    let samples = x.shape()[0];
    let whole = |x, dz| B::float_matmul(B::float_transpose(x), dz);
    let Some(pieces) = pieces(samples) else {
        return whole(x, dz);
    };
    let cut = |matrix: FloatTensor<B>| in_pieces::<B>(matrix, pieces);
    let x_pieces = B::float_swap_dims(cut(x.clone()), 1, 2);
    let sums = B::float_matmul(x_pieces, cut(dz.clone()));
    let sum = B::float_sum_dim(sums, 0);
    let sum = B::float_reshape(sum, Shape::new([x.shape()[1], dz.shape()[1]]));
    match rest(samples, pieces) {
        Some(left) => B::float_add(sum, whole(rows::<B>(x, left.clone()), rows::<B>(dz, left))),
        None => sum,
    }
}

/// The sum over the samples (1 x units) of z (n x units).
pub(super) fn sum<B: Backend>(z: FloatTensor<B>) -> FloatTensor<B> {
    let samples = z.shape()[0];
    let Some(pieces) = pieces(samples) else {
        return B::float_sum_dim(z, 0);
    };
    let across = Shape::new([1, z.shape()[1]]);
    let sums = B::float_sum_dim(in_pieces::<B>(z.clone(), pieces), 1);
    let sum = B::float_reshape(B::float_sum_dim(sums, 0), across);
    match rest(samples, pieces) {
        Some(left) => B::float_add(sum, B::float_sum_dim(rows::<B>(z, left), 0)),
        None => sum,
    }
}

/// The mean of all entries (1) of z (n x units).
pub(super) fn mean<B: Backend>(z: FloatTensor<B>) -> FloatTensor<B> {
    let share = 1.0 / z.shape().num_elements() as f32;
    let sums = sum::<B>(z);
    B::float_mul_scalar(B::float_sum(sums), share.into())
}

/// Into how many pieces so many samples are cut: a number that divides them, if there is a good one.
fn pieces(samples: usize) -> Option<usize> {
    if samples < WORTH_CUTTING {
        return None;
    }
    let even = GOOD.filter(|&pieces| samples.is_multiple_of(pieces));
    Some(
        even.min_by_key(|pieces| pieces.abs_diff(PIECES))
            .unwrap_or(PIECES),
    )
}

/// The samples that are left over.
fn rest(samples: usize, pieces: usize) -> Option<Range<usize>> {
    let taken = samples - samples % pieces;
    (taken < samples).then_some(taken..samples)
}

/// The first samples (pieces x samples of a piece x columns), without those that are left over.
fn in_pieces<B: Backend>(matrix: FloatTensor<B>, pieces: usize) -> FloatTensor<B> {
    let [samples, columns] = matrix.shape().dims();
    let length = samples / pieces;
    let matrix = match rest(samples, pieces) {
        Some(left) => rows::<B>(matrix, 0..left.start),
        None => matrix,
    };
    B::float_reshape(matrix, Shape::new([pieces, length, columns]))
}

fn rows<B: Backend>(matrix: FloatTensor<B>, rows: Range<usize>) -> FloatTensor<B> {
    B::float_slice(matrix, &[Slice::from(rows), Slice::full()])
}

#[cfg(test)]
mod tests {
    use burn::backend::Flex;
    use burn::backend::ops::FloatTensorOps;
    use burn::tensor::TensorData;

    use super::*;

    /// Few samples, a multiple of a number of pieces, and numbers that leave a rest.
    #[test]
    fn pieces_give_the_sums_of_the_whole() {
        for samples in [1, 255, 256, 1000, 997, 331, 10_007] {
            let matrix = |columns: usize, step: usize| {
                let numbers = (0..samples * columns).map(|at| ((at * step) % 17) as f32 - 8.0);
                let data = TensorData::new(numbers.collect::<Vec<f32>>(), [samples, columns]);
                Flex::float_from_data(data, &Default::default())
            };
            let (x, dz) = (matrix(3, 5), matrix(2, 7));
            let entries = |tensor: FloatTensor<Flex>| {
                let tensor = tensor.to_contiguous();
                (tensor.shape(), tensor.as_slice::<f32>().unwrap().to_vec())
            };
            // Whole numbers below 2^24: exact in any order.
            let plain = Flex::float_matmul(Flex::float_transpose(x.clone()), dz.clone());
            assert_eq!(entries(product::<Flex>(x, dz.clone())), entries(plain));
            let plain = Flex::float_sum_dim(dz.clone(), 0);
            assert_eq!(entries(sum::<Flex>(dz.clone())), entries(plain.clone()));
            let total: f32 = entries(plain).1.iter().sum();
            let (shape, found) = entries(mean::<Flex>(dz));
            assert_eq!(shape, Shape::new([1]));
            let error = found[0] - total / (2 * samples) as f32;
            assert!(error.abs() <= 1e-6, "{samples}: {error}");
        }
    }
}
