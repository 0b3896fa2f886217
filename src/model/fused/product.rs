//! The one product that all of training comes down to.

use super::lanes::{LANES, multiply_add};
use crate::model::simd::{Vectors, Work};

/// The rows of a register tile: with four vectors of sixteen numbers each it fills 24 of 32 registers, and with one of two
/// halves 12 of 16.
const TILE: usize = 6;

/// The most products that are added up one after the other: a longer sum is a sum of sums, which loses fewer digits.
const DEPTH: usize = 256;

/// What a sum is added to.
#[derive(Debug, Clone, Copy)]
pub(super) enum Start<'a> {
    /// 0.
    Zero,
    /// A number per row of the result, such as a bias.
    Each(&'a [f32]),
    /// What stands in the result.
    Old,
}

/// A row-major matrix: its entries, and how many lie between the starts of two rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rows<'a> {
    /// `stride` times the number of rows.
    pub entries: &'a [f32],
    /// At least the number of columns.
    pub stride: usize,
}

/// C = start + A B, for A (m x depth), B (depth x n) and C (m x n), n a multiple of [`LANES`].
///
/// Tiles of C stay in registers while a row of B and a column of A pass by. Nothing is packed: B is narrow enough to stay in
/// the cache, and A is read along its rows.
pub(super) struct Product<'a> {
    /// m, depth, n.
    pub shape: [usize; 3],
    pub a: Rows<'a>,
    pub b: Rows<'a>,
    pub c: &'a mut [f32],
    pub start: Start<'a>,
}

impl Work for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn run<K: Vectors>(self, _: K) {
        let Self {
            shape: [m, depth, n],
            a,
            b,
            c,
            start,
        } = self;
        let mut column = 0;
        while column < n {
            let shape = [m, depth, column];
            let left = (n - column) / LANES;
            // The widest strip that fits.
            if K::REACH >= 4 && left >= 4 {
                strip::<K, 4>(shape, a, b, c, n, start);
                column += 4 * LANES;
            } else if K::REACH >= 2 && left >= 2 {
                strip::<K, 2>(shape, a, b, c, n, start);
                column += 2 * LANES;
            } else {
                strip::<K, 1>(shape, a, b, c, n, start);
                column += LANES;
            }
        }
    }
}

/// As many columns of C as V vectors hold, from `column` on.
#[inline(always)]
fn strip<K: Vectors, const V: usize>(
    [m, depth, column]: [usize; 3],
    a: Rows<'_>,
    b: Rows<'_>,
    c: &mut [f32],
    n: usize,
    start: Start<'_>,
) {
    for row in (0..m).step_by(TILE) {
        for from in (0..depth).step_by(DEPTH) {
            let start = if from == 0 { start } else { Start::Old };
            let place = [row, from, column];
            let depth = DEPTH.min(depth - from);
            match m - row {
                1 => tile::<K, 1, V>(place, depth, a, b, c, n, start),
                2 => tile::<K, 2, V>(place, depth, a, b, c, n, start),
                3 => tile::<K, 3, V>(place, depth, a, b, c, n, start),
                4 => tile::<K, 4, V>(place, depth, a, b, c, n, start),
                5 => tile::<K, 5, V>(place, depth, a, b, c, n, start),
                _ => tile::<K, TILE, V>(place, depth, a, b, c, n, start),
            }
        }
    }
}

