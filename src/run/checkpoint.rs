//! A checkpoint: all that training needs to go on to the same bits, in one file that describes itself.
//!
//! It is a safetensors file with a version and a checksum ([`store`]). Its arrays are the parameters (`model.`), the
//! optimiser's averages (`optimizer.`) and, with early stopping that restores the best network, that one (`best.`). Its
//! notes hold the whole configuration as `config.toml` has it, versions included, and all that is not an array.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::error::{Error, Result};
use crate::model::store::{self, Array, Contents};
use crate::model::{LayerConfig, Parameters, weights};
use crate::random::Generator;
use crate::train::OptimizerState;
use crate::train::{EarlyStopping, TrainerState};

/// The kind of file, see [`store`].
const KIND: &str = "checkpoint";

/// Arrays share a file under these prefixes.
const MODEL: &str = "model.";
const OPTIMIZER: &str = "optimizer.";
const BEST: &str = "best.";

/// What a checkpoint holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// The resolved configuration.
    pub config: Config,
    /// The trainer.
    pub state: TrainerState,
    /// The epoch of the best checkpoint so far, this one included, and its loss.
    pub best: Option<(usize, f64)>,
}

/// All that is not an array.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Notes {
    config: String,
    epoch: usize,
    generator: Generator,
    counters: BTreeMap<String, u64>,
    ranks: BTreeMap<String, usize>,
    best_checkpoint: Option<(usize, f64)>,
    early_stopping: Stopping,
}

/// [`EarlyStopping`] without its arrays.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stopping {
    best: Option<(usize, f64)>,
    waited: usize,
}

impl Checkpoint {
    /// The file's bytes: the same ones for the same state.
    pub fn to_bytes(&self) -> Vec<u8> {
        let state = &self.state;
        let mut arrays = BTreeMap::new();
        let mut put = |prefix: &str, parameters: &Parameters| {
            let named = weights::to_arrays(parameters).into_iter();
            arrays.extend(named.map(|(name, array)| (format!("{prefix}{name}"), array)));
        };
        put(MODEL, &state.parameters);
        if let Some(best) = &state.stopping.parameters {
            put(BEST, best);
        }
        for (name, (shape, values)) in &state.optimizer.arrays {
            let (shape, values) = (shape.clone(), values.clone());
            arrays.insert(format!("{OPTIMIZER}{name}"), Array { shape, values });
        }
        let notes = Notes {
            config: self.config.to_toml(),
            epoch: state.epoch,
            generator: state.generator.clone(),
            counters: state.optimizer.counters.clone(),
            ranks: state.optimizer.ranks.clone(),
            best_checkpoint: self.best,
            early_stopping: Stopping {
                best: state.stopping.best,
                waited: state.stopping.waited,
            },
        };
        let notes = serde_json::to_value(notes).expect("the notes have string keys only");
        store::serialise(KIND, &notes, &arrays)
    }

    /// Reads a checkpoint.
    ///
    /// # Errors
    /// As [`store::read`]; also [`Error::Invalid`] where the contents are not a checkpoint.
    pub fn read(path: &Path) -> Result<Self> {
        Self::of(store::read(path, KIND)?, path)
    }

    /// Reads a checkpoint's bytes; `path` is what errors call it.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn parse(bytes: &[u8], path: &Path) -> Result<Self> {
        Self::of(store::parse(bytes, path, KIND)?, path)
    }

    fn of(contents: Contents, path: &Path) -> Result<Self> {
        let refuse = |problem: String| {
            Error::invalid(
                path.display().to_string(),
                problem,
                "restore it from a copy, or train again",
            )
        };
        let notes: Notes = serde_json::from_value(contents.notes)
            .map_err(|error| refuse(format!("the state can't be read ({error})")))?;
        let config = Config::parse(&notes.config, &path.display().to_string(), &[])?;

        let (mut model, mut best) = (BTreeMap::new(), BTreeMap::new());
        let mut optimizer = BTreeMap::new();
        for (name, array) in contents.arrays {
            if let Some(name) = name.strip_prefix(MODEL) {
                model.insert(name.to_owned(), array);
            } else if let Some(name) = name.strip_prefix(BEST) {
                best.insert(name.to_owned(), array);
            } else if let Some(name) = name.strip_prefix(OPTIMIZER) {
                optimizer.insert(name.to_owned(), (array.shape, array.values));
            }
        }
        let layers: &[LayerConfig] = &config.model.layers;
        let network = |arrays| weights::from_arrays(arrays, layers).map_err(refuse);
        let state = TrainerState {
            epoch: notes.epoch,
            parameters: network(&model)?,
            optimizer: OptimizerState {
                arrays: optimizer,
                counters: notes.counters,
                ranks: notes.ranks,
            },
            generator: notes.generator,
            stopping: EarlyStopping {
                best: notes.early_stopping.best,
                waited: notes.early_stopping.waited,
                parameters: if best.is_empty() {
                    None
                } else {
                    Some(network(&best)?)
                },
            },
        };
        Ok(Self {
            config,
            state,
            best: notes.best_checkpoint,
        })
    }
}
