//! A whole network over a batch, in the computer's own memory: forward, loss and every gradient in one sweep.
//!
//! The batch is taken in panels of up to 64 samples, and a panel is stored by features: a row holds one unit's value for every
//! sample. So whatever the widths of the layers, each vector holds as many samples, and a panel goes through all layers and
//! back while it lies in the cache. What remains of a panel are its contributions to the gradients.
//!
//! Panels are gathered into groups, and a group is what a thread takes. Which panels make a group follows from the sizes alone,
//! and the groups' sums are added in order: the result does not depend on the number of threads.

use rayon::prelude::*;

use super::group::{Group, Sums, Task, keep};
use super::lanes::LANES;
use super::product::{Rows, transpose};
use super::{Bend, EntryLoss};
use crate::model::simd::{Work, dispatch};

/// The most samples of a panel.
const PANEL: usize = 64;

/// The most groups.
const GROUPS: usize = 16;

/// Below so many multiplications, waking a second thread costs more than it gains.
const WORTH_A_THREAD: usize = 1 << 22;

/// A layer y = φ(x W + b).
#[derive(Debug, Clone)]
pub struct Layer<'a> {
    /// The columns of x.
    pub inputs: usize,
    /// The columns of y.
    pub units: usize,
    /// φ.
    pub bend: Bend,
    /// W (inputs x units), row-major, as Burn keeps it.
    pub weight: &'a [f32],
    /// b (units).
    pub bias: &'a [f32],
}

impl Layer<'_> {
    /// Whether a row of dL/dW fills vectors, so that it is worth turning dL/dz for it.
    pub(super) fn is_wide(&self) -> bool {
        self.inputs.min(self.units) >= LANES
    }

    /// Multiplications per sample, forward and back, a tanh counted as ten.
    fn cost(&self) -> usize {
        3 * self.inputs * self.units + 10 * self.units
    }
}

/// The gradients of a chain.
#[derive(Debug, Clone, PartialEq)]
pub struct Gradients {
    /// dL/dx (rows x inputs), if it was asked for.
    pub x: Option<Vec<f32>>,
    /// dL/dW (inputs x units) and dL/db (units) of each layer.
    pub layers: Vec<[Vec<f32>; 2]>,
}

/// Layers in a row, ready to be evaluated.
#[derive(Debug, Clone)]
pub struct Chain<'a> {
    pub(super) layers: Vec<Layer<'a>>,
    /// Wᵀ (units x inputs) of each layer, one after the other.
    columns: Vec<f32>,
}

impl<'a> Chain<'a> {
    /// Takes layers of which each takes what the one before gives.
    pub fn new(layers: Vec<Layer<'a>>) -> Self {
        Self::new_in(layers, Vec::new())
    }

    /// The same in memory that [`into_columns`](Self::into_columns) gave back.
    pub fn new_in(layers: Vec<Layer<'a>>, mut columns: Vec<f32>) -> Self {
        columns.resize(layers.iter().map(|layer| layer.weight.len()).sum(), 0.0);
        let mut rest = columns.as_mut_slice();
        for layer in &layers {
            let (here, after) = rest.split_at_mut(layer.weight.len());
            let rows = Rows {
                entries: layer.weight,
                stride: layer.units,
            };
            transpose(rows, here, layer.inputs, [layer.inputs, layer.units]);
            rest = after;
        }
        Self { layers, columns }
    }

    /// Memory for the next chain.
    pub fn into_columns(self) -> Vec<f32> {
        self.columns
    }

    /// Each layer and its Wᵀ (units x inputs).
    pub(super) fn transposed(&self) -> impl Iterator<Item = (&Layer<'a>, &[f32])> {
        let mut rest = self.columns.as_slice();
        self.layers.iter().map(move |layer| {
            let (here, after) = rest.split_at(layer.weight.len());
            rest = after;
            (layer, here)
        })
    }

    pub(super) fn inputs(&self) -> usize {
        self.layers.first().map_or(0, |layer| layer.inputs)
    }

    pub(super) fn outputs(&self) -> usize {
        self.layers.last().map_or(0, |layer| layer.units)
    }

    /// The units of all layers together.
    pub(super) fn units(&self) -> usize {
        self.layers.iter().map(|layer| layer.units).sum()
    }

