//! The loops behind a fused layer, over plain row-major slices: y = φ(x W + b) and its gradients.
//!
//! A layer with few inputs or few units is bound by memory and by calls, not by arithmetic: [`narrow`] visits each row of
//! the batch once, and so does [`small`] where both are few. A wide one is bound by its products: [`wide`] leaves them to
//! faer, and does what comes before and after.
//!
//! Rows are taken in blocks of a fixed size, and sums over rows are summed per block, then over the blocks in order: the
//! result does not depend on the number of threads.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::{Bend, narrow, small, wide};

/// The rows of a block.
pub const BLOCK: usize = 256;

/// Up to so many inputs or units a layer is narrow.
const NARROW: usize = 4;

/// Below so many numbers, waking a second thread costs more than it gains.
const WORTH_A_THREAD: usize = 1 << 18;

/// The shape of a layer and its batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// The batch.
    pub rows: usize,
    /// The columns of x.
    pub inputs: usize,
    /// The columns of y.
    pub units: usize,
}

impl Size {
    /// Whether blocks of rows should be shared out among threads.
    pub fn is_worth_a_thread(self) -> bool {
        self.rows * self.inputs.max(self.units) >= WORTH_A_THREAD
    }

    fn is_small(self) -> bool {
        self.inputs.max(self.units) < narrow::LANES
    }

    fn is_narrow(self) -> bool {
        self.inputs.min(self.units) <= NARROW
    }
}

/// A layer and what it was given.
#[derive(Debug, Clone, Copy)]
pub struct Layer<'a> {
    /// The lengths of all that follows.
    pub size: Size,
    /// (rows x inputs).
    pub x: &'a [f32],
    /// (inputs x units).
    pub w: &'a [f32],
    /// φ.
    pub bend: Bend,
}

/// The gradients of a layer.
#[derive(Debug, Clone, PartialEq)]
pub struct Gradients {
    /// dL/dx (rows x inputs), if it was asked for.
    pub x: Option<Vec<f32>>,
    /// dL/dW (inputs x units).
    pub w: Vec<f32>,
    /// dL/db (units).
    pub b: Vec<f32>,
}

impl Layer<'_> {
    /// y = φ(x W + b) (rows x units).
    pub fn forward(&self, b: &[f32]) -> Vec<f32> {
        if self.size.is_small() {
            small::forward(self, b)
        } else if self.size.is_narrow() {
            narrow::forward(self, b)
        } else {
            wide::forward(self, b)
        }
    }

    /// The gradients from y and dL/dy (rows x units).
    pub fn backward(&self, y: &[f32], dy: &[f32], wants_dx: bool) -> Gradients {
        if self.size.is_small() {
            small::backward(self, y, dy, wants_dx)
        } else if self.size.is_narrow() {
            narrow::backward(self, y, dy, wants_dx)
        } else {
            wide::backward(self, y, dy, wants_dx)
        }
    }
}

/// φ of every number, in place.
pub fn bend(z: &mut [f32], bend: Bend) {
    let block = |z: &mut [f32]| Arch::new().dispatch(Apply { bend, z });
    if z.len() < WORTH_A_THREAD {
        block(z);
    } else {
        z.par_chunks_mut(1 << 14).for_each(block);
    }
}

/// Work for the processor's widest vectors. Types with a method that is always inlined, here and in the loops beside, rather
/// than closures: the loops must end up inside the function that is compiled for those vectors.
struct Apply<'a> {
    bend: Bend,
    z: &'a mut [f32],
}

impl WithSimd for Apply<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) {
        self.bend.apply::<S>(self.z);
    }
}

/// dL/dz from y = φ(z) and dL/dy.
pub fn unbend(y: &[f32], dy: &[f32], bend: Bend) -> Vec<f32> {
    let mut dz = vec![0.0; dy.len()];
    bend.pull_back(y, dy, &mut dz);
    dz
}

/// sum += numbers.
#[inline(always)]
pub fn add(sum: &mut [f32], numbers: &[f32]) {
    for (sum, number) in sum.iter_mut().zip(numbers) {
        *sum += number;
    }
}
