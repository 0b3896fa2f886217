//! Layers with many inputs and many units: faer multiplies, the rest is one pass over the rows.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::Bend;
use super::kernels::{BLOCK, Gradients, Layer, Size, add};

/// y = φ(x W + b).
pub fn forward(layer: &Layer<'_>, b: &[f32]) -> Vec<f32> {
    let Size {
        rows,
        inputs,
        units,
    } = layer.size;
    let x = MatRef::from_row_major_slice(layer.x, rows, inputs);
    let w = MatRef::from_row_major_slice(layer.w, inputs, units);
    let mut y = product(x, w);
    let block = |z: &mut [f32]| {
        Arch::new().dispatch(Finish {
            bend: layer.bend,
            z,
            b,
        });
    };
    if layer.size.is_worth_a_thread() {
        y.par_chunks_mut(BLOCK * units).for_each(block);
    } else {
        y.chunks_mut(BLOCK * units).for_each(block);
    }
    y
}

/// The gradients: dL/dz = dL/dy φ', dL/dx = dL/dz Wᵀ, dL/dW = xᵀ dL/dz, dL/db = Σ_rows dL/dz.
pub fn backward(layer: &Layer<'_>, y: &[f32], dy: &[f32], wants_dx: bool) -> Gradients {
    let Size {
        rows,
        inputs,
        units,
    } = layer.size;
    let length = BLOCK * units;
    let mut dz = vec![0.0; dy.len()];
    let block = |((y, dy), dz): ((&[f32], &[f32]), &mut [f32])| {
        let mut sum = vec![0.0; units];
        Arch::new().dispatch(Begin {
            bend: layer.bend,
            y,
            dy,
            dz,
            sum: &mut sum,
        });
        sum
    };
    let sums: Vec<Vec<f32>> = if layer.size.is_worth_a_thread() {
        let given = y.par_chunks(length).zip(dy.par_chunks(length));
        given.zip(dz.par_chunks_mut(length)).map(block).collect()
    } else {
        let given = y.chunks(length).zip(dy.chunks(length));
        given.zip(dz.chunks_mut(length)).map(block).collect()
    };
    let mut b = vec![0.0; units];
    for sum in sums {
        add(&mut b, &sum);
    }
    let dz = MatRef::from_row_major_slice(&dz, rows, units);
    let x = MatRef::from_row_major_slice(layer.x, rows, inputs);
    let w = MatRef::from_row_major_slice(layer.w, inputs, units);
    Gradients {
        x: wants_dx.then(|| product(dz, w.transpose())),
        w: product(x.transpose(), dz),
        b,
    }
}

/// φ(z + b) of some rows, in place.
struct Finish<'a> {
    bend: Bend,
    z: &'a mut [f32],
    b: &'a [f32],
}

impl WithSimd for Finish<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) {
        for z in self.z.chunks_exact_mut(self.b.len()) {
            add(z, self.b);
            self.bend.apply::<S>(z);
        }
    }
}

/// dL/dz of some rows, and its column sums.
struct Begin<'a> {
    bend: Bend,
    y: &'a [f32],
    dy: &'a [f32],
    dz: &'a mut [f32],
    sum: &'a mut [f32],
}

impl WithSimd for Begin<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) {
        self.bend.pull_back(self.y, self.dy, self.dz);
        for dz in self.dz.chunks_exact(self.sum.len()) {
            add(self.sum, dz);
        }
    }
}

/// A B, row-major, in strips of rows whose height follows from the shape alone.
fn product(a: MatRef<'_, f32>, b: MatRef<'_, f32>) -> Vec<f32> {
    let (rows, columns) = (a.nrows(), b.ncols());
    let mut entries = vec![0.0; rows * columns];
    // A strip's share of B is packed anew, so strips of many rows waste less, and few leave a thread idle.
    let height = if rows > 2048 { 512 } else { 128 };
    let strip = |(number, strip): (usize, &mut [f32])| {
        let height_here = strip.len() / columns;
        let a = a.subrows(number * height, height_here);
        let to = MatMut::from_row_major_slice_mut(strip, height_here, columns);
        matmul(to, Accum::Replace, a, b, 1.0, Par::Seq);
    };
    if rows * columns * a.ncols() < WORTH_A_THREAD {
        entries
            .chunks_mut(height * columns)
            .enumerate()
            .for_each(strip);
    } else {
        let strips = entries.par_chunks_mut(height * columns).enumerate();
        strips.for_each(strip);
    }
    entries
}

/// Below so many products, waking a second thread costs more than it gains.
const WORTH_A_THREAD: usize = 1 << 21;
