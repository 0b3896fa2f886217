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

use std::fs;
use std::io::{Read, Write};
use std::path::Path;

use faer::Mat;
use flate2::bufread::DeflateDecoder;
use rawzip::{CompressionMethod, ZipArchive, ZipArchiveWriter, ZipSliceArchive};

use super::dataset::{Dataset, Target};
use super::npy::{self, Array, Entries};
use super::targets::{self, Task};
use crate::error::{Error, Result};
use crate::suggest::closest;

/// The most bytes that one array may take, inflated: a damaged or hostile archive can ask for no more.
pub const MOST_BYTES: u64 = 1 << 30;

/// The most members of an archive.
const MOST_MEMBERS: usize = 1 << 16;

/// Which arrays are read, and how the targets are to be understood.
#[derive(Debug, Clone, Copy)]
pub struct Layout<'a> {
    /// The features' array.
    pub features: &'a str,
    /// The targets' array.
    pub target: &'a str,
    /// Classes, numbers, or what the targets look like.
    pub task: Task,
}

/// The array of features where none is named.
pub const FEATURES: &str = "X";
/// The array of targets where none is named.
pub const TARGET: &str = "y";

/// Reads a data set.
///
/// # Errors
/// As [`parse`], and [`Error::Io`] where the file can't be read.
pub fn read(path: &Path, layout: Layout<'_>) -> Result<Dataset> {
    parse(
        &fs::read(path).map_err(Error::io(path, "read"))?,
        path,
        layout,
    )
}

/// Reads a data set from a file's bytes; `path` is what errors call it.
///
/// Only the arrays that are asked for are inflated, each to at most [`MOST_BYTES`]; others may hold anything.
///
/// # Errors
/// [`Error::Invalid`] with the array's name where this is no archive, an array is missing, damaged, too large or of a
/// type that is not read here (Python objects are refused), shapes do not fit, or a number is not finite.
pub fn parse(bytes: &[u8], path: &Path, layout: Layout<'_>) -> Result<Dataset> {
    let archive = Members::open(bytes, path)?;
    let features = archive.features(layout.features)?;
    let feature_names = archive.feature_names(features.ncols())?;
    let target = archive.target(layout, features.nrows())?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    Dataset::new(name, features, feature_names, target)
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

/// An archive, opened.
struct Members<'a> {
    archive: ZipSliceArchive<&'a [u8]>,
    path: &'a Path,
}

impl<'a> Members<'a> {
    fn open(bytes: &'a [u8], path: &'a Path) -> Result<Self> {
        let archive = ZipArchive::from_slice(bytes).map_err(|error| {
            Error::invalid(
                path.display().to_string(),
                format!("this is not a whole .npz archive ({error})"),
                "write it again with numpy.savez",
            )
        })?;
        Ok(Self { archive, path })
    }

    /// An error about an array.
    fn refuse(&self, name: &str, problem: impl Into<String>, remedy: impl Into<String>) -> Error {
        Error::invalid(
            format!("{}, array {name}", self.path.display()),
            problem,
            remedy,
        )
    }

    /// The array of this name; `None` if there is none.
    fn array(&self, name: &str) -> Result<Option<Array>> {
        let damaged = |problem: String| self.refuse(name, problem, "write the archive again");
        let mut entries = self.archive.entries();
        for _ in 0..MOST_MEMBERS {
            let entry = entries
                .next_entry()
                .map_err(|error| damaged(format!("the archive is damaged ({error})")))?;
            let Some(entry) = entry else {
                return Ok(None);
            };
            let file = entry.file_path();
            if file.as_bytes().strip_suffix(b".npy") != Some(name.as_bytes()) {
                continue;
            }
            let member = self
                .archive
                .get_entry(entry.wayfinder())
                .map_err(|error| damaged(format!("the archive is damaged ({error})")))?;
            let inflated: Box<dyn Read> = match entry.compression_method() {
                CompressionMethod::STORE => Box::new(member.data()),
                CompressionMethod::DEFLATE => Box::new(DeflateDecoder::new(member.data())),
                other => {
                    return Err(self.refuse(
                        name,
                        format!("it is compressed with {other:?}"),
                        "write it with numpy.savez or numpy.savez_compressed",
                    ));
                }
            };
            let mut bytes = Vec::new();
            // One byte more than is allowed tells that there is too much.
            let mut bounded = member.verifying_reader(inflated).take(MOST_BYTES + 1);
            bounded
                .read_to_end(&mut bytes)
                .map_err(|error| damaged(format!("it can't be inflated ({error})")))?;
            if bytes.len() as u64 > MOST_BYTES {
                return Err(self.refuse(
                    name,
                    format!("it takes more than {} MB", MOST_BYTES >> 20),
                    "use fewer samples, or float32",
                ));
            }
            let array = npy::parse(&bytes).map_err(|problem| {
                let (problem, remedy) = problem
                    .split_once("; ")
                    .unwrap_or((&problem, "save it again"));
                self.refuse(name, problem, remedy)
            })?;
            return Ok(Some(array));
        }
        Err(damaged(format!(
            "the archive has more than {MOST_MEMBERS} members"
        )))
    }

    /// The names of the arrays, for an error.
    fn names(&self) -> Vec<String> {
        let mut entries = self.archive.entries();
        let mut names = Vec::new();
        while let Ok(Some(entry)) = entries.next_entry()
            && names.len() < 100
        {
            let file = entry.file_path();
            let name = String::from_utf8_lossy(file.as_bytes()).into_owned();
            names.push(name.strip_suffix(".npy").unwrap_or(&name).to_owned());
        }
        names
    }

