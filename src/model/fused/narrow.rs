//! Layers with few inputs or few units, but not both.
//!
//! The long side is taken in pieces of sixteen numbers, and for each piece the rows of a block pass by while weights and
//! sums stay in registers. The short side's length is a constant, so that the compiler can do so.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::functions::multiply_add;
use super::kernels::{BLOCK, Gradients, Layer, Size, add};

/// A piece of a row.
pub const LANES: usize = 16;
type Lanes = [f32; LANES];

/// y = φ(x W + b).
pub fn forward(layer: &Layer<'_>, b: &[f32]) -> Vec<f32> {
    let size = layer.size;
    let columns = columns(layer);
    let mut y = vec![0.0; size.rows * size.units];
    let block = |(x, y): (&[f32], &mut [f32])| {
        Arch::new().dispatch(Forward {
            layer,
            x,
            columns: &columns,
            b,
            y,
        });
    };
    let (given, made) = (BLOCK * size.inputs, BLOCK * size.units);
    if size.is_worth_a_thread() {
        let blocks = layer.x.par_chunks(given).zip(y.par_chunks_mut(made));
        blocks.for_each(block);
    } else {
        layer
            .x
            .chunks(given)
            .zip(y.chunks_mut(made))
            .for_each(block);
    }
    y
}

/// The gradients, as in [`wide`](super::wide::backward).
pub fn backward(layer: &Layer<'_>, y: &[f32], dy: &[f32], wants_dx: bool) -> Gradients {
    let size = layer.size;
    let Size {
        rows,
        inputs,
        units,
    } = size;
    let columns = columns(layer);
    let block = |(block, dx): (usize, &mut [f32])| {
        let (from, to) = (block * BLOCK, ((block + 1) * BLOCK).min(rows));
        let x = &layer.x[from * inputs..to * inputs];
        let outputs = from * units..to * units;
        let (y, dy) = (&y[outputs.clone()], &dy[outputs]);
        let mut sums = Sums {
            w: vec![0.0; inputs * units],
            b: vec![0.0; units],
        };
        Arch::new().dispatch(Backward {
            layer,
            x,
            columns: &columns,
            y,
            dy,
            dx,
            sums: &mut sums,
        });
        sums
    };
    let mut dx = vec![0.0; if wants_dx { rows * inputs } else { 0 }];
    let blocks: Vec<(usize, &mut [f32])> = if wants_dx {
        dx.chunks_mut(BLOCK * inputs).enumerate().collect()
    } else {
        let nowhere = |block| (block, <&mut [f32]>::default());
        (0..rows.div_ceil(BLOCK)).map(nowhere).collect()
    };
    let sums: Vec<Sums> = if size.is_worth_a_thread() {
        blocks.into_par_iter().map(block).collect()
    } else {
        blocks.into_iter().map(block).collect()
    };
    let mut total = Sums {
        w: vec![0.0; inputs * units],
        b: vec![0.0; units],
    };
    for sum in sums {
        add(&mut total.w, &sum.w);
        add(&mut total.b, &sum.b);
    }
    if has_few_units(size) {
        total.w = transposed(&total.w, inputs);
    }
    Gradients {
        x: wants_dx.then_some(dx),
        w: total.w,
        b: total.b,
    }
}

/// dL/dW and dL/db over some rows; dL/dW is (units x inputs) where the units are few.
struct Sums {
    w: Vec<f32>,
    b: Vec<f32>,
}

fn has_few_units(size: Size) -> bool {
    size.units <= size.inputs
}

fn short_side(size: Size) -> usize {
    size.units.min(size.inputs)
}

/// Wᵀ (units x inputs) where the units are few: its rows are then the long side.
fn columns(layer: &Layer<'_>) -> Vec<f32> {
    if has_few_units(layer.size) {
        transposed(layer.w, layer.size.units)
    } else {
        Vec::new()
    }
}

/// The forward pass of some rows.
struct Forward<'a> {
    layer: &'a Layer<'a>,
    x: &'a [f32],
    columns: &'a [f32],
    b: &'a [f32],
    y: &'a mut [f32],
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) {
        match (has_few_units(self.layer.size), short_side(self.layer.size)) {
            (true, 1) => self.few_units::<S, 1>(),
            (true, 2) => self.few_units::<S, 2>(),
            (true, 3) => self.few_units::<S, 3>(),
            (true, _) => self.few_units::<S, 4>(),
            (false, 1) => self.few_inputs::<S, 1>(),
            (false, 2) => self.few_inputs::<S, 2>(),
            (false, 3) => self.few_inputs::<S, 3>(),
            (false, _) => self.few_inputs::<S, 4>(),
        }
    }
}

