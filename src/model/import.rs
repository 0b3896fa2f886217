//! Weights that another program wrote, PyTorch above all, as the parameters of a network that the configuration describes.
//!
//! A file's first bytes say its format: `.safetensors`, or what `torch.save` writes of a state dict or of a checkpoint
//! that has one in it. Names may be this program's (`embedding.weight`), or any others, see `model/arrange.rs`;
//! names that wrappers put before them (`module.`, `_orig_mod.`) are taken off.
//!
//! A batch norm belongs before its layer's activation. Where positions in an `nn.Sequential` say that the file's
//! stands behind it, it is folded into the next layer, if the configuration has no `batch_norm`, or refused.

use std::collections::BTreeMap;
use std::path::Path;

use faer::Mat;

use super::arrange::{self, Expected, Standing, is_norm};
use super::state::{self, Module, key};
use super::store::{self, Array};
use super::{Activation, Frozen, Layer, ModelConfig, NormParameters, Parameters, pytorch, weights};
use crate::error::{Error, Result};

/// Reads a file as the weights of this network for data with `inputs` features.
///
/// # Errors
/// [`Error::Io`] where the file can't be read; [`Error::Invalid`] where it is damaged or of no known format, holds more
/// or fewer arrays than the network has parameters, or one of another shape or with a number that is not finite.
pub fn read(path: &Path, config: &ModelConfig, inputs: usize) -> Result<Parameters> {
    parse(&pytorch::read_bytes(path)?, path, config, inputs)
}

