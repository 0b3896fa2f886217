//! What a lab remembers: settings, states to go back to, a line per epoch, and the branches that were left.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::Config;
use crate::data::split::Split;
use crate::train::{EpochMetrics, EpochReport, TrainerState};

/// The most states per segment. The epochs between two of them are trained again, which gives the same bits.
const MOST_STATES: usize = 64;

/// The most numbers in all states of a segment together, where that leaves enough states.
const MOST_NUMBERS: usize = 4_000_000;
const LEAST_STATES: usize = 8;

/// A state of more numbers is a large one. Those of all segments of a branch have at most this many together; beyond, the first
/// segments go.
const LARGE: usize = 250_000;
const MOST_IN_BRANCH: usize = 50_000_000;

/// The most points of a curve as the page draws it.
const MOST_POINTS: usize = 1024;

/// What is trained, and on what.
#[derive(Debug)]
pub(super) struct Setting {
    /// Resolved.
    pub config: Config,
    /// The data.
    pub split: Split,
}

/// A stretch of training with one setting.
#[derive(Debug, Clone)]
pub(super) struct Segment {
    pub setting: Arc<Setting>,
    /// The epoch after which it begins.
    pub start: usize,
    /// States by epoch, the start's among them.
    states: BTreeMap<usize, Arc<TrainerState>>,
    /// Epochs from one state to the next.
    stride: usize,
}

impl Segment {
    pub(super) fn new(setting: Arc<Setting>, state: TrainerState) -> Self {
        Self {
            setting,
            start: state.epoch,
            states: BTreeMap::from([(state.epoch, Arc::new(state))]),
            stride: 1,
        }
    }

    /// Whether the state after this epoch should be kept.
    pub(super) fn wants(&self, epoch: usize) -> bool {
        (epoch - self.start).is_multiple_of(self.stride)
    }

    /// Keeps a state; where there are too many, every other one goes.
    pub(super) fn keep(&mut self, state: TrainerState) {
        let size: usize = numbers(&state).max(1);
        self.states.insert(state.epoch, Arc::new(state));
        let most = (MOST_NUMBERS / size).clamp(LEAST_STATES, MOST_STATES);
        while self.states.len() > most {
            self.stride *= 2;
            let (start, stride) = (self.start, self.stride);
            self.states
                .retain(|epoch, _| (epoch - start).is_multiple_of(stride));
        }
    }

    /// The last state at or before an epoch.
    pub(super) fn before(&self, epoch: usize) -> Option<&Arc<TrainerState>> {
        self.states
            .range(..=epoch)
            .next_back()
            .map(|(_, state)| state)
    }

    pub(super) fn states(&self) -> impl Iterator<Item = &Arc<TrainerState>> {
        self.states.values()
    }

    fn forget_after(&mut self, epoch: usize) {
        self.states.retain(|&kept, _| kept <= epoch);
    }
}

fn numbers(state: &TrainerState) -> usize {
    let optimizer: usize = state
        .optimizer
        .arrays
        .values()
        .map(|(_, values)| values.len())
        .sum();
    let network: usize = state
        .parameters
        .layers
        .iter()
        .map(|layer| layer.weight.nrows() * layer.weight.ncols())
        .sum();
    optimizer + network
}

/// What a saved run needs of an epoch besides the weights.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub metrics: EpochMetrics,
    /// The gradients' norms, in the order of [`Branch::names`].
    pub norms: Box<[f64]>,
    pub seconds: f32,
    /// When it was done, in seconds since 1970.
    pub at: f64,
}

/// Losses over the epochs, thinned evenly: the page draws it.
#[derive(Debug, Clone, Default)]
pub(super) struct Curve {
    rows: Vec<EpochMetrics>,
    stride: usize,
}

impl Curve {
    fn push(&mut self, metrics: &EpochMetrics) {
        self.stride = self.stride.max(1);
        if !metrics.epoch.is_multiple_of(self.stride) {
            return;
        }
        self.rows.push(*metrics);
        if self.rows.len() > MOST_POINTS {
            self.stride *= 2;
            let stride = self.stride;
            self.rows.retain(|row| row.epoch.is_multiple_of(stride));
        }
    }

    fn forget_after(&mut self, epoch: usize) {
        self.rows.retain(|row| row.epoch <= epoch);
    }

    pub(super) fn rows(&self) -> &[EpochMetrics] {
        &self.rows
    }

