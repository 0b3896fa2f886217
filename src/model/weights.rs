//! A network's weights in a file: PyTorch's names and orientation, self-describing.
//!
//! `NAME.weight` is (out x in) and `NAME.bias` has one entry per unit, as `nn.Linear` names them in a module whose
//! attributes are called like the layers (layers without a name of their own: `self.layers[i]`). Names and
//! activations stand in the notes, so a file is a whole network.

use std::collections::BTreeMap;
use std::path::Path;

use faer::Mat;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::store::{self, Array};
use super::{Activation, Frozen, Layer, ModelConfig};
use crate::error::{Error, Result};

/// The kind of file, see [`store`].
const KIND: &str = "weights";

/// A layer as the notes describe it.
#[derive(Serialize, Deserialize)]
struct Description {
    name: String,
    activation: Activation,
}

/// Writes a network, with a bias only where `config` has one.
///
/// # Errors
/// [`Error::Io`] where the path can't be written.
pub fn write(path: &Path, network: &Frozen, config: &ModelConfig) -> Result<()> {
    let layers: Vec<Description> = network
        .layers
        .iter()
        .map(|layer| Description {
            name: layer.name.clone(),
            activation: layer.activation,
        })
        .collect();
    store::write(
        path,
        KIND,
        &json!({ "layers": layers }),
        &to_arrays(network, config),
    )
}

/// Reads a network that [`write()`] wrote.
///
/// # Errors
/// As [`store::read`]; also [`Error::Invalid`] where the arrays are not the network that the notes describe.
pub fn read(path: &Path) -> Result<Frozen> {
    let contents = store::read(path, KIND)?;
    let refuse = |problem: String| {
        Error::invalid(
            path.display().to_string(),
            problem,
            "restore it from a copy, or train again",
        )
    };
    let layers = contents.notes["layers"].clone();
    let layers: Vec<Description> = serde_json::from_value(layers)
        .map_err(|error| refuse(format!("its layers are not described ({error})")))?;
    let outlines = layers
        .into_iter()
        .map(|layer| (layer.name, layer.activation));
    from_arrays(&contents.arrays, outlines).map_err(refuse)
}

/// The arrays of a network by PyTorch's names.
pub fn to_arrays(network: &Frozen, config: &ModelConfig) -> BTreeMap<String, Array> {
    let mut arrays = BTreeMap::new();
    for (layer, description) in network.layers.iter().zip(&config.layers) {
        let weight = &layer.weight;
        let rows = (0..weight.nrows()).flat_map(|i| weight.row(i).iter().map(|&w| w as f32));
        let array = Array {
            shape: vec![weight.nrows(), weight.ncols()],
            values: rows.collect(),
        };
        arrays.insert(format!("{}.weight", layer.name), array);
        if description.bias {
            let array = Array {
                shape: vec![layer.bias.len()],
                values: layer.bias.iter().map(|&b| b as f32).collect(),
            };
            arrays.insert(format!("{}.bias", layer.name), array);
        }
    }
    arrays
}

/// The network of these layers (names and activations) with the weights in `arrays`.
///
/// # Errors
/// What is missing or of the wrong shape.
pub fn from_arrays(
    arrays: &BTreeMap<String, Array>,
    outlines: impl Iterator<Item = (String, Activation)>,
) -> Result<Frozen, String> {
    let mut layers: Vec<Layer> = Vec::new();
    for (name, activation) in outlines {
        let key = format!("{name}.weight");
        let weight = arrays
            .get(&key)
            .ok_or_else(|| format!("{key} is missing"))?;
        let [units, inputs] = weight.shape[..] else {
            return Err(format!(
                "{key} has {} axes instead of 2",
                weight.shape.len()
            ));
        };
        if let Some(before) = layers.last()
            && before.units() != inputs
        {
            let given = before.units();
            return Err(format!("{key} takes {inputs} inputs but is given {given}"));
        }
        let key = format!("{name}.bias");
        let bias = match arrays.get(&key) {
            Some(bias) if bias.shape == [units] => {
                bias.values.iter().map(|&b| f64::from(b)).collect()
            }
            Some(bias) => return Err(format!("{key} has shape {:?}, not [{units}]", bias.shape)),
            None => vec![0.0; units],
        };
        layers.push(Layer {
            name,
            weight: Mat::from_fn(units, inputs, |i, j| {
                f64::from(weight.values[i * inputs + j])
            }),
            bias,
            activation,
        });
    }
    Ok(Frozen { layers })
}
