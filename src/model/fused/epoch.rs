//! An epoch of training as one operation over plain numbers: batches, forward, loss, backward and update, with nothing
//! between the steps.
//!
//! The loops are those of a single step (`batch.rs`), and so are the bits. What is saved are the tensors, the graph and the
//! optimiser's walk over the module, which take more time than the arithmetic where batches are small.

use super::chain::{Chain, Layer};
use super::{FusedActivation, FusedLoss, Update};

/// A layer's sizes and φ; its parameters stand in the row of all parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LayerShape {
    /// The columns of x.
    pub inputs: usize,
    /// The columns of y.
    pub units: usize,
    /// Whether b follows W (inputs x units, row-major) among the parameters; without, b is 0.
    pub has_bias: bool,
    /// φ.
    pub activation: FusedActivation,
}

/// Layers in a row, and how they are trained.
#[derive(Debug, Clone)]
pub struct TrainingLoop {
    /// One after the other.
    pub layers: Vec<LayerShape>,
    /// What is minimised.
    pub loss: FusedLoss,
    /// How a step moves the parameters.
    pub update: Update,
    /// The learning rate η.
    pub lr: f64,
}

/// Numbers that steps change.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TrainingState {
    /// W and b of each layer in turn.
    pub parameters: Vec<f32>,
    /// What the update remembers of them, [`Update::buffers`] of their length.
    pub buffers: Vec<Vec<f32>>,
    /// Steps made.
    pub steps: u64,
}

/// The samples that steps see.
#[derive(Debug, Clone, Copy)]
pub struct Batches<'a> {
    /// (n x inputs), row-major.
    pub inputs: &'a [f32],
    /// (n x outputs), row-major.
    pub targets: &'a [f32],
    /// Which samples in which order, and how many a step takes; without it, all at once in their own order.
    pub order: Option<(&'a [usize], usize)>,
}

/// What an epoch leaves besides what it changed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EpochRecord {
    /// The loss of each batch before its step.
    pub losses: Vec<f32>,
    /// The gradient on the last batch, as the parameters lie, before it was clipped.
    pub gradients: Vec<f32>,
}

impl LayerShape {
    /// How many parameters the layer has.
    pub fn parameters(self) -> usize {
        self.inputs * self.units + if self.has_bias { self.units } else { 0 }
    }
}

impl TrainingLoop {
    /// How many parameters there are.
    pub fn parameters(&self) -> usize {
        self.layers.iter().map(|layer| layer.parameters()).sum()
    }

    /// A step per batch. `clip` may change each gradient, all parameters' in a row, before it is taken.
    pub fn train(
        &self,
        state: &mut TrainingState,
        batches: Batches<'_>,
        clip: &mut dyn FnMut(&mut [f32]),
    ) -> EpochRecord {
        let mut record = EpochRecord::default();
        let mut workspace = Workspace {
            gradients: vec![0.0; self.parameters()],
            zeros: vec![0.0; self.layers.iter().map(|l| l.units).max().unwrap_or(0)],
            ..Workspace::default()
        };
        let Some((order, size)) = batches.order else {
            let Batches {
                inputs, targets, ..
            } = batches;
            self.step(state, inputs, targets, &mut workspace, &mut record, clip);
            record.gradients = workspace.last;
            return record;
        };
        let columns =
            |layer: Option<&LayerShape>, of: fn(&LayerShape) -> usize| layer.map_or(0, of);
        let inputs = columns(self.layers.first(), |layer| layer.inputs);
        let outputs = columns(self.layers.last(), |layer| layer.units);
        let (mut x, mut t) = (Vec::new(), Vec::new());
        for batch in order.chunks(size.max(1)) {
            gather(batches.inputs, inputs, batch, &mut x);
            gather(batches.targets, outputs, batch, &mut t);
            self.step(state, &x, &t, &mut workspace, &mut record, clip);
        }
        record.gradients = workspace.last;
        record
    }

    fn step(
        &self,
        state: &mut TrainingState,
        x: &[f32],
        targets: &[f32],
        workspace: &mut Workspace,
        record: &mut EpochRecord,
        clip: &mut dyn FnMut(&mut [f32]),
    ) {
        let (loss, gradients) = (self.loss, &mut workspace.gradients);
        let layers = self.layers(&state.parameters, &workspace.zeros);
        let chain = Chain::new_in(layers, std::mem::take(&mut workspace.columns));
        let biased = self.layers.iter().map(|layer| layer.has_bias);
        record
            .losses
            .push(chain.loss_in_place(x, targets, loss, biased, gradients));
        workspace.columns = chain.into_columns();
        workspace.last.clone_from(gradients);
        clip(gradients);
        state.steps += 1;
        self.update.apply(
            self.lr,
            state.steps,
            &mut state.parameters,
            gradients,
            &mut state.buffers,
        );
    }

    fn layers<'a>(&self, parameters: &'a [f32], zeros: &'a [f32]) -> Vec<Layer<'a>> {
        let mut rest = parameters;
        let mut take = |length: usize| {
            let (here, after) = rest.split_at(length);
            rest = after;
            here
        };
        let layers = self.layers.iter().map(|shape| Layer {
            inputs: shape.inputs,
            units: shape.units,
            activation: shape.activation,
            weight: take(shape.inputs * shape.units),
            bias: match shape.has_bias {
                true => take(shape.units),
                false => &zeros[..shape.units],
            },
        });
        layers.collect()
    }
}

/// Memory that every step reuses.
#[derive(Default)]
struct Workspace {
    gradients: Vec<f32>,
    /// The last gradients before clipping.
    last: Vec<f32>,
    /// [`Chain::into_columns`].
    columns: Vec<f32>,
    /// The biases of a layer without biases.
    zeros: Vec<f32>,
}

/// Some rows of a matrix with these columns, one after the other.
pub fn gather(matrix: &[f32], columns: usize, rows: &[usize], to: &mut Vec<f32>) {
    to.clear();
    for row in rows {
        to.extend_from_slice(&matrix[row * columns..][..columns]);
    }
}