    fn required(&self, name: &str, key: &str) -> Result<Array> {
        self.array(name)?.ok_or_else(|| {
            let names = self.names();
            let nearest = closest(name, names.iter().map(String::as_str));
            let remedy = match nearest {
                Some(nearest) => format!(
                    "name one of its arrays, such as data.{key} = \"{nearest}\"; it has {}",
                    names.join(", ")
                ),
                None => {
                    "the archive is empty: write it with numpy.savez(path, X=..., y=...)".to_owned()
                }
            };
            Error::invalid(
                self.path.display().to_string(),
                format!("there is no array {name}"),
                remedy,
            )
        })
    }

    fn features(&self, name: &str) -> Result<Mat<f64>> {
        let array = self.required(name, "features")?;
        let Some(numbers) = array.entries.numbers() else {
            return Err(self.refuse(
                name,
                "its entries are not numbers",
                "save the features as float64",
            ));
        };
        let (rows, columns) = match array.shape[..] {
            [rows] => (rows, 1),
            [rows, columns] => (rows, columns),
            _ => {
                return Err(self.refuse(
                    name,
                    format!("its shape is {:?}", array.shape),
                    "give it two axes: a row per sample, a column per feature",
                ));
            }
        };
        // No rows of 10^18 columns take no room in a file, but a loop over them would not end.
        if numbers.is_empty() {
            return Err(self.refuse(
                name,
                format!("it is empty, its shape is {:?}", array.shape),
                "give it at least 2 samples and 1 feature",
            ));
        }
        self.finite(name, &numbers, columns)?;
        Ok(Mat::from_fn(rows, columns, |i, j| numbers[i * columns + j]))
    }

    /// Refuses NaN and infinity, by place.
    fn finite(&self, name: &str, numbers: &[f64], columns: usize) -> Result<()> {
        match numbers.iter().position(|number| !number.is_finite()) {
            None => Ok(()),
            Some(at) => Err(self.refuse(
                name,
                format!(
                    "the entry in row {}, column {} is {}",
                    at / columns.max(1),
                    at % columns.max(1),
                    numbers[at]
                ),
                "remove the sample or repair the value (rows and columns count from 0)",
            )),
        }
    }

    fn feature_names(&self, dimensions: usize) -> Result<Vec<String>> {
        const NAME: &str = "feature_names";
        match self.array(NAME)? {
            None => Ok(super::arrange::feature_names(dimensions)),
            Some(Array {
                entries: Entries::Text(names),
                ..
            }) if names.len() == dimensions => Ok(names),
            Some(array) => Err(self.refuse(
                NAME,
                format!("{} entries for {dimensions} features", array.entries.len()),
                "give every feature one name, as text, or leave the array out",
            )),
        }
    }

    fn target(&self, layout: Layout<'_>, samples: usize) -> Result<Target> {
        let name = layout.target;
        let array = self.required(name, "target")?;
        let place = format!("{}, array {name}", self.path.display());
        let columns = match array.shape[..] {
            [rows] if rows == samples => 1,
            [rows, columns] if rows == samples => columns,
            _ => {
                return Err(self.refuse(
                    name,
                    format!("its shape is {:?} for {samples} samples", array.shape),
                    "give every sample one target",
                ));
            }
        };
        let numbers = match &array.entries {
            Entries::Text(names) if columns == 1 && layout.task != Task::Regression => {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                return targets::of_names(&place, &names);
            }
            entries => entries.numbers().ok_or_else(|| {
                self.refuse(
                    name,
                    "its entries are not numbers",
                    "save one class per sample, or numbers",
                )
            })?,
        };
        self.finite(name, &numbers, columns)?;
        if columns == 1 {
            let target = targets::of_numbers(&place, name, &numbers, layout.task)?;
            return match (target, self.array("target_names")?) {
                (Target::Classes { .. }, Some(names)) => self.named_classes(name, &numbers, names),
                (target, _) => Ok(target),
            };
        }
        if layout.task == Task::Classification || columns == 0 {
            return Err(self.refuse(
                name,
                format!("it has {columns} columns"),
                "give every sample one class, as an integer or as text",
            ));
        }
        Ok(Target::Values {
            values: Mat::from_fn(samples, columns, |i, j| numbers[i * columns + j]),
            names: (1..=columns).map(|k| format!("{name}{k}")).collect(),
        })
    }

    /// Classes whose numbers count into `target_names`.
    fn named_classes(&self, name: &str, numbers: &[f64], names: Array) -> Result<Target> {
        const NAME: &str = "target_names";
        let Entries::Text(names) = names.entries else {
            return Err(self.refuse(
                NAME,
                "its entries are not text",
                "save the names as text, or leave the array out",
            ));
        };
        let label = |&number: &f64| {
            let label = number as usize;
            (number >= 0.0 && label as f64 == number && label < names.len()).then_some(label)
        };
        let labels: Option<Vec<usize>> = numbers.iter().map(label).collect();
        match labels {
            Some(labels) => Ok(Target::Classes { labels, names }),
            None => Err(self.refuse(
                NAME,
                format!("{} names for other classes in {name}", names.len()),
                format!("number the classes in {name} from 0, or leave {NAME} out"),
            )),
        }
    }
}
