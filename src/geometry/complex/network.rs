//! Which networks have cells, and their layers in plain numbers.

use super::chain::{Bend, Link};
use super::refine::{Refined, TooLarge, Window, refine};
use crate::error::{Error, Result};
use crate::geometry::Bounds;
use crate::model::{Activation, Frozen, Layer};

/// The straight pieces of an activation; `None` if it has others.
fn bend(activation: Activation) -> Option<Bend> {
    Some(match activation {
        Activation::Identity => Bend::identity(),
        Activation::Relu => Bend::leaky(0.0),
        // Without a kink there is nothing to cut.
        Activation::LeakyRelu { slope: 1.0 } => Bend::identity(),
        Activation::LeakyRelu { slope } => Bend::leaky(slope),
        Activation::Clip { low, high } => Bend {
            kinks: vec![low, high],
            pieces: vec![[0.0, low], [1.0, 0.0], [0.0, high]],
            divisor: 1,
        },
        // A sixth is not a dyadic number, so the pieces are those of six times the function.
        Activation::HardSigmoid => Bend {
            kinks: vec![-3.0, 3.0],
            pieces: vec![[0.0, 0.0], [1.0, 3.0], [0.0, 6.0]],
            divisor: 6,
        },
        _ => return None,
    })
}

/// The layers before the first that bends smoothly: the part of a network that has cells.
pub fn piecewise_linear(network: &Frozen) -> Frozen {
    let layers = network.layers.iter();
    Frozen {
        layers: layers
            .take_while(|layer| bend(layer.activation).is_some())
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
        let bend = match bend(layer.activation) {
            Some(bend) => bend,
            None if is_last && readout => Bend::identity(),
            None => return Err(smooth(layer)),
        };
        chain.push(Link {
            inputs: layer.inputs(),
            units: layer.units(),
            weight: (0..layer.units())
                .flat_map(|i| (0..layer.inputs()).map(move |j| layer.weight[(i, j)]))
                .collect(),
            bias: layer.bias.clone(),
            bend,
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
        format!(
            "{} bends space everywhere, so the network has no cells",
            layer.activation.name()
        ),
        "cells need activations of straight pieces in every layer (relu, leaky_relu, identity, clip, relu6, hard_tanh, \
         hard_sigmoid), with sigmoid or softmax only at the end; draw `boundary` or `embedding` of a smooth one",
    )
}

/// The window, if areas of its parts are numbers.
pub(super) fn rectangle(window: Bounds) -> Result<Window> {
    let (x, y) = (window.x, window.y);
    for (from, to) in [x, y] {
        let size = from.abs().max(to.abs());
        if !(SMALLEST..=LARGEST).contains(&(to - from)) || size > LARGEST {
            return Err(Error::invalid(
                format!("window from {from:e} to {to:e}"),
                "areas in it leave what f64 can hold",
                "bring the data to a size near 1: `standardise = true` in [data] does",
            ));
        }
    }
    Ok(Window::Rectangle([x.0, x.1, y.0, y.1]))
}

/// Sides of a window, whose squares are well within `f64`.
const SMALLEST: f64 = 1e-130;
const LARGEST: f64 = 1e130;

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
