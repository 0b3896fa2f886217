//! Data sets as `.npy`: the features in one file and the targets in another beside it, or both in one table.

use std::fs;
use std::path::{Path, PathBuf};

use super::arrays::{self, Source};
use faer::Mat;

use super::dataset::Dataset;
use super::known_arrays;
use super::npy::Header;
use super::npz::{NpzOptions, TARGET};
use super::raw::{Answer, RawSamples};
use super::reading::Reading;
use super::targets::{self, Purpose, Task};
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
/// it is the partner of the name, such as `y_train.npy` of `X_train.npy`. Where there is none, the array is a table whose
/// last column is the target; `target = "x1"` takes another.
///
/// # Errors
/// As [`npz::parse_with`](super::npz::parse_with).
pub(crate) fn read_with(
    bytes: &[u8],
    path: &Path,
    options: &NpzOptions,
    of_loss: Task,
) -> Result<Reading> {
    let mut notes = Vec::new();
    let Some(beside) = partner(path, &options.target) else {
        return table(bytes, path, options, of_loss);
    };
    let name = |path: &Path| {
        let name = path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    };
    notes.push(format!(
        "features are {}, targets {}",
        name(path),
        name(&beside)
    ));
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

/// Reads new samples for a network that was trained on this many features: an array of them, perhaps with the targets in a file
/// beside it or as its last column.
///
/// # Errors
/// Where the array is damaged or has other columns.
pub(super) fn read_known(
    bytes: &[u8],
    path: &Path,
    options: &NpzOptions,
    names: &[String],
) -> Result<RawSamples> {
    let mut notes = Vec::new();
    let raw = known_arrays::holed(source(bytes, path)?)?;
    let (rows, features) = (raw.nrows(), names.len());
    let answers = if raw.ncols() == features + 1 {
        notes.push(
            "the array has one column more than the network has inputs: the last one is the target"
                .into(),
        );
        let text = |number: f64| (!number.is_nan()).then(|| number.to_string());
        let answer = |i: usize| Answer {
            text: text(raw[(i, features)]),
            number: Some(raw[(i, features)]).filter(|number| number.is_finite()),
        };
        Some((0..rows).map(|i| vec![answer(i)]).collect())
    } else if raw.ncols() != features {
        return Err(Error::invalid(
            path.display().to_string(),
            format!(
                "it has {} columns, the network {features} inputs",
                raw.ncols()
            ),
            "save the features that the network was trained on, in their order",
        ));
    } else if let Some(beside) = partner(path, &options.target) {
        let targets = fs::read(&beside).map_err(Error::io(&beside, "read"))?;
        let source = self::source(&targets, &beside)?;
        Some(known_arrays::answers(source, rows, None)?)
    } else {
        None
    };
    Ok(RawSamples {
        features: Mat::from_fn(rows, features, |i, j| raw[(i, j)]),
        answers,
        places: (0..rows).map(|i| format!("row {i} (from 0)")).collect(),
        notes,
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

/// Features and targets in one array of numbers (n x (d + 1)).
fn table(bytes: &[u8], path: &Path, options: &NpzOptions, of_loss: Task) -> Result<Reading> {
    let mut notes = Vec::new();
    let source = source(bytes, path)?;
    let place = source.place.clone();
    let wanted = options.target.as_str();
    let columns = match source.header.shape[..] {
        [_, columns] => columns,
        _ => 1,
    };
    if columns < 2 {
        return Err(Error::invalid(
            place,
            "it holds the features alone, and there is no y.npy beside it",
            "save the targets there, or name their file, such as data.target = \"labels.npy\"",
        ));
    }
    let mut names = super::arrange::feature_names(columns);
    let at = match names.iter().position(|name| name == wanted) {
        Some(at) => at,
        None if wanted == TARGET => columns - 1,
        None => {
            return Err(Error::invalid(
                place,
                format!("there is neither a file {wanted} beside it nor a column of this name"),
                format!("name a file of targets, or one of the columns x1 to x{columns}"),
            ));
        }
    };
    let name = names.remove(at);
    notes.push(format!(
        "there is no file of targets beside {}, so its column {name} is the target; data.target names another column or a \
         file",
        path.file_name().unwrap_or_default().to_string_lossy()
    ));
    let whole = arrays::features(source, options.missing, &mut notes)?;
    if whole.filled.iter().any(|&(_, column)| column == at) {
        return Err(Error::invalid(
            place,
            format!("targets are missing in column {name}"),
            "set data.missing = \"drop\": a target is never made up",
        ));
    }
    let beside = |column: usize| column + usize::from(column >= at);
    let (rows, matrix) = (whole.matrix.nrows(), &whole.matrix);
    let features = Mat::from_fn(rows, columns - 1, |i, j| matrix[(i, beside(j))]);
    let numbers: Vec<f64> = matrix.col(at).iter().copied().collect();
    let purpose = Purpose {
        task: options.task,
        of_loss,
    };
    let kept = |sample: usize| whole.keep.as_ref().map_or(sample, |keep| keep[sample]);
    let where_is = |sample: usize| format!("{place}, row {} (from 0)", kept(sample));
    let target = targets::of_numbers(&place, &name, &numbers, purpose, &where_is, &mut notes)?;
    let filled = whole.filled.iter();
    let filled = filled.map(|&(i, j)| (i, j - usize::from(j > at))).collect();
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    Ok(Reading {
        data: Dataset::new(name, features, names, target)?,
        notes,
        filled,
    })
}

/// The file of the targets, if there is one.
pub(super) fn partner(path: &Path, target: &str) -> Option<PathBuf> {
    let candidates = if target == TARGET {
        partners(path)
    } else {
        vec![
            path.with_file_name(target),
            path.with_file_name(format!("{target}.npy")),
        ]
    };
    candidates.into_iter().find(|file| file.is_file())
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
