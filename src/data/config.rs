//! The `[data]` table of a configuration: which set, its parameters, how it is split.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::npz::{self, Layout};
use super::split::{Split, split_indices};
use super::targets::Task;
use super::{
    Blobs, Circles, Classification, Dataset, Moons, Quadratic, Spiral, Standardiser, TwoBlobs, Xor,
    csv,
};
use crate::error::{Error, Result};
use crate::random::RandomState;
use crate::suggest::closest;

/// The names of the synthetic sets, in the order of [`Source`].
pub const SETS: [&str; 8] = [
    "moons",
    "circles",
    "blobs",
    "two_blobs",
    "classification",
    "spiral",
    "xor",
    "quadratic",
];

/// The keys that every `[data]` table may have, whatever the set.
const COMMON_KEYS: [&str; 5] = ["name", "path", "seed", "test_fraction", "standardise"];

/// The `[data]` table: either `name`, one of [`SETS`] with that set's own parameters, or `path`, a CSV file
/// with `target` and `task`, or NumPy's `.npz` with `features`, `target` and `task`. Writing it out again shows every
/// default.
///
/// ```
/// use foldspace::data::{DataConfig, Moons, Source};
///
/// let config: DataConfig = toml::from_str("name = 'moons'\nnoise = 0.2").unwrap();
/// assert_eq!(config.source, Source::Moons(Moons { samples: 1000, noise: 0.2 }));
/// assert_eq!(config.test_fraction, 0.2);
///
/// let error = toml::from_str::<DataConfig>("name = 'moon'").unwrap_err();
/// assert!(error.to_string().contains("did you mean moons?"));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "DataTable", into = "DataTable")]
pub struct DataConfig {
    /// Where the samples come from.
    pub source: Source,
    /// Seeds NumPy's generator for the samples, and once more for the split; the run's seed where absent.
    pub seed: Option<u32>,
    /// The share of samples that is held out, from 0 to less than 1.
    pub test_fraction: f64,
    /// Whether features get mean 0 and deviation 1 over the training part.
    pub standardise: bool,
}

/// Where samples come from: a synthetic set with its parameters, or a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// `name = "moons"`.
    Moons(Moons),
    /// `name = "circles"`.
    Circles(Circles),
    /// `name = "blobs"`.
    Blobs(Blobs),
    /// `name = "two_blobs"`.
    TwoBlobs(TwoBlobs),
    /// `name = "classification"`.
    Classification(Classification),
    /// `name = "spiral"`.
    Spiral(Spiral),
    /// `name = "xor"`.
    Xor(Xor),
    /// `name = "quadratic"`.
    Quadratic(Quadratic),
    /// `path = "points.csv"` or `path = "points.npz"`.
    File {
        /// The file, relative to the configuration.
        path: PathBuf,
        /// How to read it.
        options: FileOptions,
    },
}

/// How to read a file. One that ends in `.npz` holds NumPy's arrays; any other is CSV.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileOptions {
    /// Columns with a header.
    Csv(CsvOptions),
    /// Arrays by name.
    Npz(NpzOptions),
}

/// How to read a CSV file's target column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CsvOptions {
    /// The target column's name.
    pub target: String,
    /// Classification, regression, or what the column looks like.
    pub task: Task,
}

impl Default for CsvOptions {
    fn default() -> Self {
        Self {
            target: csv::LABEL.into(),
            task: Task::Auto,
        }
    }
}

/// How to read an archive of arrays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NpzOptions {
    /// The name of the features' array (n x d).
    pub features: String,
    /// The name of the targets' array (n, or n x k).
    pub target: String,
    /// Classification, regression, or what the targets look like.
    pub task: Task,
}

impl Default for NpzOptions {
    fn default() -> Self {
        Self {
            features: npz::FEATURES.into(),
            target: npz::TARGET.into(),
            task: Task::Auto,
        }
    }
}

impl DataConfig {
    /// What a table has that names nothing but the source: the run's seed, 20 % held out, raw features.
    pub fn new(source: Source) -> Self {
        Self {
            source,
            seed: None,
            test_fraction: default_test_fraction(),
            standardise: false,
        }
    }