    /// The output (rows x outputs) for x (rows x inputs).
    pub fn forward(&self, x: &[f32]) -> Vec<f32> {
        self.evaluate(x, &mut [])
    }

    /// The output, and every layer's output as [`backward`](Self::backward) wants it.
    pub fn forward_recording(&self, x: &[f32]) -> (Vec<f32>, Vec<f32>) {
        let cut = self.cut(x);
        let mut record = vec![0.0; cut.panels() * cut.width * self.units()];
        let y = self.evaluate(x, &mut record);
        (y, record)
    }

    fn evaluate(&self, x: &[f32], record: &mut [f32]) -> Vec<f32> {
        let cut = self.cut(x);
        let mut y = vec![0.0; cut.rows * self.outputs()];
        let panels = cut.pieces_mut(record, cut.group * cut.width * self.units());
        let groups = cut.pieces(x, cut.group_rows() * self.inputs());
        let outputs = cut.pieces_mut(&mut y, cut.group_rows() * self.outputs());
        let tasks = groups.into_iter().zip(outputs).zip(panels);
        let tasks = tasks.map(|((x, y), record)| (x, Task::Forward { y, record }));
        self.run(cut, tasks.collect());
        y
    }

    /// The gradients from dL/dy (rows x outputs) and what a forward pass over the same x recorded.
    pub fn backward(&self, x: &[f32], record: &[f32], dy: &[f32], wants_dx: bool) -> Gradients {
        let cut = self.cut(x);
        let mut dx = vec![0.0; if wants_dx { x.len() } else { 0 }];
        let groups = cut.pieces(x, cut.group_rows() * self.inputs());
        let given = cut.pieces(dy, cut.group_rows() * self.outputs());
        let records = cut.pieces(record, cut.group * cut.width * self.units());
        let results = cut.pieces_mut(&mut dx, cut.group_rows() * self.inputs());
        let tasks = groups.into_iter().zip(given).zip(records).zip(results);
        let tasks = tasks.map(|(((x, dy), record), dx)| (x, Task::Backward { record, dy, dx }));
        let sums = self.run(cut, tasks.collect());
        self.gradients(sums, wants_dx.then_some(dx)).1
    }

    /// The mean of `loss` over all outputs, against `target` (rows x outputs), and its gradients.
    pub fn loss(
        &self,
        x: &[f32],
        target: &[f32],
        loss: EntryLoss,
        wants_dx: bool,
    ) -> (f32, Gradients) {
        let mut dx = vec![0.0; if wants_dx { x.len() } else { 0 }];
        let sums = self.descend_from(x, target, loss, &mut dx);
        let (total, gradients) = self.gradients(sums, wants_dx.then_some(dx));
        ((total / target.len() as f64) as f32, gradients)
    }