/// The same from a file's bytes; `path` is what errors call it.
///
/// # Errors
/// As [`read`].
pub fn parse(whole: &[u8], path: &Path, config: &ModelConfig, inputs: usize) -> Result<Parameters> {
    let refuse = |problem: String| {
        Error::invalid(
            path.display().to_string(),
            problem,
            "change [model] or name another file in model.weights",
        )
    };
    let file = modules(whole, path)?;
    let expected = expected(config, inputs);
    let mut found = file.modules;
    if !expected.iter().any(Expected::is_norm) && found.iter().any(is_norm) {
        found = without_norms(found, file.in_order).map_err(refuse)?;
    }
    let found = arrange::arrange(found, &expected, file.in_order).map_err(refuse)?;
    arrange::check_norms(&found, &expected).map_err(refuse)?;
    let arrays = renamed(found, &expected).map_err(refuse)?;
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

/// The matrices in a file that does not describe its network, in the model's order where the file has it, otherwise in
/// that of their names, and with no activation.
///
/// # Errors
/// Where the file can't be read, or there is no array of two axes called `weight`.
pub fn matrices(path: &Path) -> Result<Frozen> {
    parse_matrices(&pytorch::read_bytes(path)?, path)
}

/// The same from a file's bytes; `path` is what errors call it.
///
/// # Errors
/// As [`matrices`].
pub fn parse_matrices(whole: &[u8], path: &Path) -> Result<Frozen> {
    let file = modules(whole, path)?;
    let mut modules = file.modules;
    if !file.in_order || arrange::numbered(&modules) {
        modules.sort_by_key(|module| arrange::natural(&module.name));
    }
    let layer = |module: &Module| {
        let weight = module.arrays.get("weight")?;
        // An array without entries can have any shape: [10^18, 0] takes no room in a file, but its bias would.
        let (false, &[units, inputs]) = (weight.values.is_empty(), weight.shape.as_slice()) else {
            return None;
        };
        let bias = module.arrays.get("bias");
        let bias = bias.filter(|bias| bias.shape == [units]);
        Some(Layer {
            name: module.name.clone(),
            weight: matrix(weight, units, inputs),
            bias: bias.map_or(vec![0.0; units], widened),
            activation: Activation::Identity,
        })
    };
    let layers: Vec<Layer> = modules.iter().filter_map(layer).collect();
    if layers.is_empty() {
        return Err(Error::invalid(
            path.display().to_string(),
            "there is no weight matrix in it",
            "name a file with arrays such as 0.weight",
        ));
    }
    Ok(Frozen { layers })
}

/// Whether this is a weights file of our own, which describes its network.
///
/// # Errors
/// Where the file can't be read or is damaged.
pub fn is_ours(path: &Path) -> Result<bool> {
    let whole = pytorch::read_bytes(path)?;
    match Format::of(&whole) {
        Ok(Format::Safetensors) => Ok(store::parse_any(&whole, path)?.kind.is_some()),
        _ => Ok(false),
    }
}

/// The modules in a file.
struct File {
    modules: Vec<Module>,
    /// Whether they are in the order in which the model made them.
    in_order: bool,
}

fn modules(whole: &[u8], path: &Path) -> Result<File> {
    let format = Format::of(whole).map_err(|problem| {
        Error::invalid(
            path.display().to_string(),
            problem,
            "weights are read from .safetensors and from what torch.save(model.state_dict(), \"net.pt\") writes, whatever \
             they are called",
        )
    })?;
    let (arrays, in_order) = match format {
        Format::Safetensors => {
            let contents = store::parse_any(whole, path)?;
            let sorted = contents.order.is_sorted();
            let mut arrays = contents.arrays;
            let take = |name: String| arrays.remove(&name).map(|array| (name, array));
            (
                contents.order.into_iter().filter_map(take).collect(),
                !sorted,
            )
        }
        Format::Pytorch => {
            let arrays = pytorch::parse_in_order(whole);
            (
                arrays.map_err(|problem| pytorch::refuse(path, problem))?,
                true,
            )
        }
    };
    let modules = state::modules(arrays).map_err(|problem| {
        Error::invalid(
            path.display().to_string(),
            problem,
            "then save the model again",
        )
    })?;
    Ok(File { modules, in_order })
}

/// What a file is, by how it begins.
enum Format {
    Safetensors,
    Pytorch,
}

impl Format {
    fn of(file: &[u8]) -> Result<Self, String> {
        let is = |start: &[u8]| file.starts_with(start);
        if is(b"PK\x03\x04") || is(b"PK\x05\x06") || pytorch::is_old(file) {
            return Ok(Self::Pytorch);
        }
        if let Some((length, rest)) = file.split_first_chunk()
            && u64::from_le_bytes(*length) <= rest.len() as u64
            && rest.starts_with(b"{")
        {
            return Ok(Self::Safetensors);
        }
        Err(if file.is_empty() {
            "the file is empty"
        } else if is(b"\x89HDF") {
            "this is an HDF5 file, as Keras writes them"
        } else if is(b"\x93NUMPY") {
            "this is a single array of NumPy's"
        } else if is(b"version https://git-lfs") {
            "this is a pointer of Git LFS, the weights have still to be fetched (git lfs pull)"
        } else if is(b"\x1f\x8b") {
            "this is compressed with gzip; unpack it first"
        } else if file.get(257..262) == Some(b"ustar") {
            "this is a tar archive; unpack it first"
        } else if is(b"\x80") {
            "this is a pickle that torch.save did not write"
        } else {
            "this is not a file of weights"
        }
        .to_owned())
    }
}

/// The modules that a network has, in order.
fn expected(config: &ModelConfig, inputs: usize) -> Vec<Expected> {
    let mut modules = Vec::new();
    let mut fan_in = inputs;
    for (layer, name) in config.layers.iter().zip(config.names()) {
        let bent = layer.activation != Activation::Identity;
        let mut push = |name: String, shape: Vec<usize>, bias: bool| {
            modules.push(Expected {
                name,
                shape,
                bias,
                bent,
            });
        };
        if let Some(rank) = layer.rank {
            push(format!("{name}.narrow"), vec![rank, fan_in], false);
            fan_in = rank;
        }
        push(name.clone(), vec![layer.units, fan_in], layer.bias);
        if layer.batch_norm {
            push(format!("{name}.norm"), vec![layer.units], true);
        }
        fan_in = layer.units;
    }
    modules
}

/// The arrays under the names that the network's modules have here.
fn renamed(theirs: Vec<Module>, expected: &[Expected]) -> Result<BTreeMap<String, Array>, String> {
    let mut arrays = BTreeMap::new();
    for (mut theirs, ours) in theirs.into_iter().zip(expected) {
        if ours.is_norm() {
            // `BatchNorm1d(affine=False)` neither scales nor moves.
            for (part, value) in [("weight", 1.0), ("bias", 0.0)] {
                let units = ours.shape[0];
                theirs
                    .arrays
                    .entry(part.to_owned())
                    .or_insert_with(|| Array {
                        shape: vec![units],
                        values: vec![value; units],
                    });
            }
        }
        // Where the names differ, the message has both.
        let whose = match theirs.name == ours.name {
            true => String::new(),
            false => format!(" of {}", ours.name),
        };
        let parts: &[&str] = match (ours.is_norm(), ours.bias) {
            (true, _) => &["weight", "bias", "running_mean", "running_var"],
            (false, true) => &["weight", "bias"],
            (false, false) => &["weight"],
        };
        for &part in parts {
            let shape = match part {
                "weight" => &ours.shape[..],
                _ => &ours.shape[..1],
            };
            let array = theirs.arrays.remove(part);
            let name = key(&theirs.name, part);
            let array = array.ok_or_else(|| format!("{name}{whose} is missing"))?;
            if array.shape != shape {
                return Err(format!(
                    "{name} has shape {:?}, but {part}{whose} has to be {shape:?}",
                    array.shape
                ));
            }
            arrays.insert(format!("{}.{part}", ours.name), array);
        }
        if let Some(part) = theirs.arrays.keys().next() {
            return Err(format!(
                "{} is more than the network{whose} has",
                key(&theirs.name, part)
            ));
        }
    }
    Ok(arrays)
}

/// The modules with batch norms folded into their neighbours, for a network that has none: in evaluation it computes the same.
///
/// # Errors
/// Where the names do not say where a batch norm stands.
fn without_norms(mut modules: Vec<Module>, in_order: bool) -> Result<Vec<Module>, String> {
    if arrange::numbered(&modules) {
        modules.sort_by_key(|module| arrange::natural(&module.name));
    } else if !in_order {
        return Err(unplaced(&modules));
    }
    while let Some(place) = modules.iter().position(is_norm) {
        // Where there is no activation, before and behind are the same.
        let standing = arrange::standing(&modules, place);
        let norm = norm_of(&modules[place])?;
        let affine = norm.affine();
        let target = match standing {
            Standing::Before => place.checked_sub(1),
            Standing::After => Some(place + 1),
            Standing::Between | Standing::Unknown => return Err(unplaced(&modules[place..=place])),
        };
        let name = modules[place].name.clone();
        let linear = target.and_then(|target| modules.get_mut(target));
        let folded = linear.and_then(|linear| fold(linear, &affine, standing == Standing::Before));
        if folded.is_none() {
            return Err(format!(
                "its batch norm {name} has no linear layer of {} units beside it to be folded into; the network has no batch_norm",
                affine.len()
            ));
        }
        modules.remove(place);
    }
    Ok(modules)
}

fn unplaced(modules: &[Module]) -> String {
    let norm = modules.iter().find(|module| is_norm(module));
    format!(
        "it has the batch norm {}, and nothing says whether that stands before or behind its activation; set batch_norm = true in \
         [model] if it stands before",
        norm.map_or("", |norm| &norm.name)
    )
}

fn norm_of(module: &Module) -> Result<NormParameters, String> {
    let part = |name: &str| module.arrays.get(name).map(widened);
    let missing = || format!("{} is not a batch norm", module.name);
    let mean = part("running_mean").ok_or_else(missing)?;
    let units = mean.len();
    let norm = NormParameters {
        weight: part("weight").unwrap_or_else(|| vec![1.0; units]),
        bias: part("bias").unwrap_or_else(|| vec![0.0; units]),
        running_var: part("running_var").ok_or_else(missing)?,
        running_mean: mean,
    };
    let lengths = [&norm.weight, &norm.bias, &norm.running_var];
    match lengths.iter().all(|part| part.len() == units) {
        true => Ok(norm),
        false => Err(format!("the arrays of {} differ in length", module.name)),
    }
}

/// Folds z to s z + t into a linear layer, at its outputs or at its inputs; `None` where it does not have as many.
fn fold(linear: &mut Module, affine: &[(f64, f64)], outputs: bool) -> Option<()> {
    let weight = linear.arrays.get("weight").filter(|_| !is_norm(linear))?;
    let (false, &[units, inputs]) = (weight.values.is_empty(), weight.shape.as_slice()) else {
        return None;
    };
    if affine.len() != if outputs { units } else { inputs } {
        return None;
    }
    let mut matrix = matrix(weight, units, inputs);
    let bias = linear
        .arrays
        .get("bias")
        .filter(|bias| bias.shape == [units]);
    let mut bias = bias.map_or(vec![0.0; units], widened);
    for (i, bias) in bias.iter_mut().enumerate() {
        if outputs {
            *bias = affine[i].0 * *bias + affine[i].1;
        }
        for j in 0..inputs {
            if !outputs {
                *bias += matrix[(i, j)] * affine[j].1;
            }
            matrix[(i, j)] *= affine[if outputs { i } else { j }].0;
        }
    }
    let rows = (0..units).flat_map(|i| matrix.row(i).iter().map(|&x| x as f32));
    let weight = Array {
        shape: vec![units, inputs],
        values: rows.collect(),
    };
    let bias = Array {
        shape: vec![units],
        values: bias.into_iter().map(|x| x as f32).collect(),
    };
    linear
        .arrays
        .extend([("weight".to_owned(), weight), ("bias".to_owned(), bias)]);
    Some(())
}

fn matrix(array: &Array, rows: usize, columns: usize) -> Mat<f64> {
    Mat::from_fn(rows, columns, |i, j| {
        f64::from(array.values[i * columns + j])
    })
}

fn widened(array: &Array) -> Vec<f64> {
    array.values.iter().map(|&x| f64::from(x)).collect()
}
