//! The `[data]` table as it stands in a file, and its way to a [`DataConfig`] and back.

use std::path::PathBuf;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{DataConfig, SETS, Source};
use crate::data::csv;
use crate::data::file_options::{FileOptions, is_numpy};
use crate::data::folds::Fold;
use crate::data::targets::Task;
use crate::error::{Error, Result};
use crate::suggest::closest;

/// The keys that every `[data]` table may have, whatever the set.
const COMMON_KEYS: [&str; 9] = [
    "name",
    "path",
    "seed",
    "test_fraction",
    "folds",
    "fold",
    "stratify",
    "standardise",
    "standardise_targets",
];

/// A seed as NumPy takes it.
pub(super) fn numpy_seed(place: &str, seed: u64) -> Result<u32> {
    u32::try_from(seed).map_err(|_| {
        Error::invalid(
            place,
            format!("NumPy has no seed {seed}"),
            "give one from 0 to 4294967295",
        )
    })
}

/// The table as it stands in the file: common keys, and the rest, whose meaning depends on the set.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct DataTable {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    #[serde(default = "default_test_fraction")]
    test_fraction: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    folds: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fold: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stratify: Option<bool>,
    #[serde(default)]
    standardise: bool,
    #[serde(default)]
    standardise_targets: bool,
    #[serde(flatten)]
    parameters: toml::Table,
}

/// The fold that two keys name.
fn fold_of(folds: Option<usize>, fold: Option<usize>) -> Result<Option<Fold>> {
    let refuse =
        |place: &str, problem: &str, remedy: &str| Err(Error::invalid(place, problem, remedy));
    match (folds, fold) {
        (None, None) => Ok(None),
        (Some(of), Some(number)) => {
            let fold = Fold { number, of };
            fold.validate()?;
            Ok(Some(fold))
        }
        (Some(_), None) => refuse(
            "data.folds",
            "a run holds one fold out, and none is named",
            "set data.fold = 1, or train all with `foldspace sweep --folds`",
        ),
        (None, Some(_)) => refuse(
            "data.fold",
            "how many folds there are is not said",
            "set data.folds = 5",
        ),
    }
}

/// The share that is held out where nothing is said.
pub(super) fn default_test_fraction() -> f64 {
    0.2
}

impl TryFrom<DataTable> for DataConfig {
    type Error = Error;

    fn try_from(table: DataTable) -> Result<Self> {
        let source = match (table.name, table.path) {
            (Some(name), None) => synthetic(&name, table.parameters)?,
            (None, Some(path)) => Source::File {
                options: if is_numpy(&path) {
                    FileOptions::Npz(parameters_of("an .npz file", table.parameters, &[])?)
                } else {
                    let given = table.parameters;
                    FileOptions::Csv(parameters_of("a CSV file", given, &csv::OPTIONAL)?)
                },
                path,
            },
            (Some(_), Some(_)) => {
                return Err(Error::invalid(
                    "data",
                    "both a name and a path are given",
                    "keep one of them",
                ));
            }
            (None, None) => {
                return Err(Error::invalid(
                    "data",
                    "neither a name nor a path is given",
                    "add for example name = \"moons\" or path = \"points.csv\"",
                ));
            }
        };
        Ok(Self {
            seed: table
                .seed
                .map(|seed| numpy_seed("data.seed", seed))
                .transpose()?,
            test_fraction: table.test_fraction,
            fold: fold_of(table.folds, table.fold)?,
            stratify: table.stratify.unwrap_or_else(|| stratifies(&source)),
            source,
            standardise: table.standardise,
            standardise_targets: table.standardise_targets,
            of_loss: Task::Auto,
        })
    }
}

/// Whether held-out parts are stratified by default.
pub(super) fn stratifies(source: &Source) -> bool {
    matches!(source, Source::File { .. })
}