    /// The same with dL/dW and dL/db of each layer one after the other in `gradients`; of a layer that is not `biased` only
    /// dL/dW.
    pub fn loss_in_place(
        &self,
        x: &[f32],
        target: &[f32],
        loss: EntryLoss,
        biased: impl Iterator<Item = bool>,
        gradients: &mut [f32],
    ) -> f32 {
        let sums = self.descend_from(x, target, loss, &mut []);
        let total = sums.loss;
        let mut rest = gradients;
        for ((layer, parts), biased) in self.parts(&sums).zip(biased) {
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
        keep(sums);
        (total / target.len() as f64) as f32
    }

    /// Forward, and back from a loss.
    fn descend_from(&self, x: &[f32], target: &[f32], loss: EntryLoss, dx: &mut [f32]) -> Sums {
        let cut = self.cut(x);
        let share = 1.0 / target.len() as f32;
        if cut.groups() == 1 {
            let task = Task::Loss {
                target,
                loss,
                share,
                dx,
            };
            return dispatch(Group {
                chain: self,
                width: cut.width,
                x,
                task,
            });
        }
        let groups = cut.pieces(x, cut.group_rows() * self.inputs());
        let targets = cut.pieces(target, cut.group_rows() * self.outputs());
        let results = cut.pieces_mut(dx, cut.group_rows() * self.inputs());
        let tasks = groups.into_iter().zip(targets).zip(results);
        let tasks = tasks.map(|((x, target), dx)| {
            (
                x,
                Task::Loss {
                    target,
                    loss,
                    share,
                    dx,
                },
            )
        });
        self.run(cut, tasks.collect())
    }

    /// Every group on a thread of its own where that pays, and their sums put together in order.
    fn run(&self, cut: Cut, tasks: Vec<(&[f32], Task<'_>)>) -> Sums {
        let work = |(x, task)| {
            dispatch(Group {
                chain: self,
                width: cut.width,
                x,
                task,
            })
        };
        let mut sums = if tasks.len() > 1 {
            let sums: Vec<Sums> = tasks.into_par_iter().map(work).collect();
            sums.into_iter()
        } else {
            let sums: Vec<Sums> = tasks.into_iter().map(work).collect();
            sums.into_iter()
        };
        let mut total = sums.next().unwrap_or_default();
        for sum in sums {
            total.loss += sum.loss;
            let numbers = sum.numbers.as_slice();
            for (total, sum) in total.numbers.as_mut_slice().iter_mut().zip(numbers) {
                *total += sum;
            }
        }
        total
    }

    /// How a batch is cut up.
    fn cut(&self, x: &[f32]) -> Cut {
        let rows = x.len() / self.inputs().max(1);
        let width = rows.clamp(1, PANEL).next_multiple_of(LANES);
        let panels = rows.div_ceil(width);
        let cost = rows * self.layers.iter().map(Layer::cost).sum::<usize>();
        let groups = (cost / WORTH_A_THREAD).clamp(1, GROUPS);
        Cut {
            rows,
            width,
            group: panels.div_ceil(groups).max(1),
        }
    }

    /// The places of each layer's dL/dW and dL/db among the sums.
    pub(super) fn places(&self) -> impl Iterator<Item = (&Layer<'a>, [usize; 2])> {
        self.layers.iter().map(|layer| {
            let weight = match layer.is_wide() {
                true => layer.inputs * layer.units.next_multiple_of(LANES),
                false => layer.inputs * layer.units * LANES,
            };
            (layer, [weight, layer.units * LANES])
        })
    }

    /// Each layer, and its dL/dW and dL/db among the sums.
    fn parts<'s>(&self, sums: &'s Sums) -> impl Iterator<Item = (&Layer<'a>, [&'s [f32]; 2])> {
        let mut rest = sums.numbers.as_slice();
        self.places().map(move |(layer, [weight, bias])| {
            let (here, after) = rest.split_at(weight + bias);
            rest = after;
            (layer, here.split_at(weight).into())
        })
    }

    /// Adds up the lanes; the loss comes along.
    fn gradients(&self, sums: Sums, x: Option<Vec<f32>>) -> (f64, Gradients) {
        let layers = self.parts(&sums).map(|(layer, parts)| {
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
        let loss = sums.loss;
        keep(sums);
        (loss, Gradients { x, layers })
    }
}

/// How a batch is cut up: panels of `width` samples, the last one filled up, and groups of panels.
#[derive(Debug, Clone, Copy)]
struct Cut {
    rows: usize,
    /// A multiple of [`LANES`].
    width: usize,
    /// The panels of a group.
    group: usize,
}

impl Cut {
    fn panels(self) -> usize {
        self.rows.div_ceil(self.width)
    }

    fn group_rows(self) -> usize {
        self.group * self.width
    }

    fn groups(self) -> usize {
        self.panels().div_ceil(self.group)
    }

    /// Each group's share; where there is nothing to share, each gets nothing.
    fn pieces(self, entries: &[f32], length: usize) -> Vec<&[f32]> {
        if entries.is_empty() {
            return vec![&[]; self.groups()];
        }
        entries.chunks(length).collect()
    }

    fn pieces_mut(self, entries: &mut [f32], length: usize) -> Vec<&mut [f32]> {
        if entries.is_empty() {
            return (0..self.groups()).map(|_| Default::default()).collect();
        }
        entries.chunks_mut(length).collect()
    }
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
    fn run<const REACH: usize, const FUSED: bool>(self) {
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
///
/// With plain loops: closures that core calls are functions of their own when the units of a crate are not optimised together,
/// and took a third of a small batch's step.
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
