//! Data sets as `.npz`: a zip archive of NumPy arrays, as `numpy.savez` and `numpy.savez_compressed` write it.
//!
//! | array | holds |
//! | --- | --- |
//! | `X` | the features, n x d (or n, for one feature) |
//! | `y` | the targets: n classes (integers or text) or numbers, or n x k numbers |
//! | `feature_names` | optional: the d features' names; `x1`, `x2` ... where absent |
//! | `target_names` | optional: the names of the classes 0, 1, ... of an integer `y` |
//!
//! `features = "..."` and `target = "..."` in the configuration name other arrays than `X` and `y`. These are the names
//! that scikit-learn's data sets use, so `numpy.savez("iris.npz", X=iris.data, y=iris.target,
//! feature_names=iris.feature_names, target_names=iris.target_names)` makes a whole data set.

mod members;

use std::fs;
use std::io::Write;
use std::path::Path;

use faer::Mat;
use members::Members;
use rawzip::ZipArchiveWriter;
use serde::{Deserialize, Serialize};

use super::arrays;
use super::dataset::{Dataset, Target};
use super::known_arrays;
use super::missing::Missing;
use super::npy::{self, Array, Entries};
use super::raw::RawSamples;
use super::reading::{Reading, some};
use super::targets::{Purpose, Task};
use crate::error::{Error, Result};

/// Which arrays are read, and how the targets are to be understood.
#[derive(Debug, Clone, Copy)]
pub struct Layout<'a> {
    /// The features' array.
    pub features: &'a str,
    /// The targets' array.
    pub target: &'a str,
    /// Classes, numbers, or whichever fits the targets.
    pub task: Task,
}

/// The keys of an archive of arrays, or of a single array with another beside it, in `[data]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NpzOptions {
    /// The features' array (n x d, or n x more axes); `X` stands for the names that people use.
    pub features: String,
    /// The targets' array (n, or n x k); `y` stands for the names that people use.
    pub target: String,
    /// Classification, regression, or whichever fits loss and targets.
    pub task: Task,
    /// What happens to features that are NaN.
    pub missing: Missing,
}

impl Default for NpzOptions {
    fn default() -> Self {
        Self {
            features: FEATURES.into(),
            target: TARGET.into(),
            task: Task::Auto,
            missing: Missing::Error,
        }
    }
}

/// The array of features where none is named.
pub const FEATURES: &str = "X";
/// The array of targets where none is named.
pub const TARGET: &str = "y";

/// Reads a data set; notes are left out, see [`parse_with`].
///
/// # Errors
/// As [`parse_with`], and [`Error::Io`] where the file can't be read.
pub fn read(path: &Path, layout: Layout<'_>) -> Result<Dataset> {
    parse(
        &fs::read(path).map_err(Error::io(path, "read"))?,
        path,
        layout,
    )
}

/// Reads a data set from a file's bytes; `path` is what errors call it.
///
/// # Errors
/// As [`parse_with`].
pub fn parse(bytes: &[u8], path: &Path, layout: Layout<'_>) -> Result<Dataset> {
    let options = NpzOptions {
        features: layout.features.to_owned(),
        target: layout.target.to_owned(),
        task: layout.task,
        ..NpzOptions::default()
    };
    Ok(parse_with(bytes, path, &options, Task::Auto)?.data)
}

/// Reads a data set from a file's bytes, with notes on what was recognised; `path` is what errors call it, `of_loss` what the
/// loss makes of targets that may be either.
///
/// Only the arrays that are asked for are inflated, entry by entry, each to at most [`npy::MOST_BYTES`]; others may hold
/// anything.
///
/// # Errors
/// [`Error::Invalid`] with the array's name where this is not an archive, an array is missing, damaged, too large or of a
/// type that is not read here (Python objects are refused), shapes do not fit, or a number is not finite.
pub fn parse_with(
    bytes: &[u8],
    path: &Path,
    options: &NpzOptions,
    of_loss: Task,
) -> Result<Reading> {
    let archive = Members::open(bytes, path)?;
    let mut notes = Vec::new();
    let (features, target) = archive.pair(options, &mut notes)?;
    let x = archive.required(&features, "features")?;
    let samples = x.header.shape.first().copied().unwrap_or(0);
    let x = arrays::features(x, options.missing, &mut notes)?;
    let feature_names = archive.feature_names(x.matrix.ncols(), &mut notes)?;
    let purpose = Purpose {
        task: options.task,
        of_loss,
    };
    let mut skipped = Vec::new();
    let target = arrays::target(
        archive.required(&target, "target")?,
        &target,
        samples,
        x.keep.as_deref(),
        purpose,
        || archive.class_names(&mut skipped),
        &mut notes,
    )?;
    notes.extend(skipped);
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    Ok(Reading {
        data: Dataset::new(name, x.matrix, feature_names, target)?,
        notes,
        filled: x.filled,
    })
}

