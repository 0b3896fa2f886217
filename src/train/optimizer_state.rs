//! What an optimiser remembers from step to step, as plain numbers: by name, as checkpoints hold it, and one parameter after
//! the other, as an epoch in one operation takes it.

use std::collections::BTreeMap;

use crate::model::fused::Update;

/// An optimiser's state in plain numbers.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OptimizerState {
    /// Arrays (shape and entries) by name, such as `layers.0.weight.momentum.velocity`.
    pub arrays: BTreeMap<String, (Vec<usize>, Vec<f32>)>,
    /// Step counters by name.
    pub counters: BTreeMap<String, u64>,
    /// The number of axes of every parameter that has a state.
    pub ranks: BTreeMap<String, usize>,
}

/// A parameter among others: its path in the module, such as `layers.0.linear.weight`, and its shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) path: String,
    pub(super) shape: Vec<usize>,
}

impl Place {
    pub(super) fn len(&self) -> usize {
        self.shape.iter().product()
    }
}

/// What is remembered of parameters that lie one after the other.
#[derive(Debug, Clone)]
pub(super) struct Numbers {
    pub(super) parameters: Vec<Place>,
    /// As [`Update::apply`] wants it.
    pub(super) buffers: Vec<Vec<f32>>,
    /// Steps made.
    pub(super) steps: u64,
}

/// The arrays of an update, by the names that Burn gives them.
fn arrays(update: Update) -> &'static [&'static str] {
    match update {
        Update::Sgd { .. } => &["momentum.velocity"],
        Update::Adam { .. } => &["momentum.moment_1", "momentum.moment_2"],
        Update::RmsProp { .. } => &["square_avg.square_avg", "momentum.buf"],
    }
}

/// Adam's counter, by the name that Burn gives it.
const TIME: &str = "momentum.time";

/// A second copy that Burn's RMSprop keeps of its average.
const COPY: &str = "centered.avg";

impl Numbers {
    /// Those of a saved state; `None` where it lacks some, or the parameters are not at the same step.
    pub(super) fn new(
        update: Update,
        parameters: &[Place],
        saved: &OptimizerState,
    ) -> Option<Self> {
        let names = &arrays(update)[..update.buffers()];
        let length = parameters.iter().map(Place::len).sum();
        let mut numbers = Self {
            parameters: parameters.to_vec(),
            buffers: vec![vec![0.0; length]; names.len()],
            steps: 0,
        };
        if saved.ranks.is_empty() {
            return Some(numbers);
        }
        for (name, past) in names.iter().zip(&mut numbers.buffers) {
            past.clear();
            for place in parameters {
                let (shape, values) = saved.arrays.get(&format!("{}.{name}", place.path))?;
                if *shape != place.shape {
                    return None;
                }
                past.extend(values);
            }
        }
        let counter = |place: &Place| saved.counters.get(&format!("{}.{TIME}", place.path));
        numbers.steps = match update {
            Update::Adam { .. } => *counter(parameters.first()?)?,
            // All that counts is that it is not the first step.
            Update::Sgd { .. } | Update::RmsProp { .. } => 1,
        };
        let is_alike = |place| match update {
            Update::Adam { .. } => counter(place) == Some(&numbers.steps),
            Update::Sgd { .. } | Update::RmsProp { .. } => true,
        };
        parameters.iter().all(is_alike).then_some(numbers)
    }

    /// By name, as [`Optimizer::save`](super::optimizer::Optimizer::save) has it.
    pub(super) fn save(&self, update: Update) -> OptimizerState {
        let mut saved = OptimizerState::default();
        if self.steps == 0 || self.buffers.is_empty() {
            return saved;
        }
        let mut start = 0;
        for Place { path, shape } in &self.parameters {
            let here = start..start + shape.iter().product::<usize>();
            start = here.end;
            for (name, past) in arrays(update).iter().zip(&self.buffers) {
                let array = (shape.clone(), past[here.clone()].to_vec());
                saved.arrays.insert(format!("{path}.{name}"), array);
            }
            match update {
                Update::Sgd { .. } => {}
                Update::Adam { .. } => {
                    saved.counters.insert(format!("{path}.{TIME}"), self.steps);
                }
                Update::RmsProp { .. } => {
                    let squares = (shape.clone(), self.buffers[0][here].to_vec());
                    saved.arrays.insert(format!("{path}.{COPY}"), squares);
                }
            }
            saved.ranks.insert(path.clone(), shape.len());
        }
        saved
    }
}
