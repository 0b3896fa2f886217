//! Layers without their numbers.

use super::{Activation, LayerParameters};

/// What a layer has besides its parameters.
#[derive(Debug, Clone)]
pub(super) struct Outline {
    pub(super) name: String,
    pub(super) activation: Activation,
    pub(super) dropout: f64,
}

impl Outline {
    pub(super) fn of(layer: &LayerParameters) -> Self {
        Self {
            name: layer.name.clone(),
            activation: layer.activation,
            dropout: layer.dropout,
        }
    }
}