/// The synthetic set of this name with these parameters.
fn synthetic(name: &str, parameters: toml::Table) -> Result<Source> {
    Ok(match name {
        "moons" => Source::Moons(parameters_of(name, parameters, &[])?),
        "circles" => Source::Circles(parameters_of(name, parameters, &[])?),
        "blobs" => Source::Blobs(parameters_of(name, parameters, &[])?),
        "two_blobs" => Source::TwoBlobs(parameters_of(name, parameters, &[])?),
        "classification" => Source::Classification(parameters_of(name, parameters, &[])?),
        "spiral" => Source::Spiral(parameters_of(name, parameters, &[])?),
        "xor" => Source::Xor(parameters_of(name, parameters, &[])?),
        "quadratic" => Source::Quadratic(parameters_of(name, parameters, &[])?),
        unknown => {
            return Err(Error::invalid(
                "data.name",
                format!("there is no set called {unknown}"),
                format!(
                    "did you mean {}? There are {}",
                    closest(unknown, SETS).unwrap_or_default(),
                    SETS.join(", ")
                ),
            ));
        }
    })
}

/// A set's parameters, absent ones at their defaults. The defaults' own keys are the valid ones, and `optional` those that
/// have none.
fn parameters_of<T>(set: &str, given: toml::Table, optional: &[&str]) -> Result<T>
where
    T: Default + Serialize + DeserializeOwned,
{
    let valid = to_table(&T::default());
    let own_keys = valid.keys().map(String::as_str);
    let own_keys: Vec<&str> = own_keys.chain(optional.iter().copied()).collect();
    if let Some(key) = given.keys().find(|key| !own_keys.contains(&key.as_str())) {
        let all_keys = own_keys.iter().copied().chain(COMMON_KEYS);
        let suggestion = closest(key, all_keys).unwrap_or_default();
        return Err(Error::invalid(
            format!("data.{key}"),
            format!("{set} has no such parameter"),
            format!(
                "the nearest one is {suggestion}; {set} has {}",
                own_keys.join(", ")
            ),
        ));
    }
    given.try_into().map_err(|error: toml::de::Error| {
        Error::invalid(
            "data",
            error.to_string().trim_end().replace('\n', " "),
            format!(
                "the defaults are {}",
                toml::to_string(&valid)
                    .unwrap_or_default()
                    .trim_end()
                    .replace('\n', ", ")
            ),
        )
    })
}

impl From<DataConfig> for DataTable {
    fn from(config: DataConfig) -> Self {
        let mut path = None;
        let (name, parameters) = match config.source {
            Source::Moons(moons) => (Some("moons"), to_table(&moons)),
            Source::Circles(circles) => (Some("circles"), to_table(&circles)),
            Source::Blobs(blobs) => (Some("blobs"), to_table(&blobs)),
            Source::TwoBlobs(blobs) => (Some("two_blobs"), to_table(&blobs)),
            Source::Classification(clusters) => (Some("classification"), to_table(&clusters)),
            Source::Spiral(spiral) => (Some("spiral"), to_table(&spiral)),
            Source::Xor(xor) => (Some("xor"), to_table(&xor)),
            Source::Quadratic(quadratic) => (Some("quadratic"), to_table(&quadratic)),
            Source::File {
                path: file,
                options,
            } => {
                path = Some(file);
                match options {
                    FileOptions::Csv(options) => (None, to_table(&options)),
                    FileOptions::Npz(options) => (None, to_table(&options)),
                }
            }
        };
        Self {
            name: name.map(String::from),
            path,
            seed: config.seed.map(u64::from),
            test_fraction: config.test_fraction,
            folds: config.fold.map(|fold| fold.of),
            fold: config.fold.map(|fold| fold.number),
            stratify: Some(config.stratify),
            standardise: config.standardise,
            standardise_targets: config.standardise_targets,
            parameters,
        }
    }
}

/// A set's parameters as a TOML table.
///
/// # Panics
/// Where a count does not fit TOML's 64-bit integers, which no parsed or generated set can have.
fn to_table(parameters: &impl Serialize) -> toml::Table {
    toml::Table::try_from(parameters).expect("parameters are numbers, strings and lists of numbers")
}
