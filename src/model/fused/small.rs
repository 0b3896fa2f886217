//! Layers with few inputs and few units: plain loops, row by row.

use pulp::{Arch, Simd, WithSimd};

use super::functions::multiply_add;
use super::kernels::{BLOCK, Gradients, Layer, Size, add};

/// y = φ(x W + b).
pub fn forward(layer: &Layer<'_>, b: &[f32]) -> Vec<f32> {
    let mut y = vec![0.0; layer.size.rows * layer.size.units];
    Arch::new().dispatch(Forward {
        layer,
        b,
        y: &mut y,
    });
    y
}

/// The gradients, as in [`wide`](super::wide::backward).
pub fn backward(layer: &Layer<'_>, y: &[f32], dy: &[f32], wants_dx: bool) -> Gradients {
    let Size {
        rows,
        inputs,
        units,
    } = layer.size;
    let mut dz = vec![0.0; dy.len()];
    layer.bend.pull_back(y, dy, &mut dz);
    let mut gradients = Gradients {
        x: wants_dx.then(|| vec![0.0; rows * inputs]),
        w: vec![0.0; inputs * units],
        b: vec![0.0; units],
    };
    // A sum of as many numbers as there are rows loses digits: each block has its own.
    for block in 0..rows.div_ceil(BLOCK) {
        let (from, to) = (block * BLOCK, ((block + 1) * BLOCK).min(rows));
        let (mut w, mut b) = (vec![0.0; inputs * units], vec![0.0; units]);
        Arch::new().dispatch(Sums {
            x: &layer.x[from * inputs..to * inputs],
            dz: &dz[from * units..to * units],
            w: &mut w,
            b: &mut b,
        });
        add(&mut gradients.w, &w);
        add(&mut gradients.b, &b);
    }
    if let Some(dx) = &mut gradients.x {
        for (dx, dz) in dx.chunks_exact_mut(inputs).zip(dz.chunks_exact(units)) {
            for (dx, w) in dx.iter_mut().zip(layer.w.chunks_exact(units)) {
                *dx = dz.iter().zip(w).map(|(dz, w)| dz * w).sum();
            }
        }
    }
    gradients
}

struct Forward<'a> {
    layer: &'a Layer<'a>,
    b: &'a [f32],
    y: &'a mut [f32],
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) {
        let Size { inputs, units, .. } = self.layer.size;
        let rows = self.layer.x.chunks_exact(inputs);
        for (x, y) in rows.zip(self.y.chunks_exact_mut(units)) {
            for (y, b) in y.iter_mut().zip(self.b) {
                *y = *b;
            }
            for (&x, w) in x.iter().zip(self.layer.w.chunks_exact(units)) {
                for (y, &w) in y.iter_mut().zip(w) {
                    *y = multiply_add::<S>(x, w, *y);
                }
            }
        }
        self.layer.bend.apply::<S>(self.y);
    }
}

/// dL/dW and dL/db over some rows.
struct Sums<'a> {
    x: &'a [f32],
    dz: &'a [f32],
    w: &'a mut [f32],
    b: &'a mut [f32],
}

impl WithSimd for Sums<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) {
        let units = self.b.len();
        let inputs = self.w.len() / units;
        let rows = self.x.chunks_exact(inputs).zip(self.dz.chunks_exact(units));
        for (x, dz) in rows {
            add(self.b, dz);
            for (&x, w) in x.iter().zip(self.w.chunks_exact_mut(units)) {
                for (w, &dz) in w.iter_mut().zip(dz) {
                    *w = multiply_add::<S>(x, dz, *w);
                }
            }
        }
    }
}