impl Forward<'_> {
    #[inline(always)]
    fn few_inputs<S: Simd, const K: usize>(self) {
        let units = self.layer.size.units;
        for piece in pieces(units) {
            let b = load(self.b, piece);
            let w: [Lanes; K] = rows_of(self.layer.w, units, piece);
            let rows = self.x.chunks_exact(K).zip(self.y.chunks_exact_mut(units));
            for (x, y) in rows {
                let mut z = b;
                for k in 0..K {
                    add_scaled::<S>(&mut z, x[k], &w[k]);
                }
                self.layer.bend.apply::<S>(&mut z);
                store(&z, y, piece);
            }
        }
    }

    #[inline(always)]
    fn few_units<S: Simd, const U: usize>(self) {
        let inputs = self.layer.size.inputs;
        let mut along: Vec<[Lanes; U]> = Vec::with_capacity(inputs.div_ceil(LANES));
        for piece in pieces(inputs) {
            let mut columns = rows_of(self.columns, inputs, piece);
            forget_overlap(&mut columns, piece);
            along.push(columns);
        }
        let last = pieces(inputs).last();
        let rows = self.x.chunks_exact(inputs).zip(self.y.chunks_exact_mut(U));
        for (x, y) in rows {
            let mut sums = [[0.0; LANES]; U];
            let (whole, rest) = x.as_chunks::<LANES>();
            for (x, columns) in whole.iter().zip(&along) {
                for u in 0..U {
                    add_products::<S>(&mut sums[u], x, &columns[u]);
                }
            }
            if !rest.is_empty()
                && let (Some(piece), Some(columns)) = (last, along.last())
            {
                let x = load(x, piece);
                for u in 0..U {
                    add_products::<S>(&mut sums[u], &x, &columns[u]);
                }
            }
            for u in 0..U {
                y[u] = self.b[u] + total(sums[u]);
            }
        }
        self.layer.bend.apply::<S>(self.y);
    }
}

/// The backward pass of some rows.
struct Backward<'a> {
    layer: &'a Layer<'a>,
    x: &'a [f32],
    columns: &'a [f32],
    y: &'a [f32],
    dy: &'a [f32],
    /// Empty where nobody asks for it.
    dx: &'a mut [f32],
    sums: &'a mut Sums,
}

impl WithSimd for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) {
        match (has_few_units(self.layer.size), short_side(self.layer.size)) {
            (true, 1) => self.few_units::<S, 1>(),
            (true, 2) => self.few_units::<S, 2>(),
            (true, 3) => self.few_units::<S, 3>(),
            (true, _) => self.few_units::<S, 4>(),
            (false, 1) => self.few_inputs::<S, 1>(),
            (false, 2) => self.few_inputs::<S, 2>(),
            (false, 3) => self.few_inputs::<S, 3>(),
            (false, _) => self.few_inputs::<S, 4>(),
        }
    }
}

