//! A whole network over a batch, in the computer's own memory: forward, loss and every gradient in one sweep.
//!
//! The batch is taken in panels of up to 64 samples, and a panel is stored by features: a row holds one unit's value for every
//! sample. So whatever the widths of the layers, each vector holds as many samples, and a panel goes through all layers and
//! back while it lies in the cache. What remains of a panel are its contributions to the gradients.
//!
//! Panels are gathered into groups, and a group is what a thread takes. Which panels make a group follows from the sizes alone,
//! and the groups' sums are added in order: the result does not depend on the number of threads.

use std::cell::Cell;

use rayon::prelude::*;

use super::product::{Rows, Start, product, transpose};
use super::{Bend, EntryLoss};
use crate::model::simd::{Aligned, LANES, Work, dispatch, multiply_add};

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
    fn is_wide(&self) -> bool {
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
    layers: Vec<Layer<'a>>,
    /// Wᵀ (units x inputs) of each layer.
    transposed: Vec<Vec<f32>>,
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

    fn inputs(&self) -> usize {
        self.layers.first().map_or(0, |layer| layer.inputs)
    }

    fn outputs(&self) -> usize {
        self.layers.last().map_or(0, |layer| layer.units)
    }

    /// The units of all layers together.
    fn units(&self) -> usize {
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
    fn places(&self) -> impl Iterator<Item = (&Layer<'a>, [usize; 2])> {
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
        SUMS.set(sums.numbers);
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
    fn pieces<'a>(self, entries: &'a [f32], length: usize) -> Vec<&'a [f32]> {
        if entries.is_empty() {
            return vec![&[]; self.groups()];
        }
        entries.chunks(length).collect()
    }

    fn pieces_mut<'a>(self, entries: &'a mut [f32], length: usize) -> Vec<&'a mut [f32]> {
        if entries.is_empty() {
            return (0..self.groups()).map(|_| Default::default()).collect();
        }
        entries.chunks_mut(length).collect()
    }
}

/// Contributions to the gradients, laid out as [`Chain::places`] says, and to the loss.
#[derive(Debug, Clone, Default)]
struct Sums {
    numbers: Aligned,
    loss: f64,
}

/// What to do with a group.
enum Task<'a> {
    /// The output, and if there is a place for it, every layer's.
    Forward {
        y: &'a mut [f32],
        record: &'a mut [f32],
    },
    /// The gradients from dL/dy; dL/dx if there is a place for it.
    Backward {
        record: &'a [f32],
        dy: &'a [f32],
        dx: &'a mut [f32],
    },
    /// Forward, and back from the loss's own slopes times `share`.
    Loss {
        target: &'a [f32],
        loss: EntryLoss,
        share: f32,
        dx: &'a mut [f32],
    },
}

/// A group of samples and what to do with them.
struct Group<'a> {
    chain: &'a Chain<'a>,
    width: usize,
    /// (rows x inputs).
    x: &'a [f32],
    task: Task<'a>,
}

thread_local! {
    /// A panel's values and slopes. Kept, so that a step takes no fresh memory for them.
    static SCRATCH: Cell<Aligned> = Cell::default();
    /// The same for the sums, which are given back by the thread that puts them together.
    static SUMS: Cell<Aligned> = Cell::default();
}

impl Work for Group<'_> {
    type Output = Sums;

    #[inline(always)]
    fn run<const REACH: usize, const FUSED: bool>(self) -> Sums {
        let Self {
            chain,
            width,
            x,
            mut task,
        } = self;
        let (inputs, outputs, units) = (chain.inputs(), chain.outputs(), chain.units());
        let widest = chain.layers.iter().map(|layer| layer.units).max();
        let widest = widest.unwrap_or(0).max(inputs).next_multiple_of(LANES);
        let mut scratch = SCRATCH.take();
        let needed = width * (inputs + units + 3 * widest);
        scratch.resize(needed);
        let (x_panel, rest) = scratch.as_mut_slice().split_at_mut(width * inputs);
        let (values, rest) = rest.split_at_mut(width * units);
        let (above, rest) = rest.split_at_mut(width * widest);
        let (below, turned) = rest.split_at_mut(width * widest);
        let mut slopes = Slopes {
            above,
            below,
            turned,
            width,
        };

        let mut sums = Sums::default();
        if !matches!(task, Task::Forward { .. }) {
            let lengths = chain.places().map(|(_, [weight, bias])| weight + bias);
            sums.numbers = SUMS.take();
            sums.numbers.resize(lengths.sum());
            sums.numbers.as_mut_slice().fill(0.0);
        }
        for (number, x) in x.chunks(width * inputs).enumerate() {
            let samples = x.len() / inputs;
            let first = number * width;
            let (from, to) = (first * outputs, (first + samples) * outputs);
            load(x, x_panel, width, inputs);
            match &mut task {
                Task::Forward { y, record } => {
                    let here = number * width * units;
                    let values = record.get_mut(here..here + width * units).unwrap_or(values);
                    forward::<REACH, FUSED>(chain, x_panel, values, width);
                    let last = &values[width * (units - outputs)..];
                    store(last, &mut y[from..to], width, outputs);
                }
                Task::Backward { record, dy, dx } => {
                    let values = &record[number * width * units..][..width * units];
                    load(&dy[from..to], slopes.above, width, outputs);
                    let wants_dx = !dx.is_empty();
                    backward::<REACH, FUSED>(
                        chain,
                        x_panel,
                        values,
                        &mut slopes,
                        &mut sums,
                        wants_dx,
                    );
                    if wants_dx {
                        let dx = &mut dx[first * inputs..(first + samples) * inputs];
                        store(slopes.above, dx, width, inputs);
                    }
                }
                Task::Loss {
                    target,
                    loss,
                    share,
                    dx,
                } => {
                    forward::<REACH, FUSED>(chain, x_panel, values, width);
                    let output = &values[width * (units - outputs)..];
                    load(&target[from..to], slopes.turned, width, outputs);
                    sums.loss += slopes.begin(output, *loss, *share, samples);
                    let wants_dx = !dx.is_empty();
                    backward::<REACH, FUSED>(
                        chain,
                        x_panel,
                        values,
                        &mut slopes,
                        &mut sums,
                        wants_dx,
                    );
                    if wants_dx {
                        let dx = &mut dx[first * inputs..(first + samples) * inputs];
                        store(slopes.above, dx, width, inputs);
                    }
                }
            }
        }
        SCRATCH.set(scratch);
        sums
    }
}

