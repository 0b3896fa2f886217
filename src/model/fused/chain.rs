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
use crate::model::simd::dispatch;

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
    /// Wᵀ (units x inputs) of each layer.
    pub(super) transposed: Vec<Vec<f32>>,
}

impl<'a> Chain<'a> {
    /// Takes layers of which each takes what the one before gives.
    pub fn new(layers: Vec<Layer<'a>>) -> Self {
        let transposed = layers.iter().map(|layer| {
            let mut columns = vec![0.0; layer.weight.len()];
            let rows = Rows {
                entries: layer.weight,
                stride: layer.units,
            };
            transpose(
                rows,
                &mut columns,
                layer.inputs,
                [layer.inputs, layer.units],
            );
            columns
        });
        Self {
            transposed: transposed.collect(),
            layers,
        }
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
        let cut = self.cut(x);
        let share = 1.0 / target.len() as f32;
        let mut dx = vec![0.0; if wants_dx { x.len() } else { 0 }];
        let groups = cut.pieces(x, cut.group_rows() * self.inputs());
        let targets = cut.pieces(target, cut.group_rows() * self.outputs());
        let results = cut.pieces_mut(&mut dx, cut.group_rows() * self.inputs());
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
        let sums = self.run(cut, tasks.collect());
        let (total, gradients) = self.gradients(sums, wants_dx.then_some(dx));
        ((total / target.len() as f64) as f32, gradients)
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

    /// Adds up the lanes; the loss comes along.
    fn gradients(&self, sums: Sums, x: Option<Vec<f32>>) -> (f64, Gradients) {
        let mut rest = sums.numbers.as_slice();
        let mut take = |length: usize| {
            let (here, after) = rest.split_at(length);
            rest = after;
            here
        };
        let layers = self.places().map(|(layer, [weight, bias])| {
            let (weight, bias) = (take(weight), take(bias));
            let weight = if layer.is_wide() {
                let rows = weight.chunks_exact(layer.units.next_multiple_of(LANES));
                rows.flat_map(|row| &row[..layer.units]).copied().collect()
            } else {
                over_lanes(weight)
            };
            [weight, over_lanes(bias)]
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

/// The sum of each sixteen lanes, halves added to halves.
fn over_lanes(numbers: &[f32]) -> Vec<f32> {
    let (lanes, _) = numbers.as_chunks::<LANES>();
    let totals = lanes.iter().map(|lanes| {
        let eight: [f32; 8] = std::array::from_fn(|i| lanes[i] + lanes[i + 8]);
        let four: [f32; 4] = std::array::from_fn(|i| eight[i] + eight[i + 4]);
        (four[0] + four[2]) + (four[1] + four[3])
    });
    totals.collect()
}
