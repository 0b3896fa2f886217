//! Which networks have cells, and their layers in plain numbers.

use super::chain::Link;
use super::refine::{Refined, TooLarge, Window, refine};
use crate::error::{Error, Result};
use crate::model::{Activation, Frozen, Layer};

/// What the off side of an activation's units does; `None` if the activation is not piecewise linear.
fn off(activation: Activation) -> Option<Option<f64>> {
    match activation {
        Activation::Identity => Some(None),
        Activation::Relu | Activation::LeakyRelu { .. } => Some(activation.derivative(-1.0)),
        _ => None,
    }
}

/// The layers before the first that bends smoothly: the part of a network that has cells.
pub fn piecewise_linear(network: &Frozen) -> Frozen {
    let layers = network.layers.iter();
    Frozen {
        layers: layers
            .take_while(|layer| off(layer.activation).is_some())
            .cloned()
            .collect(),
    }
}

/// The layers of a piecewise linear network.
pub(super) fn chain(network: &Frozen) -> Result<Vec<Link>> {
    let mut width = 2;
    let mut chain = Vec::with_capacity(network.layers.len());
    for (position, layer) in network.layers.iter().enumerate() {
        if layer.inputs() != width {
            return Err(misfit(layer, width, position));
        }
        width = layer.units();
        let numbers = layer.weight.col_iter().flat_map(|column| column.iter());
        if !numbers.chain(&layer.bias).all(|number| number.is_finite()) {
            return Err(Error::invalid(
                format!("layer {}", layer.name),
                "it has weights that are not finite",
                "ask for an earlier epoch",
            ));
        }
        let is_last = position + 1 == network.layers.len();
        let readout = matches!(layer.activation, Activation::Sigmoid | Activation::Softmax);
        let off = match off(layer.activation) {
            Some(off) => off,
            None if is_last && readout => None,
            None => return Err(smooth(layer)),
        };
        chain.push(Link {
            inputs: layer.inputs(),
            units: layer.units(),
            weight: (0..layer.units())
                .flat_map(|i| (0..layer.inputs()).map(move |j| layer.weight[(i, j)]))
                .collect(),
            bias: layer.bias.clone(),
            off,
        });
    }
    Ok(chain)
}

pub(in crate::geometry) fn misfit(layer: &Layer, width: usize, position: usize) -> Error {
    let problem = format!("it takes {} inputs and gets {width}", layer.inputs());
    let remedy = if position == 0 {
        "look at a plane of its inputs: geometry::Slice, or --features A,B on the command line"
    } else {
        "layers must follow each other"
    };
    Error::invalid(format!("layer {}", layer.name), problem, remedy)
}

fn smooth(layer: &Layer) -> Error {
    Error::invalid(
        format!("layer {}", layer.name),
        match layer.activation.kinks() {
            Some(_) => format!(
                "{} has two kinks, and cells are cut for activations with one",
                layer.activation.name()
            ),
            None => format!(
                "{} bends space everywhere, so the network has no cells",
                layer.activation.name()
            ),
        },
        "cells need relu, leaky_relu or identity in every layer, with sigmoid or softmax only at the end; \
         draw `boundary` or `embedding` of a smooth one",
    )
}

/// The complex of the network's layers over a window.
pub(super) fn refined(network: &Frozen, chain: &[Link], window: Window) -> Result<Refined> {
    refine(chain, window).map_err(|TooLarge { layer, cells, bytes }| {
        let layer = &network.layers[layer];
        Error::invalid(
            format!("layer {}", layer.name),
            format!(
                "its {} units have {cells} cells before them, and an affine map on each takes {:.1} GiB",
                layer.units(),
                bytes as f64 / f64::from(1 << 30)
            ),
            "look at a smaller window, at fewer layers, or at a narrower network",
        )
    })
}