/// Where a panel's slopes are on their way back.
struct Slopes<'a> {
    /// dL/dy of the layer at hand, by features.
    above: &'a mut [f32],
    /// dL/dy of the layer before it, by features.
    below: &'a mut [f32],
    /// dL/dz by samples.
    turned: &'a mut [f32],
    width: usize,
}

impl Slopes<'_> {
    /// The loss of the outputs against the targets, which `turned` holds, and its slopes. Samples that only fill up the panel
    /// have neither.
    #[inline(always)]
    fn begin(&mut self, output: &[f32], loss: EntryLoss, share: f32, samples: usize) -> f64 {
        let entries = output.as_chunks::<LANES>().0.iter();
        let entries = entries.zip(self.turned.as_chunks::<LANES>().0);
        let slopes = self.above.as_chunks_mut::<LANES>().0.iter_mut();
        let results = slopes.zip(self.below.as_chunks_mut::<LANES>().0);
        for ((p, t), (slopes, values)) in entries.zip(results) {
            let (mut values_here, mut slopes_here) = ([0.0; LANES], [0.0; LANES]);
            for lane in 0..LANES {
                let (value, slope) = loss.at(p[lane], t[lane]);
                values_here[lane] = value;
                slopes_here[lane] = slope * share;
            }
            (*values, *slopes) = (values_here, slopes_here);
        }
        let mut sum = 0.0;
        let rows = self
            .above
            .chunks_exact_mut(self.width)
            .zip(self.below.chunks_exact(self.width));
        for (slopes, values) in rows.take(output.len() / self.width) {
            slopes[samples..].fill(0.0);
            sum += values[..samples]
                .iter()
                .map(|&value| f64::from(value))
                .sum::<f64>();
        }
        sum
    }
}

/// Every layer's output for a panel, one after the other.
#[inline(always)]
fn forward<const REACH: usize, const FUSED: bool>(
    chain: &Chain<'_>,
    x: &[f32],
    values: &mut [f32],
    width: usize,
) {
    let (mut input, mut rest) = (x, values);
    for (layer, columns) in chain.layers.iter().zip(&chain.transposed) {
        let (y, after) = rest.split_at_mut(layer.units * width);
        product::<REACH, FUSED>(
            [layer.units, layer.inputs, width],
            Rows {
                entries: columns,
                stride: layer.inputs,
            },
            Rows {
                entries: input,
                stride: width,
            },
            y,
            Start::Each(layer.bias),
        );
        layer.bend.apply::<FUSED>(y);
        (input, rest) = (y, after);
    }
}