impl Backward<'_> {
    #[inline(always)]
    fn few_inputs<S: Simd, const K: usize>(self) {
        let units = self.layer.size.units;
        for piece in pieces(units) {
            let mut w: [Lanes; K] = rows_of(self.layer.w, units, piece);
            forget_overlap(&mut w, piece);
            let mut dw = [[0.0; LANES]; K];
            let mut db = [0.0; LANES];
            let outputs = self.y.chunks_exact(units).zip(self.dy.chunks_exact(units));
            for (row, (x, (y, dy))) in self.x.chunks_exact(K).zip(outputs).enumerate() {
                let mut dz = [0.0; LANES];
                let (y, dy) = (load(y, piece), load(dy, piece));
                self.layer.bend.pull_back(&y, &dy, &mut dz);
                add_scaled::<S>(&mut db, 1.0, &dz);
                for k in 0..K {
                    add_scaled::<S>(&mut dw[k], x[k], &dz);
                }
                if let Some(dx) = self.dx.get_mut(row * K..(row + 1) * K) {
                    for k in 0..K {
                        let mut products = [0.0; LANES];
                        add_products::<S>(&mut products, &dz, &w[k]);
                        dx[k] += total(products);
                    }
                }
            }
            store(&db, &mut self.sums.b, piece);
            for (dw, sum) in dw.iter().zip(self.sums.w.chunks_exact_mut(units)) {
                store(dw, sum, piece);
            }
        }
    }

    #[inline(always)]
    fn few_units<S: Simd, const U: usize>(self) {
        let inputs = self.layer.size.inputs;
        let mut dz = vec![0.0; self.y.len()];
        self.layer.bend.pull_back(self.y, self.dy, &mut dz);
        for dz in dz.chunks_exact(U) {
            add(&mut self.sums.b, dz);
        }
        for piece in pieces(inputs) {
            let columns: [Lanes; U] = rows_of(self.columns, inputs, piece);
            let mut dw = [[0.0; LANES]; U];
            let rows = self.x.chunks_exact(inputs).zip(dz.chunks_exact(U));
            for (row, (x, dz)) in rows.enumerate() {
                let x = load(x, piece);
                for u in 0..U {
                    add_scaled::<S>(&mut dw[u], dz[u], &x);
                }
                if let Some(dx) = self.dx.get_mut(row * inputs..(row + 1) * inputs) {
                    let mut along = [0.0; LANES];
                    for u in 0..U {
                        add_scaled::<S>(&mut along, dz[u], &columns[u]);
                    }
                    store(&along, dx, piece);
                }
            }
            for (dw, sum) in dw.iter().zip(self.sums.w.chunks_exact_mut(inputs)) {
                store(dw, sum, piece);
            }
        }
    }
}

/// Sixteen places of a row.
#[derive(Debug, Clone, Copy)]
struct Piece {
    start: usize,
    /// How many of the first places the piece before holds too: the last piece reaches back, so that it is whole.
    overlap: usize,
}

/// The pieces of a row of at least sixteen places.
#[inline(always)]
fn pieces(length: usize) -> impl Iterator<Item = Piece> {
    (0..length).step_by(LANES).map(move |start| {
        let whole = start.min(length - LANES);
        Piece {
            start: whole,
            overlap: start - whole,
        }
    })
}

/// Zeros in the places that the piece before holds too, where a sum must count each place once.
#[inline(always)]
fn forget_overlap<const N: usize>(rows: &mut [Lanes; N], piece: Piece) {
    for row in rows {
        for (lane, number) in row.iter_mut().enumerate() {
            if lane < piece.overlap {
                *number = 0.0;
            }
        }
    }
}

/// The same piece of the first rows of a row-major matrix.
#[inline(always)]
fn rows_of<const N: usize>(matrix: &[f32], columns: usize, piece: Piece) -> [Lanes; N] {
    std::array::from_fn(|row| load(&matrix[row * columns..], piece))
}

/// A piece of a row.
#[inline(always)]
fn load(row: &[f32], piece: Piece) -> Lanes {
    row[piece.start..]
        .first_chunk()
        .copied()
        .unwrap_or_default()
}

/// The way back.
#[inline(always)]
fn store(lanes: &Lanes, row: &mut [f32], piece: Piece) {
    if let Some(all) = row[piece.start..].first_chunk_mut() {
        *all = *lanes;
    }
}

/// sum += factor · numbers.
#[inline(always)]
fn add_scaled<S: Simd>(sum: &mut Lanes, factor: f32, numbers: &Lanes) {
    for (sum, number) in sum.iter_mut().zip(numbers) {
        *sum = multiply_add::<S>(factor, *number, *sum);
    }
}

/// sum += a · b, place by place.
#[inline(always)]
fn add_products<S: Simd>(sum: &mut Lanes, a: &Lanes, b: &Lanes) {
    for ((sum, a), b) in sum.iter_mut().zip(a).zip(b) {
        *sum = multiply_add::<S>(*a, *b, *sum);
    }
}

/// The sum of all places, halves added to halves.
#[inline(always)]
fn total(mut lanes: Lanes) -> f32 {
    let mut width = LANES / 2;
    while width > 0 {
        for lane in 0..width {
            lanes[lane] += lanes[lane + width];
        }
        width /= 2;
    }
    lanes[0]
}

/// The transpose of a row-major matrix with so many columns.
fn transposed(matrix: &[f32], columns: usize) -> Vec<f32> {
    let rows = matrix.len() / columns;
    let mut entries = vec![0.0; matrix.len()];
    for (i, row) in matrix.chunks_exact(columns).enumerate() {
        for (j, &entry) in row.iter().enumerate() {
            entries[j * rows + i] = entry;
        }
    }
    entries
}
