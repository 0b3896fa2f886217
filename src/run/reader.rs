//! Reading a finished or running run. No Burn device is needed: figures are drawn from files.

use std::collections::BTreeMap;
use std::path::PathBuf;

use faer::Mat;

use super::{Paths, captures, kept, log};
use crate::config::Config;
use crate::data::split::Split;
use crate::error::{Error, Result};
use crate::model::store::Array;
use crate::model::{Frozen, weights};
use crate::train::EpochMetrics;

/// A run directory, opened for reading.
#[derive(Debug, Clone)]
pub struct Run {
    /// Where things lie.
    pub paths: Paths,
    /// The resolved configuration.
    pub config: Config,
}

impl Run {
    /// Opens a run directory.
    ///
    /// # Errors
    /// [`Error::Invalid`] where this is not a run directory, and what [`Config::from_file`] refuses.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self> {
        let paths = Paths::new(path);
        let file = paths.config();
        if !file.exists() {
            return Err(Error::invalid(
                paths.root().display().to_string(),
                "there is no run here (no config.toml)",
                "name a directory that `foldspace train` wrote",
            ));
        }
        let config = Config::from_file(&file, &[])?;
        Ok(Self { paths, config })
    }

    /// Losses and accuracies, an entry per epoch so far.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::Invalid`] where the table can't be read.
    pub fn metrics(&self) -> Result<Vec<EpochMetrics>> {
        log::read(&self.paths.metrics())
    }

    /// The parameters' names, and per epoch every parameter's gradient norm on the epoch's last batch.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::Invalid`] where the table can't be read.
    pub fn gradient_norms(&self) -> Result<(Vec<String>, Vec<Vec<f64>>)> {
        let (mut names, mut rows) = log::read_cells(&self.paths.gradient_norms())?;
        // The first column is the epoch.
        names.drain(..names.len().min(1));
        rows.iter_mut()
            .for_each(|row| drop(row.drain(..row.len().min(1))));
        Ok((names, rows))
    }

    /// The epochs whose weights were captured, ascending; 0 is the initial network.
    ///
    /// # Errors
    /// [`Error::Io`] where the directory can't be read.
    pub fn epochs(&self) -> Result<Vec<usize>> {
        self.paths.epochs()
    }

    /// The network after an epoch.
    ///
    /// # Errors
    /// [`Error::Io`] where it was not captured, [`Error::Invalid`] where the file is damaged.
    pub fn frozen(&self, epoch: usize) -> Result<Frozen> {
        weights::read(&self.paths.weights(epoch))
    }

    /// The captured activations after an epoch, by site (n x units), of the points that `capture.of` chooses; those of a
    /// grid are there as `input`.
    ///
    /// With `capture.gradients`, `SITE.gradient` holds the gradient of the loss on these points with respect to each, in
    /// evaluation.
    ///
    /// # Errors
    /// As [`frozen`](Self::frozen).
    pub fn activations(&self, epoch: usize) -> Result<BTreeMap<String, Mat<f64>>> {
        read_matrices(epoch, "activations", |epoch| self.paths.activations(epoch))
    }

    /// The captured gradients of an epoch's last batch, by parameter; weights (out x in), biases (out x 1).
    ///
    /// # Errors
    /// As [`frozen`](Self::frozen).
    pub fn gradients(&self, epoch: usize) -> Result<BTreeMap<String, Mat<f64>>> {
        read_matrices(epoch, "gradients", |epoch| self.paths.gradients(epoch))
    }

    /// The training and the held-out samples that the run was trained on, made again from the seed or read again from the
    /// copy of their file that the run keeps.
    ///
    /// # Errors
    /// As [`DataConfig::load_split`](crate::data::DataConfig::load_split); also [`Error::Invalid`] where the copy is damaged,
    /// or the file was too large for one and has changed.
    pub fn split(&self) -> Result<Split> {
        let data = kept::locate(&self.paths, &self.config.data)?;
        data.load_split(self.config.seed, self.paths.root())
    }

    /// What a user who may have edited the data should know: that the run still has the old ones.
    pub fn remark_on_data(&self) -> Option<String> {
        kept::remark(&self.paths, &self.config.data)
    }
}

/// Matrices by name.
fn read_matrices(
    epoch: usize,
    kind: &str,
    place: impl Fn(usize) -> PathBuf,
) -> Result<BTreeMap<String, Mat<f64>>> {
    let arrays = captures::read(kind, epoch, &place)?;
    let matrix = |(name, array): (String, Array)| {
        let (false, [rows, columns]) = (array.values.is_empty(), &array.shape[..]) else {
            return Err(Error::invalid(
                place(epoch).display().to_string(),
                format!("{name} is not a matrix, its shape is {:?}", array.shape),
                "restore the file from a copy",
            ));
        };
        let (rows, columns) = (*rows, *columns);
        let entry = |i: usize, j: usize| f64::from(array.values[i * columns + j]);
        Ok((name, Mat::from_fn(rows, columns, entry)))
    };
    arrays.into_iter().map(matrix).collect()
}
