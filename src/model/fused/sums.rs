//! What a backward pass adds up: contributions to the gradients, lane by lane, and the gradients that they make.

use std::cell::Cell;

use super::chain::{Chain, Layer};
use super::lanes::{Aligned, LANES};
use crate::model::simd::{Vectors, Work, dispatch};

/// The gradients of a chain.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Gradients {
    /// dL/dx (rows x inputs), if it was asked for.
    pub x: Option<Vec<f32>>,
    /// dL/dW (inputs x units) and dL/db (units) of each layer.
    pub layers: Vec<[Vec<f32>; 2]>,
}

/// Contributions to dL/dW and dL/db of each layer in turn, and to the loss.
#[derive(Debug, Clone, Default)]
pub(super) struct Sums {
    pub(super) numbers: Aligned,
    pub(super) loss: f64,
}

thread_local! {
    /// Kept, so that a step takes no fresh memory for its sums; given back by the thread that puts them together.
    static SPARE: Cell<Aligned> = Cell::default();
}

impl Sums {
    /// Zeros.
    #[inline(always)]
    pub(super) fn zeros(chain: &Chain<'_>) -> Self {
        let lengths = chain
            .layers
            .iter()
            .map(|layer| lengths(layer).iter().sum::<usize>());
        let mut numbers = SPARE.take();
        numbers.resize(lengths.sum());
        numbers.as_mut_slice().fill(0.0);
        Self { numbers, loss: 0.0 }
    }

    /// Adds another group's.
    pub(super) fn add(&mut self, other: &Self) {
        self.loss += other.loss;
        let numbers = self.numbers.as_mut_slice().iter_mut();
        for (total, number) in numbers.zip(other.numbers.as_slice()) {
            *total += number;
        }
    }

    /// Adds up the lanes.
    pub(super) fn into_gradients(self, chain: &Chain<'_>, x: Option<Vec<f32>>) -> Gradients {
        let layers = self.parts(chain).map(|(layer, parts)| {
            let mut weight = vec![0.0; layer.weight.len()];
            let mut bias = vec![0.0; layer.units];
            dispatch(Collect {
                layer,
                parts,
                weight: &mut weight,
                bias: &mut bias,
            });
            [weight, bias]
        });
        let layers = layers.collect();
        SPARE.set(self.numbers);
        Gradients { x, layers }
    }

    /// The same with dL/dW and dL/db of each layer one after the other in `gradients`; for a layer that is not `biased` only
    /// dL/dW.
    pub(super) fn write_gradients(
        self,
        chain: &Chain<'_>,
        biased: impl Iterator<Item = bool>,
        gradients: &mut [f32],
    ) {
        let mut rest = gradients;
        for ((layer, parts), biased) in self.parts(chain).zip(biased) {
            let (weight, after) = rest.split_at_mut(layer.weight.len());
            let (bias, after) = after.split_at_mut(if biased { layer.units } else { 0 });
            dispatch(Collect {
                layer,
                parts,
                weight,
                bias,
            });
            rest = after;
        }
        SPARE.set(self.numbers);
    }

    /// Each layer, and its dL/dW and dL/db.
    fn parts<'c>(
        &self,
        chain: &'c Chain<'c>,
    ) -> impl Iterator<Item = (&'c Layer<'c>, [&[f32]; 2])> {
        let mut rest = self.numbers.as_slice();
        chain.layers.iter().map(move |layer| {
            let [weight, bias] = lengths(layer);
            let (here, after) = rest.split_at(weight + bias);
            rest = after;
            (layer, here.split_at(weight).into())
        })
    }
}

/// How many numbers a layer's dL/dW and dL/db take: a wide layer's dL/dW a row of whole vectors per input, anything else a
/// vector per number.
#[inline(always)]
fn lengths(layer: &Layer<'_>) -> [usize; 2] {
    let weight = match layer.is_wide() {
        true => layer.inputs * layer.units.next_multiple_of(LANES),
        false => layer.inputs * layer.units * LANES,
    };
    [weight, layer.units * LANES]
}

/// Puts a layer's gradients together from its sums; no bias where there is no place for it.
struct Collect<'a> {
    layer: &'a Layer<'a>,
    parts: [&'a [f32]; 2],
    weight: &'a mut [f32],
    bias: &'a mut [f32],
}

impl Work for Collect<'_> {
    type Output = ();

    #[inline(always)]
    fn run<K: Vectors>(self, _: K) {
        let ([weight, bias], layer) = (self.parts, self.layer);
        if layer.is_wide() {
            let rows = weight.chunks_exact(layer.units.next_multiple_of(LANES));
            for (to, row) in self.weight.chunks_exact_mut(layer.units).zip(rows) {
                to.copy_from_slice(&row[..layer.units]);
            }
        } else {
            add_lanes(weight, self.weight);
        }
        add_lanes(bias, self.bias);
    }
}

/// The sum of each sixteen lanes, halves added to halves.
#[inline(always)]
fn add_lanes(numbers: &[f32], totals: &mut [f32]) {
    let numbers = &numbers.as_chunks::<LANES>().0[..totals.len()];
    for (at, total) in totals.iter_mut().enumerate() {
        let lanes = &numbers[at];
        let (mut eight, mut four) = ([0.0; LANES / 2], [0.0; LANES / 4]);
        for i in 0..LANES / 2 {
            eight[i] = lanes[i] + lanes[i + LANES / 2];
        }
        for i in 0..LANES / 4 {
            four[i] = eight[i] + eight[i + LANES / 4];
        }
        *total = (four[0] + four[2]) + (four[1] + four[3]);
    }
}
