//! Weights that another program wrote, PyTorch above all, as the parameters of a network that the configuration describes.
//!
//! Names may be this program's (`embedding.weight`), for a module whose attributes are called like the layers. Or they
//! are any that differ in their numbers alone, and those say the order: `0.weight`, `2.weight` of an `nn.Sequential`,
//! `layer1.weight`, `layer2.weight` of a module of one's own.

use std::collections::BTreeMap;
use std::path::Path;

use faer::Mat;

use super::store::{self, Array};
use super::{Activation, Frozen, Layer, ModelConfig, Parameters, pytorch, weights};
use crate::error::{Error, Result};

/// Reads a `.safetensors` or `.pt` file as the weights of this network for data of `inputs` features.
///
/// # Errors
/// [`Error::Io`] where the file can't be read; [`Error::Invalid`] where it is damaged, holds more or fewer arrays than
/// the network has parameters, or one of another shape or with a number that is not finite.
pub fn read(path: &Path, config: &ModelConfig, inputs: usize) -> Result<Parameters> {
    let refuse = |problem: String| {
        Error::invalid(
            path.display().to_string(),
            problem,
            "change [model] or name another file in model.weights",
        )
    };
    let found = arrays(path)?;
    let arrays = renamed(found, &expected(config, inputs)).map_err(refuse)?;
    let mut layers = config.layers.clone();
    for (layer, name) in layers.iter_mut().zip(config.names()) {
        layer.name = Some(name);
    }
    let parameters = weights::from_arrays(&arrays, &layers).map_err(refuse)?;
    if !parameters.is_finite() {
        return Err(refuse("it has a number that is not finite".to_owned()));
    }
    Ok(parameters)
}

/// The matrices in a file that does not describe its network, in the order of their names and with no activation.
///
/// # Errors
/// Where the file can't be read, or there is no array of two axes called `weight`.
pub fn matrices(path: &Path) -> Result<Frozen> {
    let arrays = arrays(path)?;
    let mut names: Vec<&str> = arrays
        .keys()
        .filter_map(|name| name.strip_suffix("weight"))
        .collect();
    names.sort_by_key(|name| natural(name));
    let layer = |name: &str| {
        let weight = &arrays[&format!("{name}weight")];
        // No entries can be of any shape: [10^18, 0] takes no room in a file, but its bias would.
        let (false, &[units, inputs]) = (weight.values.is_empty(), weight.shape.as_slice()) else {
            return None;
        };
        let bias = arrays.get(&format!("{name}bias"));
        let bias = bias.filter(|bias| bias.shape == [units]);
        Some(Layer {
            name: name.trim_end_matches('.').to_owned(),
            weight: Mat::from_fn(units, inputs, |i, j| {
                f64::from(weight.values[i * inputs + j])
            }),
            bias: bias.map_or(vec![0.0; units], |bias| {
                bias.values.iter().map(|&b| f64::from(b)).collect()
            }),
            activation: Activation::Identity,
        })
    };
    let layers: Vec<Layer> = names.into_iter().filter_map(layer).collect();
    if layers.is_empty() {
        return Err(Error::invalid(
            path.display().to_string(),
            "there is no weight matrix in it",
            "name a file with arrays such as 0.weight",
        ));
    }
    Ok(Frozen { layers })
}

/// A file's arrays by name; its ending says the format.
fn arrays(path: &Path) -> Result<BTreeMap<String, Array>> {
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    let mut arrays = match ending.as_ref() {
        "safetensors" => store::read_any(path)?.arrays,
        "pt" | "pth" => pytorch::read(path)?,
        _ => {
            return Err(Error::invalid(
                path.display().to_string(),
                "weights are read from .safetensors, .pt and .pth",
                "write such a file: torch.save(model.state_dict(), \"net.pt\")",
            ));
        }
    };
    // Batch norm's count of batches matters only where its momentum is None.
    arrays.retain(|name, _| name.rsplit('.').next() != Some("num_batches_tracked"));
    Ok(arrays)
}

