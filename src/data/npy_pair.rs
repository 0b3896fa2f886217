//! Data sets as `.npy`: the features in one file, the targets in another beside it.

use std::fs;
use std::path::{Path, PathBuf};

use super::arrays::{self, Source};
use super::dataset::Dataset;
use super::npy::Header;
use super::npz::{NpzOptions, TARGET};
use super::reading::Reading;
use super::targets::{Purpose, Task};
use crate::error::{Error, Result};

/// What features and targets are called in files' names.
const NAMES: [(&str, &str); 14] = [
    ("X", "y"),
    ("x", "y"),
    ("X", "Y"),
    ("X", "labels"),
    ("images", "labels"),
    ("features", "labels"),
    ("features", "targets"),
    ("features", "target"),
    ("data", "labels"),
    ("data", "targets"),
    ("data", "target"),
    ("inputs", "targets"),
    ("inputs", "labels"),
    ("samples", "labels"),
];

/// Reads the features in `bytes`, those of the file `path`, and the targets in the file beside it: `target` names one, else
/// it is the partner of the name, such as `y_train.npy` of `X_train.npy`.
///
/// # Errors
/// Where there is no such file, or as [`npz::parse_with`](super::npz::parse_with).
pub fn read_with(
    bytes: &[u8],
    path: &Path,
    options: &NpzOptions,
    of_loss: Task,
) -> Result<Reading> {
    let mut notes = Vec::new();
    let beside = partner(path, &options.target)?;
    let name = |path: &Path| {
        let name = path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    };
    notes.push(format!("features are {}, targets {}", name(path), name(&beside)));
    let source = source(bytes, path)?;
    let samples = source.header.shape.first().copied().unwrap_or(0);
    let x = arrays::features(source, options.missing, &mut notes)?;
    let targets = fs::read(&beside).map_err(Error::io(&beside, "read"))?;
    let target_name = beside.file_stem().unwrap_or_default().to_string_lossy();
    let target = arrays::target(
        self::source(&targets, &beside)?,
        &target_name,
        samples,
        x.keep.as_deref(),
        Purpose {
            task: options.task,
            of_loss,
        },
        || Ok(None),
        &mut notes,
    )?;
    let names = super::arrange::feature_names(x.matrix.ncols());
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    Ok(Reading {
        data: Dataset::new(name, x.matrix, names, target)?,
        notes,
        filled: x.filled,
    })
}

fn source<'a>(bytes: &'a [u8], path: &Path) -> Result<Source<'a>> {
    let mut rest = bytes;
    let place = path.display().to_string();
    let header = Header::read(&mut rest)
        .map_err(|problem| Error::invalid(&place, problem.problem, problem.remedy))?;
    Ok(Source {
        place,
        header,
        reader: Box::new(rest),
        room: rest.len() as u64,
    })
}

/// The file of the targets.
pub(super) fn partner(path: &Path, target: &str) -> Result<PathBuf> {
    let candidates = if target == TARGET {
        partners(path)
    } else {
        vec![path.with_file_name(target), path.with_file_name(format!("{target}.npy"))]
    };
    if let Some(found) = candidates.iter().find(|file| file.is_file()) {
        return Ok(found.clone());
    }
    let name = candidates.first().and_then(|file| file.file_name());
    let name = name.unwrap_or("y.npy".as_ref()).to_string_lossy();
    Err(Error::invalid(
        path.display().to_string(),
        format!("it holds the features alone, and there is no {name} beside it"),
        "save the targets there, or name their file, such as data.target = \"labels.npy\"",
    ))
}

/// Where the targets may be: a word of the name in its partner's place.
fn partners(path: &Path) -> Vec<PathBuf> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let ending = path.extension().unwrap_or("npy".as_ref()).to_string_lossy();
    let mut found = Vec::new();
    for (features, targets) in NAMES {
        let words: Vec<&str> = stem.split_inclusive(['_', '-', '.']).collect();
        for at in 0..words.len() {
            let bare = words[at].trim_end_matches(['_', '-', '.']);
            if bare == features {
                let rest = &words[at][bare.len()..];
                let (before, after) = (words[..at].concat(), words[at + 1..].concat());
                let name = format!("{before}{targets}{rest}{after}.{ending}");
                found.push(path.with_file_name(name));
            }
        }
    }
    found.push(path.with_file_name(format!("y.{ending}")));
    found
}