    /// Draws or reads the set. `default_seed` counts where the table has no seed, and `base_dir` is where a
    /// relative path starts.
    ///
    /// # Errors
    /// Where a parameter makes no sense, a seed is not below 2^32, or the file is not a data set.
    pub fn load(&self, default_seed: u64, base_dir: &Path) -> Result<Dataset> {
        let random = &mut RandomState::new(self.seed_or(default_seed)?);
        match &self.source {
            Source::Moons(moons) => moons.generate(random),
            Source::Circles(circles) => circles.generate(random),
            Source::Blobs(blobs) => blobs.generate(random),
            Source::TwoBlobs(blobs) => blobs.generate(random),
            Source::Classification(clusters) => clusters.generate(random),
            Source::Spiral(spiral) => spiral.generate(random),
            Source::Xor(xor) => xor.generate(random),
            Source::Quadratic(quadratic) => quadratic.generate(random),
            Source::File { path, options } => {
                let path = base_dir.join(path);
                match options {
                    FileOptions::Csv(options) => {
                        csv::read(&path, Some(&options.target), options.task)
                    }
                    FileOptions::Npz(options) => {
                        let layout = Layout {
                            features: &options.features,
                            target: &options.target,
                            task: options.task,
                        };
                        npz::read(&path, layout)
                    }
                }
            }
        }
    }

    /// Draws or reads the set, splits it, and standardises both parts by the training part if asked to.
    ///
    /// # Errors
    /// As [`load`](Self::load), and where the split leaves nothing to train on, or samples of one class only.
    pub fn load_split(&self, default_seed: u64, base_dir: &Path) -> Result<Split> {
        let whole = self.load(default_seed, base_dir)?;
        let seed = self.seed_or(default_seed)?;
        let indices = split_indices(whole.samples(), self.test_fraction, seed)?;
        let mut train = whole.subset(&indices.train);
        let mut test = whole.subset(&indices.test);
        train.validate()?;
        let standardiser = self.standardise.then(|| Standardiser::fit(&train.features));
        if let Some(standardiser) = &standardiser {
            train.features = standardiser.transform(&train.features);
            test.features = standardiser.transform(&test.features);
        }
        Ok(Split {
            train,
            test,
            indices,
            standardiser,
        })
    }

    fn seed_or(&self, default_seed: u64) -> Result<u32> {
        self.seed
            .map_or_else(|| numpy_seed("seed", default_seed), Ok)
    }
}

fn numpy_seed(place: &str, seed: u64) -> Result<u32> {
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
struct DataTable {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    #[serde(default = "default_test_fraction")]
    test_fraction: f64,
    #[serde(default)]
    standardise: bool,
    #[serde(flatten)]
    parameters: toml::Table,
}

fn default_test_fraction() -> f64 {
    0.2
}

impl TryFrom<DataTable> for DataConfig {
    type Error = Error;

    fn try_from(table: DataTable) -> Result<Self> {
        let source = match (table.name, table.path) {
            (Some(name), None) => synthetic(&name, table.parameters)?,
            (None, Some(path)) => Source::File {
                options: if is_npz(&path) {
                    FileOptions::Npz(parameters_of("an .npz file", table.parameters)?)
                } else {
                    FileOptions::Csv(parameters_of("a CSV file", table.parameters)?)
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
            source,
            seed: table
                .seed
                .map(|seed| numpy_seed("data.seed", seed))
                .transpose()?,
            test_fraction: table.test_fraction,
            standardise: table.standardise,
        })
    }
}

/// Whether a file's name says that it holds NumPy's arrays.
pub fn is_npz(path: &Path) -> bool {
    path.extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("npz"))
}

/// The synthetic set of this name with these parameters.
fn synthetic(name: &str, parameters: toml::Table) -> Result<Source> {
    Ok(match name {
        "moons" => Source::Moons(parameters_of(name, parameters)?),
        "circles" => Source::Circles(parameters_of(name, parameters)?),
        "blobs" => Source::Blobs(parameters_of(name, parameters)?),
        "two_blobs" => Source::TwoBlobs(parameters_of(name, parameters)?),
        "classification" => Source::Classification(parameters_of(name, parameters)?),
        "spiral" => Source::Spiral(parameters_of(name, parameters)?),
        "xor" => Source::Xor(parameters_of(name, parameters)?),
        "quadratic" => Source::Quadratic(parameters_of(name, parameters)?),
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

/// A set's parameters, absent ones at their defaults. The defaults' own keys are the valid ones.
fn parameters_of<T>(set: &str, given: toml::Table) -> Result<T>
where
    T: Default + Serialize + DeserializeOwned,
{
    let valid = to_table(&T::default());
    if let Some(key) = given.keys().find(|&key| !valid.contains_key(key)) {
        let own_keys = valid.keys().map(String::as_str);
        let suggestion = closest(key, own_keys.chain(COMMON_KEYS)).unwrap_or_default();
        let own_keys: Vec<&str> = valid.keys().map(String::as_str).collect();
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
            standardise: config.standardise,
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
