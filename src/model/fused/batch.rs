//! A batch through a whole chain, in the computer's own memory: forward, loss and every gradient in one sweep.
//!
//! The batch is taken in panels of up to 64 samples, and a panel is stored by features: a row holds one unit's value for every
//! sample. So whatever the widths of the layers, each vector holds as many samples, and a panel goes through all layers and
//! back while it lies in the cache. What remains of a panel are its contributions to the gradients.
//!
//! Panels are gathered into groups, and a group is what a thread takes. Which panels make a group follows from the sizes alone,
//! and the groups' sums are added in order: the result does not depend on the number of threads.

use rayon::prelude::*;

use super::FusedLoss;
use super::chain::Chain;
use super::group::{Group, Task};
use super::lanes::LANES;
use super::sums::{Gradients, Sums};
use crate::model::simd::dispatch;

/// The most samples of a panel.
const PANEL: usize = 64;

/// The most groups.
const GROUPS: usize = 16;

/// Below this many multiplications, waking a second thread costs more than it gains.
const WORTH_A_THREAD: usize = 1 << 22;

impl Chain<'_> {
    /// The output (rows x outputs) for x (rows x inputs).
    pub(super) fn forward(&self, x: &[f32]) -> Vec<f32> {
        self.evaluate(x, &mut [])
    }

    /// The output, and what [`backward`](Self::backward) wants of every layer.
    pub(super) fn forward_recording(&self, x: &[f32]) -> (Vec<f32>, Vec<f32>) {
        let cut = self.cut(x);
        let mut record = vec![0.0; cut.panels() * cut.width * self.recorded()];
        let y = self.evaluate(x, &mut record);
        (y, record)
    }

    fn evaluate(&self, x: &[f32], record: &mut [f32]) -> Vec<f32> {
        let cut = self.cut(x);
        let mut y = vec![0.0; cut.rows * self.outputs()];
        let panels = cut.pieces_mut(record, cut.group * cut.width * self.recorded());
        let groups = cut.pieces(x, cut.group_rows() * self.inputs());
        let outputs = cut.pieces_mut(&mut y, cut.group_rows() * self.outputs());
        let tasks = groups.into_iter().zip(outputs).zip(panels);
        let tasks = tasks.map(|((x, y), record)| (x, Task::Forward { y, record }));
        self.run(cut, tasks.collect());
        y
    }

    /// The gradients from dL/dy (rows x outputs) and what a forward pass over the same x recorded.
    pub(super) fn backward(
        &self,
        x: &[f32],
        record: &[f32],
        dy: &[f32],
        wants_dx: bool,
    ) -> Gradients {
        let cut = self.cut(x);
        let mut dx = vec![0.0; if wants_dx { x.len() } else { 0 }];
        let groups = cut.pieces(x, cut.group_rows() * self.inputs());
        let given = cut.pieces(dy, cut.group_rows() * self.outputs());
        let records = cut.pieces(record, cut.group * cut.width * self.recorded());
        let results = cut.pieces_mut(&mut dx, cut.group_rows() * self.inputs());
        let tasks = groups.into_iter().zip(given).zip(records).zip(results);
        let tasks = tasks.map(|(((x, dy), record), dx)| (x, Task::Backward { record, dy, dx }));
        let sums = self.run(cut, tasks.collect());
        sums.into_gradients(self, wants_dx.then_some(dx))
    }

    /// The mean of `loss` against `target` (rows x outputs), and its gradients.
    pub(super) fn loss(
        &self,
        x: &[f32],
        target: &[f32],
        loss: FusedLoss,
        wants_dx: bool,
    ) -> (f32, Gradients) {
        let mut dx = vec![0.0; if wants_dx { x.len() } else { 0 }];
        let sums = self.forward_and_back(x, target, loss, &mut dx);
        let mean = (sums.loss / loss.terms(target.len(), self.outputs()) as f64) as f32;
        (mean, sums.into_gradients(self, wants_dx.then_some(dx)))
    }

    /// The same with dL/dW and dL/db of each layer one after the other in `gradients`; for a layer that is not `biased` only
    /// dL/dW.
    pub(super) fn loss_in_place(
        &self,
        x: &[f32],
        target: &[f32],
        loss: FusedLoss,
        biased: impl Iterator<Item = bool>,
        gradients: &mut [f32],
    ) -> f32 {
        let sums = self.forward_and_back(x, target, loss, &mut []);
        let mean = (sums.loss / loss.terms(target.len(), self.outputs()) as f64) as f32;
        sums.write_gradients(self, biased, gradients);
        mean
    }

    /// Forward, and back from a loss.
    fn forward_and_back(&self, x: &[f32], target: &[f32], loss: FusedLoss, dx: &mut [f32]) -> Sums {
        let cut = self.cut(x);
        let share = 1.0 / loss.terms(target.len(), self.outputs()) as f32;
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
            total.add(&sum);
        }
        total
    }

    /// How a batch is cut up.
    fn cut(&self, x: &[f32]) -> Cut {
        let rows = x.len() / self.inputs().max(1);
        let width = rows.clamp(1, PANEL).next_multiple_of(LANES);
        let panels = rows.div_ceil(width);
        let groups = (rows * self.cost() / WORTH_A_THREAD).clamp(1, GROUPS);
        Cut {
            rows,
            width,
            group: panels.div_ceil(groups).max(1),
        }
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
