//! The floor: one training step of the network 2 - 100 - 2 - 1 (tanh, tanh, sigmoid; cross-entropy; gradient descent) as
//! a single function over arrays, with nothing of a framework in it. What remains is arithmetic and memory.
//!
//!     cargo bench --bench floor -- [CASE ...]
//!
//! Prints microseconds per step, best and median of many, for the cases of `steps.rs` that have this network.

use std::time::Instant;

use foldspace::data::Moons;
use foldspace::error::Result;
use foldspace::model::{Activation, LayerConfig, ModelConfig, initialise};
use foldspace::random::{Generator, RandomState};

const HIDDEN: usize = 100;
const RATE: f32 = 0.1;

/// The parameters, and in a second copy their gradients.
#[derive(Clone)]
struct Numbers {
    w1: [[f32; HIDDEN]; 2],
    b1: [f32; HIDDEN],
    w2: [[f32; HIDDEN]; 2],
    b2: [f32; 2],
    w3: [f32; 2],
    b3: f32,
}

const ZERO: Numbers = Numbers {
    w1: [[0.0; HIDDEN]; 2],
    b1: [0.0; HIDDEN],
    w2: [[0.0; HIDDEN]; 2],
    b2: [0.0; 2],
    w3: [0.0; 2],
    b3: 0.0,
};

/// The rational function that `foldspace::model::fused` uses too.
#[inline(always)]
fn tanh(z: f32) -> f32 {
    let z = z.clamp(-9.0, 9.0);
    let u = z * z;
    let p = (((1.331_802_8e-8 * u + 2.058_282_2e-5) * u + 3.493_999_6e-3) * u + 0.133_796_9) * u;
    let q = (((7.761_618e-7 * u + 3.283_031_7e-4) * u + 0.025_870_945) * u + 0.467_130_06) * u;
    z * (p + 1.0) / (q + 1.0)
}

/// One step on a batch; returns the loss before it.
#[inline(always)]
fn step(n: &mut Numbers, x: &[[f32; 2]], t: &[f32]) -> f32 {
    let mut g = ZERO;
    let mut loss = 0.0;
    let share = 1.0 / x.len() as f32;
    for (x, &t) in x.iter().zip(t) {
        let mut h = [0.0; HIDDEN];
        for (j, h) in h.iter_mut().enumerate() {
            *h = tanh(n.b1[j] + x[0] * n.w1[0][j] + x[1] * n.w1[1][j]);
        }
        let mut e = n.b2;
        for (e, w) in e.iter_mut().zip(&n.w2) {
            let mut sums = [0.0; 20];
            for (h, w) in h.chunks_exact(20).zip(w.chunks_exact(20)) {
                for (sum, (h, w)) in sums.iter_mut().zip(h.iter().zip(w)) {
                    *sum += h * w;
                }
            }
            *e = tanh(*e + sums.iter().sum::<f32>());
        }
        let z = n.b3 + e[0] * n.w3[0] + e[1] * n.w3[1];
        let p = 1.0 / (1.0 + libm::expf(-z));
        loss -= libm::logf(if t > 0.5 { p } else { 1.0 - p });

        let dz = (p - t) * share;
        g.b3 += dz;
        let mut de = [0.0; 2];
        for k in 0..2 {
            g.w3[k] += dz * e[k];
            de[k] = dz * n.w3[k] * (1.0 - e[k] * e[k]);
            g.b2[k] += de[k];
        }
        for (j, &h) in h.iter().enumerate() {
            g.w2[0][j] += de[0] * h;
            g.w2[1][j] += de[1] * h;
            let dh = (de[0] * n.w2[0][j] + de[1] * n.w2[1][j]) * (1.0 - h * h);
            g.b1[j] += dh;
            g.w1[0][j] += dh * x[0];
            g.w1[1][j] += dh * x[1];
        }
    }
    for k in 0..2 {
        for j in 0..HIDDEN {
            n.w1[k][j] -= RATE * g.w1[k][j];
            n.w2[k][j] -= RATE * g.w2[k][j];
        }
        n.b2[k] -= RATE * g.b2[k];
        n.w3[k] -= RATE * g.w3[k];
    }
    for j in 0..HIDDEN {
        n.b1[j] -= RATE * g.b1[j];
    }
    n.b3 -= RATE * g.b3;
    loss * share
}

struct Epoch<'a> {
    numbers: &'a mut Numbers,
    x: &'a [[f32; 2]],
    t: &'a [f32],
    batch: usize,
}

impl pulp::NullaryFnOnce for Epoch<'_> {
    type Output = f32;

    #[inline(always)]
    fn call(self) -> f32 {
        let batches = self.x.chunks(self.batch).zip(self.t.chunks(self.batch));
        batches.fold(0.0, |_, (x, t)| step(self.numbers, x, t))
    }
}

fn main() -> Result<()> {
    let chosen: Vec<String> = std::env::args().skip(1).collect();
    let network = ModelConfig::new(vec![
        LayerConfig::new(HIDDEN, Activation::Tanh),
        LayerConfig::new(2, Activation::Tanh),
        LayerConfig::new(1, Activation::Sigmoid),
    ]);
    let frozen = initialise(&network, 2, &mut Generator::new(42))?;
    let moons = Moons::default().generate(&mut RandomState::new(42))?;
    let x: Vec<[f32; 2]> = moons
        .features
        .row_iter()
        .map(|row| [row[0] as f32, row[1] as f32])
        .collect();
    let t: Vec<f32> = moons
        .labels()
        .unwrap_or_default()
        .iter()
        .map(|&label| label as f32)
        .collect();
    for (name, batch, steps) in [("full", 1000, 50), ("mini", 32, 320)] {
        if chosen.iter().any(|c| c == "full" || c == "mini") && !chosen.iter().any(|c| c == name) {
            continue;
        }
        let at = |layer: usize, i: usize, j: usize| frozen.layers[layer].weight[(i, j)] as f32;
        let mut numbers = ZERO;
        for k in 0..2 {
            for j in 0..HIDDEN {
                numbers.w1[k][j] = at(0, j, k);
                numbers.w2[k][j] = at(1, k, j);
            }
            numbers.w3[k] = at(2, 0, k);
            numbers.b2[k] = frozen.layers[1].bias[k] as f32;
        }
        for j in 0..HIDDEN {
            numbers.b1[j] = frozen.layers[0].bias[j] as f32;
        }
        numbers.b3 = frozen.layers[2].bias[0] as f32;
        let mut times = Vec::new();
        let mut loss = 0.0;
        let per_epoch = 1000_usize.div_ceil(batch);
        for _ in 0..40 {
            let start = Instant::now();
            for _ in 0..steps / per_epoch {
                loss = pulp::Arch::new().dispatch(Epoch {
                    numbers: &mut numbers,
                    x: &x,
                    t: &t,
                    batch,
                });
            }
            times
                .push(start.elapsed().as_secs_f64() * 1e6 / (steps / per_epoch * per_epoch) as f64);
        }
        times.sort_by(f64::total_cmp);
        assert!(loss < 0.5, "the floor does not learn: {loss}");
        println!("{name} {:.1} {:.1}", times[0], times[times.len() / 2]);
    }
    Ok(())
}