/// The gradients of a panel, added to the sums, from dL/dy in `slopes.above`; dL/dx stands there afterwards if it is wanted.
#[inline(always)]
fn backward<const REACH: usize, const FUSED: bool>(
    chain: &Chain<'_>,
    x: &[f32],
    values: &[f32],
    slopes: &mut Slopes<'_>,
    sums: &mut Sums,
    wants_dx: bool,
) {
    let width = slopes.width;
    let (mut values, mut sums) = (values, sums.numbers.as_mut_slice());
    for (number, layer) in chain.layers.iter().enumerate().rev() {
        let (before, y) = values.split_at(values.len() - layer.units * width);
        let input = match number {
            0 => x,
            _ => &before[before.len() - layer.inputs * width..],
        };
        values = before;
        let dz = &mut slopes.above[..layer.units * width];
        layer.bend.pull_back(y, dz);

        let (rest, bias) = sums.split_at_mut(sums.len() - layer.units * LANES);
        for (dz, sum) in dz.chunks_exact(width).zip(bias.as_chunks_mut::<LANES>().0) {
            let mut lanes = *sum;
            for dz in dz.as_chunks::<LANES>().0 {
                for lane in 0..LANES {
                    lanes[lane] += dz[lane];
                }
            }
            *sum = lanes;
        }
        sums = if layer.is_wide() {
            // dL/dW = xᵀ dL/dz, for which dL/dz is turned so that its rows are samples.
            let across = layer.units.next_multiple_of(LANES);
            let (rest, weight) = rest.split_at_mut(rest.len() - layer.inputs * across);
            let turned = &mut slopes.turned[..width * across];
            transpose(
                Rows {
                    entries: dz,
                    stride: width,
                },
                turned,
                across,
                [layer.units, width],
            );
            product::<REACH, FUSED>(
                [layer.inputs, width, across],
                Rows {
                    entries: input,
                    stride: width,
                },
                Rows {
                    entries: turned,
                    stride: across,
                },
                weight,
                Start::Old,
            );
            rest
        } else {
            let length = layer.inputs * layer.units * LANES;
            let (rest, weight) = rest.split_at_mut(rest.len() - length);
            let (lanes, _) = weight.as_chunks_mut::<LANES>();
            let (x, units) = (&input[..layer.inputs * width], layer.units);
            if layer.inputs < units {
                let strides = Strides {
                    held: units,
                    passing: 1,
                };
                add_products::<FUSED>(x, dz, width, lanes, strides);
            } else {
                let strides = Strides {
                    held: 1,
                    passing: units,
                };
                add_products::<FUSED>(dz, x, width, lanes, strides);
            }
            rest
        };
        if number > 0 || wants_dx {
            product::<REACH, FUSED>(
                [layer.inputs, layer.units, width],
                Rows {
                    entries: layer.weight,
                    stride: layer.units,
                },
                Rows {
                    entries: dz,
                    stride: width,
                },
                &mut slopes.below[..layer.inputs * width],
                Start::Zero,
            );
            std::mem::swap(&mut slopes.above, &mut slopes.below);
        }
    }
}

/// Where the sums of [`add_products`] lie: how many stand between those of two rows that are held, and of two that pass.
#[derive(Debug, Clone, Copy)]
struct Strides {
    held: usize,
    passing: usize,
}

/// sums += held · passing for every pair of their rows, each lane for itself. The shorter side should be held.
#[inline(always)]
fn add_products<const FUSED: bool>(
    held: &[f32],
    passing: &[f32],
    width: usize,
    sums: &mut [[f32; LANES]],
    strides: Strides,
) {
    match width / LANES {
        1 => add_products_of::<1, FUSED>(held, passing, sums, strides),
        2 => add_products_of::<2, FUSED>(held, passing, sums, strides),
        3 => add_products_of::<3, FUSED>(held, passing, sums, strides),
        _ => add_products_of::<4, FUSED>(held, passing, sums, strides),
    }
}

/// The same for panels of W times [`LANES`] samples. Two rows at a time stay in registers.
#[inline(always)]
fn add_products_of<const W: usize, const FUSED: bool>(
    held: &[f32],
    passing: &[f32],
    sums: &mut [[f32; LANES]],
    strides: Strides,
) {
    let (held, _) = held.as_chunks::<LANES>().0.as_chunks::<W>();
    let (passing, _) = passing.as_chunks::<LANES>().0.as_chunks::<W>();
    let (pairs, single) = held.as_chunks::<2>();
    for (number, &[first, second]) in pairs.iter().enumerate() {
        for (row, passing) in passing.iter().enumerate() {
            let at = 2 * number * strides.held + row * strides.passing;
            let (mut a, mut b) = (sums[at], sums[at + strides.held]);
            for v in 0..W {
                for lane in 0..LANES {
                    a[lane] = multiply_add::<FUSED>(first[v][lane], passing[v][lane], a[lane]);
                    b[lane] = multiply_add::<FUSED>(second[v][lane], passing[v][lane], b[lane]);
                }
            }
            (sums[at], sums[at + strides.held]) = (a, b);
        }
    }
    if let [single] = single {
        for (row, passing) in passing.iter().enumerate() {
            let at = 2 * pairs.len() * strides.held + row * strides.passing;
            let mut a = sums[at];
            for v in 0..W {
                for lane in 0..LANES {
                    a[lane] = multiply_add::<FUSED>(single[v][lane], passing[v][lane], a[lane]);
                }
            }
            sums[at] = a;
        }
    }
}

/// Samples (n x columns) into a panel (columns x width), filled up with zeros.
#[inline(always)]
fn load(samples: &[f32], panel: &mut [f32], width: usize, columns: usize) {
    let rows = samples.len() / columns;
    transpose(
        Rows {
            entries: samples,
            stride: columns,
        },
        panel,
        width,
        [rows, columns],
    );
    if rows < width {
        for row in panel.chunks_exact_mut(width).take(columns) {
            row[rows..].fill(0.0);
        }
    }
}

/// The way back.
#[inline(always)]
fn store(panel: &[f32], samples: &mut [f32], width: usize, columns: usize) {
    let rows = samples.len() / columns;
    transpose(
        Rows {
            entries: panel,
            stride: width,
        },
        samples,
        columns,
        [columns, rows],
    );
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
