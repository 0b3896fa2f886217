//! What a thread does with a group of panels.

use std::cell::Cell;

use super::EntryLoss;
use super::chain::Chain;
use super::lanes::{Aligned, LANES};
use super::panel::{Slopes, backward, forward, load, store};
use crate::model::simd::Work;

/// Contributions to the gradients, laid out as [`Chain::places`] says, and to the loss.
#[derive(Debug, Clone, Default)]
pub(super) struct Sums {
    pub(super) numbers: Aligned,
    pub(super) loss: f64,
}

/// What to do with a group.
pub(super) enum Task<'a> {
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
pub(super) struct Group<'a> {
    pub(super) chain: &'a Chain<'a>,
    /// The samples of a panel.
    pub(super) width: usize,
    /// (rows x inputs).
    pub(super) x: &'a [f32],
    pub(super) task: Task<'a>,
}

thread_local! {
    /// A panel's values and slopes. Kept, so that a step takes no fresh memory for them.
    static SCRATCH: Cell<Aligned> = Cell::default();
    /// The same for the sums, which are given back by the thread that puts them together.
    static SUMS: Cell<Aligned> = Cell::default();
}

/// Takes back sums that nobody needs any more.
pub(super) fn keep(sums: Sums) {
    SUMS.set(sums.numbers);
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
