//! The `[data]` table of a configuration: which set, its parameters, how it is split.

mod table;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use table::{DataTable, default_test_fraction, numpy_seed, stratifies};

use super::file_options::{FileOptions, is_npz};
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