/// A module with parameters, such as an `nn.Linear`: its name, and the names and shapes of its arrays.
type Module = (String, Vec<(&'static str, Vec<usize>)>);

/// The modules that a network has, in order.
fn expected(config: &ModelConfig, inputs: usize) -> Vec<Module> {
    let mut modules = Vec::new();
    let mut fan_in = inputs;
    for (layer, name) in config.layers.iter().zip(config.names()) {
        if let Some(rank) = layer.rank {
            let arrays = vec![("weight", vec![rank, fan_in])];
            modules.push((format!("{name}.narrow"), arrays));
            fan_in = rank;
        }
        let units = layer.units;
        let mut arrays = vec![("weight", vec![units, fan_in])];
        if layer.bias {
            arrays.push(("bias", vec![units]));
        }
        modules.push((name.clone(), arrays));
        if layer.batch_norm {
            let parts = ["weight", "bias", "running_mean", "running_var"];
            let arrays = parts.into_iter().map(|part| (part, vec![units]));
            modules.push((format!("{name}.norm"), arrays.collect()));
        }
        fan_in = units;
    }
    modules
}

/// The arrays under the names that the network's modules have here.
fn renamed(
    found: BTreeMap<String, Array>,
    expected: &[Module],
) -> Result<BTreeMap<String, Array>, String> {
    let mut modules: BTreeMap<String, BTreeMap<String, Array>> = BTreeMap::new();
    for (name, array) in found {
        let (module, part) = name.rsplit_once('.').unwrap_or(("", &name));
        let parts = modules.entry(module.to_owned()).or_default();
        parts.insert(part.to_owned(), array);
    }
    let theirs = in_order(&modules, expected)?;
    let mut arrays = BTreeMap::new();
    for (theirs, (ours, shapes)) in theirs.into_iter().zip(expected) {
        let mut parts = modules.remove(&theirs).unwrap_or_default();
        // Where the names differ, the message has both.
        let whose = if theirs == *ours {
            String::new()
        } else {
            format!(" of {ours}")
        };
        for (part, shape) in shapes {
            let array = parts
                .remove(*part)
                .ok_or_else(|| format!("{theirs}.{part}{whose} is missing"))?;
            if array.shape != *shape {
                return Err(format!(
                    "{theirs}.{part} has shape {:?}, but {part}{whose} has to be {shape:?}",
                    array.shape
                ));
            }
            arrays.insert(format!("{ours}.{part}"), array);
        }
        if let Some(part) = parts.keys().next() {
            return Err(format!(
                "{theirs}.{part} is more than the network{whose} has"
            ));
        }
    }
    Ok(arrays)
}

/// The names of the file's modules in the order of the network's.
fn in_order<T>(modules: &BTreeMap<String, T>, expected: &[Module]) -> Result<Vec<String>, String> {
    if modules.len() == expected.len()
        && expected.iter().all(|(name, _)| modules.contains_key(name))
    {
        return Ok(expected.iter().map(|(name, _)| name.clone()).collect());
    }
    let mut names: Vec<String> = modules.keys().cloned().collect();
    names.sort_by_key(|name| natural(name));
    let numbered = names.windows(2).all(|pair| {
        let [left, right] = [&pair[0], &pair[1]].map(|name| natural(name));
        left.iter()
            .map(|(text, _)| text)
            .eq(right.iter().map(|(text, _)| text))
    });
    if numbered && names.len() == expected.len() {
        return Ok(names);
    }
    let ours: Vec<&str> = expected.iter().map(|(name, _)| name.as_str()).collect();
    Err(format!(
        "its modules are {}, but the network's are {}, or as many that differ in their numbers alone",
        names.join(", "),
        ours.join(", ")
    ))
}

/// A name cut into texts and the numbers behind them, so that 10 comes after 9.
fn natural(name: &str) -> Vec<(String, Option<u64>)> {
    let mut parts = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let text = rest
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(rest.len());
        let (text, behind) = rest.split_at(text);
        let digits = behind.find(|c: char| !c.is_ascii_digit());
        let (digits, behind) = behind.split_at(digits.unwrap_or(behind.len()));
        parts.push((text.to_owned(), digits.parse().ok()));
        rest = behind;
    }
    parts
}