    /// Epochs from one row to the next.
    pub(super) fn stride(&self) -> usize {
        self.stride.max(1)
    }
}

/// One way that training took, from its beginning.
#[derive(Debug, Clone)]
pub(super) struct Branch {
    /// Counted from 1 in the order of their beginnings.
    pub id: usize,
    /// The branch that it was cut from, and shares its beginning with.
    pub from: Option<usize>,
    pub segments: Vec<Segment>,
    /// An entry per epoch.
    pub lines: Vec<Line>,
    pub curve: Curve,
    /// The parameters' names.
    pub names: Arc<[String]>,
}

/// The most stretches that a branch remembers; beyond that, the earliest become one that can't be gone back into.
const MOST_SEGMENTS: usize = 200;

impl Branch {
    pub(super) fn new(id: usize, setting: Arc<Setting>, state: TrainerState) -> Self {
        Self {
            id,
            from: None,
            segments: vec![Segment::new(setting, state)],
            lines: Vec::new(),
            curve: Curve::default(),
            names: Arc::from([]),
        }
    }

    /// Epochs done.
    pub(super) fn epoch(&self) -> usize {
        self.lines.len()
    }

    pub(super) fn last(&self) -> &Segment {
        &self.segments[self.segments.len() - 1]
    }

    pub(super) fn last_mut(&mut self) -> &mut Segment {
        let last = self.segments.len() - 1;
        &mut self.segments[last]
    }

    /// The earliest epoch that can be gone back to.
    pub(super) fn earliest(&self) -> usize {
        self.segments[0].start
    }

    /// The stretch in which an epoch lies: of those that begin there, the last.
    pub(super) fn segment(&self, epoch: usize) -> Option<&Segment> {
        self.segments
            .iter()
            .rev()
            .find(|segment| segment.start <= epoch)
    }

    /// Another setting or other weights from here on. A stretch without an epoch leaves no trace.
    pub(super) fn begin(&mut self, setting: Arc<Setting>, state: TrainerState) {
        if self.last().start == state.epoch {
            self.segments.pop();
        }
        self.segments.push(Segment::new(setting, state));
        while self.segments.len() > MOST_SEGMENTS
            || (self.segments.len() > 1 && self.large_numbers() > MOST_IN_BRANCH)
        {
            self.segments.remove(0);
        }
    }

    /// Numbers in the large states that are held.
    pub(super) fn large_numbers(&self) -> usize {
        let states = self.segments.iter().flat_map(Segment::states);
        let sizes = states.map(|state| numbers(state));
        sizes.filter(|&size| size > LARGE).sum()
    }

    pub(super) fn record(&mut self, report: &EpochReport, at: f64) {
        if self.names.len() != report.gradient_norms.len() {
            self.names = report
                .gradient_norms
                .iter()
                .map(|(name, _)| name.clone())
                .collect();
        }
        self.lines.push(Line {
            metrics: report.metrics,
            norms: report
                .gradient_norms
                .iter()
                .map(|&(_, norm)| norm)
                .collect(),
            seconds: report.seconds as f32,
            at,
        });
        self.curve.push(&report.metrics);
    }

    /// The same branch as it was after an epoch, under another number.
    pub(super) fn until(&self, epoch: usize, id: usize) -> Self {
        let mut branch = self.clone();
        branch.id = id;
        branch.from = Some(self.id);
        branch.lines.truncate(epoch);
        branch.curve.forget_after(epoch);
        branch.segments.retain(|segment| segment.start <= epoch);
        if let Some(last) = branch.segments.last_mut() {
            last.forget_after(epoch);
        }
        branch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metrics(epoch: usize) -> EpochMetrics {
        EpochMetrics {
            epoch,
            train_loss: 1.0,
            train_accuracy: None,
            test_loss: None,
            test_accuracy: None,
            learning_rate: 0.1,
            grad_norm: 1.0,
        }
    }

    #[test]
    fn a_curve_stays_small_and_even() {
        let mut curve = Curve::default();
        for epoch in 1..=100_000 {
            curve.push(&metrics(epoch));
            assert!(curve.rows().len() <= MOST_POINTS);
        }
        let gaps: Vec<usize> = curve
            .rows()
            .windows(2)
            .map(|two| two[1].epoch - two[0].epoch)
            .collect();
        assert!(gaps.iter().all(|&gap| gap == curve.stride()), "{gaps:?}");
        assert!(curve.rows().len() > MOST_POINTS / 2 - 2);
    }
}