/// Some rows of a strip, and of each sum `depth` products from number `from` on.
#[inline(always)]
fn tile<K: Vectors, const M: usize, const V: usize>(
    [row, from, column]: [usize; 3],
    depth: usize,
    a: Rows<'_>,
    b: Rows<'_>,
    c: &mut [f32],
    n: usize,
    start: Start<'_>,
) {
    let mut rows = [&[] as &[f32]; M];
    for (i, row_of_a) in rows.iter_mut().enumerate() {
        *row_of_a = &a.entries[(row + i) * a.stride + from..][..depth];
    }
    let mut sums = [[[0.0; LANES]; V]; M];
    if let Start::Each(numbers) = start {
        for i in 0..M {
            sums[i] = [[numbers[row + i]; LANES]; V];
        }
    }
    let b_rows = b.entries[from * b.stride..].chunks_exact(b.stride);
    for (t, b) in b_rows.take(depth).enumerate() {
        let vectors: [[f32; LANES]; V] = vectors_of(&b[column..]);
        for i in 0..M {
            let a = rows[i][t];
            for v in 0..V {
                for lane in 0..LANES {
                    sums[i][v][lane] = multiply_add::<K>(a, vectors[v][lane], sums[i][v][lane]);
                }
            }
        }
    }
    for i in 0..M {
        let to = &mut c[(row + i) * n + column..][..V * LANES];
        if matches!(start, Start::Old) {
            let old: [[f32; LANES]; V] = vectors_of(to);
            for v in 0..V {
                for lane in 0..LANES {
                    sums[i][v][lane] += old[v][lane];
                }
            }
        }
        let (to, _) = to.as_chunks_mut::<LANES>();
        if let Some(to) = to.first_chunk_mut::<V>() {
            *to = sums[i];
        }
    }
}

/// The first V vectors. Not by `as_flattened_mut` and `copy_from_slice`: the compiler may leave those as calls, around which
/// every register of a tile goes to memory and back.
#[inline(always)]
fn vectors_of<const V: usize>(numbers: &[f32]) -> [[f32; LANES]; V] {
    let (vectors, _) = numbers.as_chunks::<LANES>();
    match vectors.first_chunk() {
        Some(vectors) => *vectors,
        None => [[0.0; LANES]; V],
    }
}

/// to (columns x rows) = fromᵀ, both with rows of their own strides. In squares, so that neither side leaves the cache.
#[inline(always)]
pub(super) fn transpose(
    from: Rows<'_>,
    to: &mut [f32],
    to_stride: usize,
    [rows, columns]: [usize; 2],
) {
    for row in (0..rows).step_by(LANES) {
        let here = row..(row + LANES).min(rows);
        for column in (0..columns).step_by(LANES) {
            let across = column..(column + LANES).min(columns);
            for i in here.clone() {
                let from = &from.entries[i * from.stride..][across.clone()];
                for j in across.clone() {
                    to[j * to_stride + i] = from[j - column];
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LANES, Product, Rows, Start, transpose};
    use crate::model::simd::{Portable, Vectors};
    use crate::random::Generator;

    #[test]
    fn it_is_the_sum_of_products() {
        let mut generator = Generator::new(1);
        for shape @ [m, depth, n] in [[1, 1, 16], [7, 3, 96], [6, 600, 64], [13, 5, 112]] {
            let mut draw = |length: usize| generator.randn(length);
            let (a, b, each, old) = (draw(m * depth), draw(depth * n), draw(m), draw(m * n));
            for start in [Start::Zero, Start::Each(&each), Start::Old] {
                let expected = |i: usize, j: usize| {
                    let first = match start {
                        Start::Zero => 0.0,
                        Start::Each(each) => each[i],
                        Start::Old => old[i * n + j],
                    };
                    (0..depth).fold(first, |sum, t| sum + a[i * depth + t] * b[t * n + j])
                };
                let rows = |entries, stride| Rows { entries, stride };
                let (mut wide, mut narrow) = (old.clone(), old.clone());
                let product = |c| Product {
                    shape,
                    a: rows(&a, depth),
                    b: rows(&b, n),
                    c,
                    start,
                };
                Portable::<4, false>.call(product(&mut wide));
                Portable::<1, false>.call(product(&mut narrow));
                assert_eq!(wide, narrow);
                for (at, &number) in wide.iter().enumerate() {
                    assert!((number - expected(at / n, at % n)).abs() < 2e-4);
                }
            }
        }
    }

    #[test]
    fn rows_become_columns() {
        let entries: Vec<f32> = (0..20 * 37).map(|i| i as f32).collect();
        let mut to = vec![0.0; 37 * 2 * LANES];
        let from = Rows {
            entries: &entries,
            stride: 37,
        };
        transpose(from, &mut to, 2 * LANES, [20, 37]);
        for (i, j) in [(0, 0), (19, 36), (3, 17), (16, 16)] {
            assert_eq!(to[j * 2 * LANES + i], entries[i * 37 + j]);
        }
    }
}
