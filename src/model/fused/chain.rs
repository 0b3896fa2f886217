//! Linear layers and activations in a row, over plain numbers.

use super::FusedActivation;
use super::lanes::LANES;
use super::product::{Rows, transpose};

/// A layer y = φ(x W + b).
#[derive(Debug, Clone)]
pub(super) struct Layer<'a> {
    /// The columns of x.
    pub inputs: usize,
    /// The columns of y.
    pub units: usize,
    /// φ.
    pub activation: FusedActivation,
    /// W (inputs x units), row-major, as Burn keeps it.
    pub weight: &'a [f32],
    /// b (units).
    pub bias: &'a [f32],
}

impl Layer<'_> {
    /// Whether a row of dL/dW fills vectors, so that it is worth transposing dL/dz for it.
    pub(super) fn is_wide(&self) -> bool {
        self.inputs.min(self.units) >= LANES
    }

    /// The slopes that a forward pass records for a sample, besides the outputs.
    pub(super) fn slopes(&self) -> usize {
        match self.activation.keeps_slopes() {
            true => self.units,
            false => 0,
        }
    }

    /// Multiplications per sample, forward and back, a tanh counted as ten.
    fn cost(&self) -> usize {
        3 * self.inputs * self.units + 10 * self.units
    }
}

/// Layers in a row, ready to be evaluated; `batch.rs` takes batches through it.
#[derive(Debug, Clone)]
pub(super) struct Chain<'a> {
    pub(super) layers: Vec<Layer<'a>>,
    /// Wᵀ (units x inputs) of each layer, one after the other.
    columns: Vec<f32>,
}

impl<'a> Chain<'a> {
    /// A chain of layers, each of which takes what the one before gives.
    pub(super) fn new(layers: Vec<Layer<'a>>) -> Self {
        Self::new_in(layers, Vec::new())
    }

    /// The same in memory that [`into_columns`](Self::into_columns) gave back.
    pub(super) fn new_in(layers: Vec<Layer<'a>>, mut columns: Vec<f32>) -> Self {
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
    pub(super) fn into_columns(self) -> Vec<f32> {
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

    /// The numbers that a forward pass records for a sample: of each layer its slopes, where it keeps them, and its outputs.
    pub(super) fn recorded(&self) -> usize {
        let layers = self.layers.iter();
        layers.map(|layer| layer.slopes() + layer.units).sum()
    }

    /// Multiplications per sample, forward and back.
    pub(super) fn cost(&self) -> usize {
        self.layers.iter().map(Layer::cost).sum()
    }
}
