//! A network's weights in a file: PyTorch's names and orientation, self-describing.
//!
//! `NAME.weight` is (out x in) and `NAME.bias` has one entry per unit, as `nn.Linear` names them in a module whose
//! attributes are called like the layers (layers without a name of their own: `self.layers[i]`). A low-rank layer has
//! `NAME.narrow.weight`, (rank x in), before it; batch norm is `NAME.norm` with `nn.BatchNorm1d`'s names. In PyTorch:
//!
//! ```text
//! class Layer(nn.Linear):                    # nn.Linear(rank or inputs, units)
//!     narrow = nn.Linear(inputs, rank, bias=False)
//!     norm = nn.BatchNorm1d(units)
//! ```
//!
//! The layers' descriptions stand in the notes, so a file is a whole network.

use std::collections::BTreeMap;
use std::path::Path;

use faer::Mat;
use serde_json::json;

use super::config::default_name;
use super::store::{self, Array, Contents};
use super::{Frozen, LayerConfig, LayerParameters, NormParameters, Parameters};
use crate::error::{Error, Result};

/// The kind of file, see [`store`].
const KIND: &str = "weights";

/// Writes a network.
///
/// # Errors
/// [`Error::Io`] where the path can't be written.
pub fn write(path: &Path, network: &Parameters) -> Result<()> {
    write_with(path, network, &[])
}

/// Writes a network, and with it what other programs may want to know, as metadata of their own.
///
/// # Errors
/// As [`write()`].
pub fn write_with(path: &Path, network: &Parameters, metadata: &[(&str, &str)]) -> Result<()> {
    let layers: Vec<LayerConfig> = network.layers.iter().map(LayerParameters::config).collect();
    let (notes, arrays) = (json!({ "layers": layers }), to_arrays(network));
    let bytes = store::serialise_with(KIND, &notes, &arrays, metadata);
    crate::file::write(path, &bytes)
}

/// Reads a network that [`write()`] wrote, as evaluation sees it.
///
/// # Errors
/// As [`read_parameters`].
pub fn read(path: &Path) -> Result<Frozen> {
    Ok(read_parameters(path)?.fold())
}

/// Reads the parameters that [`write()`] wrote.
///
/// # Errors
/// As [`store::read`]; also [`Error::Invalid`] where the arrays are not the network that the notes describe.
pub fn read_parameters(path: &Path) -> Result<Parameters> {
    described(store::read(path, KIND)?, path)
}

/// Reads the parameters in a file's bytes; `path` is what errors call it.
///
/// # Errors
/// As [`read_parameters`].
pub fn parse(bytes: &[u8], path: &Path) -> Result<Parameters> {
    described(store::parse(bytes, path, KIND)?, path)
}

/// The network that a file's notes describe.
fn described(contents: Contents, path: &Path) -> Result<Parameters> {
    let refuse = |problem: String| {
        Error::invalid(
            path.display().to_string(),
            problem,
            "restore it from a copy, or train again",
        )
    };
    let layers = contents.notes["layers"].clone();
    let layers: Vec<LayerConfig> = serde_json::from_value(layers)
        .map_err(|error| refuse(format!("its layers are not described ({error})")))?;
    from_arrays(&contents.arrays, &layers).map_err(refuse)
}

/// The arrays of a network by PyTorch's names.
pub fn to_arrays(network: &Parameters) -> BTreeMap<String, Array> {
    let mut arrays = BTreeMap::new();
    for layer in &network.layers {
        let mut put = |suffix: &str, array: Array| {
            arrays.insert(format!("{}.{suffix}", layer.name), array);
        };
        if let Some(narrow) = &layer.narrow {
            put("narrow.weight", matrix_array(narrow));
        }
        put("weight", matrix_array(&layer.weight));
        if let Some(bias) = &layer.bias {
            put("bias", vector_array(bias));
        }
        if let Some(norm) = &layer.norm {
            put("norm.weight", vector_array(&norm.weight));
            put("norm.bias", vector_array(&norm.bias));
            put("norm.running_mean", vector_array(&norm.running_mean));
            put("norm.running_var", vector_array(&norm.running_var));
        }
    }
    arrays
}

