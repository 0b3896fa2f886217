//! How to read a file: the keys of columns, or those of arrays.

use std::path::Path;

use super::csv::{self, CsvOptions};
use super::npz::{self, NpzOptions};
use crate::error::{Error, Result};

/// How to read a file. The keys of one that ends in `.npz` or `.npy` are those of arrays, of any other those of columns; what the
/// file really is, its first bytes decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileOptions {
    /// Columns with a header.
    Csv(CsvOptions),
    /// Arrays by name.
    Npz(NpzOptions),
}

impl FileOptions {
    /// The keys for arrays.
    pub(super) fn npz(&self) -> Result<NpzOptions> {
        let csv = match self {
            Self::Npz(options) => return Ok(options.clone()),
            Self::Csv(options) => options,
        };
        let mut options = NpzOptions {
            task: csv.task,
            missing: csv.missing,
            ..NpzOptions::default()
        };
        if csv.target != csv::LABEL {
            options.target.clone_from(&csv.target);
        }
        match csv.features.as_deref() {
            None => {}
            Some([name]) => options.features.clone_from(name),
            Some(_) => {
                return Err(Error::invalid(
                    "data.features",
                    "the file holds NumPy's arrays, and its features are a single one",
                    "name one array, such as data.features = \"X\"",
                ));
            }
        }
        Ok(options)
    }

    /// The keys for columns.
    pub(super) fn csv(&self) -> CsvOptions {
        match self {
            Self::Csv(options) => options.clone(),
            Self::Npz(options) => CsvOptions {
                target: match options.target.as_str() {
                    npz::TARGET => csv::LABEL.into(),
                    other => other.into(),
                },
                features: match options.features.as_str() {
                    npz::FEATURES => None,
                    other => Some(vec![other.into()]),
                },
                task: options.task,
                missing: options.missing,
                ..CsvOptions::default()
            },
        }
    }
}

/// Whether a file's name says that it is an archive of NumPy's arrays.
pub fn is_npz(path: &Path) -> bool {
    path.extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("npz"))
}

/// Whether a file's name says that it holds NumPy's arrays, one or several.
pub fn is_numpy(path: &Path) -> bool {
    let npy = |ending: &std::ffi::OsStr| ending.eq_ignore_ascii_case("npy");
    is_npz(path) || path.extension().is_some_and(npy)
}
