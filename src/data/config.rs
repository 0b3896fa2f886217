//! The `[data]` table of a configuration: which set, its parameters, how it is split.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::file_options::{FileOptions, is_npz, is_numpy};
use super::folds::Fold;
use super::split::{Split, split_indices};
use super::stratify::stratified;
use super::targets::Task;
use super::{
    Blobs, Circles, Classification, Dataset, Moons, Quadratic, Reading, Spiral, Standardiser,
    Target, TwoBlobs, Xor, csv, file, npy_pair, remarks,
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

/// The `[data]` table: either `name`, one of [`SETS`] with that set's own parameters, or `path`, a CSV file
/// with the keys of [`CsvOptions`](super::csv::CsvOptions), or NumPy's `.npz` or `.npy` with those of [`NpzOptions`](super::npz::NpzOptions). Writing it out again shows every
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
    /// The fold that is held out in place of a share, in cross-validation.
    pub fold: Option<Fold>,
    /// Whether the held-out part has the classes in the whole's proportions, where it can; by default for files, while
    /// synthetic sets are split as the posts' scripts split them.
    pub stratify: bool,
    /// Whether features get mean 0 and deviation 1 over the training part.
    pub standardise: bool,
    /// Whether a regression's targets do, for training; predictions and errors are in the targets' own units.
    pub standardise_targets: bool,
    /// What the loss makes of a file's targets where `task` is `auto`. Not a key: the configuration as a whole sets it.
    pub of_loss: Task,
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

impl DataConfig {
    /// The defaults of a table that names only the source: the run's seed, 20 % held out, raw features.
    pub fn new(source: Source) -> Self {
        Self {
            stratify: stratifies(&source),
            source,
            seed: None,
            test_fraction: default_test_fraction(),
            fold: None,
            standardise: false,
            standardise_targets: false,
            of_loss: Task::Auto,
        }
    }

    /// Draws or reads the set. `default_seed` is used where the table has no seed, and `base_dir` is where a relative path
    /// starts.
    ///
    /// # Errors
    /// Where a parameter makes no sense, a seed is not below 2^32, or the file is not a data set.
    pub fn load(&self, default_seed: u64, base_dir: &Path) -> Result<Dataset> {
        Ok(self.read(default_seed, base_dir)?.data)
    }

    /// As [`load`](Self::load), with notes on what was recognised in a file.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn read(&self, default_seed: u64, base_dir: &Path) -> Result<Reading> {
        let random = &mut RandomState::new(self.seed_or(default_seed)?);
        let set = match &self.source {
            Source::Moons(moons) => moons.generate(random),
            Source::Circles(circles) => circles.generate(random),
            Source::Blobs(blobs) => blobs.generate(random),
            Source::TwoBlobs(blobs) => blobs.generate(random),
            Source::Classification(clusters) => clusters.generate(random),
            Source::Spiral(spiral) => spiral.generate(random),
            Source::Xor(xor) => xor.generate(random),
            Source::Quadratic(quadratic) => quadratic.generate(random),
            Source::File { path, options } => {
                return file::read(&base_dir.join(path), options, self.of_loss);
            }
        };
        set.map(Reading::plain)
    }

    /// Draws or reads the set, splits it, and standardises both parts by the training part if asked to.
    ///
    /// # Errors
    /// As [`load`](Self::load), and where the split leaves nothing to train on, or samples of one class only.
    pub fn load_split(&self, default_seed: u64, base_dir: &Path) -> Result<Split> {
        self.split(self.read(default_seed, base_dir)?, default_seed)
    }

    /// As [`load_split`](Self::load_split), with `bytes` in place of the CSV file's.
    ///
    /// # Errors
    /// As [`load_split`](Self::load_split), and where the table names no CSV file.
    pub fn split_bytes(&self, bytes: &[u8], default_seed: u64) -> Result<Split> {
        let Source::File {
            path,
            options: FileOptions::Csv(options),
        } = &self.source
        else {
            return Err(Error::invalid(
                "data.path",
                "bytes stand for a CSV file, and the table names none",
                "name one with `path`",
            ));
        };
        self.split(
            csv::parse_with(bytes, path, options, self.of_loss)?,
            default_seed,
        )
    }

    fn split(&self, mut reading: Reading, default_seed: u64) -> Result<Split> {
        let seed = self.seed_or(default_seed)?;
        let indices = self.indices(&reading.data, seed, &mut reading.notes)?;
        reading.refill(&indices.train);
        let (whole, mut notes) = (reading.data, reading.notes);
        let mut train = whole.subset(&indices.train);
        let mut test = whole.subset(&indices.test);
        train.validate()?;
        notes.extend(remarks::absent_classes(&train));
        let standardiser = self.standardise.then(|| Standardiser::fit(&train.features));
        if let Some(standardiser) = &standardiser {
            train.features = standardiser.transform(&train.features);
            test.features = standardiser.transform(&test.features);
        } else {
            notes.extend(remarks::unscaled_features(&train));
        }
        if let Target::Values { values, .. } = &train.target {
            if self.standardise_targets {
                train.target_scale = Some(Standardiser::fit(values));
                test.target_scale.clone_from(&train.target_scale);
            } else {
                notes.extend(remarks::unscaled_targets(&train));
            }
        } else if self.standardise_targets {
            notes.push("data.standardise_targets does nothing: the targets are classes".into());
        }
        Ok(Split {
            train,
            test,
            indices,
            standardiser,
            notes,
        })
    }

    /// Which samples are trained on.
    fn indices(
        &self,
        data: &Dataset,
        seed: u32,
        notes: &mut Vec<String>,
    ) -> Result<super::split::SplitIndices> {
        if let Some(fold) = self.fold {
            let labels = data.labels().filter(|_| self.stratify);
            return fold.indices(data.samples(), labels, seed);
        }
        if let (true, Some(labels)) = (self.stratify && self.test_fraction > 0.0, data.labels()) {
            if let Some(indices) = stratified(labels, self.test_fraction, seed)? {
                return Ok(indices);
            }
            notes.push(remarks::not_stratified(data));
        }
        split_indices(data.samples(), self.test_fraction, seed)
    }

    /// Names the file of targets beside a `.npy` of features by its whole path, so that it is found wherever a copy of the
    /// features is read.
    pub(crate) fn name_partner(&mut self) {
        if let Source::File {
            path,
            options: FileOptions::Npz(options),
        } = &mut self.source
            && !is_npz(path)
            && let Some(partner) = npy_pair::partner(path, &options.target)
            && let Some(partner) = partner.to_str()
        {
            partner.clone_into(&mut options.target);
        }
    }

    /// The file of targets beside a `.npy` of features, with paths beginning at `base`.
    pub(crate) fn targets_file(&self, base: &Path) -> Option<PathBuf> {
        let Source::File {
            path,
            options: FileOptions::Npz(options),
        } = &self.source
        else {
            return None;
        };
        let path = base.join(path);
        match is_npz(&path) {
            true => None,
            false => npy_pair::partner(&path, &options.target),
        }
    }

    /// Reads the targets beside a `.npy` of features from this file.
    pub(crate) fn set_targets_file(&mut self, file: &Path) {
        if let Source::File {
            options: FileOptions::Npz(options),
            ..
        } = &mut self.source
            && let Some(file) = file.to_str()
        {
            file.clone_into(&mut options.target);
        }
    }

    /// Keeps the data of a run that an earlier version made, whose `config.toml` lacks the keys that decide today: its held-out
    /// part was not stratified, its first line was the header, and every column a feature.
    pub(crate) fn as_it_was(&mut self, config: &toml::Table) {
        let data = config.get("data").and_then(toml::Value::as_table);
        if data.is_none_or(|data| data.contains_key("stratify")) {
            return;
        }
        self.stratify = false;
        if let Source::File {
            options: FileOptions::Csv(options),
            ..
        } = &mut self.source
        {
            options.header = options.header.or(Some(true));
            options.drop.get_or_insert_default();
        }
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

fn default_test_fraction() -> f64 {
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
fn stratifies(source: &Source) -> bool {
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