/// Reads new samples for a network that was trained on these features: by their names where the archive has any, else in
/// their order.
///
/// # Errors
/// As [`parse_with`]; and where the archive has other features.
pub(super) fn read_known(
    bytes: &[u8],
    path: &Path,
    options: &NpzOptions,
    names: &[String],
) -> Result<RawSamples> {
    let archive = Members::open(bytes, path)?;
    let mut notes = Vec::new();
    let (features, target) = archive.pair(options, &mut notes)?;
    let source = archive.required(&features, "features")?;
    let raw = known_arrays::holed(source)?;
    let own = archive.feature_names(raw.ncols(), &mut notes)?;
    let unnamed = archive.array("feature_names").is_ok_and(|it| it.is_none());
    let order: Vec<usize> = if unnamed && own.len() == names.len() {
        (0..names.len()).collect()
    } else {
        let find = |name: &String| own.iter().position(|other| other == name);
        let lacking: Vec<String> = names
            .iter()
            .filter(|n| find(n).is_none())
            .cloned()
            .collect();
        if !lacking.is_empty() {
            return Err(Error::invalid(
                archive.place(&features),
                format!(
                    "its {} features are not those of training: {} missing",
                    own.len(),
                    some(&lacking, 6)
                ),
                format!("save the {} features {}", names.len(), some(names, 8)),
            ));
        }
        names.iter().filter_map(find).collect()
    };
    let class_names = archive.class_names(&mut notes)?;
    let answers = match archive.array(&target)? {
        Some(source) => Some(known_arrays::answers(source, raw.nrows(), class_names)?),
        None => None,
    };
    Ok(RawSamples {
        features: Mat::from_fn(raw.nrows(), names.len(), |i, j| raw[(i, order[j])]),
        answers,
        places: (0..raw.nrows())
            .map(|i| format!("row {i} (from 0)"))
            .collect(),
        notes,
    })
}

/// Writes a data set: `X`, `y` and the names, uncompressed as `numpy.savez` does. The file appears whole or not at all.
///
/// # Errors
/// [`Error::Io`] where the file can't be written.
pub fn write(path: &Path, dataset: &Dataset) -> Result<()> {
    let text = |names: &[String]| Array {
        shape: vec![names.len()],
        entries: Entries::Text(names.to_vec()),
    };
    let mut arrays = vec![
        (FEATURES, matrix(&dataset.features)),
        ("feature_names", text(&dataset.feature_names)),
    ];
    match &dataset.target {
        Target::Classes { labels, names } => {
            let labels: Vec<i64> = labels.iter().map(|&label| label as i64).collect();
            let labels = Array {
                shape: vec![labels.len()],
                entries: Entries::I64(labels),
            };
            arrays.extend([(TARGET, labels), ("target_names", text(names))]);
        }
        Target::Values { values, .. } => arrays.push((TARGET, matrix(values))),
    }
    crate::file::write(path, &archive(&arrays).map_err(Error::io(path, "write"))?)
}

/// The bytes of an archive of arrays by name, in this order.
///
/// # Errors
/// Where a name is too long for an archive.
pub fn archive(arrays: &[(&str, Array)]) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut archive = ZipArchiveWriter::new(&mut bytes);
    for (name, array) in arrays {
        let (mut member, config) = archive
            .new_file(format!("{name}.npy"))
            .start()
            .map_err(std::io::Error::other)?;
        let mut writer = config.wrap(&mut member);
        writer.write_all(&npy::serialise(array))?;
        let (_, sums) = writer.finish().map_err(std::io::Error::other)?;
        member.finish(sums).map_err(std::io::Error::other)?;
    }
    archive.finish().map_err(std::io::Error::other)?;
    Ok(bytes)
}

/// A matrix as an array of `<f8`.
fn matrix(matrix: &Mat<f64>) -> Array {
    Array {
        shape: vec![matrix.nrows(), matrix.ncols()],
        entries: Entries::F64(
            matrix
                .row_iter()
                .flat_map(|row| row.iter().copied().collect::<Vec<_>>())
                .collect(),
        ),
    }
}