/// The network of these layers with the weights in `arrays`; arrays of other names are left alone.
///
/// # Errors
/// What is missing or of the wrong shape.
pub fn from_arrays(
    arrays: &BTreeMap<String, Array>,
    layers: &[LayerConfig],
) -> Result<Parameters, String> {
    let mut found: Vec<LayerParameters> = Vec::with_capacity(layers.len());
    let mut inputs = None;
    for (i, layer) in layers.iter().enumerate() {
        let name = layer.name.clone().unwrap_or_else(|| default_name(i));
        let units = layer.units;
        let vector = |suffix: &str| vector(arrays, &format!("{name}.{suffix}"), units);
        let narrow = format!("{name}.narrow.weight");
        let narrow = layer.rank.map(|rank| matrix(arrays, &narrow, rank, inputs));
        let narrow = narrow.transpose()?;
        let weight = matrix(
            arrays,
            &format!("{name}.weight"),
            units,
            layer.rank.or(inputs),
        )?;
        let norm = layer.batch_norm.then(|| {
            Ok::<_, String>(NormParameters {
                weight: vector("norm.weight")?,
                bias: vector("norm.bias")?,
                running_mean: vector("norm.running_mean")?,
                running_var: vector("norm.running_var")?,
            })
        });
        let bias = layer.bias.then(|| vector("bias")).transpose()?;
        let norm = norm.transpose()?;
        found.push(LayerParameters {
            name,
            narrow,
            weight,
            bias,
            norm,
            activation: layer.activation,
            dropout: layer.dropout,
        });
        inputs = Some(units);
    }
    Ok(Parameters { layers: found })
}

fn matrix_array(matrix: &Mat<f64>) -> Array {
    let rows = (0..matrix.nrows()).flat_map(|i| matrix.row(i).iter().map(|&x| x as f32));
    Array {
        shape: vec![matrix.nrows(), matrix.ncols()],
        values: rows.collect(),
    }
}

fn vector_array(values: &[f64]) -> Array {
    Array {
        shape: vec![values.len()],
        values: values.iter().map(|&x| x as f32).collect(),
    }
}

/// A matrix with this many rows, and with this many columns where that is known.
fn matrix(
    arrays: &BTreeMap<String, Array>,
    key: &str,
    rows: usize,
    columns: Option<usize>,
) -> Result<Mat<f64>, String> {
    let array = arrays.get(key).ok_or_else(|| format!("{key} is missing"))?;
    let [found, inputs] = array.shape[..] else {
        return Err(format!("{key} has {} axes instead of 2", array.shape.len()));
    };
    if found != rows {
        return Err(format!("{key} has {found} rows, not {rows}"));
    }
    // 10^18 columns without rows take no room in a file, but a loop over them would not end.
    if array.values.is_empty() {
        return Err(format!(
            "{key} has no entries, its shape is {:?}",
            array.shape
        ));
    }
    if let Some(given) = columns
        && given != inputs
    {
        return Err(format!("{key} takes {inputs} inputs but is given {given}"));
    }
    let entry = |i: usize, j: usize| f64::from(array.values[i * inputs + j]);
    Ok(Mat::from_fn(rows, inputs, entry))
}

fn vector(arrays: &BTreeMap<String, Array>, key: &str, length: usize) -> Result<Vec<f64>, String> {
    match arrays.get(key) {
        Some(array) if array.shape == [length] => {
            Ok(array.values.iter().map(|&x| f64::from(x)).collect())
        }
        Some(array) => Err(format!("{key} has shape {:?}, not [{length}]", array.shape)),
        None => Err(format!("{key} is missing")),
    }
}
