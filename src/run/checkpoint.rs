//! A trainer's whole state in one file, so that it appears whole or not at all.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::model::store::{self, Array};
use crate::model::{ModelConfig, weights};
use crate::random::Generator;
use crate::train::TrainerState;
use crate::train::optimizer::OptimizerState;

/// The kind of file, see [`store`].
const KIND: &str = "checkpoint";

/// Arrays of the network and of the optimiser share a file under these prefixes.
const MODEL: &str = "model.";
const OPTIMIZER: &str = "optimizer.";

/// All that is not an array.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Notes {
    epoch: usize,
    generator: Generator,
    counters: BTreeMap<String, u64>,
    ranks: BTreeMap<String, usize>,
}

/// Writes a state.
///
/// # Errors
/// [`Error::Io`] where the path can't be written; the checkpoint before it stays.
pub fn write(path: &Path, state: &TrainerState, config: &ModelConfig) -> Result<()> {
    let network = weights::to_arrays(&state.weights, config).into_iter();
    let optimizer = state
        .optimizer
        .arrays
        .iter()
        .map(|(name, (shape, values))| {
            let array = Array {
                shape: shape.clone(),
                values: values.clone(),
            };
            (format!("{OPTIMIZER}{name}"), array)
        });
    let arrays = network
        .map(|(name, array)| (format!("{MODEL}{name}"), array))
        .chain(optimizer)
        .collect();
    let notes = Notes {
        epoch: state.epoch,
        generator: state.generator.clone(),
        counters: state.optimizer.counters.clone(),
        ranks: state.optimizer.ranks.clone(),
    };
    let notes = serde_json::to_value(notes).expect("the notes have string keys only");
    crate::file::write(path, &store::serialise(KIND, &notes, &arrays))
}

/// Reads the state of a network of this description.
///
/// # Errors
/// As [`store::read`]; also [`Error::Invalid`] where the state is not one of this network.
pub fn read(path: &Path, config: &ModelConfig) -> Result<TrainerState> {
    let contents = store::read(path, KIND)?;
    let refuse = |problem: String| {
        Error::invalid(
            path.display().to_string(),
            problem,
            "restore it from a copy, or train again",
        )
    };
    let notes: Notes = serde_json::from_value(contents.notes)
        .map_err(|error| refuse(format!("the state can't be read ({error})")))?;
    let mut network = BTreeMap::new();
    let mut optimizer = BTreeMap::new();
    for (name, array) in contents.arrays {
        if let Some(name) = name.strip_prefix(MODEL) {
            network.insert(name.to_owned(), array);
        } else if let Some(name) = name.strip_prefix(OPTIMIZER) {
            optimizer.insert(name.to_owned(), (array.shape, array.values));
        }
    }
    let activations = config.layers.iter().map(|layer| layer.activation);
    let outlines = config.names().into_iter().zip(activations);
    let weights = weights::from_arrays(&network, outlines).map_err(refuse)?;
    let fits = weights.layers.iter().zip(&config.layers);
    if fits
        .into_iter()
        .any(|(layer, config)| layer.units() != config.units)
    {
        return Err(refuse("it belongs to another network".to_owned()));
    }
    Ok(TrainerState {
        epoch: notes.epoch,
        weights,
        optimizer: OptimizerState {
            arrays: optimizer,
            counters: notes.counters,
            ranks: notes.ranks,
        },
        generator: notes.generator,
    })
}
